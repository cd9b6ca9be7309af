//! The files of a checkpoint, and the folders of a run.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use cimiento_data::vocabulary::VocabularyKind;

/// The format this program writes. It also reads the first.
pub const VERSION: u32 = 2;
/// The first format: a text vocabulary, and no file for the embeddings of patches.
pub(super) const FIRST: u32 = 1;

/// What a pretraining checkpoint calls itself.
pub const PRETRAINING: &str = "pretraining";

pub(super) const MANIFEST: &str = "manifest.json";
pub(super) const TOKENIZER: &str = "tokenizer.json";
pub(super) const NAMES: &str = "names.json";
pub(super) const EMBEDDINGS: &str = "embeddings.safetensors";
pub(super) const BACKBONE: &str = "backbone.safetensors";
pub(super) const HEAD: &str = "head.safetensors";
pub(super) const OPTIMIZER: &str = "optimizer.safetensors";
pub(super) const AVERAGE: &str = "average.safetensors";
pub(super) const EMBEDDING: &str = "embedding.json";
pub(super) const EMBEDDING_WEIGHTS: &str = "embedding.safetensors";
/// How a conversation becomes a prompt, in Jinja.
pub const CHAT_TEMPLATE: &str = "chat_template.jinja";
/// Templates beside that one, by name.
pub const CHAT_TEMPLATES: &str = "chat_templates.json";
/// How texts are written unless something else is wanted, as `transformers` has it.
pub const GENERATION: &str = "generation_config.json";
/// Texts of models made elsewhere that a checkpoint may hold.
pub(super) const TEXTS: [&str; 4] = [CHAT_TEMPLATE, CHAT_TEMPLATES, GENERATION, EMBEDDING];

/// Such texts, by the name of their file.
pub type Texts = BTreeMap<String, String>;

/// The file of a vocabulary.
pub(super) fn vocabulary(kind: VocabularyKind) -> &'static str {
    match kind {
        VocabularyKind::Text => TOKENIZER,
        VocabularyKind::Names => NAMES,
    }
}

/// The folder of a step of a run.
pub fn step_folder(run: &Path, step: u64) -> PathBuf {
    run.join(format!("step-{step:06}"))
}

/// The steps a run has kept, oldest first.
pub fn steps(run: &Path) -> Vec<(u64, PathBuf)> {
    let mut found: Vec<(u64, PathBuf)> = fs::read_dir(run)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let step = entry.file_name().to_str()?.strip_prefix("step-")?.parse().ok()?;
            entry.path().join(MANIFEST).is_file().then(|| (step, entry.path()))
        })
        .collect();
    found.sort();
    found
}

/// The name of a tensor of a dense layer of [`Checkpoint::embedding`](super::Checkpoint::embedding).
pub fn dense_name(number: usize, part: &str) -> String {
    format!("dense.{number}.{part}")
}
