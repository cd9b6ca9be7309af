//! Texts as tokens, and many of them as one batch.

use std::ops::Range;

use burn::tensor::{Device, Int, Tensor};
use cimiento_core::backbone::BackboneConfig;
use cimiento_core::tokens::{self, BUDGET, Sequence, Tokens, indices};

/// A text as tokens, and its class.
#[derive(Clone, Debug)]
pub struct Example {
    /// The text as it was written.
    pub text: String,
    /// `[bos] text`, with nothing behind it: the state of the last token is what pretraining used to go on from here. An
    /// encoder's is `[CLS] text [SEP]`.
    pub sequence: Sequence,
    /// Index of its class, where one was asked for.
    pub gold: Option<usize>,
}

/// Packed texts on a device.
pub struct Batch {
    pub(crate) tokens: Tokens,
    /// Of each text that has a class.
    pub(crate) places: Places,
    /// Their classes.
    pub(crate) targets: Tensor<1, Int>,
    /// How many tokens, padding left out.
    pub(crate) length: usize,
}

/// Flat positions of the first and of the last token of some texts.
pub(crate) struct Places {
    first: Tensor<1, Int>,
    last: Tensor<1, Int>,
}

impl Places {
    /// Where this backbone sums up a text.
    pub(crate) fn of(&self, backbone: &BackboneConfig) -> Tensor<1, Int> {
        if backbone.sums_up_first() { self.first.clone() } else { self.last.clone() }
    }
}

/// Lays texts out in rows.
pub(crate) fn pack<'a>(examples: impl Iterator<Item = &'a Example>, pad: u32, device: &Device) -> (Tokens, Places) {
    let sequences: Vec<&Sequence> = examples.map(|example| &example.sequence).collect();
    let (tokens, starts) = Tokens::pack(&sequences, pad, device);
    let ends = starts.iter().zip(&sequences).map(|(start, sequence)| start + sequence.ids.len() - 1);
    let places = Places { last: indices(ends, device), first: indices(starts.iter().copied(), device) };
    (tokens, places)
}

/// Lays out the texts that have a class.
pub(crate) fn batch(examples: &[Example], pad: u32, device: &Device) -> Batch {
    let known = || examples.iter().filter(|example| example.gold.is_some());
    let (tokens, places) = pack(known(), pad, device);
    let length = known().map(|example| example.sequence.ids.len()).sum();
    Batch { tokens, places, targets: indices(known().filter_map(|example| example.gold), device), length }
}

/// Consecutive examples that are answered together.
pub(crate) fn runs(examples: &[Example]) -> Vec<Range<usize>> {
    tokens::runs(&examples.iter().map(|example| example.sequence.ids.len()).collect::<Vec<_>>(), BUDGET)
}
