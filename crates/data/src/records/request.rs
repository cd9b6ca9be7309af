//! What the reader of a file or stream needs to know.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use super::format::Format;
use super::passed::Passed;
use super::source::Source;

/// What the reader of a layout needs to know.
pub(super) struct Request {
    pub(super) path: Arc<Path>,
    pub(super) format: Format,
    pub(super) separator: Option<String>,
    pub(super) comment: Option<String>,
    /// Whether the file has a header line.
    pub(super) header: bool,
    /// Whether columns go by number.
    pub(super) numbered: bool,
    /// Whether plain text keeps the empty lines around its records.
    pub(super) verbatim: bool,
    /// Counts the bytes read from the file, before decompression.
    pub(super) read: Arc<AtomicU64>,
    /// Counts the rows of tables that hold nothing.
    pub(super) passed: Arc<Passed>,
    /// What is read instead of the file, which then is only a name.
    pub(super) stream: Mutex<Option<Box<dyn Read + Send>>>,
}

impl Request {
    pub(super) fn new(source: &Source, (path, format): (PathBuf, Format), numbered: bool) -> Self {
        Self {
            path: path.into(),
            format,
            separator: source.separator.clone(),
            comment: source.comment.clone(),
            header: source.header.unwrap_or(!numbered),
            numbered,
            verbatim: false,
            read: Arc::default(),
            passed: Arc::default(),
            stream: Mutex::default(),
        }
    }

    /// Whether every row has the same columns.
    pub(super) fn fixed(&self) -> bool {
        matches!(self.format, Format::Csv | Format::Tsv | Format::Parquet)
    }
}
