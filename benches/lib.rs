//! What the benchmarks share: the shapes they are measured at.

use cimiento_core::backbone::{BackboneConfig, Preset, ShapeConfig};

/// Tokens of the vocabulary of the nano backbone.
pub const VOCAB: usize = 4096;

/// A preset with a vocabulary of `vocab` tokens and rows of up to `context`.
pub fn shape(preset: Preset, vocab: usize, context: usize) -> BackboneConfig {
    ShapeConfig { preset, context, ..Default::default() }.resolve(vocab).expect("a preset fits")
}
