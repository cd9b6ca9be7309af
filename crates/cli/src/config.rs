//! What a config file may say. Plain data: unknown keys are refused, every field does something, and what spans
//! fields is checked by `validate`, whose messages begin with the key they are about.

mod cloze;
mod data;
mod evaluate;
mod pipeline;
pub mod sweep;

use std::path::PathBuf;

use cimiento_core::backbone::ShapeConfig;
use cimiento_core::corpus::CorpusConfig;
use cimiento_core::device::DeviceName;
use cimiento_core::feed::BatchConfig;
use cimiento_core::lora::LoraConfig;
use cimiento_core::masked::MixConfig;
use cimiento_core::optimizer::{OptimizerConfig, ScheduleConfig};
use cimiento_core::trainer::TrainConfig;
use serde::{Deserialize, Serialize};

use crate::tasks::TaskConfig;

pub use cloze::Cloze;
pub use data::TaskData;
use data::{paths, share};
pub use evaluate::{EndingEvaluation, Evaluate, PairEvaluation, TaskEvaluation, TextEvaluation, Variant};
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
        self.batch.validate(self.backbone.context)?;
        self.train.validate()?;
        self.train.precision.validate(self.device)?;
        self.optimizer.validate()?;
        self.schedule.validate()?;
        if self.validation.rows == 0 {
            return Err("validation.rows is 0: give a positive number".into());
        }
        Ok(())
    }
}

/// `finetune`: a head on a backbone, for one task.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Finetune {
    /// Folder of the run, under the runs folder.
    pub run: String,
    /// Where to train.
    #[serde(default)]
    pub device: DeviceName,
    /// The backbone to start from.
    pub from: From,
    /// Learn two small factors beside each weight instead of the weights; absent learns the weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lora: Option<LoraConfig>,
    /// The task and its settings.
    pub task: TaskConfig,
    /// Labelled records.
    pub data: TaskData,
    /// How a step is filled.
    #[serde(default)]
    pub batch: FinetuneBatch,
    /// The course; `steps = 0` lets `batch.epochs` decide.
    #[serde(default)]
    pub train: TrainConfig,
    /// The rule of a step.
    #[serde(default)]
    pub optimizer: OptimizerConfig,
    /// The learning rate's course.
    #[serde(default)]
    pub schedule: ScheduleConfig,
}

/// The backbone a fine-tuning starts from.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct From {
    /// A run (under the runs folder) or a path to a checkpoint.
    pub run: String,
    /// Its weights, or its shape and tokenizer only.
    #[serde(default)]
    pub weights: StartWeights,
    /// Train the head alone.
    #[serde(default)]
    pub freeze: bool,
}

/// Which weights a fine-tuning starts from.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "lowercase")]
pub enum StartWeights {
    /// Those of the checkpoint.
    #[default]
    Pretrained,
    /// Fresh ones, for comparison.
    Scratch,
}

/// How a fine-tuning step is filled.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct FinetuneBatch {
    /// Examples an optimizer step.
    pub size: usize,
    /// Examples a forward pass; a step of more is accumulated. 0 reads the whole step at once.
    pub micro_size: usize,
    /// Passes over the training data, where `train.steps` is 0.
    pub epochs: f64,
}

impl Default for FinetuneBatch {
    fn default() -> Self {
        Self { size: 16, micro_size: 0, epochs: 4.0 }
    }
}

impl Validate for Finetune {
    fn validate(&self) -> Result<(), String> {
        run_name("run", &self.run)?;
        self.task.validate()?;
        if let Some(lora) = &self.lora {
            lora.validate()?;
            if self.from.freeze {
                return Err("lora and from.freeze = true contradict each other: remove one".into());
            }
        }
        for (key, sources) in [("data.train", &self.data.train), ("data.validation", &self.data.validation)] {
            if sources.is_empty() {
                return Err(format!("{key} is empty: name at least one file"));
            }
            paths(key, sources.iter().map(|source| &source.path))?;
        }
        share("data.max_misaligned", self.data.max_misaligned)?;
        if self.batch.size == 0 {
            return Err("batch.size is 0: give a positive number".into());
        }
        if self.train.steps == 0 && !(self.batch.epochs > 0.0 && self.batch.epochs.is_finite()) {
            return Err(format!("batch.epochs = {} must be above 0", self.batch.epochs));
        }
        TrainConfig { steps: self.train.steps.max(1), ..self.train.clone() }.validate()?;
        self.train.precision.validate(self.device)?;
        self.optimizer.validate()?;
        self.schedule.validate()
    }
}

/// A run's name is a relative path that stays inside the runs folder.
pub fn run_name(key: &str, name: &str) -> Result<(), String> {
    let inside =
        !name.is_empty() && PathBuf::from(name).components().all(|c| matches!(c, std::path::Component::Normal(_)));
    if inside { Ok(()) } else { Err(format!("{key} = {name:?} must be a relative path without `..`")) }
}
