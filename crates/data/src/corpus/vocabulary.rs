//! The tokenizer of a corpus, trained once and kept beside its tokens.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::config::CorpusConfig;
use super::error::CorpusError;
use super::{filter, fingerprints, sample};
use crate::files::{self, Lock};
use crate::tokenizer::Tokenizer;

/// Raised when the same text would give another tokenizer.
const VERSION: u32 = 1;

/// A kept tokenizer.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// Of `tokenizer`.
    blake3: String,
    /// As its own file would hold it.
    tokenizer: String,
}

/// A tokenizer trained on about `sample_bytes` of the corpus (relative paths are resolved against `base`), or the one that was
/// made so before and lies in `cache`. A damaged one is made anew.
/// `announce` is called before one is trained, which can take a minute.
///
/// # Errors
/// When the settings contradict each other, a source cannot be read, or the text does not make a tokenizer. A cache that cannot be written is warned of.
pub fn find_or_train_tokenizer(
    config: &CorpusConfig,
    base: &Path,
    vocab_size: usize,
    sample_bytes: u64,
    cache: &Path,
    announce: &mut dyn FnMut(),
) -> Result<Tokenizer, CorpusError> {
    config.validate()?;
    let path = place(config, base, vocab_size, sample_bytes, cache)?;
    if let Some(tokenizer) = read(&path) {
        return Ok(tokenizer);
    }
    let unkept = |e| tracing::warn!("the tokenizer will not be kept for the next time: {e}");
    let lock = Lock::new(&path).map_err(unkept).ok();
    // Whoever comes second finds the first one's work.
    if let Some(tokenizer) = lock.as_ref().and_then(|_| read(&path)) {
        return Ok(tokenizer);
    }
    announce();
    let tokenizer = sample::train_tokenizer(config, base, vocab_size, sample_bytes)?;
    // Text that changed while it was read belongs to no key.
    if lock.is_some() && place(config, base, vocab_size, sample_bytes, cache)? == path {
        let json = tokenizer.to_json().to_string();
        let kept = Kept { blake3: files::hash_bytes(json.as_bytes()), tokenizer: json };
        let kept = serde_json::to_string(&kept).expect("plain data");
        files::write_atomic(&path, kept.as_bytes()).unwrap_or_else(unkept);
    }
    Ok(tokenizer)
}

/// The tokenizer that [`find_or_train_tokenizer`] would find in `cache`, if it is there.
///
/// # Errors
/// When the settings contradict each other, or a source cannot be read.
pub fn find_tokenizer(
    config: &CorpusConfig,
    base: &Path,
    vocab_size: usize,
    sample_bytes: u64,
    cache: &Path,
) -> Result<Option<Tokenizer>, CorpusError> {
    config.validate()?;
    Ok(read(&place(config, base, vocab_size, sample_bytes, cache)?))
}

/// Where the tokenizer lies that is made of just this.
fn place(
    config: &CorpusConfig,
    base: &Path,
    vocab_size: usize,
    sample_bytes: u64,
    cache: &Path,
) -> Result<PathBuf, CorpusError> {
    let mut sources = Vec::new();
    for source in &config.sources {
        sources.push((source.input(base).hash()?, source.weight));
    }
    let exclude: Vec<String> = config
        .exclude
        .iter()
        .map(|source| fingerprints::hash(&filter::resolved(source, base)))
        .collect::<Result<_, _>>()?;
    let inputs = (VERSION, vocab_size, sample_bytes, sources, exclude, config.validation, config.near_duplicates);
    let key = files::hash_bytes(serde_json::to_string(&inputs).expect("plain data").as_bytes());
    Ok(cache.join(format!("tokenizer-{}.json", &key[..16])))
}

fn read(path: &Path) -> Option<Tokenizer> {
    let kept: Kept = serde_json::from_slice(&files::read(path).ok()?).ok()?;
    if files::hash_bytes(kept.tokenizer.as_bytes()) != kept.blake3 {
        return None;
    }
    Tokenizer::from_json(&kept.tokenizer, &path.display().to_string()).ok()
}
