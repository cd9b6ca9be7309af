//! Records out of files: JSON Lines, JSON, CSV, TSV, Parquet, plain text and SQuAD's JSON, each also gzipped or
//! zstd-compressed.
//!
//! A record is any type that serde can fill. A [`Source`] names the file and says which of its columns or keys each
//! field of the record comes from; everything else is found out. Files are read as a stream, so that memory does not
//! grow with them (a top-level JSON array and SQuAD's JSON excepted), and every error names the file and the line.
//!
//! Small differences of type are bridged: `"1"` where a number is wanted and the reverse, a single value where a list
//! is wanted, a list of strings where one string is wanted (joined with spaces), an empty cell of a table where the
//! value is optional, and `{"text": […], "answer_start": […]}` where a list of pairs is wanted.
//!
//! ```
//! use cimiento_core::records::{Source, read};
//! #[derive(serde::Deserialize)]
//! struct Review { text: String, label: u8 }
//! # let dir = std::env::temp_dir().join(format!("cimiento-records-{}", std::process::id()));
//! # std::fs::create_dir_all(&dir).unwrap();
//! # let path = dir.join("reviews.tsv");
//! # std::fs::write(&path, "sentence\tlabel\nvery fine\t1\n").unwrap();
//! let mut source = Source::new(path); // sentence ⇥ label
//! source.fields.insert("text".into(), "sentence".into());
//! let review = read::<Review>(&source)?.next().unwrap()?;
//! assert_eq!((review.record.text.as_str(), review.record.label, review.line), ("very fine", 1, 2));
//! # std::fs::remove_dir_all(&dir).unwrap();
//! # Ok::<(), cimiento_core::records::RecordError>(())
//! ```

use std::collections::BTreeMap;
use std::io::Read;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

mod columnar;
mod error;
mod input;
mod json;
mod lenient;
mod locate;
mod mapping;
mod table;
mod text;

#[cfg(test)]
mod tests;

pub use error::{Place, RecordError, Unit};
pub use locate::matches;

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
    /// SQuAD's nested JSON, held in memory whole; a record
    /// `{id, title, context, question, answers: [{text, answer_start}], is_impossible}` a question.
    Squad,
}

impl Format {
    /// The format that a file's name stands for, apart from `.gz` or `.zst` at its end.
    pub fn of(path: &Path) -> Option<Self> {
        let (name, _) = input::Compression::of(path);
        Some(match name.rsplit_once('.')?.1 {
            "txt" | "text" => Self::Text,
            "jsonl" | "ndjson" => Self::Jsonl,
            "json" => Self::Json,
            "csv" => Self::Csv,
            "tsv" => Self::Tsv,
            "parquet" => Self::Parquet,
            _ => return None,
        })
    }
}

/// Files to read and how their columns are called in the record.
#[derive(Deserialize, Serialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// A file, a folder (its files in the order of their names), or a path whose last part contains `*`.
    pub path: PathBuf,
    /// The layout; from the file's name if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// Field of the record → column or key of the file. `"a, b"` gathers several columns in a list, without those
    /// that are empty. `"#2"` is the second column of a CSV or TSV file that has no header line.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, String>,
    /// Field of the record → what may stand there in the file → what it means: `label = { "0" = "negative", "1" = "positive" }`.
    /// Nothing else may stand there then.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, BTreeMap<String, String>>,
    /// Read at most this many records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
}

impl Source {
    /// All records of `path`, fields called as in the file.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), format: None, fields: BTreeMap::new(), values: BTreeMap::new(), limit: None }
    }

    /// The files that this source stands for, in reading order.
    pub fn files(&self) -> Result<Vec<PathBuf>, RecordError> {
        Ok(locate::files(&self.path, self.format)?.into_iter().map(|(path, _)| path).collect())
    }
}

/// A record and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Located<R> {
    /// The record.
    pub record: R,
    /// Its file.
    pub path: Arc<Path>,
    /// Its first line, or the number of the row (Parquet) or question (SQuAD); from 1.
    pub line: usize,
}

/// A record as its file has it.
struct Row {
    line: usize,
    value: Map<String, Value>,
}

type Rows = Box<dyn Iterator<Item = Result<Row, RecordError>> + Send>;

/// What the reader of a layout needs to know.
struct Request {
    path: Arc<Path>,
    format: Format,
    /// Whether the user named the format, so that nothing is to be guessed.
    explicit: bool,
    /// Whether columns go by number: the file has no header line.
    numbered: bool,
    /// Whether plain text keeps the empty lines around its records.
    verbatim: bool,
    /// Counts the bytes read from the file, before decompression.
    read: Arc<AtomicU64>,
}

impl Request {
    fn open(&self) -> Result<Rows, RecordError> {
        match self.format {
            Format::Text => text::rows(self),
            Format::Jsonl => json::lines(self),
            Format::Json => json::array(self),
            Format::Squad => json::squad(self),
            Format::Csv => table::csv(self),
            Format::Tsv => table::tsv(self),
            Format::Parquet => columnar::rows(self),
        }
    }

    fn unit(&self) -> Unit {
        match self.format {
            Format::Parquet => Unit::Row,
            Format::Squad => Unit::Question,
            _ => Unit::Line,
        }
    }

    fn tabular(&self) -> bool {
        matches!(self.format, Format::Csv | Format::Tsv)
    }
}

/// The records of `source`, one by one. After an error that concerns one record the next call goes on behind it; after
/// one that concerns a file, with the next file.
///
/// # Errors
/// At once when there is no such file or its format is unknown; everything else with the record it concerns.
pub fn read<R: DeserializeOwned>(source: &Source) -> Result<Records<R>, RecordError> {
    read_counted(source, Arc::default())
}

/// As [`read`], adding to `read` the bytes taken from the files so far (before decompression), for progress.
pub fn read_counted<R: DeserializeOwned>(source: &Source, read: Arc<AtomicU64>) -> Result<Records<R>, RecordError> {
    let files = locate::files(&source.path, source.format)?;
    let numbered = mapping::numbered(&source.fields, &source.path)?;
    mapping::known::<R>(source)?;
    Ok(Records {
        alone: files.len() == 1,
        files: files.into_iter(),
        source: source.clone(),
        numbered,
        verbatim: false,
        read,
        current: None,
        total: 0,
        record: PhantomData,
    })
}

/// The records of JSON Lines that come from no file (standard input, say), each as soon as its line is there. Errors
/// call the input `name`. Lines of plain text are records too, of nothing but the field `plain`, if it is given: so they
/// are taken where the first that is not blank begins with neither `{` nor `[`.
pub fn read_lines<R: DeserializeOwned>(
    input: impl Read + Send + 'static,
    name: &str,
    plain: Option<&str>,
) -> Records<R> {
    let path: Arc<Path> = Path::new(name).into();
    let rows = json::lines_of(input::Input::of(input, path.clone()), path.clone(), plain);
    let (explicit, numbered, verbatim) = (true, false, false);
    let request = Request { path, format: Format::Jsonl, explicit, numbered, verbatim, read: Arc::default() };
    Records {
        alone: true,
        files: Vec::new().into_iter(),
        source: Source::new(name),
        numbered,
        verbatim,
        read: Arc::default(),
        current: Some(Current { request, rows, count: 0 }),
        total: 0,
        record: PhantomData,
    }
}

/// Iterator over the records of a [`Source`].
pub struct Records<R> {
    files: std::vec::IntoIter<(PathBuf, Format)>,
    source: Source,
    numbered: bool,
    verbatim: bool,
    read: Arc<AtomicU64>,
    current: Option<Current>,
    /// Whether the source is a single file, which must not be empty.
    alone: bool,
    total: usize,
    record: PhantomData<fn() -> R>,
}

struct Current {
    request: Request,
    rows: Rows,
    count: usize,
}

impl<R: DeserializeOwned> Records<R> {
    /// Leaves nothing of plain text out: its records, set one after the other, are the file. Otherwise they lack the
    /// empty lines around them. Files of other layouts are read as ever.
    pub fn verbatim(self) -> Self {
        Self { verbatim: true, ..self }
    }

    fn record(&self, current: &Current, row: Row) -> Result<Located<R>, RecordError> {
        let request = &current.request;
        let place = || Place { path: request.path.to_path_buf(), number: row.line, unit: request.unit() };
        let mapped = mapping::apply(&self.source.fields, row.value);
        let mapped = mapped.and_then(|value| mapping::translate(&self.source.values, value));
        let value = mapped.map_err(|e| e.at(place(), &self.source.fields))?;
        let shape = mapping::Shape::of(&value);
        let record = lenient::from_value(Value::Object(value), request.tabular())
            .map_err(|e| shape.explain(e).at(place(), &self.source.fields))?;
        Ok(Located { record, path: request.path.clone(), line: row.line })
    }
}

impl<R: DeserializeOwned> Iterator for Records<R> {
    type Item = Result<Located<R>, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if self.source.limit.is_some_and(|limit| self.total >= limit) {
                return None;
            }
            let Some(mut current) = self.current.take() else {
                let (path, format) = self.files.next()?;
                let request = Request {
                    path: path.into(),
                    format,
                    explicit: self.source.format.is_some(),
                    numbered: self.numbered,
                    verbatim: self.verbatim,
                    read: self.read.clone(),
                };
                match request.open() {
                    Ok(rows) => self.current = Some(Current { request, rows, count: 0 }),
                    Err(e) => return Some(Err(e)),
                }
                continue;
            };
            match current.rows.next() {
                Some(row) => {
                    current.count += 1;
                    self.total += 1;
                    let result = row.and_then(|row| self.record(&current, row));
                    self.current = Some(current);
                    return Some(result);
                }
                None if current.count == 0 && self.alone => {
                    return Some(Err(RecordError::Empty { path: current.request.path.to_path_buf() }));
                }
                None if current.count == 0 => tracing::warn!("{}: no records in it", current.request.path.display()),
                None => {}
            }
        }
    }
}
