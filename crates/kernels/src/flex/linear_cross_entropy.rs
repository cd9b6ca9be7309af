//! The vocabulary projection and its loss, a block of rows at a time.
//!
//! The gradient of a row's logits needs nothing but the row's logits, so it is made while they are in the
//! cache: three products instead of the four of a recomputation, and memory for one block of logits
//! instead of all. What the loss is multiplied with later scales the finished gradients.

use std::sync::Arc;

use burn::backend::TensorMetadata;
use rayon::prelude::*;

use super::matrix::{Matrix, MatrixMut};
use super::pieces::{Block, Pieces, rows_of};
use super::pool::Buffer;
use super::product::product_in_parallel;
use super::wide::{exp_and_sum, max, sum, wide};
use super::write::Write;
use super::{FlexTensor, Operation, contiguous, floats};

/// Rows whose logits exist at once.
const ROWS: usize = 512;
/// Most of them that a thread takes from product to product: their logits stay near the second-level cache.
const PIECE: usize = 128;
/// Floats between one row of logits and the next beyond the vocabulary. Were the rows a power of two apart, as
/// vocabularies like to be, a column of them would fight for a few lines of the cache.
const GAP: usize = 16;

/// Inputs: `hidden` `[n, d]` and `weight` `[vocab, d]`. Output: `[1]`.
#[derive(Clone, Debug)]
pub(crate) struct LinearCrossEntropy {
    pub(crate) targets: Arc<Vec<i32>>,
    pub(crate) z_loss: f32,
    pub(crate) label_smoothing: f32,
}

impl Operation<2> for LinearCrossEntropy {
    /// The gradients, for a gradient of 1 of the loss.
    type Saved = [Option<FlexTensor>; 2];

    fn forward(&self, inputs: [FlexTensor; 2], [for_hidden, for_weight]: [bool; 2]) -> (FlexTensor, Self::Saved) {
        let [hidden, weight] = inputs.map(contiguous);
        let (n, d) = (hidden.shape()[0], hidden.shape()[1]);
        let vocab = weight.shape()[0];
        assert_eq!(weight.shape()[1], d, "linear_cross_entropy: hidden and weight differ in width");
        assert_eq!(self.targets.len(), n, "linear_cross_entropy: {n} rows need as many targets");
        if let Some(id) = self.targets.iter().find(|&&id| id < 0 || id as usize >= vocab) {
            panic!("linear_cross_entropy: target {id} in a vocabulary of {vocab}");
        }
        let mut dhidden = for_hidden.then(|| Buffer::stale(n * d));
        let mut dweight = for_weight.then(|| match n {
            0 => Buffer::zeros(vocab * d),
            _ => Buffer::stale(vocab * d),
        });

        let learning = for_hidden || for_weight;
        let stride = vocab + GAP;
        let mut logits = Buffer::stale(ROWS.min(n) * stride);
        let mut losses = Buffer::stale(n);
        let hidden = floats(&hidden);
        let w = Matrix::new(floats(&weight), vocab, d);
        for from in (0..n).step_by(ROWS) {
            let rows = ROWS.min(n - from);
            let logits = &mut logits[..rows * stride];
            let losses = &mut losses[from..][..rows];
            // Empty where no gradient is wanted.
            let dhidden = dhidden.as_deref_mut().map_or(&mut [][..], |dhidden| &mut dhidden[from * d..][..rows * d]);
            let outputs = [(&mut *logits, stride), (losses, 1), (dhidden, d)];
            Pieces::of_at_most(PIECE, rows).run(outputs, |blocks, [logits, losses, dhidden]| {
                for Block { all, own } in blocks {
                    let rows = own.len();
                    let logits = &mut logits[own.start * stride..][..rows * stride];
                    let all = from + all.start..from + all.end;
                    let h = Matrix::new(rows_of(hidden, &all, d), rows, d);
                    product_in_parallel(MatrixMut::strided(logits, rows, vocab, stride), h, w.t(), Write::Replace);
                    let (z, smoothing) = (self.z_loss, self.label_smoothing);
                    let losses = &mut losses[own.clone()];
                    for ((logits, &target), loss) in logits.chunks_mut(stride).zip(&self.targets[all]).zip(losses) {
                        *loss = loss_and_gradient(&mut logits[..vocab], target as usize, z, smoothing, learning);
                    }
                    if for_hidden {
                        let dhidden = MatrixMut::new(&mut dhidden[own.start * d..][..rows * d], rows, d);
                        product_in_parallel(dhidden, Matrix::strided(logits, rows, vocab, stride), w, Write::Replace);
                    }
                }
            });

            if let Some(dweight) = &mut dweight {
                let write = if from == 0 { Write::Replace } else { Write::Add };
                let dlogits = Matrix::strided(logits, rows, vocab, stride);
                let h = Matrix::new(&hidden[from * d..][..rows * d], rows, d);
                product_in_parallel(MatrixMut::new(dweight, vocab, d), dlogits.t(), h, write);
            }
        }
        let total: f64 = losses.iter().map(|&loss| f64::from(loss)).sum();

        let mut loss = Buffer::stale(1);
        loss[0] = total as f32;
        let saved =
            [dhidden.map(|buffer| buffer.into_tensor([n, d])), dweight.map(|buffer| buffer.into_tensor([vocab, d]))];
        (loss.into_tensor([1]), saved)
    }

    fn backward(&self, saved: Self::Saved, gradient: FlexTensor, wanted: [bool; 2]) -> [Option<FlexTensor>; 2] {
        let scale = floats(&gradient)[0];
        let mut gradients = saved;
        for (gradient, wanted) in gradients.iter_mut().zip(wanted) {
            *gradient = gradient.take().filter(|_| wanted);
            if let Some(gradient) = gradient {
                let chunks = gradient.storage_mut::<f32>().par_chunks_mut(1 << 14);
                chunks.for_each(|chunk| chunk.iter_mut().for_each(|value| *value *= scale));
            }
        }
        gradients
    }
}

wide! {
    /// The loss of one row; its logits become their gradients when `learning`.
    fn loss_and_gradient(
        logits: &mut [f32],
        target: usize,
        z_loss: f32,
        smoothing: f32,
        learning: bool,
    ) -> f32 {
        let vocab = logits.len();
        let highest = max(logits);
        let at_target = logits[target];
        let mean = if smoothing == 0.0 { 0.0 } else { sum(logits) / vocab as f32 };
        let total = exp_and_sum::<FUSED>(logits, highest);
        let logsumexp = highest + total.ln();
        if learning {
            // d logsumexp / d logit is the probability; the z-loss adds 2 z logsumexp times that.
            let factor = (1.0 + 2.0 * z_loss * logsumexp) / total;
            let everywhere = smoothing / vocab as f32;
            for logit in logits.iter_mut() {
                *logit = *logit * factor - everywhere;
            }
            logits[target] -= 1.0 - smoothing;
        }
        logsumexp - (1.0 - smoothing) * at_target - smoothing * mean + z_loss * logsumexp * logsumexp
    }
}
