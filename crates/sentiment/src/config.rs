//! What a user may set, and what is learned from the training records before any weight is.

use std::collections::BTreeMap;

use cimiento_core::backbone::Pooling;
pub use cimiento_core::heads::Problem as ProblemType;
use serde::{Deserialize, Serialize};

/// What makes probabilities of a head's outputs.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Function {
    /// They sum to 1.
    Softmax,
    /// Each for itself.
    Sigmoid,
}

/// How much each class counts in the loss.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(untagged, expecting = "class_weights is \"none\", \"balanced\" or a table such as { good = 1.0, bad = 5.0 }")]
pub enum ClassWeights {
    /// By rule.
    Rule(WeightRule),
    /// As given; a class that is not named counts 1.
    Given(BTreeMap<String, f64>),
}

/// A rule for weights of classes.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum WeightRule {
    /// All alike.
    None,
    /// Inversely to how often it occurs.
    Balanced,
}

impl Default for ClassWeights {
    fn default() -> Self {
        Self::Rule(WeightRule::None)
    }
}

/// How probable a label must be to be given.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq)]
#[serde(untagged, expecting = "threshold is \"global\", \"per_label\" or a number between 0 and 1")]
pub enum Threshold {
    /// As given.
    Given(f64),
    /// Chosen on the validation data.
    Chosen(Choice),
}

/// How thresholds are chosen: at the best F1 on the validation data.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// One for all labels, by their micro F1.
    Global,
    /// One for each label, by its F1.
    PerLabel,
}

impl Default for Threshold {
    fn default() -> Self {
        Self::Chosen(Choice::Global)
    }
}

/// What a user may set. What is as usual is left out of files, so that runs begun before it could be set go on.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// A text is cut after this many tokens, the one before it included; 0 cuts only at the backbone's context.
    pub max_tokens: usize,
    /// Share of the target spread evenly over all classes (Szegedy et al. 2016).
    pub label_smoothing: f64,
    /// How the states of a text's tokens become the one that is classified; absent takes the last, of an encoder the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pooling: Option<Pooling>,
    /// What the target of a text is.
    #[serde(skip_serializing_if = "is_usual")]
    pub problem_type: ProblemType,
    /// What stands between the labels of a text where they are one string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub separator: Option<String>,
    /// How probable each of several labels must be to be given.
    #[serde(skip_serializing_if = "is_usual")]
    pub threshold: Threshold,
    /// What makes probabilities of one class's outputs; absent is softmax.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function_to_apply: Option<Function>,
    /// How much each class counts in the loss.
    #[serde(skip_serializing_if = "is_usual")]
    pub class_weights: ClassWeights,
}

fn is_usual<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Config {
    /// Checks every setting.
    ///
    /// # Errors
    /// What is wrong, naming the key.
    pub(crate) fn validate(&self) -> Result<(), String> {
        if self.max_tokens == 1 {
            return Err("max_tokens = 1 leaves no room for text: give 2 or more, or 0".to_owned());
        }
        if !(0.0..1.0).contains(&self.label_smoothing) {
            return Err(format!("label_smoothing = {} must lie in [0, 1)", self.label_smoothing));
        }
        if self.separator.as_ref().is_some_and(String::is_empty) {
            return Err("separator is empty: give what stands between labels, as in \", \"".to_owned());
        }
        if let Threshold::Given(given) = self.threshold
            && !(0.0..=1.0).contains(&given)
        {
            return Err(format!("threshold = {given} must lie in [0, 1]"));
        }
        if let ClassWeights::Given(weights) = &self.class_weights
            && let Some((name, weight)) = weights.iter().find(|(_, weight)| !(**weight > 0.0 && weight.is_finite()))
        {
            return Err(format!("class_weights.{name} = {weight} must be a number above 0"));
        }
        self.without_effect()
    }

    /// Refuses what would change nothing.
    fn without_effect(&self) -> Result<(), String> {
        use ProblemType::{MultiLabelClassification, Regression, SingleLabelClassification};
        let only = |key: &str, kind: &str| Err(format!("{key} changes nothing: it is for problem_type = \"{kind}\""));
        match self.problem_type {
            Regression if self.label_smoothing != 0.0 => {
                Err("label_smoothing is for classes, not for regression".into())
            }
            Regression if self.class_weights != ClassWeights::default() => {
                Err("class_weights are for classes, not for regression".into())
            }
            SingleLabelClassification | Regression if self.separator.is_some() => {
                only("separator", "multi_label_classification")
            }
            SingleLabelClassification | Regression if self.threshold != Threshold::default() => {
                only("threshold", "multi_label_classification")
            }
            MultiLabelClassification | Regression if self.function_to_apply.is_some() => {
                only("function_to_apply", "single_label_classification")
            }
            _ => Ok(()),
        }
    }
}

/// What is learned before training (thresholds: after it).
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct State {
    /// Names of the classes, in the order of the head's rows; of regression one, that of the number.
    pub labels: Vec<String>,
    /// How much each class counts in the loss; empty where all count alike.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub weights: Vec<f64>,
    /// How probable each label must be to be given; empty where 0.5 decides.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub thresholds: Vec<f64>,
    /// What the head's number is in the unit of the data; absent where it is in that unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<Scale>,
    /// Whether a training record had two texts; absent where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pairs: Option<bool>,
}

/// Numbers are learned as `(number - mean) / std`.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// Of the training records.
    pub mean: f64,
    /// Their standard deviation.
    pub std: f64,
}
