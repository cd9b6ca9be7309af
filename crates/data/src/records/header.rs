//! The columns of a table, and whether its lines fit them.

use std::sync::Arc;

use serde_json::Map;

use super::error::Unit;
use super::row::{Header, Row};

/// The columns, once the first line was read.
pub(super) struct Columns {
    /// Whether the next line is the header.
    pub skip: bool,
    /// Whether columns are called by their numbers.
    numbered: bool,
    separator: char,
    header: Option<Arc<Header>>,
}

/// What the cells of a line are.
pub(super) enum Taken {
    Header,
    Row(Row),
    /// More than one cell, with nothing in any.
    Empty,
    /// More or fewer cells than there are columns.
    Unfit {
        expected: usize,
        found: usize,
    },
}

impl Columns {
    pub fn new(skip: bool, numbered: bool, separator: char) -> Self {
        Self { skip, numbered, separator, header: None }
    }

    /// Whether the next line is the header, and what it says matters.
    pub fn needs_header(&self) -> bool {
        self.skip && !self.numbered
    }

    /// How many they are, where that is known.
    pub fn count(&self) -> Option<usize> {
        self.header.as_ref().map(|header| header.names.len())
    }

    pub fn take(&mut self, line: usize, cells: Vec<String>) -> Taken {
        let first = std::mem::take(&mut self.skip);
        if first && !self.numbered {
            self.name(&cells);
            return Taken::Header;
        }
        if !first && cells.len() > 1 && cells.iter().all(String::is_empty) {
            return Taken::Empty;
        }
        let separator = Some(self.separator);
        let header = self.header.get_or_insert_with(|| {
            let names = (1..=cells.len()).map(|number| format!("#{number}")).collect();
            Header { names, twice: Vec::new(), separator }.into()
        });
        if header.names.len() != cells.len() {
            return Taken::Unfit { expected: header.names.len(), found: cells.len() };
        }
        if first {
            return Taken::Header;
        }
        let value: Map<_, _> = header.names.iter().cloned().zip(cells.into_iter().map(Into::into)).collect();
        Taken::Row(Row { header: Some(header.clone()), ..Row::new(line, Unit::Line, value) })
    }

    /// Several columns of one name have their numbers behind it; one without a name is called by its number.
    fn name(&mut self, cells: &[String]) {
        let cells: Vec<&str> = cells.iter().map(|cell| cell.trim()).collect();
        let (mut names, mut twice) = (Vec::new(), Vec::new());
        for (number, name) in (1..).zip(&cells) {
            let all = (1..).zip(&cells).filter(|(_, cell)| *cell == name).map(|(number, _)| number);
            let all: Vec<usize> = all.collect();
            names.push(match all.len() {
                _ if name.is_empty() => format!("#{number}"),
                1 => (*name).to_owned(),
                _ => format!("{name}#{number}"),
            });
            if all.len() > 1 && all[0] == number && !name.is_empty() {
                twice.push(((*name).to_owned(), all));
            }
        }
        self.header = Some(Header { names, twice, separator: Some(self.separator) }.into());
    }
}
