//! Texts as tokens, and many of them as one batch.

use std::ops::Range;

use burn::tensor::{Device, Int, Tensor};
use cimiento_core::tokens::{self, BUDGET, Sequence, Tokens, indices};

/// A text as tokens, and its class.
#[derive(Clone, Debug)]
pub struct Example {
    /// The text as it was written.
    pub text: String,
    /// `[bos] text`, with nothing behind it: the state of the last token is what pretraining used to go on from here.
    pub sequence: Sequence,
    /// Index of its class, where one was asked for.
    pub gold: Option<usize>,
}

/// Packed texts on a device.
pub struct Batch {
    pub(crate) tokens: Tokens,
    /// Flat positions of the last token of each text that has a class.
    pub(crate) ends: Tensor<1, Int>,
    /// Their classes.
    pub(crate) targets: Tensor<1, Int>,
    /// How many tokens, padding left out.
    pub(crate) length: usize,
}

/// Lays the texts out in rows; the second part is the flat position of the last token of each.
pub(crate) fn pack(examples: &[Example], pad: u32, device: &Device) -> (Tokens, Vec<usize>) {
    let sequences: Vec<&Sequence> = examples.iter().map(|example| &example.sequence).collect();
    let (tokens, starts) = Tokens::pack(&sequences, pad, device);
    let ends = starts.iter().zip(&sequences).map(|(start, sequence)| start + sequence.ids.len() - 1).collect();
    (tokens, ends)
}

/// Lays out the texts that have a class.
pub(crate) fn batch(examples: &[Example], pad: u32, device: &Device) -> Batch {
    let (tokens, ends) = pack(examples, pad, device);
    let (ends, targets): (Vec<usize>, Vec<usize>) =
        ends.into_iter().zip(examples).filter_map(|(end, example)| Some((end, example.gold?))).unzip();
    let length = examples.iter().map(|example| example.sequence.ids.len()).sum();
    Batch { tokens, ends: indices(ends, device), targets: indices(targets, device), length }
}

/// Consecutive examples that are answered together.
pub(crate) fn runs(examples: &[Example]) -> Vec<Range<usize>> {
    tokens::runs(&examples.iter().map(|example| example.sequence.ids.len()).collect::<Vec<_>>(), BUDGET)
}
