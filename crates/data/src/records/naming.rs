//! The header of a table, told from a line of text.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::separator::excel;
use crate::fields::Field;

/// The names in a line that looks like the header of a table.
pub(super) struct HeaderLine {
    pub separator: char,
    pub names: Vec<String>,
    /// Whether the names stand as programs write them, with no space around them.
    tight: bool,
    /// Whether these are two or more short names, each once, tight and with no punctuation of sentences in them.
    bare: bool,
}

impl HeaderLine {
    /// Of a line that is bare names, or names of which some are `known`.
    pub fn of(line: &str, known: impl Fn(&str) -> bool) -> Option<Self> {
        let all = [',', ';', '\t', '|'].map(|separator| Self::with(line, separator));
        let mut all: Vec<Self> = all.into_iter().flatten().collect();
        let bare = all.iter().position(|header| header.bare);
        let found = bare.or_else(|| all.iter().position(|header| header.names.iter().any(|name| known(name))))?;
        Some(all.swap_remove(found))
    }

    fn with(line: &str, separator: char) -> Option<Self> {
        let cells = cells(line, separator).filter(|cells| cells.len() > 1)?;
        let tight = cells.iter().all(|cell| cell.tight);
        let plain = cells.iter().all(|cell| is_plain(&cell.name));
        if !cells.iter().all(|cell| is_plain(&cell.name) || cell.quoted && !cell.name.is_empty()) {
            return None;
        }
        let names: Vec<String> = cells.into_iter().map(|cell| cell.name).collect();
        let once = (1..names.len()).all(|at| !names[..at].contains(&names[at]));
        let numbers = names.iter().all(|name| name.parse::<f64>().is_ok());
        Some(Self { separator, bare: tight && plain && once && !numbers, tight, names })
    }

    /// Whether no text is like this: all names are known, or one is and others are quoted as programs do.
    pub fn is_sure(&self, known: impl Fn(&str) -> bool) -> bool {
        let mut names = self.names.iter().map(|name| known(name));
        if self.tight { names.any(|known| known) } else { names.all(|known| known) }
    }

    /// Whether the line behind it may be a row of the table.
    pub fn fits(&self, second: &str) -> bool {
        cells(second, self.separator).is_none_or(|cells| cells.len() >= self.names.len())
    }
}

/// The columns or keys that the first line of a stream names, of which these are the first bytes; none where it is no
/// object and no header. `fields` have usual names, and columns are `typed` for some: these are told from a text.
pub fn names_at(bytes: &[u8], fields: &[Field], typed: &BTreeMap<String, String>) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let first = first_line(&text);
    match serde_json::from_str::<Map<String, Value>>(first) {
        Ok(object) => object.into_iter().map(|(name, _)| name).collect(),
        Err(_) => names(first, |name| is_usual(name, fields, typed)),
    }
}

/// The names in the first line of a table; of one that may be a text, none.
fn names(line: &str, known: impl Fn(&str) -> bool) -> Vec<String> {
    match HeaderLine::of(line, &known) {
        Some(header) if header.bare || header.is_sure(&known) => header.names,
        None if known(line.trim_matches('"')) => vec![line.trim_matches('"').to_owned()],
        _ => Vec::new(),
    }
}

/// Whether files call a column so that holds one of these fields, or holds what is `typed` for one, or the number of a
/// record.
pub(super) fn is_usual(name: &str, fields: &[Field], typed: &BTreeMap<String, String>) -> bool {
    let of_field = |field: &Field| field.name.eq_ignore_ascii_case(name) || field.also.contains(&&*name.to_lowercase());
    let is_typed = |columns: &String| columns == name || columns.split(',').any(|column| column.trim() == name);
    name.eq_ignore_ascii_case("id") || fields.iter().any(of_field) || typed.values().any(is_typed)
}

/// The first line that is neither blank nor names the separator, without the space around it.
fn first_line(text: &str) -> &str {
    let mut lines = text.trim_start_matches('\u{feff}').lines().map(str::trim).filter(|line| !line.is_empty());
    lines.find(|line| excel(line).is_none()).unwrap_or_default()
}

struct Cell {
    name: String,
    quoted: bool,
    tight: bool,
}

/// The cells of a line, without the space and the quotes around them; none where a quote stays open.
fn cells(line: &str, separator: char) -> Option<Vec<Cell>> {
    let (mut cells, mut from, mut open) = (Vec::new(), 0, false);
    let cell = |text: &str| {
        let inner = text.trim();
        let unquoted = inner.strip_prefix('"').and_then(|inner| inner.strip_suffix('"'));
        let name = unquoted.unwrap_or(inner).replace("\"\"", "\"");
        Cell { tight: inner == text && name.trim() == name, quoted: unquoted.is_some(), name: name.trim().to_owned() }
    };
    for (at, sign) in line.char_indices() {
        if sign == '"' && (open || line[from..at].trim().is_empty() || line[from..at].contains('"')) {
            open = !open;
        } else if sign == separator && !open {
            cells.push(cell(&line[from..at]));
            from = at + sign.len_utf8();
        }
    }
    cells.push(cell(&line[from..]));
    (!open).then_some(cells)
}

/// Whether a name is short and has no punctuation of sentences in it.
fn is_plain(name: &str) -> bool {
    let plain = name.chars().all(|c| c.is_alphanumeric() || " _-.#()/%".contains(c)) && !name.ends_with('.');
    !name.is_empty() && plain && name.split(' ').count() <= 4 && name.chars().count() <= 40
}
