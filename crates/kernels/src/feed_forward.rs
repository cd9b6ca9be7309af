//! A feed-forward layer with the normalisation before it and the residual around it.

use burn::tensor::Tensor;

use crate::{Dropout, plain};

/// `x` `[.., d]` plus what dropout leaves of `swiglu(n · gateᵀ, n · upᵀ) · downᵀ`, where `n` is the RMS norm of `x`
/// with the gains `gamma` `[d]`; `weights` are gate and up, `[ff, d]`, and down, `[d, ff]`.
pub fn feed_forward<const D: usize>(
    x: Tensor<D>,
    gamma: Tensor<1>,
    epsilon: f64,
    weights: [Tensor<2>; 3],
    dropout: Dropout,
) -> Tensor<D> {
    #[cfg(feature = "flex")]
    let (x, gamma, weights) = {
        use crate::flex::{feed_forward::FeedForward, run};
        let [gate, up, down] = weights.map(Tensor::into_dispatch);
        match run(FeedForward { epsilon, dropout }, [x.into_dispatch(), gamma.into_dispatch(), gate, up, down]) {
            Ok(y) => return Tensor::from_dispatch(y),
            Err([x, gamma, gate, up, down]) => {
                let weights = [gate, up, down].map(Tensor::from_dispatch);
                (Tensor::from_dispatch(x), Tensor::from_dispatch(gamma), weights)
            }
        }
    };
    plain::feed_forward(x, gamma, epsilon, weights, dropout)
}
