//! What a checkpoint says of itself.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::error::CheckpointError;
use super::layout::{self, FIRST, MANIFEST, Texts};
use crate::backbone::BackboneConfig;
use crate::lora::LoraConfig;
use crate::metrics::Scores;
use cimiento_data::files::{self, Fingerprint};
use cimiento_data::tokenizer::Assigned;
use cimiento_data::vocabulary::VocabularyKind;

/// A task's settings and what it learned from the data before training.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct TaskCard {
    /// `Task::Config`.
    pub config: serde_json::Value,
    /// `Task::State`.
    pub state: serde_json::Value,
}

/// What all checkpoints of one run say.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Card {
    /// [`PRETRAINING`](super::PRETRAINING) or a task's name.
    pub kind: String,
    /// Hash of all that decides the course of training; a run goes on only under the same.
    pub identity: String,
    /// The backbone's shape.
    pub backbone: BackboneConfig,
    /// The task, for a fine-tuned model.
    pub task: Option<TaskCard>,
    /// How the backbone is adapted, where it holds factors beside its weights.
    pub lora: Option<LoraConfig>,
    /// Where the weights came from, if they were not trained here from the first.
    pub origin: Option<String>,
    /// Hash of what was learned from, if anything was.
    pub data: Option<String>,
    /// What a model made elsewhere came with and keeps: chat templates, settings of generation.
    pub texts: Texts,
}

/// Where training stood.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Default)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    /// Optimizer steps taken.
    pub step: u64,
    /// Tokens read.
    pub tokens: u64,
    /// Steps in the average of the weights.
    pub averaged: u64,
    /// The best validation so far: its step and value.
    pub best: Option<(u64, f64)>,
    /// Validations since the best one.
    pub stale: usize,
    /// Steps just before this one that were skipped because they diverged.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub skipped: u64,
    /// Steps skipped since the beginning, of which the optimizer knows nothing.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub skipped_in_all: u64,
    /// How the run ended, where not after its last step with the last weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ending: Option<Ending>,
}

/// The end of a run that stopped early or kept other weights than the last.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Ending {
    /// Steps taken.
    pub step: u64,
    /// Steps there were to be.
    pub steps: u64,
    /// The step whose weights were kept.
    pub kept: u64,
    /// Validations without a better one after which a run stops; 0 where it never does.
    pub patience: usize,
}

impl Ending {
    /// That of a run, if it is one.
    pub fn of(step: u64, steps: u64, kept: u64, patience: usize) -> Option<Self> {
        (step < steps || kept < step).then_some(Self { step, steps, kept, patience })
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { step, steps, kept, patience } = self;
        if step < steps {
            let validations = if *patience == 1 { "a validation" } else { &format!("{patience} validations") };
            write!(f, "stopped after step {step} of {steps}: {validations} without a better one (train.patience)")?;
        }
        if kept < step {
            let and = if step < steps { "; " } else { "" };
            write!(f, "{and}the weights kept are the best, those of step {kept} (train.keep)")?;
        }
        Ok(())
    }
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Which vocabulary the weights are of.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct VocabularyCard {
    /// Pieces of text or names.
    pub kind: VocabularyKind,
    /// Hash of the vocabulary.
    pub blake3: String,
}

/// The manifest of a checkpoint.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`VERSION`](super::VERSION), or the older one that it was read in.
    pub version: u32,
    /// See [`Card::kind`].
    pub kind: String,
    /// See [`Card::identity`].
    pub identity: String,
    /// The backbone's shape.
    pub backbone: BackboneConfig,
    /// The task, for a fine-tuned model.
    pub task: Option<TaskCard>,
    /// See [`Card::lora`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lora: Option<LoraConfig>,
    /// See [`Card::origin`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// See [`Card::data`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// Float parameters in embeddings of patches, backbone and head.
    pub parameters: usize,
    /// What the ids stand for.
    pub vocabulary: VocabularyCard,
    /// The tokens with a role, where their names in the tokenizer do not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub special: Option<Assigned>,
    /// Where training stood.
    pub progress: Progress,
    /// Validation scores of these weights, if they were validated.
    pub scores: Scores,
    /// Every other file of the folder.
    pub files: BTreeMap<String, Fingerprint>,
}

impl Manifest {
    /// Reads a manifest of this format or of the first, which named the hash of a tokenizer.
    pub(super) fn parse(mut manifest: Value) -> serde_json::Result<Self> {
        let first = manifest.get("version").and_then(Value::as_u64) == Some(u64::from(FIRST));
        if first
            && let Some(fields) = manifest.as_object_mut()
            && !fields.contains_key("vocabulary")
            && let Some(tokenizer) = fields.remove("tokenizer")
        {
            fields.insert("vocabulary".into(), json!({ "kind": VocabularyKind::Text, "blake3": tokenizer }));
        }
        serde_json::from_value(manifest)
    }

    /// The manifest of a checkpoint, or of the one that [`Checkpoint::open`](super::Checkpoint::open) would open of a run, and
    /// that checkpoint's folder; nothing else of it is looked at. `None` where there is none that can be read.
    pub fn glance(path: &Path) -> Option<(PathBuf, Self)> {
        let steps = layout::steps(path).into_iter().rev().map(|(_, folder)| folder);
        let folders = [path.to_path_buf(), path.join("final")].into_iter().chain(steps);
        let folder = folders.into_iter().find(|folder| folder.join(MANIFEST).is_file())?;
        let value = serde_json::from_slice(&fs::read(folder.join(MANIFEST)).ok()?).ok()?;
        Some((folder, Self::parse(value).ok()?))
    }

    /// Gives the checkpoint in `folder` another identity, so that a run of other settings goes on from it.
    ///
    /// # Errors
    /// If its manifest cannot be read or written.
    pub fn rename(folder: &Path, identity: String) -> Result<(), CheckpointError> {
        let path = folder.join(MANIFEST);
        let damaged =
            |e: serde_json::Error| CheckpointError::Damaged { path: path.clone(), why: e.to_string(), other: None };
        let mut manifest: Value = serde_json::from_slice(&files::read(&path)?).map_err(damaged)?;
        Self::parse(manifest.clone()).map_err(damaged)?;
        manifest["identity"] = identity.into();
        let text = serde_json::to_string_pretty(&manifest).map_err(damaged)?;
        Ok(files::write_atomic(&path, text.as_bytes())?)
    }
}
