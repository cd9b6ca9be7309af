//! Models and data sets from the Hugging Face hub, through the cache that all its tools share.
//!
//! `hf://…` names anything there, `hub:…` a data set of the table in `hub/known.rs`. What has been fetched once is
//! taken from the cache without asking; `cimiento data get` asks for what is new.

mod download;
mod environment;
mod explain;
pub mod known;
mod reference;
mod repository;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use miette::{IntoDiagnostic, Result, miette};
use serde::Deserialize;

pub use reference::{Kind, Reference, Repo};
use repository::Repository;
pub use repository::{Ask, Fetched};

/// What transformers needs of a model.
const NEEDED: [&str; 2] = ["config.json", "tokenizer.json"];
/// What may be beside it.
const OPTIONAL: [&str; 8] = [
    "tokenizer_config.json",
    "special_tokens_map.json",
    "generation_config.json",
    "chat_template.jinja",
    "modules.json",
    "config_sentence_transformers.json",
    "sentence_bert_config.json",
    "sentence_xlm-roberta_config.json",
];
/// The ends of names of the folders that modules of sentence-transformers have: `1_Pooling/config.json`.
const MODULES: [&str; 2] = ["_Pooling/config.json", "_Dense/config.json"];
const WEIGHTS: &str = "model.safetensors";
const INDEX: &str = "model.safetensors.index.json";

/// Files of a data set, as a config's source names them.
#[derive(Clone, Debug, PartialEq)]
pub struct Data {
    /// The repository.
    pub repo: Repo,
    /// The files in it; the last part may contain `*`.
    pub path: String,
    /// Field of the record → column; empty where the reference does not tell.
    pub fields: BTreeMap<String, String>,
}

impl Data {
    /// What a path of a config means on the hub; `None` if it means a file here.
    ///
    /// # Errors
    /// What was expected.
    pub fn of(path: &Path) -> Result<Option<Self>, String> {
        let Some(text) = path.to_str().filter(|text| Reference::is_meant(text)) else { return Ok(None) };
        let mut parts = text.parse::<Reference>()?.data()?;
        match (parts.pop(), parts.is_empty()) {
            (Some(only), true) => Ok(Some(only)),
            (_, _) => Err(format!("{text}: name one of its splits, such as {text}/train")),
        }
    }

    /// Fetches what is not in the cache, and returns where all of it lies there.
    ///
    /// # Errors
    /// What stands in the way, and what to do.
    pub fn fetch(&self, ask: Ask) -> Result<Fetched> {
        Repository::open(&self.repo, ask)?.fetch(&self.path)
    }
}

impl fmt::Display for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.repo, self.path)
    }
}

impl Reference {
    /// The files of a data set, one entry a split.
    ///
    /// # Errors
    /// If it is a model.
    pub fn data(&self) -> Result<Vec<Data>, String> {
        match self {
            Self::Model(repo) => {
                Err(format!("{repo} is a model; files of a data set are hf://datasets/owner/name/path/in/repo"))
            }
            Self::Files(repo, path) => {
                Ok(vec![Data { repo: repo.clone(), path: path.clone(), fields: BTreeMap::new() }])
            }
            Self::Known { set, revision, split } => {
                let repo = Repo { kind: Kind::Dataset, id: set.repo.to_string(), revision: revision.clone() };
                let splits = set.splits.iter().filter(|(name, _)| split.is_none_or(|wanted| wanted == *name));
                let data = |path: &str| Data { repo: repo.clone(), path: path.to_string(), fields: set.mapping() };
                Ok(splits.map(|(_, path)| data(path)).collect())
            }
        }
    }
}

/// The paths of a known data set's splits for training and for validation.
///
/// # Errors
/// If `text` names no such set, or one without these splits.
pub fn to_learn_from(text: &str) -> Result<(String, String), String> {
    let reference = text.parse::<Reference>()?;
    let Reference::Known { set, split: None, .. } = reference else {
        return Err(format!("{text}: only the name of a known data set can stand here, such as hub:sst2"));
    };
    if set.split("validation").is_err() {
        let others: Vec<&str> = set.splits.iter().map(|(name, _)| *name).collect();
        return Err(format!(
            "{text} has no split for validation ({}): name sources in data.train and data.validation",
            others.join(", ")
        ));
    }
    Ok((format!("{text}/train"), format!("{text}/validation")))
}

/// Fetches what is needed of a model, and returns the folder of its files.
///
/// # Errors
/// When it lacks something, above all weights in safetensors; otherwise as [`Data::fetch`].
pub fn model(repo: &Repo) -> Result<PathBuf> {
    let repository = Repository::open(repo, Ask::Hub)?;
    let names = repository.files()?;
    let has = |name: &str| names.iter().any(|other| other == name);
    let weights = match (has(WEIGHTS), has(INDEX)) {
        (true, _) => vec![WEIGHTS.to_string()],
        (false, true) => shards(&repository.fetch(INDEX)?.path)?,
        (false, false) => {
            let others = names.iter().filter(|name| name.ends_with(".bin") || name.ends_with(".gguf"));
            let others: Vec<&str> = others.map(String::as_str).collect();
            let others = if others.is_empty() { "no weights".to_string() } else { others.join(", ") };
            return Err(miette!(
                help = "look for a revision such as @refs/pr/1 that has been converted to safetensors",
                "{repo}: safetensors are needed ({WEIGHTS}, or {INDEX} and its shards); it has {others}"
            ));
        }
    };
    let module =
        |name: &&String| MODULES.iter().any(|end| name.ends_with(end)) || name.ends_with("_Dense/model.safetensors");
    let modules = names.iter().filter(module).map(String::as_str);
    let needed = NEEDED.into_iter().chain(OPTIONAL.into_iter().filter(|name| has(name))).chain(modules);
    for name in needed.chain(weights.iter().map(String::as_str)) {
        repository.fetch(name)?;
    }
    Ok(repository.folder())
}

/// The files that an index names.
fn shards(index: &Path) -> Result<Vec<String>> {
    #[derive(Deserialize)]
    struct Index {
        weight_map: BTreeMap<String, String>,
    }
    let bytes = cimiento_data::files::read(index).into_diagnostic()?;
    let index: Index = serde_json::from_slice(&bytes)
        .map_err(|e| miette!("{}: this is no index of safetensors: {e}", index.display()))?;
    let names: BTreeSet<String> = index.weight_map.into_values().collect();
    Ok(names.into_iter().collect())
}
