//! The files of a source, and what each of them is.

use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::error::CorpusError;
use crate::files::{self, FileError, Fingerprint};
use crate::records::{Dialect, Source};

/// A source file as it was before reading.
pub(super) struct Snapshot {
    pub path: PathBuf,
    pub length: u64,
    modified: Option<SystemTime>,
}

impl Snapshot {
    /// All files of a source.
    pub fn all(source: &Source) -> Result<Vec<Self>, CorpusError> {
        Ok(source.files()?.iter().map(|path| Self::of(path)).collect::<Result<_, _>>()?)
    }

    fn of(path: &Path) -> Result<Self, FileError> {
        let metadata = std::fs::metadata(path).map_err(|e| FileError::new(path, "reading", e))?;
        Ok(Self { path: path.to_path_buf(), length: metadata.len(), modified: modified(&metadata) })
    }

    pub fn check(&self) -> Result<(), CorpusError> {
        let now = Self::of(&self.path)?;
        if (now.length, now.modified) == (self.length, self.modified) {
            Ok(())
        } else {
            Err(CorpusError::Changed { path: self.path.clone() })
        }
    }
}

fn modified(metadata: &Metadata) -> Option<SystemTime> {
    metadata.modified().ok()
}

/// The name of a file, without its folder.
pub(super) fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The files of a source and what each of them is. `report` is told how many bytes were read before each.
pub(super) fn fingerprints(
    snapshots: &[Snapshot],
    report: &mut dyn FnMut(u64),
) -> Result<Vec<(PathBuf, Fingerprint)>, FileError> {
    let (mut found, mut read) = (Vec::new(), 0);
    for Snapshot { path, length, .. } in snapshots {
        report(read);
        found.push((path.clone(), files::hash_file(path)?));
        read += length;
    }
    Ok(found)
}

/// A hash of what a source says.
pub(super) fn hash(source: &Source) -> Result<String, CorpusError> {
    let mut prints: Vec<(String, Fingerprint)> = Vec::new();
    for path in source.files()? {
        prints.push((name(&path), files::hash_file(&path)?));
    }
    let inputs = (prints, source.format, &source.fields, source.limit);
    // Plain values always have a JSON form.
    let mut text = serde_json::to_string(&inputs).unwrap_or_default();
    if !source.values.is_empty() {
        // Most have none, and their hash decides which run may be gone on with.
        text += &serde_json::to_string(&source.values).unwrap_or_default();
    }
    let dialect = source.dialect();
    if dialect != Dialect::default() {
        text += &serde_json::to_string(&(dialect.separator, dialect.header, dialect.comment)).unwrap_or_default();
    }
    Ok(files::hash_bytes(text.as_bytes()))
}
