//! AdamW in one pass over four tensors, and sums of squares.

use burn::backend::TensorMetadata;
use rayon::prelude::*;

use super::pool::Buffer;
use super::wide::{dot, wide};
use super::{FlexTensor, floats};
use crate::steps::AdamW;

/// Elements that a thread takes at once.
const BLOCK: usize = 1 << 14;

/// Weight, gradient and the two means, all contiguous; see [`crate::adamw`].
pub(crate) fn adamw(inputs: [FlexTensor; 4], step: &AdamW) -> [FlexTensor; 3] {
    let [mut weight, gradient, mut first, mut second] = inputs.map(whole);
    let correction = |beta: f64| 1.0 - beta.powf(step.step as f64);
    let numbers = Coefficients {
        beta1: step.beta1 as f32,
        fresh1: (step.gradient_scale * (1.0 - step.beta1)) as f32,
        beta2: step.beta2 as f32,
        fresh2: (step.gradient_scale * step.gradient_scale * (1.0 - step.beta2)) as f32,
        keep: (1.0 - step.lr * step.weight_decay) as f32,
        rate: (step.lr / correction(step.beta1)) as f32,
        inverse2: (1.0 / correction(step.beta2)) as f32,
        epsilon: step.epsilon as f32,
    };
    weight
        .storage_mut::<f32>()
        .par_chunks_mut(BLOCK)
        .zip(floats(&gradient).par_chunks(BLOCK))
        .zip(first.storage_mut::<f32>().par_chunks_mut(BLOCK))
        .zip(second.storage_mut::<f32>().par_chunks_mut(BLOCK))
        .for_each(|(((weight, gradient), first), second)| {
            adamw_block(weight, gradient, first, second, &numbers);
        });
    [weight, first, second]
}

/// A tensor whose storage holds its elements and no others.
pub(crate) fn whole(tensor: FlexTensor) -> FlexTensor {
    let elements = tensor.shape().num_elements();
    if tensor.is_contiguous() && tensor.bytes().len() == elements * size_of::<f32>() {
        return tensor;
    }
    let mut copy = Buffer::stale(elements);
    copy.copy_from_slice(floats(&tensor));
    copy.into_tensor(tensor.shape())
}

struct Coefficients {
    beta1: f32,
    fresh1: f32,
    beta2: f32,
    fresh2: f32,
    keep: f32,
    rate: f32,
    inverse2: f32,
    epsilon: f32,
}

wide! {
    fn adamw_block(
        weight: &mut [f32],
        gradient: &[f32],
        first: &mut [f32],
        second: &mut [f32],
        with: &Coefficients,
    ) {
        let n = weight.len();
        let (gradient, first, second) = (&gradient[..n], &mut first[..n], &mut second[..n]);
        for i in 0..n {
            let g = gradient[i];
            let m = with.beta1 * first[i] + with.fresh1 * g;
            let v = with.beta2 * second[i] + with.fresh2 * (g * g);
            first[i] = m;
            second[i] = v;
            let root = (v * with.inverse2).sqrt() + with.epsilon;
            weight[i] = with.keep * weight[i] - with.rate * m / root;
        }
    }
}

/// The root of the sum of the squares of all elements.
pub(crate) fn global_norm(tensors: impl IntoIterator<Item = FlexTensor>) -> f64 {
    let mut total = 0.0;
    for tensor in tensors {
        // A sum a block, added in their order, is the same whoever computes it.
        let squares: Vec<f32> = floats(&tensor).par_chunks(BLOCK).map(square_of).collect();
        total += squares.into_iter().map(f64::from).sum::<f64>();
    }
    total.sqrt()
}

wide! {
    pub(crate) fn square_of(x: &[f32]) -> f32 {
        dot(x, x)
    }
}
