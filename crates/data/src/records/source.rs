//! Files to read, and how.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::error::RecordError;
use super::format::Format;
use super::locate;

/// Files to read and how their columns are called in the record.
#[derive(Deserialize, Serialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// A file, a folder (its files in the order of their names), or a path with `*` for any characters and `**` for any
    /// folders.
    pub path: PathBuf,
    /// The layout; from the file's name if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// Field of the record → column or key of the file. `"a, b"` gathers several columns in a list, without those
    /// that are empty. `"#2"` is the second column of a CSV or TSV file that has no header line.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, String>,
    /// Field of the record → what may stand there in the file → what it means: `label = { "0" = "negative", "1" = "positive" }`.
    /// Nothing else may stand there then.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, BTreeMap<String, String>>,
    /// What separates the columns of a CSV or TSV file (one character; found out if absent), or the documents of plain
    /// text: `"\n"` makes every line one, `"\n\n"` what stands between blank lines, and anything else is looked for as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub separator: Option<String>,
    /// Whether a CSV or TSV file begins with the names of its columns; it does if absent, unless `fields` has numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<bool>,
    /// What lines of a CSV or TSV file begin with that are no records: `"#"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Read at most this many records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
}

impl Source {
    /// All records of `path`, fields called as in the file.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            format: None,
            fields: BTreeMap::new(),
            values: BTreeMap::new(),
            separator: None,
            header: None,
            comment: None,
            limit: None,
        }
    }

    /// The files that this source stands for, in reading order.
    pub fn files(&self) -> Result<Vec<PathBuf>, RecordError> {
        Ok(locate::files(&self.path, self.format)?.into_iter().map(|(path, _)| path).collect())
    }
}
