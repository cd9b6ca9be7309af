//! A model that goes out, and how.

use cimiento_core::checkpoint::Checkpoint;
use cimiento_core::tensors::Dtype;

use super::class::Class;

/// Something a user of the exported class should know.
pub type Note = String;

/// What goes out, and how.
pub struct Export<'a> {
    /// The model.
    pub checkpoint: &'a Checkpoint,
    /// The class it becomes.
    pub class: Class,
    /// How its numbers are stored.
    pub dtype: Dtype,
    /// Files of tensors are cut at this many bytes.
    pub shard_bytes: usize,
    /// Its name in the model card.
    pub name: String,
    /// What a user of the class should know.
    pub notes: Vec<Note>,
}
