//! `cimiento report`: a page about any run: its curves, its scores, its config.

use std::fs;
use std::path::{Path, PathBuf};

use cimiento_core::checkpoint::Manifest;
use miette::{IntoDiagnostic, Result, miette};

use super::evaluate::{COMPARISONS, FINDINGS, Findings};
use super::{dry, session};
use crate::args::Global;
use crate::report::{self, Curve, Report};
use crate::results;
use crate::session::{Ended, Existing};

/// Writes `report.html` (and the drawings in it) into the run's folder, or into `out`.
///
/// # Errors
/// If there is no such run, or nothing to report of it.
pub fn report(run: &str, out: Option<&Path>, global: &Global) -> Result<Ended> {
    let session = session(global, Existing::Refuse);
    let folder = Some(session.run(run)).filter(|folder| folder.is_dir()).unwrap_or_else(|| PathBuf::from(run));
    if !folder.is_dir() {
        return Err(session.no_run(run));
    }
    let of_checkpoint = folder.join("manifest.json").is_file();
    let out = out.or(Some(folder.as_path()).filter(|_| !of_checkpoint)).ok_or_else(|| {
        miette!(
            help = "say where the page goes: --out FOLDER",
            "{} is a checkpoint, which holds nothing but its own files",
            folder.display()
        )
    })?;
    let written = out.join("report.html");
    let of_several = Manifest::glance(&folder).is_none() && !folder.join(FINDINGS).is_file();
    if of_several && written.is_file() {
        // What made it (`run`, `sweep`) knew more than its folder tells.
        eprintln!("{} is there already: the command that made the run has written it", written.display());
        return Ok(Ended::Finished);
    }
    let page = of(run, &folder)?;
    if global.dry_run {
        return dry("", &format!("would write {}", written.display()));
    }
    report::write(&page, out).into_diagnostic()?;
    eprintln!("{}", written.display());
    Ok(Ended::Finished)
}

/// What can be said of the run in a folder, and of the runs in the folders of it.
fn of(name: &str, folder: &Path) -> Result<Report> {
    let manifest = Manifest::glance(folder).map(|(_, manifest)| manifest);
    let mut rows = match folder.join("results.json") {
        path if path.is_file() => results::read(&path).into_diagnostic()?,
        _ => Vec::new(),
    };
    if let Some(manifest) = &manifest {
        rows.extend(results::rows(&manifest.kind, "validation", "held out", name, &manifest.scores));
    }
    let findings: Findings = match fs::read_to_string(folder.join(FINDINGS)) {
        Ok(text) => serde_json::from_str(&text).into_diagnostic()?,
        Err(_) => Findings::default(),
    };
    let compared = results::read_comparisons(&folder.join(COMPARISONS)).into_diagnostic()?;
    let curves = curves(name, folder);
    if rows.is_empty() && curves.is_empty() {
        return Err(miette!(
            help = "`cimiento list` shows the runs",
            "{} has neither scores nor the log of a training (metrics.jsonl) to report",
            folder.display()
        ));
    }
    Ok(Report {
        title: name.into(),
        facts: facts(manifest.as_ref()),
        curves,
        rows,
        compared,
        compute: findings.compute,
        classes: findings.classes,
        calibration: findings.calibration,
        mistakes: findings.mistakes,
        examples: findings.examples,
        config: fs::read_to_string(folder.join("config.toml")).unwrap_or_default(),
        ..Report::default()
    })
}

/// The courses of a run and of those in its folder.
fn curves(name: &str, folder: &Path) -> Vec<Curve> {
    let below = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut below: Vec<PathBuf> = below.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    below.sort();
    let named = below.iter().map(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        (name, path.as_path())
    });
    let all = std::iter::once((name.to_string(), folder)).chain(named);
    all.map(|(name, path)| Curve { name, metrics: path.join("metrics.jsonl") })
        .filter(|curve| curve.metrics.is_file())
        .collect()
}

fn facts(manifest: Option<&Manifest>) -> Vec<(String, String)> {
    let mut facts: Vec<(String, String)> = Vec::new();
    if let Some(manifest) = manifest {
        let (shape, progress) = (&manifest.backbone, &manifest.progress);
        let mut add = |name: &str, value: String| facts.push((name.into(), value));
        add("Kind", manifest.kind.clone());
        add("Steps", progress.step.to_string());
        if let Some(ending) = &progress.ending {
            add("Ending", ending.to_string());
        }
        add("Tokens read", progress.tokens.to_string());
        add("Parameters", manifest.parameters.to_string());
        add(
            "Shape",
            format!(
                "d_model {}, {} layers, {} heads, context {}, vocabulary {}",
                shape.d_model, shape.layers, shape.heads, shape.context, shape.vocab_size
            ),
        );
        if let Some(origin) = &manifest.origin {
            add("Origin", origin.clone());
        }
    }
    facts.push(("Program".into(), format!("cimiento {}", env!("CARGO_PKG_VERSION"))));
    facts
}
