//! Whether a file is UTF-8 at all.
//!
//! One line that cannot be decoded is one bad record of a file that is UTF-8 otherwise. The file as a whole is in another
//! encoding, and is refused once, if
//!
//! - it begins as UTF-16 or UTF-32 does;
//! - the line that names its columns (of a stream: the line that tells its layout) cannot be decoded, as nothing behind it
//!   could be told by its name;
//! - or two or more of its lines cannot be decoded, more than ten times as many as have letters beyond ASCII that can. What
//!   is left out otherwise would be just the lines with such letters. A file of Latin-1 has next to no bytes that are valid
//!   UTF-8 by chance; a file of UTF-8 with a few damaged lines has many sound ones.
//!
//! Of a file, all lines count, the ones behind too; of a stream, those read and those that wait to be read.

use std::io::{self, BufRead, Read};
use std::path::Path;

use super::compression::LONGEST_LINE;
use super::error::RecordError;
use crate::shell::quoted;

/// Lines with bytes beyond ASCII.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    /// That can be decoded,
    sound: usize,
    /// or cannot.
    bad: usize,
}

impl Tally {
    /// Of all lines of `input`.
    pub fn of(mut input: impl BufRead) -> io::Result<Self> {
        let (mut tally, mut line) = (Self::default(), Vec::new());
        while input.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)? > 0 {
            tally.add(std::str::from_utf8(&line).ok());
            line.clear();
        }
        Ok(tally)
    }

    /// Counts a line, `None` if it cannot be decoded.
    pub fn add(&mut self, line: Option<&str>) {
        match line {
            None => self.bad += 1,
            Some(line) => self.sound += usize::from(!line.is_ascii()),
        }
    }

    /// Those of `self`, and of the complete lines in `bytes`.
    pub fn with(mut self, bytes: &[u8]) -> Self {
        let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        bytes[..end].split_inclusive(|byte| *byte == b'\n').for_each(|line| self.add(std::str::from_utf8(line).ok()));
        self
    }

    /// Whether a file with such lines is in another encoding.
    pub fn is_foreign(self) -> bool {
        self.bad >= 2 && self.bad > 10 * self.sound
    }
}

/// What a file or stream that is not UTF-8 may be instead.
#[derive(Clone, Copy)]
pub(super) enum Instead {
    /// UTF-16 or UTF-32, by the name that `iconv` has for it.
    Wide(&'static str),
    /// An encoding of single bytes, most likely.
    Narrow,
}

impl Instead {
    /// UTF-16 or UTF-32, if text begins as that does: with its mark, or as Latin letters with zeros between them.
    pub fn wide(start: &[u8]) -> Option<Self> {
        Some(Self::Wide(match start {
            [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => "UTF-32",
            [a, 0, 0, 0, b, 0, 0, 0, ..] if *a != 0 && *b != 0 => "UTF-32LE",
            [0, 0, 0, a, 0, 0, 0, b, ..] if *a != 0 && *b != 0 => "UTF-32BE",
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "UTF-16",
            [a, 0, b, 0, ..] if *a != 0 && *b != 0 => "UTF-16LE",
            [0, a, 0, b, ..] if *a != 0 && *b != 0 => "UTF-16BE",
            _ => return None,
        }))
    }

    /// The error of a whole file, whose first bad byte is the one numbered `byte` of `line`.
    pub fn refused(self, path: &Path, made: Made, line: usize, byte: usize) -> RecordError {
        let (name, looks, doubt) = match self {
            Self::Wide(name) if name.starts_with("UTF-32") => (name, " and looks like UTF-32", ""),
            Self::Wide(name) => (name, " and looks like UTF-16", ""),
            Self::Narrow => ("WINDOWS-1252", "", " (where it was written on Windows; -f names any other encoding)"),
        };
        let word = |path: &Path| quoted(&path.display().to_string());
        let convert = format!("iconv -f {name} -t UTF-8");
        let command = match made {
            Made::File => format!("{convert} {} > {}", word(path), word(&beside(path))),
            Made::Compressed => format!("decompress it, and {convert} FILE > CONVERTED"),
            Made::Stream => format!("… | {convert} | …"),
        };
        let remedy = format!("{command}{doubt}").into();
        RecordError::Encoding { path: path.to_path_buf(), line, byte, looks, remedy }
    }
}

/// Where bytes come from, which decides how they are converted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Made {
    File,
    Compressed,
    Stream,
}

/// `folder/reviews.csv` as `folder/reviews.utf8.csv`.
fn beside(path: &Path) -> std::path::PathBuf {
    let ending = path.extension().map(|ending| format!(".{}", ending.to_string_lossy())).unwrap_or_default();
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{stem}.utf8{ending}"))
}
