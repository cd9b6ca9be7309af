//! The reader of each layout.

use super::error::RecordError;
use super::format::Format;
use super::request::Request;
use super::row::Rows;
use super::{columnar, conll, json, squad, table, text};

/// The rows of a file or stream.
pub(super) fn open(request: &Request) -> Result<Rows, RecordError> {
    match request.format {
        Format::Text => text::rows(request),
        Format::Jsonl => json::lines(request),
        Format::Json => json::file(request),
        Format::Conll => conll::rows(request),
        Format::Squad => squad::rows(request),
        Format::Csv | Format::Tsv => table::rows(request),
        Format::Parquet => columnar::rows(request),
    }
}
