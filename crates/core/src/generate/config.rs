//! How texts are written.

use serde::{Deserialize, Serialize};

/// How texts are written.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct GenerateConfig {
    /// Tokens written at most.
    pub max_tokens: usize,
    /// No end before this many tokens.
    pub min_tokens: usize,
    /// No run of this many tokens is written twice, or once more where a prompt that is continued has it; 0 allows any.
    pub no_repeat_ngram: usize,
    /// Tokens that were read or written before become less likely: a logit above 0 is divided by this, one below is
    /// multiplied (Keskar et al. 2019); 1 changes nothing.
    #[serde(skip_serializing_if = "is_one")]
    pub repetition_penalty: f64,
    /// A text ends before the first of these strings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<String>,
    /// How the next token is chosen.
    pub strategy: Strategy,
}

impl Default for GenerateConfig {
    fn default() -> Self {
        Self {
            max_tokens: 64,
            min_tokens: 0,
            no_repeat_ngram: 0,
            repetition_penalty: 1.0,
            stop: Vec::new(),
            strategy: Strategy::Greedy,
        }
    }
}

// What changes nothing is left out, so that a run begun before there was such a key can go on.

fn is_one(number: &f64) -> bool {
    *number == 1.0
}

fn is_zero(number: &f64) -> bool {
    *number == 0.0
}

fn is_none(number: &usize) -> bool {
    *number == 0
}

/// How the next token is chosen.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Default)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Strategy {
    /// Always the likeliest.
    #[default]
    Greedy,
    /// Drawn by probability.
    Sample(SampleConfig),
    /// The likeliest whole text a beam finds.
    Beam(BeamConfig),
}

/// Drawing by probability.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct SampleConfig {
    /// Below 1 sharpens, above 1 flattens.
    pub temperature: f64,
    /// Draw from this many of the likeliest tokens (Fan et al. 2018); 0 takes all.
    #[serde(skip_serializing_if = "is_none")]
    pub top_k: usize,
    /// Draw from the fewest tokens whose probabilities reach this sum (nucleus sampling, Holtzman et al. 2020).
    pub top_p: f64,
    /// Leave out tokens less likely than this share of the likeliest one's probability (Nguyen et al. 2024); 0 takes all.
    #[serde(skip_serializing_if = "is_zero")]
    pub min_p: f64,
}

impl Default for SampleConfig {
    fn default() -> Self {
        Self { temperature: 0.8, top_k: 0, top_p: 0.95, min_p: 0.0 }
    }
}

/// Beam search.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct BeamConfig {
    /// Texts kept at each step.
    pub width: usize,
    /// A text's log-probability is divided by its length to this power: above 0 favours longer texts.
    pub length_penalty: f64,
}

impl Default for BeamConfig {
    fn default() -> Self {
        Self { width: 4, length_penalty: 1.0 }
    }
}

impl GenerateConfig {
    /// Checks that the numbers make sense together.
    ///
    /// # Errors
    /// What is wrong, naming the key.
    pub fn validate(&self) -> Result<(), String> {
        if self.max_tokens == 0 {
            return Err("generation.max_tokens is 0: give a positive number".into());
        }
        if self.min_tokens > self.max_tokens {
            return Err(format!(
                "generation.min_tokens = {} is above generation.max_tokens = {}",
                self.min_tokens, self.max_tokens
            ));
        }
        if !(self.repetition_penalty > 0.0 && self.repetition_penalty.is_finite()) {
            return Err(format!("generation.repetition_penalty = {} must be above 0", self.repetition_penalty));
        }
        if self.stop.iter().any(String::is_empty) {
            return Err("generation.stop holds an empty string, with which every text would end at once".into());
        }
        match &self.strategy {
            Strategy::Greedy => Ok(()),
            Strategy::Sample(s) if !(s.temperature > 0.0 && s.temperature.is_finite()) => {
                Err(format!("generation.strategy.sample.temperature = {} must be above 0", s.temperature))
            }
            Strategy::Sample(s) if !(s.top_p > 0.0 && s.top_p <= 1.0) => {
                Err(format!("generation.strategy.sample.top_p = {} must lie in (0, 1]", s.top_p))
            }
            Strategy::Sample(s) if !(0.0..=1.0).contains(&s.min_p) => {
                Err(format!("generation.strategy.sample.min_p = {} must lie in [0, 1]", s.min_p))
            }
            Strategy::Sample(_) => Ok(()),
            Strategy::Beam(b) if b.width == 0 => {
                Err("generation.strategy.beam.width is 0: give a positive number".into())
            }
            Strategy::Beam(b) if !b.length_penalty.is_finite() => {
                Err("generation.strategy.beam.length_penalty must be a finite number".into())
            }
            Strategy::Beam(_) => Ok(()),
        }
    }
}
