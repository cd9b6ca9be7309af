//! Which examples a step sees: a function of the step alone, so that a run can be taken up anywhere.

use serde::{Deserialize, Serialize};

use cimiento_data::corpus::{Corpus, Split, Window, Windows};
use cimiento_data::order::{Mixture, batch_at, mix64};

/// Gives each step its examples, cut into micro-batches.
pub trait Feed<E>: Sync {
    /// The micro-batches of `step`, counted from 0.
    fn at(&self, step: u64) -> Vec<Vec<E>>;
}

/// A stretch of pretraining with rows of one length.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct ContextStage {
    /// Share of the steps.
    pub share: f64,
    /// Tokens a row.
    pub length: usize,
}

/// How a pretraining step is filled.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct BatchConfig {
    /// Tokens an optimizer step reads, whatever the length of its rows.
    pub tokens_per_step: usize,
    /// Tokens a forward pass reads; a step of more is accumulated. 0 reads the whole step at once.
    pub micro_batch_tokens: usize,
    /// Row lengths over the course of training.
    pub stages: Vec<ContextStage>,
    /// Whether every row begins with `[bos]`, also where a document goes on. A model that is asked about single sentences, and
    /// fine-tuned on short texts, has then seen texts begin anywhere.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub open_rows: bool,
}

impl Default for BatchConfig {
    fn default() -> Self {
        let stages = vec![ContextStage { share: 1.0, length: 128 }];
        Self { tokens_per_step: 4096, micro_batch_tokens: 0, stages, open_rows: false }
    }
}

impl BatchConfig {
    /// Checks the numbers against the backbone's context.
    ///
    /// # Errors
    /// What is wrong, naming the key.
    pub fn validate(&self, context: usize) -> Result<(), String> {
        if self.stages.is_empty() {
            return Err("batch.stages is empty: give at least one { share, length }".into());
        }
        for (index, stage) in self.stages.iter().enumerate() {
            let key = |name: &str| format!("batch.stages[{index}].{name}");
            if !(stage.share > 0.0 && stage.share <= 1.0) {
                return Err(format!("{} = {} must lie in (0, 1]", key("share"), stage.share));
            }
            if stage.length < 2 {
                return Err(format!("{} = {} leaves nothing to predict: give at least 2", key("length"), stage.length));
            }
            if stage.length > context {
                return Err(format!("{} = {} is above backbone.context = {context}", key("length"), stage.length));
            }
            if stage.length > self.tokens_per_step {
                return Err(format!(
                    "{} = {} is above batch.tokens_per_step = {}: a step must hold a row",
                    key("length"),
                    stage.length,
                    self.tokens_per_step
                ));
            }
        }
        let total: f64 = self.stages.iter().map(|stage| stage.share).sum();
        if (total - 1.0).abs() > 1e-6 {
            return Err(format!("the shares of batch.stages sum to {total}, not 1"));
        }
        Ok(())
    }
}

/// Rows of a corpus, with the length of the stage a step falls in.
pub struct CorpusFeed {
    stages: Vec<Stage>,
    seed: u64,
}

struct Stage {
    first_step: u64,
    windows: Windows,
    mixture: Mixture,
    rows: usize,
    micro_rows: usize,
}

impl CorpusFeed {
    /// The training rows of `corpus` for a run of `steps`.
    ///
    /// `None` if the training split has no row.
    pub fn new(corpus: &Corpus, config: &BatchConfig, steps: u64, seed: u64) -> Option<Self> {
        let mut share = 0.0;
        let mut stages = Vec::new();
        for stage in &config.stages {
            let windows = corpus.windows(Split::Train, stage.length, config.open_rows);
            let rows = (config.tokens_per_step / stage.length).max(1);
            let micro_rows = match config.micro_batch_tokens {
                0 => rows,
                tokens => (tokens / stage.length).max(1),
            };
            let first_step = (share * steps as f64).round() as u64;
            stages.push(Stage { first_step, mixture: windows.mixture()?, windows, rows, micro_rows });
            share += stage.share;
        }
        Some(Self { stages, seed })
    }
}

impl Feed<Window> for CorpusFeed {
    fn at(&self, step: u64) -> Vec<Vec<Window>> {
        let number = self.stages.partition_point(|stage| stage.first_step <= step) - 1;
        let stage = &self.stages[number];
        let seed = mix64(self.seed ^ number as u64);
        let places = stage.mixture.batch_at(seed, step - stage.first_step, stage.rows);
        let rows: Vec<Window> = places.into_iter().map(|(source, index)| stage.windows.row(source, index)).collect();
        rows.chunks(stage.micro_rows).map(<[Window]>::to_vec).collect()
    }
}

/// A list of examples, each seen once an epoch, in another order every epoch.
pub struct ExampleFeed<E> {
    /// All of them; not empty.
    pub examples: Vec<E>,
    /// Examples an optimizer step.
    pub batch: usize,
    /// Examples a forward pass.
    pub micro_batch: usize,
    /// Decides the order.
    pub seed: u64,
}

impl<E: Clone + Send + Sync> Feed<E> for ExampleFeed<E> {
    fn at(&self, step: u64) -> Vec<Vec<E>> {
        let chosen: Vec<E> = batch_at(self.seed, step, self.examples.len(), self.batch)
            .into_iter()
            .map(|index| self.examples[index].clone())
            .collect();
        chosen.chunks(self.micro_batch.max(1)).map(<[E]>::to_vec).collect()
    }
}
