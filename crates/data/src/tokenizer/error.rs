//! What can be wrong with a tokenizer.

use crate::files::FileError;

/// Why a tokenizer could not be trained, opened or saved.
#[derive(Debug, thiserror::Error)]
pub enum TokenizerError {
    /// The file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The vocabulary asked for has no room for what every vocabulary contains.
    #[error("a vocabulary of {asked} is too small: 256 bytes and {special} special tokens need at least {least}")]
    TooSmall {
        /// The size asked for.
        asked: usize,
        /// How many special tokens there are.
        special: usize,
        /// The smallest possible size.
        least: usize,
    },
    /// There was no text to learn from.
    #[error("there is no text to train the tokenizer on")]
    NoText,
    /// The `tokenizers` library failed.
    #[error("training the tokenizer failed: {message}")]
    Training {
        /// The library's own words.
        message: String,
    },
    /// Not a tokenizer file.
    #[error("{origin}: not a tokenizer.json: {message}")]
    Format {
        /// Where the JSON came from.
        origin: String,
        /// What is wrong, with line and column.
        message: String,
    },
    /// A tokenizer of another kind, whose text does not survive the round trip.
    #[error(
        "{origin}: not a byte-level tokenizer (its {lacks}); only a byte-level one keeps every text as it is. \
         Name one such as GPT-2's or Qwen's, or train one on your own text"
    )]
    NotByteLevel {
        /// Where the JSON came from.
        origin: String,
        /// What is missing for it to be byte-level.
        lacks: String,
    },
    /// A role has no token.
    #[error(
        "{origin}: no special token for the role `{role}`; looked for {}. Add one of them to the file's \
         added_tokens, or train a tokenizer on your own text", looked_for.join(", ")
    )]
    MissingRole {
        /// Where the JSON came from.
        origin: String,
        /// The role: pad, bos, eos, mask or sep.
        role: &'static str,
        /// The names it may have.
        looked_for: Vec<&'static str>,
    },
    /// The mask token does something else too, so that a masked text could not be told from a plain one.
    #[error("{origin}: the mask token has the id {id} of another role; it needs an id of its own")]
    SharedMask {
        /// Where the JSON came from.
        origin: String,
        /// The id.
        id: u32,
    },
}
