//! What a user may set.

use serde::{Deserialize, Serialize};

use crate::score::{Articles, Rules, Tokens};
use crate::threshold::NullThreshold;

/// What a user may set.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// A question is cut after this many tokens (and always at half a window).
    pub max_question_tokens: usize,
    /// Tokens read at once: question, part of the passage, and three around them; 0 is the backbone's context.
    pub window_tokens: usize,
    /// Tokens of the passage that neighbouring windows share (half a window at most).
    pub stride_tokens: usize,
    /// No answer is longer.
    pub max_answer_tokens: usize,
    /// Whether the head points from the question, or scores each token by itself as transformers' class does.
    pub question_aware: bool,
    /// When "no answer" is given.
    pub null_threshold: NullThreshold,
    /// What F1 counts.
    #[serde(skip_serializing_if = "is_usual")]
    pub f1_tokens: Tokens,
    /// The language whose articles exact match and F1 leave out.
    #[serde(skip_serializing_if = "is_usual")]
    pub articles: Articles,
}

/// Left out where it changes nothing, so that a run begun before there was such a key can go on.
fn is_usual<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Config {
    /// How answers are compared.
    pub(crate) fn rules(&self) -> Rules {
        Rules { tokens: self.f1_tokens, articles: self.articles }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            max_question_tokens: 48,
            window_tokens: 0,
            stride_tokens: 64,
            max_answer_tokens: 30,
            question_aware: true,
            null_threshold: NullThreshold::Auto,
            f1_tokens: Tokens::Official,
            articles: Articles::En,
        }
    }
}
