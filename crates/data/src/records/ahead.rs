//! Lines, of which the first may be looked at before they are read, and the last read again.

use std::borrow::Cow;
use std::collections::VecDeque;

use super::error::RecordError;
use super::input::Lines;
use super::separator::excel;

/// How far a file is looked into before it is read: lines,
const LINES: usize = 50;
/// and bytes.
const BYTES: usize = 64 << 10;

/// A line with its end and its number. Of one that cannot be read, what can be made out, and why.
pub(super) struct Numbered<'a> {
    pub number: usize,
    pub text: Cow<'a, str>,
    pub error: Option<RecordError>,
}

/// Lines, of which the first may be looked at before they are read.
pub(super) struct Ahead {
    pub lines: Lines,
    waiting: VecDeque<Numbered<'static>>,
}

impl Numbered<'_> {
    /// The same, to be kept.
    pub fn kept(self) -> Numbered<'static> {
        Numbered { number: self.number, text: self.text.into_owned().into(), error: self.error }
    }
}

impl Ahead {
    pub fn new(lines: Lines) -> Self {
        let mut ahead = Self { lines, waiting: VecDeque::new() };
        ahead.look();
        ahead
    }

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
    pub fn next(&mut self) -> Option<Numbered<'_>> {
        if let Some(line) = self.waiting.pop_front() {
            return Some(line);
        }
        let error = self.lines.next_part(u64::MAX)?.err();
        Some(Numbered { number: self.lines.line(), text: self.lines.text().into(), error })
    }

    /// The error of a header that cannot be decoded; nothing behind it is read.
    pub fn refuse(&mut self, line: usize, byte: usize) -> RecordError {
        self.waiting.clear();
        self.lines.refuse(line, byte)
    }

    /// The first line, if it can be read.
    fn first(&self) -> Option<&str> {
        self.waiting.front().filter(|line| line.error.is_none()).map(|line| &*line.text)
    }

    /// Whether the only line there is has lines within that carriage returns end.
    pub fn is_one_of_many(&self) -> bool {
        let line = self.first().filter(|_| self.waiting.len() == 1);
        let mut quoted = false;
        let mut ends_within = |sign| {
            quoted ^= sign == '"';
            sign == '\r' && !quoted
        };
        line.is_some_and(|line| line.trim_end_matches(['\r', '\n']).chars().any(&mut ends_within))
    }

    /// The separator that the line names which Excel puts before the header: `sep=;`. It is left out.
    pub fn excel(&mut self) -> Option<char> {
        let line = self.first()?.trim_end_matches(['\r', '\n']);
        let separator = excel(line)?;
        self.waiting.pop_front();
        Some(separator)
    }

    /// Those looked at that can be read and are no comments.
    pub fn readable(&self, comment: Option<&str>) -> Vec<&str> {
        let lines = self.waiting.iter().filter(|line| line.error.is_none()).map(|line| &*line.text);
        lines.filter(|line| !comment.is_some_and(|sign| line.starts_with(sign))).collect()
    }

    /// Has lines read again, which were the last ones.
    pub fn put_back(&mut self, lines: Vec<Numbered<'static>>) {
        lines.into_iter().rev().for_each(|line| self.waiting.push_front(line));
    }

    /// Nothing more is read.
    pub fn stop(&mut self) {
        self.waiting.clear();
        self.lines.stop();
    }
}
