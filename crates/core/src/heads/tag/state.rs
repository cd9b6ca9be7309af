//! What the training records tell of types and tags.

use serde::{Deserialize, Serialize};

use super::scheme::Scheme;

/// What the training records tell.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct State {
    /// The types of spans, sorted.
    pub types: Vec<String>,
    /// How their tags were written; absent where there were spans and no tags.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheme: Option<Scheme>,
}

impl State {
    /// Tags of the scheme IOB2: `O`, then `B-` and `I-` of each type.
    pub fn tags(&self) -> usize {
        1 + 2 * self.types.len()
    }

    /// The names of the tags.
    pub fn tag_names(&self) -> Vec<String> {
        let both = self.types.iter().flat_map(|name| [format!("B-{name}"), format!("I-{name}")]);
        std::iter::once("O".to_owned()).chain(both).collect()
    }
}
