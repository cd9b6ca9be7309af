//! Cells in quotes.

/// The cells of a CSV record (RFC 4180), which may span several lines.
#[derive(Default)]
pub(super) struct Record {
    /// Its cells, apart from the last one of a record that goes on.
    pub done: Vec<String>,
    cell: String,
    /// Whether a quoted cell goes on in the next line.
    pub open: bool,
    /// Whether the cell was quoted and its quote closed.
    closed: bool,
    /// Whether text follows a closing quote.
    pub stray: bool,
}

impl Record {
    /// The cells of one line alone.
    pub fn of(line: &str, separator: char) -> Self {
        let mut record = Self::default();
        record.push_line(line, separator);
        record
    }

    /// How many bytes the cell has that goes on.
    pub fn unfinished(&self) -> usize {
        self.cell.len()
    }

    /// Takes a line with its end.
    pub fn push_line(&mut self, line: &str, separator: char) {
        let mut chars = line.chars().peekable();
        loop {
            match chars.next() {
                Some('"') if self.open && chars.next_if_eq(&'"').is_some() => self.cell.push('"'),
                Some('"') if self.open => (self.open, self.closed) = (false, true),
                // A quote in the middle of an unquoted cell is only a quote: 5" disk.
                Some('"') if self.cell.is_empty() && !self.closed => self.open = true,
                Some(c) if self.open => self.cell.push(c),
                None if self.open => return,
                Some(c) if c == separator => self.end_cell(),
                Some('\r') if chars.peek() == Some(&'\n') => {}
                Some('\n') | None => return self.end_cell(),
                Some(c) if self.closed => self.stray |= !c.is_whitespace(),
                Some(c) => self.cell.push(c),
            }
        }
    }

    fn end_cell(&mut self) {
        self.closed = false;
        self.done.push(std::mem::take(&mut self.cell));
    }
}
