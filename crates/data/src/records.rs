//! Records out of files: JSON Lines, JSON, CSV, TSV, Parquet, plain text and SQuAD's JSON, each also compressed by gzip,
//! zstd, bzip2 or xz.
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
//! use cimiento_data::records::{Source, read};
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
//! # Ok::<(), cimiento_data::records::RecordError>(())
//! ```

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

mod columnar;
mod dialect;
mod encoding;
mod error;
mod foreign;
mod input;
mod json;
mod lenient;
mod literal;
mod locate;
mod mapping;
mod options;
mod passed;
mod piped;
mod request;
mod row;
mod scalar;
mod squad;
mod strict;
mod table;
mod text;
mod written;

#[cfg(test)]
mod tests;

use passed::Passed;
use request::Request;
use row::{Cells, Row, Rows};

pub use dialect::Dialect;
pub use error::{Place, RecordError, Unit};
pub use lenient::decimal_comma;
pub use literal::parse as literal;
pub use locate::matches;
pub use passed::PassedOver;
pub use piped::{Layout, Stream, names_at, open};
pub use scalar::canonical;
pub use written::{TableRow, write_parquet};

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
    /// The format that a file's name stands for, apart from `.gz`, `.zst`, `.bz2` or `.xz` at its end.
    pub fn of(path: &Path) -> Option<Self> {
        let (name, _) = input::Compression::of(path);
        Some(match name.rsplit_once('.')?.1 {
            "txt" | "text" | "md" | "markdown" => Self::Text,
            "jsonl" | "ndjson" => Self::Jsonl,
            "json" => Self::Json,
            "csv" => Self::Csv,
            "tsv" => Self::Tsv,
            "parquet" => Self::Parquet,
            _ => return None,
        })
    }
}

/// Whether a file's name says that it is compressed.
pub fn compressed(path: &Path) -> bool {
    input::Compression::of(path).1 != input::Compression::None
}

/// Files to read and how their columns are called in the record.
#[derive(Deserialize, Serialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// A file, a folder (its files in the order of their names), or a path with `*` for any characters and `**` for any
    /// folders.
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
    /// What separates the columns of a CSV or TSV file (one character; found out if absent), or the documents of plain
    /// text: `"\n"` makes every line one, `"\n\n"` what stands between blank lines, and anything else is looked for as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub separator: Option<String>,
    /// Whether a CSV or TSV file begins with the names of its columns; it does if absent, unless `fields` has numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<bool>,
    /// What lines of a CSV or TSV file begin with that are no records: `"#"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Read at most this many records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
}

impl Source {
    /// All records of `path`, fields called as in the file.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            format: None,
            fields: BTreeMap::new(),
            values: BTreeMap::new(),
            separator: None,
            header: None,
            comment: None,
            limit: None,
        }
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
    /// What [`Records::keeping`] keeps of it.
    pub kept: Kept,
}

/// Columns of a record as they stand in its file, in the order in which they were asked for.
pub type Kept = Vec<(String, Value)>;

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
    let numbered = mapping::numbered(source)?;
    let names = mapping::known::<R>(source)?;
    options::check(source, &files)?;
    Ok(Records {
        alone: files.len() == 1,
        files: files.into_iter(),
        source: source.clone(),
        names,
        numbered,
        verbatim: false,
        read,
        current: None,
        total: 0,
        unseen: mapping::Unseen::of(&source.fields),
        warned: false,
        keep: Vec::new(),
        unread: Kept::new(),
        columns: Vec::new(),
        passed: Arc::default(),
        record: PhantomData,
    })
}

/// Iterator over the records of a [`Source`].
pub struct Records<R> {
    files: std::vec::IntoIter<(PathBuf, Format)>,
    source: Source,
    /// The fields of a record; none where it takes any.
    names: Option<&'static [&'static str]>,
    numbered: bool,
    verbatim: bool,
    read: Arc<AtomicU64>,
    current: Option<Current>,
    /// Whether the source is a single file, which must not be empty.
    alone: bool,
    total: usize,
    unseen: mapping::Unseen,
    /// Whether it was said that columns are left out of records that take any.
    warned: bool,
    /// Columns of the file that records bring along as they stand there.
    keep: Vec<String>,
    /// Those of a record that could not be read.
    unread: Kept,
    /// The columns of the first record, where some are kept.
    columns: Vec<String>,
    passed: Arc<Passed>,
    record: PhantomData<fn() -> R>,
}

struct Current {
    path: Arc<Path>,
    /// Whether every row of the file has the same columns.
    fixed: bool,
    rows: Rows,
    count: usize,
}

impl<R: DeserializeOwned> Records<R> {
    /// Leaves nothing of plain text out: its records, set one after the other, are the file. Otherwise they lack the
    /// empty lines around them. Files of other layouts are read as ever.
    pub fn verbatim(self) -> Self {
        Self { verbatim: true, ..self }
    }

    /// Brings columns (or keys) of the file along, as they stand there: [`Located::kept`]. A record need not have them; one
    /// that differs by case only is taken for one that is not there.
    pub fn keeping(self, columns: Vec<String>) -> Self {
        Self { keep: columns, ..self }
    }

    /// Rows of tables that had nothing in them so far. At the end of the records they are warned of.
    pub fn passed_over(&self) -> PassedOver {
        self.passed.get()
    }

    /// What is kept of the record that the last error is about, where its columns could be told apart.
    pub fn kept_of_unread(&mut self) -> Kept {
        std::mem::take(&mut self.unread)
    }

    /// The columns (or keys) of the first record, where some are to be kept.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    fn record(&mut self, current: &Current, row: Row) -> Result<Located<R>, RecordError> {
        let Row { line, unit, value, unusable, header, cells } = row;
        if self.columns.is_empty() && !self.keep.is_empty() {
            self.columns = header.as_deref().map_or_else(|| value.keys().cloned().collect(), <[String]>::to_vec);
        }
        let kept = |name: &String| Some((name.clone(), mapping::called(name, &value)?.clone()));
        let kept: Kept = self.keep.iter().filter_map(kept).collect();
        self.unread.clone_from(&kept);
        let place = || Place { path: current.path.to_path_buf(), number: line, unit };
        let fields = &self.source.fields;
        let (header, fixed) = (header.as_deref(), current.fixed);
        let columns = mapping::Columns { fields, names: self.names, header, fixed };
        if let Some((column, why)) = unusable.iter().find(|(column, _)| columns.use_column(column)) {
            return Err(RecordError::Value { place: place(), message: format!("column `{column}`: {why}") });
        }
        if !unusable.is_empty() && self.names.is_none() && !std::mem::replace(&mut self.warned, true) {
            let column = &unusable[0].0;
            tracing::warn!("{}: the bytes of column `{column}` are no text and are left out", place());
        }
        self.unseen.see(&value, fields);
        let mapped = columns.apply(value);
        let mapped = mapped.and_then(|value| mapping::translate(&self.source.values, value, cells));
        let known = self.names.unwrap_or_default();
        let value = mapped.map_err(|e| e.at(place(), fields, known))?;
        // What an error needs to know is lost with the value.
        let shape = mapping::Shape::of(&value, header);
        let record = lenient::from_value(Value::Object(value), cells)
            .map_err(|e| shape.explain(e).at(place(), fields, known))?;
        self.unread.clear();
        Ok(Located { record, path: current.path.clone(), line, kept })
    }
}

impl<R: DeserializeOwned> Iterator for Records<R> {
    type Item = Result<Located<R>, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if self.source.limit.is_some_and(|limit| self.total >= limit) {
                if let Some(problem) = self.unseen.take().filter(|_| self.total > 0) {
                    // A later record may have it.
                    tracing::warn!("{}: of the first {}, {problem}", self.source.path.display(), self.total);
                }
                self.passed.get().tell();
                return None;
            }
            let Some(mut current) = self.current.take() else {
                let Some((path, format)) = self.files.next() else {
                    self.passed.get().tell();
                    let message = self.unseen.take().filter(|_| self.total > 0)?;
                    return Some(Err(RecordError::Mapping { path: self.source.path.clone(), message }));
                };
                let request = Request {
                    verbatim: self.verbatim,
                    read: self.read.clone(),
                    passed: self.passed.clone(),
                    ..Request::new(&self.source, (path, format), self.numbered)
                };
                match request.open() {
                    Ok(rows) => {
                        let fixed = request.fixed();
                        self.current = Some(Current { path: request.path, fixed, rows, count: 0 });
                    }
                    // What is parsed as a whole has no record behind a mistake.
                    Err(e) if e.record().is_some() => return Some(Err(RecordError::Broken(Box::new(e)))),
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
                    return Some(Err(RecordError::Empty { path: current.path.to_path_buf() }));
                }
                None if current.count == 0 => tracing::warn!("{}: no records in it", current.path.display()),
                None => {}
            }
        }
    }
}
