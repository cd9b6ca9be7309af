//! JSON values without loss: a key that stands twice is an error, and integers of any length keep their digits.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::map::Entry;
use serde_json::{Error, Map, Number, Value};

/// The one value that `text` is. An integer beyond 64 bits is a string of its digits.
pub(super) fn whole(text: &str) -> Result<Value, Error> {
    let (value, end) = first(text)?;
    if text.as_bytes()[end..].iter().all(|byte| b" \t\r\n".contains(byte)) {
        return Ok(value);
    }
    // The usual parser has the words for what follows.
    serde_json::from_str::<IgnoredAny>(text).map(|_| value)
}

/// The value at the beginning of `text`, and where it ends.
pub(super) fn first(text: &str) -> Result<(Value, usize), Error> {
    let huge = Cell::new(false);
    let mut input = serde_json::Deserializer::from_str(text);
    let value = Strict { huge: &huge }.deserialize(&mut input)?;
    let end = input.into_iter::<IgnoredAny>().byte_offset();
    if !huge.get() {
        return Ok((value, end));
    }
    let quoted = quoted(&text[..end]);
    let mut input = serde_json::Deserializer::from_str(&quoted);
    Ok((Strict { huge: &huge }.deserialize(&mut input)?, end))
}

#[derive(Clone, Copy)]
struct Strict<'a> {
    /// Set when a number was too large for an integer.
    huge: &'a Cell<bool>,
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<Value, D::Error> {
        input.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        if number.abs() >= i64::MAX as f64 {
            self.huge.set(true);
        }
        Ok(Number::from_f64(number).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(self)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut values = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            let value = map.next_value_seed(self)?;
            match values.entry(key) {
                Entry::Vacant(entry) => drop(entry.insert(value)),
                Entry::Occupied(entry) if *entry.get() == value => {}
                Entry::Occupied(entry) => {
                    let key = entry.key();
                    return Err(A::Error::custom(format!("the key {key:?} stands twice, with two values; remove one")));
                }
            }
        }
        Ok(Value::Object(values))
    }
}

/// `text`, which is valid JSON, with the integers that 64 bits cannot hold as strings.
fn quoted(text: &str) -> String {
    let mut done = String::with_capacity(text.len() + 2);
    let (mut rest, mut inside) = (text, false);
    while let Some(c) = rest.chars().next() {
        let mut length = c.len_utf8();
        match c {
            '\\' if inside => length += rest[1..].chars().next().map_or(0, char::len_utf8),
            '"' => inside = !inside,
            '-' | '0'..='9' if !inside => {
                length = rest.find(|c: char| !"+-.eE0123456789".contains(c)).unwrap_or(rest.len());
                let number = &rest[..length];
                let digits = number.strip_prefix('-').unwrap_or(number);
                let integer = digits.bytes().all(|byte| byte.is_ascii_digit());
                if integer && number.parse::<i64>().is_err() && number.parse::<u64>().is_err() {
                    done.extend(["\"", number, "\""]);
                    rest = &rest[length..];
                    continue;
                }
            }
            _ => {}
        }
        done.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn plain_values_are_read_as_ever() {
        let text = r#"{"a": [1, -2, 0.1, 1e300, true, null, "x\"y\\"], "b": {"c": 18446744073709551615}}"#;
        assert_eq!(whole(text).unwrap(), serde_json::from_str::<Value>(text).unwrap());
        assert_eq!(first("[1] [2]").unwrap(), (json!([1]), 3));
    }

    #[test]
    fn integers_of_any_length_keep_their_digits() {
        let text =
            r#"{"a\"1": [12345678901234567890123, -9223372036854775809, 1e30, 1.5], "b": "12345678901234567890123"}"#;
        let value = whole(text).unwrap();
        assert_eq!(value["a\"1"], json!(["12345678901234567890123", "-9223372036854775809", 1e30, 1.5]));
        assert_eq!(value["b"], json!("12345678901234567890123"));
        let (value, end) = first("99999999999999999999é").unwrap();
        assert_eq!((value, end), (json!("99999999999999999999"), 20));
    }

    #[test]
    fn a_key_with_two_values_is_refused() {
        let message = whole(r#"{"a": 1, "b": {"c": "x", "c": "y"}}"#).unwrap_err().to_string();
        assert!(message.contains("the key \"c\" stands twice"), "{message}");
        assert_eq!(whole(r#"{"a": 1, "a": 1}"#).unwrap(), json!({"a": 1}));
        assert!(whole("{} x").unwrap_err().to_string().contains("trailing characters"));
    }
}
