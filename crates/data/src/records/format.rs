//! How files are laid out.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::compression::Compression;

/// How a file is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Plain text: a record `{text}` a file. A file of more than 16 KiB is cut into several, each at the first blank
    /// line after that (or at a line end after 64 KiB), so that a file of any size is read in bounded memory and
    /// part of it can be held out.
    Text,
    /// JSON Lines: one object a line.
    Jsonl,
    /// One top-level array of objects, held in memory whole.
    Json,
    /// Comma-separated values with a header line, quoted as RFC 4180 says.
    Csv,
    /// Tab-separated values with a header line; quotes mean nothing special, as in GLUE.
    Tsv,
    /// Apache Parquet.
    Parquet,
    /// A word a line with its tag in the last column, as in CoNLL's shared tasks; a record `{tokens, tags}` a sentence.
    Conll,
    /// SQuAD's nested JSON, held in memory whole; a record
    /// `{id, title, context, question, answers: [{text, answer_start}], is_impossible}` a question.
    Squad,
}

impl Format {
    /// The format that a file's name stands for, apart from `.gz`, `.zst`, `.bz2` or `.xz` at its end.
    pub fn of(path: &Path) -> Option<Self> {
        let (name, _) = Compression::of(path);
        Some(match name.rsplit_once('.')?.1 {
            "txt" | "text" | "md" | "markdown" => Self::Text,
            "jsonl" | "ndjson" => Self::Jsonl,
            "json" => Self::Json,
            "csv" => Self::Csv,
            "tsv" => Self::Tsv,
            "parquet" => Self::Parquet,
            "conll" | "iob" | "iob2" | "bio" => Self::Conll,
            _ => return None,
        })
    }
}

/// Whether a file's name says that it is compressed.
pub fn compressed(path: &Path) -> bool {
    Compression::of(path).1 != Compression::None
}

/// How a stream is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// A text a line.
    Lines,
    /// As files of this format are.
    Like(Format),
}
