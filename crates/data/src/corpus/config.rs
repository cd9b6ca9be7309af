//! A corpus as a config file has it.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::documents::Input;
use super::error::CorpusError;
use crate::records::{Dialect, Format, Source};
use crate::unusable::{OnBad, Tolerance, is_usual, is_usual_share, max_skipped};

/// What to pretrain on.
#[derive(Deserialize, Serialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct CorpusConfig {
    /// Where the text comes from.
    pub sources: Vec<CorpusSource>,
    /// Share of the documents held out for validation (0 to below 1), chosen by the hash of their text.
    #[serde(default = "default_validation")]
    pub validation: f64,
    /// A document is left out if its runs of five words have an estimated Jaccard index of this or more with those of an
    /// earlier one, of the same source or one before it; 0 keeps all. Held-out documents are compared too.
    #[serde(default)]
    pub near_duplicates: f64,
    /// Documents that share a run of thirteen words with any text of these are left out: data that a model will be
    /// judged by, say. All texts of a record count, whatever their fields.
    #[serde(default)]
    pub exclude: Vec<Source>,
}

/// One source of text.
#[derive(Deserialize, Serialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct CorpusSource {
    /// A file, a folder or a pattern with `*`; see [`Source::path`].
    pub path: PathBuf,
    /// The layout; from the file's name if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// The field that holds the text.
    #[serde(default = "default_text")]
    pub text: String,
    /// What separates columns or documents; see [`Source::separator`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub separator: Option<String>,
    /// Whether a CSV or TSV file begins with the names of its columns; see [`Source::header`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<bool>,
    /// What lines of a CSV or TSV file begin with that are no records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Share of the rows of an epoch that come from this source, relative to the other sources' weights.
    #[serde(default = "default_weight")]
    pub weight: f64,
    /// Read at most this many documents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
    /// What becomes of a document that cannot be read.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub on_bad: OnBad,
    /// Share of the documents that may be left out where bad ones are skipped.
    #[serde(default = "max_skipped", skip_serializing_if = "is_usual_share")]
    pub max_skipped: f64,
}

fn default_validation() -> f64 {
    0.01
}

fn default_text() -> String {
    "text".into()
}

fn default_weight() -> f64 {
    1.0
}

impl CorpusConfig {
    /// Checks what the types do not: at least one source, positive weights, a share that is one.
    pub fn validate(&self) -> Result<(), CorpusError> {
        let fail = |message| Err(CorpusError::Config { message });
        if self.sources.is_empty() {
            return fail("`sources` is empty; name at least one file".into());
        }
        if !(0.0..1.0).contains(&self.validation) {
            return fail(format!("`validation` is {}; it must be at least 0 and less than 1", self.validation));
        }
        if self.near_duplicates != 0.0 && !(0.5..=1.0).contains(&self.near_duplicates) {
            let found = self.near_duplicates;
            return fail(format!("`near_duplicates` is {found}; it must be 0 (which keeps all) or from 0.5 to 1"));
        }
        if let Some(s) = self.sources.iter().find(|s| !(s.weight.is_finite() && s.weight > 0.0)) {
            return fail(format!("`weight` of {} is {}; it must be a positive number", s.path.display(), s.weight));
        }
        let wrong = |s: &CorpusSource| Some((s.path.display().to_string(), s.tolerance().of_bad_alone().err()?));
        match self.sources.iter().find_map(wrong) {
            Some((path, why)) => fail(format!("{path}: {why}")),
            None => Ok(()),
        }
    }
}

impl CorpusSource {
    /// All of `path`'s field `text`, with weight 1.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            format: None,
            text: default_text(),
            separator: None,
            header: None,
            comment: None,
            weight: 1.0,
            limit: None,
            on_bad: OnBad::default(),
            max_skipped: max_skipped(),
        }
    }

    /// How many of its documents may be left out because they are bad.
    pub fn tolerance(&self) -> Tolerance {
        Tolerance { on_bad: self.on_bad, max_skipped: self.max_skipped }
    }

    /// What is read, `path` resolved against `base`.
    pub(super) fn input(&self, base: &Path) -> Input {
        Input { source: self.records(base), tolerance: self.tolerance() }
    }

    /// The path of one of its files as the config would have it, which was found below `base`.
    pub(super) fn as_configured(&self, file: &Path, base: &Path) -> PathBuf {
        let below = file.strip_prefix(base).ok().filter(|_| self.path.is_relative());
        below.unwrap_or(file).to_path_buf()
    }

    /// The records to read, `path` resolved against `base`.
    pub fn records(&self, base: &Path) -> Source {
        let mut source = Source::new(base.join(&self.path));
        source.format = self.format;
        source.limit = self.limit;
        if self.text != "text" {
            source.fields.insert("text".into(), self.text.clone());
        }
        let Self { separator, header, comment, .. } = self.clone();
        source.written(Dialect { separator, header, comment })
    }
}
