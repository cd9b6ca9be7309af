//! The language model itself: log P(w1…wm) of texts, token by token, last words, and suites of minimal pairs.
//!
//! Causal scoring reads each text once. Masked scoring (pseudo-log-likelihood, Salazar et al. 2020) hides each token
//! in turn and predicts it from all others.

mod batch;
mod endings;
mod layout;
mod pairs;
mod score;
mod spelling;

pub use batch::{LanguageBatch, language_loss, negative_log_likelihoods};
pub use endings::{Ending, frequent_names, last_words};
pub use layout::{Layout, Part};
pub use pairs::{MinimalPair, minimal_pairs};
pub use score::{Scoring, TextScore, TokenScore, evaluate_texts, score, words};
pub use spelling::untokenised;
