//! The classification head, named as in transformers' `Qwen3ForSequenceClassification`: one bias-free projection. An encoder
//! is read through one more layer, as in `BertForSequenceClassification`.

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use cimiento_core::backbone::BackboneConfig;
use cimiento_core::layers::Linear;
use rand::rngs::StdRng;

/// Standard deviation of a fresh head (Devlin et al. 2019): small, so that fine-tuning starts near even odds.
const STD: f64 = 0.02;

/// Scores of each class, or a number, from the state that sums a text up.
#[derive(Module, Debug)]
pub struct Classifier {
    /// `pooler.weight` is `[d_model, d_model]`, before a hyperbolic tangent; encoders only.
    pub pooler: Option<Linear>,
    /// `score.weight` is `[outputs, d_model]`; with a bias where there is a pooler.
    pub score: Linear,
}

impl Classifier {
    /// A fresh head of so many outputs.
    pub fn new(backbone: &BackboneConfig, outputs: usize, rng: &mut StdRng, device: &Device) -> Self {
        let d = backbone.d_model;
        let mut linear = |d_out: usize| Linear::new(d, d_out, STD, rng, device);
        if backbone.encoder.is_none() {
            return Self { pooler: None, score: linear(outputs) };
        }
        Self { pooler: Some(linear(d).with_bias()), score: linear(outputs).with_bias() }
    }

    /// States `[n, d_model]` to logits `[n, outputs]`.
    pub fn forward(&self, states: Tensor<2>) -> Tensor<2> {
        self.score.forward(self.pooled(states))
    }

    /// What the last layer is applied to.
    pub(crate) fn pooled(&self, states: Tensor<2>) -> Tensor<2> {
        match &self.pooler {
            Some(pooler) => pooler.forward(states).tanh(),
            None => states,
        }
    }
}
