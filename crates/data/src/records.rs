//! Records out of files: JSON Lines, JSON, CSV, TSV, Parquet, plain text, CoNLL's columns and SQuAD's JSON, each also compressed by gzip,
//! zstd, bzip2 or xz.
//!
//! A record is any type that serde can fill. A [`Source`] names the file and says which of its columns or keys each
//! field of the record comes from; everything else is found out. Files are read as a stream, so that memory does not
//! grow with them (a top-level JSON array and SQuAD's JSON excepted), and every error names the file and the line.
//!
//! Small differences of type are bridged: `"1"` where a number is wanted and the reverse, a single value where a list
//! is wanted, a list of strings where one string is wanted (joined with spaces), an empty cell of a table where the
//! value is optional, and `{"text": […], "answer_start": […]}` where a list of pairs is wanted.
//!
//! ```
//! use cimiento_data::records::{Source, read};
//! #[derive(serde::Deserialize)]
//! struct Review { text: String, label: u8 }
//! # let dir = std::env::temp_dir().join(format!("cimiento-records-{}", std::process::id()));
//! # std::fs::create_dir_all(&dir).unwrap();
//! # let path = dir.join("reviews.tsv");
//! # std::fs::write(&path, "sentence\tlabel\nvery fine\t1\n").unwrap();
//! let mut source = Source::new(path); // sentence ⇥ label
//! source.fields.insert("text".into(), "sentence".into());
//! let review = read::<Review>(&source)?.next().unwrap()?;
//! assert_eq!((review.record.text.as_str(), review.record.label, review.line), ("very fine", 1, 2));
//! # std::fs::remove_dir_all(&dir).unwrap();
//! # Ok::<(), cimiento_data::records::RecordError>(())
//! ```

mod ahead;
mod columnar;
mod compression;
mod conll;
mod dialect;
mod encoding;
mod error;
mod foreign;
mod format;
mod header;
mod input;
mod json;
mod lenient;
mod literal;
mod locate;
mod mapping;
mod naming;
mod numbers;
mod open;
mod options;
mod passed;
mod piped;
mod quoted;
mod read;
mod request;
mod row;
mod scalar;
mod separator;
mod source;
mod spans;
mod squad;
mod strict;
mod syntax;
mod table;
mod text;
mod written;

#[cfg(test)]
mod tests;

pub use dialect::Dialect;
pub use error::{Place, RecordError, Unit};
pub use format::{Format, Layout, compressed};
pub use lenient::decimal_comma;
pub use literal::parse as literal;
pub use locate::matches;
pub use naming::names_at;
pub use passed::PassedOver;
pub use piped::{Stream, open};
pub use read::{Kept, Located, Records, read, read_counted};
pub use scalar::canonical;
pub use source::Source;
pub use written::{TableRow, write_parquet};
