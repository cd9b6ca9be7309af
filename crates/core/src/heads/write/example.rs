//! A source ready to be continued with its target, and many of them as batches.

use std::ops::Range;

use burn::tensor::Device;
use rand::RngExt;
use rand::rngs::StdRng;

use crate::language::{LanguageBatch, Layout, Part};
use crate::tokens::{BUDGET, Sequence};

/// A source ready to be continued with its target.
#[derive(Clone, Debug)]
pub struct Example {
    /// The source as it was written.
    pub source: String,
    /// Its targets as they were written, where they were asked for.
    pub references: Vec<String>,
    /// `[bos] source [sep]`, all of which sees itself.
    pub prompt: Sequence,
    /// For each target its tokens and `[eos]`, the latter only where nothing was cut off.
    pub targets: Vec<Vec<u32>>,
}

impl Example {
    /// The prompt with `target` after it, which is predicted.
    pub fn layout(&self, target: &[u32]) -> Layout {
        Layout::of(&[Part::Read(&self.prompt.ids), Part::Written(target)], self.prompt.attend)
    }
}

/// Draws one target of each example that has any, and lays them out.
pub(super) fn batch(examples: &[Example], pad: u32, rng: &mut StdRng, device: &Device) -> LanguageBatch {
    let known = examples.iter().filter(|example| !example.targets.is_empty());
    let laid: Vec<Layout> =
        known.map(|example| example.layout(&example.targets[rng.random_range(0..example.targets.len())])).collect();
    LanguageBatch::pack(&laid.iter().collect::<Vec<_>>(), pad, device)
}

/// Orders examples by length, so that little is padded, and cuts the order into runs of at most [`BUDGET`] tokens,
/// `written` for each text included.
pub(super) fn runs(examples: &[Example], written: usize) -> (Vec<usize>, Vec<Range<usize>>) {
    let length = |index: usize| examples[index].prompt.ids.len() + written;
    let mut order: Vec<usize> = (0..examples.len()).collect();
    order.sort_by_key(|&index| length(index));
    let mut runs = Vec::new();
    let mut start = 0;
    for (at, &index) in order.iter().enumerate() {
        // The longest so far is the last: all rows of a run are padded to it.
        if at > start && (at + 1 - start) * length(index) > BUDGET {
            runs.push(start..at);
            start = at;
        }
    }
    if start < order.len() {
        runs.push(start..order.len());
    }
    (order, runs)
}
