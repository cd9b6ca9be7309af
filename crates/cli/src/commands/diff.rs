//! `cimiento diff`: where two runs part.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use cimiento_core::checkpoint::Checkpoint;
use cimiento_core::tensors::{self, Difference};
use miette::{IntoDiagnostic, Result};
use serde::Serialize;
use serde_json::Value;

use super::{dry, find, session};
use crate::args::Global;
use crate::input;
use crate::progress::read_journal;
use crate::session::{Ended, Existing};

/// What two runs have in common, and what not. `None` where one of them does not say.
#[derive(Serialize)]
struct Parting {
    /// Keys of the configs that differ, with both values.
    config: Option<BTreeMap<String, [Option<Value>; 2]>>,
    same_data: Option<bool>,
    same_tokenizer: bool,
    same_shape: bool,
    /// The first step whose line in `metrics.jsonl` differs, with both lines.
    first_differing_step: Option<Step>,
    /// Tensors that differ, with how.
    weights: BTreeMap<String, String>,
    /// Of how many.
    tensors: usize,
    same: bool,
}

#[derive(Serialize)]
struct Step {
    step: u64,
    lines: [Option<String>; 2],
}

/// Prints where two runs part.
///
/// # Errors
/// If one of them cannot be opened.
pub fn diff(a: &str, b: &str, json: bool, global: &Global) -> Result<Ended> {
    let session = session(global, Existing::Refuse);
    let [one, other] = [find(&session, a, None)?, find(&session, b, None)?];
    if global.dry_run {
        return dry("", &format!("would compare {} and {}", one.folder().display(), other.folder().display()));
    }
    let parting = compare(&one, &other)?;
    let text = if json { serde_json::to_string_pretty(&parting).into_diagnostic()? + "\n" } else { page(&parting) };
    input::print(&text)?;
    Ok(if parting.same { Ended::Finished } else { Ended::Different })
}

fn compare(a: &Checkpoint, b: &Checkpoint) -> Result<Parting> {
    let (one, other) = (a.manifest(), b.manifest());
    let mut weights = BTreeMap::new();
    let mut names = BTreeSet::new();
    for (prefix, files) in [
        ("", [a.backbone_tensors().into_diagnostic()?, b.backbone_tensors().into_diagnostic()?]),
        ("head.", [a.head_tensors().into_diagnostic()?, b.head_tensors().into_diagnostic()?]),
    ] {
        names.extend(files.iter().flat_map(|file| file.shapes().into_keys()).map(|name| format!("{prefix}{name}")));
        let found = tensors::differences(&files[0], &files[1]).into_diagnostic()?;
        weights.extend(found.into_iter().map(|(name, difference)| (format!("{prefix}{name}"), words(&difference))));
    }
    let config = config(&[a, b].map(run_folder));
    let first_differing_step = first_step(&[a, b].map(run_folder));
    let same_data = one.data.as_ref().zip(other.data.as_ref()).map(|(one, other)| one == other);
    let (same_tokenizer, same_shape) = (one.vocabulary == other.vocabulary, one.backbone == other.backbone);
    let same = config.as_ref().is_none_or(BTreeMap::is_empty)
        && same_data != Some(false)
        && same_tokenizer
        && same_shape
        && first_differing_step.is_none()
        && weights.is_empty();
    let tensors = names.len();
    Ok(Parting { config, same_data, same_tokenizer, same_shape, first_differing_step, weights, tensors, same })
}

/// The run that a checkpoint is of.
fn run_folder(checkpoint: &Checkpoint) -> PathBuf {
    checkpoint.folder().parent().unwrap_or(Path::new("")).to_path_buf()
}

fn words(difference: &Difference) -> String {
    match difference {
        Difference::Alone => "in one of them only".into(),
        Difference::Shapes([one, other]) => format!("shapes {one:?} and {other:?}"),
        Difference::Values(largest) => format!("up to {largest:.3e} apart"),
    }
}

/// The keys in which two configs differ. What a run is called and how often it saves decides nothing.
fn config(folders: &[PathBuf; 2]) -> Option<BTreeMap<String, [Option<Value>; 2]>> {
    let read = |folder: &PathBuf| -> Option<BTreeMap<String, Value>> {
        let table: toml::Table = fs::read_to_string(folder.join("config.toml")).ok()?.parse().ok()?;
        let mut flat = BTreeMap::new();
        flatten("", &serde_json::to_value(table).ok()?, &mut flat);
        Some(flat)
    };
    let [one, other] = [read(&folders[0])?, read(&folders[1])?];
    let keys: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    let decides = |key: &str| !["run", "train.save_every", "train.keep_last"].contains(&key);
    let differ = keys.into_iter().filter(|key| decides(key) && one.get(*key) != other.get(*key));
    Some(differ.map(|key| (key.clone(), [one.get(key).cloned(), other.get(key).cloned()])).collect())
}

/// Every value of a tree by its path.
fn flatten(path: &str, value: &Value, flat: &mut BTreeMap<String, Value>) {
    let inner = |key: String, value: &Value, flat: &mut BTreeMap<String, Value>| {
        let path = if path.is_empty() { key } else { format!("{path}.{key}") };
        flatten(&path, value, flat);
    };
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| inner(key.clone(), value, flat)),
        Value::Array(list) => {
            (0..).zip(list).for_each(|(index, value): (usize, _)| inner(index.to_string(), value, flat))
        }
        _ => {
            flat.insert(path.to_string(), value.clone());
        }
    }
}

fn first_step(folders: &[PathBuf; 2]) -> Option<Step> {
    let read = |folder: &PathBuf| read_journal(&folder.join("metrics.jsonl")).ok();
    let [one, other] = [read(&folders[0])?, read(&folders[1])?];
    let at = (0..one.len().max(other.len())).find(|&at| one.get(at) != other.get(at))?;
    let lines = [&one, &other].map(|all| all.get(at).map(|entry| format!("{entry}")));
    let step = [&one, &other].iter().filter_map(|all| all.get(at)).map(|entry| entry.step).min()?;
    Some(Step { step, lines })
}

fn page(parting: &Parting) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: String| text.push_str(&format!("{name:<12} {value}\n"));
    let same = |same: bool| if same { "the same".to_string() } else { "differs".to_string() };
    match &parting.config {
        None => line("config", "not there".into()),
        Some(keys) if keys.is_empty() => line("config", same(true)),
        Some(keys) => {
            let show = |value: &Option<Value>| value.as_ref().map_or("(not set)".to_string(), Value::to_string);
            for (key, [one, other]) in keys {
                line("config", format!("{key}: {} and {}", show(one), show(other)));
            }
        }
    }
    line("data", parting.same_data.map_or("not known".into(), same));
    line("tokenizer", same(parting.same_tokenizer));
    line("shape", same(parting.same_shape));
    match &parting.first_differing_step {
        None => line("steps", same(true)),
        Some(Step { step, lines: [one, other] }) => {
            let show = |line: &Option<String>| line.clone().unwrap_or("(none)".to_string());
            line("steps", format!("part at step {step}: {} and {}", show(one), show(other)));
        }
    }
    match parting.weights.len() {
        0 => line("weights", "the same, bit for bit".into()),
        count => {
            line("weights", format!("{count} of {} tensors differ", parting.tensors));
            for (name, how) in &parting.weights {
                line("", format!("{name}: {how}"));
            }
        }
    }
    text
}
