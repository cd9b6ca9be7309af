//! A model on disk: a folder written whole or not at all, versioned, and checked before use.
//!
//! `docs/checkpoint.md` has the format. Tensors are safetensors files under the names that `transformers` uses.

mod embedding;
mod error;
mod layout;
mod manifest;
mod read;
mod state;
#[cfg(test)]
mod tests;
mod texts;
mod write;

pub use error::CheckpointError;
pub use layout::{
    CHAT_TEMPLATE, CHAT_TEMPLATES, GENERATION, PRETRAINING, Texts, VERSION, dense_name, step_folder, steps,
};
pub use manifest::{Card, Ending, Manifest, Progress, TaskCard, VocabularyCard};
pub use read::Checkpoint;
pub use state::{Flattened, TrainingState};
pub use write::{Copied, write, write_copied};
