//! Per-head normalisation and rotary positions of queries and keys.

use burn::tensor::Tensor;

use crate::plain;
use crate::rotary::Rotary;

/// RMSNorm of each head, then the turn: `x` `[batch, seq, heads, head_dim]`, `gamma` `[head_dim]`; the shape of `x`.
pub fn norm_rotary(x: Tensor<4>, gamma: Tensor<1>, epsilon: f64, rotary: &Rotary) -> Tensor<4> {
    let [batch, seq, _, head_dim] = x.dims();
    assert_eq!(head_dim, rotary.head_dim(), "norm_rotary: heads of another width");
    assert_eq!([head_dim], gamma.dims(), "norm_rotary: a gain for each component");
    assert_eq!([batch, seq], rotary.positions().dims(), "norm_rotary: a position for each token");
    #[cfg(feature = "flex")]
    let (x, gamma) = match rotary.angles() {
        None => (x, gamma),
        Some(angles) => {
            use crate::flex::{norm_rotary::NormRotary, run};
            match run(NormRotary { epsilon: epsilon as f32, angles }, [x.into_dispatch(), gamma.into_dispatch()]) {
                Ok(y) => return Tensor::from_dispatch(y),
                Err([x, gamma]) => (Tensor::from_dispatch(x), Tensor::from_dispatch(gamma)),
            }
        }
    };
    plain::norm_rotary(x, gamma, epsilon, rotary)
}

/// The turn alone: `x` `[batch, seq, heads, head_dim]`; the shape of `x`.
pub fn rotary(x: Tensor<4>, rotary: &Rotary) -> Tensor<4> {
    let [batch, seq, _, head_dim] = x.dims();
    assert_eq!(head_dim, rotary.head_dim(), "rotary: heads of another width");
    assert_eq!([batch, seq], rotary.positions().dims(), "rotary: a position for each token");
    #[cfg(feature = "flex")]
    let x = match rotary.angles() {
        None => x,
        Some(angles) => {
            use crate::flex::{norm_rotary::Turned, run};
            match run(Turned { angles, head_dim }, [x.into_dispatch()]) {
                Ok(y) => return Tensor::from_dispatch(y),
                Err([x]) => Tensor::from_dispatch(x),
            }
        }
    };
    plain::rotary(x, rotary)
}
