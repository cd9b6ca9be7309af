//! Tokenising a source into its folder.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use super::batches::in_batches;
use super::documents::{Document, Input};
use super::error::CorpusError;
use super::filter::{Filter, Verdict};
use super::fingerprints::{Snapshot, fingerprints, name};
use super::left_out::LeftOut;
use super::marks::Marks;
use super::progress::{Progress, Stage};
use super::split::{Split, draws};
use super::store::{Counts, Inputs, MANIFEST, Manifest, Stored, VERSION, names};
use crate::files::{self, FileError, Fingerprint, Lock, PendingDir};
use crate::records::Source;
use crate::tokenizer::Tokenizer;

/// What the tokens of `input`, number `index` of those that `filter` knows, depend on.
pub(super) fn inputs(
    (index, input): (usize, &Input),
    prints: &[(PathBuf, Fingerprint)],
    validation: f64,
    filter: Option<&mut Filter>,
    tokenizer: &Tokenizer,
) -> Result<Inputs, CorpusError> {
    let source = &input.source;
    Ok(Inputs {
        version: VERSION,
        files: prints.iter().map(|(path, print)| (name(path), print.clone())).collect(),
        format: source.format,
        fields: source.fields.clone(),
        limit: source.limit,
        dialect: source.dialect(),
        validation,
        tokenizer: tokenizer.hash(),
        filter: filter.map(|filter| filter.inputs(index)).transpose()?,
        on_bad: input.tolerance.on_bad,
    })
}

/// The tokens of `input`, which is number `index` of those that `filter` knows, from `cache` if they are there and
/// sound; and the files that they are made of.
pub(super) fn find_or_build(
    (index, input): (usize, &Input),
    validation: f64,
    mut filter: Option<&mut Filter>,
    tokenizer: &Tokenizer,
    cache: &Path,
    report: &mut dyn FnMut(Progress),
) -> Result<(Stored, Vec<PathBuf>), CorpusError> {
    let source = &input.source;
    let snapshots = Snapshot::all(source)?;
    let total = snapshots.iter().map(|s| s.length).sum();
    let mut progress = Progress {
        stage: Stage::Hashing,
        source: 0,
        sources: 1,
        path: source.path.clone(),
        read: 0,
        total,
        documents: 0,
        tokens: 0,
    };
    let prints = fingerprints(&snapshots, &mut |read| report(Progress { read, ..progress.clone() }))?;
    let inputs = inputs((index, input), &prints, validation, filter.as_deref_mut(), tokenizer)?;
    let folder = cache.join(folder_name(source, &inputs));
    let finish = |stored: Stored, stage, mut progress: Progress, report: &mut dyn FnMut(Progress)| {
        let (train, validation) = (&stored.manifest.train, &stored.manifest.validation);
        (progress.stage, progress.read) = (stage, total);
        progress.documents = train.documents + validation.documents;
        progress.tokens = train.tokens + validation.tokens;
        report(progress);
        (stored, snapshots.iter().map(|snapshot| snapshot.path.clone()).collect())
    };
    // Whoever comes second finds the first one's work.
    let _lock = Lock::new(&folder)?;
    match Stored::open(&folder, &inputs) {
        Ok(stored) => return Ok(finish(stored, Stage::Reused, progress, report)),
        Err(Some(reason)) => tracing::warn!("{}: {reason}; tokenising again", folder.display()),
        Err(None) => {}
    }
    progress.read = 0;
    let verdicts = match &mut filter {
        None => Arc::default(),
        Some(filter) => filter.verdicts(index, &mut |documents| {
            report(Progress { stage: Stage::Comparing, documents, ..progress.clone() });
        })?,
    };
    progress.stage = Stage::Tokenising;
    let pending = PendingDir::new(&folder)?;
    let manifest = tokenise(input, inputs, &verdicts, tokenizer, pending.path(), &mut progress, report)?;
    for snapshot in &snapshots {
        snapshot.check()?;
    }
    let json = serde_json::to_vec_pretty(&manifest).map_err(io::Error::from);
    let path = pending.path().join(MANIFEST);
    files::write_atomic(&path, &json.map_err(|e| FileError::new(&path, "writing", e))?)?;
    pending.commit()?;
    match Stored::open(&folder, &manifest.inputs) {
        Ok(stored) => Ok(finish(stored, Stage::Built, progress, report)),
        Err(reason) => {
            let reason = reason.unwrap_or_else(|| "it is gone".into());
            let source = io::Error::other(format!("just written, and already unusable: {reason}"));
            Err(FileError::new(&folder, "reading back", source).into())
        }
    }
}

/// `novels-1f3c…`: the source's name for people, the key for the machine.
fn folder_name(source: &Source, inputs: &Inputs) -> String {
    let name = source.path.file_name().unwrap_or_default().to_string_lossy();
    let stem: String =
        name.chars().take_while(|c| *c != '.').filter(|c| c.is_alphanumeric() || "-_".contains(*c)).collect();
    format!("{}-{}", if stem.is_empty() { "corpus" } else { &stem }, &inputs.key()[..16])
}

/// Reads, tokenises and writes at the same time: one thread reads ahead, all cores tokenise, the caller's writes.
/// Without verdicts all documents are kept.
fn tokenise(
    input: &Input,
    inputs: Inputs,
    verdicts: &[Verdict],
    tokenizer: &Tokenizer,
    dir: &Path,
    progress: &mut Progress,
    report: &mut dyn FnMut(Progress),
) -> Result<Manifest, CorpusError> {
    let width = if tokenizer.vocab_size() <= 1 << 16 { 2 } else { 4 };
    let mut train = SplitWriter::new(dir, Split::Train, width)?;
    let mut validation = SplitWriter::new(dir, Split::Validation, width)?;
    let mut left_out = LeftOut::default();
    let mut marks = Marks::default();
    let mut number = 0;
    let read = Arc::new(AtomicU64::new(0));
    let unreadable = in_batches(input, read.clone(), |batch| {
        let verdict = |at: usize| verdicts.get(at).copied().unwrap_or(Verdict::Kept);
        let encode = |(at, document)| match verdict(number + at) {
            Verdict::Kept => encode(document, tokenizer),
            _ => None,
        };
        let encoded: Vec<_> = batch.par_iter().enumerate().map(encode).collect();
        for (document, encoded) in batch.iter().zip(encoded) {
            match (encoded, verdict(number)) {
                (Some((ids, draw, found)), _) => {
                    marks.add(found);
                    let held_out = draw < inputs.validation;
                    let split = if held_out { &mut validation } else { &mut train };
                    split.push(&ids, document.text.len())?;
                }
                (None, Verdict::Kept) => left_out.empty += 1,
                (None, Verdict::Near) => left_out.near_duplicates += 1,
                (None, Verdict::Excluded) => left_out.excluded += 1,
            }
            number += 1;
        }
        progress.read = read.load(Ordering::Relaxed);
        progress.documents = train.counts.documents + validation.counts.documents;
        progress.tokens = train.counts.tokens + validation.counts.tokens;
        report(progress.clone());
        Ok(())
    })?;
    let mut fingerprints = BTreeMap::new();
    let (train, validation) = (train.finish(&mut fingerprints)?, validation.finish(&mut fingerprints)?);
    let LeftOut { empty: skipped, near_duplicates, excluded, .. } = left_out;
    let files = fingerprints;
    Ok(Manifest { inputs, width, train, validation, skipped, near_duplicates, excluded, marks, unreadable, files })
}

/// A document's stored form, the number that decides its split, and marks in it; none if it has no text.
fn encode(document: &Document, tokenizer: &Tokenizer) -> Option<(Vec<u32>, f64, Marks)> {
    if document.is_empty() {
        return None;
    }
    let special = tokenizer.special();
    let mut ids = tokenizer.encode(&document.text);
    ids.insert(0, special.bos);
    ids.push(special.eos);
    Some((ids, draws(&document.text).0, Marks::of(&document.text)))
}

/// The two files of a split, hashed as they are written.
struct SplitWriter {
    tokens: HashingWriter,
    ends: HashingWriter,
    names: (&'static str, &'static str),
    width: usize,
    counts: Counts,
    buffer: Vec<u8>,
}

impl SplitWriter {
    fn new(dir: &Path, split: Split, width: usize) -> Result<Self, FileError> {
        let names = names(split);
        Ok(Self {
            tokens: HashingWriter::new(dir.join(names.0))?,
            ends: HashingWriter::new(dir.join(names.1))?,
            names,
            width,
            counts: Counts::default(),
            buffer: Vec::new(),
        })
    }

    fn push(&mut self, ids: &[u32], bytes: usize) -> Result<(), FileError> {
        self.buffer.clear();
        match self.width {
            2 => self.buffer.extend(ids.iter().flat_map(|id| (*id as u16).to_le_bytes())),
            _ => self.buffer.extend(ids.iter().flat_map(|id| id.to_le_bytes())),
        }
        self.tokens.write(&self.buffer)?;
        self.counts.documents += 1;
        self.counts.tokens += ids.len() as u64;
        self.counts.bytes += bytes as u64;
        self.ends.write(&self.counts.tokens.to_le_bytes())
    }

    fn finish(self, fingerprints: &mut BTreeMap<String, Fingerprint>) -> Result<Counts, FileError> {
        fingerprints.insert(self.names.0.into(), self.tokens.finish()?);
        fingerprints.insert(self.names.1.into(), self.ends.finish()?);
        Ok(self.counts)
    }
}

struct HashingWriter {
    path: PathBuf,
    file: BufWriter<File>,
    hasher: blake3::Hasher,
    bytes: u64,
}

impl HashingWriter {
    fn new(path: PathBuf) -> Result<Self, FileError> {
        let file = File::create_new(&path).map_err(|e| FileError::new(&path, "writing", e))?;
        Ok(Self { path, file: BufWriter::with_capacity(1 << 18, file), hasher: blake3::Hasher::new(), bytes: 0 })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), FileError> {
        self.hasher.update(bytes);
        self.bytes += bytes.len() as u64;
        self.file.write_all(bytes).map_err(|e| FileError::new(&self.path, "writing", e))
    }

    fn finish(mut self) -> Result<Fingerprint, FileError> {
        self.file.flush().map_err(|e| FileError::new(&self.path, "writing", e))?;
        Ok(Fingerprint { bytes: self.bytes, blake3: self.hasher.finalize().to_hex().to_string() })
    }
}
