//! What a config file may say. Plain data: unknown keys are refused, every field does something, and what spans
//! fields is checked by `validate`, whose messages begin with the key they are about.

mod cloze;
pub mod data;
mod evaluate;
mod finetune;
mod pipeline;
pub mod sweep;

use std::path::PathBuf;

use cimiento_core::backbone::ShapeConfig;
use cimiento_core::device::DeviceName;
use cimiento_core::feed::BatchConfig;
use cimiento_core::masked::MixConfig;
use cimiento_core::optimizer::{OptimizerConfig, ScheduleConfig};
use cimiento_core::trainer::{Keep, TrainConfig};
use cimiento_data::corpus::CorpusConfig;
use serde::{Deserialize, Serialize};

pub use cloze::Cloze;
pub use data::TaskData;
use data::paths;
pub use data::to_hash;
pub use evaluate::{EndingEvaluation, Evaluate, PairEvaluation, TaskEvaluation, TextEvaluation, Variant, once};
pub use finetune::{Finetune, StartWeights};
pub use pipeline::{Pipeline, Stage, Verb};
pub use sweep::Sweep;

/// A config that has something to check beyond its types.
pub trait Validate {
    /// Checks what spans fields. Messages begin with the dotted key they are about.
    ///
    /// # Errors
    /// What is wrong.
    fn validate(&self) -> Result<(), String>;
}

/// `pretrain`: a backbone from text.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Pretrain {
    /// Folder of the run, under the runs folder.
    pub run: String,
    /// Where to train.
    #[serde(default)]
    pub device: DeviceName,
    /// The model to go on from, with its shape and its tokenizer; absent begins with fresh weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<PretrainFrom>,
    /// What the text is cut into.
    #[serde(default)]
    pub tokenizer: TokenizerConfig,
    /// The text.
    pub corpus: CorpusConfig,
    /// The shape.
    #[serde(default)]
    pub backbone: ShapeConfig,
    /// What is asked of each row.
    #[serde(default)]
    pub objective: MixConfig,
    /// How a step is filled.
    #[serde(default)]
    pub batch: BatchConfig,
    /// The course.
    #[serde(default)]
    pub train: TrainConfig,
    /// The rule of a step.
    #[serde(default)]
    pub optimizer: OptimizerConfig,
    /// The learning rate's course.
    #[serde(default)]
    pub schedule: ScheduleConfig,
    /// Held-out text.
    #[serde(default)]
    pub validation: ValidationConfig,
}

/// The model a pretraining goes on from.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct PretrainFrom {
    /// A run (under the runs folder) or a path to a checkpoint.
    pub run: String,
}

/// Where a tokenizer comes from.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct TokenizerConfig {
    /// An existing tokenizer.json (relative to the data folder); absent trains one on the corpus.
    pub path: Option<PathBuf>,
    /// Tokens of a trained one.
    pub vocab_size: usize,
    /// It is trained on this much text at most, drawn evenly from the corpus, in megabytes.
    pub sample_mb: usize,
}

impl Default for TokenizerConfig {
    fn default() -> Self {
        Self { path: None, vocab_size: 4096, sample_mb: 32 }
    }
}

/// Validation of pretraining.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct ValidationConfig {
    /// Rows of held-out text a validation reads, for each objective.
    pub rows: usize,
}

impl Default for ValidationConfig {
    fn default() -> Self {
        Self { rows: 64 }
    }
}

impl Validate for Pretrain {
    fn validate(&self) -> Result<(), String> {
        run_name("run", &self.run)?;
        self.corpus.validate().map_err(|e| format!("corpus: {e}"))?;
        paths("corpus.sources", self.corpus.sources.iter().map(|source| &source.path))?;
        paths("corpus.exclude", self.corpus.exclude.iter().map(|source| &source.path))?;
        let vocab_size = if self.tokenizer.path.is_some() { 1 } else { self.tokenizer.vocab_size };
        self.backbone.resolve(vocab_size).map_err(|e| e.to_string())?;
        if self.tokenizer.path.is_none() && vocab_size < 261 {
            return Err(format!(
                "tokenizer.vocab_size = {vocab_size} is too small: 256 bytes and 5 special tokens need 261"
            ));
        }
        self.objective.validate()?;
        // With `from` the context is that of its model unless the config gives another.
        self.batch.validate(if self.from.is_some() { usize::MAX } else { self.backbone.context })?;
        self.train.validate()?;
        self.train.precision.validate(self.device)?;
        self.optimizer.validate()?;
        self.schedule.validate()?;
        if self.validation.rows == 0 {
            return Err("validation.rows is 0: give a positive number".into());
        }
        if self.corpus.validation == 0.0 {
            let train = &self.train;
            for (key, asked) in [("keep = \"best\"", train.keep == Keep::Best), ("patience", train.patience > 0)] {
                if asked {
                    return Err(format!(
                        "train.{key} compares validations, but corpus.validation = 0 holds no text out for them: give a \
                         share such as 0.01, or remove train.{}",
                        key.split(' ').next().unwrap_or(key)
                    ));
                }
            }
        }
        if let Some(path) = self.tokenizer.path.as_ref().filter(|_| self.from.is_some()) {
            return Err(format!(
                "tokenizer.path = {path:?} and `from` contradict each other: a model goes on with its own tokenizer"
            ));
        }
        Ok(())
    }
}

/// A run's name is a relative path that stays inside the runs folder.
pub fn run_name(key: &str, name: &str) -> Result<(), String> {
    let inside =
        !name.is_empty() && PathBuf::from(name).components().all(|c| matches!(c, std::path::Component::Normal(_)));
    if inside { Ok(()) } else { Err(format!("{key} = {name:?} must be a relative path without `..`")) }
}
