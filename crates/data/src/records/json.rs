//! JSON Lines, JSON arrays, and objects one after the other.

use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::error::{Place, RecordError, Unit};
use super::input::Input;
use super::request::Request;
use super::row::{Row, Rows};
use super::syntax::{advice, invalid, whole};
use super::{squad, strict};

pub(super) fn lines(request: &Request) -> Result<Rows, RecordError> {
    Ok(lines_of(Input::open(request)?, request.path.clone()))
}

/// JSON Lines: an object a line.
fn lines_of(input: Input, path: Arc<Path>) -> Rows {
    let mut lines = input.into_lines();
    Box::new(std::iter::from_fn(move || {
        loop {
            let parsed = match lines.next()? {
                Ok(line) if line.trim().is_empty() => continue,
                Ok(line) => strict::whole(line).map_err(|e| (advice(line, &e), e)),
                Err(e) => return Some(Err(e)),
            };
            let line = lines.line();
            return Some(match parsed {
                Ok(value) => row(value, &path, (line, Unit::Line), if line == 1 { AS_JSON } else { "" }),
                Err((_, e)) if e.is_eof() && !lines.at_end() => Err(invalid(&path, line, &e, 0, AS_JSON)),
                Err((advice, e)) => Err(invalid(&path, line, &e, 0, advice)),
            });
        }
    }))
}

const AS_JSON: &str = "; JSON Lines has one object a line: where the file holds a list, or objects over several lines, \
                       name it .json or set `format` to json";

/// Whether a first line is that of JSON and not of plain text, in which `[MUSIC]` and `{sic}` may stand.
pub(super) fn begins_as_json(line: &str) -> bool {
    let line = line.trim_start_matches('\u{feff}').trim();
    let behind = |sign| line.strip_prefix(sign).map(|rest| rest.trim_start().chars().next());
    matches!(behind('{'), Some(None | Some('"' | '}'))) || matches!(behind('['), Some(None | Some('{')))
}

/// Whether a first line that begins as JSON is no record of fields `names`, but begins an object of several lines, or is
/// a file with a list of records in it, such as SQuAD's.
pub(super) fn begins_as_file(line: &str, names: &[&str]) -> bool {
    // Within a text these quotes would be escaped.
    let squad = line.contains("\"data\"") && line.contains("\"paragraphs\"");
    squad
        || match strict::whole(line) {
            Ok(file) => file["data"][0].is_object() && !names.iter().any(|name| file.get(*name).is_some()),
            Err(e) => e.is_eof() && line.ends_with(['{', '[', ',']),
        }
}

/// A `.json` file: a list of objects, objects one after the other (each on a line of its own or not), `{"data": […]}`
/// around a list, or questions as SQuAD has them.
pub(super) fn file(request: &Request) -> Result<Rows, RecordError> {
    let (path, text) = (&request.path, Input::open(request)?.into_text()?);
    let start = text.len() - text.trim_start().len();
    match text.as_bytes().get(start) {
        None => Err(RecordError::Empty { path: path.to_path_buf() }),
        Some(b'[') => match strict::first(text[start + 1..].trim_start()) {
            Ok((first, _)) if first.get("qas").is_some() => squad::questions(path, whole(path, &text)?),
            _ => Ok(Values::new(text, start + 1, true, path).rows()),
        },
        Some(b'{') => {
            let Ok((first, end)) = strict::first(&text[start..]) else {
                return Ok(Values::new(text, start, false, path).rows());
            };
            let alone = text[start + end..].trim().is_empty();
            let in_a_line = !text[start..start + end].contains('\n');
            match first {
                first if alone && by_columns(&first) => {
                    let message = "columns with a value for each row are no records; pandas writes records with \
                                   to_json(…, orient=\"records\", lines=True). A single record of lists stands in a \
                                   list: [{…}]";
                    Err(RecordError::Mapping { path: path.to_path_buf(), message: message.into() })
                }
                first if alone && squad::recognised(&first) => squad::questions(path, first),
                mut file if alone && holds_records(&file) => {
                    let records = file["data"].as_array_mut().map(std::mem::take).unwrap_or_default();
                    let path = path.clone();
                    let rows = (1..).zip(records);
                    Ok(Box::new(rows.map(move |(number, record)| row(record, &path, (number, Unit::Row), ""))))
                }
                _ if in_a_line && !alone => {
                    let input = Input::of(Cursor::new(text.into_bytes()), path.clone());
                    Ok(lines_of(input, path.clone()))
                }
                _ => Ok(Values::new(text, start, false, path).rows()),
            }
        }
        Some(_) => {
            let message = "a list of objects was expected, or objects one after the other";
            Err(not_laid_out(path, line_of(&text, start), message))
        }
    }
}

/// Whether a file holds a table by its columns, `{"text": {"0": …}}`, `{"text": […], "label": […]}` or
/// `{"columns": […], "data": [[…]]}`, as pandas writes one unless it is asked for records.
fn by_columns(file: &Value) -> bool {
    let numbered = |column: &Value| {
        let rows = column.as_object().filter(|rows| !rows.is_empty());
        rows.is_some_and(|rows| rows.keys().all(|row| row.bytes().all(|byte| byte.is_ascii_digit())))
    };
    let all = file.as_object().is_some_and(|file| !file.is_empty() && file.values().all(numbered));
    all || lists_of_rows(file) || file["columns"].is_array() && file["data"][0].is_array()
}

/// Whether a file holds several columns as lists of a plain value for each row.
fn lists_of_rows(file: &Value) -> bool {
    let rows = |column: &Value| {
        let rows = column.as_array().filter(|rows| rows.iter().all(|row| !row.is_object() && !row.is_array()))?;
        Some(rows.len()).filter(|rows| *rows > 1)
    };
    let Some(file) = file.as_object().filter(|file| file.len() > 1) else { return false };
    let mut rows = file.values().map(rows);
    rows.next().flatten().is_some_and(|first| rows.all(|rows| rows == Some(first)))
}

/// Whether a file is `{"data": […]}` around a list of records.
fn holds_records(file: &Value) -> bool {
    file["data"].as_array().is_some_and(|list| list.first().is_none_or(Value::is_object))
}

/// JSON values that are parsed one at a time: the elements of a top-level list, or values one after the other.
struct Values {
    text: String,
    at: usize,
    /// The line at `counted`.
    line: usize,
    counted: usize,
    first: bool,
    bracketed: bool,
    path: Arc<Path>,
}

impl Values {
    fn new(text: String, at: usize, bracketed: bool, path: &Arc<Path>) -> Self {
        Self { text, at, line: 1, counted: 0, first: true, bracketed, path: path.clone() }
    }

    fn rows(mut self) -> Rows {
        Box::new(std::iter::from_fn(move || {
            let row = self.next();
            if let Some(Err(error)) = row {
                // Behind a syntax error nothing can be told apart.
                self.at = self.text.len();
                self.first = false;
                return Some(Err(RecordError::Broken(Box::new(error))));
            }
            row
        }))
    }

    fn next(&mut self) -> Option<Result<Row, RecordError>> {
        if self.at >= self.text.len() && !self.first {
            return None;
        }
        if self.bracketed {
            match (self.peek(), self.first) {
                (Some(b']'), _) => {
                    self.at += 1;
                    let rest = self.peek();
                    self.at = self.text.len();
                    self.first = false;
                    return rest.map(|_| Err(self.error("nothing may follow the array's `]`")));
                }
                (Some(b','), false) => self.at += 1,
                (Some(_), true) => {}
                (None, _) => return Some(Err(self.error("the file ends inside the array: it is truncated"))),
                (Some(_), false) => return Some(Err(self.error("expected `,` or `]`"))),
            }
        }
        self.first = false;
        if self.peek().is_none() && !self.bracketed {
            return None;
        }
        let line = self.line();
        let rest = &self.text[self.at..];
        if rest.is_empty() {
            return Some(Err(self.error("the file ends inside the array: it is truncated")));
        }
        match strict::first(rest) {
            Ok((value, end)) => {
                self.at += end;
                Some(row(value, &self.path, (line, Unit::Line), ""))
            }
            Err(e) => Some(Err(invalid(&self.path, line, &e, e.line() - 1, advice(rest, &e)))),
        }
    }

    /// Goes to the next character that is not white space.
    fn peek(&mut self) -> Option<u8> {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
        self.text.as_bytes().get(self.at).copied()
    }

    fn line(&mut self) -> usize {
        self.line += self.text[self.counted..self.at].bytes().filter(|b| *b == b'\n').count();
        self.counted = self.at;
        self.line
    }

    fn error(&mut self, message: &str) -> RecordError {
        let line = self.line();
        not_laid_out(&self.path, line, message)
    }
}

fn row(value: Value, path: &Path, (number, unit): (usize, Unit), advice: &str) -> Result<Row, RecordError> {
    let kind = match value {
        Value::Object(value) => return Ok(Row::new(number, unit, value)),
        Value::Array(_) => "an array",
        Value::String(_) => "a string",
        Value::Number(_) => "a number",
        _ => "a constant",
    };
    let place = Place { path: path.to_path_buf(), number, unit };
    Err(RecordError::Value { place, message: format!("a record is an object ({{…}}), this is {kind}{advice}") })
}

fn not_laid_out(path: &Path, line: usize, message: &str) -> RecordError {
    let place = Place { path: path.to_path_buf(), number: line, unit: Unit::Line };
    RecordError::Json { place, column: 0, message: message.to_owned() }
}

fn line_of(text: &str, at: usize) -> usize {
    text[..at].bytes().filter(|b| *b == b'\n').count() + 1
}
