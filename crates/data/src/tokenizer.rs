//! Text to token ids and back: byte-level byte-pair encoding (Sennrich et al. 2016; Radford et al. 2019).
//!
//! Any UTF-8 survives the round trip, because the vocabulary contains all 256 bytes. The file is the `tokenizer.json`
//! of Hugging Face, so Python's `tokenizers` and `transformers` open it too. Models made elsewhere bring tokenizers of
//! other kinds, which are used as they are. Only these files know the crate `tokenizers`.
//!
//! ```
//! use cimiento_data::tokenizer::Tokenizer;
//! let texts = ["the miller grinds the corn", "the baker bakes the bread"];
//! let tokenizer = Tokenizer::train(texts.iter().map(|t| t.to_string()), 300)?;
//! let ids = tokenizer.encode("the bread [mask] 🌾");
//! assert_eq!(tokenizer.decode(&ids), "the bread [mask] 🌾");
//! # Ok::<(), cimiento_data::tokenizer::TokenizerError>(())
//! ```

mod bytes;
mod contents;
mod error;
mod fast;
mod foreign;
mod model;
mod pair;
mod pieces;
mod roles;
mod sound;
mod stream;
#[cfg(test)]
mod tests;
mod text;
mod two_texts;
mod vocabulary;
mod whole;

pub use bytes::Kind;
pub use contents::{Contents, Pattern, Token, Unnamed};
pub use error::TokenizerError;
pub use foreign::{Hint, Hints};
pub use model::{Encoded, Tokenizer};
pub use pair::Pair;
pub use roles::{Assigned, Special};
pub use stream::TextStream;
