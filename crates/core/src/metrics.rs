//! Scores, each with its interval.
//!
//! A metric is a pure function over answers and examples. What it returns is a [`Score`]: the value on all examples,
//! and the 95 % interval of a bootstrap over examples, so that two tables can be compared without asking again how
//! many examples stood behind them.
//!
//! ```
//! use cimiento_core::metrics::{bootstrap_mean, classification};
//!
//! let probabilities = vec![vec![0.9, 0.1], vec![0.2, 0.8], vec![0.6, 0.4], vec![0.3, 0.7]];
//! let scores = classification(&probabilities, &[0, 1, 1, 1]);
//! let accuracy = scores.get("accuracy").unwrap();
//! assert_eq!((accuracy.value, accuracy.n), (0.75, 4));
//! assert!(accuracy.low <= 0.75 && 0.75 <= accuracy.high);
//!
//! assert_eq!(bootstrap_mean("f1", &[0.5, 1.0]).value, 0.75);
//! ```

mod bleu;
mod bootstrap;
mod chrf;
mod classes;
mod classification;
mod comparison;
mod counted;
mod curves;
mod distributions;
mod edits;
mod entities;
mod gleu;
mod multi_label;
mod ngrams;
mod perplexity;
mod power_law;
mod regression;
mod score;
mod seeds;

#[cfg(test)]
mod tests;

pub use bleu::{BleuTokens, bleu, bleu_signature};
pub use bootstrap::{RESAMPLES, bootstrap, bootstrap_grouped, bootstrap_mean, bootstrap_ratio};
pub use chrf::{chrf, chrf_plus_plus, chrf_plus_plus_signature, chrf_signature};
pub use classes::{ClassReport, ClassScore};
pub use classification::{BINS, Bin, accuracy, calibration_bins, classification, ece, macro_f1, mcc};
pub use comparison::{Comparison, McNemar, compare};
pub use counted::Counted;
pub use edits::{Edit, edit_scores, edits};
pub use entities::{Spans, entities};
pub use gleu::gleu;
pub use multi_label::{best_threshold, multi_label};
pub use perplexity::{bits_per_byte, perplexity, word_perplexity};
pub use power_law::PowerLaw;
pub use regression::{mean_and_std, regression};
pub use score::{Better, Score, Scores};
pub use seeds::over_seeds;
