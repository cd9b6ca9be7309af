//! A document and its summaries, as a data file has them.

use std::fmt;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// One document, with its summaries where they are known.
#[derive(Deserialize, Clone, Debug, PartialEq)]
pub struct Record {
    /// What to summarise. A list of sentences is one document.
    #[serde(deserialize_with = "joined")]
    pub document: String,
    /// A summary. A list is several, each one alone a summary of the whole.
    #[serde(default, deserialize_with = "several")]
    pub summary: Vec<String>,
    /// More summaries.
    #[serde(default, deserialize_with = "several")]
    pub references: Vec<String>,
}

impl Record {
    /// All summaries that say something, without the white space around them.
    pub fn summaries(&self) -> Vec<&str> {
        let all = self.summary.iter().chain(&self.references);
        all.map(|summary| summary.trim()).filter(|summary| !summary.is_empty()).collect()
    }
}

fn joined<'de, D: Deserializer<'de>>(input: D) -> Result<String, D::Error> {
    Ok(input.deserialize_any(Texts)?.join(" "))
}

fn several<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<String>, D::Error> {
    input.deserialize_any(Texts)
}

struct Texts;

impl<'de> Visitor<'de> for Texts {
    type Value = Vec<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or a list of strings")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Vec<String>, E> {
        Ok(vec![text.to_owned()])
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<String>, A::Error> {
        let mut texts = Vec::new();
        while let Some(text) = list.next_element()? {
            texts.push(text);
        }
        Ok(texts)
    }

    fn visit_unit<E: Error>(self) -> Result<Vec<String>, E> {
        Ok(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_and_lists_are_both_read() {
        let check = |json: &str, document: &str, summaries: &[&str]| {
            let record: Record = serde_json::from_str(json).unwrap();
            assert_eq!((record.document.as_str(), record.summaries()), (document, summaries.to_vec()), "{json}");
        };
        check(r#"{"document": "a b"}"#, "a b", &[]);
        check(r#"{"document": ["A.", "B."], "summary": " c "}"#, "A. B.", &["c"]);
        check(r#"{"document": "a", "summary": ["b", "", "c"]}"#, "a", &["b", "c"]);
        check(r#"{"document": "a", "summary": null, "references": ["b"]}"#, "a", &["b"]);
    }

    #[test]
    fn anything_else_is_refused() {
        let error = serde_json::from_str::<Record>(r#"{"document": 3}"#).unwrap_err().to_string();
        assert!(error.contains("a string or a list of strings"), "{error}");
        let error = serde_json::from_str::<Record>(r#"{"summary": "a"}"#).unwrap_err().to_string();
        assert!(error.contains("missing field `document`"), "{error}");
    }
}
