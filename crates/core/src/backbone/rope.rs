//! Rotary positions stretched to longer texts than a model was first trained on.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

/// How the frequencies of rotary positions are changed; the formulas are those of `modeling_rope_utils.py` in
/// `transformers`.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum RopeScaling {
    /// All are divided by the factor (Chen et al. 2023).
    Linear {
        /// The divisor, 1 or more.
        factor: f64,
    },
    /// The low ones are divided, the high ones stay, those between go over from one to the other: Llama 3.1.
    Llama3 {
        /// The divisor, 1 or more.
        factor: f64,
        /// Pairs that turn this often or less in the original context are divided.
        low_freq_factor: f64,
        /// Pairs that turn this often or more stay.
        high_freq_factor: f64,
        /// Tokens of the original context.
        original_context: usize,
    },
    /// The same between two pairs found by their turns, and attention sharpened (YaRN, Peng et al. 2023).
    Yarn {
        /// The divisor, 1 or more.
        factor: f64,
        /// Tokens of the original context.
        original_context: usize,
        /// Turns in the original context of the last pair that stays.
        beta_fast: f64,
        /// Turns of the first pair that is divided whole.
        beta_slow: f64,
        /// What queries and keys are multiplied by after the turn.
        attention_factor: f64,
        /// Whether the two pairs are whole numbers.
        truncate: bool,
    },
}

impl RopeScaling {
    /// What `transformers` calls it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Linear { .. } => "linear",
            Self::Llama3 { .. } => "llama3",
            Self::Yarn { .. } => "yarn",
        }
    }

    /// Radians a position that each of `head_dim / 2` pairs turns by, and what turned components are multiplied by.
    pub fn frequencies(&self, head_dim: usize, theta: f64) -> (Vec<f32>, f32) {
        let plain = (0..head_dim / 2).map(|pair| theta.powf(-2.0 * pair as f64 / head_dim as f64));
        match *self {
            Self::Linear { factor } => (plain.map(|frequency| (frequency / factor) as f32).collect(), 1.0),
            Self::Llama3 { factor, low_freq_factor, high_freq_factor, original_context } => {
                let changed = |frequency: f64| {
                    let turns = original_context as f64 * frequency / (2.0 * PI);
                    let kept = ((turns - low_freq_factor) / (high_freq_factor - low_freq_factor)).clamp(0.0, 1.0);
                    ((1.0 - kept) * frequency / factor + kept * frequency) as f32
                };
                (plain.map(changed).collect(), 1.0)
            }
            Self::Yarn { factor, original_context, beta_fast, beta_slow, attention_factor, truncate } => {
                // The pair that turns so often in the original context.
                let pair = |turns: f64| {
                    head_dim as f64 * (original_context as f64 / (turns * 2.0 * PI)).ln() / (2.0 * theta.ln())
                };
                let (first, last) = (pair(beta_fast), pair(beta_slow));
                let (first, last) = if truncate { (first.floor(), last.ceil()) } else { (first, last) };
                let (first, last) = (first.max(0.0), last.min(head_dim as f64 - 1.0));
                // Two that are one would be divided by nothing.
                let last = if first == last { last + 0.001 } else { last };
                let changed = |(pair, frequency): (usize, f64)| {
                    let divided = ((pair as f64 - first) / (last - first)).clamp(0.0, 1.0);
                    (divided * frequency / factor + (1.0 - divided) * frequency) as f32
                };
                (plain.enumerate().map(changed).collect(), attention_factor as f32)
            }
        }
    }

    /// Refuses numbers that make no frequencies.
    ///
    /// # Errors
    /// What is wrong.
    pub fn check(&self) -> Result<(), String> {
        let above = |value: f64, least: f64| value >= least && value.is_finite();
        let (factor, context) = match *self {
            Self::Linear { factor } => (factor, 1),
            Self::Llama3 { factor, original_context, .. } | Self::Yarn { factor, original_context, .. } => {
                (factor, original_context)
            }
        };
        let ends = match *self {
            Self::Linear { .. } => true,
            Self::Llama3 { low_freq_factor, high_freq_factor, .. } => {
                above(low_freq_factor, 0.0) && high_freq_factor.is_finite() && high_freq_factor > low_freq_factor
            }
            Self::Yarn { beta_fast, beta_slow, attention_factor, .. } => {
                above(attention_factor, f64::MIN_POSITIVE)
                    && above(beta_slow, f64::MIN_POSITIVE)
                    && above(beta_fast, beta_slow)
            }
        };
        if above(factor, 1.0) && (1..=1 << 32).contains(&context) && ends {
            return Ok(());
        }
        Err(format!("rotary positions cannot be stretched by {self:?}"))
    }
}
