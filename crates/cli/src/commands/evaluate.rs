//! `cimiento evaluate`: runs × data sets × splits, each score with its interval and beside its trivial baseline.

mod answers;
mod baselines;
mod labelled;
mod zero_shot;

use std::fs;
use std::path::Path;

use cimiento_core::metrics::{self, Bin, ClassReport, Scores};
use cimiento_data::files::{self, PendingDir};
use miette::{IntoDiagnostic, Result, miette};
use serde::{Deserialize, Serialize};

use self::baselines::Training;
use self::labelled::{Check, TaskWork};
use self::zero_shot::{endings, pairs, texts};
use crate::config::{Evaluate, TaskEvaluation, Variant, once, to_hash};
use crate::diagnostic::Loaded;
use crate::report::{self, Compute, Curve, Mistakes, Report, Shown};
use crate::results::{self, Compared, Row};
use crate::session::{Course, Ended, Inputs, Session};
use crate::tasks::{ForTask, for_task};

/// What an evaluation found, beside the rows of its table.
#[derive(Serialize, Deserialize, Default)]
pub struct Findings {
    /// Calibration of each model whose answers carry probabilities.
    pub calibration: Vec<(String, Vec<Bin>)>,
    /// How well each model of classes finds each of them.
    #[serde(default)]
    pub classes: Vec<(String, ClassReport)>,
    /// The worst answers of each model.
    #[serde(default)]
    pub mistakes: Vec<Mistakes>,
    /// How bits per byte move with the compute of pretraining.
    #[serde(default)]
    pub compute: Vec<Compute>,
    /// Examples with the answers of each variant.
    pub examples: Vec<Shown>,
}

/// File of [`Findings`] in an evaluation's folder.
pub const FINDINGS: &str = "findings.json";
/// File of which variants differ.
pub const COMPARISONS: &str = "comparisons.json";

/// Scores everything `loaded` names and prints the table (JSON with `json`).
pub fn evaluate(loaded: &Loaded<Evaluate>, session: &Session, json: bool) -> Result<Ended> {
    let rows = measured(loaded, session)?;
    let compared = results::read_comparisons(&session.run(&loaded.config.run).join(COMPARISONS)).into_diagnostic()?;
    if json {
        println!("{}", serde_json::to_string_pretty(&rows).into_diagnostic()?);
    } else {
        print!("{}", results::table(&rows, &compared));
    }
    Ok(Ended::Finished)
}

/// Scores everything `loaded` names and writes `results.json`, unless that has been done.
pub fn measured(loaded: &Loaded<Evaluate>, session: &Session) -> Result<Vec<Row>> {
    let (config, session) = (&loaded.config, &session.of_config(&loaded.path));
    let folder = session.run(&config.run);
    // Of all, before the first is scored and before results of another time are cleared away.
    check(config, session)?;
    let identity = identity(config, session)?;
    let _writer = session.writer(&folder)?;
    if session.is_done(&folder, &identity) {
        return results::read(&folder.join("results.json")).into_diagnostic();
    }
    // What is there stays until there is something to take its place.
    let pending = PendingDir::new(&folder.join("results")).into_diagnostic()?;
    let (rows, findings) = measure(config, session, pending.path())?;
    session.begin(&folder, &Course::new(loaded, identity.clone(), Inputs::new()))?;
    for entry in fs::read_dir(pending.path()).into_diagnostic()? {
        let entry = entry.into_diagnostic()?;
        fs::rename(entry.path(), folder.join(entry.file_name())).into_diagnostic()?;
    }
    let compared = results::comparisons(&rows);
    results::write(&folder.join("results.json"), &rows).into_diagnostic()?;
    results::write_comparisons(&folder.join(COMPARISONS), &compared).into_diagnostic()?;
    let text = serde_json::to_string_pretty(&findings).into_diagnostic()?;
    files::write_atomic(&folder.join(FINDINGS), text.as_bytes()).into_diagnostic()?;
    for compute in &findings.compute {
        compute.told().into_iter().for_each(|law| eprintln!("{law}"));
    }
    report::write(&report(loaded, session, rows.clone(), compared, findings), &folder).into_diagnostic()?;
    session.finish(&folder, &identity)?;
    Ok(rows)
}

/// Tells what would keep any of its scores from being made.
///
/// # Errors
/// A run that is missing or of another kind, settings it has no use for, records that cannot be read.
pub fn check(config: &Evaluate, session: &Session) -> Result<()> {
    session.without_weights(&config.run)?;
    let mut names: Vec<(&str, &str, &str)> = Vec::new();
    for entry in &config.tasks {
        let task = for_entry(entry, session, Check { entry, session })??;
        names.push((task, &entry.dataset, &entry.split));
        let of_task: Vec<(&str, &str)> =
            names.iter().filter(|name| name.0 == task).map(|(_, dataset, split)| (*dataset, *split)).collect();
        once("tasks", &of_task).map_err(|why| miette!("{why}"))?;
    }
    zero_shot::check(config, session)
}

/// The page of an evaluation, with the course of every run that has left one here.
fn report(
    loaded: &Loaded<Evaluate>,
    session: &Session,
    rows: Vec<Row>,
    compared: Vec<Compared>,
    findings: Findings,
) -> Report {
    let config = &loaded.config;
    let mut curves: Vec<Curve> = Vec::new();
    for name in config.entries().flat_map(|(_, _, _, _, runs)| runs).flat_map(Variant::names) {
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
        compared,
        compute: findings.compute,
        trials: None,
        classes: findings.classes,
        calibration: findings.calibration,
        mistakes: findings.mistakes,
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

/// A hash of the config, the data and every run's weights.
fn identity(config: &Evaluate, session: &Session) -> Result<String> {
    let lists = (&config.tasks, &config.texts, &config.endings, &config.pairs);
    let mut parts = vec![to_hash(&serde_json::to_string(&lists).into_diagnostic()?)];
    for entry in &config.tasks {
        parts.push(session.sources_hash(Training::of(entry, session).sources())?);
    }
    for (_, _, _, data, runs) in config.entries() {
        parts.push(session.sources_hash(data)?);
        for run in runs.iter().flat_map(Variant::names) {
            parts.push(session.checkpoint(run)?.fingerprint().into_diagnostic()?);
        }
    }
    Ok(files::hash_bytes(parts.join("\n").as_bytes()))
}
