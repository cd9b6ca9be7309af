//! CSV and TSV.

use std::path::Path;
use std::sync::Arc;

use super::ahead::{Ahead, Numbered};
use super::error::{Place, RecordError};
use super::format::Format;
use super::header::{Columns, Taken};
use super::input::Input;
use super::passed::Passed;
use super::quoted::Record;
use super::request::Request;
use super::row::{Cells, Row, Rows};
use super::separator;
use super::spans::Spans;

pub(super) fn rows(request: &Request) -> Result<Rows, RecordError> {
    let quoted = request.format == Format::Csv;
    let mut lines = Ahead::new(Input::open(request)?.into_lines());
    if lines.is_one_of_many() {
        let message = "its lines end with a carriage return alone, as old programs write them: save it with line feeds";
        return Err(RecordError::Mapping { path: request.path.to_path_buf(), message: message.into() });
    }
    let said = lines.excel();
    let given = request.separator.as_ref().and_then(|text| text.chars().next()).or(said);
    let separator = match given {
        Some(separator) => separator,
        None if quoted => separator::likeliest(&lines.readable(request.comment.as_deref())),
        None => '\t',
    };
    let mut table = Table {
        lines,
        path: request.path.clone(),
        comment: request.comment.clone(),
        quoted,
        separator,
        columns: Columns::new(request.header, request.numbered, separator),
        quotes: 0,
        passed: request.passed.clone(),
        blank: None,
        spans: Spans::default(),
    };
    Ok(Box::new(std::iter::from_fn(move || table.next())))
}

/// A record as its lines have it.
struct Whole {
    /// The first of them.
    line: usize,
    record: Record,
    /// The lines behind the first.
    behind: Vec<Numbered<'static>>,
    /// What cannot be decoded in the first.
    bad: Option<RecordError>,
}

struct Table {
    lines: Ahead,
    path: Arc<Path>,
    comment: Option<String>,
    quoted: bool,
    separator: char,
    columns: Columns,
    /// Cells of a file without quotes that seem to have been quoted.
    quotes: usize,
    /// Counts the rows with nothing in them.
    passed: Arc<Passed>,
    /// The first of the blank lines before this one, and how many they are. At the end of a file they are no rows.
    blank: Option<(usize, usize)>,
    spans: Spans,
}

impl Table {
    fn next(&mut self) -> Option<Result<Row, RecordError>> {
        loop {
            let Whole { line, record, mut behind, bad } = match self.record()? {
                Ok(record) => record,
                Err(e) => return Some(Err(e)),
            };
            if record.open || record.stray {
                return Some(Err(self.misplaced(line, behind, record.open)));
            }
            match bad.or_else(|| behind.iter_mut().find_map(|line| line.error.take())) {
                None => {}
                Some(RecordError::Utf8 { place, byte, .. }) if self.columns.needs_header() => {
                    return Some(Err(self.lines.refuse(place.number, byte)));
                }
                // Without names, a header only says how many columns there are.
                Some(_) if self.columns.skip => {}
                Some(error) => return Some(Err(error)),
            }
            return Some(match self.columns.take(line, record.done) {
                Taken::Header => continue,
                Taken::Empty => {
                    self.passed.add(1, &self.path, line);
                    continue;
                }
                Taken::Row(row) => {
                    if let Some((last, between)) = behind.split_last() {
                        // A comma a line may be in any text.
                        let few = if self.columns.count() == Some(2) { 5 } else { 3 };
                        let alike = between.len() >= few && self.like_records(between) * 10 >= between.len() * 9;
                        self.spans.add(&self.path, (line, last.number), alike);
                    }
                    Ok(Row { cells: self.cells(), ..row })
                }
                Taken::Unfit { expected, found } => {
                    let hint = format!("{}{}", self.hint(), self.again(behind)).into();
                    Err(RecordError::Columns { place: Place::line(&self.path, line), expected, found, hint })
                }
            });
        }
    }

    /// The next record; where one ends is known even if it cannot be decoded.
    fn record(&mut self) -> Option<Result<Whole, RecordError>> {
        let (mut record, mut first, mut bad, mut behind) = (Record::default(), 0, None, Vec::new());
        loop {
            let Some(line) = self.lines.next() else {
                if first > 0 {
                    return Some(Ok(Whole { line: first, record, behind, bad }));
                }
                self.finish();
                return None;
            };
            if line.error.as_ref().is_some_and(|error| error.record().is_none()) {
                return line.error.map(Err);
            }
            let (number, text) = (line.number, &*line.text);
            let comment = self.comment.as_ref().is_some_and(|sign| text.starts_with(sign));
            if first == 0 && (comment || text.trim().is_empty()) {
                if !comment && !self.columns.skip {
                    self.blank = Some(self.blank.map_or((number, 1), |(first, count)| (first, count + 1)));
                }
                continue;
            }
            if let Some((first, count)) = self.blank.take() {
                self.passed.add(count, &self.path, first);
            }
            if self.quoted {
                record.push_line(text, self.separator);
            } else {
                let text = text.strip_suffix('\n').map_or(text, |text| text.strip_suffix('\r').unwrap_or(text));
                record.done = text.split(self.separator).map(str::to_owned).collect();
                let quoted = |cell: &&String| cell.len() > 4 && cell.starts_with('"') && cell.ends_with('"');
                self.quotes += record.done.iter().filter(quoted).filter(|cell| cell[1..].contains("\"\"")).count();
            }
            if first == 0 {
                (first, bad) = (number, line.error);
            } else {
                behind.push(line.kept());
            }
            if !record.open {
                return Some(Ok(Whole { line: first, record, behind, bad }));
            }
            if record.unfinished() as u64 > self.lines.lines.most() {
                return Some(Err(self.lines.lines.too_long()));
            }
        }
    }

    /// The error of a record with a quote that nothing closes, or text behind one that does. The lines `behind` its first
    /// are read again: they are likely no part of it.
    fn misplaced(&mut self, line: usize, behind: Vec<Numbered<'static>>, open: bool) -> RecordError {
        let place = Place::line(&self.path, line);
        let message = match (open, behind.last()) {
            (true, _) => {
                "a quote opens in this record that nothing closes: close it, or, if it is part of the text, put \
                          the cell in quotes and write it twice (\"\")"
                    .to_owned()
            }
            (false, last) => format!(
                "text follows the quote that closes a cell{}; quotes within a quoted cell are written twice (\"\"), and a \
                 cell that begins with a quote is quoted as a whole",
                last.map_or_else(String::new, |last| format!(" (in line {})", last.number))
            ),
        };
        if self.columns.skip {
            self.lines.stop();
            return RecordError::Broken(Box::new(RecordError::Value { place, message }));
        }
        let more = if open { self.put_back(behind) } else { self.again(behind) };
        RecordError::Value { place, message: format!("{message}{more}") }
    }

    /// Has the lines behind the first of a bad record read again if they look like records, and says what becomes of them.
    fn again(&mut self, behind: Vec<Numbered<'static>>) -> String {
        match behind.last().map(|last| last.number) {
            Some(last) if self.like_records(&behind) * 2 < behind.len() => {
                format!("; the record goes on to line {last}, which is left out with it")
            }
            _ => self.put_back(behind),
        }
    }

    fn put_back(&mut self, behind: Vec<Numbered<'static>>) -> String {
        let next = behind.first().map_or_else(String::new, |line| format!("; reading goes on at line {}", line.number));
        self.lines.put_back(behind);
        next
    }

    /// How many of these lines have as many columns as the table, each by itself.
    fn like_records(&self, lines: &[Numbered]) -> usize {
        let count = self.columns.count();
        let alike = |line: &&Numbered| {
            let record = Record::of(&line.text, self.separator);
            // The last cell may go on.
            let cells = record.done.len() + usize::from(record.open);
            !record.stray && cells > 1 && count.is_none_or(|count| cells == count || record.open && cells < count)
        };
        lines.iter().filter(alike).count()
    }

    fn cells(&self) -> Cells {
        if self.separator == ';' { Cells::Comma } else { Cells::Yes }
    }

    /// What may be the matter with a record of too few or too many cells.
    fn hint(&self) -> String {
        let name = separator::named(self.separator);
        match self.quoted {
            true => format!(" (a cell with {name} or line ends must stand in quotes)"),
            false => format!(" (a cell cannot contain {name} in TSV; if cells stand in quotes, set `format` to csv)"),
        }
    }

    fn finish(&mut self) {
        self.spans.finish(&self.path);
        if self.quotes > 0 {
            tracing::warn!(
                "{}: {} cells begin and end with a quote and have doubled quotes within. TSV takes quotes as they are; if \
                 the file was written with quoted cells, set `format` to csv",
                self.path.display(),
                std::mem::take(&mut self.quotes)
            );
        }
    }
}
