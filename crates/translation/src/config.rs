//! What a user may set.

use cimiento_core::generate::GenerateConfig;
use cimiento_core::metrics::BleuTokens;
use serde::{Deserialize, Serialize};

/// What a user may set.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// A source is cut after this many tokens; 0 only where the context is full.
    pub max_source_tokens: usize,
    /// A translation to learn from is cut after this many tokens, and a source leaves room for them (half of the context
    /// at most).
    pub max_target_tokens: usize,
    /// Share of the target spread evenly over the vocabulary (Szegedy et al. 2016).
    pub label_smoothing: f64,
    /// What BLEU takes for a word.
    pub bleu_tokens: BleuTokens,
    /// How translations are written.
    pub generation: GenerateConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            max_source_tokens: 0,
            max_target_tokens: 64,
            label_smoothing: 0.1,
            bleu_tokens: BleuTokens::default(),
            generation: GenerateConfig::default(),
        }
    }
}
