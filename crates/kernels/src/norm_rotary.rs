//! Per-head normalisation and rotary positions of queries and keys.

use burn::tensor::{Int, Tensor};

use crate::plain;

/// RMSNorm of each head, then rotary positions in the half-split layout (as in Qwen3): `x`
/// `[batch, seq, heads, head_dim]`, `gamma` `[head_dim]`, `positions` `[batch, seq]`; the shape of `x`.
pub fn norm_rotary(x: Tensor<4>, gamma: Tensor<1>, epsilon: f64, positions: Tensor<2, Int>, theta: f64) -> Tensor<4> {
    let [batch, seq, _, head_dim] = x.dims();
    assert!(head_dim.is_multiple_of(2), "norm_rotary: {head_dim} components do not make pairs");
    assert_eq!([head_dim], gamma.dims(), "norm_rotary: a gain for each component");
    assert_eq!([batch, seq], positions.dims(), "norm_rotary: a position for each token");
    #[cfg(feature = "flex")]
    let (x, gamma) = match crate::flex::integers(&positions) {
        None => (x, gamma),
        Some(numbers) => {
            use crate::flex::{norm_rotary::NormRotary, run};
            let operation = NormRotary::new(epsilon, &numbers, head_dim, theta);
            match run(operation, [x.into_dispatch(), gamma.into_dispatch()]) {
                Ok(y) => return Tensor::from_dispatch(y),
                Err([x, gamma]) => (Tensor::from_dispatch(x), Tensor::from_dispatch(gamma)),
            }
        }
    };
    plain::norm_rotary(x, gamma, epsilon, positions, theta)
}
