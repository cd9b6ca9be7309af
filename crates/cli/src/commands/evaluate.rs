//! `cimiento evaluate`: runs × data sets × splits, each score with its interval and beside its trivial baseline.

mod zero_shot;

use std::path::Path;

use cimiento_core::checkpoint::Checkpoint;
use cimiento_core::device::DeviceName;
use cimiento_core::evaluate;
use cimiento_core::files;
use cimiento_core::metrics::{self, Bin, Scores};
use cimiento_core::objective::Task;
use cimiento_core::order;
use cimiento_core::records::Located;
use miette::{IntoDiagnostic, Result, miette};
use serde::{Deserialize, Serialize};

use self::zero_shot::{endings, pairs, texts};
use crate::commands::{finetune, settings};
use crate::config::{Evaluate, TaskEvaluation, Variant};
use crate::diagnostic::Loaded;
use crate::report::{self, Compute, Curve, Report, Shown};
use crate::results::{self, Row};
use crate::session::{Course, Ended, Inputs, Session};
use crate::tasks::{ForTask, for_task};

/// Examples shown in a report, for each data set.
const SHOWN: usize = 12;

/// What an evaluation found, beside the rows of its table.
#[derive(Serialize, Deserialize, Default)]
pub struct Findings {
    /// Calibration of each model whose answers carry probabilities.
    pub calibration: Vec<(String, Vec<Bin>)>,
    /// How bits per byte move with the compute of pretraining.
    #[serde(default)]
    pub compute: Vec<Compute>,
    /// Examples with the answers of each variant.
    pub examples: Vec<Shown>,
}

/// File of [`Findings`] in an evaluation's folder.
pub const FINDINGS: &str = "findings.json";

/// Scores everything `loaded` names and prints the table (JSON with `json`).
pub fn evaluate(loaded: &Loaded<Evaluate>, session: &Session, json: bool) -> Result<Ended> {
    let rows = measured(loaded, session)?;
    if json {
        println!("{}", serde_json::to_string_pretty(&rows).into_diagnostic()?);
    } else {
        print!("{}", results::table(&rows));
    }
    Ok(Ended::Finished)
}

/// Scores everything `loaded` names and writes `results.json`, unless that has been done.
pub fn measured(loaded: &Loaded<Evaluate>, session: &Session) -> Result<Vec<Row>> {
    let config = &loaded.config;
    let folder = session.run(&config.run);
    // Of all, before the first is scored and before results of another time are cleared away.
    check(config, session)?;
    let identity = identity(config, session)?;
    let _writer = session.writer(&folder)?;
    if session.begin(&folder, &Course::new(loaded, identity.clone(), Inputs::new()))?.is_none() {
        return results::read(&folder.join("results.json")).into_diagnostic();
    }
    let (rows, findings) = measure(config, session, &folder)?;
    results::write(&folder.join("results.json"), &rows).into_diagnostic()?;
    let text = serde_json::to_string_pretty(&findings).into_diagnostic()?;
    files::write_atomic(&folder.join(FINDINGS), text.as_bytes()).into_diagnostic()?;
    for compute in &findings.compute {
        compute.told().into_iter().for_each(|law| eprintln!("{law}"));
    }
    report::write(&report(loaded, session, rows.clone(), findings), &folder).into_diagnostic()?;
    session.finish(&folder, &identity)?;
    Ok(rows)
}

/// Tells what would keep any of its scores from being made.
///
/// # Errors
/// A run that is missing or of another kind, settings it has no use for, records that cannot be read.
pub fn check(config: &Evaluate, session: &Session) -> Result<()> {
    session.without_weights(&config.run)?;
    for entry in &config.tasks {
        for_entry(entry, session, Check { entry, session })??;
    }
    zero_shot::check(config, session)
}

/// The page of an evaluation, with the course of every run that has left one here.
fn report(loaded: &Loaded<Evaluate>, session: &Session, rows: Vec<Row>, findings: Findings) -> Report {
    let config = &loaded.config;
    let mut curves: Vec<Curve> = Vec::new();
    for name in config.entries().flat_map(|(_, _, _, runs)| runs).flat_map(Variant::names) {
        let metrics = session.run(name).join("metrics.jsonl");
        if metrics.is_file() && curves.iter().all(|curve| curve.metrics != metrics) {
            curves.push(Curve { name: name.clone(), metrics });
        }
    }
    Report {
        title: config.run.clone(),
        facts: vec![("Program".into(), format!("cimiento {}", env!("CARGO_PKG_VERSION")))],
        curves,
        rows,
        compute: findings.compute,
        trials: None,
        calibration: findings.calibration,
        examples: findings.examples,
        config: loaded.text.clone(),
    }
}

fn measure(config: &Evaluate, session: &Session, folder: &Path) -> Result<(Vec<Row>, Findings)> {
    let mut rows = Vec::new();
    let mut findings = Findings::default();
    for entry in &config.tasks {
        let work = TaskWork { entry, config, session, folder, rows: &mut rows, findings: &mut findings };
        for_entry(entry, session, work)??;
    }
    for entry in &config.texts {
        findings.compute.extend(texts(entry, config, session, &mut rows)?);
    }
    for entry in &config.endings {
        endings(entry, config, session, &mut rows)?;
    }
    for entry in &config.pairs {
        pairs(entry, config, session, &mut rows)?;
    }
    Ok((rows, findings))
}

/// Does something with the task that the runs of `entry` were fine-tuned for.
fn for_entry<W: ForTask>(entry: &TaskEvaluation, session: &Session, work: W) -> Result<W::Output> {
    let first = entry.runs.iter().flat_map(Variant::names).next().expect("every variant has a run");
    let first = session.checkpoint(first)?;
    let name = &first.manifest().kind;
    for_task(name, work).ok_or_else(|| {
        miette!(
            help = "`tasks` takes runs of `cimiento finetune`; use `texts`, `endings` or `pairs` for a backbone",
            "{}: this is a {name} checkpoint",
            first.folder().display()
        )
    })
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

/// Whether all runs of an entry are of one task, all settings of its variants are settings of what was trained, and its
/// records can be read.
struct Check<'a> {
    entry: &'a TaskEvaluation,
    session: &'a Session,
}

impl ForTask for Check<'_> {
    type Output = Result<()>;

    fn run<T: Task>(self) -> Result<()> {
        for variant in &self.entry.runs {
            for run in variant.names() {
                let (checkpoint, task) = asked::<T>(variant, run, self.session)?;
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
            }
        }
        finetune::records::<T>(&self.entry.data, self.session)?;
        finetune::records::<T>(&self.entry.baseline_train, self.session).map(|_| ())
    }
}

struct TaskWork<'a> {
    entry: &'a TaskEvaluation,
    config: &'a Evaluate,
    session: &'a Session,
    folder: &'a Path,
    rows: &'a mut Vec<Row>,
    findings: &'a mut Findings,
}

impl ForTask for TaskWork<'_> {
    type Output = Result<()>;

    fn run<T: Task>(self) -> Result<()> {
        let records = finetune::records::<T>(&self.entry.data, self.session)?;
        let mut shown: Vec<Shown> = Vec::new();
        let mut work = self;
        for (index, variant) in work.entry.runs.iter().enumerate() {
            let mut each = Vec::new();
            for (seed, run) in variant.names().enumerate() {
                let place = Place { variant, run, seed, with_baselines: index == 0 && seed == 0 };
                each.push(work.one::<T>(&records, &place, &mut shown)?);
            }
            work.add::<T>(&variant.variant, &averaged(variant, &each)?);
        }
        work.findings.examples.extend(shown);
        Ok(())
    }
}

/// Which run of which variant.
struct Place<'a> {
    variant: &'a Variant,
    run: &'a str,
    /// From 0. A report shows the answers of the first.
    seed: usize,
    with_baselines: bool,
}

impl TaskWork<'_> {
    /// The scores of one run.
    fn one<T: Task>(
        &mut self,
        records: &[Located<T::Record>],
        place: &Place,
        shown: &mut Vec<Shown>,
    ) -> Result<Scores> {
        let TaskEvaluation { dataset, split, .. } = self.entry;
        let device = self.config.device.open().into_diagnostic()?;
        let (checkpoint, task) = asked::<T>(place.variant, place.run, self.session)?;
        let (examples, report) = evaluate::encode(&task, records, self.entry.max_misaligned).into_diagnostic()?;
        let name = called(place.variant, place.run);
        finetune::tell(&format!("{dataset} {split} {name}"), &report);
        let model = checkpoint.model(&task, &device).into_diagnostic()?;
        let (answers, scores) = evaluate::evaluate(&task, &model, &examples, &device);
        self.write_answers::<T>(&name, &answers)?;
        if place.seed == 0 {
            let variant = &place.variant.variant;
            if let Some(bins) = task.calibration(&answers, &examples) {
                self.findings.calibration.push((format!("{dataset} {split} {variant}"), bins));
            }
            show(&task, &examples, &answers, variant, shown);
        }
        if place.with_baselines {
            self.baselines(&task, &examples)?;
        }
        Ok(scores)
    }

    fn baselines<T: Task>(&mut self, task: &T, examples: &[T::Example]) -> Result<()> {
        if self.entry.baseline_train.is_empty() {
            return Ok(());
        }
        let train = finetune::records::<T>(&self.entry.baseline_train, self.session)?;
        let (train, _) = evaluate::encode(task, &train, self.entry.max_misaligned).into_diagnostic()?;
        for (name, answers) in task.baselines(&train, examples) {
            self.add::<T>(&format!("baseline:{name}"), &task.score(&answers, examples));
        }
        Ok(())
    }

    fn add<T: Task>(&mut self, variant: &str, scores: &Scores) {
        self.rows.extend(results::rows(T::NAME, &self.entry.dataset, &self.entry.split, variant, scores));
    }

    /// Every answer, one a line, for whoever wants to look closer.
    fn write_answers<T: Task>(&self, name: &str, answers: &[T::Answer]) -> Result<()> {
        let mut text = String::new();
        for answer in answers {
            text.push_str(&serde_json::to_string(answer).into_diagnostic()?);
            text.push('\n');
        }
        let TaskEvaluation { dataset, split, .. } = self.entry;
        let name = format!("{}-{dataset}-{split}-{name}.jsonl", T::NAME).replace('/', "-");
        files::write_atomic(&self.folder.join("answers").join(name), text.as_bytes()).into_diagnostic()
    }
}

/// What a run of a variant is called beside the variant's others.
fn called(variant: &Variant, run: &str) -> String {
    if variant.runs.is_empty() { variant.variant.clone() } else { format!("{} {run}", variant.variant) }
}

/// The scores of a variant from those of its runs.
fn averaged(variant: &Variant, each: &[Scores]) -> Result<Scores> {
    metrics::over_seeds(each).ok_or_else(|| {
        miette!(
            help = "runs of one variant differ in nothing but their seed; give what else differs a variant of its own",
            "{}: its runs were scored on different numbers of examples",
            variant.variant
        )
    })
}

/// Takes a variant's answers to evenly spaced examples up into the examples shown.
fn show<T: Task>(task: &T, examples: &[T::Example], answers: &[T::Answer], variant: &str, shown: &mut Vec<Shown>) {
    let every = (examples.len() / SHOWN).max(1);
    let chosen = examples.iter().zip(answers).step_by(every).take(SHOWN);
    for (index, (example, answer)) in chosen.enumerate() {
        if index == shown.len() {
            let (question, expected) = task.show(example);
            shown.push(Shown { task: T::NAME.into(), question, expected, answers: Vec::new() });
        }
        let text = serde_json::to_string(answer).unwrap_or_default();
        shown[index].answers.push((variant.to_string(), text));
    }
}

/// A hash of the config, the data and every run's weights.
fn identity(config: &Evaluate, session: &Session) -> Result<String> {
    let lists = (&config.tasks, &config.texts, &config.endings, &config.pairs);
    let mut parts = vec![serde_json::to_string(&lists).into_diagnostic()?];
    for entry in &config.tasks {
        parts.push(session.sources_hash(&entry.baseline_train)?);
    }
    for (_, _, data, runs) in config.entries() {
        parts.push(session.sources_hash(data)?);
        for run in runs.iter().flat_map(Variant::names) {
            parts.push(session.checkpoint(run)?.fingerprint().into_diagnostic()?);
        }
    }
    Ok(files::hash_bytes(parts.join("\n").as_bytes()))
}
