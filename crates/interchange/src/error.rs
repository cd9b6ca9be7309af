//! Why a model cannot come in or go out.

use std::path::PathBuf;

use cimiento_core::checkpoint::CheckpointError;
use cimiento_core::params::WeightsError;
use cimiento_core::tensors::TensorsError;
use cimiento_data::files::FileError;
use cimiento_data::tokenizer::TokenizerError;

use super::gguf::GgufError;

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
    Gguf(#[from] GgufError),
    /// A model for which the other program has no words.
    #[error("{0}")]
    Inexpressible(String),
}
