//! A file as a stream of bytes or lines, decompressed on the way.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};

use super::compression::{Compression, LONGEST_FILE, LONGEST_LINE};
use super::encoding::{Instead, Made, Tally};
use super::error::{Place, RecordError, Unit};
use super::foreign;
use super::request::Request;
use crate::files::FileError;

/// Counts what passes.
struct Counted {
    file: File,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(buffer)?;
        self.read.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

/// The decompressed bytes of a file, and what its read errors mean.
pub(super) struct Input {
    reader: BufReader<Box<dyn Read + Send>>,
    failure: Failure,
    made: Made,
}

/// Turns a read error into one that names the file.
#[derive(Clone)]
pub(super) struct Failure {
    path: Arc<Path>,
    compression: Compression,
}

impl Failure {
    /// The error `e` means after `line` lines were read.
    pub fn after(&self, line: usize, e: io::Error) -> RecordError {
        let path = self.path.to_path_buf();
        let kind = self.compression.name();
        if self.compression == Compression::None || e.raw_os_error().is_some() {
            FileError::new(&self.path, "reading", e).into()
        } else if e.kind() == io::ErrorKind::UnexpectedEof {
            RecordError::Truncated { path, kind, number: line, unit: Unit::Line }
        } else {
            RecordError::Corrupt { path, kind, number: line, unit: Unit::Line, message: e.to_string() }
        }
    }
}

impl Failure {
    /// The error of a compressed file that would fill the memory, after `line` lines.
    pub fn too_long(&self, line: usize) -> RecordError {
        let (path, kind) = (self.path.to_path_buf(), self.compression.name());
        let message = "it becomes so long that it does not look like data; decompress it first if it is".to_owned();
        RecordError::Corrupt { path, kind, number: line, unit: Unit::Line, message }
    }
}

impl Input {
    pub fn open(request: &Request) -> Result<Self, RecordError> {
        let path = &request.path;
        if let Some(stream) = request.stream.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Ok(Self::of(stream, path.clone()));
        }
        let error = |e| FileError::new(path, "reading", e);
        let file = File::open(path).map_err(error)?;
        let metadata = file.metadata().map_err(error)?;
        if metadata.is_file() && metadata.len() == 0 {
            return Err(RecordError::Empty { path: path.to_path_buf() });
        }
        let counted = Counted { file, read: request.read.clone() };
        let (_, compression) = Compression::of(path);
        let failure = Failure { path: path.clone(), compression };
        let mut reader = decompressed(counted, compression).map_err(error)?;
        let start = reader.fill_buf().map_err(|e| failure.after(0, e))?;
        let made = if compression == Compression::None { Made::File } else { Made::Compressed };
        match foreign::by_content(start) {
            Some(what) => Err(RecordError::Foreign { path: path.to_path_buf(), what }),
            None => Ok(Self { reader, failure, made }),
        }
    }

    /// Bytes that are in no file; errors call them `name`.
    pub fn of(reader: impl Read + Send + 'static, name: Arc<Path>) -> Self {
        let failure = Failure { path: name, compression: Compression::None };
        Self { reader: BufReader::with_capacity(1 << 16, Box::new(reader)), failure, made: Made::Stream }
    }

    /// What all lines of the file tell about its encoding, or, of a stream, those `seen` and those that wait.
    fn tally(&self, seen: Tally) -> Tally {
        let again = || {
            let counted = Counted { file: File::open(&self.failure.path).ok()?, read: Arc::default() };
            Tally::of(decompressed(counted, self.failure.compression).ok()?).ok()
        };
        let whole = if self.made == Made::Stream { None } else { again() };
        whole.unwrap_or_else(|| seen.with(self.reader.buffer()))
    }

    /// The error of all of it being in another encoding.
    fn refused(&self, instead: Instead, line: usize, byte: usize) -> RecordError {
        instead.refused(&self.failure.path, self.made, line, byte)
    }

    pub fn failure(&self) -> Failure {
        self.failure.clone()
    }

    pub fn into_reader(self) -> impl Read + Send {
        self.reader
    }

    /// All of it, checked to be UTF-8.
    pub fn into_text(mut self) -> Result<String, RecordError> {
        let mut bytes = Vec::new();
        let most = if self.failure.compression == Compression::None { u64::MAX } else { LONGEST_FILE };
        if let Err(e) = self.reader.by_ref().take(most).read_to_end(&mut bytes) {
            return Err(self.failure.after(bytes.iter().filter(|b| **b == b'\n').count(), e));
        }
        if bytes.len() as u64 == most {
            return Err(self.failure.too_long(0));
        }
        if bytes.starts_with(BOM) {
            bytes.drain(..BOM.len());
        } else if let Some(wide) = Instead::wide(&bytes) {
            return Err(self.refused(wide, 1, 1));
        }
        String::from_utf8(bytes).map_err(|e| {
            let good = &e.as_bytes()[..e.utf8_error().valid_up_to()];
            let line = good.iter().filter(|b| **b == b'\n').count() + 1;
            let byte = good.iter().rev().take_while(|b| **b != b'\n').count() + 1;
            if packed(line, e.as_bytes()).is_empty() && Tally::of(e.as_bytes()).is_ok_and(Tally::is_foreign) {
                return self.refused(Instead::Narrow, line, byte);
            }
            not_utf8(&self.failure.path, line, byte, e.as_bytes())
        })
    }

    pub fn into_lines(self) -> Lines {
        Lines {
            input: self,
            text: String::new(),
            carry: Vec::new(),
            line: 0,
            ended: true,
            done: false,
            seen: Tally::default(),
            whole: None,
        }
    }
}

/// The bytes of a file as they were before it was compressed.
fn decompressed(file: Counted, compression: Compression) -> io::Result<BufReader<Box<dyn Read + Send>>> {
    let buffered = |file| BufReader::with_capacity(1 << 16, file);
    let reader: Box<dyn Read + Send> = match compression {
        Compression::None => Box::new(file),
        // Several gzip members end to end are one file, as for gunzip.
        Compression::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(buffered(file))),
        Compression::Zstd => Box::new(zstd::Decoder::new(file)?),
        Compression::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(buffered(file))),
        Compression::Xz => {
            let stream = liblzma::stream::Stream::new_stream_decoder(XZ_MEMORY, liblzma::stream::CONCATENATED)?;
            Box::new(liblzma::bufread::XzDecoder::new_stream(buffered(file), stream))
        }
    };
    Ok(BufReader::with_capacity(1 << 16, reader))
}

/// What decompressing xz may take: enough for what `xz -9` writes.
const XZ_MEMORY: u64 = 128 << 20;

const BOM: &[u8] = b"\xef\xbb\xbf";

fn not_utf8(path: &Path, line: usize, byte: usize, start: &[u8]) -> RecordError {
    RecordError::Utf8 { place: Place::line(path, line), byte, hint: packed(line, start) }
}

/// What a file seems to be whose line begins so, if that line is its first and no text.
fn packed(line: usize, start: &[u8]) -> &'static str {
    match start {
        _ if line > 1 => "",
        [0x1f, 0x8b, ..] => " (it looks like a gzip file, whose name must end in .gz)",
        [0x28, 0xb5, 0x2f, 0xfd, ..] => " (it looks like a zstd file, whose name must end in .zst)",
        [b'B', b'Z', b'h', ..] => " (it looks like a bzip2 file, whose name must end in .bz2)",
        [0xfd, b'7', b'z', b'X', ..] => " (it looks like an xz file, whose name must end in .xz)",
        [b'P', b'A', b'R', b'1', ..] => " (it looks like a Parquet file, whose name must end in .parquet)",
        _ => "",
    }
}

/// The lines of a file, counted from 1.
pub(super) struct Lines {
    input: Input,
    text: String,
    /// Half a character at the end of a part, which belongs to the next one.
    carry: Vec<u8>,
    line: usize,
    /// Whether the last part read ended its line.
    ended: bool,
    done: bool,
    /// What the lines so far tell about the encoding,
    seen: Tally,
    /// and what all lines of the file do, once one of them was bad.
    whole: Option<Tally>,
}

impl Lines {
    /// The number of the line that the last part belongs to.
    pub fn line(&self) -> usize {
        self.line
    }

    /// The part read last. What could not be decoded has `U+FFFD` for what is no character.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether nothing follows.
    pub fn at_end(&mut self) -> bool {
        // What cannot be read is an error of the next line.
        self.done || self.input.reader.fill_buf().is_ok_and(<[u8]>::is_empty)
    }

    /// Nothing more is read.
    pub fn stop(&mut self) {
        self.done = true;
    }

    /// How long a record may become.
    pub fn most(&self) -> u64 {
        if self.input.failure.compression == Compression::None { u64::MAX } else { LONGEST_LINE }
    }

    /// The error of a record that becomes longer; nothing behind it is read.
    pub fn too_long(&mut self) -> RecordError {
        self.done = true;
        self.input.failure.too_long(self.line)
    }

    /// The error of a file whose line `line` must be read and is not UTF-8; nothing behind it is read.
    pub fn refuse(&mut self, line: usize, byte: usize) -> RecordError {
        self.done = true;
        self.input.refused(Instead::Narrow, line, byte)
    }

    /// The next line, without its end. A line that is not UTF-8 is an error; the one behind it can still be read, unless
    /// the file as a whole is in another encoding.
    pub fn next(&mut self) -> Option<Result<&str, RecordError>> {
        let line = self.next_part(u64::MAX);
        line.map(|line| line.map(|line| line.strip_suffix('\n').map_or(line, |l| l.strip_suffix('\r').unwrap_or(l))))
    }

    /// The next line with its end, or, of a longer one, the next `limit` bytes.
    pub fn next_part(&mut self, limit: u64) -> Option<Result<&str, RecordError>> {
        if self.done {
            return None;
        }
        let mut bytes = std::mem::take(&mut self.text).into_bytes();
        bytes.clear();
        bytes.append(&mut self.carry);
        let most = limit.min(self.most());
        let full = match self.input.reader.by_ref().take(most).read_until(b'\n', &mut bytes) {
            Ok(n) if n as u64 == most && most < limit && !bytes.ends_with(b"\n") => {
                self.done = true;
                return Some(Err(self.too_long()));
            }
            Ok(n) => n as u64 >= limit,
            Err(e) => {
                self.done = true;
                return Some(Err(self.input.failure.after(self.line, e)));
            }
        };
        if bytes.is_empty() {
            self.done = true;
            return None;
        }
        if self.ended {
            self.line += 1;
            if self.line == 1 && bytes.starts_with(BOM) {
                bytes.drain(..BOM.len());
            } else if let Some(wide) = Instead::wide(&bytes).filter(|_| self.line == 1) {
                // Its other lines may pass for UTF-8 with zeros in it.
                self.done = true;
                return Some(Err(self.input.refused(wide, 1, 1)));
            }
        }
        self.ended = bytes.ends_with(b"\n");
        self.text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(e) if full && e.utf8_error().error_len().is_none() => {
                let valid = e.utf8_error().valid_up_to();
                let mut bytes = e.into_bytes();
                self.carry = bytes.split_off(valid);
                String::from_utf8(bytes).unwrap_or_default()
            }
            Err(e) => {
                let byte = e.utf8_error().valid_up_to() + 1;
                return Some(Err(self.undecoded(byte, &e.into_bytes())));
            }
        };
        self.seen.add(Some(&self.text));
        Some(Ok(&self.text))
    }

    /// The error of a line that is not UTF-8, or of the whole file.
    fn undecoded(&mut self, byte: usize, bytes: &[u8]) -> RecordError {
        self.text = String::from_utf8_lossy(bytes).into_owned();
        let error = not_utf8(&self.input.failure.path, self.line, byte, bytes);
        if !packed(self.line, bytes).is_empty() {
            self.done = true;
            return RecordError::Broken(Box::new(error));
        }
        self.seen.add(None);
        let tally = match self.whole {
            Some(whole) => whole,
            None => self.input.tally(self.seen),
        };
        self.whole = Some(tally).filter(|_| self.input.made != Made::Stream);
        if tally.is_foreign() { self.refuse(self.line, byte) } else { error }
    }
}
