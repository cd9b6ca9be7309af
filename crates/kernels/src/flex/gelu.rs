//! GELU of a sum with a bias, and its gradients, one pass each.

use burn::backend::TensorMetadata;

use super::pool::Buffer;
use super::rows::{blocks, for_blocks, for_blocks_of_two, sum_of_rows};
use super::wide::{exp, wide};
use super::{FlexTensor, Operation, contiguous, floats};

/// Inputs: `x` `[.., d]` and `bias` `[d]`.
#[derive(Clone, Debug)]
pub(crate) struct Gelu;

impl Operation<2> for Gelu {
    type Saved = [FlexTensor; 2];

    fn forward(&self, inputs: [FlexTensor; 2], _: [bool; 2]) -> (FlexTensor, Self::Saved) {
        let [x, bias] = inputs.map(contiguous);
        let (shape, d) = (x.shape(), bias.shape()[0]);
        assert_eq!(shape[shape.num_dims() - 1], d, "gelu: x {shape:?} against a bias of {d}");
        let mut y = Buffer::stale(shape.num_elements());
        {
            let (x, bias) = (floats(&x), floats(&bias));
            for_blocks(&mut y, d, |row, y| {
                let x = &x[row * d..][..y.len()];
                y.chunks_exact_mut(d).zip(x.chunks_exact(d)).for_each(|(y, x)| forward_row(y, x, bias));
            });
        }
        (y.into_tensor(shape), [x, bias])
    }

    fn backward(&self, [x, bias]: Self::Saved, gradient: FlexTensor, _: [bool; 2]) -> [Option<FlexTensor>; 2] {
        let (shape, d) = (x.shape(), bias.shape()[0]);
        let rows = shape.num_elements() / d.max(1);
        let mut dx = Buffer::stale(shape.num_elements());
        let mut partials = Buffer::stale(blocks(rows, d) * d);
        {
            let (x, bias, dy) = (floats(&x), floats(&bias), floats(&gradient));
            for_blocks_of_two(&mut dx, d, &mut partials, Some(d), |row, dx, dbias| {
                let (x, dy) = (&x[row * d..][..dx.len()], &dy[row * d..][..dx.len()]);
                dbias.fill(0.0);
                for ((dx, x), dy) in dx.chunks_exact_mut(d).zip(x.chunks_exact(d)).zip(dy.chunks_exact(d)) {
                    backward_row(dx, dbias, x, dy, bias);
                }
            });
        }
        let mut dbias = Buffer::stale(d);
        sum_of_rows(&partials, &mut dbias);
        [Some(dx.into_tensor(shape)), Some(dbias.into_tensor([d]))]
    }
}

/// `Φ(v)` and `exp(-v²/2)`: the first to 1.5e-7 (Abramowitz and Stegun 7.1.26, with `erf` at `v/√2`).
#[inline(always)]
fn normal<const FUSED: bool>(v: f32) -> (f32, f32) {
    let t = 1.0 / (1.0 + 0.327_591_1 * std::f32::consts::FRAC_1_SQRT_2 * v.abs());
    let polynomial = t * (0.254_829_6 + t * (-0.284_496_74 + t * (1.421_413_7 + t * (-1.453_152_1 + t * 1.061_405_4))));
    let bell = exp::<FUSED>(-0.5 * v * v);
    // What lies beyond |v|, on one side.
    let tail = 0.5 * polynomial * bell;
    (if v < 0.0 { tail } else { 1.0 - tail }, bell)
}

wide! {
    fn forward_row(y: &mut [f32], x: &[f32], bias: &[f32]) {
        let len = y.len();
        let (x, bias) = (&x[..len], &bias[..len]);
        for i in 0..len {
            let v = x[i] + bias[i];
            y[i] = v * normal::<FUSED>(v).0;
        }
    }
}

wide! {
    fn backward_row(dx: &mut [f32], dbias: &mut [f32], x: &[f32], dy: &[f32], bias: &[f32]) {
        let len = dx.len();
        let (dbias, x, dy, bias) = (&mut dbias[..len], &x[..len], &dy[..len], &bias[..len]);
        for i in 0..len {
            let v = x[i] + bias[i];
            let (phi, bell) = normal::<FUSED>(v);
            // (v Φ(v))' = Φ(v) + v φ(v)
            let gradient = dy[i] * (phi + v * bell * 0.398_942_3);
            dx[i] = gradient;
            dbias[i] += gradient;
        }
    }
}
