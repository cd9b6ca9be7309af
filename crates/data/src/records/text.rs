//! Plain text as documents: the whole file in parts of bounded size, or what stands between separators.

use serde_json::{Map, Value};

use super::error::{RecordError, Unit};
use super::input::{Input, Lines};
use super::request::Request;
use super::row::{Row, Rows};

/// A document past this many bytes ends at the next blank line,
const BLANK: usize = 16 << 10;
/// and past this many at the next line end, or anywhere in a line longer than that.
const ANY: usize = 64 << 10;
/// Where a separator says what a document is, it may become this long.
const LONGEST: usize = 32 << 20;

pub(super) fn rows(request: &Request) -> Result<Rows, RecordError> {
    let lines = Input::open(request)?.into_lines();
    Ok(match &request.separator {
        None => parts(lines, request.verbatim),
        Some(separator) => {
            let (path, separator) = (request.path.display().to_string(), separator.clone());
            let mut documents = Documents { lines, separator, path, text: String::new(), line: 1, found: 0 };
            Box::new(std::iter::from_fn(move || documents.next()))
        }
    })
}

fn row(line: usize, text: String) -> Row {
    Row::new(line, Unit::Line, Map::from_iter([("text".to_owned(), Value::String(text))]))
}

fn parts(mut lines: Lines, verbatim: bool) -> Rows {
    Box::new(std::iter::from_fn(move || {
        let mut document = String::new();
        let mut first = 0;
        while let Some(part) = lines.next_part(ANY as u64) {
            let part = match part {
                Ok(part) => part,
                Err(e) => return Some(Err(e)),
            };
            let blank = part.trim().is_empty();
            if blank && document.is_empty() && !verbatim {
                continue;
            }
            document.push_str(part);
            if first == 0 {
                first = lines.line();
            }
            if document.len() >= ANY || blank && document.len() >= BLANK {
                break;
            }
        }
        if !verbatim {
            document.truncate(document.trim_end_matches(['\n', '\r']).len());
        }
        (first > 0).then(|| Ok(row(first, document)))
    }))
}

/// What stands between separators, without the line ends around it. Of several blank lines one is a separator.
struct Documents {
    lines: Lines,
    separator: String,
    path: String,
    /// What was read and not given out.
    text: String,
    /// The line at its beginning.
    line: usize,
    /// How often the separator was found.
    found: usize,
}

impl Documents {
    fn next(&mut self) -> Option<Result<Row, RecordError>> {
        let mut searched = 0;
        loop {
            let end = match self.find(searched) {
                Some(end) => end,
                None => {
                    // The beginning of a separator may be there already.
                    searched = self.text.len().saturating_sub(self.separator.len());
                    match self.lines.next_part(ANY as u64) {
                        Some(Ok(part)) => self.text.push_str(part),
                        Some(Err(e)) => {
                            self.line = self.lines.line() + 1;
                            self.text.clear();
                            return Some(Err(e));
                        }
                        None if self.text.is_empty() => {
                            self.finish();
                            return None;
                        }
                        None => {
                            let rest = self.text.len();
                            match self.take(rest, 0) {
                                Some(row) => return Some(Ok(row)),
                                None => continue,
                            }
                        }
                    }
                    if self.text.len() < LONGEST {
                        continue;
                    }
                    tracing::warn!("{}:{}: a document of more than 32 MB is cut here", self.path, self.lines.line());
                    (self.text.len(), 0)
                }
            };
            searched = 0;
            if let Some(row) = self.take(end.0, end.1) {
                return Some(Ok(row));
            }
        }
    }

    /// Where the first document ends, and how long the separator behind it is.
    fn find(&mut self, from: usize) -> Option<(usize, usize)> {
        let mut from = from;
        while !self.text.is_char_boundary(from) {
            from -= 1;
        }
        let found = if self.separator.len() > 1 && self.separator.bytes().all(|byte| byte == b'\n') {
            // Blank lines may have spaces or carriage returns in them.
            self.text[from..].match_indices('\n').find_map(|(at, _)| {
                let rest = &self.text[from + at + 1..];
                let blank = rest.find('\n').filter(|end| rest[..*end].trim().is_empty())?;
                Some((from + at, blank + 2))
            })
        } else {
            self.text[from..].find(&self.separator).map(|at| (from + at, self.separator.len()))
        };
        self.found += usize::from(found.is_some());
        found
    }

    /// Takes the first `length` bytes and the separator behind them; `None` if that is no document.
    fn take(&mut self, length: usize, separator: usize) -> Option<Row> {
        let rest = self.text.split_off(length + separator);
        let taken = std::mem::replace(&mut self.text, rest);
        let document = taken[..length].trim_end_matches(['\n', '\r']);
        let start = document.len() - document.trim_start_matches(['\n', '\r']).len();
        let count = |text: &str| text.bytes().filter(|byte| *byte == b'\n').count();
        let line = self.line + count(&document[..start]);
        self.line += count(&taken);
        (!document.trim().is_empty()).then(|| row(line, document[start..].to_owned()))
    }

    fn finish(&self) {
        if self.found == 0 {
            tracing::warn!(
                "{}: the separator {:?} does not occur: the file is one document",
                self.path,
                self.separator
            );
        }
    }
}
