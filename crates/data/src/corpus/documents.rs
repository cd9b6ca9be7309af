//! The documents of a source, as every pass over it reads them.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use serde::Deserialize;

use super::error::CorpusError;
use super::fingerprints;
use crate::files;
use crate::records::{self, Located, RecordError, Records, Source};
use crate::unusable::{LeftOut, OnBad, Tolerance, is_usual};

/// A document as a record.
#[derive(Deserialize)]
pub(super) struct Document {
    pub text: String,
}

impl Document {
    pub fn is_empty(&self) -> bool {
        self.text.trim().is_empty()
    }
}

/// What is read of a source: its records, and how many of them may be bad.
#[derive(Clone, Debug)]
pub(super) struct Input {
    pub source: Source,
    pub tolerance: Tolerance,
}

impl Input {
    /// Its documents, one by one. `read` takes up the bytes read from the files so far.
    ///
    /// # Errors
    /// At once when there is no such file, later for a document that cannot be read unless it may be left out, and at the end if more
    /// are left out than may be.
    pub fn documents(&self, read: Arc<AtomicU64>) -> Result<Documents, CorpusError> {
        let records = records::read_counted(&self.source, read)?;
        Ok(Documents { records, input: self.clone(), left_out: LeftOut::default(), read: 0, ended: false })
    }

    /// A hash of what it says.
    pub fn hash(&self) -> Result<String, CorpusError> {
        let hash = fingerprints::hash(&self.source)?;
        // Most stop at a bad document, and their hash decides which run may be gone on with.
        let usual = is_usual(&self.tolerance.on_bad);
        Ok(if usual { hash } else { files::hash_bytes(format!("{hash} without bad ones").as_bytes()) })
    }

    /// Warns of documents that were left out.
    ///
    /// # Errors
    /// If they are more than may be.
    pub fn told(&self, left_out: &LeftOut, documents: u64) -> Result<(), CorpusError> {
        let path = &self.source.path;
        within(path, left_out, self.tolerance, documents as usize)?;
        if left_out.count > 0 {
            let places: Vec<String> = left_out.first.iter().map(ToString::to_string).collect();
            tracing::warn!(
                "{}: {} of {documents} documents cannot be read and are left out: {}",
                path.display(),
                left_out.count,
                places.join("; ")
            );
        }
        Ok(())
    }
}

fn within(path: &Path, left_out: &LeftOut, tolerance: Tolerance, documents: usize) -> Result<(), CorpusError> {
    let too_many = |source| CorpusError::Unreadable { path: path.to_path_buf(), source };
    left_out.at_most(tolerance.max_skipped, documents).map_err(too_many)
}

/// Iterator over the documents of an [`Input`] that can be read.
pub(super) struct Documents {
    records: Records<Document>,
    input: Input,
    left_out: LeftOut,
    read: usize,
    ended: bool,
}

impl Documents {
    /// What has been left out so far.
    pub fn left_out(self) -> LeftOut {
        self.left_out
    }
}

impl Iterator for Documents {
    type Item = Result<Located<Document>, CorpusError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            return match self.records.next() {
                Some(Ok(located)) => {
                    self.read += 1;
                    Some(Ok(located))
                }
                Some(Err(error)) => match self.input.tolerance.on_bad {
                    OnBad::Skip if error.record().is_some() => {
                        self.left_out.extend(LeftOut::of(&error));
                        continue;
                    }
                    _ => Some(Err(error.into())),
                },
                None if self.ended => None,
                None => {
                    self.ended = true;
                    let documents = self.read + self.left_out.count;
                    within(&self.input.source.path, &self.left_out, self.input.tolerance, documents).err().map(Err)
                }
            };
        }
    }
}

impl From<RecordError> for CorpusError {
    fn from(error: RecordError) -> Self {
        if error.record().is_some() { Self::Document(error) } else { Self::Record(error) }
    }
}
