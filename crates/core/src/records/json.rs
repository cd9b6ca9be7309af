//! JSON Lines, JSON arrays and SQuAD's JSON (Rajpurkar et al. 2016, 2018).

use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::input::Input;
use super::{Place, RecordError, Request, Row, Rows, Unit};

pub(super) fn lines(request: &Request) -> Result<Rows, RecordError> {
    Ok(lines_of(Input::open(request)?, request.path.clone(), None))
}

/// JSON Lines. With the name of a field, lines that do not begin as JSON does (the first that is not blank decides for
/// all) are that field of a record each.
pub(super) fn lines_of(input: Input, path: Arc<Path>, plain: Option<&str>) -> Rows {
    let mut lines = input.into_lines();
    let mut plain = plain.map(str::to_owned);
    let mut first = true;
    Box::new(std::iter::from_fn(move || {
        loop {
            let parsed = match lines.next()? {
                Ok(line) if line.trim().is_empty() => {
                    if plain.is_some() && !first {
                        tracing::warn!("{}:{}: a blank line, which is no record", path.display(), lines.line());
                    }
                    continue;
                }
                Ok(line) => {
                    if std::mem::take(&mut first) && line.trim_start().starts_with(['{', '[']) {
                        plain = None;
                    }
                    match &plain {
                        Some(field) => {
                            let text = line.trim_end_matches(['\r', '\n']);
                            Ok(Value::Object(Map::from_iter([(field.clone(), text.into())])))
                        }
                        None => serde_json::from_str(line),
                    }
                }
                Err(e) => return Some(Err(e)),
            };
            let line = lines.line();
            return Some(match parsed {
                Ok(value) => object(value, &path, line),
                Err(e) => Err(invalid(&path, line, &e, 0)),
            });
        }
    }))
}

pub(super) fn array(request: &Request) -> Result<Rows, RecordError> {
    let text = Input::open(request)?.into_text()?;
    let start = text.len() - text.trim_start().len();
    match text.as_bytes().get(start) {
        None => return Err(RecordError::Empty { path: request.path.to_path_buf() }),
        Some(b'[') => {}
        Some(b'{') if !request.explicit => return questions(&request.path, &text),
        Some(_) => {
            let message = "a top-level array of objects was expected; for one object a line set `format` to jsonl, \
                           for SQuAD's layout to squad";
            return Err(not_laid_out(&request.path, line_of(&text, start), message));
        }
    }
    let mut array = Array { text, at: start + 1, line: 1, counted: 0, first: true, path: request.path.clone() };
    Ok(Box::new(std::iter::from_fn(move || {
        let row = array.next();
        if let Some(Err(_)) = row {
            // Behind a syntax error nothing can be told apart.
            array.at = array.text.len();
            array.first = false;
        }
        row
    })))
}

/// A top-level array whose elements are parsed one at a time.
struct Array {
    text: String,
    at: usize,
    /// The line at `counted`.
    line: usize,
    counted: usize,
    first: bool,
    path: Arc<Path>,
}

impl Array {
    fn next(&mut self) -> Option<Result<Row, RecordError>> {
        if self.at >= self.text.len() && !self.first {
            return None;
        }
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
        self.first = false;
        self.peek();
        let line = self.line();
        let mut values = serde_json::Deserializer::from_str(&self.text[self.at..]).into_iter::<Value>();
        match values.next() {
            Some(Ok(value)) => {
                self.at += values.byte_offset();
                Some(object(value, &self.path, line))
            }
            Some(Err(e)) => Some(Err(invalid(&self.path, line, &e, e.line() - 1))),
            None => Some(Err(self.error("the file ends inside the array: it is truncated"))),
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

/// SQuAD's file, only as far as it is read.
#[derive(Deserialize)]
struct Squad {
    data: Vec<Article>,
}

#[derive(Deserialize)]
struct Article {
    #[serde(default)]
    title: Option<String>,
    paragraphs: Vec<Paragraph>,
}

#[derive(Deserialize)]
struct Paragraph {
    context: String,
    qas: Vec<Question>,
}

#[derive(Deserialize)]
struct Question {
    id: Value,
    question: String,
    #[serde(default)]
    answers: Vec<Answer>,
    #[serde(default)]
    is_impossible: Option<bool>,
}

#[derive(Deserialize)]
struct Answer {
    text: String,
    answer_start: usize,
}

pub(super) fn squad(request: &Request) -> Result<Rows, RecordError> {
    questions(&request.path, &Input::open(request)?.into_text()?)
}

fn questions(path: &Path, text: &str) -> Result<Rows, RecordError> {
    if text.trim().is_empty() {
        return Err(RecordError::Empty { path: path.to_path_buf() });
    }
    let squad: Squad = serde_json::from_str(text).map_err(|e| match e.classify() {
        serde_json::error::Category::Data => not_laid_out(
            path,
            e.line(),
            &format!("not SQuAD's layout (data → paragraphs → qas → answers): {}", without_position(&e)),
        ),
        _ => invalid(path, 1, &e, e.line().saturating_sub(1)),
    })?;
    let rows = squad.data.into_iter().flat_map(|article| {
        let title = article.title;
        article.paragraphs.into_iter().flat_map(move |paragraph| {
            let (title, context) = (title.clone(), paragraph.context);
            paragraph.qas.into_iter().map(move |question| question.flatten(&title, &context))
        })
    });
    Ok(Box::new(rows.enumerate().map(|(i, value)| Ok(Row { line: i + 1, value }))))
}

impl Question {
    fn flatten(self, title: &Option<String>, context: &str) -> Map<String, Value> {
        let id = match self.id {
            Value::String(id) => id,
            other => other.to_string(),
        };
        let impossible = self.is_impossible.unwrap_or(self.answers.is_empty());
        let answers: Vec<Value> =
            self.answers.into_iter().map(|a| json!({ "text": a.text, "answer_start": a.answer_start })).collect();
        Map::from_iter([
            ("id".to_owned(), id.into()),
            ("title".to_owned(), title.clone().unwrap_or_default().into()),
            ("context".to_owned(), context.into()),
            ("question".to_owned(), self.question.into()),
            ("answers".to_owned(), answers.into()),
            ("is_impossible".to_owned(), impossible.into()),
        ])
    }
}

fn object(value: Value, path: &Path, line: usize) -> Result<Row, RecordError> {
    match value {
        Value::Object(value) => Ok(Row { line, value }),
        other => {
            let kind = match other {
                Value::Array(_) => "an array",
                Value::String(_) => "a string",
                Value::Number(_) => "a number",
                _ => "a constant",
            };
            Err(not_laid_out(path, line, &format!("a record is an object ({{…}}), this is {kind}")))
        }
    }
}

/// A syntax error, `further` lines behind `line`.
fn invalid(path: &Path, line: usize, e: &serde_json::Error, further: usize) -> RecordError {
    let mut message = without_position(e);
    if e.is_eof() {
        message.push_str("; the file or line is truncated");
    }
    let place = Place { path: path.to_path_buf(), number: line + further, unit: Unit::Line };
    RecordError::Json { place, column: e.column(), message }
}

fn not_laid_out(path: &Path, line: usize, message: &str) -> RecordError {
    let place = Place { path: path.to_path_buf(), number: line, unit: Unit::Line };
    RecordError::Json { place, column: 0, message: message.to_owned() }
}

fn line_of(text: &str, at: usize) -> usize {
    text[..at].bytes().filter(|b| *b == b'\n').count() + 1
}

/// serde_json's words without its own line and column, which count from the start of what it was given.
fn without_position(e: &serde_json::Error) -> String {
    let message = e.to_string();
    message.split(" at line ").next().unwrap_or_default().to_owned()
}
