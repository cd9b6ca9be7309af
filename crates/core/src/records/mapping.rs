//! From the names a file uses to the names a record uses.

use std::collections::BTreeMap;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::lenient;
use super::{Place, RecordError, Source};

type Fields = BTreeMap<String, String>;

/// An error without its place.
pub(super) enum Problem {
    Missing { field: String, column: Option<String>, shape: Shape },
    Value(String),
}

/// The names in a record, and which of them hold text: what an error suggests.
pub(super) struct Shape {
    names: Vec<(String, bool)>,
}

impl Shape {
    pub fn of(value: &Map<String, Value>) -> Self {
        Self { names: value.iter().map(|(name, value)| (name.clone(), value.is_string())).collect() }
    }

    pub fn explain(self, e: lenient::Error) -> Problem {
        match e {
            lenient::Error::Missing { path, field } if path.is_empty() => {
                Problem::Missing { field: field.into(), column: None, shape: self }
            }
            other => Problem::Value(other.to_string()),
        }
    }

    /// The name most like `wanted`, among equals the first that holds text.
    fn nearest(&self, wanted: &str) -> Option<&str> {
        let alike = |name: &str| name.chars().zip(wanted.chars()).take_while(|(a, b)| a == b).count();
        let best = self.names.iter().rev().max_by_key(|(name, text)| (alike(name), *text));
        best.map(|(name, _)| name.as_str())
    }
}

impl Problem {
    pub fn at(self, place: Place, fields: &Fields) -> RecordError {
        match self {
            Self::Value(message) => RecordError::Value { place, message },
            Self::Missing { field, column, shape } => {
                let wanted = column.as_deref().unwrap_or(&field);
                let suggestion = match shape.nearest(wanted) {
                    Some(name) => {
                        let mut fields = fields.clone();
                        fields.insert(field.clone(), name.to_owned());
                        let pairs: Vec<_> = fields.iter().map(|(field, name)| format!("{field} = {name:?}")).collect();
                        format!(". If it is another one, name it: fields = {{ {} }}", pairs.join(", "))
                    }
                    None => String::new(),
                };
                let present = shape.names.into_iter().map(|(name, _)| name).collect();
                let (field, column, suggestion) = (field.into(), column.map(String::into), suggestion.into());
                RecordError::MissingField { place, field, column, present, suggestion }
            }
        }
    }
}

/// Whether columns are named by number, in which case the file has no header line.
pub(super) fn numbered(fields: &Fields, path: &Path) -> Result<bool, RecordError> {
    let is_number =
        |column: &str| column.strip_prefix('#').is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    let columns: Vec<&str> = fields.values().flat_map(|column| column.split(',').map(str::trim)).collect();
    let numbers = columns.iter().filter(|column| is_number(column)).count();
    if numbers > 0 && numbers < columns.len() {
        let message = format!(
            "`fields` names some columns by number and some by name ({}); a file without a header line has numbers \
             only, one with a header line names only",
            columns.join(", ")
        );
        return Err(RecordError::Mapping { path: path.to_path_buf(), message });
    }
    Ok(numbers > 0)
}

/// Refuses a mapping of what is no field of the record: it would change nothing.
pub(super) fn known<R: DeserializeOwned>(source: &Source) -> Result<(), RecordError> {
    let Some(names) = lenient::names::<R>() else { return Ok(()) };
    let wrong = |field: &&String| !names.contains(&field.as_str());
    let in_fields = source.fields.keys().find(wrong).map(|field| ("fields", field));
    let in_values = source.values.keys().find(wrong).map(|field| ("values", field));
    let Some((key, field)) = in_fields.or(in_values) else { return Ok(()) };
    let message = format!("`{key}` names {field:?}, which no record here has: its fields are {}", names.join(", "));
    Err(RecordError::Mapping { path: source.path.clone(), message })
}

/// The record with its fields named as `fields` says; what is not mentioned keeps its name.
pub(super) fn apply(fields: &Fields, mut value: Map<String, Value>) -> Result<Map<String, Value>, Problem> {
    if fields.is_empty() {
        return Ok(value);
    }
    let mut renamed = Map::new();
    for (field, column) in fields {
        match value.get(column).cloned().or_else(|| gathered(column, &value)) {
            Some(found) => renamed.insert(field.clone(), found),
            None => {
                let (field, column, shape) = (field.clone(), Some(column.clone()), Shape::of(&value));
                return Err(Problem::Missing { field, column, shape });
            }
        };
    }
    for column in fields.values() {
        value.remove(column);
    }
    value.extend(renamed);
    Ok(value)
}

/// The record with the values of some fields called as `values` says. A field that is absent or null stays so.
pub(super) fn translate(
    values: &BTreeMap<String, Fields>,
    mut record: Map<String, Value>,
) -> Result<Map<String, Value>, Problem> {
    for (field, names) in values {
        let Some(value) = record.get_mut(field).filter(|value| !value.is_null()) else { continue };
        let found = value.as_str().map_or_else(|| value.to_string(), |text| text.trim().to_owned());
        let Some(name) = names.get(&found) else {
            let known: Vec<&str> = names.keys().map(String::as_str).collect();
            let known = known.join(", ");
            return Err(Problem::Value(format!(
                "{field} is {found:?}, but `values.{field}` knows only {known}: add it there"
            )));
        };
        *value = Value::from(name.as_str());
    }
    Ok(record)
}

/// `"a, b"`: the values of several columns as a list. A record may lack some of them, or have them empty.
fn gathered(columns: &str, value: &Map<String, Value>) -> Option<Value> {
    if !columns.contains(',') {
        return None;
    }
    let found: Vec<&Value> = columns.split(',').filter_map(|column| value.get(column.trim())).collect();
    let empty = |value: &Value| value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty());
    (!found.is_empty()).then(|| found.into_iter().filter(|value| !empty(value)).cloned().collect())
}
