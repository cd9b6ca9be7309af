//! Text as rows of tokens to learn from.
//!
//! Each source is tokenised once, as a stream and in parallel, into files under a cache folder, which are then mapped
//! into memory: neither the text nor the tokens have to fit in it. A folder `<source>-<key>/` holds, for each split,
//! `<split>.tokens` (ids, little-endian, two bytes each when the vocabulary allows it, else four) and `<split>.ends`
//! (where each document ends, in tokens, eight bytes each), and `manifest.json`, which says what they were made from
//! and what they hash to. The key is the hash of what they were made from: the same input is found again, another
//! input makes another folder, and damaged files are made anew. A tokenizer trained on a corpus lies beside them, as
//! `tokenizer-<key>.json`. Deleting the cache costs only time.
//!
//! A document is stored as `[bos] tokens… [eos]`. Rows are the consecutive slices of equal length of a source's
//! documents laid end to end.

mod batches;
mod build;
mod config;
mod documents;
mod error;
pub mod examine;
mod filter;
mod fingerprints;
mod held_out;
mod left_out;
mod marks;
mod prepared;
mod progress;
mod sample;
mod split;
mod store;
#[cfg(test)]
mod tests;
mod vocabulary;
mod windows;

pub use config::{CorpusConfig, CorpusSource};
pub use error::CorpusError;
pub use held_out::{HeldOut, held_out};
pub use left_out::LeftOut;
pub use marks::Marks;
pub use prepared::{Corpus, CorpusInputs, SourceStatistics};
pub use progress::{Progress, Stage};
pub use sample::{texts, train_tokenizer};
pub use split::Split;
pub use store::Counts;
pub use vocabulary::{find_or_train_tokenizer, find_tokenizer};
pub use windows::{Window, Windows};
