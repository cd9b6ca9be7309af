//! `cimiento run`: the stages of a pipeline in order, then one table and one report.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use cimiento_core::checkpoint::{Manifest, PRETRAINING};
use miette::{IntoDiagnostic, Result, WrapErr, miette};

use crate::commands::data::cloze;
use crate::commands::evaluate::{self, COMPARISONS, FINDINGS, Findings};
use crate::commands::preflight::{self, Made};
use crate::commands::{finetune, pretrain};
use crate::config::{Cloze, Evaluate, Finetune, Pipeline, Pretrain, Stage, Variant, Verb};
use crate::diagnostic::{self, Loaded};
use crate::report::{self, Curve, Report};
use crate::results::{self, Compared, Row};
use crate::session::{Ended, Existing, Session};

/// Runs every stage that is not finished and unchanged, then writes `results.json` and `report.html`.
pub fn run(loaded: &Loaded<Pipeline>, sets: &[String], session: &Session) -> Result<Ended> {
    let pipeline = &loaded.config;
    // A mistake in the last stage is told before the first takes its hours.
    resolve(loaded, sets)?;
    let existing = if session.existing == Existing::Overwrite { Existing::Overwrite } else { Existing::Update };
    let session = Session { existing, ..session.clone() };
    let folder = session.run(&pipeline.run);
    let started = Instant::now();
    for stage in &pipeline.stages {
        eprintln!("── {} ({} s)", stage.name, started.elapsed().as_secs());
        if self::stage(pipeline, &loaded.path, stage, sets, &session)? == Ended::Interrupted {
            return Ok(Ended::Interrupted);
        }
    }
    let (rows, compared, findings) = gather(pipeline, &folder)?;
    if let Some(Row { dataset, split, variant, .. }) = results::twice(&rows) {
        return Err(miette!(
            help =
                "give one of them another `dataset`, `split` or `variant`; the results of each stage are in its folder",
            "two stages score {variant:?} on {dataset:?} {split:?}: one table cannot hold both"
        ));
    }
    results::write(&folder.join("results.json"), &rows).into_diagnostic()?;
    results::write_comparisons(&folder.join(COMPARISONS), &compared).into_diagnostic()?;
    let curves = pipeline
        .stages
        .iter()
        .filter(|stage| matches!(stage.verb, Verb::Pretrain | Verb::Finetune))
        .map(|stage| Curve { name: stage.name.clone(), metrics: folder.join(&stage.name).join("metrics.jsonl") });
    let report = Report {
        title: pipeline.run.clone(),
        facts: facts(pipeline, &folder),
        curves: curves.collect(),
        rows: rows.clone(),
        compared: compared.clone(),
        compute: findings.compute,
        trials: None,
        classes: findings.classes,
        calibration: findings.calibration,
        mistakes: findings.mistakes,
        examples: findings.examples,
        config: configs(loaded, &folder),
    };
    report::write(&report, &folder).into_diagnostic()?;
    print!("{}", results::table(&rows, &compared));
    eprintln!("{} s; results and report in {}", started.elapsed().as_secs(), folder.display());
    Ok(Ended::Finished)
}

/// Checks every stage's config without doing anything, and returns the resolved texts.
pub fn resolve(loaded: &Loaded<Pipeline>, sets: &[String]) -> Result<String> {
    let mut text = loaded.text.clone();
    let mut scored = Vec::new();
    for stage in &loaded.config.stages {
        let (path, sets) = stage_config(&loaded.config, &loaded.path, stage, sets);
        let resolved = match stage.verb {
            Verb::Pretrain => {
                let Loaded { config, text, .. } = diagnostic::load::<Pretrain>(&path, &sets)?;
                config.from.iter().try_for_each(|from| own(&loaded.config, stage, &from.run))?;
                text
            }
            Verb::Finetune => {
                let Loaded { config: Finetune { from, data, .. }, text, .. } = diagnostic::load(&path, &sets)?;
                own(&loaded.config, stage, &from.run)?;
                let made = data.train.iter().chain(&data.validation).filter_map(|source| source.path.to_str());
                made.filter_map(|path| Some(path.strip_prefix("run:")?.rsplit_once('/')?.0))
                    .try_for_each(|run| own(&loaded.config, stage, run))?;
                text
            }
            Verb::Evaluate => {
                let Loaded { config, text, .. } = diagnostic::load::<Evaluate>(&path, &sets)?;
                let mut asked = config.entries().flat_map(|(_, _, _, _, runs)| runs).flat_map(Variant::names);
                asked.try_for_each(|run| own(&loaded.config, stage, run))?;
                once(&mut scored, &config, stage)?;
                text
            }
            Verb::Cloze => diagnostic::load::<Cloze>(&path, &sets)?.text,
        };
        text.push_str(&format!("\n# ── {} ──\n{resolved}", stage.name));
    }
    Ok(text)
}

/// Whether every stage finds what it needs, or will have been made by the stages before it.
///
/// # Errors
/// What is missing or cannot be read.
pub fn check(loaded: &Loaded<Pipeline>, sets: &[String], session: &Session) -> Result<()> {
    let mut made = Made::new();
    for stage in &loaded.config.stages {
        let (path, sets) = stage_config(&loaded.config, &loaded.path, stage, sets);
        let session = &session.of_config(&path);
        let (run, kind) = match stage.verb {
            Verb::Pretrain => {
                let loaded = diagnostic::load::<Pretrain>(&path, &sets)?;
                pretrain::check(&loaded, session).wrap_err_with(|| stage.name.clone())?;
                (loaded.config.run, PRETRAINING)
            }
            Verb::Finetune => {
                let config = diagnostic::load::<Finetune>(&path, &sets)?.config;
                preflight::finetune(&config, session, &made).wrap_err_with(|| stage.name.clone())?;
                (config.run, config.task.name())
            }
            Verb::Evaluate => {
                let config = diagnostic::load::<Evaluate>(&path, &sets)?.config;
                preflight::evaluate(&config, session, &made).wrap_err_with(|| stage.name.clone())?;
                continue;
            }
            Verb::Cloze => {
                let config = diagnostic::load::<Cloze>(&path, &sets)?.config;
                preflight::corpus(&config.corpus, session).wrap_err_with(|| stage.name.clone())?;
                continue;
            }
        };
        made.insert(run, kind.to_owned());
    }
    Ok(())
}

/// Refuses a stage that would use what another pipeline's stage has made, though this one has a stage of that name: a
/// pipeline that was given a new name would quietly go on with the runs of the old one.
fn own(pipeline: &Pipeline, stage: &Stage, run: &str) -> Result<()> {
    let Some((other, name)) = run.rsplit_once('/') else { return Ok(()) };
    if other == pipeline.run || pipeline.stages.iter().all(|stage| stage.name != name) {
        return Ok(());
    }
    let ours = &pipeline.run;
    Err(miette!(
        help = format!("name \"{ours}/{name}\" there, or rename the stage {name:?}"),
        "stage {:?} uses {run:?}, a run of another pipeline, though this one makes a {name:?} of its own",
        stage.name
    ))
}

/// Refuses a stage that scores what an earlier one has scored under the same names: one table cannot hold both.
fn once(scored: &mut Vec<(String, String)>, config: &Evaluate, stage: &Stage) -> Result<()> {
    for (key, dataset, split, _, runs) in config.entries() {
        for variant in runs {
            // Of labelled records it is the run that tells the task.
            let run = variant.names().next().filter(|_| key == "tasks");
            let what = format!("{key}: {dataset:?} {split:?}, variant {:?}", variant.variant);
            let entry = (format!("{what} {run:?}"), stage.name.clone());
            if let Some((_, other)) = scored.iter().find(|(what, other)| *what == entry.0 && *other != entry.1) {
                return Err(miette!(
                    help = "give one of them another `dataset`, `split` or `variant`",
                    "stages {other:?} and {:?} both score {what}: one table cannot hold both",
                    stage.name
                ));
            }
            scored.push(entry);
        }
    }
    Ok(())
}

fn stage(pipeline: &Pipeline, at: &Path, stage: &Stage, sets: &[String], session: &Session) -> Result<Ended> {
    let (path, sets) = stage_config(pipeline, at, stage, sets);
    match stage.verb {
        Verb::Pretrain => pretrain::pretrain(&diagnostic::load(&path, &sets)?, session),
        Verb::Finetune => finetune::finetune(&diagnostic::load(&path, &sets)?, session),
        Verb::Cloze => cloze::write(&diagnostic::load(&path, &sets)?, session),
        Verb::Evaluate => {
            let loaded: Loaded<Evaluate> = diagnostic::load(&path, &sets)?;
            evaluate::measured(&loaded, session).map(|_| Ended::Finished)
        }
    }
}

/// A stage's config file and what to change in it: its folder, then what the stage says, then what every stage is
/// told (`--device`, `--seed`).
pub fn stage_config(pipeline: &Pipeline, at: &Path, stage: &Stage, sets: &[String]) -> (PathBuf, Vec<String>) {
    let path = at.parent().unwrap_or(Path::new("")).join(&stage.config);
    let own = format!("run = \"{}/{}\"", pipeline.run, stage.name);
    let sets = stage.set.iter().cloned().chain(sets.iter().filter_map(|set| meant(set, stage.verb)));
    (path, std::iter::once(own).chain(sets).collect())
}

/// What every stage is told, as a verb's config has it: an evaluation draws nothing by chance, and what trains nothing has
/// no device.
fn meant(set: &str, verb: Verb) -> Option<String> {
    let set = set.trim_start();
    match verb {
        Verb::Evaluate if set.starts_with("train.seed") => None,
        Verb::Cloze if set.starts_with("device") => None,
        Verb::Cloze => Some(set.strip_prefix("train.").unwrap_or(set).to_string()),
        _ => Some(set.to_string()),
    }
}

fn gather(pipeline: &Pipeline, folder: &Path) -> Result<(Vec<Row>, Vec<Compared>, Findings)> {
    let (mut rows, mut compared) = (Vec::new(), Vec::new());
    let mut findings = Findings::default();
    for stage in pipeline.stages.iter().filter(|stage| stage.verb == Verb::Evaluate) {
        let stage_folder = folder.join(&stage.name);
        rows.extend(results::read(&stage_folder.join("results.json")).into_diagnostic()?);
        compared.extend(results::read_comparisons(&stage_folder.join(COMPARISONS)).into_diagnostic()?);
        let text = fs::read_to_string(stage_folder.join(FINDINGS)).into_diagnostic()?;
        let found: Findings = serde_json::from_str(&text).into_diagnostic()?;
        findings.compute.extend(found.compute);
        findings.classes.extend(found.classes);
        findings.calibration.extend(found.calibration);
        findings.mistakes.extend(found.mistakes);
        findings.examples.extend(found.examples);
    }
    Ok((rows, compared, findings))
}

fn facts(pipeline: &Pipeline, folder: &Path) -> Vec<(String, String)> {
    let names: Vec<&str> = pipeline.stages.iter().map(|stage| stage.name.as_str()).collect();
    let ending = |name: &&str| {
        let (_, manifest) = Manifest::glance(&folder.join(name))?;
        Some((format!("Ending of {name}"), manifest.progress.ending?.to_string()))
    };
    let mut facts = vec![("Stages".into(), names.join(", "))];
    facts.extend(names.iter().filter_map(ending));
    facts.push(("Program".into(), format!("cimiento {}", env!("CARGO_PKG_VERSION"))));
    facts
}

/// The pipeline's text and that of every stage, as they were run.
fn configs(loaded: &Loaded<Pipeline>, folder: &Path) -> String {
    let mut text = loaded.text.clone();
    for stage in &loaded.config.stages {
        let path = folder.join(&stage.name).join("config.toml");
        text.push_str(&format!("\n# ── {} ──\n{}", stage.name, fs::read_to_string(path).unwrap_or_default()));
    }
    text
}
