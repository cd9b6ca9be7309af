//! Texts that a model made elsewhere came with, kept as they are.

use cimiento_data::files;

use super::error::CheckpointError;
use super::layout::{EMBEDDING, TEXTS, Texts};
use super::read::Checkpoint;

impl Checkpoint {
    /// One of the texts that a model made elsewhere came with: [`CHAT_TEMPLATE`](super::CHAT_TEMPLATE),
    /// [`CHAT_TEMPLATES`](super::CHAT_TEMPLATES) or [`GENERATION`](super::GENERATION).
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn text(&self, name: &str) -> Result<Option<String>, CheckpointError> {
        if !self.manifest.files.contains_key(name) {
            return Ok(None);
        }
        let bytes = files::read(&self.folder.join(name))?;
        let text = String::from_utf8(bytes).map_err(|_| self.damaged(name, "it is not UTF-8"))?;
        Ok(Some(text))
    }

    /// What a model says of writing: its chat templates and settings of generation.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn writing_texts(&self) -> Result<Texts, CheckpointError> {
        let mut texts = self.texts()?;
        texts.remove(EMBEDDING);
        Ok(texts)
    }

    /// All of those texts.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn texts(&self) -> Result<Texts, CheckpointError> {
        let read = |name: &str| Ok(self.text(name)?.map(|text| (name.to_string(), text)));
        TEXTS.into_iter().filter_map(|name| read(name).transpose()).collect()
    }
}
