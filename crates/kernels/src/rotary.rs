//! Rotary positions: by how much each token is turned.

use std::sync::Arc;
#[cfg(feature = "flex")]
use std::sync::OnceLock;

use burn::tensor::{Int, Tensor};

#[cfg(feature = "flex")]
use crate::flex::norm_rotary::Angles;

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
        Self::with_frequencies(positions, frequencies(head_dim, theta).into(), 1.0)
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
    pub(crate) fn head_dim(&self) -> usize {
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

    /// The turns of these positions, where they live on Flex.
    #[cfg(feature = "flex")]
    pub(crate) fn angles(&self) -> Option<Arc<Angles>> {
        let make = |positions: Vec<i32>| Arc::new(Angles::new(&positions, &self.frequencies, self.scale));
        self.angles.get_or_init(|| crate::flex::integers(&self.positions).map(make)).clone()
    }
}

/// Radians a position turns each pair by: `theta^(-2i/head_dim)`, `[head_dim / 2]`.
fn frequencies(head_dim: usize, theta: f64) -> Vec<f32> {
    (0..head_dim / 2).map(|i| theta.powf(-2.0 * i as f64 / head_dim as f64) as f32).collect()
}
