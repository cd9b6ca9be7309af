//! `cimiento evaluate`: runs × data sets × splits, each score with its interval and beside its trivial baseline.

use std::path::Path;

use cimiento_core::checkpoint::Checkpoint;
use cimiento_core::evaluate;
use cimiento_core::files;
use cimiento_core::language::{self, MinimalPair, Scoring};
use cimiento_core::metrics::{Bin, Score, Scores};
use cimiento_core::objective::Task;
use cimiento_core::records::{self, Source};
use miette::{IntoDiagnostic, Result, miette};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::commands::finetune;
use crate::commands::must_write;
use crate::config::{Evaluate, PairEvaluation, TaskEvaluation, TextEvaluation, Variant};
use crate::diagnostic::Loaded;
use crate::report::Shown;
use crate::results::{self, Row};
use crate::session::{Ended, Session};
use crate::tasks::{ForTask, for_task};

/// Examples shown in a report, for each data set.
const SHOWN: usize = 12;

/// What an evaluation found, beside the rows of its table.
#[derive(Serialize, Deserialize, Default)]
pub struct Findings {
    /// Calibration of each model whose answers carry probabilities.
    pub calibration: Vec<(String, Vec<Bin>)>,
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
    let identity = identity(config, session)?;
    let _writer = session.writer(&folder)?;
    if session.begin(&folder, &identity, &loaded.text)?.is_none() {
        return results::read(&folder.join("results.json")).into_diagnostic();
    }
    let (rows, findings) = measure(config, session, &folder)?;
    results::write(&folder.join("results.json"), &rows).into_diagnostic()?;
    let text = serde_json::to_string_pretty(&findings).into_diagnostic()?;
    files::write_atomic(&folder.join(FINDINGS), text.as_bytes()).into_diagnostic()?;
    session.finish(&folder, &identity)?;
    Ok(rows)
}

fn measure(config: &Evaluate, session: &Session, folder: &Path) -> Result<(Vec<Row>, Findings)> {
    let mut rows = Vec::new();
    let mut findings = Findings::default();
    for entry in &config.tasks {
        let first = session.checkpoint(&entry.runs[0].run)?;
        let name = first.manifest().kind.clone();
        let work = TaskWork { entry, config, session, folder, rows: &mut rows, findings: &mut findings };
        for_task(&name, work).ok_or_else(|| {
            miette!(
                help = "`tasks` takes runs of `cimiento finetune`; use `texts` or `pairs` for a backbone",
                "{}: this is a {name} checkpoint",
                first.folder().display()
            )
        })??;
    }
    for entry in &config.texts {
        texts(entry, config, session, &mut rows)?;
    }
    for entry in &config.pairs {
        pairs(entry, config, session, &mut rows)?;
    }
    Ok((rows, findings))
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
        let TaskWork { entry, session, .. } = self;
        let device = self.config.device.open().into_diagnostic()?;
        let records = finetune::records::<T>(&entry.data, session)?;
        let mut shown: Vec<Shown> = Vec::new();
        for (index, Variant { variant, run }) in entry.runs.iter().enumerate() {
            let checkpoint = session.checkpoint(run)?;
            let (settings, state) = checkpoint.task::<T>().into_diagnostic()?;
            let context = checkpoint.manifest().backbone.context;
            let task = T::new(settings, state, checkpoint.tokenizer().into_diagnostic()?, context);
            let (examples, report) = evaluate::encode(&task, &records, entry.max_misaligned).into_diagnostic()?;
            if report.misaligned > 0 {
                eprintln!(
                    "{} {}: {} of {} records left out: their answer does not occur in the passage",
                    entry.dataset, entry.split, report.misaligned, report.rows
                );
            }
            eprintln!("{} {} {variant}: {} examples", entry.dataset, entry.split, examples.len());
            let model = checkpoint.model(&task, &device).into_diagnostic()?;
            let (answers, scores) = evaluate::evaluate(&task, &model, &examples, &device);
            self.rows.extend(results::rows(T::NAME, &entry.dataset, &entry.split, variant, &scores));
            self.write_answers(variant, &answers)?;
            if let Some(bins) = task.calibration(&answers, &examples) {
                self.findings.calibration.push((format!("{} {} {variant}", entry.dataset, entry.split), bins));
            }
            show(&task, &examples, &answers, variant, &mut shown);
            if index == 0 && !entry.baseline_train.is_empty() {
                let train = finetune::records::<T>(&entry.baseline_train, session)?;
                let (train, _) = evaluate::encode(&task, &train, entry.max_misaligned).into_diagnostic()?;
                for (name, answers) in task.baselines(&train, &examples) {
                    let scores = task.score(&answers, &examples);
                    let variant = format!("baseline:{name}");
                    self.rows.extend(results::rows(T::NAME, &entry.dataset, &entry.split, &variant, &scores));
                }
            }
        }
        self.findings.examples.extend(shown);
        Ok(())
    }
}

impl TaskWork<'_> {
    /// Every answer, one a line, for whoever wants to look closer.
    fn write_answers<A: Serialize>(&self, variant: &str, answers: &[A]) -> Result<()> {
        let mut text = String::new();
        for answer in answers {
            text.push_str(&serde_json::to_string(answer).into_diagnostic()?);
            text.push('\n');
        }
        let name = format!("{}-{}-{variant}.jsonl", self.entry.dataset, self.entry.split).replace('/', "-");
        files::write_atomic(&self.folder.join("answers").join(name), text.as_bytes()).into_diagnostic()
    }
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

#[derive(Deserialize, Clone)]
struct Text {
    text: String,
}

fn texts(entry: &TextEvaluation, config: &Evaluate, session: &Session, rows: &mut Vec<Row>) -> Result<()> {
    let device = config.device.open().into_diagnostic()?;
    let records: Vec<Text> = read(&entry.data, session)?;
    let texts: Vec<&str> = records.iter().map(|record| record.text.as_str()).collect();
    for Variant { variant, run } in &entry.runs {
        eprintln!("{} {} {variant}: {} texts", entry.dataset, entry.split, texts.len());
        let checkpoint = session.checkpoint(run)?;
        must_write(&checkpoint)?;
        let tokenizer = checkpoint.tokenizer().into_diagnostic()?;
        let backbone = checkpoint.backbone(&device).into_diagnostic()?;
        let scores = language::evaluate_texts(&backbone, &tokenizer, &texts);
        rows.extend(results::rows("language", &entry.dataset, &entry.split, variant, &scores));
    }
    Ok(())
}

fn pairs(entry: &PairEvaluation, config: &Evaluate, session: &Session, rows: &mut Vec<Row>) -> Result<()> {
    let device = config.device.open().into_diagnostic()?;
    let mut pairs: Vec<MinimalPair> = read(&entry.data, session)?;
    if entry.limit_per_phenomenon > 0 {
        let mut taken = std::collections::BTreeMap::<String, usize>::new();
        pairs.retain(|pair| {
            let taken = taken.entry(pair.uid.clone()).or_default();
            *taken += 1;
            *taken <= entry.limit_per_phenomenon
        });
    }
    let chance = Score { metric: "accuracy".into(), value: 0.5, low: 0.5, high: 0.5, n: pairs.len(), ..Score::default() };
    rows.extend(results::rows("minimal-pairs", &entry.dataset, &entry.split, "baseline:chance", &Scores(vec![chance])));
    for Variant { variant, run } in &entry.runs {
        let checkpoint: Checkpoint = session.checkpoint(run)?;
        must_write(&checkpoint)?;
        let tokenizer = checkpoint.tokenizer().into_diagnostic()?;
        let backbone = checkpoint.backbone(&device).into_diagnostic()?;
        for &how in &entry.scoring {
            let way = match how {
                Scoring::Causal => "causal",
                Scoring::Masked => "masked",
            };
            eprintln!("{} {} {variant} ({way}): {} pairs", entry.dataset, entry.split, pairs.len());
            let (scores, each) = language::minimal_pairs(&backbone, &tokenizer, &pairs, how);
            let name = format!("{variant} ({way})");
            rows.extend(results::rows("minimal-pairs", &entry.dataset, &entry.split, &name, &scores));
            for (uid, scores) in each.iter().filter(|(uid, _)| !uid.is_empty()) {
                let dataset = format!("{}/{uid}", entry.dataset);
                rows.extend(results::rows("minimal-pairs", &dataset, &entry.split, &name, scores));
            }
        }
    }
    Ok(())
}

fn read<R: DeserializeOwned>(sources: &[Source], session: &Session) -> Result<Vec<R>> {
    let mut all = Vec::new();
    for source in sources {
        let source = session.source(source)?;
        for located in records::read::<R>(&source).into_diagnostic()? {
            all.push(located.into_diagnostic()?.record);
        }
        if all.is_empty() {
            return Err(miette!("{}: no records", source.path.display()));
        }
    }
    Ok(all)
}

/// A hash of the config, the data and every run's weights.
fn identity(config: &Evaluate, session: &Session) -> Result<String> {
    let mut parts = vec![serde_json::to_string(&(&config.tasks, &config.texts, &config.pairs)).into_diagnostic()?];
    let tasks = config
        .tasks
        .iter()
        .map(|e| (&e.data, &e.runs))
        .chain(config.tasks.iter().map(|e| (&e.baseline_train, &e.runs)));
    let texts = config.texts.iter().map(|e| (&e.data, &e.runs));
    let pairs = config.pairs.iter().map(|e| (&e.data, &e.runs));
    for (data, runs) in tasks.chain(texts).chain(pairs) {
        parts.push(session.sources_hash(data)?);
        for variant in runs {
            parts.push(session.checkpoint(&variant.run)?.fingerprint().into_diagnostic()?);
        }
    }
    Ok(files::hash_bytes(parts.join("\n").as_bytes()))
}
