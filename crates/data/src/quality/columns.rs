//! What the columns of a file hold, and which of them are likely the fields of a record.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::Value;

use crate::fields::{Field, FieldKind, Targets};
use crate::records::{self, RecordError, Source};

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
                columns.entry(name.clone()).or_insert_with(|| Column::new(&name)).take(&value);
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
            let classes = columns.filter(|column| column.is_class() && !column.names_rows());
            let different = |column: &Column| column.values.as_ref().map_or(usize::MAX, BTreeMap::len);
            // The fuller one of equals: labels are seldom missing.
            let column = classes.min_by_key(|column| (different(column), usize::MAX - column.filled))?;
            (column, format!("few different values, {}", different(column)))
        }
        FieldKind::Part => {
            let texts = columns.filter(|column| column.is_text() && !column.is_class() && !column.names_rows());
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
        Field { name: "text", kind: FieldKind::Text, also: &["review", "sentence"], target: false },
        Field { name: "label", kind: FieldKind::Class, also: &["stars", "class"], target: true },
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
    fn a_name_of_the_row_is_no_target() {
        const SHORT: &[Field] = &[
            Field { name: "document", kind: FieldKind::Text, also: &["text"], target: false },
            Field { name: "summary", kind: FieldKind::Part, also: &[], target: true },
        ];
        for head in ["id", "code"] {
            let row = |i: usize| format!("r{i},\"some words of row {i}\",{}\n", i % 2);
            let (_dir, source) = file("a.csv", &format!("{head},text,x\n{}", (0..8).map(row).collect::<String>()));
            let (columns, _) = columns(&[source], 1000).unwrap();
            let found = guess(SHORT, &columns, &BTreeMap::new());
            assert_eq!(found.iter().map(|guess| guess.field).collect::<Vec<_>>(), ["document"], "{head}");
        }
    }

    #[test]
    fn targets_of_several_classes_and_of_numbers_are_seen() {
        let targets = |value: &dyn Fn(usize) -> String| {
            let rows: String = (0..60).map(|i| format!("\"{}\"\n", value(i))).collect();
            let (_dir, source) = file("a.csv", &format!("x\n{rows}"));
            columns(&[source], 1000).unwrap().0[0].targets()
        };
        let of = |all: &'static [&'static str]| move |i: usize| all[i % all.len()].to_owned();
        assert_eq!(targets(&of(&["food", "food, price", "price, place", "place"])), Some(Targets::Several(',')));
        assert_eq!(targets(&of(&["a|b", "b", "a", "c|a|b", "c"])), Some(Targets::Several('|')));
        assert_eq!(targets(&of(&["World", "Sports", "Sci/Tech", "n/a"])), None);
        assert_eq!(targets(&of(&["1", "2", "3", "4", "5"])), None);
        assert_eq!(targets(&|i| format!("{i},5")), Some(Targets::Numbers));
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
