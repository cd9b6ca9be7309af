//! How the states of a text's tokens become one vector: in the terms of sentence-transformers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How the states of a text's tokens become one vector. A checkpoint that came from sentence-transformers holds it; every
/// other has the default: the mean, of length 1.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct EmbedConfig {
    /// Ways of pooling, whose results are set one after the other.
    pub pooling: Vec<PoolingMode>,
    /// What becomes of the pooled vector.
    pub steps: Vec<Step>,
    /// Texts are cut after this many tokens, those around them included; else at the backbone's context.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<usize>,
    /// Whether texts are put into lower case first.
    #[serde(default)]
    pub lowercase: bool,
    /// What may be set before a text, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub prompts: BTreeMap<String, String>,
    /// The prompt that is set before a text unless another is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_prompt: Option<String>,
    /// Whether the states of the prompt's tokens are pooled too.
    pub include_prompt: bool,
}

/// How the states of tokens become one vector.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum PoolingMode {
    /// The first.
    First,
    /// The largest value of each component.
    Max,
    /// Their mean.
    Mean,
    /// Their sum, divided by the square root of their number.
    MeanSqrtLength,
    /// Their mean weighted by position: the second counts twice as much as the first (Muennighoff 2022).
    WeightedMean,
    /// The last.
    Last,
}

/// What becomes of a pooled vector.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// A linear layer and its activation.
    Dense(DenseConfig),
    /// Its length is made 1.
    Normalize,
}

/// The shape of a linear layer.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct DenseConfig {
    /// Numbers that go in.
    pub inputs: usize,
    /// Numbers that come out.
    pub outputs: usize,
    /// Whether a bias is added.
    pub bias: bool,
    /// What each number then passes through.
    pub activation: Activation,
}

/// A function of a number.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// None.
    Identity,
    /// The hyperbolic tangent.
    Tanh,
    /// Negative numbers become 0.
    Relu,
    /// The logistic function.
    Sigmoid,
}

impl Default for EmbedConfig {
    fn default() -> Self {
        Self {
            pooling: vec![PoolingMode::Mean],
            steps: vec![Step::Normalize],
            max_tokens: None,
            lowercase: false,
            prompts: BTreeMap::new(),
            default_prompt: None,
            include_prompt: true,
        }
    }
}

impl EmbedConfig {
    /// The text that is read for `text`.
    pub(super) fn prepared(&self, prompt: &str, text: &str) -> String {
        let whole = [prompt, text].concat();
        if self.lowercase { whole.chars().flat_map(char::to_lowercase).collect() } else { whole }
    }

    /// Numbers of a vector that is made of states of `d` numbers.
    pub fn width(&self, d: usize) -> usize {
        let outputs = |step: &Step| match step {
            Step::Dense(dense) => Some(dense.outputs),
            Step::Normalize => None,
        };
        self.steps.iter().rev().find_map(outputs).unwrap_or(self.pooling.len() * d)
    }

    /// The linear layers among the steps.
    pub fn dense(&self) -> impl Iterator<Item = &DenseConfig> {
        self.steps.iter().filter_map(|step| match step {
            Step::Dense(dense) => Some(dense),
            Step::Normalize => None,
        })
    }

    /// Refuses layers whose sizes do not follow from each other, for states of `d` numbers.
    ///
    /// # Errors
    /// Which sizes do not.
    pub fn check(&self, d: usize) -> Result<(), String> {
        if self.pooling.is_empty() {
            return Err("no way of pooling is named".into());
        }
        let mut width = self.pooling.len() * d;
        for dense in self.dense() {
            if dense.inputs != width || dense.outputs == 0 {
                let DenseConfig { inputs, outputs, .. } = dense;
                return Err(format!("a dense layer of {inputs} to {outputs} numbers follows on {width}"));
            }
            width = dense.outputs;
        }
        match &self.default_prompt {
            Some(name) if !self.prompts.contains_key(name) => Err(format!("the default prompt {name:?} is not there")),
            _ => Ok(()),
        }
    }
}

impl PoolingMode {
    /// States of `d` numbers each to one vector, without the first `skipped`; where none would be left, all are taken.
    pub(super) fn pool(self, states: &[f32], d: usize, skipped: usize) -> Vec<f32> {
        let skipped = if skipped * d < states.len() { skipped } else { 0 };
        let kept = &states[skipped * d..];
        let count = kept.len() / d;
        let column = |column: usize| kept.iter().skip(column).step_by(d).copied();
        let sum = |at: usize| column(at).map(f64::from).sum::<f64>();
        match self {
            Self::First => kept[..d].to_vec(),
            Self::Last => kept[kept.len() - d..].to_vec(),
            Self::Max => (0..d).map(|at| column(at).fold(f32::NEG_INFINITY, f32::max)).collect(),
            Self::Mean => (0..d).map(|at| (sum(at) / count as f64) as f32).collect(),
            Self::MeanSqrtLength => (0..d).map(|at| (sum(at) / (count as f64).sqrt()) as f32).collect(),
            Self::WeightedMean => {
                // Positions count from the beginning of the sequence, whatever is left out.
                let weights = || (skipped + 1..).map(|place| place as f64).take(count);
                let total: f64 = weights().sum();
                let weighted = |at| column(at).zip(weights()).map(|(x, w)| f64::from(x) * w).sum::<f64>();
                (0..d).map(|at| (weighted(at) / total) as f32).collect()
            }
        }
    }
}

impl Activation {
    pub(super) fn of(self, x: f64) -> f64 {
        match self {
            Self::Identity => x,
            Self::Tanh => x.tanh(),
            Self::Relu => x.max(0.0),
            Self::Sigmoid => 1.0 / (1.0 + (-x).exp()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three states of two numbers.
    const STATES: [f32; 6] = [1.0, 2.0, 3.0, -4.0, 5.0, 9.0];

    #[test]
    fn states_become_one_vector() {
        let all = |mode: PoolingMode| mode.pool(&STATES, 2, 0);
        assert_eq!(all(PoolingMode::First), [1.0, 2.0]);
        assert_eq!(all(PoolingMode::Last), [5.0, 9.0]);
        assert_eq!(all(PoolingMode::Max), [5.0, 9.0]);
        assert_eq!(all(PoolingMode::Mean), [3.0, (7.0f64 / 3.0) as f32]);
        assert_eq!(all(PoolingMode::MeanSqrtLength), [9.0, 7.0].map(|sum: f64| (sum / 3.0f64.sqrt()) as f32));
        assert_eq!(all(PoolingMode::WeightedMean), [22.0, 21.0].map(|sum: f64| (sum / 6.0) as f32));
    }

    #[test]
    fn a_prompt_may_be_left_out() {
        let rest = |mode: PoolingMode| mode.pool(&STATES, 2, 1);
        assert_eq!(rest(PoolingMode::First), [3.0, -4.0]);
        assert_eq!(rest(PoolingMode::Mean), [4.0, 2.5]);
        assert_eq!(rest(PoolingMode::WeightedMean), [21.0, 19.0].map(|sum: f64| (sum / 5.0) as f32));
        assert_eq!(
            PoolingMode::Mean.pool(&STATES, 2, 3),
            PoolingMode::Mean.pool(&STATES, 2, 0),
            "nothing would be left"
        );
    }

    #[test]
    fn layers_must_follow_on_each_other() {
        let dense =
            |inputs, outputs| Step::Dense(DenseConfig { inputs, outputs, bias: true, activation: Activation::Tanh });
        let config = |steps| EmbedConfig { steps, ..EmbedConfig::default() };
        let good = config(vec![dense(4, 3), Step::Normalize, dense(3, 2)]);
        assert_eq!((good.check(4), good.width(4)), (Ok(()), 2));
        assert!(config(vec![dense(4, 3), dense(4, 2)]).check(4).unwrap_err().contains("4 to 2 numbers follows on 3"));
        let unnamed = EmbedConfig { default_prompt: Some("query".into()), ..EmbedConfig::default() };
        assert!(unnamed.check(4).unwrap_err().contains("query"));
    }
}
