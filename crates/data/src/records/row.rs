//! A record before it is one: what the readers of layouts hand on.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::error::{RecordError, Unit};

/// A record as its file has it.
pub(super) struct Row {
    pub line: usize,
    pub unit: Unit,
    pub value: Map<String, Value>,
    /// Columns that hold nothing that can be used, and why.
    pub unusable: Vec<(String, String)>,
    /// The columns of a table.
    pub header: Option<Arc<Header>>,
    pub cells: Cells,
}

/// The columns of a table.
pub(super) struct Header {
    /// Their names, in its order.
    pub names: Vec<String>,
    /// Names that several columns had, and the numbers of these, which are called `name#number`.
    pub twice: Vec<(String, Vec<usize>)>,
    /// What separates them.
    pub separator: Option<char>,
}

impl Row {
    pub fn new(line: usize, unit: Unit, value: Map<String, Value>) -> Self {
        Self { line, unit, value, unusable: Vec::new(), header: None, cells: Cells::No }
    }
}

/// Whether values are the cells of a table, which are all strings.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Cells {
    /// They have types.
    No,
    /// They are cells.
    Yes,
    /// They are cells, and a comma in a number is a decimal comma.
    Comma,
}

impl Cells {
    pub fn are(self) -> bool {
        self != Self::No
    }
}

pub(super) type Rows = Box<dyn Iterator<Item = Result<Row, RecordError>> + Send>;
