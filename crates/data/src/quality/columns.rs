//! What the columns of a file hold, and which of them are likely the fields of a record.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::Value;

use crate::fields::{Field, FieldKind, Targets};
use crate::records::{self, RecordError, Source};
use crate::unusable::LeftOut;

/// Different values that are told apart; a column of more is no list of classes.
const VALUES: usize = 200;
/// Words on average from which on a text is more than a name.
const TEXT: f64 = 3.0;
/// So many different numbers are quantities rather than classes.
const NUMBERS: usize = 20;
/// What may stand between classes in one text.
const SEPARATORS: [char; 4] = ['|', ';', ',', '/'];
/// Names of columns that name the row.
const NAMES_OF_ROWS: [&str; 9] = ["id", "nr", "no", "uuid", "guid", "index", "idx", "key", "#"];

/// A column, or a key of objects.
#[derive(Clone, Debug, Default)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Rows that have something in it.
    pub filled: usize,
    /// Rows in which it is there and empty.
    pub blank: usize,
    /// Of the filled ones, numbers.
    pub numbers: usize,
    /// Lists or objects.
    pub nested: usize,
    /// Lists of single values, which may be written as text; and of these, those of one value.
    lists: [usize; 2],
    /// Words in all of them.
    pub words: usize,
    /// Words in the longest.
    pub longest: usize,
    /// The different values, each with how often it occurs; `None` where there are more than a list of classes has.
    pub values: Option<BTreeMap<String, usize>>,
    /// Hashes of the different values.
    seen: HashSet<u64>,
    /// Of the numbers, those that are not whole.
    fractions: usize,
    /// Of each of [`SEPARATORS`]: values that hold it, and what stands between, if that is not too much.
    joined: [(usize, Option<BTreeMap<String, usize>>); SEPARATORS.len()],
}

impl Column {
    fn new(name: &str) -> Self {
        let none = || Some(BTreeMap::new());
        let joined = std::array::from_fn(|_| (0, none()));
        Self { name: name.to_owned(), values: none(), joined, ..Self::default() }
    }

    /// Words on average where there is something.
    pub fn mean_words(&self) -> f64 {
        self.words as f64 / self.filled.max(1) as f64
    }

    /// In a few words: fill, type, length or values. `rows` is how many rows there are.
    pub fn described(&self, rows: usize) -> String {
        let empty = rows - self.filled.min(rows);
        let fill = if empty == 0 { String::new() } else { format!(", {empty} empty") };
        let kind = match &self.values {
            _ if self.filled == 0 => "nothing in it".into(),
            _ if self.nested * 2 > self.filled => "lists or objects".into(),
            Some(values) if self.is_class() => {
                let mut values: Vec<(&String, &usize)> = values.iter().collect();
                values.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
                let shown = values.iter().take(6).map(|(value, count)| format!("{value} ({count})"));
                let more = if values.len() > 6 { ", …" } else { "" };
                format!("{} values: {}{more}", values.len(), shown.collect::<Vec<_>>().join(", "))
            }
            _ if self.numbers * 10 > self.filled * 9 => "numbers".into(),
            _ => format!("text of {:.0} words on average, {} at most", self.mean_words(), self.longest),
        };
        format!("{kind}{fill}")
    }

    /// Whether its values could be classes: few different ones, each met again.
    fn is_class(&self) -> bool {
        let Some(values) = &self.values else { return false };
        values.len() >= 2 && values.len() * 2 <= self.filled && self.nested == 0 && self.mean_words() < 2.0 * TEXT
    }

    /// Whether it names the rows, and says nothing about them: it is called so, or each row has another single word.
    fn names_rows(&self) -> bool {
        let name = self.name.trim().to_lowercase();
        let called = NAMES_OF_ROWS.contains(&name.as_str()) || name.ends_with("_id") || name.ends_with("-id");
        let counted = self.filled > 2 && self.seen.len() == self.filled && self.longest <= 1 && self.fractions == 0;
        called || counted
    }

    /// What its values are as targets, where they are no single classes.
    pub fn targets(&self) -> Option<Targets> {
        let [lists, of_one] = self.lists;
        if lists > 0 && lists == self.filled {
            return (of_one < lists).then_some(Targets::Lists);
        }
        if self.nested > 0 || self.filled == 0 {
            return None;
        }
        if self.numbers * 10 > self.filled * 9 {
            return (self.seen.len() > NUMBERS).then_some(Targets::Numbers);
        }
        // Of labels that are joined there are fewer than of the ways to join them, and they are short.
        let found = SEPARATORS.iter().zip(&self.joined).filter_map(|(separator, (joined, parts))| {
            let parts = parts.as_ref()?;
            let short = parts.keys().all(|part| part.split_whitespace().count() <= 3);
            let met: usize = parts.values().sum();
            let fewer = parts.len() < self.seen.len() && parts.len() * 2 <= met;
            (short && fewer && *joined * 10 >= self.filled).then_some((*joined, *separator))
        });
        found.max().map(|(_, separator)| Targets::Several(separator))
    }

    /// Whether its classes are numbers, which could be meant as quantities.
    pub fn has_classes_of_numbers(&self) -> bool {
        self.filled > 0 && self.numbers == self.filled && (3..=NUMBERS).contains(&self.seen.len())
    }

    /// Whether all rows that have something have the same.
    fn is_constant(&self) -> bool {
        self.filled > 1 && self.seen.len() < 2
    }

    fn is_text(&self) -> bool {
        self.filled > 0 && self.nested * 2 <= self.filled && self.numbers * 2 <= self.filled
    }

    fn take(&mut self, value: &Value) {
        let text = match value {
            Value::Null => return,
            Value::String(text) if text.trim().is_empty() => {
                self.blank += 1;
                return;
            }
            Value::String(text) => text.trim().to_string(),
            value => value.to_string(),
        };
        self.filled += 1;
        self.nested += usize::from(value.is_array() || value.is_object());
        if let Some(length) = listed(value) {
            self.lists[0] += 1;
            self.lists[1] += usize::from(length == 1);
        }
        let number = text.replace(',', ".").parse::<f64>().ok();
        self.numbers += usize::from(number.is_some());
        self.fractions += usize::from(number.is_some_and(|number| number.fract() != 0.0));
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        self.seen.insert(hasher.finish());
        for (separator, (joined, parts)) in SEPARATORS.into_iter().zip(&mut self.joined) {
            *joined += usize::from(text.contains(separator));
            let Some(known) = parts else { continue };
            for part in text.split(separator).map(str::trim).filter(|part| !part.is_empty()) {
                *known.entry(part.to_owned()).or_default() += 1;
            }
            if known.len() > VALUES {
                *parts = None;
            }
        }
        let words = text.split_whitespace().count();
        self.words += words;
        self.longest = self.longest.max(words);
        if let Some(values) = &mut self.values {
            *values.entry(text).or_default() += 1;
            if values.len() > VALUES {
                self.values = None;
            }
        }
    }
}

/// How many single values a list holds, be it a list or text that is written as one.
fn listed(value: &Value) -> Option<usize> {
    let read = match value {
        Value::String(text) if text.trim_start().starts_with('[') => Some(records::literal(text.trim())?),
        _ => None,
    };
    let list = read.as_ref().unwrap_or(value).as_array()?;
    let single = |value: &Value| value.is_string() || value.is_number() || value.is_boolean();
    list.iter().all(single).then_some(list.len())
}

/// What the first records of some sources hold.
pub struct Looked {
    /// In the order of their names.
    pub columns: Vec<Column>,
    /// Records that can be read.
    pub rows: usize,
    /// Records that cannot.
    pub bad: LeftOut,
}

/// The columns of the first `most` records of some sources.
///
/// # Errors
/// A source that cannot be read, or none of whose records can.
pub fn columns(sources: &[Source], most: usize) -> Result<Looked, RecordError> {
    let mut columns: BTreeMap<String, Column> = BTreeMap::new();
    let (mut rows, mut bad, mut first) = (0, LeftOut::default(), None);
    for source in sources {
        let left = most.saturating_sub(rows + bad.count);
        for record in records::read::<BTreeMap<String, Value>>(source)?.take(left) {
            match record {
                Ok(record) => {
                    rows += 1;
                    for (name, value) in record.record {
                        columns.entry(name.clone()).or_insert_with(|| Column::new(&name)).take(&value);
                    }
                }
                Err(error) if error.record().is_some() => {
                    bad.extend(LeftOut::of(&error));
                    first.get_or_insert(error);
                }
                Err(error) => return Err(error),
            }
        }
    }
    match first {
        Some(error) if rows == 0 => Err(error),
        _ => Ok(Looked { columns: columns.into_values().collect(), rows, bad }),
    }
}

/// Which column is likely a field, how likely, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Guess {
    /// The field.
    pub field: &'static str,
    /// The column.
    pub column: String,
    /// The reason, as in "text is the column "review": …".
    pub why: String,
    /// Higher is likelier; from 3 on the name tells, below only what the column holds, and 0 serves where the task is known.
    pub weight: u32,
}

/// The column of each field, where one is likely. `given` are fields whose column is known.
pub fn guess(fields: &[Field], columns: &[Column], given: &BTreeMap<String, String>) -> Vec<Guess> {
    let mut taken: BTreeSet<String> = given.values().cloned().collect();
    let mut found = Vec::new();
    let known = |field: &Field| given.get(field.name);
    for field in fields {
        if let Some(column) = known(field) {
            found.push(Guess { field: field.name, column: column.clone(), why: "as given".into(), weight: 5 });
        }
    }
    // Names first, for all fields: what a column is called says more than what it holds.
    for by_name in [true, false] {
        for field in fields {
            if found.iter().any(|guess: &Guess| guess.field == field.name) {
                continue;
            }
            // What is the same everywhere is nothing to learn.
            let free = columns.iter().filter(|column| !taken.contains(&column.name));
            let free = free.filter(|column| !(field.target && column.is_constant()));
            let best = if by_name { named(field, free) } else { holding(field, free) };
            if let Some(guess) = best {
                taken.insert(guess.column.clone());
                found.push(guess);
            }
        }
    }
    found
}

/// The column that is called like the field.
fn named<'a>(field: &Field, columns: impl Iterator<Item = &'a Column>) -> Option<Guess> {
    let fits = |column: &&Column| match field.kind {
        FieldKind::Text => column.is_text(),
        FieldKind::Class | FieldKind::Part => column.filled > 0,
    };
    let ranked = columns.filter(fits).filter_map(|column| {
        let name = column.name.to_lowercase();
        let rank = std::iter::once(&field.name).chain(field.also).position(|known| *known == name)?;
        Some((rank, column))
    });
    let (rank, column) = ranked.min_by_key(|(rank, _)| *rank)?;
    let why = if rank == 0 { "it is called so" } else { "it is a usual name for it" };
    let weight = if rank == 0 { 4 } else { 3 };
    Some(Guess { field: field.name, column: column.name.clone(), why: why.into(), weight })
}

/// The column that holds what the field does.
fn holding<'a>(field: &Field, columns: impl Iterator<Item = &'a Column>) -> Option<Guess> {
    let (column, why) = match field.kind {
        FieldKind::Text => {
            let texts = columns.filter(|column| column.is_text() && column.mean_words() >= TEXT);
            let column = texts.max_by(|a, b| a.mean_words().total_cmp(&b.mean_words()))?;
            (column, format!("the longest text, {:.0} words on average", column.mean_words()))
        }
        FieldKind::Class => {
            let all: Vec<&Column> = columns.filter(|column| !column.names_rows()).collect();
            let different = |column: &Column| column.values.as_ref().map_or(usize::MAX, BTreeMap::len);
            // The fuller one of equals: labels are seldom missing.
            let classes = all.iter().filter(|column| column.is_class());
            let Some(column) = classes.min_by_key(|column| (different(column), usize::MAX - column.filled)) else {
                let mut numbers = all.iter().filter(|column| column.targets() == Some(Targets::Numbers));
                let (column, None) = (numbers.next()?, numbers.next()) else { return None };
                let (column, why) = (column.name.clone(), "the only numbers".to_owned());
                return Some(Guess { field: field.name, column, why, weight: 0 });
            };
            (*column, format!("few different values, {}", different(column)))
        }
        FieldKind::Part => {
            let texts = columns.filter(|column| column.is_text() && !column.is_class() && !column.names_rows());
            let column = texts.max_by(|a, b| a.mean_words().total_cmp(&b.mean_words()))?;
            (column, format!("a shorter text, {:.0} words on average", column.mean_words()))
        }
    };
    Some(Guess { field: field.name, column: column.name.clone(), why, weight: 1 })
}
