//! Root-mean-square normalisation.

use burn::tensor::Tensor;

use crate::plain;

/// `x / sqrt(mean(x²) + epsilon) * gamma` over the last axis; `x` `[.., d]`, `gamma` `[d]`.
pub fn rms_norm<const D: usize>(x: Tensor<D>, gamma: Tensor<1>, epsilon: f64) -> Tensor<D> {
    #[cfg(feature = "flex")]
    let (x, gamma) = {
        use crate::flex::{rms_norm::RmsNorm, run};
        match run(RmsNorm { epsilon }, [x.into_dispatch(), gamma.into_dispatch()]) {
            Ok(y) => return Tensor::from_dispatch(y),
            Err([x, gamma]) => (Tensor::from_dispatch(x), Tensor::from_dispatch(gamma)),
        }
    };
    plain::rms_norm(x, gamma, epsilon)
}
