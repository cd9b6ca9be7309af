//! `report.html`: a run on one page that needs nothing else, neither network nor script. It is read on a telephone
//! and in the dark as well as on paper.

mod chart;
mod compute;
mod details;
mod figures;
mod page;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use cimiento_core::metrics::{Bin, ClassReport};
use cimiento_data::files::{self, FileError};
use serde::{Deserialize, Serialize};

pub use self::compute::{Compute, Trained};
pub use self::details::{Mistake, Mistakes, Place};
use self::figures::Figure;
use crate::progress;
use crate::results::{self, Compared, Row};

/// Everything a report shows; what is empty is left out.
#[derive(Default)]
pub struct Report {
    /// The run's name.
    pub title: String,
    /// What to know of it at a glance: a name and a value each.
    pub facts: Vec<(String, String)>,
    /// The trainings it consists of.
    pub curves: Vec<Curve>,
    /// The scores.
    pub rows: Vec<Row>,
    /// Which of their variants differ.
    pub compared: Vec<Compared>,
    /// How scores move with the compute of pretraining.
    pub compute: Vec<Compute>,
    /// The trials, if it is a search.
    pub trials: Option<Trials>,
    /// How well each model of classes finds each of them.
    pub classes: Vec<(String, ClassReport)>,
    /// Calibration of each model whose answers carry probabilities.
    pub calibration: Vec<(String, Vec<Bin>)>,
    /// The worst answers of each model.
    pub mistakes: Vec<Mistakes>,
    /// Some examples with the answers of each variant.
    pub examples: Vec<Shown>,
    /// Its config, as it was run.
    pub config: String,
}

/// What a search tried, best first.
pub struct Trials {
    /// Names of columns, then a line a trial.
    pub lines: Vec<Vec<String>>,
    /// Whether the first trial is the best, rather than none.
    pub best: bool,
}

/// The course of one training.
pub struct Curve {
    /// Its name.
    pub name: String,
    /// Its `metrics.jsonl`.
    pub metrics: PathBuf,
}

/// An example and what each variant made of it.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Shown {
    /// Whose example it is: task, data set and split.
    pub task: String,
    /// What was asked.
    pub question: String,
    /// What the data say.
    pub expected: String,
    /// Variant and answer, the latter as `predict` prints it.
    pub answers: Vec<(String, String)>,
}

/// A report that cannot be made.
#[derive(thiserror::Error, Debug)]
pub enum ReportError {
    /// A log of a training.
    #[error(transparent)]
    File(#[from] FileError),
    /// A picture.
    #[error("the figure {figure:?} cannot be drawn: {why}")]
    Figure {
        /// What it shows.
        figure: String,
        /// The library's words.
        why: String,
    },
}

/// Writes `report.html` into `folder`, and its drawings into `figures/` for whoever wants to show them elsewhere.
///
/// # Errors
/// A training's log that cannot be read; files that cannot be written.
pub fn write(report: &Report, folder: &Path) -> Result<(), ReportError> {
    let drawn = Drawn::of(report)?;
    let mut names: Vec<String> = Vec::new();
    for figure in drawn.all() {
        let name: String = figure.title.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let name = name.trim_matches('-');
        // Titles may differ in nothing but signs that names of files lack.
        let numbered = (2..).map(|number| format!("{name}-{number}"));
        let mut free = std::iter::once(name.to_string()).chain(numbered).filter(|name| !names.contains(name));
        let name = free.next().expect("numbers do not end");
        let path = folder.join("figures").join(format!("{name}.svg"));
        files::write_atomic(&path, chart::alone(&figure.svg).as_bytes())?;
        names.push(name);
    }
    files::write_atomic(&folder.join("report.html"), page(report, &drawn).as_bytes())?;
    Ok(())
}

/// All figures of a report.
struct Drawn {
    trials: Vec<Figure>,
    scores: Vec<Figure>,
    compute: Vec<Figure>,
    /// A row for each training.
    courses: Vec<Vec<Figure>>,
    calibration: Vec<Figure>,
}

impl Drawn {
    fn of(report: &Report) -> Result<Self, ReportError> {
        let groups = results::groups(&report.rows);
        let mut scores = Vec::new();
        for group in groups.iter().filter(|group| !group.parts) {
            scores.extend(figures::intervals(group)?);
        }
        let mut logs = Vec::new();
        for curve in &report.curves {
            logs.push((curve.name.as_str(), progress::read_journal(&curve.metrics)?));
        }
        let mut courses = Vec::new();
        for (name, entries) in &logs {
            let course = figures::losses(name, entries)?.into_iter().chain(figures::validation(name, entries)?);
            courses.push(course.collect());
        }
        let (mut trials, mut spent) = (Vec::new(), Vec::new());
        match &report.trials {
            Some(found) if found.best => trials.extend(figures::together(&logs)?),
            Some(_) => {}
            None => spent.extend(compute::learning(&logs)?),
        }
        for found in &report.compute {
            spent.extend(found.figure()?);
        }
        let mut calibration = Vec::new();
        for (name, bins) in &report.calibration {
            calibration.push(figures::calibration(name, bins)?);
        }
        Ok(Self { trials, scores, compute: spent, courses, calibration })
    }

    fn all(&self) -> impl Iterator<Item = &Figure> {
        let Self { trials, scores, compute, courses, calibration } = self;
        [trials, scores, compute].into_iter().chain(courses).chain([calibration]).flatten()
    }
}

/// The page.
fn page(report: &Report, drawn: &Drawn) -> String {
    let body = [
        page::header(&report.title, &report.facts),
        report.trials.as_ref().map(|found| page::trials(&drawn.trials, found)).unwrap_or_default(),
        page::results(&drawn.scores, &results::groups(&report.rows)),
        details::comparisons(&results::groups(&report.rows), &report.compared),
        details::classes(&report.classes),
        page::figures("Compute", COMPUTE, std::slice::from_ref(&drawn.compute)),
        page::figures("Training", TRAINING, &drawn.courses),
        page::figures("Calibration", CALIBRATION, std::slice::from_ref(&drawn.calibration)),
        details::mistakes(&report.mistakes),
        page::examples(&report.examples),
        page::config(&report.config),
    ];
    page::document(&report.title, &body.concat())
}

const COMPUTE: &str = "Compute is 6 operations for each parameter and token of pretraining. The line is the power law \
    nearest to the points; it knows of no limit, so what it promises beyond the largest model is the best that can be hoped for.";
const TRAINING: &str = "The faint line is the loss of each step, the strong one its running mean. \
    Validation is measured on data that is held out from training.";
const CALIBRATION: &str = "A model that knows what it knows is right as often as it is confident: its points lie on \
    the dashed line. The larger a point, the more examples it stands for.";
