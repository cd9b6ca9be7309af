//! One number with its interval, and which way it is better.

use serde::{Deserialize, Deserializer, Serialize};

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
    /// Number of runs that it is the mean of, see [`over_seeds`](super::over_seeds); absent for a single one.
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

fn null_is_nan<'de, D: Deserializer<'de>>(input: D) -> Result<f64, D::Error> {
    Ok(Option::<f64>::deserialize(input)?.unwrap_or(f64::NAN))
}
