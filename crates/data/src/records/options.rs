//! Whether what a source says about its files fits them.

use std::path::PathBuf;

use super::error::RecordError;
use super::format::Format;
use super::source::Source;

/// Refuses what would change nothing, or cannot be followed.
pub(super) fn check(source: &Source, files: &[(PathBuf, Format)]) -> Result<(), RecordError> {
    let Source { separator, header, comment, .. } = source;
    let table = |format: &Format| matches!(format, Format::Csv | Format::Tsv);
    let any = |wanted: &dyn Fn(&Format) -> bool| files.iter().any(|(_, format)| wanted(format));
    let one = |text: &str| text.chars().count() == 1 && !text.contains(['"', '\n', '\r']);
    let message = match (separator, comment) {
        (Some(text), _) if text.is_empty() => "`separator` is empty; leave it out, and it is found out".to_owned(),
        (Some(_), _) if !any(&|format| table(format) || *format == Format::Text) => {
            "`separator` is for plain text, CSV and TSV, and there is no such file".to_owned()
        }
        (Some(text), _) if any(&table) && !one(text) => {
            format!("`separator` is {text:?}; what separates the columns of a table is one character and no quote")
        }
        (_, Some(text)) if text.trim().is_empty() => "`comment` is empty; leave it out".to_owned(),
        _ if (header.is_some() || comment.is_some()) && !any(&table) => {
            "`header` and `comment` are for CSV and TSV, and there is no such file".to_owned()
        }
        _ => return Ok(()),
    };
    Err(RecordError::Mapping { path: source.path.clone(), message })
}
