//! A text and its class, as a data file has them.

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

/// One text, with its class where it is known.
#[derive(Deserialize, Clone, Debug, PartialEq)]
pub struct Record {
    /// What to classify.
    pub text: String,
    /// Its class.
    #[serde(default)]
    pub label: Option<Label>,
}

/// The name of a class. Data files write it as a string, a number or a boolean: `"1"`, `1` and `1.0` are one class.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Label(pub String);

impl<'de> Deserialize<'de> for Label {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(AnyScalar)
    }
}

struct AnyScalar;

impl Visitor<'_> for AnyScalar {
    type Value = Label;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a label: a string, a number or a boolean")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Label, E> {
        Ok(Label(text.trim().to_owned()))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Label, E> {
        Ok(Label(value.to_string()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Label, E> {
        Ok(Label(number.to_string()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Label, E> {
        Ok(Label(number.to_string()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Label, E> {
        Ok(Label(number.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_may_be_any_scalar() {
        for (json, name) in
            [("\" good \"", "good"), ("1", "1"), ("1.0", "1"), ("-2", "-2"), ("0.5", "0.5"), ("true", "true")]
        {
            let record: Record =
                serde_json::from_str(&format!(r#"{{"text": "x", "label": {json}, "other": []}}"#)).unwrap();
            assert_eq!(record.label, Some(Label(name.into())), "{json}");
        }
    }

    #[test]
    fn a_label_may_be_missing_or_null_but_not_a_list() {
        for json in [r#"{"text": "x"}"#, r#"{"text": "x", "label": null}"#] {
            assert_eq!(serde_json::from_str::<Record>(json).unwrap().label, None);
        }
        let error = serde_json::from_str::<Record>(r#"{"text": "x", "label": [1]}"#).unwrap_err().to_string();
        assert!(error.contains("a label: a string, a number or a boolean"), "{error}");
    }
}
