//! A serde deserializer over JSON values that bridges small differences of type between a file and a record.

use std::fmt;

use serde::de::value::StringDeserializer;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor,
};
use serde_json::{Map, Value};

use super::row::Cells;
use super::{literal, strict};

/// What does not fit, and in which field (outermost first).
#[derive(Debug)]
pub(super) enum Error {
    Missing { path: Vec<String>, field: &'static str },
    Other { path: Vec<String>, message: String },
}

impl Error {
    fn within(mut self, key: String) -> Self {
        let (Self::Missing { path, .. } | Self::Other { path, .. }) = &mut self;
        path.insert(0, key);
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Missing { path, .. } | Self::Other { path, .. }) = self;
        if !path.is_empty() {
            write!(f, "field `{}`: ", path.join("."))?;
        }
        match self {
            Self::Missing { field, .. } => write!(f, "no field `{field}`"),
            Self::Other { message, .. } => f.write_str(message),
        }
    }
}

impl std::error::Error for Error {}

impl de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Other { path: Vec::new(), message: message.to_string() }
    }

    fn missing_field(field: &'static str) -> Self {
        Self::Missing { path: Vec::new(), field }
    }
}

impl From<serde_json::Error> for Error {
    fn from(e: serde_json::Error) -> Self {
        de::Error::custom(e)
    }
}

/// The record that `value` holds. In the cells of a table everything is a string, and an empty one stands for no value
/// where that is allowed.
pub(super) fn from_value<R: DeserializeOwned>(value: Value, cells: Cells) -> Result<R, Error> {
    R::deserialize(Lenient { value, cells })
}

/// The names of a record's fields; none where it takes any.
pub(super) fn names<R: DeserializeOwned>() -> Option<&'static [&'static str]> {
    let mut found = None;
    // It fails, as there is no value; what matters is which fields were asked for.
    let _ = R::deserialize(Names(&mut found));
    found
}

struct Names<'a>(&'a mut Option<&'static [&'static str]>);

impl<'de> Deserializer<'de> for Names<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(de::Error::custom("only names are asked for"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        *self.0 = Some(fields);
        self.deserialize_any(visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

struct Lenient {
    value: Value,
    cells: Cells,
}

impl Lenient {
    fn number<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if let Value::String(text) = &self.value {
            let text = text.trim();
            if let Ok(n) = text.parse::<i64>() {
                return visitor.visit_i64(n);
            } else if let Ok(n) = text.parse::<u64>() {
                return visitor.visit_u64(n);
            } else if let Some(n) = text.parse::<f64>().ok().filter(|n| n.is_finite()) {
                // `nan` is no number, though it is what many programs write for none.
                return visit_float(n, visitor);
            }
            return match pointed(text, self.cells) {
                Some(Ok(n)) => visit_float(n, visitor),
                Some(Err(why)) => Err(de::Error::custom(why)),
                None => Err(de::Error::custom(format!("a number was expected, this is {text:?}"))),
            };
        }
        match &self.value {
            Value::Number(n) if n.is_f64() => visit_float(n.as_f64().unwrap_or(f64::NAN), visitor),
            _ => Ok(self.value.deserialize_any(visitor)?),
        }
    }

    /// The elements of a list, however it is written, and whether they are cells themselves.
    fn elements(self) -> Result<(Vec<Value>, Cells), Error> {
        let cells = self.cells;
        let elements = match self.value {
            Value::Array(elements) => elements,
            Value::Object(columns) => transposed(columns),
            Value::Null => Vec::new(),
            Value::String(text) if cells.are() => match nested(&text) {
                Some(Value::Array(elements)) => return Ok((elements, Cells::No)),
                Some(Value::Object(columns)) => return Ok((transposed(columns), Cells::No)),
                _ if text.trim().is_empty() => Vec::new(),
                _ if begun(&text) => {
                    let start: String = text.chars().take(40).collect();
                    let message = format!("{start:?}… begins as a list does and is none that can be read");
                    return Err(de::Error::custom(message));
                }
                _ => vec![Value::String(text)],
            },
            single => vec![single],
        };
        Ok((elements, cells))
    }
}

/// The list or object that a cell holds, as JSON or as Python prints it.
fn nested(cell: &str) -> Option<Value> {
    let cell = cell.trim();
    let value = cell.starts_with(['[', '{']).then(|| strict::whole(cell).ok().or_else(|| literal::parse(cell)));
    value.flatten()
}

/// Whether a cell begins with a list or object and with nothing that a text begins with.
fn begun(cell: &str) -> bool {
    let signs: String = cell.chars().filter(|c| !c.is_whitespace()).take(2).collect();
    ["[{", "[\"", "['", "{\"", "{'"].contains(&signs.as_str())
}

/// A number with a decimal comma (`3,5`, `1.234,5`), or why it is not clear which one it is (`1,234`); none, if the text
/// is no such number.
pub fn decimal_comma(text: &str) -> Option<Result<f64, String>> {
    pointed(text, Cells::No)
}

/// A number with a decimal comma, or why it is not clear which one it is. Where semicolons separate the cells, a comma
/// can be nothing else.
fn pointed(text: &str, cells: Cells) -> Option<Result<f64, String>> {
    let (whole, fraction) = text.split_once(',')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let bare = whole.trim_start_matches(['-', '+']);
    // 1.234.567,8
    let mut groups = bare.split('.');
    let first = groups.next().filter(|first| digits(first))?;
    let groups: Vec<&str> = groups.collect();
    if !digits(fraction) || groups.iter().any(|group| !digits(group) || group.len() != 3) {
        return None;
    }
    let thousands = groups.is_empty() && fraction.len() == 3 && (1..=3).contains(&first.len()) && first != "0";
    if thousands && cells != Cells::Comma {
        let both = format!("{text:?} may be {whole}.{fraction} or {whole}{fraction}: write the number without a comma");
        return Some(Err(both));
    }
    Some(format!("{}.{fraction}", whole.replace('.', "")).parse().map_err(|_| format!("{text:?} is no number")))
}

/// A whole number may be written `1.0`.
fn visit_float<'de, V: Visitor<'de>>(n: f64, visitor: V) -> Result<V::Value, Error> {
    if n.fract() == 0.0 && n.abs() < 9e15 { visitor.visit_i64(n as i64) } else { visitor.visit_f64(n) }
}

/// `{"a": [1, 2], "b": [3, 4]}` as `[{"a": 1, "b": 3}, {"a": 2, "b": 4}]`; any other object as a list of itself.
fn transposed(columns: Map<String, Value>) -> Vec<Value> {
    let lengths: Vec<_> = columns.values().map(|column| column.as_array().map(Vec::len)).collect();
    match lengths.first() {
        Some(Some(length)) if lengths.iter().all(|l| *l == Some(*length)) => {
            let row = |i: usize| columns.iter().map(|(name, column)| (name.clone(), column[i].clone())).collect();
            (0..*length).map(|i| Value::Object(row(i))).collect()
        }
        _ => vec![Value::Object(columns)],
    }
}

macro_rules! numbers {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.number(visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for Lenient {
    type Error = Error;

    numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_f32 deserialize_f64
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value {
            Value::Array(_) => self.deserialize_seq(visitor),
            Value::Object(_) => self.deserialize_map(visitor),
            Value::String(text) if self.cells.are() => match nested(&text).filter(Value::is_array) {
                Some(value) => Self { value, cells: Cells::No }.deserialize_seq(visitor),
                None => visitor.visit_string(text),
            },
            value => Ok(value.deserialize_any(visitor)?),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let text = match &self.value {
            Value::String(text) => text.trim().to_lowercase(),
            Value::Number(n) => n.to_string(),
            _ => return Ok(self.value.deserialize_any(visitor)?),
        };
        match text.as_str() {
            "true" | "yes" | "1" => visitor.visit_bool(true),
            "false" | "no" | "0" => visitor.visit_bool(false),
            _ => Err(de::Error::custom(format!("true or false was expected, this is {text:?}"))),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value {
            Value::Number(n) => visitor.visit_string(n.to_string()),
            Value::Bool(b) => visitor.visit_string(b.to_string()),
            Value::Array(parts) if parts.iter().all(Value::is_string) => {
                let parts: Vec<_> = parts.iter().filter_map(Value::as_str).collect();
                visitor.visit_string(parts.join(" "))
            }
            value => Ok(value.deserialize_any(visitor)?),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_string(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.value {
            Value::Null => visitor.visit_none(),
            Value::String(text) if self.cells.are() && text.trim().is_empty() => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let (elements, cells) = self.elements()?;
        visitor.visit_seq(Elements { cells, rest: elements.into_iter(), index: 0 })
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let (entries, cells) = match self.value {
            Value::Object(entries) => (entries, self.cells),
            Value::String(text) if self.cells.are() && text.trim_start().starts_with('{') => match nested(&text) {
                Some(Value::Object(entries)) => (entries, Cells::No),
                _ => return Err(de::Error::custom("an object was expected; this begins as one and cannot be read")),
            },
            value => return Ok(value.deserialize_any(visitor)?),
        };
        visitor.visit_map(Entries { cells, rest: entries.into_iter(), current: None })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        Ok(self.value.deserialize_enum(name, variants, visitor)?)
    }

    serde::forward_to_deserialize_any! { char bytes byte_buf unit unit_struct identifier ignored_any }
}

struct Elements {
    cells: Cells,
    rest: std::vec::IntoIter<Value>,
    index: usize,
}

impl<'de> SeqAccess<'de> for Elements {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        let Some(value) = self.rest.next() else {
            return Ok(None);
        };
        let index = self.index;
        self.index += 1;
        let element = seed.deserialize(Lenient { value, cells: self.cells });
        element.map(Some).map_err(|e| e.within(index.to_string()))
    }
}

struct Entries {
    cells: Cells,
    rest: serde_json::map::IntoIter,
    current: Option<(String, Value)>,
}

impl<'de> MapAccess<'de> for Entries {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        self.current = self.rest.next();
        match &self.current {
            Some((key, _)) => {
                let key: StringDeserializer<Error> = key.clone().into_deserializer();
                seed.deserialize(key).map(Some)
            }
            None => Ok(None),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let (key, value) = self.current.take().unwrap_or_default();
        seed.deserialize(Lenient { value, cells: self.cells }).map_err(|e| e.within(key))
    }
}
