//! The shape of an encoder of BERT's family, where it is not that of a decoder.

use serde::{Deserialize, Serialize};

/// What the shape of a decoder does not tell.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct EncoderConfig {
    /// Rows of the embedding that tells the parts of an input apart.
    pub types: usize,
    /// The row of the first position (RoBERTa counts from 2).
    pub first_position: usize,
    /// What the feed-forward layers' inner numbers pass through.
    #[serde(default, skip_serializing_if = "Activation::is_gelu")]
    pub activation: Activation,
    /// What earlier versions told the parts of an input apart by; sequences now carry their parts.
    #[serde(default, skip_serializing)]
    pub separator: Option<u32>,
}

/// The activation of an encoder's feed-forward layers.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// `x · Φ(x)` (Hendrycks and Gimpel 2016).
    #[default]
    Gelu,
    /// The same approximated by a hyperbolic tangent.
    GeluTanh,
    /// Negative numbers become 0.
    Relu,
}

impl Activation {
    fn is_gelu(&self) -> bool {
        *self == Self::Gelu
    }
}
