//! Records from a file or from stdin, and answers to stdout.

use std::collections::BTreeSet;
use std::io::{self, Write};

use cimiento_core::checkpoint::Checkpoint;
use cimiento_core::records::{self, Format, Located, RecordError, Source};
use cimiento_core::tokenizer::Tokenizer;
use miette::{IntoDiagnostic, Result};
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

/// Hands the texts of a file (or of stdin) to `work` in groups of `size`, in order, up to the first that cannot be read.
/// Some may be empty.
pub fn texts(input: &Input, size: usize, mut work: impl FnMut(&[Located<Text>]) -> Result<()>) -> Result<()> {
    in_batches(records::<Text>(input, Some("text"))?, size, |batch| work(&batch))
}

/// The tokenizer of a checkpoint, which reads names of special tokens as the command line wants it.
///
/// # Errors
/// If it cannot be read.
pub fn tokenizer(checkpoint: &Checkpoint, input: &Input) -> Result<Tokenizer> {
    let tokenizer = checkpoint.tokenizer().into_diagnostic()?;
    Ok(if input.parse_special { tokenizer.parsing_special() } else { tokenizer })
}

/// Texts in which names of special tokens stand for themselves.
#[derive(Default)]
pub struct SpecialNames {
    texts: usize,
    names: BTreeSet<String>,
}

impl SpecialNames {
    /// Looks for such names in a text.
    pub fn look(&mut self, tokenizer: &Tokenizer, text: &str) {
        let found = tokenizer.special_names_in(text);
        self.texts += usize::from(!found.is_empty());
        self.names.extend(found);
    }

    /// Says in how many texts there were any, and what can be done.
    pub fn tell(&self, input: &Input) {
        if self.texts > 0 && !input.parse_special {
            let names = self.names.iter().cloned().collect::<Vec<_>>().join(", ");
            tracing::warn!(
                "{} texts hold names of special tokens ({names}), which were read as plain text; --parse-special reads \
                 them as tokens",
                self.texts
            );
        }
    }
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
