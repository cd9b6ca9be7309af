//! Arguments of `data`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::tasks;

/// What `data` does.
#[derive(Subcommand, Debug)]
pub enum DataAction {
    /// Look over what a config would train on and be judged by: lengths, bad records, repeats, balance, leaks
    #[command(after_help = tasks::help::CHECK)]
    Check(Check),
    /// Make questions of a corpus, to practise question answering on before the real ones
    #[command(after_help = "\
Each takes some words of a passage as its answer, and words around them as its question. Documents that the
config holds out or excludes are not asked about. Fine-tune on the file first, then go on from that run.

Example:
  cimiento data cloze configs/reference/cloze.toml
  cimiento finetune practice.toml     # whose data.train is [{ path = \"run:reference-cloze/cloze.jsonl\" }]")]
    Cloze {
        /// A config with a corpus
        config: PathBuf,
        /// Make them anew if they are there
        #[arg(long)]
        overwrite: bool,
    },
    /// Show the data sets known by name
    #[command(after_help = "\
Example:
  cimiento data list")]
    List,
    /// Fetch into the hub's cache what is new, and print the paths
    #[command(after_help = "\
Example:
  cimiento data get dialogsum --split train
  cimiento data get hf://datasets/stanfordnlp/sst2@main/data/train-*.parquet
  cimiento data get hf://Qwen/Qwen3-0.6B")]
    Get {
        #[arg(
            help = "A known data set, hf://datasets/owner/name[@revision]/path, or a model: hf://owner/name[@revision]",
            value_name = "NAME",
            required = true
        )]
        names: Vec<String>,
        /// Only this split of the known data sets
        #[arg(long)]
        split: Option<String>,
    },
}

/// `data check`.
#[derive(Args, Debug)]
pub struct Check {
    /// A config of pretrain, finetune, evaluate or run (then all its stages)
    pub config: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
    /// Exit with 1 if there is a warning
    #[arg(long)]
    pub strict: bool,
    #[arg(
        help = "A file, a folder or a set of the hub that training must not know, as in configs; may be given several times",
        long,
        value_name = "PATH"
    )]
    pub against: Vec<PathBuf>,
}
