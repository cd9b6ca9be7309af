//! The sum of a residual stream and what dropout leaves of a sub-layer's output.

use burn::backend::TensorMetadata;

use super::pool::Buffer;
use super::rows::for_blocks;
use super::wide::wide;
use super::{FlexTensor, Operation, contiguous, floats};
use crate::dropout::{Dropout, Factors};

/// Inputs: `x` and `y`, of one shape.
#[derive(Clone, Debug)]
pub(crate) struct AddDropped {
    pub(crate) dropout: Dropout,
}

impl Operation<2> for AddDropped {
    type Saved = ();

    fn forward(&self, inputs: [FlexTensor; 2], _: [bool; 2]) -> (FlexTensor, ()) {
        let [x, y] = inputs.map(contiguous);
        assert_eq!(x.shape(), y.shape(), "add_dropped: the summands differ in shape");
        let mut sum = Buffer::stale(x.shape().num_elements());
        for_blocks(&mut sum, 1, |from, sum| {
            let (x, y) = (&floats(&x)[from..][..sum.len()], &floats(&y)[from..][..sum.len()]);
            match self.dropout.factors() {
                Some(factors) => add_what_stays(sum, x, y, factors, from),
                None => add(sum, x, y),
            }
        });
        (sum.into_tensor(x.shape()), ())
    }

    fn backward(&self, (): (), gradient: FlexTensor, [for_x, for_y]: [bool; 2]) -> [Option<FlexTensor>; 2] {
        let dy = for_y.then(|| {
            let Some(factors) = self.dropout.factors() else { return gradient.clone() };
            let mut dy = Buffer::stale(gradient.shape().num_elements());
            for_blocks(&mut dy, 1, |from, dy| {
                drop_some(dy, &floats(&gradient)[from..][..dy.len()], factors, from);
            });
            dy.into_tensor(gradient.shape())
        });
        [for_x.then_some(gradient), dy]
    }
}

wide! {
    pub(crate) fn add(sum: &mut [f32], x: &[f32], y: &[f32]) {
        let n = sum.len();
        let (x, y) = (&x[..n], &y[..n]);
        for i in 0..n {
            sum[i] = x[i] + y[i];
        }
    }
}

wide! {
    /// `from`: the place of the first element.
    pub(crate) fn add_what_stays(sum: &mut [f32], x: &[f32], y: &[f32], factors: Factors, from: usize) {
        let n = sum.len();
        let (x, y) = (&x[..n], &y[..n]);
        for i in 0..n {
            sum[i] = x[i] + y[i] * factors.at((from + i) as u32);
        }
    }
}

wide! {
    /// `y` without what is dropped.
    pub(crate) fn drop_some(left: &mut [f32], y: &[f32], factors: Factors, from: usize) {
        let n = left.len();
        let y = &y[..n];
        for i in 0..n {
            left[i] = y[i] * factors.at((from + i) as u32);
        }
    }
}
