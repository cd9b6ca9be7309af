//! Texts that a model made elsewhere came with, kept as they are.

use std::collections::BTreeMap;

use super::embedding::EMBEDDING;
use super::{Checkpoint, CheckpointError};
use crate::files;

/// How a conversation becomes a prompt, in Jinja.
pub const CHAT_TEMPLATE: &str = "chat_template.jinja";
/// Templates beside that one, by name.
pub const CHAT_TEMPLATES: &str = "chat_templates.json";
/// How texts are written unless something else is wanted, as `transformers` has it.
pub const GENERATION: &str = "generation_config.json";
/// Texts of models made elsewhere that a checkpoint may hold.
const TEXTS: [&str; 4] = [CHAT_TEMPLATE, CHAT_TEMPLATES, GENERATION, EMBEDDING];

/// Such texts, by the name of their file.
pub(crate) type Texts = BTreeMap<&'static str, String>;

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

    /// All of those texts.
    pub(crate) fn texts(&self) -> Result<Texts, CheckpointError> {
        let read = |name| Ok(self.text(name)?.map(|text| (name, text)));
        TEXTS.into_iter().filter_map(|name| read(name).transpose()).collect()
    }
}
