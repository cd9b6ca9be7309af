//! Chat templates in a folder of `transformers`: one, or several with names.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::error::InterchangeError;
use super::json::object;
use cimiento_core::checkpoint::{CHAT_TEMPLATE, CHAT_TEMPLATES, Texts};
use cimiento_data::files;

/// Where templates with names lie.
const FOLDER: &str = "additional_chat_templates";
/// The name of the template that is used unless another is wanted.
const DEFAULT: &str = "default";

/// The templates of a folder by name: files of their own, or a key of the tokenizer's settings, which is a text, a list of
/// names with their templates, or an object. Files stand before the key.
///
/// # Errors
/// [`InterchangeError`] if a file cannot be read, or holds no template.
pub(super) fn read(folder: &Path) -> Result<BTreeMap<String, String>, InterchangeError> {
    let mut found = BTreeMap::new();
    // Of processors, whose tokenizers have no template of their own.
    for file in ["chat_template.json", "tokenizer_config.json"] {
        let path = folder.join(file);
        let key = object(&path)?.remove("chat_template").unwrap_or_default();
        let wrong = || InterchangeError::Format {
            path: path.clone(),
            why: "`chat_template` is neither a text nor templates with names".into(),
        };
        match key {
            Value::Null => {}
            Value::String(template) => {
                found.insert(DEFAULT.to_string(), template);
            }
            Value::Object(templates) => {
                for (name, template) in templates {
                    found.insert(name, template.as_str().ok_or_else(wrong)?.to_string());
                }
            }
            Value::Array(templates) => {
                for entry in templates {
                    let text = |key: &str| Some(entry.get(key)?.as_str()?.to_string());
                    found.insert(text("name").ok_or_else(wrong)?, text("template").ok_or_else(wrong)?);
                }
            }
            _ => return Err(wrong()),
        }
    }
    let text = |path: &Path| {
        let why = || InterchangeError::Format { path: path.to_path_buf(), why: "it is not UTF-8".into() };
        String::from_utf8(files::read(path)?).map_err(|_| why())
    };
    let own = folder.join(CHAT_TEMPLATE);
    if own.is_file() {
        found.insert(DEFAULT.to_string(), text(&own)?);
    }
    for entry in fs::read_dir(folder.join(FOLDER)).into_iter().flatten().flatten() {
        let path = entry.path();
        if let Some(name) = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".jinja")) {
            found.insert(name.to_string(), text(&path)?);
        }
    }
    Ok(found)
}

/// Templates as a checkpoint keeps them.
pub(super) fn keep(mut templates: BTreeMap<String, String>, texts: &mut Texts) {
    if let Some(template) = templates.remove(DEFAULT) {
        texts.insert(CHAT_TEMPLATE.into(), template);
    }
    if !templates.is_empty() {
        texts.insert(CHAT_TEMPLATES.into(), serde_json::to_string_pretty(&templates).expect("plain data") + "\n");
    }
}

/// Writes the templates of a checkpoint as `transformers` reads them.
///
/// # Errors
/// If a file cannot be written.
pub(super) fn write(folder: &Path, texts: &Texts) -> Result<(), InterchangeError> {
    if let Some(template) = texts.get(CHAT_TEMPLATE) {
        files::write_atomic(&folder.join(CHAT_TEMPLATE), template.as_bytes())?;
    }
    let named: BTreeMap<String, String> = match texts.get(CHAT_TEMPLATES).map(|text| serde_json::from_str(text)) {
        None => return Ok(()),
        Some(parsed) => parsed.map_err(|e| {
            let path = folder.join(CHAT_TEMPLATES);
            InterchangeError::Format { path, why: format!("no templates with names ({e})") }
        })?,
    };
    let own = folder.join(FOLDER);
    fs::create_dir_all(&own).map_err(|e| files::FileError::new(&own, "creating", e))?;
    for (name, template) in &named {
        // A name from elsewhere is no path.
        let plain: String =
            name.chars().map(|c| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '_' }).collect();
        files::write_atomic(&own.join(format!("{plain}.jinja")), template.as_bytes())?;
    }
    Ok(())
}
