//! `report.html`: a run on one page that needs nothing else, neither network nor script. It is read on a telephone
//! and in the dark as well as on paper.

mod chart;
mod figures;
mod page;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use cimiento_core::files::FileError;
use cimiento_core::metrics::Bin;
use serde::{Deserialize, Serialize};

use crate::progress;
use crate::results::{self, Row};

/// Everything a report shows.
pub struct Report {
    /// The run's name.
    pub title: String,
    /// What to know of it at a glance: a name and a value each.
    pub facts: Vec<(String, String)>,
    /// The trainings it consists of.
    pub curves: Vec<Curve>,
    /// The scores.
    pub rows: Vec<Row>,
    /// The trials, if it is a search.
    pub trials: Option<Trials>,
    /// Calibration of each model whose answers carry probabilities.
    pub calibration: Vec<(String, Vec<Bin>)>,
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
    /// Whose example it is.
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

/// The page.
///
/// # Errors
/// A training's log that cannot be read.
pub fn html(report: &Report) -> Result<String, ReportError> {
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
        courses.push(figures::losses(name, entries)?.into_iter().chain(figures::validation(name, entries)?).collect());
    }
    let trials = match &report.trials {
        Some(found) => {
            let together = if found.best { figures::together(&logs)? } else { None };
            page::trials(&together.into_iter().collect::<Vec<_>>(), found)
        }
        None => String::new(),
    };
    let mut calibration = Vec::new();
    for (name, bins) in &report.calibration {
        calibration.push(figures::calibration(name, bins)?);
    }
    let body = [
        page::header(&report.title, &report.facts),
        trials,
        page::results(&scores, &groups),
        page::figures("Training", TRAINING, &courses),
        page::figures("Calibration", CALIBRATION, &[calibration]),
        page::examples(&report.examples),
        page::config(&report.config),
    ];
    Ok(page::document(&report.title, &body.concat()))
}

const TRAINING: &str = "The faint line is the loss of each step, the strong one its running mean. \
    Validation is measured on data that is held out from training.";
const CALIBRATION: &str = "A model that knows what it knows is right as often as it is confident: its points lie on \
    the dashed line. The larger a point, the more examples it stands for.";
