//! Why a model cannot be written as GGUF.

use std::error::Error;

use cimiento_core::params::WeightsError;
use cimiento_data::files::FileError;
use cimiento_data::tokenizer::Unnamed;

/// Why a tensor could not be read.
pub type ReadError = Box<dyn Error + Send + Sync>;

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
