//! Opening a checkpoint, and making a model of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use cimiento_data::files;
use cimiento_data::order;
use cimiento_data::tokenizer::Tokenizer;
use cimiento_data::vocabulary::{Names, Vocabulary, VocabularyKind};

use super::error::CheckpointError;
use super::layout::{self, AVERAGE, BACKBONE, EMBEDDINGS, FIRST, HEAD, MANIFEST, OPTIMIZER, VERSION, steps};
use super::manifest::Manifest;
use super::state::{Flattened, TrainingState};
use crate::backbone::Backbone;
use crate::embeddings::PatchEmbeddings;
use crate::objective::{Model, Objective};
use crate::params::{self, WeightsError};
use crate::tensors::{self, TensorFile, TensorsError};

/// A checkpoint whose files are all there and are what its manifest says.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    pub(super) folder: PathBuf,
    pub(super) manifest: Manifest,
}

impl Checkpoint {
    /// Opens a checkpoint folder, or the one of a run: `final/` if the run has ended, else the newest step.
    ///
    /// # Errors
    /// [`CheckpointError`]: none there, damaged (naming the one before it), or of another version.
    pub fn open(path: &Path) -> Result<Self, CheckpointError> {
        if path.join(MANIFEST).is_file() {
            return Self::read(path, None);
        }
        let end = path.join("final");
        if end.join(MANIFEST).is_file() {
            return Self::read(&end, None);
        }
        Self::latest(path)?.ok_or_else(|| CheckpointError::None { path: path.to_path_buf() })
    }

    /// The newest step of a run, from which it can go on.
    ///
    /// # Errors
    /// If the newest is damaged; the message names the one before it.
    pub fn latest(run: &Path) -> Result<Option<Self>, CheckpointError> {
        let mut steps = steps(run);
        let Some((_, newest)) = steps.pop() else { return Ok(None) };
        Self::read(&newest, steps.pop().map(|(_, folder)| folder)).map(Some)
    }

    fn read(folder: &Path, other: Option<PathBuf>) -> Result<Self, CheckpointError> {
        let path = folder.join(MANIFEST);
        let damaged =
            |path: &Path, why: String| CheckpointError::Damaged { path: path.to_path_buf(), why, other: other.clone() };
        let bytes = files::read(&path)?;
        let value: serde_json::Value =
            serde_json::from_slice(&bytes).map_err(|e| damaged(&path, format!("not JSON ({e})")))?;
        match value.get("version").and_then(serde_json::Value::as_u64) {
            Some(version) if [FIRST, VERSION].map(u64::from).contains(&version) => {}
            Some(found) => return Err(CheckpointError::Version { path, found }),
            None => return Err(damaged(&path, "it has no version".into())),
        }
        let manifest = Manifest::parse(value).map_err(|e| damaged(&path, e.to_string()))?;
        let vocabulary = layout::vocabulary(manifest.vocabulary.kind);
        let embeddings = (manifest.version > FIRST).then_some(EMBEDDINGS);
        for required in [vocabulary, BACKBONE, HEAD].into_iter().chain(embeddings) {
            if !manifest.files.contains_key(required) {
                return Err(damaged(&path, format!("it does not list {required}")));
            }
        }
        for (name, expected) in &manifest.files {
            let file = folder.join(name);
            if Path::new(name).components().count() != 1 || !file.is_file() {
                return Err(damaged(&file, "the file is missing".into()));
            }
            // What lies elsewhere is not part of the folder, and may change without it.
            if file.is_symlink() {
                return Err(damaged(&file, "it is a link, and a checkpoint holds its files itself".into()));
            }
            let found = files::hash_file(&file)?;
            if found.bytes != expected.bytes {
                return Err(damaged(&file, format!("{} bytes, the manifest says {}", found.bytes, expected.bytes)));
            }
            if found != *expected {
                return Err(damaged(&file, "its checksum is not the manifest's".into()));
            }
        }
        let stored = TensorFile::open(&folder.join(BACKBONE))?.numbers();
        manifest.backbone.check(manifest.lora.as_ref(), stored).map_err(|why| damaged(&path, why))?;
        Ok(Self { folder: folder.to_path_buf(), manifest })
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What it says of itself.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// What its ids stand for.
    ///
    /// # Errors
    /// If it cannot be read, or is not the one the manifest names.
    pub fn vocabulary(&self) -> Result<Vocabulary, CheckpointError> {
        let kind = self.manifest.vocabulary.kind;
        let name = layout::vocabulary(kind);
        let path = self.folder.join(name);
        let vocabulary = match kind {
            VocabularyKind::Text => Vocabulary::Text(Tokenizer::open(&path, self.manifest.special.clone())?),
            VocabularyKind::Names => {
                let text = String::from_utf8(files::read(&path)?).map_err(|_| self.damaged(name, "it is not UTF-8"))?;
                Vocabulary::Names(Names::from_json(&text).map_err(|why| self.damaged(name, &why))?)
            }
        };
        if vocabulary.hash() != self.manifest.vocabulary.blake3 || vocabulary.size() > self.manifest.backbone.vocab_size
        {
            let what = match kind {
                VocabularyKind::Text => "tokenizer",
                VocabularyKind::Names => "list of names",
            };
            return Err(self.damaged(name, &format!("it is not the {what} of these weights")));
        }
        Ok(vocabulary)
    }

    /// The tokenizer of a model that reads text.
    ///
    /// # Errors
    /// If its ids stand for names, and as [`Checkpoint::vocabulary`].
    pub fn tokenizer(&self) -> Result<Tokenizer, CheckpointError> {
        match self.vocabulary()? {
            Vocabulary::Text(tokenizer) => Ok(tokenizer),
            Vocabulary::Names(_) => {
                Err(CheckpointError::Names { path: self.folder.join(layout::vocabulary(VocabularyKind::Names)) })
            }
        }
    }

    /// The backbone, on `device`.
    ///
    /// # Errors
    /// If the tensors are not those the shape needs.
    pub fn backbone(&self, device: &Device) -> Result<Backbone, CheckpointError> {
        let blank = self.manifest.backbone.blank(device);
        Ok(match &self.manifest.lora {
            None => self.fill_backbone(blank)?,
            Some(lora) => {
                let adapted = blank.with_lora(lora, &mut order::rng(0, 0, 0), device);
                let adapted = adapted.map_err(|why| self.damaged(MANIFEST, &why))?;
                self.fill_backbone(adapted)?.merged()
            }
        })
    }

    /// Embeddings of patches, backbone and head, on `device`.
    ///
    /// # Errors
    /// If the tensors are not those the shape needs.
    pub fn model<O: Objective>(&self, objective: &O, device: &Device) -> Result<Model<O::Head>, CheckpointError> {
        let fresh = objective.head(&self.manifest.backbone, &mut order::rng(0, 0, 0), device);
        Ok(Model {
            embeddings: self.fill_embeddings(PatchEmbeddings::default())?,
            backbone: self.backbone(device)?,
            head: self.fill(fresh, HEAD, |path| path.to_string())?,
        })
    }

    /// Its head in place of `fresh`, if that is of the same make: names and shapes of its tensors.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn head<H: Module>(&self, fresh: H) -> Result<(H, bool), CheckpointError> {
        if self.tensors(HEAD)?.shapes() != params::shapes(&fresh) {
            return Ok((fresh, false));
        }
        Ok((self.fill(fresh, HEAD, |path| path.to_string())?, true))
    }

    /// Its weights in place of those of `model`, whose tensors must be the same.
    ///
    /// # Errors
    /// If they are not.
    pub fn restore<H: Module>(&self, model: Model<H>) -> Result<Model<H>, CheckpointError> {
        let Model { embeddings, backbone, head } = model;
        Ok(Model {
            embeddings: self.fill_embeddings(embeddings)?,
            backbone: self.fill_backbone(backbone)?,
            head: self.fill(head, HEAD, |path| path.to_string())?,
        })
    }

    /// The first format has no file for them: such models read none.
    fn fill_embeddings(&self, embeddings: PatchEmbeddings) -> Result<PatchEmbeddings, CheckpointError> {
        match self.manifest.version {
            FIRST => Ok(embeddings),
            _ => self.fill(embeddings, EMBEDDINGS, |path| path.to_string()),
        }
    }

    fn fill_backbone(&self, backbone: Backbone) -> Result<Backbone, CheckpointError> {
        self.fill(backbone, BACKBONE, |path| self.manifest.backbone.file_name(path))
    }

    /// The tensors of the file `file`, where a parameter has the name `file_name` of its path, in place of a module's.
    fn fill<M: Module>(&self, module: M, file: &str, file_name: impl Fn(&str) -> String) -> Result<M, CheckpointError> {
        let tensors = self.tensors(file)?;
        let names: BTreeMap<String, String> =
            params::shapes(&module).into_keys().map(|path| (file_name(&path), path)).collect();
        // A tensor nobody asks for keeps its own name, by which it is then refused.
        let found =
            tensors.shapes().into_iter().map(|(name, shape)| (names.get(&name).cloned().unwrap_or(name), shape));
        params::load_each(module, &found.collect(), |path| tensors.read(&file_name(path)).map_err(Misfit::Tensors))
            .map_err(|misfit| match misfit {
                Misfit::Tensors(error) => error.into(),
                Misfit::Weights(source) => CheckpointError::Weights { path: self.folder.join(file), source },
            })
    }

    /// What training needs to go on.
    ///
    /// # Errors
    /// If this checkpoint was not written to be resumed.
    pub fn training_state(&self, device: &Device) -> Result<TrainingState, CheckpointError> {
        let flat = |file: &str| -> Result<Flattened, CheckpointError> {
            let tensors = self.tensors(file)?;
            let names = tensors.shapes().into_keys();
            let read = |name: String| {
                let data = tensors.read(&name)?;
                match data.shape().num_dims() {
                    1 => Ok((name, Tensor::from_data(data, device))),
                    rank => Err(self.damaged(file, &format!("{name} has {rank} axes and should have one"))),
                }
            };
            names.map(read).collect()
        };
        Ok(TrainingState { optimizer: flat(OPTIMIZER)?, average: flat(AVERAGE)? })
    }

    /// The task's settings and state, typed.
    ///
    /// # Errors
    /// [`CheckpointError::Kind`] if it is no checkpoint of `T`.
    pub fn task<T: crate::objective::Task>(&self) -> Result<(T::Config, T::State), CheckpointError> {
        let card = self.manifest.task.as_ref().filter(|_| self.manifest.kind == T::NAME);
        let card = card.ok_or_else(|| CheckpointError::Kind {
            path: self.folder.clone(),
            found: self.manifest.kind.clone(),
            wanted: T::NAME.into(),
        })?;
        let unreadable =
            |e: serde_json::Error| CheckpointError::Task { path: self.folder.join(MANIFEST), why: e.to_string() };
        let config = serde_json::from_value(card.config.clone()).map_err(unreadable)?;
        let state = serde_json::from_value(card.state.clone()).map_err(unreadable)?;
        Ok((config, state))
    }

    /// A hash of all weights: equal if and only if every tensor of embeddings, backbone and head is, bit for bit.
    ///
    /// # Errors
    /// If the tensors cannot be read.
    pub fn fingerprint(&self) -> Result<String, CheckpointError> {
        let mut hasher = blake3::Hasher::new();
        for file in [BACKBONE, HEAD] {
            tensors::fingerprint(&self.tensors(file)?, &mut hasher)?;
        }
        // Without tensors it counts as not there, so that formats do not tell equal weights apart.
        let embeddings = self.embeddings_file().map(|file| self.tensors(file)).transpose()?;
        if let Some(embeddings) = embeddings.filter(|file| !file.shapes().is_empty()) {
            tensors::fingerprint(&embeddings, &mut hasher)?;
        }
        Ok(hasher.finalize().to_hex().to_string())
    }

    /// Names and shapes of all weights.
    ///
    /// # Errors
    /// If the tensors cannot be read.
    pub fn shapes(&self) -> Result<Vec<(String, Vec<usize>)>, CheckpointError> {
        let mut all = self.tensors(BACKBONE)?.shapes();
        let parts = [(HEAD, "head")].into_iter().chain(self.embeddings_file().map(|file| (file, "embeddings")));
        for (file, part) in parts {
            let shapes = self.tensors(file)?.shapes().into_iter();
            all.extend(shapes.map(|(name, shape)| (format!("{part}.{name}"), shape)));
        }
        Ok(all.into_iter().collect())
    }

    /// The file of the embeddings of patches, which the first format does not have.
    pub(super) fn embeddings_file(&self) -> Option<&'static str> {
        (self.manifest.version > FIRST).then_some(EMBEDDINGS)
    }

    /// The backbone's tensors, under the names that `transformers` gives them.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn backbone_tensors(&self) -> Result<TensorFile, CheckpointError> {
        self.tensors(BACKBONE)
    }

    /// The head's tensors.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn head_tensors(&self) -> Result<TensorFile, CheckpointError> {
        self.tensors(HEAD)
    }

    pub(super) fn tensors(&self, name: &str) -> Result<TensorFile, CheckpointError> {
        if !self.manifest.files.contains_key(name) {
            return Err(self.damaged(name, "the file is not part of this checkpoint"));
        }
        Ok(TensorFile::open(&self.folder.join(name))?)
    }

    pub(super) fn damaged(&self, name: &str, why: &str) -> CheckpointError {
        CheckpointError::Damaged { path: self.folder.join(name), why: why.to_string(), other: None }
    }
}

/// Why a module could not be filled.
enum Misfit {
    Tensors(TensorsError),
    Weights(WeightsError),
}

impl From<WeightsError> for Misfit {
    fn from(error: WeightsError) -> Self {
        Self::Weights(error)
    }
}
