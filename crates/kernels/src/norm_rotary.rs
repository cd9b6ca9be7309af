//! Per-head normalisation and rotary positions of queries and keys.

use std::sync::Arc;
#[cfg(feature = "flex")]
use std::sync::OnceLock;

use burn::tensor::{Int, Tensor};

#[cfg(feature = "flex")]
use crate::flex::norm_rotary::Angles;
use crate::plain;

/// By how much the tokens of a batch are turned: component `i` of the first half of a head turns with component `i`
/// of the second by `position · frequency[i]` (Su et al. 2021, in the layout of Qwen3).
#[derive(Clone, Debug)]
pub struct Rotary {
    positions: Tensor<2, Int>,
    /// Radians a position, of each pair.
    frequencies: Arc<[f32]>,
    /// What the turned components are multiplied by.
    scale: f32,
    /// Made by the first operation that asks for them; none where the positions do not live on Flex.
    #[cfg(feature = "flex")]
    angles: OnceLock<Option<Arc<Angles>>>,
}

impl Rotary {
    /// For heads of `head_dim` components at `positions` `[batch, seq]`, with frequencies `theta^(-2i/head_dim)`.
    pub fn new(positions: Tensor<2, Int>, head_dim: usize, theta: f64) -> Self {
        assert!(head_dim.is_multiple_of(2), "rotary: {head_dim} components do not make pairs");
        Self::with_frequencies(positions, plain::frequencies(head_dim, theta).into(), 1.0)
    }

    /// With other frequencies, one for each pair of components, and components multiplied by `scale`.
    pub fn with_frequencies(positions: Tensor<2, Int>, frequencies: Arc<[f32]>, scale: f32) -> Self {
        Self {
            positions,
            frequencies,
            scale,
            #[cfg(feature = "flex")]
            angles: OnceLock::new(),
        }
    }

    /// Of each token, `[batch, seq]`.
    pub fn positions(&self) -> &Tensor<2, Int> {
        &self.positions
    }

    /// Components of a head.
    fn head_dim(&self) -> usize {
        2 * self.frequencies.len()
    }

    /// Radians a position, of each pair.
    pub(crate) fn frequencies(&self) -> &[f32] {
        &self.frequencies
    }

    /// What the turned components are multiplied by.
    pub(crate) fn scale(&self) -> f32 {
        self.scale
    }

    #[cfg(feature = "flex")]
    fn angles(&self) -> Option<Arc<Angles>> {
        let make = |positions: Vec<i32>| Arc::new(Angles::new(&positions, &self.frequencies, self.scale));
        self.angles.get_or_init(|| crate::flex::integers(&self.positions).map(make)).clone()
    }
}

/// RMSNorm of each head, then the turn: `x` `[batch, seq, heads, head_dim]`, `gamma` `[head_dim]`; the shape of `x`.
pub fn norm_rotary(x: Tensor<4>, gamma: Tensor<1>, epsilon: f64, rotary: &Rotary) -> Tensor<4> {
    let [batch, seq, _, head_dim] = x.dims();
    assert_eq!(head_dim, rotary.head_dim(), "norm_rotary: heads of another width");
    assert_eq!([head_dim], gamma.dims(), "norm_rotary: a gain for each component");
    assert_eq!([batch, seq], rotary.positions.dims(), "norm_rotary: a position for each token");
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
    assert_eq!([batch, seq], rotary.positions.dims(), "rotary: a position for each token");
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
