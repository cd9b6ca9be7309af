//! Apache Parquet, row by row.

use std::fs::File;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use parquet::record::reader::RowIter;
use serde_json::Value;

use super::input::{Compression, Input};
use super::{RecordError, Request, Row, Rows, Unit};
use crate::files::FileError;
use crate::guard;

pub(super) fn rows(request: &Request) -> Result<Rows, RecordError> {
    let path = request.path.clone();
    let scratch = match Compression::of(&path).1 {
        Compression::None => None,
        _ => Some(Scratch::of(request)?),
    };
    let readable = scratch.as_ref().map_or(&*path, |scratch| scratch.0.as_path());
    let error = |e| FileError::new(readable, "reading", e);
    let mut file = File::open(readable).map_err(error)?;
    let length = file.metadata().map_err(error)?.len();
    if length == 0 {
        return Err(RecordError::Empty { path: path.to_path_buf() });
    }
    let mut magic = [0; 4];
    let known = file.read_exact(&mut magic).is_ok() && &magic == b"PAR1";
    let corrupt = |message: &str| {
        let (path, message) = (path.to_path_buf(), message.to_owned());
        RecordError::Corrupt { path, kind: "Parquet", number: 0, unit: Unit::Row, message }
    };
    if !known {
        return Err(corrupt("it does not begin with PAR1"));
    }
    // The list of contents stands at the end of the file: without it, the end is missing.
    let truncated =
        |_| RecordError::Truncated { path: path.to_path_buf(), kind: "Parquet", number: 0, unit: Unit::Row };
    let reader = guarded(|| SerializedFileReader::new(file)).map_err(truncated)?;
    if reader.metadata().file_metadata().schema_descr().num_columns() == 0 {
        // Nothing would ever tell that there are fewer rows than it promises.
        return Err(corrupt("it has no columns"));
    }
    let counted = if scratch.is_some() { 0 } else { length };
    let total = reader.metadata().file_metadata().num_rows().max(1) as u64;
    let (read, mut line, mut done) = (request.read.clone(), 0, false);
    let mut rows = RowIter::from_file_into(Box::new(reader));
    Ok(Box::new(std::iter::from_fn(move || {
        // The file behind the rows lives as long as they do.
        let _keep = &scratch;
        if done {
            return None;
        }
        let row = guarded(|| rows.next().transpose()).transpose();
        Some(match row? {
            Ok(row) => {
                let share = |rows: u64| (u128::from(counted) * u128::from(rows) / u128::from(total)) as u64;
                read.fetch_add(share(line + 1) - share(line), Ordering::Relaxed);
                line += 1;
                let value = row.into_columns().into_iter().map(|(name, field)| (name, json(field))).collect();
                Ok(Row { line: line as usize, value })
            }
            Err(e) => {
                done = true;
                let (path, number, message) = (path.to_path_buf(), line as usize, e.to_string());
                Err(RecordError::Corrupt { path, kind: "Parquet", number, unit: Unit::Row, message })
            }
        })
    })))
}

/// Damaged contents make the library fail or, in a few places, panic.
fn guarded<T>(read: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, ParquetError> {
    guard::guarded(read)
        .unwrap_or_else(|_| Err(ParquetError::General("the list of contents and the pages do not fit".into())))
}

/// Old writers do not mark text as such; it is text if it is UTF-8.
fn json(field: Field) -> Value {
    match &field {
        Field::Bytes(bytes) => match std::str::from_utf8(bytes.data()) {
            Ok(text) => Value::String(text.to_owned()),
            Err(_) => field.to_json_value(),
        },
        _ => field.to_json_value(),
    }
}

/// A decompressed copy, because Parquet is read from its end. Removed when dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn of(request: &Request) -> Result<Self, RecordError> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let input = Input::open(request)?;
        let failure = input.failure();
        let name = format!("cimiento-{}-{}.parquet", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let scratch = Self(std::env::temp_dir().join(name));
        let error = |e| FileError::new(&scratch.0, "writing", e);
        let mut file = File::options().write(true).create_new(true).open(&scratch.0).map_err(error)?;
        let mut reader = input.into_reader();
        let mut buffer = vec![0; 1 << 16];
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => return Ok(scratch),
                Ok(n) => file.write_all(&buffer[..n]).map_err(error)?,
                Err(e) => return Err(failure.after(0, e)),
            }
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Left behind at worst in the folder for temporary files.
        let _ = std::fs::remove_file(&self.0);
    }
}
