//! Texts that a model made elsewhere came with, kept as they are.

use std::collections::BTreeMap;

use super::embedding::EMBEDDING;
use super::{Checkpoint, CheckpointError};
use cimiento_data::files;

/// How a conversation becomes a prompt, in Jinja.
pub const CHAT_TEMPLATE: &str = "chat_template.jinja";
/// Templates beside that one, by name.
pub const CHAT_TEMPLATES: &str = "chat_templates.json";
/// How texts are written unless something else is wanted, as `transformers` has it.
pub const GENERATION: &str = "generation_config.json";
/// Texts of models made elsewhere that a checkpoint may hold.
const TEXTS: [&str; 4] = [CHAT_TEMPLATE, CHAT_TEMPLATES, GENERATION, EMBEDDING];

/// Such texts, by the name of their file.
pub type Texts = BTreeMap<String, String>;

impl Checkpoint {
    /// One of the texts that a model made elsewhere came with: [`CHAT_TEMPLATE`], [`CHAT_TEMPLATES`] or [`GENERATION`].
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
