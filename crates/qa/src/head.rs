//! The span head: how well each token of a passage would begin and end the answer.
//!
//! Two scores are added: one of the token alone, named as in transformers' `Qwen3ForQuestionAnswering`, and one that
//! points from the question to it (question-aware span selection, Ram et al. 2021, section 4). A language model that
//! continues a question with its answer already points that way, so the second needs few examples.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};
use cimiento_core::init;
use cimiento_core::layers::Linear;
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

/// From the question to what a token that begins or ends its answer looks like.
#[derive(Module, Debug)]
pub struct Pointer {
    /// `[d_model, d_model]`; starts as the identity.
    pub start: Linear,
    /// `[d_model, d_model]`; starts near zero.
    pub end: Linear,
}

/// Start and end scores of each token.
#[derive(Module, Debug)]
pub struct SpanHead {
    /// `qa_outputs.weight` and `qa_outputs.bias` in a checkpoint.
    pub qa_outputs: QaOutputs,
    /// `pointer.start.weight` and `pointer.end.weight`, where the head looks at the question.
    pub pointer: Option<Pointer>,
}

/// What the head reads: states of the backbone.
pub struct Views {
    /// Of the tokens that may begin or end the answer, `[windows, candidates, d_model]`.
    pub candidates: Tensor<3>,
    /// Of the tokens before those, which have learned to predict them; same shape.
    pub before: Tensor<3>,
    /// Of the token after the question, `[windows, d_model]`.
    pub question: Tensor<2>,
}

impl SpanHead {
    /// A fresh head.
    pub fn new(d_model: usize, question_aware: bool, rng: &mut StdRng, device: &Device) -> Self {
        let weight = init::normal(2, d_model, STD, rng, device);
        let qa_outputs = QaOutputs { weight, bias: init::constant(2, 0.0, device) };
        let pointer = question_aware.then(|| {
            let [start, end] = [(); 2].map(|()| Linear::new(d_model, d_model, STD, rng, device));
            let start = Param::from_tensor((start.weight.val() + Tensor::eye(d_model, device)).detach());
            Pointer { start: Linear::of(start), end }
        });
        Self { qa_outputs, pointer }
    }

    /// Start and end logits, each `[windows, candidates]`.
    pub fn forward(&self, views: Views) -> [Tensor<2>; 2] {
        let Views { candidates, before, question } = views;
        let [windows, count, d_model] = candidates.dims();
        let flat = candidates.clone().reshape([windows * count, d_model]);
        let alone = (linear(flat, self.qa_outputs.weight.val()) + self.qa_outputs.bias.val().unsqueeze())
            .reshape([windows, count, 2]);
        let [start, end] = [0, 1].map(|end| alone.clone().narrow(2, end, 1).reshape([windows, count]));
        let Some(pointer) = &self.pointer else { return [start, end] };
        // Scaled as attention is: the products grow with the square root of the width.
        let point = |keys: Tensor<3>, towards: &Linear| {
            let wanted: Tensor<3> = towards.forward(question.clone()).unsqueeze_dim(1);
            (keys * wanted).sum_dim(2).div_scalar((d_model as f64).sqrt()).reshape([windows, count])
        };
        [start + point(before, &pointer.start), end + point(candidates, &pointer.end)]
    }
}
