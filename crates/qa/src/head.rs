//! The span head: scores of being an answer's first and last token, named as in transformers'
//! `Qwen3ForQuestionAnswering`.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};
use cimiento_core::init;
use cimiento_kernels::linear;
use rand::rngs::StdRng;

/// Standard deviation of a fresh head (Devlin et al. 2019).
const STD: f64 = 0.02;

/// A projection to two scores, with a bias.
#[derive(Module, Debug)]
pub struct QaOutputs {
    /// `[2, d_model]`: start, then end.
    pub weight: Param<Tensor<2>>,
    /// `[2]`.
    pub bias: Param<Tensor<1>>,
}

/// Start and end scores of each token.
#[derive(Module, Debug)]
pub struct SpanHead {
    /// `qa_outputs.weight` and `qa_outputs.bias` in a checkpoint.
    pub qa_outputs: QaOutputs,
}

impl SpanHead {
    /// A fresh head, its bias zero.
    pub fn new(d_model: usize, rng: &mut StdRng, device: &Device) -> Self {
        let weight = init::normal(2, d_model, STD, rng, device);
        Self { qa_outputs: QaOutputs { weight, bias: init::constant(2, 0.0, device) } }
    }

    /// States `[n, d_model]` to start and end logits `[n, 2]`.
    pub fn forward(&self, states: Tensor<2>) -> Tensor<2> {
        linear(states, self.qa_outputs.weight.val()) + self.qa_outputs.bias.val().unsqueeze()
    }
}
