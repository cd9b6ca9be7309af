//! Where the records of a verb come from.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;

/// Records of a file instead of stdin.
#[derive(Args, Debug)]
pub struct Input {
    /// Records to take instead of stdin: .jsonl, .json, .csv, .tsv, .parquet or .txt (one text a file), each also with .gz or .zst
    #[arg(long, value_name = "FILE")]
    pub input: Option<PathBuf>,
    /// What the file calls a field, such as text=review; may be given several times
    #[arg(long, value_name = "FIELD=COLUMN", requires = "input", value_parser = renamed)]
    pub field: Vec<(String, String)>,
    /// Read names of special tokens in a text, such as [SEP], as these tokens; otherwise they are plain text
    #[arg(long)]
    pub parse_special: bool,
}

impl Input {
    /// The columns of the file by the name of their field.
    pub fn fields(&self) -> BTreeMap<String, String> {
        self.field.iter().cloned().collect()
    }
}

/// `FIELD=COLUMN`.
pub(super) fn renamed(text: &str) -> Result<(String, String), String> {
    match text.split_once('=').map(|(field, column)| (field.trim(), column.trim())) {
        Some((field, column)) if !field.is_empty() && !column.is_empty() => Ok((field.into(), column.into())),
        _ => Err("expected FIELD=COLUMN, such as text=review".into()),
    }
}
