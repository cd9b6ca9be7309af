//! Writing a checkpoint: a folder beside its place, filled, flushed and renamed.

use std::collections::BTreeMap;
use std::path::Path;

use burn::module::{Module, ModuleDisplay};

use super::error::CheckpointError;
use super::layout::{
    self, AVERAGE, BACKBONE, EMBEDDING, EMBEDDING_WEIGHTS, EMBEDDINGS, HEAD, MANIFEST, OPTIMIZER, VERSION,
};
use super::manifest::{Card, Manifest, Progress, VocabularyCard};
use super::read::Checkpoint;
use super::state::{Flattened, TrainingState};
use crate::embed::EmbedConfig;
use crate::metrics::Scores;
use crate::objective::Model;
use crate::params;
use crate::tensors::{self, Dtype, Output, TensorsError};
use cimiento_data::files::{self, Fingerprint, PendingDir};
use cimiento_data::vocabulary::Vocabulary;

/// Writes a checkpoint folder; one already there is replaced.
///
/// # Errors
/// A [`CheckpointError`]; what was there before is untouched then.
pub fn write<H: Module + ModuleDisplay>(
    folder: &Path,
    card: &Card,
    vocabulary: &Vocabulary,
    model: &Model<H>,
    progress: &Progress,
    scores: &Scores,
    state: Option<&TrainingState>,
) -> Result<(), CheckpointError> {
    let mut tensors = BTreeMap::from([EMBEDDINGS, BACKBONE, HEAD].map(|file| (file, BTreeMap::new())));
    for parameter in params::stored(&model.backbone) {
        let name = card.backbone.file_name(&parameter.name);
        tensors.entry(BACKBONE).or_default().insert(name, Output::new(&parameter, Dtype::F32));
    }
    for (file, parameters) in [(EMBEDDINGS, params::stored(&model.embeddings)), (HEAD, params::stored(&model.head))] {
        for parameter in parameters {
            tensors.entry(file).or_default().insert(parameter.name.clone(), Output::new(&parameter, Dtype::F32));
        }
    }
    if let Some(TrainingState { optimizer, average }) = state {
        let flat =
            |all: &Flattened| all.iter().map(|(name, values)| (name.clone(), Output::flat(values.clone()))).collect();
        tensors.insert(OPTIMIZER, flat(optimizer));
        tensors.insert(AVERAGE, flat(average));
    }
    write_files(folder, card, vocabulary, &tensors, progress, scores)
}

/// The files of a checkpoint by name, each with its tensors.
type Files<'a> = BTreeMap<&'static str, BTreeMap<String, Output<'a>>>;

/// A checkpoint whose weights lie in other files, under the names they have there.
pub struct Copied<'a> {
    /// The backbone's.
    pub backbone: BTreeMap<String, Output<'a>>,
    /// The head's.
    pub head: BTreeMap<String, Output<'a>>,
    /// How texts become vectors, if the model comes with that, and the weights of its layers.
    pub embedding: Option<(&'a EmbedConfig, BTreeMap<String, Output<'a>>)>,
}

/// Writes a checkpoint of what lies elsewhere.
///
/// # Errors
/// A [`CheckpointError`]; what was there before is untouched then.
pub fn write_copied(
    folder: &Path,
    card: &Card,
    vocabulary: &Vocabulary,
    copied: Copied,
) -> Result<(), CheckpointError> {
    let Copied { backbone, head, embedding } = copied;
    let mut card = card.clone();
    let mut tensors = BTreeMap::from([(EMBEDDINGS, BTreeMap::new()), (BACKBONE, backbone), (HEAD, head)]);
    if let Some((config, weights)) = embedding {
        let text = serde_json::to_string_pretty(config).expect("settings are plain data");
        card.texts.insert(EMBEDDING.into(), text);
        tensors.insert(EMBEDDING_WEIGHTS, weights);
    }
    write_files(folder, &card, vocabulary, &tensors, &Progress::default(), &Scores::default())
}

impl Checkpoint {
    /// Writes a copy that nobody goes on training from, its numbers stored as `dtype`. Scores are not taken along:
    /// they are those of the weights before rounding.
    ///
    /// # Errors
    /// A [`CheckpointError`]; what was there before is untouched then.
    pub fn copy(&self, folder: &Path, dtype: Dtype) -> Result<(), CheckpointError> {
        let manifest = self.manifest();
        let card = Card {
            kind: manifest.kind.clone(),
            identity: manifest.identity.clone(),
            backbone: manifest.backbone.clone(),
            task: manifest.task.clone(),
            lora: manifest.lora.clone(),
            origin: manifest.origin.clone(),
            data: manifest.data.clone(),
            texts: self.texts()?,
        };
        let mut files = vec![(BACKBONE, self.backbone_tensors()?), (HEAD, self.head_tensors()?)];
        if manifest.files.contains_key(EMBEDDING_WEIGHTS) {
            files.push((EMBEDDING_WEIGHTS, self.tensors(EMBEDDING_WEIGHTS)?));
        }
        if let Some(name) = self.embeddings_file() {
            files.push((name, self.tensors(name)?));
        }
        let mut tensors: Files = BTreeMap::from([(EMBEDDINGS, BTreeMap::new())]);
        for (name, file) in &files {
            let outputs = file.shapes().into_keys().map(|tensor| {
                let output = Output::copy(file, &tensor, Some(dtype))?;
                Ok((tensor, output))
            });
            tensors.insert(name, outputs.collect::<Result<_, TensorsError>>()?);
        }
        write_files(folder, &card, &self.vocabulary()?, &tensors, &manifest.progress, &Scores::default())
    }
}

fn write_files(
    folder: &Path,
    card: &Card,
    vocabulary: &Vocabulary,
    tensors: &Files<'_>,
    progress: &Progress,
    scores: &Scores,
) -> Result<(), CheckpointError> {
    let pending = PendingDir::new(folder)?;
    let mut files = BTreeMap::new();
    let (name, text) = (layout::vocabulary(vocabulary.kind()), vocabulary.to_json());
    let texts = card.texts.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    for (name, text) in texts.chain([(name, text.as_str())]) {
        files::write_atomic(&pending.path().join(name), text.as_bytes())?;
        let fingerprint = Fingerprint { bytes: text.len() as u64, blake3: files::hash_bytes(text.as_bytes()) };
        files.insert(name.to_string(), fingerprint);
    }
    for (name, tensors) in tensors {
        files.insert(name.to_string(), tensors::write(&pending.path().join(name), tensors)?);
    }
    let weights =
        [EMBEDDINGS, BACKBONE, HEAD].into_iter().filter_map(|name| tensors.get(name)).flat_map(BTreeMap::values);
    let manifest = Manifest {
        version: VERSION,
        kind: card.kind.clone(),
        identity: card.identity.clone(),
        backbone: card.backbone.clone(),
        task: card.task.clone(),
        lora: card.lora.clone(),
        origin: card.origin.clone(),
        data: card.data.clone(),
        parameters: weights.map(Output::len).sum(),
        vocabulary: VocabularyCard { kind: vocabulary.kind(), blake3: vocabulary.hash() },
        special: match vocabulary {
            Vocabulary::Text(tokenizer) => tokenizer.assigned().cloned(),
            Vocabulary::Names(_) => None,
        },
        progress: progress.clone(),
        scores: scores.clone(),
        files,
    };
    let text = serde_json::to_string_pretty(&manifest).expect("a manifest is plain data");
    files::write_atomic(&pending.path().join(MANIFEST), text.as_bytes())?;
    pending.commit()?;
    Ok(())
}
