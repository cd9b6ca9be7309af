//! A model as one GGUF file (version 3), which llama.cpp and Ollama run.
//!
//! The format is that of `docs/gguf.md` in <https://github.com/ggml-org/ggml>; the keys, the names of tensors and the
//! order of Llama's rows are those of `gguf-py/gguf/constants.py` and `conversion/` in
//! <https://github.com/ggml-org/llama.cpp>. Matrices are stored as [`Precision`] says, norms and biases as float32.
//!
//! llama.cpp does not normalise texts, so that where a tokenizer does (Qwen's makes NFC of them) a text that is not
//! NFC gets other ids there.

mod error;
mod metadata;
mod source;
mod stretch;
mod tensors;
#[cfg(test)]
mod tests;
mod value;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use crate::class::Family;
use crate::error::InterchangeError;
use cimiento_core::backbone::BackboneConfig;
use cimiento_core::checkpoint::{CHAT_TEMPLATE, Checkpoint};
use cimiento_core::params::WeightsError;
use cimiento_data::files::{self, FileError};
use tensors::Tensor;
use value::ALIGNMENT;

pub use error::{GgufError, ReadError};
pub use source::{Precision, Source};

/// Writes the backbone of a checkpoint, under `name`.
///
/// # Errors
/// [`InterchangeError`]: it cannot be read, or not be expressed.
pub fn export(path: &Path, checkpoint: &Checkpoint, name: &str, precision: Precision) -> Result<(), InterchangeError> {
    let config = &checkpoint.manifest().backbone;
    let (tokenizer, tensors) = (checkpoint.tokenizer()?, checkpoint.backbone_tensors()?);
    let chat_template = checkpoint.text(CHAT_TEMPLATE)?;
    let read = |name: &str| -> Result<Vec<f32>, ReadError> { Ok(tensors.read(name)?.iter::<f32>().collect()) };
    let source = Source {
        family: Family::of(config),
        config,
        tokenizer: &tokenizer,
        name,
        shapes: &tensors.shapes(),
        read: &read,
        chat_template: chat_template.as_deref(),
        opens_with_bos: Some(tokenizer.opened(vec![tokenizer.special().pad]).len() > 1),
    };
    Ok(write(path, &source, precision)?)
}

/// Writes `source` to `path`, whole or not at all, reading one tensor at a time.
///
/// # Errors
/// [`GgufError`]; what stood at `path` is untouched then.
pub fn write(path: &Path, source: &Source, precision: Precision) -> Result<(), GgufError> {
    let config = source.config;
    let &BackboneConfig { heads, head_dim, d_model, .. } = config;
    if source.family == Family::Qwen2 && heads * head_dim != d_model {
        return Err(GgufError::Width { heads, head_dim, d_model });
    }
    if matches!(source.family, Family::Bert | Family::Roberta) {
        return Err(GgufError::Encoder);
    }
    if config.headless {
        return Err(GgufError::Headless);
    }
    let tensors = tensors::all(source.family, config, precision);
    check(&tensors, source.shapes)?;
    let head = head(&metadata::entries(source, precision)?, &tensors);
    let written = files::write_atomic_with(path, |writer| {
        writer.write_all(&head)?;
        tensors.iter().try_for_each(|tensor| put(tensor, source, writer))
    });
    written.map_err(|e| match e {
        FileError::Io { path, action, source } => match source.downcast::<GgufError>() {
            Ok(own) => own,
            Err(source) => FileError::Io { path, action, source }.into(),
        },
        other => other.into(),
    })
}

/// Fails unless `shapes` are those of `tensors`.
fn check(tensors: &[Tensor], shapes: &BTreeMap<String, Vec<usize>>) -> Result<(), WeightsError> {
    let read = tensors.iter().filter(|tensor| tensor.values.is_none());
    let wanted: BTreeMap<&str, &[usize]> = read.map(|t| (t.from.as_str(), t.shape.as_slice())).collect();
    let missing: Vec<String> =
        wanted.keys().filter(|name| !shapes.contains_key(**name)).map(|n| n.to_string()).collect();
    let unexpected: Vec<String> = shapes.keys().filter(|name| !wanted.contains_key(name.as_str())).cloned().collect();
    if !missing.is_empty() || !unexpected.is_empty() {
        return Err(WeightsError::Names { missing, unexpected });
    }
    match wanted.iter().find(|(name, shape)| shapes[**name] != **shape) {
        None => Ok(()),
        Some((name, shape)) => {
            Err(WeightsError::Shape { name: name.to_string(), found: shapes[*name].clone(), expected: shape.to_vec() })
        }
    }
}

/// Everything before the values: magic, version, counts, metadata, and where each tensor begins.
fn head(entries: &[metadata::Entry], tensors: &[Tensor]) -> Vec<u8> {
    let mut out = b"GGUF".to_vec();
    out.extend(3u32.to_le_bytes());
    out.extend((tensors.len() as u64).to_le_bytes());
    out.extend((entries.len() as u64).to_le_bytes());
    entries.iter().for_each(|entry| entry.put(&mut out));
    let mut offset = 0;
    for tensor in tensors {
        metadata::put_text(&tensor.name, &mut out);
        out.extend((tensor.shape.len() as u32).to_le_bytes());
        // The fastest axis first.
        tensor.shape.iter().rev().for_each(|size| out.extend((*size as u64).to_le_bytes()));
        out.extend(tensor.storage.code().to_le_bytes());
        out.extend((offset as u64).to_le_bytes());
        offset += tensor.bytes().next_multiple_of(ALIGNMENT);
    }
    out.resize(out.len().next_multiple_of(ALIGNMENT), 0);
    out
}

/// Reads one tensor and writes its values and what fills them up to the alignment.
fn put(tensor: &Tensor, source: &Source, writer: &mut dyn Write) -> io::Result<()> {
    let name = || tensor.from.clone();
    let failed = |source| io::Error::other(GgufError::Read { name: name(), source });
    let values = tensor.values.clone().map_or_else(|| (source.read)(&tensor.from), Ok).map_err(failed)?;
    let expected = tensor.shape.iter().product();
    if values.len() != expected {
        return Err(io::Error::other(GgufError::Length { name: name(), found: values.len(), expected }));
    }
    if values.iter().any(|value| !value.is_finite()) {
        return Err(io::Error::other(GgufError::from(WeightsError::NotFinite { name: name() })));
    }
    if let Some(value) = tensor.storage.too_large(&values) {
        return Err(io::Error::other(GgufError::TooLarge { name: name(), value }));
    }
    tensor.put(&values, writer)?;
    let bytes = tensor.bytes();
    writer.write_all(&[0; ALIGNMENT][..bytes.next_multiple_of(ALIGNMENT) - bytes])
}
