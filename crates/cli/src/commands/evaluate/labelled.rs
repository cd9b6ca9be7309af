//! Fine-tuned models on labelled records.

use std::path::Path;

use cimiento_core::checkpoint::Checkpoint;
use cimiento_core::device::DeviceName;
use cimiento_core::evaluate::{self, Gathered};
use cimiento_core::metrics::Scores;
use cimiento_core::objective::Task;
use cimiento_data::files;
use cimiento_data::order;
use cimiento_data::records::Located;
use miette::{IntoDiagnostic, Result, miette};

use super::answers::{Answers, file_name, write_mistakes};
use super::baselines::Training;
use super::{Findings, averaged, called};
use crate::commands::{finetune, settings};
use crate::config::{Evaluate, TaskEvaluation, Variant};
use crate::report::{Mistakes, Shown};
use crate::results::{self, Row};
use crate::session::Session;
use crate::tasks::ForTask;

/// Examples shown in a report, for each data set.
const SHOWN: usize = 12;
/// Mistakes shown in a report, for each variant.
const MISTAKES: usize = 10;

/// Whether all runs of an entry are of one task, all settings of its variants are settings of what was trained, and its
/// records can be read and scored by each of them.
pub struct Check<'a> {
    /// The entry.
    pub entry: &'a TaskEvaluation,
    /// Where its runs and records are.
    pub session: &'a Session,
}

impl ForTask for Check<'_> {
    type Output = Result<&'static str>;

    fn run<T: Task>(self) -> Self::Output {
        let records = finetune::records::<T>(&self.entry.data, self.entry.on_bad, self.session)?;
        let training = Training::of(self.entry, self.session);
        let found = training.records::<T>(self.entry.on_bad, self.session)?;
        training.tell(self.entry, found.is_some());
        training.warn_of_known::<T>(self.entry, &records, found.as_ref());
        let mut first: Option<(&str, String)> = None;
        for variant in &self.entry.runs {
            for run in variant.names() {
                let (checkpoint, task) = asked::<T>(variant, run, self.session)?;
                let scoring = task.scoring();
                // Baselines are made with the first run's task.
                if let (None, Some(train)) = (&first, &found) {
                    let tolerance = training.tolerance().unwrap_or(self.entry.tolerance());
                    evaluate::encode(&task, train, tolerance).into_diagnostic()?;
                }
                let (other, rules) = first.get_or_insert_with(|| (run.as_str(), scoring.clone()));
                if *rules != scoring {
                    return Err(miette!(
                        help = "give all variants of an entry the same rules with `set`, or an entry of another `dataset` name its own",
                        "{} {}: {other} is scored with {rules}, and {run} with {scoring}: these scores cannot be compared",
                        self.entry.dataset,
                        self.entry.split
                    ));
                }
                let backbone = &checkpoint.manifest().backbone;
                let fresh = task.head(backbone, &mut order::rng(0, 0, 0), &DeviceName::Cpu.open().into_diagnostic()?);
                if !checkpoint.head(fresh).into_diagnostic()?.1 {
                    return Err(miette!(
                        help = "a setting that decides what the head is made of cannot be changed after training",
                        "variant {:?}: with its `set`, the head would be another than {} has",
                        variant.variant,
                        checkpoint.folder().display()
                    ));
                }
                evaluate::encode(&task, &records, self.entry.tolerance()).into_diagnostic()?;
            }
        }
        Ok(T::NAME)
    }
}

/// Scoring of an entry.
pub struct TaskWork<'a> {
    /// The entry.
    pub entry: &'a TaskEvaluation,
    /// What it stands in.
    pub config: &'a Evaluate,
    /// Where its runs and records are.
    pub session: &'a Session,
    /// The folder of the evaluation.
    pub folder: &'a Path,
    /// The scores.
    pub rows: &'a mut Vec<Row>,
    /// What else was found.
    pub findings: &'a mut Findings,
}

impl ForTask for TaskWork<'_> {
    type Output = Result<()>;

    fn run<T: Task>(self) -> Result<()> {
        let records = finetune::records::<T>(&self.entry.data, self.entry.on_bad, self.session)?;
        let mut shown: Vec<Shown> = Vec::new();
        let mut work = self;
        let mut first_kept: Option<Vec<usize>> = None;
        for (index, variant) in work.entry.runs.iter().enumerate() {
            let mut each = Vec::new();
            let mut alike = true;
            for (seed, run) in variant.names().enumerate() {
                let model = OneRun { variant, run, seed, with_baselines: index == 0 && seed == 0 };
                let (scores, kept) = work.one::<T>(&records, &model, &mut shown)?;
                each.push(scores);
                alike &= *first_kept.get_or_insert_with(|| kept.clone()) == kept;
            }
            let mut scores = averaged(variant, &each)?;
            if !alike {
                let TaskEvaluation { dataset, split, .. } = work.entry;
                eprintln!(
                    "{dataset} {split}: {} is not compared with the others: other records were left out for it",
                    variant.variant
                );
                scores.0.iter_mut().for_each(|score| score.resamples.clear());
            }
            work.add::<T>(&variant.variant, &scores);
        }
        work.findings.examples.extend(shown);
        Ok(())
    }
}

/// Which run of which variant.
struct OneRun<'a> {
    variant: &'a Variant,
    run: &'a str,
    /// From 0. A report shows the answers of the first.
    seed: usize,
    with_baselines: bool,
}

impl TaskWork<'_> {
    /// The scores of one run, and which of the records they are about.
    fn one<T: Task>(
        &mut self,
        gathered: &Gathered<T::Record>,
        place: &OneRun,
        shown: &mut Vec<Shown>,
    ) -> Result<(Scores, Vec<usize>)> {
        let TaskEvaluation { dataset, split, .. } = self.entry;
        let device = self.config.device.open().into_diagnostic()?;
        let (checkpoint, task) = asked::<T>(place.variant, place.run, self.session)?;
        let (examples, report) = evaluate::encode(&task, gathered, self.entry.tolerance()).into_diagnostic()?;
        let name = called(place.variant, place.run);
        finetune::tell(&format!("{dataset} {split} {name}"), &report);
        let model = checkpoint.model(&task, &device).into_diagnostic()?;
        let (answers, scores) = evaluate::evaluate(&task, &model, &examples, &device);
        let records: Vec<&Located<T::Record>> = report.kept.iter().map(|&index| &gathered.records[index]).collect();
        self.look_closer(&Answers { task: &task, records: &records, examples: &examples, answers: &answers }, place)?;
        if place.seed == 0 {
            let variant = &place.variant.variant;
            if let Some(bins) = task.calibration(&answers, &examples) {
                self.findings.calibration.push((format!("{dataset} · {split} · {variant}"), bins));
            }
            show(self.entry, &task, &examples, &answers, variant, shown);
        }
        if place.with_baselines {
            self.baselines(&task, &examples)?;
        }
        Ok((scores, report.kept))
    }

    fn baselines<T: Task>(&mut self, task: &T, examples: &[T::Example]) -> Result<()> {
        let training = Training::of(self.entry, self.session);
        let Some(train) = training.records::<T>(self.entry.on_bad, self.session)? else { return Ok(()) };
        let tolerance = training.tolerance().unwrap_or(self.entry.tolerance());
        let (train, _) = evaluate::encode(task, &train, tolerance).into_diagnostic()?;
        for (name, answers) in task.baselines(&train, examples) {
            self.add::<T>(&format!("baseline:{name}"), &task.score(&answers, examples));
        }
        Ok(())
    }

    fn add<T: Task>(&mut self, variant: &str, scores: &Scores) {
        self.rows.extend(results::rows(T::NAME, &self.entry.dataset, &self.entry.split, variant, scores));
    }

    /// Leaves what teaches of single answers: all of them, the mistakes, and how each class is found.
    fn look_closer<T: Task>(&mut self, found: &Answers<T>, of: &OneRun) -> Result<()> {
        let TaskEvaluation { dataset, split, .. } = self.entry;
        let mut parts = vec![T::NAME, dataset, split, &of.variant.variant];
        // Of a variant of several runs each has files of its own.
        parts.extend((!of.variant.runs.is_empty()).then_some(of.run));
        let file = |kind: &str, ending: &str| self.folder.join(kind).join(file_name(&parts, ending));
        found.write(&file("answers", "jsonl"))?;
        let title = format!("{} · {dataset} · {split} · {}", T::NAME, of.variant.variant);
        if let Some(mistakes) = found.mistakes() {
            write_mistakes(&file("mistakes", "jsonl"), &mistakes)?;
            if of.seed == 0 && !mistakes.is_empty() {
                let (count, n, path) = (mistakes.len(), found.answers.len(), file("mistakes", "jsonl"));
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let worst = mistakes.into_iter().take(MISTAKES).collect();
                self.findings.mistakes.push(Mistakes { title: title.clone(), count, n, file: name, worst });
            }
        }
        if let Some(classes) = found.task.classes(found.answers, found.examples) {
            let text = serde_json::to_string_pretty(&classes).into_diagnostic()?;
            files::write_atomic(&file("classes", "json"), text.as_bytes()).into_diagnostic()?;
            if of.seed == 0 {
                self.findings.classes.push((title, classes));
            }
        }
        Ok(())
    }
}

/// Takes a variant's answers to evenly spaced examples up into the examples shown.
fn show<T: Task>(
    entry: &TaskEvaluation,
    task: &T,
    examples: &[T::Example],
    answers: &[T::Answer],
    variant: &str,
    shown: &mut Vec<Shown>,
) {
    let every = (examples.len() / SHOWN).max(1);
    let chosen = examples.iter().zip(answers).step_by(every).take(SHOWN);
    for (index, (example, answer)) in chosen.enumerate() {
        if index == shown.len() {
            let (question, expected) = task.show(example);
            let task = format!("{} · {} · {}", T::NAME, entry.dataset, entry.split);
            shown.push(Shown { task, question, expected, answers: Vec::new() });
        }
        let text = serde_json::to_string(answer).unwrap_or_default();
        shown[index].answers.push((variant.to_string(), text));
    }
}

/// A run of a variant, and the task with the variant's settings.
fn asked<T: Task>(variant: &Variant, run: &str, session: &Session) -> Result<(Checkpoint, T)> {
    let checkpoint = session.checkpoint(run)?;
    let (settings, state) = checkpoint.task::<T>().into_diagnostic()?;
    let what = format!("settings of {} for variant {:?}", checkpoint.folder().display(), variant.variant);
    let backbone = &checkpoint.manifest().backbone;
    let settings = settings::edited::<T>(&settings, &variant.set, &what, backbone)?;
    let tokenizer = checkpoint.tokenizer().into_diagnostic()?;
    let task = T::new(settings, state, tokenizer, backbone.context);
    Ok((checkpoint, task))
}
