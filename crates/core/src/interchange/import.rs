//! A folder of `transformers` as a checkpoint.
//!
//! Numbers keep the type they have, and one tensor after the other is copied, so that memory holds the largest of them
//! and not the model.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use burn::tensor::Device;

use super::config::{self, Class, Described, Own};
use super::generation::Generation;
use super::shards::Shards;
use super::{InterchangeError, heads, templates, tokens};
use crate::backbone::BackboneConfig;
use crate::checkpoint::{self, Card, GENERATION, TaskCard, Texts};
use crate::files;
use crate::params::{self, WeightsError};
use crate::tensors::Output;
use crate::tokenizer::Tokenizer;

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
    let mut described = config::read(&folder.join("config.json"))?;
    let shards = Shards::open(folder)?;
    let generation = Generation::read(&folder.join(GENERATION))?;
    let tokenizer = tokens::open(folder, &described, &generation)?;
    let backbone = &mut described.backbone;
    if let Some(encoder) = &mut backbone.encoder {
        encoder.separator = tokenizer.special().sep;
    }
    if tokenizer.vocab_size() > backbone.vocab_size {
        let (tokens, rows) = (tokenizer.vocab_size(), backbone.vocab_size);
        let why = format!("the tokenizer has {tokens} tokens and the model {rows}: they do not belong together");
        return Err(InterchangeError::Format { path: folder.to_path_buf(), why });
    }
    backbone
        .check(None, shards.numbers())
        .map_err(|why| InterchangeError::Format { path: folder.join("config.json"), why })?;
    let prefix = prefix(&shards, backbone);
    // A head that does not write has no use for a projection to the vocabulary.
    backbone.tie_embeddings |= described.class != Class::CausalLm && shards.get("lm_head.weight").is_none();
    let shapes = params::shapes(&backbone.blank(device));
    let expected = shapes.into_iter().map(|(path, shape)| (backbone.file_name(&path), shape)).collect();
    let in_files = |name: &str| match name.strip_prefix("model.") {
        _ if backbone.encoder.is_some() => format!("{prefix}{name}"),
        Some(rest) => format!("{prefix}{rest}"),
        None => name.to_string(),
    };
    let places = heads::places(backbone, &described.class, prefix);
    let backbone = find(&shards, &expected, in_files, folder)?;
    let shapes = places.iter().map(|place| (place.ours.to_string(), place.shape.clone())).collect();
    let theirs =
        |ours: &str| places.iter().find(|place| place.ours == ours).map_or(ours, |place| &place.theirs).to_string();
    let head = find(&shards, &shapes, theirs, folder)?;
    let used: Vec<&String> = backbone.values().chain(head.values()).collect();
    let rest: Vec<String> = shards.names().filter(|name| !used.contains(name)).cloned().collect();
    let (left_out, unexpected): (Vec<String>, Vec<String>) = rest.into_iter().partition(|name| can_be_left_out(name));
    if !unexpected.is_empty() {
        let source = WeightsError::Names { missing: Vec::new(), unexpected };
        return Err(InterchangeError::Weights { path: folder.to_path_buf(), source });
    }
    let mut texts = Texts::new();
    templates::keep(templates::read(folder)?, &mut texts);
    texts.extend(generation.text().map(|text| (GENERATION, text)));
    let folder = folder.to_path_buf();
    Ok(Opened { folder, described, tokenizer, shards, backbone, head, left_out, texts })
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
        };
        let (backbone, head) = (self.outputs(&self.backbone)?, self.outputs(head)?);
        Ok(checkpoint::write_copied(target, &card, &self.tokenizer, backbone, head, &self.texts)?)
    }

    fn outputs(&self, names: &BTreeMap<String, String>) -> Result<BTreeMap<String, Output<'_>>, InterchangeError> {
        let output = |(name, stored): (&String, &String)| {
            let (file, _) = self.shards.get(stored).expect("found when the model was opened");
            Ok((name.clone(), Output::copy(file, stored, None)?))
        };
        names.iter().map(output).collect()
    }

    fn check_finite(&self, name: &str) -> Result<(), InterchangeError> {
        let (file, _) = self.shards.get(name).expect("found when the model was opened");
        if file.is_finite(name)? {
            return Ok(());
        }
        let source = WeightsError::NotFinite { name: name.to_string() };
        Err(InterchangeError::Weights { path: self.folder.clone(), source })
    }
}

/// What stands before the names of the backbone's tensors: it depends on the class that saved them.
fn prefix(shards: &Shards, backbone: &BackboneConfig) -> &'static str {
    let (candidates, name): (&[&str], _) = match backbone.encoder {
        None => (&["model.", "transformer.", ""], "embed_tokens.weight"),
        Some(_) => (&["", "bert.", "roberta.", "camembert."], "embeddings.word_embeddings.weight"),
    };
    let found = candidates.iter().find(|prefix| shards.get(&format!("{prefix}{name}")).is_some());
    found.unwrap_or(&candidates[0])
}

/// Where the tensors expected are, by their names in a checkpoint.
fn find(
    shards: &Shards,
    expected: &BTreeMap<String, Vec<usize>>,
    in_files: impl Fn(&str) -> String,
    folder: &Path,
) -> Result<BTreeMap<String, String>, InterchangeError> {
    let misfit = |source| InterchangeError::Weights { path: folder.to_path_buf(), source };
    let (mut found, mut missing) = (BTreeMap::new(), Vec::new());
    for (name, shape) in expected {
        let stored = in_files(name);
        match shards.get(&stored) {
            None => missing.push(stored),
            Some((file, there)) => {
                file.dtype(&stored)?;
                if there != shape {
                    let (found, expected) = (there.to_vec(), shape.clone());
                    return Err(misfit(WeightsError::Shape { name: stored, found, expected }));
                }
                found.insert(name.clone(), stored);
            }
        }
    }
    if missing.is_empty() { Ok(found) } else { Err(misfit(WeightsError::Names { missing, unexpected: Vec::new() })) }
}

/// What other classes add to a backbone: tables that are computed, poolers, heads.
fn can_be_left_out(name: &str) -> bool {
    let ends = ["position_ids", "inv_freq", "lm_head.weight"];
    let begins = ["pooler.", "cls.", "lm_head.", "classifier.", "score.", "qa_outputs."];
    let bare = ["bert.", "roberta.", "camembert."].iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name);
    ends.iter().any(|end| name.ends_with(end)) || begins.iter().any(|begin| bare.starts_with(begin))
}
