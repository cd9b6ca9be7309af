//! JSON that is none: what is wrong, and where.

use std::path::Path;

use serde_json::Value;

use super::error::{Place, RecordError, Unit};
use super::strict;

/// A file's one JSON value.
pub(super) fn whole(path: &Path, text: &str) -> Result<Value, RecordError> {
    strict::whole(text).map_err(|e| invalid(path, 1, &e, e.line().saturating_sub(1), advice(text, &e)))
}

/// What may have gone wrong where `e` found something else than JSON in `text`.
pub(super) fn advice(text: &str, e: &serde_json::Error) -> &'static str {
    let line = text.lines().nth(e.line().saturating_sub(1)).unwrap_or_default();
    let rest = line.as_bytes().get(e.column().saturating_sub(1)..).unwrap_or_default();
    let begins = |words: &[&str]| words.iter().any(|word| rest.starts_with(word.as_bytes()));
    if e.is_eof() {
        "; the file or line is truncated"
    } else if begins(&["NaN", "Infinity"])
        || line.as_bytes()[..line.len() - rest.len()].ends_with(b"-") && begins(&["I"])
    {
        "; JSON has no NaN and no Infinity: write null"
    } else if begins(&["'", "True", "False", "None"]) {
        "; this is Python's notation and not JSON: write the file with json.dumps"
    } else {
        ""
    }
}

/// A syntax error, `further` lines behind `line`, with what may help.
pub(super) fn invalid(path: &Path, line: usize, e: &serde_json::Error, further: usize, advice: &str) -> RecordError {
    let message = without_position(e) + advice;
    let place = Place { path: path.to_path_buf(), number: line + further, unit: Unit::Line };
    match e.is_data() {
        true => RecordError::Value { place, message },
        false => RecordError::Json { place, column: e.column(), message },
    }
}

/// serde_json's words without its own line and column, which count from the start of what it was given.
fn without_position(e: &serde_json::Error) -> String {
    let message = e.to_string();
    message.split(" at line ").next().unwrap_or_default().to_owned()
}
