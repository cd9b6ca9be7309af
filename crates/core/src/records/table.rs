//! CSV and TSV.

use serde_json::{Map, Value};

use super::input::Input;
use super::{Place, RecordError, Request, Row, Rows, Unit};

/// The names of the columns, and whether lines fit them.
struct Header {
    names: Option<Vec<String>>,
    numbered: bool,
    hint: &'static str,
}

impl Header {
    fn new(request: &Request, hint: &'static str) -> Self {
        Self { names: None, numbered: request.numbered, hint }
    }

    /// The row that `cells` are; `None` if they are the header.
    fn row(&mut self, request: &Place, cells: Vec<String>) -> Option<Result<Row, RecordError>> {
        let Some(names) = &self.names else {
            if self.numbered {
                self.names = Some((1..=cells.len()).map(|i| format!("#{i}")).collect());
                return self.row(request, cells);
            }
            self.names = Some(cells.into_iter().map(|name| name.trim().to_owned()).collect());
            return None;
        };
        if names.len() != cells.len() {
            let (place, hint) = (request.clone(), self.hint);
            return Some(Err(RecordError::Columns { place, expected: names.len(), found: cells.len(), hint }));
        }
        let value: Map<String, Value> = names.iter().cloned().zip(cells.into_iter().map(Value::String)).collect();
        Some(Ok(Row { line: request.number, value }))
    }
}

pub(super) fn tsv(request: &Request) -> Result<Rows, RecordError> {
    let mut lines = Input::open(request)?.into_lines();
    let mut header = Header::new(request, " (a cell cannot contain a tab in TSV)");
    let path = request.path.clone();
    Ok(Box::new(std::iter::from_fn(move || {
        loop {
            let cells: Vec<String> = match lines.next()? {
                Ok(line) if line.trim().is_empty() => continue,
                Ok(line) => line.split('\t').map(str::to_owned).collect(),
                Err(e) => return Some(Err(e)),
            };
            let place = Place { path: path.to_path_buf(), number: lines.line(), unit: Unit::Line };
            if let Some(row) = header.row(&place, cells) {
                return Some(row);
            }
        }
    })))
}

pub(super) fn csv(request: &Request) -> Result<Rows, RecordError> {
    let mut lines = Input::open(request)?.into_lines();
    let mut header = Header::new(request, " (a cell with commas or line ends must stand in quotes)");
    let path = request.path.clone();
    Ok(Box::new(std::iter::from_fn(move || {
        let mut cells = Cells::default();
        let mut first = 0;
        loop {
            match lines.next_part(u64::MAX) {
                Some(Ok(line)) if first == 0 && line.trim().is_empty() => continue,
                Some(Ok(line)) => cells.push_line(line),
                Some(Err(e)) => return Some(Err(e)),
                None if first == 0 => return None,
                None => {
                    let place = Place { path: path.to_path_buf(), number: first, unit: Unit::Line };
                    let message = "a quote opens in this record that nothing closes".to_owned();
                    return Some(Err(RecordError::Value { place, message }));
                }
            }
            if first == 0 {
                first = lines.line();
            }
            if cells.open && cells.cell.len() as u64 > lines.most() {
                return Some(Err(lines.too_long()));
            }
            if cells.open {
                continue;
            }
            let place = Place { path: path.to_path_buf(), number: first, unit: Unit::Line };
            first = 0;
            if let Some(row) = header.row(&place, std::mem::take(&mut cells).done) {
                return Some(row);
            }
        }
    })))
}

/// The cells of a CSV record (RFC 4180), which may span several lines.
#[derive(Default)]
struct Cells {
    done: Vec<String>,
    cell: String,
    /// Whether a quoted cell goes on in the next line.
    open: bool,
}

impl Cells {
    fn push_line(&mut self, line: &str) {
        let mut chars = line.chars().peekable();
        loop {
            match chars.next() {
                Some('"') if self.open && chars.next_if_eq(&'"').is_some() => self.cell.push('"'),
                Some('"') if self.open => self.open = false,
                // A quote in the middle of an unquoted cell is only a quote: 5" disk.
                Some('"') if self.cell.is_empty() => self.open = true,
                Some(c) if self.open => self.cell.push(c),
                None if self.open => return,
                Some(',') => self.done.push(std::mem::take(&mut self.cell)),
                Some('\r') if chars.peek() == Some(&'\n') => {}
                Some('\n') | None => {
                    self.done.push(std::mem::take(&mut self.cell));
                    return;
                }
                Some(c) => self.cell.push(c),
            }
        }
    }
}
