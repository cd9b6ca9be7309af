//! What a checkpoint says of itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::backbone::BackboneConfig;
use crate::files::Fingerprint;
use crate::metrics::Scores;

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
}

/// The manifest of a checkpoint.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`VERSION`](super::VERSION).
    pub version: u32,
    /// See [`Card::kind`].
    pub kind: String,
    /// See [`Card::identity`].
    pub identity: String,
    /// The backbone's shape.
    pub backbone: BackboneConfig,
    /// The task, for a fine-tuned model.
    pub task: Option<TaskCard>,
    /// Float parameters in backbone and head.
    pub parameters: usize,
    /// Hash of the tokenizer.
    pub tokenizer: String,
    /// Where training stood.
    pub progress: Progress,
    /// Validation scores of these weights, if they were validated.
    pub scores: Scores,
    /// Every other file of the folder.
    pub files: BTreeMap<String, Fingerprint>,
}
