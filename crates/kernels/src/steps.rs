//! The numbers of one step of an optimizer.

/// The numbers of one step of AdamW (Loshchilov and Hutter 2019, algorithm 2).
#[derive(Clone, Copy, Debug)]
pub struct AdamW {
    /// Learning rate of this step.
    pub lr: f64,
    /// Decay of the running mean of gradients.
    pub beta1: f64,
    /// Decay of the running mean of their squares.
    pub beta2: f64,
    /// Added to the root of the second mean.
    pub epsilon: f64,
    /// Share of the weight that a step at rate 1 takes away.
    pub weight_decay: f64,
    /// Which step this is, from 1: the means are corrected for having begun at 0.
    pub step: u64,
    /// The gradient is multiplied by it first (clipping).
    pub gradient_scale: f64,
}

/// The numbers of one step of Muon (Jordan et al. 2024).
#[derive(Clone, Copy, Debug)]
pub struct Muon {
    /// Learning rate of this step.
    pub lr: f64,
    /// Decay of the running sum of gradients.
    pub momentum: f64,
    /// Share of the weight that a step at rate 1 takes away.
    pub weight_decay: f64,
    /// The gradient is multiplied by it first (clipping).
    pub gradient_scale: f64,
}

impl Muon {
    /// How far the weight moves along the direction: tall matrices move further.
    pub(crate) fn rate(&self, [rows, columns]: [usize; 2]) -> f64 {
        self.lr * (rows as f64 / columns as f64).max(1.0).sqrt()
    }
}

/// The quintic polynomial of Muon's Newton–Schulz iteration: `a x + b x³ + c x⁵`, five times.
pub(crate) const POLYNOMIAL: [f64; 3] = [3.4445, -4.775, 2.0315];
/// How often it is applied.
pub(crate) const ITERATIONS: usize = 5;
/// Added to the norm that the matrix is divided by, so that zero stays zero.
pub(crate) const NORM_EPSILON: f64 = 1e-7;
