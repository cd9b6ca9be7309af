//! `cimiento inspect`: what a run or checkpoint is.

use std::fmt::Write;

use cimiento_core::checkpoint::{Checkpoint, Manifest};
use cimiento_data::vocabulary::Vocabulary;
use miette::{IntoDiagnostic, Result};
use serde_json::{Value, json};

use super::{dry, find, session};
use crate::args::Global;
use crate::input;
use crate::session::{Ended, Existing};

/// Prints what the checkpoint says of itself, and what its files are.
///
/// # Errors
/// If there is none, or it is damaged.
pub fn inspect(run: &str, as_json: bool, global: &Global) -> Result<Ended> {
    let checkpoint = find(&session(global, Existing::Refuse), run, None)?;
    if global.dry_run {
        return dry("", &format!("would show {}", checkpoint.folder().display()));
    }
    let text = if as_json {
        format!("{}\n", serde_json::to_string_pretty(&object(&checkpoint)?).into_diagnostic()?)
    } else {
        page(&checkpoint)?
    };
    input::print(&text)?;
    Ok(Ended::Finished)
}

fn object(checkpoint: &Checkpoint) -> Result<Value> {
    let Manifest { kind, identity, backbone, task, parameters, vocabulary, progress, scores, files, version, .. } =
        checkpoint.manifest();
    let Manifest { origin, lora, .. } = checkpoint.manifest();
    let tensors: Vec<Value> = checkpoint
        .shapes()
        .into_diagnostic()?
        .into_iter()
        .map(|(name, shape)| json!({ "name": name, "shape": shape }))
        .collect();
    Ok(json!({
        "folder": checkpoint.folder(),
        "format": version,
        "kind": kind,
        "origin": origin,
        "lora": lora,
        "step": progress.step,
        "tokens": progress.tokens,
        "ending": progress.ending,
        "best": progress.best.map(|(step, value)| json!({ "step": step, "value": value })),
        "parameters": parameters,
        "fingerprint": checkpoint.fingerprint().into_diagnostic()?,
        "identity": identity,
        "shape": backbone,
        "vocabulary": {
            "kind": vocabulary.kind, "hash": vocabulary.blake3, "size": checkpoint.vocabulary().into_diagnostic()?.size()
        },
        "task": task,
        "scores": scores,
        "files": files,
        "tensors": tensors,
    }))
}

fn page(checkpoint: &Checkpoint) -> Result<String> {
    let manifest = checkpoint.manifest();
    let shape = &manifest.backbone;
    let mut rows = vec![
        ("folder", checkpoint.folder().display().to_string()),
        ("kind", manifest.kind.clone()),
        ("step", format!("{} ({} tokens read)", manifest.progress.step, manifest.progress.tokens)),
        ("parameters", manifest.parameters.to_string()),
        (
            "shape",
            format!(
                "d_model {}, {} layers, {} heads of {} ({} for keys and values), d_ff {}, context {}",
                shape.d_model, shape.layers, shape.heads, shape.head_dim, shape.kv_heads, shape.d_ff, shape.context
            ),
        ),
        ("vocabulary", vocabulary(&checkpoint.vocabulary().into_diagnostic()?)),
        ("fingerprint", checkpoint.fingerprint().into_diagnostic()?),
        ("identity", manifest.identity.clone()),
    ];
    if let Some(ending) = &manifest.progress.ending {
        rows.push(("ending", ending.to_string()));
    }
    if let Some(origin) = &manifest.origin {
        rows.push(("origin", origin.clone()));
    }
    if let Some(task) = &manifest.task {
        rows.push(("settings", task.config.to_string()));
        rows.push(("learned", task.state.to_string()));
    }
    let mut text = String::new();
    for (name, value) in rows {
        line(&mut text, name, &value);
    }
    for score in &manifest.scores.0 {
        let value = format!("{:.4} [{:.4}, {:.4}] n {}", score.value, score.low, score.high, score.n);
        line(&mut text, &score.metric, &value);
    }
    for (name, file) in &manifest.files {
        line(&mut text, name, &format!("{} bytes, {}", file.bytes, file.blake3));
    }
    Ok(text)
}

fn vocabulary(vocabulary: &Vocabulary) -> String {
    let unit = match vocabulary {
        Vocabulary::Text(_) => "tokens",
        Vocabulary::Names(_) => "names",
    };
    format!("{} {unit}, {}", vocabulary.size(), vocabulary.hash())
}

fn line(text: &mut String, name: &str, value: &str) {
    writeln!(text, "{name:<22} {value}").expect("a string takes any text");
}
