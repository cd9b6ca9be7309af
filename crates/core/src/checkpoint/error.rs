//! What may be wrong with a checkpoint.

use std::path::PathBuf;

use cimiento_data::files::FileError;
use cimiento_data::tokenizer::TokenizerError;

use super::layout::{FIRST, VERSION};
use crate::params::WeightsError;
use crate::tensors::TensorsError;

/// A checkpoint that cannot be written or used.
#[derive(thiserror::Error, Debug)]
pub enum CheckpointError {
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file of tensors.
    #[error(transparent)]
    Tensors(#[from] TensorsError),
    /// Its tokenizer.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
    /// A list of names where a text is to be read.
    #[error("{path}: the ids of this model stand for names of a closed list: it reads no text")]
    Names {
        /// The list.
        path: PathBuf,
    },
    /// No checkpoint there.
    #[error("{path}: neither a checkpoint nor a run with one (looked for manifest.json, final/ and step-*/)")]
    None {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// Not what the manifest says.
    #[error("{path}: damaged checkpoint: {why}{}", .other.as_ref().map(|o| format!("; {} is the one before it", o.display())).unwrap_or_default())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not agree.
        why: String,
        /// An older checkpoint of the run.
        other: Option<PathBuf>,
    },
    /// Written by another version.
    #[error("{path}: checkpoint format {found}, this program reads formats {FIRST} and {VERSION}")]
    Version {
        /// The manifest.
        path: PathBuf,
        /// Its version.
        found: u64,
    },
    /// Weights that do not fit.
    #[error("{path}: {source}")]
    Weights {
        /// The file.
        path: PathBuf,
        /// How.
        source: WeightsError,
    },
    /// Made for something else.
    #[error("{path}: this is a {found} checkpoint, a {wanted} one is needed")]
    Kind {
        /// The checkpoint.
        path: PathBuf,
        /// What it is.
        found: String,
        /// What was asked for.
        wanted: String,
    },
    /// Task settings that this program does not know.
    #[error("{path}: the task's settings cannot be read: {why}")]
    Task {
        /// The manifest.
        path: PathBuf,
        /// Why.
        why: String,
    },
}
