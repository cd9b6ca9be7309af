//! Values of JSON files.

use std::path::Path;

use cimiento_data::files;
use serde_json::{Map, Value, json};

use super::error::InterchangeError;

/// The keys of a JSON file that need not be there.
pub(super) fn object(path: &Path) -> Result<Map<String, Value>, InterchangeError> {
    if !path.is_file() {
        return Ok(Map::new());
    }
    let wrong = |e| InterchangeError::Format { path: path.to_path_buf(), why: format!("not a JSON object ({e})") };
    serde_json::from_slice(&files::read(path)?).map_err(wrong)
}

/// One id, or a list of several.
pub(super) fn id_or_list(ids: &[u32]) -> Value {
    if let [id] = ids { json!(id) } else { json!(ids) }
}

pub(super) fn pretty(value: &Value) -> String {
    let text = serde_json::to_string_pretty(value).expect("plain data");
    format!("{text}\n")
}
