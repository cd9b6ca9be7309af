//! Models in the files of other programs: `transformers` in and out, GGUF out.
//!
//! Decoders of the families Qwen3, Qwen2 and Llama and encoders of BERT's family come in as checkpoints, and decoders go
//! out as what they are there. What cannot be said in the other program's terms is refused by name: a model that is
//! read wrongly would still answer.

mod card;
mod config;
mod export;
mod generation;
pub mod gguf;
mod heads;
mod import;
mod names;
mod overrides;
mod scoring;
mod sentence;
mod shards;
mod source;
mod templates;
#[cfg(test)]
mod tests;
mod tokens;

use std::path::PathBuf;

use cimiento_core::checkpoint::CheckpointError;
use cimiento_core::params::WeightsError;
use cimiento_core::tensors::TensorsError;
use cimiento_data::files::FileError;
use cimiento_data::tokenizer::TokenizerError;

pub use card::Note;
pub use config::{Class, Classes, Family, Own, Problem};
pub use export::{Export, export};
pub use generation::{Followed, Generation};
pub use import::{Import, Opened, open};

/// A model that cannot come in or go out.
#[derive(thiserror::Error, Debug)]
pub enum InterchangeError {
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file of tensors.
    #[error(transparent)]
    Tensors(#[from] TensorsError),
    /// A tokenizer.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
    /// A checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// A file that does not say what it should.
    #[error("{path}: {why}")]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// A setting that would be computed wrongly here.
    #[error("{path}: `{key}` is {value}, which is not supported: {instead}")]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// The key.
        key: String,
        /// Its value.
        value: String,
        /// What is.
        instead: String,
    },
    /// Weights that are not those of the model described.
    #[error("{path}: {source}")]
    Weights {
        /// The folder.
        path: PathBuf,
        /// How they differ.
        source: WeightsError,
    },
    /// A model that GGUF cannot express, or a file of it.
    #[error(transparent)]
    Gguf(#[from] gguf::GgufError),
    /// A model for which the other program has no words.
    #[error("{0}")]
    Inexpressible(String),
}
