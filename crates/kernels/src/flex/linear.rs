//! `x · weightᵀ` and its two gradients, one product each.

use burn::backend::TensorMetadata;

use super::few_rows::times_transpose;
use super::matrix::{Matrix, MatrixMut};
use super::pool::Buffer;
use super::product::product_in_parallel;
use super::write::Write;
use super::{FlexTensor, Operation, contiguous, floats};

/// Inputs: `x` `[.., d_in]` and `weight` `[d_out, d_in]`.
#[derive(Clone, Debug)]
pub(crate) struct Linear;

impl Operation<2> for Linear {
    type Saved = [FlexTensor; 2];

    fn forward(&self, inputs: [FlexTensor; 2], _: [bool; 2]) -> (FlexTensor, Self::Saved) {
        let [x, weight] = inputs.map(contiguous);
        let (mut shape, weight_shape) = (x.shape(), weight.shape());
        let last = shape.num_dims() - 1;
        let (d_out, d_in) = (weight_shape[0], weight_shape[1]);
        assert_eq!(shape[last], d_in, "linear: x {shape:?} against weight {weight_shape:?}");
        shape[last] = d_out;
        let rows = shape.num_elements() / d_out.max(1);

        let mut y = Buffer::stale(rows * d_out);
        times_transpose(&mut y, floats(&x), floats(&weight), [rows, d_out, d_in]);
        (y.into_tensor(shape), [x, weight])
    }

    fn backward(
        &self,
        [x, weight]: Self::Saved,
        gradient: FlexTensor,
        [for_x, for_weight]: [bool; 2],
    ) -> [Option<FlexTensor>; 2] {
        let (d_out, d_in) = (weight.shape()[0], weight.shape()[1]);
        let rows = gradient.shape().num_elements() / d_out.max(1);
        let dy = Matrix::new(floats(&gradient), rows, d_out);
        let dx = for_x.then(|| {
            let mut dx = Buffer::stale(rows * d_in);
            product_in_parallel(
                MatrixMut::new(&mut dx, rows, d_in),
                dy,
                Matrix::new(floats(&weight), d_out, d_in),
                Write::Replace,
            );
            dx.into_tensor(x.shape())
        });
        let dweight = for_weight.then(|| {
            let mut dweight = Buffer::stale(d_out * d_in);
            product_in_parallel(
                MatrixMut::new(&mut dweight, d_out, d_in),
                dy.t(),
                Matrix::new(floats(&x), rows, d_in),
                Write::Replace,
            );
            dweight.into_tensor(weight.shape())
        });
        [dx, dweight]
    }
}
