//! Text as rows of tokens to learn from.
//!
//! Each source is tokenised once, as a stream and in parallel, into files under a cache folder, which are then mapped
//! into memory: neither the text nor the tokens have to fit in it. A folder `<source>-<key>/` holds, for each split,
//! `<split>.tokens` (ids, little-endian, two bytes each when the vocabulary allows it, else four) and `<split>.ends`
//! (where each document ends, in tokens, eight bytes each), and `manifest.json`, which says what they were made from
//! and what they hash to. The key is the hash of what they were made from: the same input is found again, another
//! input makes another folder, and damaged files are made anew. A tokenizer trained on a corpus lies beside them, as
//! `tokenizer-<key>.json`. Deleting the cache costs only time.
//!
//! A document is stored as `[bos] tokens… [eos]`. Rows are the consecutive slices of equal length of a source's
//! documents laid end to end.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;

use crate::files::FileError;
use crate::records::RecordError;
use crate::tokenizer::{Special, Tokenizer, TokenizerError};
use crate::unusable::TooMany;

mod build;
mod config;
mod documents;
pub mod examine;
mod filter;
mod marks;
mod sample;
mod store;
#[cfg(test)]
mod tests;
mod vocabulary;
mod windows;

pub use config::{CorpusConfig, CorpusSource};
use documents::{Document, Input};
use filter::Filter;
pub use marks::Marks;
pub use sample::{texts, train_tokenizer};
pub use store::Counts;
pub use vocabulary::{find_or_train_tokenizer, find_tokenizer};
pub use windows::{Window, Windows};

/// Why a corpus could not be prepared.
#[derive(Debug, thiserror::Error)]
pub enum CorpusError {
    /// A source could not be read.
    #[error(transparent)]
    Record(RecordError),
    /// A document could not be read.
    #[error("{0} (mend it, or leave such documents out with `on_bad = \"skip\"`)")]
    Document(RecordError),
    /// More documents could not be read than may be.
    #[error("{path}: {source}")]
    Unreadable {
        /// The source.
        path: PathBuf,
        /// Which.
        source: TooMany,
    },
    /// A file of the cache could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The tokenizer could not be trained on the corpus.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
    /// The configuration cannot be followed.
    #[error("corpus: {message}")]
    Config {
        /// Which value is wrong, and what is allowed.
        message: String,
    },
    /// A source file changed under our hands.
    #[error("{path}: the file changed while it was being read; run the command again when it is complete")]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// The tokens of a source changed while a run was reading them.
    #[error(
        "{path}: {file}, which holds its tokens in the cache, was changed while the run read it: these weights are not to \
         be trusted; run the command again with --overwrite"
    )]
    Altered {
        /// The source.
        path: PathBuf,
        /// The file in the cache.
        file: &'static str,
    },
    /// No document to train on.
    #[error(
        "the corpus has no text to train on: {documents} documents, {skipped} of them empty, {held_out} held out, \
         {dropped} left out by `near_duplicates` or `exclude`, {unreadable} left out by `on_bad`"
    )]
    NoText {
        /// Documents read.
        documents: u64,
        /// Documents without text.
        skipped: u64,
        /// Documents held out for validation.
        held_out: u64,
        /// Documents that repeat others or share text with what is excluded.
        dropped: u64,
        /// Documents that cannot be read.
        unreadable: u64,
    },
}

/// Two numbers in `0..1` that depend on a document's text only: one decides whether it is held out, the other whether
/// it is in a sample. Equal texts are therefore always on the same side.
fn draws(text: &str) -> (f64, f64) {
    let hash = blake3::hash(text.as_bytes());
    let part = |i: usize| {
        let bytes: [u8; 8] = std::array::from_fn(|k| hash.as_bytes()[i * 8 + k]);
        // The upper 53 bits are what an f64 holds exactly.
        (u64::from_le_bytes(bytes) >> 11) as f64 / (1u64 << 53) as f64
    };
    (part(0), part(1))
}

/// Which documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// Those to learn from.
    Train,
    /// Those held out.
    Validation,
}

/// What [`Corpus::prepare`] is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Hashing the source files, to see whether they changed.
    Hashing,
    /// Looking through all sources for documents to leave out.
    Comparing,
    /// Tokenising.
    Tokenising,
    /// Done with this source; its tokens are new.
    Built,
    /// Done with this source; its tokens were there already.
    Reused,
}

/// How far [`Corpus::prepare`] has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub stage: Stage,
    /// Which source, from 0.
    pub source: usize,
    /// How many sources there are.
    pub sources: usize,
    /// The source's path.
    pub path: PathBuf,
    /// Bytes of its files read so far.
    pub read: u64,
    /// Bytes of its files.
    pub total: u64,
    /// Documents so far.
    pub documents: u64,
    /// Tokens so far.
    pub tokens: u64,
}

/// What a source came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SourceStatistics {
    /// The source's path, as configured.
    pub path: PathBuf,
    /// Documents to learn from.
    pub train: Counts,
    /// Documents held out.
    pub validation: Counts,
    /// Documents that were left out.
    pub left_out: LeftOut,
}

/// Documents that were left out, by the reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// Without text.
    pub empty: u64,
    /// Nearly the same as an earlier one.
    pub near_duplicates: u64,
    /// Sharing text with what is excluded.
    pub excluded: u64,
    /// Not readable.
    pub unreadable: u64,
}

impl LeftOut {
    /// All of them.
    pub fn sum(&self) -> u64 {
        self.empty + self.near_duplicates + self.excluded + self.unreadable
    }
}

/// A tokenised corpus. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Corpus {
    sources: Vec<Part>,
    pad: u32,
    bos: u32,
}

#[derive(Clone, Debug)]
struct Part {
    path: PathBuf,
    /// In reading order; relative ones as `path` is.
    files: Vec<PathBuf>,
    weight: f64,
    stored: Arc<store::Stored>,
}

impl Corpus {
    /// Tokenises what `config` names (relative paths are resolved against `base`) into `cache`, or finds it there.
    ///
    /// # Errors
    /// When a source cannot be read, the cache cannot be written, or there is nothing to train on. What was complete
    /// in the cache stays as it was.
    pub fn prepare(
        config: &CorpusConfig,
        base: &Path,
        tokenizer: &Tokenizer,
        cache: &Path,
        on_progress: &mut dyn FnMut(Progress),
    ) -> Result<Self, CorpusError> {
        config.validate()?;
        let mut filter = Filter::new(config, base);
        let mut sources = Vec::new();
        for (index, source) in config.sources.iter().enumerate() {
            let mut report = |mut progress: Progress| {
                (progress.source, progress.sources) = (index, config.sources.len());
                on_progress(progress);
            };
            let input = source.input(base);
            let (numbered, filter) = ((index, &input), filter.as_mut());
            let (stored, files) =
                build::find_or_build(numbered, config.validation, filter, tokenizer, cache, &mut report)?;
            let files = files.iter().map(|file| source.as_configured(file, base)).collect();
            input.told(&stored.manifest.unreadable, stored.manifest.documents())?;
            if let Some((found, most)) = stored.manifest.marks.summary() {
                tracing::warn!(
                    "{}: {found} and is learned as text. In plain text, `separator = {most:?}` makes it what separates documents; \
                     elsewhere take it out",
                    source.path.display()
                );
            }
            sources.push(Part { path: source.path.clone(), files, weight: source.weight, stored: Arc::new(stored) });
        }
        let Special { pad, bos, .. } = tokenizer.special();
        let corpus = Self { sources, pad, bos };
        let all = corpus.statistics();
        if all.iter().all(|s| s.train.documents == 0) {
            let sum = |count: fn(&SourceStatistics) -> u64| all.iter().map(count).sum();
            let (skipped, held_out) = (sum(|s| s.left_out.empty), sum(|s| s.validation.documents));
            let dropped = sum(|s| s.left_out.near_duplicates + s.left_out.excluded);
            let unreadable = sum(|s| s.left_out.unreadable);
            let documents = skipped + held_out + dropped + unreadable;
            return Err(CorpusError::NoText { documents, skipped, held_out, dropped, unreadable });
        }
        Ok(corpus)
    }

    /// The [`hash`](Self::hash) and the [`files`](Self::files) of the corpus that [`prepare`](Self::prepare) would make, without
    /// making it.
    ///
    /// # Errors
    /// When a source cannot be read.
    pub fn foretold(config: &CorpusConfig, base: &Path, tokenizer: &Tokenizer) -> Result<Foretold, CorpusError> {
        config.validate()?;
        let mut filter = Filter::new(config, base);
        let (mut parts, mut files) = (Vec::new(), Vec::new());
        for (index, source) in config.sources.iter().enumerate() {
            let input = source.input(base);
            let prints = build::fingerprints(&build::Snapshot::all(&input.source)?, &mut |_| {})?;
            let named = prints.iter().map(|(path, print)| (source.as_configured(path, base), print.blake3.clone()));
            files.extend(named.map(|(path, hash)| (path.display().to_string(), hash)));
            let inputs = build::inputs((index, &input), &prints, config.validation, filter.as_mut(), tokenizer)?;
            parts.push((inputs.key(), source.weight.to_bits()));
        }
        Ok((hash_of(&parts), files))
    }

    /// The rows of `length` tokens of one split; `opened` ones begin with `[bos]` wherever in a document they begin.
    pub fn windows(&self, split: Split, length: usize, opened: bool) -> Windows {
        let parts = self.sources.iter().map(|part| (part.stored.split(split).clone(), part.weight));
        let windows = Windows::new(parts.collect(), length, self.pad);
        if opened { windows.opened(self.bos) } else { windows }
    }

    /// Documents, tokens and bytes of each source.
    pub fn statistics(&self) -> Vec<SourceStatistics> {
        let statistics = |part: &Part| {
            let manifest = &part.stored.manifest;
            let (train, validation) = (manifest.train.clone(), manifest.validation.clone());
            let left_out = manifest.left_out();
            SourceStatistics { path: part.path.clone(), train, validation, left_out }
        };
        self.sources.iter().map(statistics).collect()
    }

    /// Looks again at what was read from: the tokens must still be those that were checked at the beginning.
    ///
    /// # Errors
    /// [`CorpusError::Altered`] naming the file.
    pub fn verify(&self) -> Result<(), CorpusError> {
        let changed = self.sources.iter().find_map(|part| Some((part, part.stored.changed()?)));
        changed.map_or(Ok(()), |(part, file)| Err(CorpusError::Altered { path: part.path.clone(), file }))
    }

    /// A hash of everything that decides which rows there are and in which order they are drawn: equal before and
    /// after an interruption, or training does not go on where it was.
    pub fn hash(&self) -> String {
        let parts: Vec<_> = self.sources.iter().map(|p| (p.stored.manifest.inputs.key(), p.weight.to_bits())).collect();
        hash_of(&parts)
    }
}

/// The hash of a corpus and its files with the hash of each.
pub type Foretold = (String, Vec<(String, String)>);

/// The hash of a corpus by the key and the weight of each part.
fn hash_of(parts: &[(String, u64)]) -> String {
    crate::files::hash_bytes(format!("{parts:?}").as_bytes())
}
