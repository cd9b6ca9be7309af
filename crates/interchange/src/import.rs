//! A folder of `transformers` as a checkpoint.
//!
//! Numbers keep the type they have, and one tensor after the other is copied, so that memory holds the largest of them
//! and not the model.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use burn::tensor::Device;

use super::class::Class;
use super::described::{Described, Own};
use super::error::InterchangeError;
use super::generation::Generation;
use super::sentence::{self, Sentence};
use super::shards::Shards;
use super::{config, heads, names, source, templates, tokens};
use cimiento_core::backbone::BackboneConfig;
use cimiento_core::checkpoint::{self, Card, Copied, GENERATION, TaskCard, Texts};
use cimiento_core::params::{self, WeightsError};
use cimiento_core::tensors::Output;
use cimiento_data::files;
use cimiento_data::tokenizer::Tokenizer;

/// A model of `transformers` that has been looked at: its files are there, and are what its `config.json` says.
pub struct Opened {
    folder: PathBuf,
    described: Described,
    tokenizer: Tokenizer,
    shards: Shards,
    /// Names in a checkpoint, and in the files.
    backbone: BTreeMap<String, String>,
    head: BTreeMap<String, String>,
    left_out: Vec<String>,
    notes: Vec<String>,
    sentence: Option<Sentence>,
    /// Chat templates and settings of generation.
    texts: Texts,
}

/// What to make of it.
pub struct Import {
    /// The checkpoint's kind.
    pub kind: String,
    /// Its task, if its head is taken along.
    pub task: Option<TaskCard>,
    /// Where it came from.
    pub origin: String,
}

/// Looks at the model in `folder`. Nothing is computed on `device`; sizes are compared with those of a model there.
///
/// # Errors
/// [`InterchangeError`]: what is missing, damaged or not supported.
pub fn open(folder: &Path, device: &Device) -> Result<Opened, InterchangeError> {
    source::check(folder)?;
    let root = folder;
    let folder = &sentence::transformer(root)?;
    let mut notes: Vec<String> = source::adapter_beside(folder).into_iter().collect();
    let mut described = config::read(root, folder, &mut notes)?;
    let mut shards = Shards::open(folder)?;
    if let Some(name) = shards.names().find(|name| names::adapted(name)) {
        let why = format!(
            "tensor {name} is a part of an adapter of PEFT: join it with its base (`merge_and_unload()`), save the result \
             and import that"
        );
        return Err(InterchangeError::Format { path: folder.to_path_buf(), why });
    }
    let prefix = names::settle(&mut shards, &described.backbone, &mut notes)?;
    let generation = Generation::read(&folder.join(GENERATION))?;
    let tokenizer = tokens::open(folder, &described, &generation, &mut notes)?;
    described
        .backbone
        .check(None, shards.numbers())
        .map_err(|why| InterchangeError::Format { path: folder.join("config.json"), why })?;
    projection(&mut described, &shards, prefix, &mut notes)?;
    let backbone = &described.backbone;
    let shapes = params::shapes(&backbone.blank(device));
    let expected = shapes.into_iter().map(|(path, shape)| (backbone.file_name(&path), shape)).collect();
    let in_files = |name: &str| match name.strip_prefix("model.") {
        _ if backbone.encoder.is_some() => format!("{prefix}{name}"),
        Some(rest) => format!("{prefix}{rest}"),
        None => name.to_string(),
    };
    let places = heads::places(backbone, &described.class, prefix);
    let shapes = places.iter().map(|place| (place.ours.to_string(), place.shape.clone())).collect();
    let theirs =
        |ours: &str| places.iter().find(|place| place.ours == ours).map_or(ours, |place| &place.theirs).to_string();
    let (backbone, mut missing) = find(&shards, &expected, in_files, folder)?;
    let (head, missing_too) = find(&shards, &shapes, theirs, folder)?;
    missing.extend(missing_too);
    let used: BTreeSet<&String> = backbone.values().chain(head.values()).collect();
    let rest: Vec<String> = shards.names().filter(|name| !used.contains(name)).cloned().collect();
    let (left_out, unexpected): (Vec<String>, Vec<String>) =
        rest.into_iter().partition(|name| names::can_be_left_out(name));
    if !missing.is_empty() || !unexpected.is_empty() {
        let source = WeightsError::Names { missing, unexpected };
        return Err(InterchangeError::Weights { path: folder.to_path_buf(), source });
    }
    let sentence = match described.class {
        Class::Base | Class::CausalLm => sentence::read(root, described.backbone.d_model)?,
        _ => None,
    };
    notes.extend(sentence.as_ref().map(Sentence::note));
    let mut texts = Texts::new();
    templates::keep(templates::read(folder)?, &mut texts);
    texts.extend(generation.text().map(|text| (GENERATION.to_string(), text)));
    let folder = folder.to_path_buf();
    Ok(Opened { folder, described, tokenizer, shards, backbone, head, left_out, notes, sentence, texts })
}

/// Settles what projects a decoder's states to the vocabulary: a matrix of its own, the embedding, or nothing.
fn projection(
    described: &mut Described,
    shards: &Shards,
    prefix: &str,
    notes: &mut Vec<String>,
) -> Result<(), InterchangeError> {
    let (backbone, writes) = (&mut described.backbone, described.class == Class::CausalLm);
    if backbone.encoder.is_some() {
        return Ok(());
    }
    let Some(own) = shards.get("lm_head.weight") else {
        if !backbone.tie_embeddings {
            // No matrix, and the embedding is not meant for it: what states mean for the next token is not known.
            (backbone.tie_embeddings, backbone.headless) = (true, true);
            if writes {
                described.class = Class::Base;
            }
            notes.push(
                "there is no lm_head.weight and config.json does not tie it to the embedding: the model reads (embed, \
                 fine-tuning) and does not write or score texts"
                    .into(),
            );
        }
        return Ok(());
    };
    let reads_only = matches!(described.class, Class::SequenceClassification(_) | Class::QuestionAnswering);
    if reads_only || !backbone.tie_embeddings {
        return Ok(());
    }
    let Some(table) = shards.get(&format!("{prefix}embed_tokens.weight")) else { return Ok(()) };
    if !own.file.same(own.name, table.file, table.name)? {
        backbone.tie_embeddings = false;
        notes.push(
            "tie_word_embeddings is true in config.json, and lm_head.weight is another matrix than the embedding: both are \
             kept"
                .into(),
        );
    }
    Ok(())
}

impl Opened {
    /// The class it was saved as.
    pub fn class_name(&self) -> &str {
        &self.described.class_name
    }

    /// What it is for, as far as its head can be taken along.
    pub fn class(&self) -> &Class {
        if self.head.is_empty() && self.described.class != Class::CausalLm {
            &Class::Base
        } else {
            &self.described.class
        }
    }

    /// The shape of its backbone.
    pub fn backbone(&self) -> &BackboneConfig {
        &self.described.backbone
    }

    /// What this program wrote into it, if it did.
    pub fn own(&self) -> Option<&Own> {
        self.described.own.as_ref()
    }

    /// Its tokenizer.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// What a user should know of how its files were read.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The tensors that have no place in a checkpoint.
    pub fn left_out(&self) -> &[String] {
        &self.left_out
    }

    /// Writes it as a checkpoint into `target`.
    ///
    /// # Errors
    /// [`InterchangeError`]; nothing is left in `target` then.
    pub fn save(&self, target: &Path, import: &Import) -> Result<(), InterchangeError> {
        let head = if import.task.is_some() { &self.head } else { &BTreeMap::new() };
        for name in self.backbone.values().chain(head.values()) {
            self.check_finite(name)?;
        }
        let card = Card {
            kind: import.kind.clone(),
            identity: files::hash_bytes(import.origin.as_bytes()),
            backbone: self.described.backbone.clone(),
            task: import.task.clone(),
            lora: None,
            origin: Some(import.origin.clone()),
            data: None,
            texts: self.texts.clone(),
        };
        let embedding = match &self.sentence {
            Some(sentence) => Some((&sentence.config, sentence.outputs()?)),
            None => None,
        };
        let copied = Copied { backbone: self.outputs(&self.backbone)?, head: self.outputs(head)?, embedding };
        Ok(checkpoint::write_copied(target, &card, &self.tokenizer.clone().into(), copied)?)
    }

    fn outputs(&self, names: &BTreeMap<String, String>) -> Result<BTreeMap<String, Output<'_>>, InterchangeError> {
        let output = |(name, stored): (&String, &String)| {
            let place = self.shards.get(stored).expect("found when the model was opened");
            Ok((name.clone(), Output::copy(place.file, place.name, None)?))
        };
        names.iter().map(output).collect()
    }

    fn check_finite(&self, name: &str) -> Result<(), InterchangeError> {
        let place = self.shards.get(name).expect("found when the model was opened");
        if place.file.is_finite(place.name)? {
            return Ok(());
        }
        let source = WeightsError::NotFinite { name: name.to_string() };
        Err(InterchangeError::Weights { path: self.folder.clone(), source })
    }
}

/// Where the tensors expected are, by their names in a checkpoint; and the names of those that are not there.
fn find(
    shards: &Shards,
    expected: &BTreeMap<String, Vec<usize>>,
    in_files: impl Fn(&str) -> String,
    folder: &Path,
) -> Result<(BTreeMap<String, String>, Vec<String>), InterchangeError> {
    let misfit = |source| InterchangeError::Weights { path: folder.to_path_buf(), source };
    let (mut found, mut missing) = (BTreeMap::new(), Vec::new());
    for (name, shape) in expected {
        let stored = in_files(name);
        match shards.get(&stored) {
            None => missing.push(stored),
            Some(place) => {
                place.file.dtype(place.name)?;
                if place.shape != shape {
                    let (found, expected) = (place.shape.to_vec(), shape.clone());
                    return Err(misfit(WeightsError::Shape { name: stored, found, expected }));
                }
                found.insert(name.clone(), stored);
            }
        }
    }
    Ok((found, missing))
}
