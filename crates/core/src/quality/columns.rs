//! What the columns of a file hold, and which of them are likely the fields of a record.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::objective::{Field, FieldKind};
use crate::records::{self, RecordError, Source};

/// Different values that are told apart; a column of more is no list of classes.
const VALUES: usize = 200;
/// Words on average from which on a text is more than a name.
const TEXT: f64 = 3.0;

/// A column, or a key of objects.
#[derive(Clone, Debug, Default)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Rows that have something in it.
    pub filled: usize,
    /// Of these, numbers.
    pub numbers: usize,
    /// Of these, lists or objects.
    pub nested: usize,
    /// Words in all of them.
    pub words: usize,
    /// Words in the longest.
    pub longest: usize,
    /// The different values, each with how often it occurs; `None` where there are more than a list of classes has.
    pub values: Option<BTreeMap<String, usize>>,
}

impl Column {
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

    fn is_text(&self) -> bool {
        self.filled > 0 && self.nested * 2 <= self.filled && self.numbers * 2 <= self.filled
    }

    fn take(&mut self, value: &Value) {
        let text = match value {
            Value::Null => return,
            Value::String(text) if text.trim().is_empty() => return,
            Value::String(text) => text.trim().to_string(),
            value => value.to_string(),
        };
        self.filled += 1;
        self.nested += usize::from(value.is_array() || value.is_object());
        self.numbers += usize::from(text.replace(',', ".").parse::<f64>().is_ok());
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

/// The columns of the first `most` records of some sources, in the order of their names, and how many records these are.
///
/// # Errors
/// The first record that cannot be read.
pub fn columns(sources: &[Source], most: usize) -> Result<(Vec<Column>, usize), RecordError> {
    let mut columns: BTreeMap<String, Column> = BTreeMap::new();
    let mut rows = 0;
    for source in sources {
        for record in records::read::<BTreeMap<String, Value>>(source)?.take(most.saturating_sub(rows)) {
            rows += 1;
            for (name, value) in record?.record {
                let fresh = || Column { name: name.clone(), values: Some(BTreeMap::new()), ..Column::default() };
                columns.entry(name.clone()).or_insert_with(fresh).take(&value);
            }
        }
    }
    Ok((columns.into_values().collect(), rows))
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
    /// Higher is likelier; from 3 on the name tells, below only what the column holds.
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
            let free = columns.iter().filter(|column| !taken.contains(&column.name));
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
            let classes = columns.filter(|column| column.is_class());
            let different = |column: &Column| column.values.as_ref().map_or(usize::MAX, BTreeMap::len);
            // The fuller one of equals: labels are seldom missing.
            let column = classes.min_by_key(|column| (different(column), usize::MAX - column.filled))?;
            (column, format!("few different values, {}", different(column)))
        }
        FieldKind::Part => {
            let texts = columns.filter(|column| column.is_text() && !column.is_class());
            let column = texts.max_by(|a, b| a.mean_words().total_cmp(&b.mean_words()))?;
            (column, format!("a shorter text, {:.0} words on average", column.mean_words()))
        }
    };
    Some(Guess { field: field.name, column: column.name.clone(), why, weight: 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: &[Field] = &[
        Field { name: "text", kind: FieldKind::Text, also: &["review", "sentence"] },
        Field { name: "label", kind: FieldKind::Class, also: &["stars", "class"] },
    ];

    fn file(name: &str, content: &str) -> (tempfile::TempDir, Source) {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(name), content).unwrap();
        let source = Source::new(dir.path().join(name));
        (dir, source)
    }

    fn guessed(content: &str) -> Vec<(&'static str, String, u32)> {
        let (_dir, source) = file("a.csv", content);
        let (columns, _) = columns(&[source], 1000).unwrap();
        let found = guess(FIELDS, &columns, &BTreeMap::new());
        found.into_iter().map(|guess| (guess.field, guess.column, guess.weight)).collect()
    }

    #[test]
    fn columns_are_found_by_name_and_else_by_what_they_hold() {
        let rows = |head: &str| {
            let row =
                |i: usize| format!("{i},{},\"a text of some words, number {i}\",{}\n", i % 2, ["x", "y", "z"][i % 3]);
            format!("{head}\n{}", (0..12).map(row).collect::<String>())
        };
        let by_name = guessed(&rows("id,Stars,Review,city"));
        assert_eq!(by_name, [("text", "Review".into(), 3), ("label", "Stars".into(), 3)]);
        let by_content = guessed(&rows("nr,a,b,c"));
        assert_eq!(by_content, [("text", "b".into(), 1), ("label", "a".into(), 1)]);
    }

    #[test]
    fn what_cannot_be_a_field_is_not_guessed() {
        // Numbers called `text`, and no value that occurs twice.
        assert_eq!(guessed("text,x\n1,2\n3,4\n5,6\n"), []);
    }

    #[test]
    fn a_column_is_described_by_what_it_holds() {
        let (_dir, source) = file("a.jsonl", "{\"a\": \"x y\", \"b\": 1.5, \"c\": [1]}\n{\"a\": \" \", \"b\": 2}\n");
        let (columns, rows) = columns(&[source], 1000).unwrap();
        let told: Vec<String> = columns.iter().map(|column| column.described(rows)).collect();
        assert_eq!(told, ["text of 2 words on average, 2 at most, 1 empty", "numbers", "lists or objects, 1 empty"]);
    }
}
