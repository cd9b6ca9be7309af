//! Where the records of a command come from, and where its answers go.

use std::collections::BTreeMap;
use std::path::PathBuf;

use cimiento_data::records::{Format, Layout};
use clap::{Args, ValueEnum};

/// Records of a file or of stdin.
#[derive(Args, Debug)]
pub struct Input {
    /// Records instead of stdin (`-`): .jsonl .json .csv .tsv .parquet .txt (a text a file), also compressed
    #[arg(long, value_name = "FILE")]
    pub input: Option<PathBuf>,
    /// Layout that its name or first line does not tell: lines (a text each), jsonl, json, csv, tsv
    #[arg(long, value_name = "FORMAT", value_parser = layout)]
    pub input_format: Option<Layout>,
    /// What the input calls a field, such as text=review; repeatable
    #[arg(long, value_name = "FIELD=COLUMN", value_parser = renamed)]
    pub field: Vec<(String, String)>,
    /// What separates the columns of CSV and TSV, such as ';' or '\t' [default: found out]
    #[arg(long, value_name = "SIGN", value_parser = separator)]
    pub separator: Option<String>,
    /// Read names of special tokens in a text, such as [SEP], as these tokens; otherwise they are plain text
    #[arg(long)]
    pub parse_special: bool,
    /// Stop at a bad record, or put {"error", "line"} in its place (exit code 5)
    #[arg(long, value_enum, value_name = "error|skip", default_value_t = OnBad::Error, hide_possible_values = true)]
    pub on_bad: OnBad,
    /// Columns of the input to keep beside each answer, such as stars,date; repeatable; `id` always is
    #[arg(long, value_name = "COLUMNS")]
    pub keep: Vec<String>,
    /// Write a file instead of stdout, whole or not at all: .jsonl, .csv, .txt (lines), .parquet
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// How answers are written: jsonl, csv (a list of labels as a|b), lines (the text of the answer alone)
    #[arg(long, value_enum, value_name = "FORMAT", hide_possible_values = true)]
    pub format: Option<OutputFormat>,
    /// Replace the output file if there is one
    #[arg(long, requires = "output")]
    pub overwrite: bool,
}

/// What becomes of a record that cannot be used.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnBad {
    /// It ends the command.
    Error,
    /// Its place is taken by an error.
    Skip,
}

/// How answers are written.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputFormat {
    /// A JSON object a line
    Jsonl,
    /// Comma-separated, with a header
    Csv,
    /// The answer's text, a line each
    Lines,
    /// Apache Parquet, into a file
    Parquet,
}

impl Input {
    /// The columns of the input by the name of their field.
    pub fn fields(&self) -> BTreeMap<String, String> {
        self.field.iter().cloned().collect()
    }

    /// The file, if it is not stdin.
    pub fn file(&self) -> Option<&PathBuf> {
        self.input.as_ref().filter(|path| path.as_os_str() != "-")
    }
}

/// `FIELD=COLUMN`.
pub(super) fn renamed(text: &str) -> Result<(String, String), String> {
    match text.split_once('=').map(|(field, column)| (field.trim(), column.trim())) {
        Some((field, column)) if !field.is_empty() && !column.is_empty() => Ok((field.into(), column.into())),
        _ => Err("expected FIELD=COLUMN, such as text=review".into()),
    }
}

/// What separates columns: one character, as shells hand it on.
pub(super) fn separator(text: &str) -> Result<String, String> {
    let text = text.replace("\\t", "\t");
    match text.chars().count() {
        1 if !text.contains(['"', '\n', '\r']) => Ok(text),
        _ => Err("expected one character and no quote, such as ';' or '\\t'".into()),
    }
}

fn layout(name: &str) -> Result<Layout, String> {
    if name == "lines" { Ok(Layout::Lines) } else { super::named::<Format>(name).map(Layout::Like) }
}
