//! Apache Parquet, row by row.

use std::fs::File;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parquet::basic::{Compression as Codec, LogicalType, TimeUnit};
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use parquet::record::reader::RowIter;
use parquet::schema::types::Type;
use serde_json::{Map, Number, Value};

use super::compression::Compression;
use super::error::{Place, RecordError, Unit};
use super::foreign;
use super::input::Input;
use super::request::Request;
use super::row::{Row, Rows};
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
    let mut start = Vec::new();
    Read::by_ref(&mut file).take(64).read_to_end(&mut start).map_err(error)?;
    if let Some(what) = foreign::by_content(&start) {
        return Err(RecordError::Foreign { path: path.to_path_buf(), what });
    }
    let corrupt = |message: &str| {
        let (path, message) = (path.to_path_buf(), message.to_owned());
        RecordError::Corrupt { path, kind: "Parquet", number: 0, unit: Unit::Row, message }
    };
    if !start.starts_with(b"PAR1") {
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
    readable_codecs(reader.metadata()).map_err(|codec| {
        let message =
            format!("its pages are compressed with {codec}, which is not read here; write it with zstd or snappy");
        RecordError::Mapping { path: path.to_path_buf(), message }
    })?;
    let counted = if scratch.is_some() { 0 } else { length };
    let total = reader.metadata().file_metadata().num_rows().max(1) as u64;
    let clocks = clocks(reader.metadata());
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
                Ok(record(line as usize, row.into_columns(), &clocks))
            }
            // The library's words repeat the bytes.
            Err(e) if e.to_string().contains("as String") => {
                done = true;
                let place = Place { path: path.to_path_buf(), number: line as usize + 1, unit: Unit::Row };
                let message =
                    "invalid UTF-8 in a column of text; convert it to UTF-8 (nothing behind this row is read)";
                Err(RecordError::Value { place, message: message.into() })
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

/// Fails with the name of a compression that is not read.
fn readable_codecs(metadata: &ParquetMetaData) -> Result<(), &'static str> {
    let columns = metadata.row_groups().iter().flat_map(|group| group.columns());
    for column in columns {
        match column.compression() {
            Codec::BROTLI(_) => return Err("brotli"),
            Codec::LZO => return Err("LZO"),
            _ => {}
        }
    }
    Ok(())
}

/// How a column of timestamps counts.
#[derive(Clone, Copy)]
struct Clock {
    nanoseconds: bool,
    utc: bool,
}

/// The clock of each column that has one.
fn clocks(metadata: &ParquetMetaData) -> Vec<Option<Clock>> {
    let clock = |column: &Arc<Type>| match column.get_basic_info().logical_type_ref() {
        Some(LogicalType::Timestamp(timestamp)) => {
            Some(Clock { nanoseconds: timestamp.unit == TimeUnit::NANOS, utc: timestamp.is_adjusted_to_u_t_c })
        }
        _ => None,
    };
    metadata.file_metadata().schema().get_fields().iter().map(clock).collect()
}

/// A point in time as text; the library takes nanoseconds for a number, and knows of no clock but UTC.
fn timestamp(field: &Field, clock: Clock) -> Result<Value, String> {
    let (value, nanoseconds) = match field {
        Field::Long(n) if clock.nanoseconds => {
            (checked(&Field::TimestampMicros(n.div_euclid(1000)))?, n.rem_euclid(1000))
        }
        field => (json(field)?, 0),
    };
    let Some((time, "+00:00")) = value.as_str().and_then(|text| text.rsplit_once(' ')) else { return Ok(value) };
    let fraction = if nanoseconds > 0 { format!("{nanoseconds:03}") } else { String::new() };
    Ok(format!("{time}{fraction}{}", if clock.utc { " +00:00" } else { "" }).into())
}

fn record(line: usize, columns: Vec<(String, Field)>, clocks: &[Option<Clock>]) -> Row {
    let mut row = Row::new(line, Unit::Row, Map::new());
    for (number, (name, field)) in (1..).zip(columns) {
        let value = match clocks.get(number - 1) {
            Some(Some(clock)) => timestamp(&field, *clock),
            _ => json(&field),
        };
        match value {
            Ok(_) if row.value.contains_key(&name) => {
                row.unusable
                    .push((name, format!("several columns have this name (column {number} is one): rename them")));
            }
            Ok(value) => drop(row.value.insert(name, value)),
            Err(why) => row.unusable.push((name, why)),
        }
    }
    row
}

/// A value of a column as JSON has it: numbers keep their decimal form, what is no number is null.
fn json(field: &Field) -> Result<Value, String> {
    Ok(match field {
        // Old writers do not mark text as such; it is text if it is UTF-8.
        Field::Bytes(bytes) => match std::str::from_utf8(bytes.data()) {
            Ok(text) => text.into(),
            Err(e) => {
                let at = e.valid_up_to() + 1;
                return Err(format!(
                    "invalid UTF-8 at byte {at} of a value of bytes; convert the file's text to UTF-8"
                ));
            }
        },
        Field::Float16(n) => {
            let wide = n.to_f32();
            // The shortest decimal that is this number again.
            let short = (0..8).map(|digits| format!("{wide:.digits$e}"));
            let mut short = short.filter(|text| text.parse::<f32>().is_ok_and(|near| half::f16::from_f32(near) == *n));
            float(short.next().and_then(|text| text.parse().ok()).unwrap_or(f64::from(wide)))
        }
        // 0.1 and not 0.10000000149011612, which is what 64 bits make of the 32.
        Field::Float(n) => float(n.to_string().parse().unwrap_or(f64::from(*n))),
        Field::Double(n) => float(*n),
        Field::Decimal(_) => decimal(checked(field)?),
        Field::Date(_) | Field::TimestampMillis(_) | Field::TimestampMicros(_) => checked(field)?,
        Field::Group(row) => object(row.get_column_iter().map(|(name, field)| (name.clone(), field)))?,
        Field::ListInternal(list) => list.elements().iter().map(json).collect::<Result<_, _>>()?,
        Field::MapInternal(map) => object(
            map.entries()
                .iter()
                .map(|(key, value)| {
                    let key = json(key)?;
                    Ok((key.as_str().map_or_else(|| key.to_string(), str::to_owned), value))
                })
                .collect::<Result<Vec<_>, String>>()?
                .into_iter(),
        )?,
        other => other.to_json_value(),
    })
}

fn object<'a>(parts: impl Iterator<Item = (String, &'a Field)>) -> Result<Value, String> {
    let mut all = Map::new();
    for (name, field) in parts {
        let value = json(field)?;
        if all.insert(name.clone(), value).is_some() {
            return Err(format!("{name:?} stands twice in it"));
        }
    }
    Ok(Value::Object(all))
}

fn float(n: f64) -> Value {
    match Number::from_f64(n) {
        Some(number) => Value::Number(number),
        None if n.is_nan() => Value::Null,
        None => n.to_string().into(),
    }
}

/// A decimal number by its value (`1.00` is 1), in full: with more digits than 64 bits hold, as text.
fn decimal(text: Value) -> Value {
    let Value::String(text) = text else { return text };
    let short = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    let digits = short.bytes().filter(u8::is_ascii_digit).count();
    if let Ok(n) = short.parse::<i64>() {
        n.into()
    } else if digits <= 15 {
        short.parse().map_or_else(|_| short.into(), float)
    } else {
        short.into()
    }
}

/// The library's form of a value, which it refuses with a panic where the value is out of range.
fn checked(field: &Field) -> Result<Value, String> {
    guard::guarded(|| field.to_json_value()).map_err(|_| "a date or number out of range".into())
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
