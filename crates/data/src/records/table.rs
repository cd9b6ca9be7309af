//! CSV and TSV.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

use serde_json::Map;

use super::error::{Place, RecordError, Unit};
use super::format::Format;
use super::input::{Input, Lines};
use super::passed::Passed;
use super::request::Request;
use super::row::{Cells, Row, Rows};

/// What separates columns, the likeliest first.
const SEPARATORS: [char; 4] = [',', ';', '\t', '|'];
/// How far a file is looked into to find out which: lines,
const LINES: usize = 50;
/// and bytes.
const BYTES: usize = 64 << 10;

pub(super) fn rows(request: &Request) -> Result<Rows, RecordError> {
    let quoted = request.format == Format::Csv;
    let mut lines = Ahead { lines: Input::open(request)?.into_lines(), waiting: VecDeque::new() };
    lines.look();
    if lines.is_one_of_many() {
        let message = "its lines end with a carriage return alone, as old programs write them: save it with line feeds";
        return Err(RecordError::Mapping { path: request.path.to_path_buf(), message: message.into() });
    }
    let said = lines.excel();
    let given = request.separator.as_ref().and_then(|text| text.chars().next()).or(said);
    let separator = match given {
        Some(separator) => separator,
        None if quoted => lines.separator(request.comment.as_deref()),
        None => '\t',
    };
    let mut table = Table {
        lines,
        path: request.path.clone(),
        comment: request.comment.clone(),
        quoted,
        separator,
        columns: Columns { skip: request.header, numbered: request.numbered, names: None, twice: Vec::new() },
        quotes: 0,
        passed: request.passed.clone(),
        blank: None,
    };
    Ok(Box::new(std::iter::from_fn(move || table.next())))
}

/// A line with its end and its number. Of one that cannot be read, what can be made out, and why.
struct Numbered<'a> {
    number: usize,
    text: Cow<'a, str>,
    error: Option<RecordError>,
}

/// Lines, of which the first may be looked at before they are read.
struct Ahead {
    lines: Lines,
    waiting: VecDeque<Numbered<'static>>,
}

impl Ahead {
    fn look(&mut self) {
        let mut bytes = 0;
        while self.waiting.len() < LINES && bytes < BYTES {
            let Some(line) = self.lines.next_part(u64::MAX) else { break };
            let error = line.err();
            let text = self.lines.text().to_owned();
            bytes += text.len();
            self.waiting.push_back(Numbered { number: self.lines.line(), text: text.into(), error });
        }
    }

    /// The next line.
    fn next(&mut self) -> Option<Numbered<'_>> {
        if let Some(line) = self.waiting.pop_front() {
            return Some(line);
        }
        let error = self.lines.next_part(u64::MAX)?.err();
        Some(Numbered { number: self.lines.line(), text: self.lines.text().into(), error })
    }

    /// The error of a header that cannot be decoded; nothing behind it is read.
    fn refuse(&mut self, line: usize, byte: usize) -> RecordError {
        self.waiting.clear();
        self.lines.refuse(line, byte)
    }

    /// The first line, if it can be read.
    fn first(&self) -> Option<&str> {
        self.waiting.front().filter(|line| line.error.is_none()).map(|line| &*line.text)
    }

    /// Whether the only line there is has lines within that carriage returns end.
    fn is_one_of_many(&self) -> bool {
        let line = self.first().filter(|_| self.waiting.len() == 1);
        let mut quoted = false;
        let mut ends_within = |sign| {
            quoted ^= sign == '"';
            sign == '\r' && !quoted
        };
        line.is_some_and(|line| line.trim_end_matches(['\r', '\n']).chars().any(&mut ends_within))
    }

    /// The separator that the line names which Excel puts before the header: `sep=;`. It is left out.
    fn excel(&mut self) -> Option<char> {
        let line = self.first()?.trim_end_matches(['\r', '\n']);
        let separator = excel(line)?;
        self.waiting.pop_front();
        Some(separator)
    }

    /// What separates the columns: what gives all lines that were looked at as many columns as the first.
    fn separator(&self, comment: Option<&str>) -> char {
        let lines = self.waiting.iter().filter(|line| line.error.is_none()).map(|line| &*line.text);
        let lines: Vec<&str> = lines.filter(|line| !comment.is_some_and(|sign| line.starts_with(sign))).collect();
        let widths = |separator| {
            let (mut widths, mut record) = (Vec::new(), Record::default());
            for line in &lines {
                if record.open || !line.trim().is_empty() {
                    record.push_line(line, separator);
                }
                if !record.open && !record.done.is_empty() {
                    widths.push(std::mem::take(&mut record).done.len());
                }
            }
            widths
        };
        let tried = SEPARATORS.map(|separator| (separator, widths(separator)));
        let first = |widths: &[usize]| widths.first().copied().unwrap_or(0);
        let fits = |widths: &[usize]| first(widths) > 1 && widths.iter().all(|width| *width == first(widths));
        let most = |fitting: bool| {
            let tried = tried.iter().rev().filter(|(_, widths)| first(widths) > 1 && (!fitting || fits(widths)));
            tried.max_by_key(|(separator, widths)| (*separator == ',', first(widths))).map(|(separator, _)| *separator)
        };
        most(true).or_else(|| most(false)).unwrap_or(',')
    }
}

/// The separator that a line `sep=;` names.
pub(super) fn excel(line: &str) -> Option<char> {
    let line = line.trim_matches('"');
    let mut signs = line.get(..4).filter(|word| word.eq_ignore_ascii_case("sep=")).map(|_| line[4..].chars())?;
    let separator = signs.next()?;
    signs.next().is_none().then_some(separator)
}

/// A record as its lines have it.
struct Whole {
    /// The first of them.
    line: usize,
    record: Record,
    /// What cannot be decoded in it.
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
}

impl Table {
    fn next(&mut self) -> Option<Result<Row, RecordError>> {
        loop {
            let Whole { line, record, bad } = match self.record()? {
                Ok(record) => record,
                Err(e) => return Some(Err(e)),
            };
            match bad {
                None => {}
                Some(RecordError::Utf8 { place, byte, .. }) if self.columns.needs_header() => {
                    return Some(Err(self.lines.refuse(place.number, byte)));
                }
                // Without names, a header only says how many columns there are.
                Some(_) if self.columns.skip => {}
                Some(error) => return Some(Err(error)),
            }
            let place = Place::line(&self.path, line);
            if record.stray {
                let message = "text follows the quote that closes a cell; quotes within a quoted cell are written twice \
                               (\"\"), and a cell that begins with a quote is quoted as a whole";
                return Some(Err(RecordError::Value { place, message: message.into() }));
            }
            return Some(match self.columns.take(line, record.done) {
                Taken::Header => continue,
                Taken::Empty => {
                    self.passed.add(1, &self.path, line);
                    continue;
                }
                Taken::Row(row) => Ok(Row { cells: self.cells(), ..row }),
                Taken::Unfit { expected, found } => {
                    let hint = self.hint().into();
                    Err(RecordError::Columns { place, expected, found, hint })
                }
            });
        }
    }

    /// The cells of the next record and its first line, and what cannot be decoded in it: where a record ends is known
    /// all the same.
    fn record(&mut self) -> Option<Result<Whole, RecordError>> {
        let (mut record, mut first, mut bad) = (Record::default(), 0, None);
        loop {
            let Some(Numbered { number, text: line, error }) = self.lines.next() else {
                if first > 0 {
                    let place = Place::line(&self.path, first);
                    let message = "a quote opens in this record that nothing closes".to_owned();
                    return Some(Err(RecordError::Value { place, message }));
                }
                self.finish();
                return None;
            };
            if let Some(error) = error {
                if error.record().is_none() {
                    return Some(Err(error));
                }
                bad.get_or_insert(error);
            }
            let comment = self.comment.as_ref().is_some_and(|sign| line.starts_with(sign));
            if first == 0 && (comment || line.trim().is_empty()) {
                bad = None;
                if !comment && !self.columns.skip {
                    self.blank = Some(self.blank.map_or((number, 1), |(first, count)| (first, count + 1)));
                }
                continue;
            }
            if let Some((first, count)) = self.blank.take() {
                self.passed.add(count, &self.path, first);
            }
            first = if first == 0 { number } else { first };
            if self.quoted {
                record.push_line(&line, self.separator);
            } else {
                let line = line.strip_suffix('\n').map_or(&*line, |line| line.strip_suffix('\r').unwrap_or(line));
                record.done = line.split(self.separator).map(str::to_owned).collect();
                let quoted = |cell: &&String| cell.len() > 4 && cell.starts_with('"') && cell.ends_with('"');
                self.quotes += record.done.iter().filter(quoted).filter(|cell| cell[1..].contains("\"\"")).count();
            }
            if !record.open {
                return Some(Ok(Whole { line: first, record, bad }));
            }
            if record.cell.len() as u64 > self.lines.lines.most() {
                return Some(Err(self.lines.lines.too_long()));
            }
        }
    }

    fn cells(&self) -> Cells {
        if self.separator == ';' { Cells::Comma } else { Cells::Yes }
    }

    /// What may be the matter with a record of too few or too many cells.
    fn hint(&self) -> String {
        let name = match self.separator {
            ',' => "a comma",
            ';' => "a semicolon",
            '\t' => "a tab",
            '|' => "a bar",
            _ => "the separator",
        };
        match self.quoted {
            true => format!(" (a cell with {name} or line ends must stand in quotes)"),
            false => format!(" (a cell cannot contain {name} in TSV; if cells stand in quotes, set `format` to csv)"),
        }
    }

    fn finish(&mut self) {
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

/// The names of the columns, and whether lines fit them.
struct Columns {
    /// Whether the next line is the header.
    skip: bool,
    numbered: bool,
    names: Option<Arc<[String]>>,
    /// Names that several columns have, with what to do about it.
    twice: Vec<(String, String)>,
}

/// What the cells of a line are.
enum Taken {
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
    /// Whether the next line is the header, and what it says matters.
    fn needs_header(&self) -> bool {
        self.skip && !self.numbered
    }

    fn take(&mut self, line: usize, cells: Vec<String>) -> Taken {
        let header = std::mem::take(&mut self.skip);
        if header && !self.numbered {
            self.name(cells);
            return Taken::Header;
        }
        if !header && cells.len() > 1 && cells.iter().all(String::is_empty) {
            return Taken::Empty;
        }
        let names = self.names.get_or_insert_with(|| (1..=cells.len()).map(|i| format!("#{i}")).collect());
        if names.len() != cells.len() {
            return Taken::Unfit { expected: names.len(), found: cells.len() };
        }
        if header {
            return Taken::Header;
        }
        let value: Map<_, _> = names.iter().cloned().zip(cells.into_iter().map(Into::into)).collect();
        let (header, unusable) = (Some(names.clone()), self.twice.clone());
        Taken::Row(Row { header, unusable, ..Row::new(line, Unit::Line, value) })
    }

    fn name(&mut self, cells: Vec<String>) {
        let mut names: Vec<String> = Vec::new();
        for (number, name) in (1..).zip(cells) {
            let name = name.trim().to_owned();
            let known = names.contains(&name);
            if known {
                let why = format!(
                    "several columns have this name; rename them, or name columns by number with `header = true` \
                     (this one again is \"#{number}\")"
                );
                self.twice.push((name.clone(), why));
            }
            names.push(if known || name.is_empty() { format!("#{number}") } else { name });
        }
        self.names = Some(names.into());
    }
}

/// The cells of a CSV record (RFC 4180), which may span several lines.
#[derive(Default)]
struct Record {
    done: Vec<String>,
    cell: String,
    /// Whether a quoted cell goes on in the next line.
    open: bool,
    /// Whether the cell was quoted and its quote closed.
    closed: bool,
    /// Whether text follows a closing quote.
    stray: bool,
}

impl Record {
    fn push_line(&mut self, line: &str, separator: char) {
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
