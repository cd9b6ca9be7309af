//! Root-mean-square normalisation, one pass over each row forward and one backward.

use burn::backend::TensorMetadata;

use super::pool::Buffer;
use super::rows::{blocks, for_blocks, for_blocks_of_two, sum_of_rows};
use super::wide::{dot, dot3, wide};
use super::{FlexTensor, Operation, contiguous, floats};

/// Inputs: `x` `[.., d]` and `gamma` `[d]`.
#[derive(Clone, Debug)]
pub(crate) struct RmsNorm {
    pub(crate) epsilon: f64,
}

impl Operation<2> for RmsNorm {
    type Saved = [FlexTensor; 2];

    fn forward(&self, inputs: [FlexTensor; 2], _: [bool; 2]) -> (FlexTensor, Self::Saved) {
        let [x, gamma] = inputs.map(contiguous);
        let (shape, d) = (x.shape(), gamma.shape()[0]);
        assert_eq!(shape[shape.num_dims() - 1], d, "rms_norm: x {shape:?} against {d} gains");
        let mut y = Buffer::stale(shape.num_elements());
        {
            let (x, gamma, epsilon) = (floats(&x), floats(&gamma), self.epsilon as f32);
            for_blocks(&mut y, d, |row, y| {
                forward_rows(y, &x[row * d..][..y.len()], gamma, epsilon);
            });
        }
        (y.into_tensor(shape), [x, gamma])
    }

    fn backward(&self, [x, gamma]: Self::Saved, gradient: FlexTensor, _: [bool; 2]) -> [Option<FlexTensor>; 2] {
        let (shape, d) = (x.shape(), gamma.shape()[0]);
        let rows = shape.num_elements() / d.max(1);
        let mut dx = Buffer::stale(rows * d);
        let mut partials = Buffer::stale(blocks(rows, d) * d);
        {
            let (x, dy, gamma) = (floats(&x), floats(&gradient), floats(&gamma));
            let epsilon = self.epsilon as f32;
            for_blocks_of_two(&mut dx, d, &mut partials, Some(d), |row, dx, dgamma| {
                let (x, dy) = (&x[row * d..][..dx.len()], &dy[row * d..][..dx.len()]);
                dgamma.fill(0.0);
                backward_rows(dx, dgamma, x, dy, gamma, epsilon);
            });
        }
        let mut dgamma = Buffer::stale(d);
        sum_of_rows(&partials, &mut dgamma);
        [Some(dx.into_tensor(shape)), Some(dgamma.into_tensor([d]))]
    }
}

/// `1 / sqrt(mean(x²) + epsilon)`.
#[inline(always)]
pub(crate) fn inverse_rms(x: &[f32], epsilon: f32) -> f32 {
    1.0 / (dot(x, x) / x.len() as f32 + epsilon).sqrt()
}

/// The gradient of one row: with `n = x · r` (`r` the inverse root mean square) and `g = dy · gamma`,
/// `dx = r · (g - n · mean(g · n))` and `dgamma += dy · n`.
#[inline(always)]
pub(crate) fn backward_row(dx: &mut [f32], dgamma: &mut [f32], x: &[f32], dy: &[f32], gamma: &[f32], epsilon: f32) {
    let d = x.len();
    let (dx, dgamma, dy, gamma) = (&mut dx[..d], &mut dgamma[..d], &dy[..d], &gamma[..d]);
    let r = inverse_rms(x, epsilon);
    let mean = dot3(dy, gamma, x) * r / d as f32;
    for i in 0..d {
        let n = x[i] * r;
        dx[i] = r * (dy[i] * gamma[i] - n * mean);
        dgamma[i] += dy[i] * n;
    }
}

wide! {
    pub(crate) fn forward_rows(y: &mut [f32], x: &[f32], gamma: &[f32], epsilon: f32) {
        let d = gamma.len().max(1);
        for (y, x) in y.chunks_exact_mut(d).zip(x.chunks_exact(d)) {
            let r = inverse_rms(x, epsilon);
            for i in 0..d {
                y[i] = x[i] * r * gamma[i];
            }
        }
    }
}

wide! {
    pub(crate) fn backward_rows(
        dx: &mut [f32],
        dgamma: &mut [f32],
        x: &[f32],
        dy: &[f32],
        gamma: &[f32],
        epsilon: f32,
    ) {
        let d = gamma.len().max(1);
        let rows = dx.chunks_exact_mut(d).zip(x.chunks_exact(d)).zip(dy.chunks_exact(d));
        for ((dx, x), dy) in rows {
            backward_row(dx, dgamma, x, dy, gamma, epsilon);
        }
    }
}
