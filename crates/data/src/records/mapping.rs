//! From the names a file uses to the names a record uses.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::error::{Place, RecordError};
use super::lenient;
use super::row::{Cells, Header};
use super::separator;
use super::source::Source;

type Fields = BTreeMap<String, String>;

/// An error without its place.
pub(super) enum Problem {
    Missing { field: String, column: Option<String>, shape: Shape },
    Value(String),
}

/// The names in a record, those of a table in its order, and what an error needs to suggest one of them.
pub(super) struct Shape {
    names: Vec<(String, Kind)>,
    /// Whether a table's first line looks like data.
    headless: bool,
    /// What separates the columns of a table.
    separator: Option<char>,
}

/// What a name stands for; the last is the likeliest to be meant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Other,
    Number,
    Text,
}

impl Shape {
    pub fn of(value: &Map<String, Value>, header: Option<&Header>) -> Self {
        let separator = header.and_then(|header| header.separator);
        let header = header.map(|header| &header.names[..]);
        let kind = |name: &String| match value.get(name) {
            Some(Value::String(text)) if header.is_none() || text.trim().parse::<f64>().is_err() => Kind::Text,
            Some(Value::String(_) | Value::Number(_)) => Kind::Number,
            _ => Kind::Other,
        };
        let names: Vec<String> = header.map_or_else(|| value.keys().cloned().collect(), <[String]>::to_vec);
        let data = |name: &String| name.parse::<f64>().is_ok() || name.split_whitespace().count() > 4;
        let headless = header.is_some_and(|names| names.iter().any(data));
        let names = names.into_iter().map(|name| (kind(&name), name));
        Self { names: names.map(|(kind, name)| (name, kind)).collect(), headless, separator }
    }

    pub fn explain(self, e: lenient::Error) -> Problem {
        match e {
            lenient::Error::Missing { path, field } if path.is_empty() => {
                Problem::Missing { field: field.into(), column: None, shape: self }
            }
            other => Problem::Value(other.to_string()),
        }
    }

    /// The name that is most likely meant by `wanted`: one that is the same but for case, one that has it within, one
    /// that begins alike or has most of its letters, or the first that holds text. Of those that are `free`.
    fn nearest(&self, wanted: &str, free: impl Fn(&str) -> bool) -> Option<&str> {
        let wanted = wanted.to_lowercase();
        let alike = |name: &str| {
            let name = name.to_lowercase();
            let within = name.len().min(wanted.len()) > 2 && (name.contains(&wanted) || wanted.contains(&name));
            let prefix = name.chars().zip(wanted.chars()).take_while(|(a, b)| a == b).count();
            let mut left: Vec<char> = name.chars().collect();
            let shared =
                wanted.chars().filter_map(|c| Some(left.swap_remove(left.iter().position(|other| *other == c)?)));
            let (shared, longest) = (shared.count(), name.chars().count().max(wanted.chars().count()));
            (name == wanted, within, if prefix > 1 { prefix } else { 0 }, 4 * shared >= 3 * longest)
        };
        // The last of the highest is the first of the file.
        let names = self.names.iter().rev().filter(|(name, _)| free(name));
        let best = names.max_by_key(|(name, kind)| (alike(name), *kind));
        best.map(|(name, _)| name.as_str())
    }

    /// How to name the column that is missing, as a sentence. A column that another field (of those `known`) has is not it.
    fn suggestion(&self, field: &str, column: Option<&str>, fields: &Fields, known: &[&str]) -> String {
        let written = |fields: &Fields| {
            let pairs: Vec<_> = fields.iter().map(|(field, name)| format!("{field} = {name:?}")).collect();
            format!("fields = {{ {} }}", pairs.join(", "))
        };
        if self.headless {
            let texts = self.names.iter().position(|(name, _)| name.parse::<f64>().is_err() && !name.is_empty());
            let fields = Fields::from([(field.to_owned(), format!("#{}", texts.unwrap_or(0) + 1))]);
            return format!(". If the file has no header line, name columns by their numbers: {}", written(&fields));
        }
        let mapped = |name: &str| {
            let other = |named: &str| named == name || parts(named).any(|part| part == name && Some(part) != column);
            fields.values().any(|named| other(named))
        };
        let own = |name: &str| {
            let other = |known: &str| known != field && known.eq_ignore_ascii_case(name) && !fields.contains_key(known);
            known.iter().any(|known| other(known))
        };
        let Some(name) = self.nearest(column.unwrap_or(field), |name| !mapped(name) && !own(name)) else {
            return String::new();
        };
        let mut fields = fields.clone();
        let whole = fields.entry(field.to_owned()).or_default();
        *whole = match column {
            // One of several that are gathered.
            Some(column) if whole.as_str() != column => {
                let parts = whole.split(',').map(|part| if part.trim() == column { name } else { part.trim() });
                parts.collect::<Vec<_>>().join(", ")
            }
            _ => name.to_owned(),
        };
        format!(". If it is another one, name it: {}", written(&fields))
    }
}

impl Problem {
    pub fn at(self, place: Place, fields: &Fields, known: &[&str]) -> RecordError {
        match self {
            Self::Value(message) => RecordError::Value { place, message },
            Self::Missing { field, column, shape } => {
                let suggestion = shape.suggestion(&field, column.as_deref(), fields, known);
                let present: Box<[String]> = shape.names.into_iter().map(|(name, _)| name).collect();
                let suggestion = format!("{}{suggestion}", separated(&present, shape.separator)).into();
                let (field, column) = (field.into(), column.map(String::into));
                RecordError::MissingField { place, field, column, present, suggestion }
            }
        }
    }
}

/// What separates the columns, where something else may, as a sentence.
fn separated(names: &[String], separator: Option<char>) -> String {
    let other = separator.and_then(|separator| Some((separator, separator::other(names, separator)?)));
    other.map_or_else(String::new, |(separator, other)| {
        let (separator, other) = (separator::typed(separator), separator::typed(other));
        format!(". The columns are taken to be separated by {separator}; if it is {other}, set `separator` to {other}")
    })
}

/// That columns with these numbers have one name, which a field is to be read from.
pub(super) fn twice(column: &str, numbers: &[usize], fields: &Fields, known: &[&str]) -> String {
    let field =
        fields.iter().find(|(_, named)| parts(named).any(|part| part == column)).map(|(field, _)| field.as_str());
    let own = || known.iter().copied().find(|known| known.eq_ignore_ascii_case(column));
    let pair = |number: &usize| {
        let name = format!("{column}#{number}");
        format!("fields = {{ {} = {} }}", field.or_else(own).unwrap_or(column), Value::from(name))
    };
    let (pairs, numbers): (Vec<_>, Vec<_>) = numbers.iter().map(|number| (pair(number), number.to_string())).unzip();
    let (numbers, pairs) = (numbers.join(" and "), pairs.join(" or "));
    format!("columns {numbers} are both called `{column}`: rename one, or name the one that is meant: {pairs}")
}

/// What is called so, or else the only one that differs by case alone.
pub(super) fn called<'a>(name: &str, value: &'a Map<String, Value>) -> Option<&'a Value> {
    let alike = || {
        let mut alike = value.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
        alike.next().filter(|_| alike.next().is_none()).map(|(_, found)| found)
    };
    value.get(name).or_else(alike)
}

/// The columns that a mapping names: one, or several that are gathered.
fn parts(column: &str) -> impl Iterator<Item = &str> {
    column.split(',').map(str::trim)
}

/// Whether columns are named by number, in which case the file has no header line unless the source says so.
pub(super) fn numbered(source: &Source) -> Result<bool, RecordError> {
    let is_number =
        |column: &str| column.strip_prefix('#').is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    let columns: Vec<&str> = source.fields.values().flat_map(|column| parts(column)).collect();
    let numbers = columns.iter().filter(|column| is_number(column)).count();
    let message = if numbers > 0 && numbers < columns.len() {
        format!("`fields` names some columns by number and some by name ({}); use one kind", columns.join(", "))
    } else if source.header == Some(false) && numbers < columns.len() {
        format!(
            "without a header line (`header = false`) columns have numbers, as in \"#1\", and no names ({})",
            columns.join(", ")
        )
    } else {
        return Ok(numbers > 0 || source.header == Some(false));
    };
    Err(RecordError::Mapping { path: source.path.clone(), message })
}

/// Those of several columns gathered in one field which no record had so far.
pub(super) struct Unseen(Vec<(String, String)>);

impl Unseen {
    pub fn of(fields: &Fields) -> Self {
        let gathered = fields.iter().filter(|(_, column)| column.contains(','));
        Self(gathered.flat_map(|(field, column)| parts(column).map(|one| (field.clone(), one.to_owned()))).collect())
    }

    pub fn see(&mut self, value: &Map<String, Value>, fields: &Fields) {
        // A column whose own name has a comma is none of several.
        self.0.retain(|(field, column)| !value.contains_key(column) && !value.contains_key(&fields[field]));
    }

    /// What to say, once, at the end of a source of which no record had one of them.
    pub fn take(&mut self) -> Option<String> {
        let (field, column) = &std::mem::take(&mut self.0).into_iter().next()?;
        Some(format!("no record has `{column}`, which `fields.{field}` names; correct the name or leave it out"))
    }
}

/// The fields of a record; none where it takes any. Refuses a mapping of what is none of them: it would change nothing.
pub(super) fn known<R: DeserializeOwned>(source: &Source) -> Result<Option<&'static [&'static str]>, RecordError> {
    let Some(names) = lenient::names::<R>() else { return Ok(None) };
    let wrong = |field: &&String| !names.contains(&field.as_str());
    let in_fields = source.fields.keys().find(wrong).map(|field| ("fields", field));
    let in_values = source.values.keys().find(wrong).map(|field| ("values", field));
    let Some((key, field)) = in_fields.or(in_values) else { return Ok(Some(names)) };
    let message = format!("`{key}` names {field:?}, which no record here has: its fields are {}", names.join(", "));
    Err(RecordError::Mapping { path: source.path.clone(), message })
}

/// How the columns of a file become the fields of a record.
pub(super) struct Columns<'a> {
    pub fields: &'a Fields,
    /// The record's fields; none where it takes any.
    pub names: Option<&'static [&'static str]>,
    /// The columns of a file in which every row has the same.
    pub header: Option<&'a Header>,
    pub fixed: bool,
}

impl Columns<'_> {
    /// Whether something of the record comes from `column`.
    pub fn use_column(&self, column: &str) -> bool {
        let own = |names: &[&str]| {
            names.iter().any(|name| name.eq_ignore_ascii_case(column) && !self.fields.contains_key(*name))
        };
        self.fields.values().any(|named| named == column || parts(named).any(|part| part == column))
            || self.names.is_some_and(own)
    }

    /// The record with its fields named as the mapping says; what is not mentioned keeps its name. A field that the
    /// file does not have is one that differs by case only, if there is just one.
    pub fn apply(&self, mut value: Map<String, Value>) -> Result<Map<String, Value>, Problem> {
        let mut renamed = Map::new();
        for (field, column) in self.fields {
            let missing = |column: &str| {
                let (column, shape) = (Some(column.to_owned()), Shape::of(&value, self.header));
                Problem::Missing { field: field.clone(), column, shape }
            };
            if let Some(found) = value.get(column) {
                renamed.insert(field.clone(), found.clone());
                continue;
            }
            if let Some(part) = parts(column).find(|part| self.fixed && !value.contains_key(*part)) {
                return Err(missing(part));
            }
            let found = gathered(column, &value).ok_or_else(|| missing(column))?;
            renamed.insert(field.clone(), found);
        }
        for column in self.fields.values() {
            value.remove(column);
        }
        value.extend(renamed);
        for name in self.names.unwrap_or_default() {
            if value.contains_key(*name) {
                continue;
            }
            let mut alike = value.keys().filter(|key| key.eq_ignore_ascii_case(name));
            if let (Some(key), None) = (alike.next().cloned(), alike.next())
                && let Some(found) = value.remove(&key)
            {
                value.insert((*name).to_owned(), found);
            }
        }
        Ok(value)
    }
}

/// The record with the values of some fields called as `values` says. A field that is absent, null or an empty cell
/// stays so.
pub(super) fn translate(
    values: &BTreeMap<String, Fields>,
    mut record: Map<String, Value>,
    cells: Cells,
) -> Result<Map<String, Value>, Problem> {
    for (field, names) in values {
        let Some(value) = record.get_mut(field).filter(|value| !value.is_null()) else { continue };
        let found = value.as_str().map_or_else(|| value.to_string(), |text| text.trim().to_owned());
        if let Some(name) = names.get(&found).or_else(|| same_value(names, &found)) {
            *value = Value::from(name.as_str());
        } else if !(cells.are() && found.is_empty()) {
            let known: Vec<&str> = names.keys().map(String::as_str).collect();
            let known = known.join(", ");
            return Err(Problem::Value(format!(
                "{field} is {found:?}, but `values.{field}` knows only {known}: add it there"
            )));
        }
    }
    Ok(record)
}

/// The name of what is the same value as `found`, written otherwise: `1.0` is `1`, `TRUE` is `true`, and where nothing
/// else is known, `true` is `1`.
fn same_value<'a>(names: &'a Fields, found: &str) -> Option<&'a String> {
    let truth = |text: &str| match text.to_lowercase().as_str() {
        "true" => Some(1.0),
        "false" => Some(0.0),
        _ => None,
    };
    // `007` is a code, and of the largest numbers several would be the same.
    let code = |text: &str| text.len() > 1 && text.starts_with('0') && !text.starts_with("0.");
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|n| !code(text.trim()) && n.abs() < 9e15);
    let by = |same: &dyn Fn(&str) -> bool| names.iter().find(|(known, _)| same(known)).map(|(_, name)| name);
    by(&|known| truth(known).is_some() && truth(known) == truth(found))
        .or_else(|| by(&|known| number(known).is_some() && number(known) == number(found)))
        .or_else(|| {
            let either = |text: &str| truth(text).or_else(|| number(text));
            by(&|known| either(known).is_some() && either(known) == either(found))
        })
}

/// `"a, b"`: the values of several columns as a list. A record may lack some of them, or have them empty.
fn gathered(columns: &str, value: &Map<String, Value>) -> Option<Value> {
    if !columns.contains(',') {
        return None;
    }
    let found: Vec<&Value> = parts(columns).filter_map(|column| value.get(column)).collect();
    let empty = |value: &Value| value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty());
    (!found.is_empty()).then(|| found.into_iter().filter(|value| !empty(value)).cloned().collect())
}
