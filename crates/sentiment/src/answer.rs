//! What a head's outputs say of a text.

use std::collections::BTreeMap;

use burn::tensor::{Tensor, activation};
use serde::Serialize;

use crate::config::{Function, ProblemType, State};

/// How probable a label must be to be given where nothing says otherwise.
const EVEN: f64 = 0.5;

/// The answer to a text.
#[derive(Serialize, Clone, Debug, PartialEq)]
#[serde(untagged)]
pub enum Answer {
    /// One class of several.
    Class {
        /// The likeliest class.
        label: String,
        /// The probability of each class.
        probabilities: BTreeMap<String, f64>,
    },
    /// Any number of labels.
    Labels {
        /// Those that are probable enough, the likeliest first.
        labels: Vec<String>,
        /// The probability of each label.
        probabilities: BTreeMap<String, f64>,
    },
    /// A number.
    Number {
        /// In the unit of the data.
        value: f64,
    },
}

impl Answer {
    /// The probabilities of `labels`, in their order.
    pub(crate) fn row(&self, labels: &[String]) -> Vec<f64> {
        match self {
            Self::Class { probabilities, .. } | Self::Labels { probabilities, .. } => {
                labels.iter().map(|label| probabilities.get(label).copied().unwrap_or(0.0)).collect()
            }
            Self::Number { .. } => Vec::new(),
        }
    }
}

/// What becomes of the outputs for a text.
pub(crate) struct Decoder<'a> {
    pub problem: ProblemType,
    pub function: Option<Function>,
    pub state: &'a State,
    /// How probable a label must be; absent leaves it to the state.
    pub threshold: Option<f64>,
}

impl Decoder<'_> {
    /// Answers from outputs `[n, outputs]`.
    pub fn answers(&self, outputs: Tensor<2>) -> Vec<Answer> {
        let [_, width] = outputs.dims();
        let values = match (self.problem, self.function) {
            (ProblemType::Regression, _) => outputs,
            (ProblemType::MultiLabelClassification, _) | (_, Some(Function::Sigmoid)) => activation::sigmoid(outputs),
            (ProblemType::SingleLabelClassification, _) => activation::softmax(outputs, 1),
        };
        let values: Vec<f64> = values.into_data().iter::<f64>().collect();
        values.chunks(width).map(|row| self.answer(row)).collect()
    }

    fn answer(&self, row: &[f64]) -> Answer {
        match self.problem {
            ProblemType::SingleLabelClassification => self.class(row),
            ProblemType::MultiLabelClassification => self.labels(row, self.given(row)),
            ProblemType::Regression => {
                let value = row[0];
                Answer::Number { value: self.state.scale.map_or(value, |scale| value * scale.std + scale.mean) }
            }
        }
    }

    /// The likeliest class, the first of several.
    pub fn class(&self, row: &[f64]) -> Answer {
        let best = (0..row.len()).rev().max_by(|&a, &b| row[a].total_cmp(&row[b]));
        let label = best.map(|class| self.state.labels[class].clone()).unwrap_or_default();
        Answer::Class { label, probabilities: self.named(row) }
    }

    /// Labels, by index, with the probabilities of all.
    pub fn labels(&self, row: &[f64], mut given: Vec<usize>) -> Answer {
        given.sort_by(|&a, &b| row[b].total_cmp(&row[a]));
        let labels = given.into_iter().map(|label| self.state.labels[label].clone()).collect();
        Answer::Labels { labels, probabilities: self.named(row) }
    }

    /// The labels whose probability reaches their threshold.
    fn given(&self, row: &[f64]) -> Vec<usize> {
        let fitted = |label: usize| self.state.thresholds.get(label).copied().unwrap_or(EVEN);
        let threshold = |label: usize| self.threshold.unwrap_or_else(|| fitted(label));
        (0..row.len()).filter(|&label| row[label] >= threshold(label)).collect()
    }

    fn named(&self, row: &[f64]) -> BTreeMap<String, f64> {
        self.state.labels.iter().cloned().zip(row.iter().copied()).collect()
    }
}
