//! A tokenised corpus.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;

use super::build;
use super::config::CorpusConfig;
use super::error::CorpusError;
use super::filter::Filter;
use super::fingerprints::{Snapshot, fingerprints};
use super::left_out::LeftOut;
use super::progress::Progress;
use super::split::Split;
use super::store::{self, Counts};
use super::windows::Windows;
use crate::tokenizer::{Special, Tokenizer};

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

/// A tokenised corpus. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Corpus {
    pub(super) sources: Vec<Part>,
    pad: u32,
    bos: u32,
}

#[derive(Clone, Debug)]
pub(super) struct Part {
    path: PathBuf,
    /// In reading order; relative ones as `path` is.
    files: Vec<PathBuf>,
    weight: f64,
    pub(super) stored: Arc<store::Stored>,
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
    pub fn inputs(config: &CorpusConfig, base: &Path, tokenizer: &Tokenizer) -> Result<CorpusInputs, CorpusError> {
        config.validate()?;
        let mut filter = Filter::new(config, base);
        let (mut parts, mut files) = (Vec::new(), Vec::new());
        for (index, source) in config.sources.iter().enumerate() {
            let input = source.input(base);
            let prints = fingerprints(&Snapshot::all(&input.source)?, &mut |_| {})?;
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

    /// The files of all sources and the hash of what each holds; a path is as its source has it.
    pub fn files(&self) -> Vec<(String, String)> {
        let files = |part: &Part| {
            let prints = part.stored.manifest.inputs.files.iter().map(|(_, print)| print.blake3.clone());
            part.files.iter().map(|path| path.display().to_string()).zip(prints).collect::<Vec<_>>()
        };
        self.sources.iter().flat_map(files).collect()
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
pub type CorpusInputs = (String, Vec<(String, String)>);

/// The hash of a corpus by the key and the weight of each part.
fn hash_of(parts: &[(String, u64)]) -> String {
    crate::files::hash_bytes(format!("{parts:?}").as_bytes())
}
