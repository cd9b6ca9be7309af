//! Rows with what is to be predicted in them, and how surprising that is.

use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Int, Tensor};
use cimiento_kernels::linear_cross_entropy;

use super::layout::Layout;
use crate::backbone::Backbone;
use crate::tokens::{Sequence, Tokens, indices};

/// Rows on a device with the flat positions of outputs and what each should predict.
#[derive(Clone, Debug)]
pub struct LanguageBatch {
    /// The rows.
    pub tokens: Tokens,
    /// Flat positions `row * seq + column` of the outputs that predict, `[n]`.
    pub at: Tensor<1, Int>,
    /// What they should predict, `[n]`.
    pub targets: Tensor<1, Int>,
    /// n.
    pub count: usize,
    /// Tokens in the rows, padding left out.
    pub size: usize,
}

impl LanguageBatch {
    /// Packs sequences into rows; the targets keep their order.
    pub fn pack(laid: &[&Layout], pad: u32, device: &Device) -> Self {
        let sequences: Vec<&Sequence> = laid.iter().map(|laid| &laid.sequence).collect();
        let (tokens, starts) = Tokens::pack(&sequences, pad, device);
        let wanted =
            || laid.iter().zip(&starts).flat_map(|(laid, &start)| laid.wanted.iter().map(move |w| (start, *w)));
        Self {
            at: indices(wanted().map(|(start, (place, _))| start + place - 1), device),
            targets: indices(wanted().map(|(_, (_, id))| id as usize), device),
            count: wanted().count(),
            size: sequences.iter().map(|sequence| sequence.ids.len()).sum(),
            tokens,
        }
    }
}

/// The cross-entropy of a batch summed over its targets, `[1]`, and `z_loss` times the squared log of each softmax's
/// denominator.
pub fn language_loss(backbone: &Backbone, batch: &LanguageBatch, z_loss: f64) -> Tensor<1> {
    let states = backbone.states_at(&batch.tokens, batch.at.clone());
    linear_cross_entropy(states, backbone.output_weight(), batch.targets.clone(), z_loss, 0.0)
}

/// −log P of each target of a batch, in nats.
pub fn negative_log_likelihoods(backbone: &Backbone, batch: &LanguageBatch) -> Vec<f64> {
    let mut nll = Vec::with_capacity(batch.count);
    read_logits(backbone, batch, |logits, targets| nll.extend(surprise(logits, targets)));
    nll
}

/// Hands the logits `[n, vocab]` of a batch's targets `[n, 1]` to `read`, in pieces, because those of a whole batch are
/// large.
pub(super) fn read_logits(backbone: &Backbone, batch: &LanguageBatch, mut read: impl FnMut(Tensor<2>, Tensor<2, Int>)) {
    let states = backbone.states_at(&batch.tokens, batch.at.clone());
    for start in (0..batch.count).step_by(1024) {
        let rows = start..(start + 1024).min(batch.count);
        let n = rows.len();
        let logits = backbone.logits(states.clone().slice_dim(0, rows.clone()));
        read(logits, batch.targets.clone().slice_dim(0, rows).reshape([n, 1]));
    }
}

/// −log P of `targets` `[n, 1]` by `logits` `[n, vocab]`.
pub(super) fn surprise(logits: Tensor<2>, targets: Tensor<2, Int>) -> Vec<f64> {
    let picked = log_softmax(logits, 1).gather(1, targets);
    picked.into_data().iter::<f32>().map(|value| -f64::from(value)).collect()
}
