//! What scores of texts count.

use serde::{Deserialize, Serialize};

/// What a score of two texts counts.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "lowercase")]
pub enum Counted {
    /// What the official scorer does, which is made for English.
    #[default]
    Official,
    /// Words of any script; in scripts without spaces between words each letter.
    Words,
    /// Each character by itself.
    Characters,
}
