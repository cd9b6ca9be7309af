//! SQuAD's JSON (Rajpurkar et al. 2016, 2018): questions in paragraphs in articles.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::error::{RecordError, Unit};
use super::input::Input;
use super::request::Request;
use super::row::{Row, Rows};
use super::syntax::whole;

pub(super) fn rows(request: &Request) -> Result<Rows, RecordError> {
    let text = Input::open(request)?.into_text()?;
    if text.trim().is_empty() {
        return Err(RecordError::Empty { path: request.path.to_path_buf() });
    }
    questions(&request.path, whole(&request.path, &text)?)
}

/// Whether `value` holds questions in paragraphs: SQuAD's file, or the list of `{context, qas}` that some tools write.
pub(super) fn recognised(value: &Value) -> bool {
    let any = |list: &Value, key| list.as_array().is_some_and(|list| list.iter().any(|one| one.get(key).is_some()));
    any(value, "qas") || value.get("data").is_some_and(|data| any(data, "paragraphs"))
}

struct Paragraph {
    title: Value,
    context: String,
    questions: Vec<Value>,
}

/// A record of each question of `value`, which is laid out as SQuAD's file or a list of its paragraphs.
///
/// # Errors
/// When the layout is another. What is wrong with one question is left to whoever reads the record.
pub(super) fn questions(path: &Arc<Path>, value: Value) -> Result<Rows, RecordError> {
    let paragraphs = paragraphs(value).map_err(|why| RecordError::Mapping {
        path: path.to_path_buf(),
        message: format!("not SQuAD's layout (data → paragraphs → qas → answers): {why}"),
    })?;
    let path = path.clone();
    let rows = paragraphs.into_iter().flat_map(|paragraph| {
        let Paragraph { title, context, questions } = paragraph;
        questions.into_iter().map(move |question| (title.clone(), context.clone(), question))
    });
    Ok(Box::new(rows.enumerate().map(move |(index, (title, context, question))| {
        let number = index + 1;
        let Value::Object(question) = question else {
            let message = format!("question {number} is no object ({{\"question\": …, \"answers\": …}})");
            return Err(RecordError::Mapping { path: path.to_path_buf(), message });
        };
        Ok(Row::new(number, Unit::Question, flat(question, title, context)))
    })))
}

fn paragraphs(value: Value) -> Result<Vec<Paragraph>, String> {
    let articles = match value {
        Value::Array(paragraphs) => return list(paragraphs, &Value::from(""), "the list"),
        Value::Object(mut file) => file.remove("data").ok_or("there is no `data`")?,
        _ => return Err("it is no object".into()),
    };
    let Value::Array(articles) = articles else { return Err("`data` is no list".into()) };
    let mut all = Vec::new();
    for (number, mut article) in (1..).zip(articles) {
        let title = article.get("title").filter(|title| title.is_string()).cloned().unwrap_or_else(|| "".into());
        match article.get_mut("paragraphs").map(Value::take) {
            Some(Value::Array(paragraphs)) => all.extend(list(paragraphs, &title, &format!("article {number}"))?),
            _ => return Err(format!("article {number} of `data` has no list `paragraphs`")),
        }
    }
    Ok(all)
}

fn list(paragraphs: Vec<Value>, title: &Value, place: &str) -> Result<Vec<Paragraph>, String> {
    let paragraph = |(number, mut paragraph): (usize, Value)| {
        let lacks = |what| format!("paragraph {number} of {place} has no {what}");
        let mut part = |key| paragraph.get_mut(key).map(Value::take);
        let Some(Value::String(context)) = part("context") else { return Err(lacks("text `context`")) };
        let Some(Value::Array(questions)) = part("qas") else { return Err(lacks("list `qas`")) };
        Ok(Paragraph { title: title.clone(), context, questions })
    };
    (1..).zip(paragraphs).map(paragraph).collect()
}

/// A question as a record. What the file does not say, the record does not say either: no `answers` are not empty ones.
fn flat(mut question: Map<String, Value>, title: Value, context: String) -> Map<String, Value> {
    let mut record = Map::from_iter([("title".to_owned(), title), ("context".to_owned(), context.into())]);
    match question.remove("id") {
        None | Some(Value::Null) => {}
        Some(Value::String(id)) => drop(record.insert("id".into(), id.into())),
        Some(id) => drop(record.insert("id".into(), id.to_string().into())),
    }
    for key in ["question", "answers", "is_impossible"] {
        if let Some(part) = question.remove(key) {
            record.insert(key.to_owned(), part);
        }
    }
    record
}
