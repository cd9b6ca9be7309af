//! What can be wrong with a file of records, and where.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::files::FileError;

/// What a [`Place`] counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Lines of a text file.
    Line,
    /// Rows of a table without lines.
    Row,
    /// Questions of a SQuAD file.
    Question,
}

/// A place in a file: `reviews.jsonl:12`, `reviews.parquet: row 12`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub path: PathBuf,
    /// The number of the line (row, question), from 1.
    pub number: usize,
    /// What is counted.
    pub unit: Unit,
}

impl Place {
    /// A line of a file.
    pub(super) fn line(path: &Path, number: usize) -> Self {
        Self { path: path.to_path_buf(), number, unit: Unit::Line }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, number) = (self.path.display(), self.number);
        match self.unit {
            Unit::Line => write!(f, "{path}:{number}"),
            Unit::Row => write!(f, "{path}: row {number}"),
            Unit::Question => write!(f, "{path}: question {number}"),
        }
    }
}

/// Why a record could not be read.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The file is missing or unreadable.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file holds no record.
    #[error("{path}: the file is empty (no record in it); leave it out, or write it again")]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// A folder or pattern without a file that can be read.
    #[error(
        "{path}: no file with a known ending there (.txt .jsonl .json .csv .tsv .parquet .conll, each also with .gz, .zst, .bz2 \
         or .xz); {}", advice.as_deref().unwrap_or("set `format` to read files with other endings")
    )]
    NoFiles {
        /// The folder or pattern.
        path: PathBuf,
        /// What to write instead, where that is known.
        advice: Option<Box<str>>,
    },
    /// The name does not tell the format.
    #[error(
        "{path}: {}", advice.unwrap_or(
            "the ending does not tell the format; known are .txt .md .jsonl .json .csv .tsv .parquet .conll, each also with .gz, \
             .zst, .bz2 or .xz. Set `format` to one of text, jsonl, json, csv, tsv, parquet, conll, squad"
        )
    )]
    UnknownFormat {
        /// The file.
        path: PathBuf,
        /// What the file is, where its ending says so, and what to do with it.
        advice: Option<&'static str>,
    },
    /// A file that is something else than data that can be read.
    #[error("{path}: {what}")]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it is, and what to do with it.
        what: &'static str,
    },
    /// A compressed file or a Parquet file that ends too early.
    #[error("{path}: the {kind} file is truncated{}; copy or download it again", after(*.number, *.unit))]
    Truncated {
        /// The file.
        path: PathBuf,
        /// gzip, zstd, bzip2, xz or Parquet.
        kind: &'static str,
        /// The last line (row) that could be read; 0 if none.
        number: usize,
        /// What is counted.
        unit: Unit,
    },
    /// A file whose container is damaged, or is no such container.
    #[error("{path}: not a sound {kind} file{}: {message}", after(*.number, *.unit))]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// gzip, zstd, bzip2, xz or Parquet.
        kind: &'static str,
        /// The last line (row) that could be read; 0 if none.
        number: usize,
        /// What is counted.
        unit: Unit,
        /// What the decoder says.
        message: String,
    },
    /// Bytes that are not UTF-8.
    #[error("{place}: invalid UTF-8 at byte {byte} of the line{hint}; convert the file to UTF-8")]
    Utf8 {
        /// The line.
        place: Place,
        /// The first bad byte, from 1.
        byte: usize,
        /// What the file seems to be instead, if it is no text.
        hint: &'static str,
    },
    /// A file in another encoding than UTF-8.
    #[error(
        "{path}: the file is not UTF-8 (line {line}, byte {byte} of it){looks}; convert the file to UTF-8: {remedy}"
    )]
    Encoding {
        /// The file.
        path: PathBuf,
        /// The first line that cannot be decoded.
        line: usize,
        /// The first bad byte in it, from 1.
        byte: usize,
        /// What the file seems to be instead.
        looks: &'static str,
        /// How to convert it.
        remedy: Box<str>,
    },
    /// Text that is not JSON, or not laid out as expected.
    #[error("{place}: invalid JSON{}: {message}", at_column(*.column))]
    Json {
        /// The line.
        place: Place,
        /// The column, from 1; 0 if it is not about one.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// A line of a table with more or fewer cells than the header.
    #[error("{place}: {} where {expected} were expected{hint}", counted(*.found))]
    Columns {
        /// The line.
        place: Place,
        /// Columns of the header.
        expected: usize,
        /// Columns of this line.
        found: usize,
        /// What may have caused it.
        hint: Box<str>,
    },
    /// A field of the record that the file does not have.
    #[error("{place}: no field `{field}`{}; there are: {}{suggestion}", mapped(.column), listed(.present))]
    MissingField {
        /// The record.
        place: Place,
        /// The record's field.
        field: Box<str>,
        /// The column it was to come from, when the configuration names one.
        column: Option<Box<str>>,
        /// The fields of the file.
        present: Box<[String]>,
        /// How to name the right one, as a sentence.
        suggestion: Box<str>,
    },
    /// A value that does not fit the record.
    #[error("{place}: {message}")]
    Value {
        /// The record.
        place: Place,
        /// Which field, and what is wrong with it.
        message: String,
    },
    /// A blank line among lines that are a record each.
    #[error("{place}: a blank line, which is no record")]
    Blank {
        /// The line.
        place: Place,
    },
    /// A mistake behind which nothing more of the file can be read.
    #[error(transparent)]
    Broken(Box<RecordError>),
    /// A stream of something that can be read from a file only.
    #[error("{path}: {kind} cannot be read from a pipe, but from a file")]
    Piped {
        /// What the stream is called.
        path: PathBuf,
        /// What it is.
        kind: &'static str,
    },
    /// A stream that does not tell how it is laid out.
    #[error("{path}: {message}")]
    Layout {
        /// What the stream is called.
        path: PathBuf,
        /// Why not.
        message: String,
    },
    /// A mapping that cannot be followed.
    #[error("{path}: {message}")]
    Mapping {
        /// The source's path.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
}

impl RecordError {
    /// The place of the record that cannot be read, where it is about one record and the next can still be read.
    pub fn record(&self) -> Option<&Place> {
        match self {
            Self::Utf8 { place, .. }
            | Self::Json { place, .. }
            | Self::Columns { place, .. }
            | Self::MissingField { place, .. }
            | Self::Value { place, .. }
            | Self::Blank { place } => Some(place),
            _ => None,
        }
    }
}

fn after(number: usize, unit: Unit) -> String {
    let unit = match unit {
        Unit::Line => "line",
        Unit::Row => "row",
        Unit::Question => "question",
    };
    if number == 0 { String::new() } else { format!(" (behind {unit} {number})") }
}

fn counted(columns: usize) -> String {
    if columns == 1 { "1 column".into() } else { format!("{columns} columns") }
}

fn at_column(column: usize) -> String {
    if column == 0 { String::new() } else { format!(" at column {column}") }
}

fn mapped(column: &Option<Box<str>>) -> String {
    column.as_ref().map(|column| format!(" (to be read from `{column}`)")).unwrap_or_default()
}

fn listed(present: &[String]) -> String {
    if present.is_empty() { "none".into() } else { present.join(", ") }
}
