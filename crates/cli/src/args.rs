//! What may be typed: commands, their options and the examples in their help.

mod bench;
mod data;
mod exchange;
mod generate;
mod input;
mod options;
mod train;

use std::path::PathBuf;

use cimiento_core::device::DeviceName;
use clap::builder::PossibleValuesParser;
use clap::{ArgAction, Args, Parser, Subcommand};
use serde::de::DeserializeOwned;

use crate::tasks;

pub use bench::Bench;
pub use data::{Check, Corrupt, DataAction};
pub use exchange::{Embed, Export, Format, Import, Pooled, Rerank, Stored};
pub use generate::Generate;
pub use input::{Input, OnBad, OutputFormat};
pub use options::{parse, unused};
pub use train::{Course, Evaluate, Finetune, Init, Pretrain};

/// Pretrain a small foundation model, fine-tune heads on it, ask it and score it. No Python.
#[derive(Parser, Debug)]
#[command(name = "cimiento", version, after_help = EXIT_CODES, arg_required_else_help = true)]
pub struct Arguments {
    /// The names of the command and its subcommand, as typed.
    #[arg(skip)]
    pub command: String,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
    /// What many commands understand.
    #[command(flatten)]
    pub global: Global,
}

const EXIT_CODES: &str = "\
Results go to stdout, everything else to stderr. `cimiento COMMAND --help` shows the options of a command.
Exit codes: 0 done; 1 an error, explained on stderr; 2 the command line cannot be understood; 3 interrupted
(Ctrl-C), and saved: the same command with --resume goes on (`run` and `sweep` need none); 4 `diff` has found a
difference; 5 done, but some records have an error in their place (--on-bad skip); 130 stopped by a second Ctrl-C.

Example:
  cimiento run configs/quickstart.toml";

/// Folder of all runs, unless another is named.
const RUNS: &str = "runs";

/// What many commands understand; `options` says which.
#[derive(Args, Debug)]
#[command(next_help_heading = "Common options")]
pub struct Global {
    /// Change a key of the config (or of the model's settings), such as train.steps=200; repeatable
    #[arg(long, global = true, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Check everything, say what would be done, print the resolved config; touch nothing
    #[arg(long, global = true)]
    pub dry_run: bool,
    /// Where to compute: cpu, ndarray, wgpu[:n] or cuda[:n]
    #[arg(long, global = true)]
    pub device: Option<DeviceName>,
    /// Decides everything that is drawn by chance
    #[arg(long, global = true)]
    pub seed: Option<u64>,
    /// Folder of all runs
    #[arg(long, global = true, value_name = "FOLDER", default_value = RUNS)]
    pub runs_dir: PathBuf,
    /// Data that is not beside the config [default: $CIMIENTO_DATA, or datasets here or above the config]
    #[arg(long, global = true, value_name = "FOLDER")]
    pub data_dir: Option<PathBuf>,
    /// Log more; twice for everything (or RUST_LOG)
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// Show errors only, and no progress
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
}

/// What to do.
#[derive(Subcommand, Debug)]
pub enum Verb {
    /// Run the stages of a pipeline in order, then write its table and report
    #[command(after_help = "\
Stages that are finished and unchanged are skipped, an interrupted one goes on where it stopped.

Example:
  cimiento run configs/quickstart.toml --device cpu
writes runs/quickstart/results.json and runs/quickstart/report.html.")]
    Run {
        /// The pipeline
        config: PathBuf,
        /// Do all stages again
        #[arg(long)]
        overwrite: bool,
    },
    /// Train the tokenizer of a pretraining config, and nothing else
    #[command(after_help = "\
Example:
  cimiento tokenizer configs/pretrain/village-nano.toml --out tokenizer.json --set tokenizer.vocab_size=8000")]
    Tokenizer {
        /// A config of `cimiento pretrain`
        config: PathBuf,
        /// Where to write tokenizer.json
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Replace the file if there is one
        #[arg(long)]
        overwrite: bool,
    },
    /// Pretrain a backbone on text
    #[command(after_help = "\
Example:
  cimiento pretrain configs/pretrain/village-nano.toml --set train.steps=200
  cimiento pretrain --text notes.txt letters/ --preset nano --as mine")]
    Pretrain(Pretrain),
    /// Train a head, and its backbone unless frozen, on labelled records
    #[command(after_help = tasks::help::FINETUNE)]
    Finetune(Finetune),
    /// Try a training with many settings, and rank them by how they validate
    #[command(after_help = "\
Trials that are finished and unchanged are skipped, interrupted ones go on where they stopped.

Example:
  cimiento sweep configs/sweep/village.toml
writes runs/village-sweep/results.json and runs/village-sweep/report.html; the trials lie beside them, each a run.")]
    Sweep {
        /// What to try; configs/reference/sweep.toml documents every key
        config: PathBuf,
        /// Print what results.json holds
        #[arg(long)]
        json: bool,
    },
    /// Score runs on data sets, each score with its interval and beside its trivial baseline
    #[command(after_help = tasks::help::EVALUATE)]
    Evaluate(Evaluate),
    /// Answer records with a fine-tuned model, in their order: from a file or stdin, to stdout or a file
    #[command(after_help = tasks::help::PREDICT)]
    Predict(Predict),
    /// Continue a text, or answer a conversation
    #[command(after_help = "\
A model that was imported with a generation_config.json writes as that file says; options given here go before it.
A prompt is plain text: the name of a special token, such as <|im_end|>, is read letter by letter unless there is
--parse-special. In conversations the run's template puts such tokens; of one that is longer than the context the oldest
turns are left out.

Example:
  cimiento generate quickstart/pretrain --prompt 'The miller' --max-tokens 40 --temperature 0.7")]
    Generate(Generate),
    /// Score texts: log P(w1…wm), perplexity, bits per byte; JSON Lines in and out
    #[command(after_help = "\
A line is {\"text\": …}. Logarithms are natural.

Example:
  echo '{\"text\": \"The miller grinds corn.\"}' | cimiento score quickstart/pretrain --tokens")]
    Score(Score),
    /// Show what a run or checkpoint is: shape, parameters, step, tokens, tokenizer, scores, hashes
    #[command(after_help = "\
Example:
  cimiento inspect quickstart/pretrain --json")]
    Inspect {
        /// A run under the runs folder, or the path of a run or checkpoint
        run: String,
        /// Print one JSON object, with the names and shapes of all tensors
        #[arg(long)]
        json: bool,
    },
    /// Show the runs: kind, step, state, score, date
    #[command(after_help = "\
Example:
  cimiento list --json")]
    List {
        /// Print one JSON array
        #[arg(long)]
        json: bool,
    },
    /// Write a page about a run: its curves, scores and config
    #[command(after_help = "\
Example:
  cimiento report quickstart/pretrain
writes runs/quickstart/pretrain/report.html.")]
    Report {
        /// A run under the runs folder, or the path of one
        run: String,
        /// Where to write report.html and its drawings [default: the run's folder]
        #[arg(long, value_name = "FOLDER")]
        out: Option<PathBuf>,
    },
    /// Look at data and write a config for them that runs as it is
    #[command(after_help = tasks::help::INIT)]
    Init(Init),
    /// Print a script that completes commands and options in a shell
    #[command(after_help = "\
Example:
  cimiento completions bash > ~/.local/share/bash-completion/completions/cimiento
  cimiento completions zsh > ~/.zfunc/_cimiento
  cimiento completions fish > ~/.config/fish/completions/cimiento.fish")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Take in a model of transformers, or of the hub, as a run
    #[command(after_help = "\
Qwen3, Qwen2, Llama and Mistral, and encoders of BERT's family. Everything then works on it: fine-tuning any head
(whole, frozen, or with low-rank factors), evaluation, export; generation and scores with those that write.

Example:
  cimiento import ~/models/Qwen3-0.6B --as qwen
then
  cimiento generate qwen --prompt 'The miller' --greedy")]
    Import(Import),
    /// Write a run as files of transformers, or as GGUF for llama.cpp and Ollama
    #[command(after_help = "\
Example:
  cimiento export quickstart/pretrain my-model
then, in Python,
  AutoModelForCausalLM.from_pretrained('my-model')")]
    Export(Export),
    /// Turn texts into vectors whose directions tell how alike they are; JSON Lines in and out
    #[command(after_help = "\
A line is {\"text\": …}.

Example:
  echo '{\"text\": \"a fine day\"}' | cimiento embed minilm")]
    Embed(Embed),
    /// Put texts in the order of how well they go with a query, by a classifier of pairs; JSON Lines in and out
    #[command(after_help = "\
A line is {\"text\": …}; what comes out is {\"index\": …, \"score\": …, \"text\": …}, the best first. The index is the
place in the input, from 0: of plain lines, blank ones count and are left out; records that are skipped come last.

Example:
  cimiento import hf://cross-encoder/ms-marco-MiniLM-L6-v2 --as ranker
  cimiento rerank ranker --query 'Who bakes the bread?' --input passages.jsonl --top 10")]
    Rerank(Rerank),
    /// Look data over before training on them; list and fetch data sets (and models) of the Hugging Face hub
    #[command(after_help = "\
Configs need no fetching beforehand: a path such as hub:sst2/train fetches what is missing.

The cache, the hub and the token are those of all its tools: HF_HOME, HF_HUB_CACHE, HF_ENDPOINT, HF_TOKEN,
HF_HUB_OFFLINE=1.

Example:
  cimiento data check configs/quickstart.toml
  cimiento data get sst2 squad_v2
  cimiento data get tinystories --split validation")]
    Data {
        /// What to do.
        #[command(subcommand)]
        action: DataAction,
    },
    /// Say where two runs part: config, data, tokenizer, the first step that differs, weights
    #[command(after_help = tasks::help::DIFF)]
    Diff {
        /// A run under the runs folder, or the path of a run or checkpoint
        a: String,
        /// The other one
        b: String,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Measure how fast this machine trains and infers
    #[command(after_help = "\
Leave the machine alone meanwhile. Every token is a target; a step includes clipping and AdamW.

Example:
  cimiento bench --preset tiny --json")]
    Bench(Bench),
}

/// A value by the name that configs have for it.
fn named<T: DeserializeOwned>(name: &str) -> Result<T, String> {
    let value = serde::de::value::StrDeserializer::<serde::de::value::Error>::new(name);
    T::deserialize(value).map_err(|error| error.to_string())
}

/// `predict`.
#[derive(Args, Debug)]
pub struct Predict {
    /// A run under the runs folder, or a path of one; of a pipeline, its stage for the task is taken
    pub run: String,
    /// What the model was fine-tuned for, where there are several
    #[arg(long, value_parser = PossibleValuesParser::new(tasks::NAMES))]
    pub task: Option<String>,
    /// What to answer.
    #[command(flatten)]
    pub input: Input,
    /// Records answered at once: 1 answers each line as it comes
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u64).range(1..))]
    pub batch: u64,
}

/// `score`.
#[derive(Args, Debug)]
pub struct Score {
    /// A run under the runs folder, or the path of a run or checkpoint
    pub run: String,
    /// What to score.
    #[command(flatten)]
    pub input: Input,
    /// Predict each token from all others, one hidden at a time (pseudo-log-likelihood)
    #[arg(long)]
    pub masked: bool,
    /// Print the logarithm of each token's probability too
    #[arg(long)]
    pub tokens: bool,
}

impl Global {
    /// `--device` and `--seed` as edits of a config.
    pub fn shared_sets(&self) -> Vec<String> {
        let device = self.device.map(|device| format!("device = \"{device}\""));
        let seed = self.seed.map(|seed| format!("train.seed = {seed}"));
        device.into_iter().chain(seed).collect()
    }
}
