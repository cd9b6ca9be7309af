//! A text and its target, as a data file has them.

use std::fmt;

use cimiento_data::records::canonical;
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// One text, with its target where it is known.
#[derive(Deserialize, Clone, Debug, PartialEq)]
pub struct Record {
    /// What to classify.
    pub text: String,
    /// A second text, where the class is that of two: a hypothesis beside its premise, a passage beside its query.
    #[serde(default)]
    pub text_pair: Option<String>,
    /// Its class, its labels or its number.
    #[serde(default, deserialize_with = "label")]
    pub label: Option<Label>,
}

impl Record {
    /// All of its text.
    pub(crate) fn whole(&self) -> String {
        let second = self.text_pair.iter().map(|text| text.trim());
        [self.text.trim()].into_iter().chain(second).collect::<Vec<_>>().join("\n\n")
    }
}

/// A target as it is written. Data files write a class as a string, a number or a boolean, each of which goes by its value:
/// `"1"`, `1` and `1.0` are one class, `"True"` and `true` another.
#[derive(Clone, Debug, PartialEq)]
pub enum Label {
    /// One value.
    One(String),
    /// A list of values.
    Several(Vec<String>),
}

impl From<&str> for Label {
    fn from(text: &str) -> Self {
        Self::One(canonical(text))
    }
}

/// An empty cell is told from a label that is not there, since it may mean that a text has no labels.
fn label<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Label>, D::Error> {
    input.deserialize_any(AnyLabel)
}

struct AnyLabel;

impl AnyLabel {
    fn one<E>(text: &str) -> Result<Option<Label>, E> {
        Ok(Some(Label::from(text)))
    }
}

impl<'de> Visitor<'de> for AnyLabel {
    type Value = Option<Label>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a label (a string, a number or a boolean) or a list of labels")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Self::one(text)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        Self::one(&value.to_string())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        Self::one(&number.to_string())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        Self::one(&number.to_string())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        // A whole number that is neither an i64 nor a u64 has been rounded: it may have been another.
        if number.fract() == 0.0 && number.abs() >= i64::MAX as f64 {
            return Err(E::custom(format!(
                "the label {number} has more digits than are kept of a number: put it in quotes"
            )));
        }
        Self::one(&number.to_string())
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::new();
        while let Some(Element(name)) = list.next_element()? {
            all.push(name);
        }
        Ok(Some(Label::Several(all)))
    }
}

/// A value in a list.
struct Element(String);

impl<'de> Deserialize<'de> for Element {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        match label(input)? {
            Some(Label::One(name)) if !name.is_empty() => Ok(Self(name)),
            _ => Err(D::Error::custom("a list of labels holds strings, numbers and booleans only, none of them empty")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Option<Label>, String> {
        let record = serde_json::from_str::<Record>(&format!(r#"{{"text": "x", "label": {json}, "other": []}}"#));
        record.map(|record| record.label).map_err(|e| e.to_string())
    }

    #[test]
    fn a_label_is_any_scalar_by_its_value() {
        for (name, spellings) in [
            ("good", &["\" good \""][..]),
            ("1", &["1", "1.0", "\"1\"", "\"1.0\"", "1e0"]),
            ("-2", &["-2", "\"-2.0\""]),
            ("0.5", &["0.5", "\"0.50\""]),
            ("0.1", &["0.1"]),
            ("true", &["true", "\"True\"", "\"TRUE\""]),
            ("9007199254740993", &["9007199254740993", "\"9007199254740993.0\""]),
            ("18446744073709551615", &["18446744073709551615"]),
            ("", &["\"\"", "\" \""]),
        ] {
            for json in spellings {
                assert_eq!(read(json), Ok(Some(Label::One(name.into()))), "{json}");
            }
        }
    }

    #[test]
    fn a_label_may_be_missing_or_null_or_a_list() {
        assert_eq!(serde_json::from_str::<Record>(r#"{"text": "x"}"#).unwrap().label, None);
        assert_eq!(read("null"), Ok(None));
        let list = |names: &[&str]| Ok(Some(Label::Several(names.iter().map(|name| name.to_string()).collect())));
        assert_eq!(read("[]"), list(&[]));
        assert_eq!(read(r#"["joy", 1.0, true]"#), list(&["joy", "1", "true"]));
        for json in ["[[1]]", "[null]", "[\"\"]", "{}"] {
            assert!(read(json).is_err(), "{json}");
        }
    }

    #[test]
    fn digits_that_are_lost_are_no_label() {
        for json in ["18446744073709551616", "123456789012345678901", "-123456789012345678901"] {
            assert!(read(json).unwrap_err().contains("put it in quotes"), "{json}");
        }
        assert_eq!(read("\"123456789012345678901\""), Ok(Some(Label::One("123456789012345678901".into()))));
    }
}
