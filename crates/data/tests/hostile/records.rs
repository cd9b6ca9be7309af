//! Files of records: any bytes are records or a message that names the file.

use std::io::Write;
use std::path::Path;

use cimiento_data::records::{Format, RecordError, Source, read};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::scratch::Scratch;

const FORMATS: [(Format, &str); 7] = [
    (Format::Text, "txt"),
    (Format::Jsonl, "jsonl"),
    (Format::Json, "json"),
    (Format::Csv, "csv"),
    (Format::Tsv, "tsv"),
    (Format::Parquet, "parquet"),
    (Format::Squad, "json"),
];

/// Asks for nothing, so that whatever a file has is converted.
#[derive(Deserialize, Debug, PartialEq, Default)]
#[serde(default)]
struct Anything {
    text: Option<String>,
    label: Option<i64>,
    small: u8,
    score: f64,
    good: bool,
    tags: Vec<String>,
    answers: Vec<Answer>,
    kind: Option<Kind>,
    pair: Option<(String, f32)>,
}

#[derive(Deserialize, Debug, PartialEq)]
struct Answer {
    text: String,
    answer_start: usize,
}

#[derive(Deserialize, Debug, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Plain,
    With(u8),
}

/// Asks for what most files lack.
#[derive(Deserialize, Debug, PartialEq)]
struct Review {
    text: String,
    label: u8,
}

/// The first byte is a letter: `a` to `g` is the layout of a plain file, the next seven letters the same gzipped by us,
/// the next seven zstd-compressed by us; then, in capitals, files that are said to be gzip (`A` to `G`), zstd (`H` to
/// `N`) or xz (`O` to `U`) and are whatever they are. The second byte says how fields are named and columns separated.
pub fn check(input: &[u8]) {
    let [how, fields, bytes @ ..] = input else { return };
    let (compression, format) = match how {
        b'a'..=b'u' => ((how - b'a') / 7, (how - b'a') % 7),
        b'A'..=b'U' => (3 + (how - b'A') / 7, (how - b'A') % 7),
        _ => return,
    };
    let (format, ending) = FORMATS[usize::from(format)];
    let folder = Scratch::new("records");
    let source = |ending: &str, bytes: &[u8]| {
        let path = folder.file(&format!("input.{ending}"), bytes);
        let mut source = Source::new(path);
        source.format = (fields & 8 > 0 || format == Format::Squad).then_some(format);
        match fields & 7 {
            1 => source.fields.extend([("text".into(), "sentence".into())]),
            2 => source.fields.extend([("text".into(), "text, label".into()), ("label".into(), "id".into())]),
            3 => source.fields.extend([("text".into(), "#1".into()), ("label".into(), "#2".into())]),
            4 => source.limit = Some(3),
            5 => source.values.extend([("label".into(), [("1".into(), "7".into())].into())]),
            _ => {}
        }
        // Where it means something: documents on one line have one number.
        if fields & 16 > 0 && matches!(format, Format::Csv | Format::Tsv) {
            source.separator = Some("|".into());
            source.header = Some(fields & 7 != 3);
            source.comment = Some("#".into());
        } else if fields & 16 > 0 && format == Format::Text {
            source.separator = Some("\n".into());
        }
        source
    };
    let plain = source(ending, bytes);
    match compression {
        0 => drop((all::<Anything>(&plain), all::<Review>(&plain))),
        1 | 2 => {
            let (packed, name) = if compression == 1 { (gzip(bytes), "gz") } else { (zstd(bytes), "zst") };
            let packed = source(&format!("{ending}.{name}"), &packed);
            if !bytes.is_empty() {
                assert_eq!(all::<Anything>(&packed), all::<Anything>(&plain), "compression changes what is read");
            }
        }
        compression => {
            let name = ["gz", "zst", "xz"][usize::from(compression) - 3];
            all::<Anything>(&source(&format!("{ending}.{name}"), bytes));
        }
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

/// A table's cells may stand for long lists, but nobody writes more rows than this into so few bytes.
const MANY: usize = 100_000;

/// The records and, of what is none, only that it is; each line is behind the one before it.
fn all<R: DeserializeOwned>(source: &Source) -> Vec<Option<(R, usize)>> {
    let records = match read::<R>(source) {
        Ok(records) => records,
        Err(e) => {
            told(&source.path, &e);
            return Vec::new();
        }
    };
    let mut line = 0;
    let found = records.take(MANY).map(|record| match record {
        Ok(found) => {
            assert!(found.line > line, "line {} behind line {line}", found.line);
            line = found.line;
            Some((found.record, found.line))
        }
        Err(e) => {
            told(&source.path, &e);
            None
        }
    });
    found.collect()
}

fn told(path: &Path, error: &RecordError) {
    let message = error.to_string();
    assert!(message.contains(&*path.to_string_lossy()), "{message:?} does not name the file");
    assert!(message.len() < 1_000_000, "a message of {} bytes", message.len());
}
