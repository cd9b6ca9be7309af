//! Records from a file or from stdin, and answers to stdout.

use std::io::{self, Write};

use cimiento_core::records::{self, Format, Located, RecordError, Source};
use miette::{IntoDiagnostic, Result, miette};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::args::Input;

/// The records of a file, whose name tells the format (JSON Lines if it does not), or of stdin: JSON Lines, or, where `plain`
/// names the field that they are, lines of plain text.
pub fn records<R: DeserializeOwned>(
    input: &Input,
    plain: Option<&str>,
) -> Result<impl Iterator<Item = Result<Located<R>, RecordError>> + use<R>> {
    let Some(path) = &input.input else { return Ok(records::read_lines(io::stdin(), "stdin", plain)) };
    let mut source = Source { fields: input.fields(), ..Source::new(path) };
    if path.is_file() && Format::of(path).is_none() {
        source.format = Some(Format::Jsonl);
    }
    records::read(&source).into_diagnostic()
}

/// Hands records to `work` in groups of `size`, in order. What stands before a bad record is worked on first.
pub fn in_batches<R>(
    records: impl Iterator<Item = Result<Located<R>, RecordError>>,
    size: usize,
    mut work: impl FnMut(Vec<Located<R>>) -> Result<()>,
) -> Result<()> {
    let mut batch = Vec::with_capacity(size);
    for record in records {
        match record {
            Ok(record) => batch.push(record),
            Err(e) => {
                work(batch)?;
                return Err(e).into_diagnostic();
            }
        }
        if batch.len() == size {
            work(std::mem::take(&mut batch))?;
        }
    }
    if batch.is_empty() { Ok(()) } else { work(batch) }
}

/// A record with a text and nothing else of interest.
#[derive(Deserialize)]
pub struct Text {
    /// The text.
    pub text: String,
}

/// Hands the texts of a file (or of stdin) to `work` in groups of `size`, in order, up to the first that is empty or cannot
/// be read.
pub fn texts(input: &Input, size: usize, mut work: impl FnMut(&[Located<Text>]) -> Result<()>) -> Result<()> {
    in_batches(records::<Text>(input, Some("text"))?, size, |batch| {
        let empty = batch.iter().position(|located| located.record.text.is_empty());
        work(&batch[..empty.unwrap_or(batch.len())])?;
        match empty.map(|at| &batch[at]) {
            Some(located) => Err(miette!("{}:{}: the text is empty", located.path.display(), located.line)),
            None => Ok(()),
        }
    })
}

/// Prints one JSON value a line, at once.
pub fn print_lines<T: Serialize>(values: &[T]) -> Result<()> {
    let mut text = String::new();
    for value in values {
        text.push_str(&serde_json::to_string(value).into_diagnostic()?);
        text.push('\n');
    }
    print(&text)
}

/// Nobody reads our stdout any more (`cimiento … | head`): a reason to stop, and no error.
#[derive(thiserror::Error, miette::Diagnostic, Debug)]
#[error("nobody reads the results any more")]
pub struct ReaderGone;

/// Prints to stdout, at once.
///
/// # Errors
/// [`ReaderGone`], or what the system says.
pub fn print(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Err(ReaderGone.into()),
        printed => printed.into_diagnostic(),
    }
}
