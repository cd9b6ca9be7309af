//! Rows as a Parquet file.

use std::io;
use std::path::Path;
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::Type;
use serde_json::Value;

use crate::files::{self, FileError};

/// TableRow by the name of their column.
pub type TableRow = Vec<(String, Value)>;

/// What the values of a column are stored as.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Truth,
    Whole,
    Number,
    Text,
}

impl Kind {
    /// The narrowest that takes all values of a column; what is neither number nor text nor truth is JSON text.
    fn of<'a>(values: impl Iterator<Item = &'a Value>) -> Self {
        let one = |value: &Value| match value {
            Value::Bool(_) => Self::Truth,
            Value::Number(number) if number.is_i64() => Self::Whole,
            Value::Number(_) => Self::Number,
            _ => Self::Text,
        };
        let both = |a: Self, b: Self| match (a, b) {
            (a, b) if a == b => a,
            (Self::Whole, Self::Number) | (Self::Number, Self::Whole) => Self::Number,
            _ => Self::Text,
        };
        values.filter(|value| !value.is_null()).map(one).reduce(both).unwrap_or(Self::Text)
    }

    fn column(self, name: &str) -> Result<Type, ParquetError> {
        let (physical, logical) = match self {
            Self::Truth => (Physical::BOOLEAN, None),
            Self::Whole => (Physical::INT64, None),
            Self::Number => (Physical::DOUBLE, None),
            Self::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        };
        let column = Type::primitive_type_builder(name, physical).with_repetition(Repetition::OPTIONAL);
        column.with_logical_type(logical).build()
    }
}

/// Writes rows with these columns, whole or not at all. A cell that a row lacks is null.
///
/// # Errors
/// What the system says.
pub fn write_parquet(path: &Path, columns: &[String], rows: &[TableRow]) -> Result<(), FileError> {
    let mut bytes = Vec::new();
    encode(&mut bytes, columns, rows).map_err(|e| FileError::new(path, "writing", io::Error::other(e)))?;
    files::write_atomic(path, &bytes)
}

fn encode(bytes: &mut Vec<u8>, columns: &[String], rows: &[TableRow]) -> Result<(), ParquetError> {
    let cell =
        |row: &TableRow, name: &String| row.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let values: Vec<Vec<Value>> =
        columns.iter().map(|name| rows.iter().map(|row| cell(row, name).unwrap_or_default()).collect()).collect();
    let kinds: Vec<Kind> = values.iter().map(|values| Kind::of(values.iter())).collect();
    let named = columns.iter().zip(&kinds).map(|(name, kind)| kind.column(name).map(Arc::new));
    let schema = Type::group_type_builder("rows").with_fields(named.collect::<Result<_, _>>()?).build()?;
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut file = SerializedFileWriter::new(bytes, Arc::new(schema), Arc::new(properties))?;
    let mut group = file.next_row_group()?;
    for (values, kind) in values.iter().zip(kinds) {
        column(&mut group, values, kind)?;
    }
    group.close()?;
    file.close().map(|_| ())
}

fn column<W: io::Write + Send>(
    group: &mut SerializedRowGroupWriter<W>,
    values: &[Value],
    kind: Kind,
) -> Result<(), ParquetError> {
    // Only what is there is stored; the levels say where.
    let levels: Vec<i16> = values.iter().map(|value| i16::from(!value.is_null())).collect();
    let there = values.iter().filter(|value| !value.is_null());
    let text =
        |value: &Value| ByteArray::from(value.as_str().map_or_else(|| value.to_string(), str::to_owned).as_str());
    let Some(mut column) = group.next_column()? else { return Ok(()) };
    let levels = Some(levels.as_slice());
    match kind {
        Kind::Truth => {
            let found: Vec<bool> = there.filter_map(Value::as_bool).collect();
            column.typed::<BoolType>().write_batch(&found, levels, None)?;
        }
        Kind::Whole => {
            let found: Vec<i64> = there.filter_map(Value::as_i64).collect();
            column.typed::<Int64Type>().write_batch(&found, levels, None)?;
        }
        Kind::Number => {
            let found: Vec<f64> = there.filter_map(Value::as_f64).collect();
            column.typed::<DoubleType>().write_batch(&found, levels, None)?;
        }
        Kind::Text => {
            let found: Vec<ByteArray> = there.map(text).collect();
            column.typed::<ByteArrayType>().write_batch(&found, levels, None)?;
        }
    }
    column.close()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;
    use crate::records::{Source, read};

    #[derive(Deserialize, Debug, PartialEq)]
    struct Answer {
        id: Option<i64>,
        label: Option<String>,
        score: Option<f64>,
        sure: Option<bool>,
        tags: Option<String>,
    }

    #[test]
    fn what_was_written_is_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.parquet");
        let row = |value: Value| value.as_object().unwrap().clone().into_iter().collect::<TableRow>();
        let rows = [
            row(json!({ "id": 1, "label": "süß", "score": 1, "sure": true, "tags": ["a", "b"] })),
            Vec::new(),
            row(json!({ "id": 3, "score": 0.5, "label": null })),
        ];
        let columns = ["id", "label", "score", "sure", "tags"].map(str::to_owned);
        write_parquet(&path, &columns, &rows).unwrap();
        let found: Vec<Answer> = read(&Source::new(&path)).unwrap().map(|row| row.unwrap().record).collect();
        let blank = Answer { id: None, label: None, score: None, sure: None, tags: None };
        let tags = Some("[\"a\",\"b\"]".to_owned());
        let first = Answer { id: Some(1), label: Some("süß".into()), score: Some(1.0), sure: Some(true), tags };
        assert_eq!(
            found,
            [first, blank, Answer { id: Some(3), label: None, score: Some(0.5), sure: None, tags: None }]
        );
    }
}
