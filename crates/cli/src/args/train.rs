//! `pretrain` and `finetune`: a config, or a few options in its place.

use std::path::PathBuf;

use cimiento_core::backbone::Preset;
use clap::Args;
use clap::builder::PossibleValuesParser;

use super::input::{OnBad, renamed, separator};
use super::named;
use crate::tasks;

/// What becomes of a run that is there.
#[derive(Args, Debug)]
pub struct Course {
    /// Go on from the run's newest checkpoint
    #[arg(long, conflicts_with = "overwrite")]
    pub resume: bool,
    /// Start over if the run's folder holds something
    #[arg(long)]
    pub overwrite: bool,
    // What `sweep` starts: it skips, goes on or starts over as a pipeline's stage does, and stops once stdin ends.
    #[arg(long, hide = true, conflicts_with_all = ["resume", "overwrite"])]
    pub trial: bool,
}

/// `pretrain`.
#[derive(Args, Debug)]
pub struct Pretrain {
    /// The config file; configs/reference/pretrain.toml documents every key
    #[arg(required_unless_present = "text")]
    pub config: Option<PathBuf>,
    /// Text to learn from, files or folders
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with = "config", help_heading = "Without a config")]
    pub text: Vec<PathBuf>,
    /// Name of the run [default: the name of the first file]
    #[arg(long = "as", value_name = "NAME", requires = "text", help_heading = "Without a config")]
    pub name: Option<String>,
    /// What stands between documents in plain text, such as '\n\n' (blank lines) or '<|endoftext|>'; \n is a line end
    #[arg(long, value_name = "TEXT", requires = "text", help_heading = "Without a config")]
    pub separator: Option<String>,
    /// Stop at a document that cannot be read, or leave such out, up to the share max_skipped
    #[arg(
        long,
        value_enum,
        value_name = "error|skip",
        requires = "text",
        hide_possible_values = true,
        help_heading = "Without a config"
    )]
    pub on_bad: Option<OnBad>,
    /// The size of the backbone: micro, nano, tiny, small or base
    #[arg(long, requires = "text", conflicts_with = "from", value_parser = named::<Preset>, help_heading = "Without a config")]
    pub preset: Option<Preset>,
    /// A run or checkpoint to go on from, with its shape and tokenizer
    #[arg(long, value_name = "RUN", requires = "text", help_heading = "Without a config")]
    pub from: Option<String>,
    /// What becomes of a run that is there.
    #[command(flatten)]
    pub course: Course,
}

/// `finetune`.
#[derive(Args, Debug)]
pub struct Finetune {
    /// The config file; configs/reference/finetune.toml documents every key
    #[arg(required_unless_present = "train")]
    pub config: Option<PathBuf>,
    /// Records to learn from
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with = "config", requires = "task", help_heading = "Without a config")]
    pub train: Vec<PathBuf>,
    /// What to learn
    #[arg(long, requires = "train", value_parser = PossibleValuesParser::new(tasks::NAMES), help_heading = "Without a config")]
    pub task: Option<String>,
    /// Records to validate on [default: a tenth of those of --train is held out]
    #[arg(long, value_name = "FILE", num_args = 1.., requires = "train", help_heading = "Without a config")]
    pub valid: Vec<PathBuf>,
    /// What the files call a field, such as text=review; may be given several times
    #[arg(long, value_name = "FIELD=COLUMN", requires = "train", value_parser = renamed, help_heading = "Without a config")]
    pub field: Vec<(String, String)>,
    /// What separates the columns of CSV and TSV, such as ';' or '\t' [default: found out]
    #[arg(long, value_name = "SIGN", requires = "train", value_parser = separator, help_heading = "Without a config")]
    pub separator: Option<String>,
    /// Stop at a bad record, or leave bad ones out, up to the share data.max_skipped
    #[arg(
        long,
        value_enum,
        value_name = "error|skip",
        requires = "train",
        hide_possible_values = true,
        help_heading = "Without a config"
    )]
    pub on_bad: Option<OnBad>,
    /// The run or checkpoint to start from [default: that of models/cimiento-nano for the task]
    #[arg(long, value_name = "RUN", requires = "train", help_heading = "Without a config")]
    pub from: Option<String>,
    /// Name of the run [default: the name of the first file and the task]
    #[arg(long = "as", value_name = "NAME", requires = "train", help_heading = "Without a config")]
    pub name: Option<String>,
    /// What becomes of a run that is there.
    #[command(flatten)]
    pub course: Course,
}

/// `evaluate`.
#[derive(Args, Debug)]
pub struct Evaluate {
    /// The config file (configs/reference/evaluate.toml documents every key), or with --data a run or checkpoint
    #[arg(value_name = "CONFIG|RUN")]
    pub what: String,
    /// Records (for a pretrained backbone: texts) to score the run on
    #[arg(long, value_name = "FILE", num_args = 1.., help_heading = "Without a config")]
    pub data: Vec<PathBuf>,
    /// What the files call a field, such as text=review; may be given several times
    #[arg(long, value_name = "FIELD=COLUMN", requires = "data", value_parser = renamed, help_heading = "Without a config")]
    pub field: Vec<(String, String)>,
    /// What separates the columns of CSV and TSV, such as ';' or '\t' [default: found out]
    #[arg(long, value_name = "SIGN", requires = "data", value_parser = separator, help_heading = "Without a config")]
    pub separator: Option<String>,
    /// Stop at a bad record, or leave bad ones out, up to the share max_skipped
    #[arg(
        long,
        value_enum,
        value_name = "error|skip",
        requires = "data",
        hide_possible_values = true,
        help_heading = "Without a config"
    )]
    pub on_bad: Option<OnBad>,
    /// Folder of the results [default: evaluation/RUN-FILE]
    #[arg(long = "as", value_name = "NAME", requires = "data", help_heading = "Without a config")]
    pub name: Option<String>,
    /// Print the rows as JSON
    #[arg(long)]
    pub json: bool,
    /// Measure again even if nothing changed
    #[arg(long)]
    pub overwrite: bool,
}

/// `init`.
#[derive(Args, Debug)]
pub struct Init {
    /// A task, if it is not to be guessed, or "pretrain" for text alone; then the files or folders of data
    #[arg(value_name = "TASK|DATA", required = true)]
    pub words: Vec<String>,
    /// What the files call a field, such as text=review, where it is not to be guessed; may be given several times
    #[arg(long, value_name = "FIELD=COLUMN", value_parser = renamed)]
    pub field: Vec<(String, String)>,
    /// What separates the columns of CSV and TSV, such as ';' or '\t' [default: found out]
    #[arg(long, value_name = "SIGN", value_parser = separator)]
    pub separator: Option<String>,
    /// The run or checkpoint to start from [default: that of models/cimiento-nano for the task]
    #[arg(long, value_name = "RUN")]
    pub from: Option<String>,
    /// The config to write [default: the name of the first file and the task, .toml]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}
