//! The product of activations and a weight matrix.

use burn::tensor::Tensor;

use crate::plain;

/// `y = x · weightᵀ`: `x` `[.., d_in]`, `weight` `[d_out, d_in]` (the layout of transformers'
/// checkpoints), `y` `[.., d_out]`.
pub fn linear<const D: usize>(x: Tensor<D>, weight: Tensor<2>) -> Tensor<D> {
    #[cfg(feature = "flex")]
    let (x, weight) = {
        use crate::flex::{linear::Linear, run};
        match run(Linear, [x.into_dispatch(), weight.into_dispatch()]) {
            Ok(y) => return Tensor::from_dispatch(y),
            Err([x, weight]) => (Tensor::from_dispatch(x), Tensor::from_dispatch(weight)),
        }
    };
    plain::linear(x, weight)
}
