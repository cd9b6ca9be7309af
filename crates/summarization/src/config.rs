//! What a user may set.

use cimiento_core::generate::GenerateConfig;
use serde::{Deserialize, Serialize};

use crate::rouge::Tokens;

/// What a user may set.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// A document is cut after this many tokens; 0 only where the context is full.
    pub max_document_tokens: usize,
    /// A summary to learn from is cut after this many tokens, and a document leaves room for them (half of the
    /// context at most).
    pub max_summary_tokens: usize,
    /// Share of the target spread evenly over the vocabulary (Szegedy et al. 2016).
    pub label_smoothing: f64,
    /// Quote this many sentences of the document, those likeliest as its summary, and write nothing; 0 writes.
    #[serde(skip_serializing_if = "is_zero")]
    pub quote: usize,
    /// What ROUGE counts.
    #[serde(skip_serializing_if = "is_official")]
    pub rouge_tokens: Tokens,
    /// How summaries are written.
    pub generation: GenerateConfig,
}

/// Left out where it changes nothing, so that a run begun before there was such a key can go on.
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// As [`is_zero`].
fn is_official(tokens: &Tokens) -> bool {
    *tokens == Tokens::Official
}

impl Default for Config {
    fn default() -> Self {
        Self {
            max_document_tokens: 0,
            max_summary_tokens: 64,
            label_smoothing: 0.1,
            quote: 0,
            rouge_tokens: Tokens::Official,
            generation: GenerateConfig::default(),
        }
    }
}
