//! Records one by one.

use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::{Place, RecordError};
use super::format::Format;
use super::numbers::Numbers;
use super::passed::{Passed, PassedOver};
use super::request::Request;
use super::row::{Row, Rows};
use super::source::Source;
use super::{lenient, locate, mapping, open, options};

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
        numbers: Numbers::default(),
        record: PhantomData,
    })
}

/// Iterator over the records of a [`Source`].
pub struct Records<R> {
    pub(super) files: std::vec::IntoIter<(PathBuf, Format)>,
    pub(super) source: Source,
    /// The fields of a record; none where it takes any.
    pub(super) names: Option<&'static [&'static str]>,
    pub(super) numbered: bool,
    pub(super) verbatim: bool,
    pub(super) read: Arc<AtomicU64>,
    pub(super) current: Option<Current>,
    /// Whether the source is a single file, which must not be empty.
    pub(super) alone: bool,
    pub(super) total: usize,
    pub(super) unseen: mapping::Unseen,
    /// Whether it was said that columns are left out of records that take any.
    pub(super) warned: bool,
    /// Columns of the file that records bring along as they stand there.
    pub(super) keep: Vec<String>,
    /// Those of a record that could not be read.
    pub(super) unread: Kept,
    /// The columns of the first record, where some are kept.
    pub(super) columns: Vec<String>,
    pub(super) passed: Arc<Passed>,
    pub(super) numbers: Numbers,
    pub(super) record: PhantomData<fn() -> R>,
}

pub(super) struct Current {
    pub(super) path: Arc<Path>,
    /// Whether every row of the file has the same columns.
    pub(super) fixed: bool,
    pub(super) rows: Rows,
    pub(super) count: usize,
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
            self.columns =
                header.as_ref().map_or_else(|| value.keys().cloned().collect(), |header| header.names.clone());
        }
        let kept = |name: &String| Some((name.clone(), mapping::called(name, &value)?.clone()));
        let kept: Kept = self.keep.iter().filter_map(kept).collect();
        self.unread.clone_from(&kept);
        let place = || Place { path: current.path.to_path_buf(), number: line, unit };
        let fields = &self.source.fields;
        let (header, fixed) = (header.as_deref(), current.fixed);
        let columns = mapping::Columns { fields, names: self.names, header, fixed };
        let asked = |(column, _): &&(String, Vec<usize>)| columns.use_column(column);
        if let Some((column, numbers)) = header.and_then(|header| header.twice.iter().find(asked)) {
            let message = mapping::twice(column, numbers, fields, self.names.unwrap_or_default());
            return Err(RecordError::Mapping { path: current.path.to_path_buf(), message });
        }
        if let Some((column, why)) = unusable.iter().find(|(column, _)| columns.use_column(column)) {
            return Err(RecordError::Value { place: place(), message: format!("column `{column}`: {why}") });
        }
        if !unusable.is_empty() && self.names.is_none() && !std::mem::replace(&mut self.warned, true) {
            let column = &unusable[0].0;
            tracing::warn!("{}: the bytes of column `{column}` are no text and are left out", place());
        }
        if cells.are() {
            self.numbers.see((&current.path, line), &value, |column| columns.use_column(column));
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
                self.passed.tell();
                self.numbers.tell();
                return None;
            }
            let Some(mut current) = self.current.take() else {
                let Some((path, format)) = self.files.next() else {
                    self.passed.tell();
                    self.numbers.tell();
                    let message = self.unseen.take().filter(|_| self.total > 0)?;
                    return Some(Err(RecordError::Mapping { path: self.source.path.clone(), message }));
                };
                let request = Request {
                    verbatim: self.verbatim,
                    read: self.read.clone(),
                    passed: self.passed.clone(),
                    ..Request::new(&self.source, (path, format), self.numbered)
                };
                match open::open(&request) {
                    Ok(rows) => {
                        let fixed = request.fixed();
                        self.current = Some(Current { path: request.path, fixed, rows, count: 0 });
                    }
                    Err(RecordError::Empty { path }) if !self.alone => self.passed.add_file(&path),
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
                    // What is wrong with the mapping is so in every row.
                    self.current = Some(current).filter(|_| !matches!(result, Err(RecordError::Mapping { .. })));
                    return Some(result);
                }
                None if current.count == 0 && self.alone => {
                    return Some(Err(RecordError::Empty { path: current.path.to_path_buf() }));
                }
                None if current.count == 0 => self.passed.add_file(&current.path),
                None => {}
            }
        }
    }
}
