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

mod bootstrap;
mod classes;
mod classification;
mod comparison;
mod counted;
mod curves;
mod distributions;
mod multi_label;
mod power_law;
mod regression;
mod seeds;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Deserializer, Serialize};

pub use bootstrap::{RESAMPLES, bootstrap, bootstrap_grouped, bootstrap_mean, bootstrap_ratio};
pub use classes::{ClassReport, ClassScore};
pub use classification::{BINS, Bin, accuracy, calibration_bins, classification, ece, macro_f1, mcc};
pub use comparison::{Comparison, McNemar, compare};
pub use counted::Counted;
pub use multi_label::{best_threshold, multi_label};
pub use power_law::PowerLaw;
pub use regression::{mean_and_std, regression};
pub use seeds::over_seeds;

/// Which way a score is better.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Better {
    /// More is better.
    #[default]
    Higher,
    /// Less is better.
    Lower,
}

impl Better {
    /// A value as one of which more is better.
    pub fn worth(self, value: f64) -> f64 {
        match self {
            Self::Higher => value,
            Self::Lower => -value,
        }
    }

    fn is_higher(&self) -> bool {
        *self == Self::Higher
    }

    /// That of a metric in a file which was written before scores said it themselves.
    fn of_old(metric: &str) -> Self {
        let lower = ["ece", "perplexity", "word_perplexity", "bits_per_byte"];
        if lower.contains(&metric) || metric.starts_with("loss") { Self::Lower } else { Self::Higher }
    }
}

/// One metric on one set of examples.
///
/// With `n = 0` there is nothing to measure: value and interval are 0, and `n` says that they mean nothing. A value
/// that is not finite (a diverged model's perplexity) is kept as it is, becomes `null` in JSON, and is read back from
/// there as NaN, so that it can never pass for a number.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(from = "Stored")]
pub struct Score {
    /// The metric's name, for example `macro_f1`.
    pub metric: String,
    /// The metric on all examples, in the metric's own unit: shares lie in `[0, 1]`, `mcc` in `[-1, 1]`.
    pub value: f64,
    /// Lower end of the 95 % interval.
    pub low: f64,
    /// Upper end of the 95 % interval.
    pub high: f64,
    /// Number of examples.
    pub n: usize,
    /// Number of runs that it is the mean of, see [`over_seeds`]; absent for a single one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seeds: Option<usize>,
    /// Standard deviation between these runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed_std: Option<f64>,
    /// Which way it is better; absent in files where more is.
    #[serde(skip_serializing_if = "Better::is_higher")]
    pub better: Better,
    /// The metric on each resample, in the order of drawing. In no file: it tells how scores of several runs on the
    /// same examples move together.
    #[serde(skip)]
    pub resamples: Vec<f64>,
    /// The metric of each example, where it is their mean; empty where it is not. In no file.
    #[serde(skip)]
    pub each: Vec<f64>,
}

impl Score {
    /// The score as one of which less is better.
    pub fn lower_is_better(self) -> Self {
        Self { better: Better::Lower, ..self }
    }

    /// Its value as one of which more is better.
    pub fn worth(&self) -> f64 {
        self.better.worth(self.value)
    }
}

/// A [`Score`] as files have it.
#[derive(Deserialize)]
struct Stored {
    metric: String,
    #[serde(deserialize_with = "null_is_nan")]
    value: f64,
    #[serde(deserialize_with = "null_is_nan")]
    low: f64,
    #[serde(deserialize_with = "null_is_nan")]
    high: f64,
    n: usize,
    seeds: Option<usize>,
    seed_std: Option<f64>,
    better: Option<Better>,
}

impl From<Stored> for Score {
    fn from(Stored { metric, value, low, high, n, seeds, seed_std, better }: Stored) -> Self {
        let better = better.unwrap_or_else(|| Better::of_old(&metric));
        Self { metric, value, low, high, n, seeds, seed_std, better, resamples: Vec::new(), each: Vec::new() }
    }
}

/// What one evaluation measured, in the order in which it is reported.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
pub struct Scores(pub Vec<Score>);

impl Scores {
    /// The score of that name, or `None` where it was not measured.
    pub fn get(&self, metric: &str) -> Option<&Score> {
        self.0.iter().find(|score| score.metric == metric)
    }

    /// Adds a score at the end.
    pub fn push(&mut self, score: Score) {
        self.0.push(score);
    }
}

/// Perplexity, `exp(Σ nll / Σ tokens)`, of texts whose negative log-likelihoods `nll` are in nats; one entry a text.
pub fn perplexity(nll: &[f64], tokens: &[usize]) -> Score {
    bootstrap_ratio("perplexity", nll, &floats(tokens), f64::exp).lower_is_better()
}

/// Perplexity of words, `exp(Σ nll / Σ words)`, of texts whose negative log-likelihoods `nll` are in nats; one entry a
/// text. What counts as a word is up to [`words`](crate::language::words).
pub fn word_perplexity(nll: &[f64], words: &[usize]) -> Score {
    bootstrap_ratio("word_perplexity", nll, &floats(words), f64::exp).lower_is_better()
}

/// Bits per byte of UTF-8, `Σ nll / (ln 2 · Σ bytes)`, of texts whose negative log-likelihoods `nll` are in nats; one
/// entry a text. Unlike perplexity it does not depend on the tokenizer.
pub fn bits_per_byte(nll: &[f64], bytes: &[usize]) -> Score {
    bootstrap_ratio("bits_per_byte", nll, &floats(bytes), |nats| nats / std::f64::consts::LN_2).lower_is_better()
}

fn floats(counts: &[usize]) -> Vec<f64> {
    counts.iter().map(|&count| count as f64).collect()
}

fn null_is_nan<'de, D: Deserializer<'de>>(input: D) -> Result<f64, D::Error> {
    Ok(Option::<f64>::deserialize(input)?.unwrap_or(f64::NAN))
}
