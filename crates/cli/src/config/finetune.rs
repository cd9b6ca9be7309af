//! `finetune`: a head on a backbone, for one task, with the defaults that suit small models.

use cimiento_core::checkpoint::Manifest;
use cimiento_core::device::{DeviceName, Precision};
use cimiento_core::lora::LoraConfig;
use cimiento_core::optimizer::{Method, OptimizerConfig, ScheduleConfig};
use cimiento_core::trainer::{Keep, OnDivergence, TrainConfig};
use serde::{Deserialize, Serialize};

use super::data::paths;
use super::{TaskData, Validate, run_name};
use crate::tasks::TaskConfig;

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
    pub train: FinetuneTrain,
    /// The rule of a step.
    #[serde(default)]
    pub optimizer: FinetuneOptimizer,
    /// The learning rate's course.
    #[serde(default)]
    pub schedule: FinetuneSchedule,
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

impl FinetuneBatch {
    /// Optimizer steps of `epochs` passes over so many examples.
    pub fn steps(&self, examples: usize) -> u64 {
        ((self.epochs * examples as f64 / self.size as f64).ceil() as u64).max(1)
    }
}

/// The course of a fine-tuning: [`TrainConfig`] with other defaults, some of which the data decide.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct FinetuneTrain {
    /// Decides fresh weights, order and dropout.
    pub seed: u64,
    /// Optimizer steps; 0 lets `batch.epochs` decide.
    pub steps: u64,
    /// Steps between validations; 0 validates only at the end. Absent: see [`FinetuneTrain::resolve`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validate_every: Option<u64>,
    /// Steps between checkpoints; 0 saves only when interrupted and at the end.
    pub save_every: u64,
    /// Checkpoints kept; the newest ones.
    pub keep_last: usize,
    /// Which weights the run ends with. Absent: the best, or the last where `validate_every` is 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep: Option<Keep>,
    /// Share of the steps, at the end, over which the weights are averaged; 0 averages none.
    pub average: f64,
    /// Share of every sub-layer's output that is dropped while training.
    pub dropout: f64,
    /// Stop after this many validations without a better one; 0 never stops early. Absent: [`PATIENCE`], or 0 where
    /// `validate_every` is 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patience: Option<usize>,
    /// What becomes of a step whose loss or gradients are no numbers.
    pub on_divergence: OnDivergence,
    /// What the products of a step are made with.
    pub precision: Precision,
}

/// Validations without a better one after which training stops, where the config gives no number.
pub const PATIENCE: usize = 5;
/// Validations of a course at most, where the config does not say how many steps lie between two.
const VALIDATIONS: usize = 20;

impl Default for FinetuneTrain {
    fn default() -> Self {
        let TrainConfig { seed, steps, save_every, keep_last, average, on_divergence, precision, .. } =
            TrainConfig::default();
        Self {
            seed,
            steps,
            validate_every: None,
            save_every,
            keep_last,
            keep: None,
            average,
            dropout: 0.1,
            patience: None,
            on_divergence,
            precision,
        }
    }
}

impl FinetuneTrain {
    /// The course of `steps` steps of `batch` examples each, validated on `held_out` examples.
    ///
    /// Unless the config says otherwise there is a validation about each time that four times as many examples have been
    /// learned from as it reads, but one an epoch at least and [`VALIDATIONS`] in all at most: it then takes little of the
    /// time, whatever the size of the data.
    ///
    /// # Errors
    /// When `patience` is given and could never come to an end.
    pub fn resolve(&self, steps: u64, batch: &FinetuneBatch, held_out: usize) -> Result<TrainConfig, String> {
        let every = self.validate_every.unwrap_or_else(|| {
            let affordable = steps as f64 * batch.size as f64 / (4.0 * held_out.max(1) as f64);
            let validations = affordable.clamp((batch.epochs.ceil()).min(VALIDATIONS as f64), VALIDATIONS as f64);
            ((steps as f64 / validations).ceil() as u64).max(1)
        });
        if let (Some(patience), Some(every)) = (self.patience, self.validate_every)
            && patience > 0
            && every >= steps
        {
            return Err(format!(
                "train.patience counts validations, but with train.validate_every = {every} these {steps} steps have one \
                 only, at the end"
            ));
        }
        Ok(self.with(steps, every))
    }

    /// Whether the config itself says that validation scores decide, or that they do not.
    pub fn says_what_is_kept(&self) -> bool {
        self.keep.is_some() || self.patience.is_some()
    }

    fn with(&self, steps: u64, validate_every: u64) -> TrainConfig {
        let Self { seed, save_every, keep_last, keep, average, dropout, on_divergence, precision, .. } = *self;
        let (usual, patience) = if validate_every == 0 { (Keep::Last, 0) } else { (Keep::Best, PATIENCE) };
        let (keep, patience) = (keep.unwrap_or(usual), self.patience.unwrap_or(patience));
        TrainConfig {
            seed,
            steps,
            validate_every,
            save_every,
            keep_last,
            keep,
            average,
            dropout,
            patience,
            on_divergence,
            precision,
        }
    }
}

/// How gradients become steps: [`OptimizerConfig`] with other defaults, some of which the backbone decides.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct FinetuneOptimizer {
    /// Rule for the matrices of the layers. Absent: see [`FinetuneOptimizer::resolve`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<Method>,
    /// Peak learning rate of AdamW. Absent: see [`FinetuneOptimizer::resolve`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lr: Option<f64>,
    /// Peak learning rate of Muon.
    pub muon_lr: f64,
    /// Decoupled weight decay, on matrices only.
    pub weight_decay: f64,
    /// AdamW's decay of the first moment.
    pub beta1: f64,
    /// AdamW's decay of the second moment.
    pub beta2: f64,
    /// AdamW's epsilon.
    pub epsilon: f64,
    /// Muon's momentum.
    pub momentum: f64,
    /// Gradients are scaled down to this global norm; 0 never clips.
    pub clip_norm: f64,
    /// Each layer learns at this share of the rate of the one above it, the embedding at that of the first.
    pub layer_decay: f64,
}

impl Default for FinetuneOptimizer {
    fn default() -> Self {
        let OptimizerConfig { beta1, beta2, epsilon, momentum, clip_norm, .. } = OptimizerConfig::default();
        Self {
            method: None,
            lr: None,
            muon_lr: 0.005,
            weight_decay: 0.05,
            beta1,
            beta2,
            epsilon,
            momentum,
            clip_norm,
            layer_decay: 0.85,
        }
    }
}

/// The rate of AdamW for the narrowest backbones, and for what is learned beside frozen weights.
const HIGHEST_RATE: f64 = 1e-3;
/// The widest backbone that takes it.
const NARROW: f64 = 128.0;

impl FinetuneOptimizer {
    /// The rule for a backbone that comes from `from`, of which the weights are learned, or (`beside`) only what stands beside them.
    ///
    /// Unless the config says otherwise, a backbone pretrained here goes on with the method it was pretrained with, Muon; one
    /// that was imported takes AdamW, which nearly all others are pretrained with. AdamW's rate falls with the width d as
    /// `1e-3 · (128/d)^1.25`, which comes near what ELECTRA (Clark et al. 2020, table 7) is fine-tuned with, whose layers decay
    /// alike: 3e-4 at 256, 1e-4 at 768, 5e-5 at 1024.
    pub fn resolve(&self, from: &Manifest, beside: bool) -> OptimizerConfig {
        let method = if from.origin.is_some() { Method::AdamW } else { Method::Muon };
        let narrower = (NARROW / from.backbone.d_model as f64).min(1.0);
        let lr = if beside { HIGHEST_RATE } else { HIGHEST_RATE * narrower.powf(1.25) };
        self.with(self.method.unwrap_or(method), self.lr.unwrap_or(lr))
    }

    fn with(&self, method: Method, lr: f64) -> OptimizerConfig {
        let Self { muon_lr, weight_decay, beta1, beta2, epsilon, momentum, clip_norm, layer_decay, .. } = *self;
        OptimizerConfig { method, lr, muon_lr, weight_decay, beta1, beta2, epsilon, momentum, clip_norm, layer_decay }
    }
}

/// The learning rate's course: [`ScheduleConfig`] that rises briefly and then falls to the end.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct FinetuneSchedule {
    /// Share of the steps in which the rate rises to its peak.
    pub warmup: f64,
    /// Share of the steps at the end in which it falls linearly; absent falls as soon as it has risen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decay: Option<f64>,
    /// Where it ends, as a share of the peak.
    pub floor: f64,
}

impl Default for FinetuneSchedule {
    fn default() -> Self {
        Self { warmup: 0.06, decay: None, floor: 0.0 }
    }
}

impl FinetuneSchedule {
    /// The schedule with every number filled in.
    pub fn resolve(&self) -> ScheduleConfig {
        let Self { warmup, decay, floor } = *self;
        ScheduleConfig { warmup, decay: decay.unwrap_or((1.0 - warmup).max(0.0)), floor }
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
        if self.data.train.is_empty() {
            return Err("data.train is empty: name at least one file".into());
        }
        self.data.validate_held_out()?;
        for (key, sources) in [("data.train", &self.data.train), ("data.validation", &self.data.validation)] {
            paths(key, sources.iter().map(|source| &source.path))?;
        }
        self.data.tolerance().validate().map_err(|why| format!("data.{why}"))?;
        if self.batch.size == 0 {
            return Err("batch.size is 0: give a positive number".into());
        }
        if self.train.steps == 0 && !(self.batch.epochs > 0.0 && self.batch.epochs.is_finite()) {
            return Err(format!("batch.epochs = {} must be above 0", self.batch.epochs));
        }
        self.train.with(self.train.steps.max(1), self.train.validate_every.unwrap_or(1)).validate()?;
        self.train.precision.validate(self.device)?;
        self.optimizer.with(Method::default(), self.optimizer.lr.unwrap_or(HIGHEST_RATE)).validate()?;
        self.schedule.resolve().validate()
    }
}

#[cfg(test)]
mod tests;
