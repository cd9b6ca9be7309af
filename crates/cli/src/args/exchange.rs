//! Arguments of the verbs through which models and their vectors come and go.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Input;

/// `import`.
#[derive(Args, Debug)]
pub struct Import {
    #[arg(
        help = "A folder with config.json, tokenizer.json and model.safetensors (or its shards), or hf://owner/name[@revision]"
    )]
    pub source: String,
    /// The run it becomes, under the runs folder
    #[arg(long = "as", value_name = "RUN")]
    pub name: String,
    /// Replace the run if there is one
    #[arg(long)]
    pub overwrite: bool,
}

/// `export`.
#[derive(Args, Debug)]
pub struct Export {
    /// A run under the runs folder, or the path of a run or checkpoint
    pub run: String,
    /// The folder to write (transformers, cimiento), or the file (gguf)
    pub target: PathBuf,
    /// The program it is for
    #[arg(long, value_enum, default_value_t = Format::Transformers)]
    pub format: Format,
    /// How numbers are stored; unless given f32 for transformers, f16 for the others
    #[arg(long, alias = "precision", value_enum)]
    pub dtype: Option<Stored>,
    /// Files of tensors are cut at this size, in megabytes
    #[arg(long, value_name = "MB", default_value_t = 5000, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..))]
    pub shard_mb: usize,
    /// Replace the target if there is one
    #[arg(long)]
    pub overwrite: bool,
}

/// Whose files are written.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Hugging Face's transformers, and whatever reads its files
    Transformers,
    /// llama.cpp and Ollama
    Gguf,
    /// This one: a checkpoint without what only training needs, to be given away
    Cimiento,
}

/// How numbers are stored.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// 32-bit floats
    F32,
    /// bfloat16
    Bf16,
    /// 16-bit floats
    F16,
    /// GGUF only: 8-bit integers, 32 of which share a scale
    #[value(name = "q8_0")]
    Q8_0,
}

/// `embed`.
#[derive(Args, Debug)]
pub struct Embed {
    /// A run under the runs folder, or the path of a run or checkpoint
    pub run: String,
    /// What to turn into vectors.
    #[command(flatten)]
    pub input: Input,
    /// How the states of a text's tokens become one vector; unless given as the model's own files say, else mean
    #[arg(long, value_enum)]
    pub pooling: Option<Pooled>,
    /// Leave the length of the vectors as it is, instead of 1
    #[arg(long)]
    pub raw: bool,
    /// Set one of the model's own prompts before each text, such as query
    #[arg(long, value_name = "NAME")]
    pub prompt_name: Option<String>,
    /// Set this before each text
    #[arg(long, value_name = "TEXT", conflicts_with = "prompt_name")]
    pub prompt: Option<String>,
}

/// `rerank`.
#[derive(Args, Debug)]
pub struct Rerank {
    /// A run under the runs folder, or the path of a run or checkpoint: a classifier of pairs of texts (a cross-encoder)
    pub run: String,
    /// What the texts are put in order for
    #[arg(long, value_name = "TEXT")]
    pub query: String,
    /// The texts.
    #[command(flatten)]
    pub input: Input,
    /// Print only the best N texts
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub top: Option<u64>,
    /// The label whose probability is the score, of a model with several
    #[arg(long, value_name = "NAME")]
    pub label: Option<String>,
}

/// How states become one vector.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooled {
    /// Their mean
    Mean,
    /// That of the first token
    #[value(alias = "cls")]
    First,
    /// That of the last token
    Last,
    /// The largest value of each component
    Max,
    /// Their mean, later tokens counting more
    WeightedMean,
    /// Their sum, divided by the square root of their number
    MeanSqrtLength,
}
