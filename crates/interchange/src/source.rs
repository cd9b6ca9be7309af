//! What a path is, if it is no folder of a model: named, with what to do.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::error::InterchangeError;
use cimiento_data::files::FileError;

pub(super) const CONFIG: &str = "config.json";
const ADAPTER: &str = "adapter_config.json";

/// Refuses what is no folder of a model of `transformers`.
///
/// # Errors
/// [`InterchangeError`], which says what it is instead.
pub(super) fn check(path: &Path) -> Result<(), InterchangeError> {
    let wrong = |why: String| Err(InterchangeError::Format { path: path.to_path_buf(), why });
    if path.is_file() {
        return wrong(a_file(path));
    }
    if !path.is_dir() {
        return Err(FileError::Missing { path: path.to_path_buf() }.into());
    }
    let has = |name: &str| path.join(name).is_file();
    if has(CONFIG) || has("modules.json") {
        return match files_with(path, &["safetensors"]).is_empty() && !has("modules.json") {
            true => other_weights(path).map_or(Ok(()), wrong),
            false => Ok(()),
        };
    }
    if has(ADAPTER) {
        return wrong(format!(
            "this is an adapter of PEFT, which is nothing without its base model{}. Join the two in Python \
             (`AutoPeftModelForCausalLM.from_pretrained(…).merge_and_unload().save_pretrained(…)`) and import the result",
            base_of(path).map(|base| format!(" ({base})")).unwrap_or_default()
        ));
    }
    if let Some(snapshot) = snapshot(path) {
        return wrong(format!(
            "this is a repository in the hub's cache; the files of the model are in {}: import that folder",
            snapshot.display()
        ));
    }
    if has("manifest.json") {
        return wrong("this is a checkpoint of this program already: give its path to any command as it is".into());
    }
    if let Some(gguf) = files_with(path, &["gguf"]).first() {
        return wrong(a_file(&path.join(gguf)));
    }
    if let Some(why) = other_weights(path) {
        return wrong(why);
    }
    Err(FileError::Missing { path: path.join(CONFIG) }.into())
}

/// What is said of an adapter that lies beside a whole model.
pub(super) fn adapter_beside(folder: &Path) -> Option<String> {
    folder.join(ADAPTER).is_file().then(|| {
        "adapter_config.json: the adapter of PEFT in this folder is not applied, only the model beside it is taken"
            .into()
    })
}

/// What a file is, and what to give instead.
fn a_file(path: &Path) -> String {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let what = match extension {
        "gguf" => {
            return "GGUF files are written (`cimiento export --format gguf`) and not read: import the model that it was made \
                    of, whose folder has config.json, tokenizer.json and safetensors"
                .into();
        }
        "onnx" => "a graph of ONNX, which is not read",
        "safetensors" => "one file of a model",
        "bin" | "pt" | "pth" | "ckpt" => "a file of PyTorch that may run code when it is opened, and is not read",
        _ => "a file",
    };
    format!("this is {what}: give the folder that has config.json, tokenizer.json and model.safetensors")
}

/// Weights of other programs in a folder without safetensors.
fn other_weights(folder: &Path) -> Option<String> {
    let graphs = [folder.to_path_buf(), folder.join("onnx"), folder.join("openvino")];
    let graph = graphs.iter().find_map(|folder| {
        let name = files_with(folder, &["onnx", "xml"])
            .into_iter()
            .find(|name| name.ends_with(".onnx") || name.starts_with("openvino"))?;
        Some(folder.join(name))
    })?;
    let pickled = files_with(folder, &["bin", "h5", "pth", "pt", "msgpack"]);
    let pickled = pickled.iter().any(|name| !name.starts_with("openvino"));
    (!pickled).then(|| {
        format!(
            "the weights here are a graph of another program ({}), which is not read: import the model that it was made of, \
             whose folder has model.safetensors",
            graph.strip_prefix(folder).unwrap_or(&graph).display()
        )
    })
}

/// The model that an adapter belongs to.
fn base_of(folder: &Path) -> Option<String> {
    let text = fs::read(folder.join(ADAPTER)).ok()?;
    let settings: Value = serde_json::from_slice(&text).ok()?;
    settings.get("base_model_name_or_path")?.as_str().map(str::to_string)
}

/// The folder of the files in `models--owner--name` of the hub's cache: the one that `refs/main` names, or the only one.
fn snapshot(folder: &Path) -> Option<PathBuf> {
    let snapshots = folder.join("snapshots");
    let named = fs::read_to_string(folder.join("refs/main")).ok().map(|revision| snapshots.join(revision.trim()));
    named.filter(|path| path.is_dir()).or_else(|| {
        let mut found: Vec<PathBuf> = fs::read_dir(&snapshots).ok()?.flatten().map(|entry| entry.path()).collect();
        found.sort();
        found.into_iter().next()
    })
}

/// Names of the files in a folder that end so, in order.
fn files_with(folder: &Path, extensions: &[&str]) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.retain(|name| extensions.iter().any(|extension| name.ends_with(&format!(".{extension}"))));
    names.sort();
    names
}
