//! The Gaussian error linear unit, with the bias before it.

use burn::tensor::Tensor;

use crate::plain;

/// `v · Φ(v)` of `v = x + bias` (Hendrycks and Gimpel 2016, exact): `x` `[.., d]`, `bias` `[d]`; the shape of `x`.
pub fn gelu<const D: usize>(x: Tensor<D>, bias: Tensor<1>) -> Tensor<D> {
    #[cfg(feature = "flex")]
    let (x, bias) = {
        use crate::flex::{gelu::Gelu, run};
        match run(Gelu, [x.into_dispatch(), bias.into_dispatch()]) {
            Ok(y) => return Tensor::from_dispatch(y),
            Err([x, bias]) => (Tensor::from_dispatch(x), Tensor::from_dispatch(bias)),
        }
    };
    plain::gelu(x, bias)
}
