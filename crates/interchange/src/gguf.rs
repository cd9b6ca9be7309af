//! A model as one GGUF file (version 3), which llama.cpp and Ollama run.
//!
//! The format is that of `docs/gguf.md` in <https://github.com/ggml-org/ggml>; the keys, the names of tensors and the
//! order of Llama's rows are those of `gguf-py/gguf/constants.py` and `conversion/` in
//! <https://github.com/ggml-org/llama.cpp>. Matrices are stored as [`Precision`] says, norms and biases as float32.
//!
//! llama.cpp does not normalise texts, so that where a tokenizer does (Qwen's makes NFC of them) a text that is not
//! NFC gets other ids there.

mod metadata;
mod stretch;
mod tensors;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{self, Write};
use std::path::Path;

use super::{Family, InterchangeError};
use cimiento_core::backbone::BackboneConfig;
use cimiento_core::checkpoint::{CHAT_TEMPLATE, Checkpoint};
use cimiento_core::params::WeightsError;
use cimiento_data::files::{self, FileError};
use cimiento_data::tokenizer::{Tokenizer, Unnamed};
use tensors::Tensor;

/// What matrices are stored as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// float16.
    F16,
    /// Blocks of 32 values along a row: a float16 scale, a 127th of the largest magnitude, and 32 signed bytes. A
    /// matrix whose rows are not a multiple of 32 long stays float16.
    Q8_0,
}

/// Why a tensor could not be read.
pub type ReadError = Box<dyn Error + Send + Sync>;

/// A model to be written.
pub struct Source<'a> {
    /// Its architecture.
    pub family: Family,
    /// Its shape.
    pub config: &'a BackboneConfig,
    /// Its tokenizer.
    pub tokenizer: &'a Tokenizer,
    /// What programs call it.
    pub name: &'a str,
    /// Its tensors and their shapes, under the names of `transformers`.
    pub shapes: &'a BTreeMap<String, Vec<usize>>,
    /// Reads the values of one of them.
    pub read: &'a dyn Fn(&str) -> Result<Vec<f32>, ReadError>,
    /// How a conversation becomes a prompt, in Jinja.
    pub chat_template: Option<&'a str>,
    /// Whether a text opens with the token `bos`. Where it is not said, it does if the tokenizer's post-processor
    /// puts it there, or if it is named `[bos]`, as in tokenizers trained here.
    pub opens_with_bos: Option<bool>,
}

/// A model that cannot be written as GGUF.
#[derive(thiserror::Error, Debug)]
pub enum GgufError {
    /// The file could not be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The tensors are not those of the family and shape.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// A tensor could not be read.
    #[error("reading tensor {name} failed: {source}")]
    Read {
        /// Its name.
        name: String,
        /// The reader's own words.
        source: ReadError,
    },
    /// A tensor has more or fewer values than its shape.
    #[error("tensor {name} has {found} values, its shape says {expected}")]
    Length {
        /// Its name.
        name: String,
        /// Values read.
        found: usize,
        /// Values of the shape.
        expected: usize,
    },
    /// A value beyond float16.
    #[error("tensor {name} holds {value}, which float16 cannot hold")]
    TooLarge {
        /// Its name.
        name: String,
        /// The value.
        value: f32,
    },
    /// The tokenizer works in a way that llama.cpp has no name for.
    #[error("{0}; llama.cpp would give other token ids")]
    Tokenizer(#[from] Unnamed),
    /// The tokenizer takes words without merging, and llama.cpp does so for Llama 3's pattern alone.
    #[error("the tokenizer has `ignore_merges` without Llama 3's pattern; llama.cpp would give other token ids")]
    IgnoreMerges,
    /// More tokens than rows of the embedding.
    #[error("the tokenizer has {tokens} tokens, the embedding {rows} rows")]
    Vocabulary {
        /// Tokens.
        tokens: usize,
        /// Rows.
        rows: usize,
    },
    /// More tokens end a text than GGUF has keys for.
    #[error(
        "{ends} tokens end a text of this model; GGUF has keys for three beside those that llama.cpp knows by name"
    )]
    Ends {
        /// How many.
        ends: usize,
    },
    /// Nothing that projects states to the vocabulary.
    #[error("this model has no lm_head and its embeddings are not tied; GGUF files are written of models that write")]
    Headless,
    /// Positions that are stretched in a way that llama.cpp does not follow.
    #[error("positions stretched by {how} are not written to GGUF: {why}; `--format transformers` keeps them")]
    Stretched {
        /// The way.
        how: &'static str,
        /// What is wrong with it.
        why: &'static str,
    },
    /// No architecture that continues texts.
    #[error("this backbone is an encoder, which reads and does not write; GGUF files are written of models that do")]
    Encoder,
    /// llama.cpp wants the heads of a Qwen2 model to fill its width.
    #[error("llama.cpp reads a Qwen2 model only if heads times head_dim ({heads} x {head_dim}) is d_model ({d_model})")]
    Width {
        /// Query heads.
        heads: usize,
        /// Width of one.
        head_dim: usize,
        /// Width of the residual stream.
        d_model: usize,
    },
}

/// Tensors begin at multiples of this many bytes.
const ALIGNMENT: usize = 32;

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
