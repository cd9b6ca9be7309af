//! Arguments of `data`.

use std::path::PathBuf;

use cimiento_data::corrupt::{Language, Rates};
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
    /// Put errors into sentences of texts, for practice in correcting them
    #[command(after_help = "\
Writes lines such as {\"source\": \"She have cat.\", \"corrections\": [\"She has a cat.\"]}. The sentences are drawn evenly
from all texts; headings and tables are left out. A rate is the share of the words an error fits that get it.
Kinds of errors: spelling, confusion, agreement, articles, prepositions, tense, order, punctuation.

Example:
  cimiento data corrupt village/corpus.jsonl --out practice.jsonl --pairs 1000 --seed 1
  cimiento data corrupt books/*.txt --out practice.jsonl --language other --rate spelling=0.2")]
    Corrupt(Corrupt),
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

/// `data corrupt`.
#[derive(Args, Debug)]
pub struct Corrupt {
    /// Files, folders or patterns with text, as a corpus has them
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Where the pairs go, a JSON object a line
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// How many are made, if there are so many sentences
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..))]
    pub pairs: usize,
    /// Whose rules are used; of other languages, errors of spelling, order and punctuation are made only
    #[arg(long, default_value = "en", value_parser = language)]
    pub language: Language,
    /// Another rate for a kind of error, 0 to 1; repeatable
    #[arg(long, value_name = "KIND=RATE", value_parser = rate)]
    pub rate: Vec<(String, f64)>,
    /// At least this share of the sentences stays right, so that what is right is learned too; short ones may get no error by chance
    #[arg(long, value_name = "SHARE", default_value_t = 0.15, value_parser = share)]
    pub right: f64,
    /// The field that holds the text
    #[arg(long, value_name = "COLUMN", default_value = "text")]
    pub text: String,
    /// Replace the file if it is there
    #[arg(long)]
    pub overwrite: bool,
}

fn language(text: &str) -> Result<Language, String> {
    match text.to_lowercase().as_str() {
        "en" | "english" => Ok(Language::English),
        "other" => Ok(Language::Other),
        _ => Err("there are rules for `en`; write `other` for any other language".to_owned()),
    }
}

fn share(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| (0.0..=1.0).contains(number));
    number.ok_or_else(|| "write a number from 0 to 1".to_owned())
}

fn rate(text: &str) -> Result<(String, f64), String> {
    let (kind, number) = text.split_once('=').ok_or("write a kind of error and its rate, such as spelling=0.1")?;
    let kinds = Rates::default().named().map(|(name, _)| name);
    if !kinds.contains(&kind) {
        return Err(format!("{kind:?} is no kind of error; these are: {}", kinds.join(", ")));
    }
    Ok((kind.to_owned(), share(number)?))
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
