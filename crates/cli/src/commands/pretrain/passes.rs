//! How long a text of some size is trained on.

use std::fs;

use cimiento_data::records::Source;
use miette::{IntoDiagnostic, Result};

/// Bytes of English a token of a small vocabulary stands for, about.
const BYTES_A_TOKEN: u64 = 3;
/// Times that a text is read, if it is small.
const PASSES: u64 = 4;
/// Tokens of a step: the default of `batch.tokens_per_step`.
pub const TOKENS_A_STEP: u64 = 4096;
/// The fewest steps in which a model learns anything.
const FEWEST: u64 = 200;
/// After so many passes a text teaches nothing more, and is learned by heart.
const MOST_PASSES: f64 = 40.0;

/// What suits a text.
pub struct Suited {
    /// About so many tokens.
    pub tokens: u64,
    /// Steps of training.
    pub steps: u64,
    /// Entries of the vocabulary.
    pub vocabulary: u64,
}

/// Of a text of so many bytes, trained on for `most` steps or fewer.
pub fn suited(bytes: u64, most: u64) -> Suited {
    let tokens = bytes / BYTES_A_TOKEN;
    let steps = (tokens * PASSES / TOKENS_A_STEP).clamp(FEWEST, most);
    Suited { tokens, steps, vocabulary: (tokens / 200).clamp(512, 4096) }
}

/// Bytes of all files of sources that are here.
///
/// # Errors
/// If they are not.
pub fn bytes<'a>(sources: impl IntoIterator<Item = &'a Source>) -> Result<u64> {
    let mut bytes = 0;
    for source in sources {
        for file in source.files().into_diagnostic()? {
            bytes += fs::metadata(&file).into_diagnostic()?.len();
        }
    }
    Ok(bytes)
}

/// What to say of so many passes over a text, if they are too many.
pub fn warning(steps: u64, tokens_a_step: u64, tokens: u64) -> Option<String> {
    let passes = (steps * tokens_a_step) as f64 / tokens.max(1) as f64;
    (passes > MOST_PASSES).then(|| {
        let enough = (tokens * PASSES).div_ceil(tokens_a_step.max(1)).max(1);
        format!(
            "{steps} steps are {passes:.0} passes over the text, which is learned by heart: give more text, or fewer steps \
             (train.steps = {enough} is {PASSES} passes)"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_texts_are_trained_on_for_fewer_steps() {
        assert_eq!(suited(9_000, 1000).steps, 200);
        assert_eq!(suited(1_536_000, 1000).steps, 500);
        assert_eq!(suited(100_000_000, 1000).steps, 1000);
        assert_eq!(suited(9_000, 1000).vocabulary, 512);
    }

    #[test]
    fn too_many_passes_are_told() {
        assert!(warning(1000, 4096, 6000).unwrap().starts_with("1000 steps are 683 passes"));
        assert!(warning(1000, 4096, 6000).unwrap().contains("train.steps = 6 is 4 passes"));
        assert_eq!(warning(1000, 4096, 1_000_000), None);
    }
}
