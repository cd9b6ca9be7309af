//! The classification head: one bias-free projection, named as in transformers' `Qwen3ForSequenceClassification`.

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use cimiento_core::block::Linear;
use rand::rngs::StdRng;

/// Standard deviation of a fresh head (Devlin et al. 2019): small, so that fine-tuning starts near even odds.
const STD: f64 = 0.02;

/// Scores of each class from the state of a text's last token.
#[derive(Module, Debug)]
pub struct Classifier {
    /// `score.weight` is `[classes, d_model]`.
    pub score: Linear,
}

impl Classifier {
    /// A fresh head.
    pub fn new(d_model: usize, classes: usize, rng: &mut StdRng, device: &Device) -> Self {
        Self { score: Linear::new(d_model, classes, STD, rng, device) }
    }

    /// States `[n, d_model]` to logits `[n, classes]`.
    pub fn forward(&self, states: Tensor<2>) -> Tensor<2> {
        self.score.forward(states)
    }
}
