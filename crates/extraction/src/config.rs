//! What a user may set.

use cimiento_core::heads::tag::{Asked, Settings};
use serde::{Deserialize, Serialize};

/// What a user may set.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// How the tags of the data say where entities begin and end.
    pub scheme: Asked,
    /// The names of tags that the data give as numbers, from 0.
    pub tag_names: Vec<String>,
    /// Whether features of words (letters, shape, neighbours) are scored beside the states of the backbone.
    pub word_features: bool,
    /// Rows of the table of their scores.
    pub buckets: usize,
    /// Whether it is learned which tag follows which.
    pub transitions: bool,
    /// Share of the words that the backbone does not see while training.
    pub word_dropout: f64,
    /// Share of the word features that are left out while training.
    pub feature_dropout: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            scheme: Asked::Auto,
            tag_names: Vec::new(),
            word_features: true,
            buckets: 1 << 17,
            transitions: true,
            word_dropout: 0.1,
            feature_dropout: 0.1,
        }
    }
}

impl Config {
    /// The settings of the head.
    pub(crate) fn settings(&self) -> Settings {
        Settings {
            scheme: self.scheme,
            buckets: if self.word_features { self.buckets } else { 0 },
            transitions: self.transitions,
            word_dropout: self.word_dropout,
            feature_dropout: if self.word_features { self.feature_dropout } else { 0.0 },
        }
    }

    /// What is wrong with it, naming the key.
    pub(crate) fn validate(&self) -> Result<(), String> {
        for (key, share) in [("word_dropout", self.word_dropout), ("feature_dropout", self.feature_dropout)] {
            if !(0.0..1.0).contains(&share) {
                return Err(format!("{key} = {share} must lie in [0, 1)"));
            }
        }
        if !(1..=1 << 24).contains(&self.buckets) {
            let buckets = self.buckets;
            return Err(format!("buckets = {buckets} must lie in 1 to 16777216; word_features = false has no table"));
        }
        let wrong = |name: &&String| !(name.eq_ignore_ascii_case("o") || name.contains('-'));
        if let Some(name) = self.tag_names.iter().find(wrong) {
            return Err(format!("tag_names: {name:?} is no tag; tags are O or a prefix and a type, as in B-place"));
        }
        let mut sorted: Vec<&String> = self.tag_names.iter().collect();
        sorted.sort_unstable();
        match sorted.windows(2).find(|two| two[0] == two[1]) {
            Some(two) => Err(format!("tag_names has {:?} twice", two[0])),
            None => Ok(()),
        }
    }
}
