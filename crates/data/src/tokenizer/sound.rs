//! Whether a `tokenizer.json` is one that can be worked with. The library takes its file at its word, and panics where
//! that is broken.

use std::collections::HashSet;

use serde::de::IgnoredAny;
use tokenizers::Tokenizer as Inner;

use super::bytes;
use super::vocabulary::vocabulary;
use crate::guard::guarded;

/// What the library makes of something, its panics as errors.
pub(super) fn attempt<T>(work: impl FnOnce() -> tokenizers::Result<T>) -> tokenizers::Result<T> {
    guarded(work).unwrap_or_else(|panic| Err(panic.into()))
}

/// The tokenizer of a file, its file as it is kept, and its vocabulary.
pub(super) fn parse(json: &str) -> Result<(Inner, String, Vec<bytes::Entry>), String> {
    // The library's own words for a file that is no JSON are a panic.
    serde_json::from_str::<IgnoredAny>(json).map_err(|e| e.to_string())?;
    let read = |json: &str| {
        let mut inner: Inner = json.parse()?;
        // How long a row is and how it is padded is for batches to decide.
        inner.with_padding(None).with_truncation(None)?;
        // A user who writes "[mask]" means those six characters.
        inner.set_encode_special_tokens(true);
        let json = inner.to_string(false)?;
        Ok((inner, json))
    };
    // What is kept is what will be read and known by its hash: it must be the same from then on. Ours are so at once.
    let mut file = json.to_string();
    for _ in 0..3 {
        let (inner, written) = attempt(|| read(&file)).map_err(|e| e.to_string())?;
        let entries = vocabulary(&inner);
        check(&inner, &entries)?;
        if written == file {
            return Ok((inner, written, entries));
        }
        file = written;
    }
    Err("it is another tokenizer each time it is written: two of its tokens contradict each other".into())
}

/// Refuses a vocabulary that cannot be laid out as a table, and a tokenizer that cannot encode.
fn check(inner: &Inner, entries: &[bytes::Entry]) -> Result<(), String> {
    // Real vocabularies have few holes; a table of the rows of an embedding is as long as the largest id.
    let most = 64 * entries.len() + (1 << 16);
    if let Some(far) = entries.iter().find(|entry| entry.id as usize >= most) {
        return Err(format!("token {:?} has the id {}, with {} tokens in all", far.token, far.id, entries.len()));
    }
    // An added token may take the place of another; two of the model's own cannot be told apart.
    let mut seen = HashSet::with_capacity(entries.len());
    let own = entries.iter().filter(|entry| entry.kind == bytes::Kind::ByteLevel);
    if let Some(second) = own.into_iter().find(|entry| !seen.insert(entry.id)) {
        return Err(format!("two tokens have the id {}, one of them {:?}", second.id, second.token));
    }
    for text in ["", "a b", "\u{e9}\n1"] {
        attempt(|| inner.encode_fast(text, false)).map_err(|e| {
            format!("it cannot encode {text:?} ({e}); give its model an `unk_token` that is in the vocabulary")
        })?;
    }
    Ok(())
}
