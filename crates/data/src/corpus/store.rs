//! The tokens of one source on disk: written once, checked, and mapped.

use std::collections::BTreeMap;
use std::fs::File;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use memmap2::Mmap;
use serde::{Deserialize, Serialize};

use super::filter::FilterInputs;
use super::marks::Marks;
use super::split::Split;
use crate::files::{self, FileError, Fingerprint};
use crate::records::{Dialect, Format};
use crate::unusable::{LeftOut, OnBad, is_usual};

/// The layout of the folder. Another layout is another number, and older folders are then made anew.
pub(super) const VERSION: u32 = 1;
pub(super) const MANIFEST: &str = "manifest.json";

/// How much there is of something.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Documents.
    pub documents: u64,
    /// Tokens, with the two that open and close each document.
    pub tokens: u64,
    /// UTF-8 bytes of text.
    pub bytes: u64,
}

/// Everything the tokens depend on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Inputs {
    pub version: u32,
    /// Name (without folder) and fingerprint of each file.
    pub files: Vec<(String, Fingerprint)>,
    pub format: Option<Format>,
    pub fields: BTreeMap<String, String>,
    pub limit: Option<usize>,
    #[serde(flatten)]
    pub dialect: Dialect,
    pub validation: f64,
    /// The tokenizer's hash.
    pub tokenizer: String,
    /// What decides which documents are left out; absent where all are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<FilterInputs>,
    /// Whether documents that cannot be read are left out.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub on_bad: OnBad,
}

impl Inputs {
    pub fn key(&self) -> String {
        // A struct of plain values always has a JSON form.
        files::hash_bytes(serde_json::to_string(self).unwrap_or_default().as_bytes())
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    pub inputs: Inputs,
    /// Bytes a token takes.
    pub width: usize,
    pub train: Counts,
    pub validation: Counts,
    /// Documents without text.
    pub skipped: u64,
    /// Documents that nearly repeat an earlier one.
    #[serde(default)]
    pub near_duplicates: u64,
    /// Documents that share text with what is excluded.
    #[serde(default)]
    pub excluded: u64,
    /// Marks between documents that were taken for text.
    #[serde(default, skip_serializing_if = "Marks::is_empty")]
    pub marks: Marks,
    /// Documents that cannot be read.
    #[serde(default, skip_serializing_if = "LeftOut::is_empty")]
    pub unreadable: LeftOut,
    /// Fingerprint of each other file of the folder.
    pub files: BTreeMap<String, Fingerprint>,
}

impl Manifest {
    /// How many documents the source has, of whatever kind.
    pub fn documents(&self) -> u64 {
        self.train.documents + self.validation.documents + self.left_out().sum()
    }

    /// What was left out.
    pub fn left_out(&self) -> super::LeftOut {
        let Self { skipped: empty, near_duplicates, excluded, .. } = *self;
        super::LeftOut { empty, near_duplicates, excluded, unreadable: self.unreadable.count as u64 }
    }
}

pub(super) fn names(split: Split) -> (&'static str, &'static str) {
    match split {
        Split::Train => ("train.tokens", "train.ends"),
        Split::Validation => ("validation.tokens", "validation.ends"),
    }
}

/// A source's tokens, checked and mapped.
#[derive(Debug)]
pub(super) struct Stored {
    pub manifest: Manifest,
    train: Arc<TokenFile>,
    validation: Arc<TokenFile>,
}

impl Stored {
    /// Opens what `dir` holds if it was made from `inputs`; otherwise says why not, `None` meaning that there is
    /// nothing.
    pub fn open(dir: &Path, inputs: &Inputs) -> Result<Self, Option<String>> {
        let bytes = match files::read(&dir.join(MANIFEST)) {
            Err(FileError::Missing { .. }) if !dir.exists() => return Err(None),
            other => other.map_err(|e| Some(e.to_string()))?,
        };
        let manifest: Manifest = serde_json::from_slice(&bytes).map_err(|e| Some(format!("its manifest: {e}")))?;
        if manifest.inputs != *inputs {
            return Err(Some("it was made from something else".into()));
        }
        for name in [Split::Train, Split::Validation].map(names).iter().flat_map(|(tokens, ends)| [tokens, ends]) {
            let found = files::hash_file(&dir.join(name)).map_err(|e| Some(e.to_string()))?;
            if manifest.files.get(*name) != Some(&found) {
                return Err(Some(format!("{name} is not what was written")));
            }
        }
        let open = |split, counts: &Counts| TokenFile::open(dir, split, manifest.width, counts).map_err(Some);
        let train = Arc::new(open(Split::Train, &manifest.train)?);
        let validation = Arc::new(open(Split::Validation, &manifest.validation)?);
        Ok(Self { manifest, train, validation })
    }

    /// The name of a file that no longer holds what was checked when it was opened.
    pub fn changed(&self) -> Option<&'static str> {
        [Split::Train, Split::Validation].into_iter().find_map(|split| {
            let (tokens, ends) = names(split);
            let file = self.split(split);
            [(tokens, &file.tokens), (ends, &file.ends)].into_iter().find_map(|(name, map)| {
                let bytes = map.as_deref().unwrap_or_default();
                let found = Fingerprint { bytes: bytes.len() as u64, blake3: files::hash_bytes(bytes) };
                (self.manifest.files.get(name) != Some(&found)).then_some(name)
            })
        })
    }

    pub fn split(&self, split: Split) -> &Arc<TokenFile> {
        match split {
            Split::Train => &self.train,
            Split::Validation => &self.validation,
        }
    }
}

/// Documents end to end, as token ids.
#[derive(Debug)]
pub(super) struct TokenFile {
    tokens: Option<Mmap>,
    ends: Option<Mmap>,
    width: usize,
    len: usize,
}

impl TokenFile {
    fn open(dir: &Path, split: Split, width: usize, counts: &Counts) -> Result<Self, String> {
        let (tokens, ends) = names(split);
        let (len, documents) = (counts.tokens as usize, counts.documents as usize);
        let tokens = map(&dir.join(tokens), len * width)?;
        let ends = map(&dir.join(ends), documents * 8)?;
        Ok(Self { tokens, ends, width, len })
    }

    pub fn len(&self) -> usize {
        self.len
    }

    /// The ids in `range`.
    pub fn tokens(&self, range: Range<usize>) -> Vec<u32> {
        let bytes = self.tokens.as_ref().map_or(&[][..], |map| &map[range.start * self.width..range.end * self.width]);
        match self.width {
            2 => bytes.as_chunks().0.iter().map(|b| u32::from(u16::from_le_bytes(*b))).collect(),
            _ => bytes.as_chunks().0.iter().map(|b| u32::from_le_bytes(*b)).collect(),
        }
    }

    /// Where the documents that reach beyond token `from` end.
    pub fn ends_after(&self, from: usize) -> impl Iterator<Item = usize> {
        let ends = self.ends.as_ref().map_or(&[][..], |map| map.as_chunks::<8>().0);
        let first = ends.partition_point(|end| u64::from_le_bytes(*end) as usize <= from);
        ends[first..].iter().map(|end| u64::from_le_bytes(*end) as usize)
    }
}

/// The file at `path`, which must have `bytes` bytes; an empty one cannot be mapped.
fn map(path: &Path, bytes: usize) -> Result<Option<Mmap>, String> {
    let failed = |e: std::io::Error| FileError::new(path, "mapping", e).to_string();
    let file = File::open(path).map_err(failed)?;
    if file.metadata().map_err(failed)?.len() != bytes as u64 {
        return Err(format!("{} has another length than its manifest says", path.display()));
    }
    if bytes == 0 {
        return Ok(None);
    }
    // SAFETY: files of the cache are never written to after their folder got its name; a new version is another file
    // under the same name, and the mapping keeps the old one.
    unsafe { Mmap::map(&file) }.map(Some).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tokens_depend_on_is_written_as_ever() {
        // Its hash is the key of what was tokenised before, and decides which run may be gone on with.
        let plain = r#"{"version":1,"files":[["a.csv",{"bytes":3,"blake3":"x"}]],"format":null,"fields":{},"limit":null,"validation":0.5,"tokenizer":"t"}"#;
        let inputs: Inputs = serde_json::from_str(plain).unwrap();
        assert_eq!(serde_json::to_string(&inputs).unwrap(), plain);
        let other = plain.replace(
            r#"null,"validation":0.5,"tokenizer":"t""#,
            r#"7,"separator":";","header":false,"comment":"%","validation":0.5,"tokenizer":"t","on_bad":"skip""#,
        );
        let inputs: Inputs = serde_json::from_str(&other).unwrap();
        let dialect = Dialect { separator: Some(";".into()), header: Some(false), comment: Some("%".into()) };
        assert_eq!((&inputs.dialect, inputs.on_bad, inputs.limit), (&dialect, OnBad::Skip, Some(7)));
        assert_eq!(serde_json::to_string(&inputs).unwrap(), other);
        assert!(serde_json::from_str::<Inputs>(&plain.replace("\"limit\"", "\"limits\"")).is_err());
    }
}
