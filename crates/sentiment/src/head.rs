//! The classification head, named as in transformers' `Qwen3ForSequenceClassification`: one bias-free projection. An encoder
//! is read through one more layer, as in `BertForSequenceClassification`.

use burn::module::Module;
use burn::tensor::{Device, Int, Tensor, activation};
use cimiento_core::backbone::BackboneConfig;
use cimiento_core::block::Linear;
use cimiento_kernels::linear_cross_entropy;
use rand::rngs::StdRng;

/// Standard deviation of a fresh head (Devlin et al. 2019): small, so that fine-tuning starts near even odds.
const STD: f64 = 0.02;

/// Scores of each class from the state that sums a text up.
#[derive(Module, Debug)]
pub struct Classifier {
    /// `pooler.weight` is `[d_model, d_model]`, before a hyperbolic tangent; encoders only.
    pub pooler: Option<Linear>,
    /// `score.weight` is `[classes, d_model]`; with a bias where there is a pooler.
    pub score: Linear,
}

impl Classifier {
    /// A fresh head.
    pub fn new(backbone: &BackboneConfig, classes: usize, rng: &mut StdRng, device: &Device) -> Self {
        let d = backbone.d_model;
        let mut linear = |d_out: usize| Linear::new(d, d_out, STD, rng, device);
        if backbone.encoder.is_none() {
            return Self { pooler: None, score: linear(classes) };
        }
        Self { pooler: Some(linear(d).with_bias()), score: linear(classes).with_bias() }
    }

    /// States `[n, d_model]` to logits `[n, classes]`.
    pub fn forward(&self, states: Tensor<2>) -> Tensor<2> {
        self.score.forward(self.pooled(states))
    }

    /// The cross-entropy of states `[n, d_model]` against their classes `[n]`, summed, `[1]`.
    pub fn loss(&self, states: Tensor<2>, targets: Tensor<1, Int>, smoothing: f64) -> Tensor<1> {
        let states = self.pooled(states);
        if self.score.bias.is_none() {
            return linear_cross_entropy(states, self.score.weight.val(), targets, 0.0, smoothing);
        }
        let [n] = targets.dims();
        let logs = activation::log_softmax(self.score.forward(states), 1);
        let right = logs.clone().gather(1, targets.reshape([n, 1])).sum();
        let even = logs.mean_dim(1).sum();
        (right.mul_scalar(1.0 - smoothing) + even.mul_scalar(smoothing)).neg()
    }

    fn pooled(&self, states: Tensor<2>) -> Tensor<2> {
        match &self.pooler {
            Some(pooler) => pooler.forward(states).tanh(),
            None => states,
        }
    }
}
