//! Records of a stream that has no name to tell its format (standard input, say): its first line tells, or the caller.

use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::marker::PhantomData;
use std::path::Path;
use std::sync::{Arc, Mutex};

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::encoding::{Instead, Made};
use super::error::{Place, RecordError, Unit};
use super::format::{Format, Layout};
use super::input::Input;
use super::naming::{self, HeaderLine};
use super::numbers::Numbers;
use super::read::{Current, Kept, Records};
use super::request::Request;
use super::row::{Row, Rows};
use super::separator::excel;
use super::source::Source;
use super::{json, mapping};
use crate::fields::Field;
use crate::files::FileError;

/// A stream, and what is known of it.
pub struct Stream<'a> {
    /// What errors call it, and the mapping of its columns.
    pub source: Source,
    /// Its layout; found out if absent.
    pub layout: Option<Layout>,
    /// The field of a record that is a line of plain text, if one field says enough.
    pub plain: Option<&'a str>,
    /// The fields by whose usual names the header of a table is told from a text.
    pub fields: &'a [Field],
}

impl Stream<'_> {
    /// The records of `input`, each as soon as it is there. A blank line among lines of plain text is the error
    /// [`RecordError::Blank`].
    ///
    /// # Errors
    /// When the first lines do not tell how it is laid out, or a mapping cannot be followed.
    pub fn read<R: DeserializeOwned>(self, input: impl Read + Send + 'static) -> Result<Records<R>, RecordError> {
        let names = mapping::known::<R>(&self.source)?;
        let numbered = mapping::numbered(&self.source)?;
        let path = self.source.path.clone();
        let mut input = BufReader::with_capacity(1 << 16, input);
        let mut head = Vec::new();
        let layout = match self.layout {
            Some(Layout::Lines) if self.source.separator.is_some() => {
                let message = "lines of plain text have no columns that a separator could separate";
                return Err(RecordError::Layout { path, message: message.into() });
            }
            Some(layout) => layout,
            None if self.source.separator.is_some() => Layout::Like(Format::Csv),
            None => self
                .found(&mut input, &mut head, names.unwrap_or_default())
                .map_err(|e| FileError::new(&path, "reading", e))??,
        };
        let stream: Box<dyn Read + Send> = Box::new(Cursor::new(head).chain(input));
        let (format, plain) = match layout {
            Layout::Like(format) => (format, None),
            Layout::Lines if !self.source.fields.is_empty() => {
                let message = "lines of plain text have no columns to be named";
                return Err(RecordError::Layout { path, message: message.into() });
            }
            Layout::Lines => match (self.plain, names) {
                (None, Some(names)) => return Err(no_record(&path, names)),
                (plain, _) => (Format::Jsonl, Some(plain.unwrap_or("text").to_owned())),
            },
        };
        let mut request = Request::new(&self.source, (path.clone(), format), numbered);
        let (shared, passed) = (request.path.clone(), request.passed.clone());
        let rows = match plain {
            Some(field) => lines(Input::of(stream, shared.clone()), shared.clone(), field),
            None if format == Format::Parquet => return Err(from_a_file(&path, "Parquet")),
            None => {
                request.stream = Mutex::new(Some(stream));
                super::open::open(&request)?
            }
        };
        Ok(Records {
            alone: true,
            files: Vec::new().into_iter(),
            unseen: mapping::Unseen::of(&self.source.fields),
            source: self.source,
            names,
            numbered,
            verbatim: false,
            read: Arc::default(),
            current: Some(Current { path: shared, fixed: request.fixed(), rows, count: 0 }),
            total: 0,
            warned: false,
            keep: Vec::new(),
            unread: Kept::new(),
            columns: Vec::new(),
            passed,
            numbers: Numbers::default(),
            record: PhantomData,
        })
    }

    /// The layout that the first line tells (of what may be a table, the second too); both stay in `head`.
    fn found(
        &self,
        input: &mut impl BufRead,
        head: &mut Vec<u8>,
        names: &[&str],
    ) -> io::Result<Result<Layout, RecordError>> {
        let path = &self.source.path;
        let refused = |message: String| Ok(Err(RecordError::Layout { path: path.clone(), message }));
        if let Some(kind) = packed(input.fill_buf()?) {
            return Ok(Err(from_a_file(path, kind)));
        }
        let Some(first) = next_line(input, head)? else { return Ok(Ok(Layout::Like(Format::Jsonl))) };
        if let Some(error) = undecoded(path, head) {
            return Ok(Err(error));
        }
        if json::begins_as_json(&first) && first.starts_with('{') {
            return Ok(Ok(Layout::Like(if json::begins_as_file(&first, names) {
                Format::Json
            } else {
                Format::Jsonl
            })));
        }
        if excel(&first).is_some() {
            return Ok(Ok(Layout::Like(Format::Csv)));
        }
        if let Some(rest) = first.strip_prefix('[') {
            let rest = rest.trim_start();
            if rest.is_empty() || rest.starts_with('{') || rest == "]" {
                return Ok(Ok(Layout::Like(Format::Json)));
            }
            if serde_json::from_str::<Value>(&first).is_ok() {
                return refused("its first line is an array, and a record is an object ({…})".into());
            }
        }
        let own = |name: &str| names.iter().any(|own| own.eq_ignore_ascii_case(name));
        let known = |name: &str| own(name) || naming::is_usual(name, self.fields, &self.source.fields);
        let Some(header) = HeaderLine::of(&first, known) else {
            let single = first.trim_matches('"');
            let single = own(single) || self.source.fields.values().any(|column| column == single);
            return match self.plain {
                _ if single => Ok(Ok(Layout::Like(Format::Csv))),
                Some(_) => Ok(Ok(Layout::Lines)),
                None => Ok(Err(no_record(path, names))),
            };
        };
        let table = Layout::Like(if header.separator == '\t' { Format::Tsv } else { Format::Csv });
        if header.is_sure(known) {
            return Ok(Ok(table));
        }
        match next_line(input, head)? {
            Some(second) if header.fits(&second) && header.names.iter().any(|name| names.contains(&name.as_str())) => {
                Ok(Ok(table))
            }
            Some(second) if header.fits(&second) => refused(format!(
                "its first line may be the header of a table ({}) or a text, and no column is called {}",
                header.names.join(", "),
                names.join(" or ")
            )),
            _ if self.plain.is_some() => Ok(Ok(Layout::Lines)),
            _ => Ok(Err(no_record(path, names))),
        }
    }
}

/// That a line of plain text is no record, where one needs several fields.
fn no_record(path: &Path, names: &[&str]) -> RecordError {
    let names = names.join(", ");
    let message = format!("a line of plain text is no record here: give objects or a table; the fields are {names}");
    RecordError::Mapping { path: path.to_path_buf(), message }
}

/// The bytes of a file, decompressed as its name says.
///
/// # Errors
/// When there is no such file, or it is empty.
pub fn open(path: &Path) -> Result<impl Read + Send + 'static, RecordError> {
    let request = Request::new(&Source::new(path), (path.to_path_buf(), Format::Text), false);
    Ok(Input::open(&request)?.into_reader())
}

fn from_a_file(path: &Path, kind: &'static str) -> RecordError {
    RecordError::Piped { path: path.to_path_buf(), kind }
}

/// The container that some first bytes belong to.
fn packed(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [b'P', b'A', b'R', b'1', ..] => Some("Parquet"),
        [0x1f, 0x8b, ..] => Some("gzip"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some("zstd"),
        [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, ..] => Some("bzip2"),
        [0xfd, b'7', b'z', b'X', b'Z', ..] => Some("xz"),
        [b'P', b'K', 3, 4, ..] => Some("a zip archive (.xlsx, .docx and .zip are)"),
        _ => None,
    }
}

/// The error of a stream whose beginning is not UTF-8: no layout can be told.
fn undecoded(path: &Path, head: &[u8]) -> Option<RecordError> {
    if let Some(wide) = Instead::wide(head) {
        return Some(wide.refused(path, Made::Stream, 1, 1));
    }
    // A line that is too long to be looked at may end within a character.
    let bad = std::str::from_utf8(head).err().filter(|e| e.error_len().is_some() || head.ends_with(b"\n"))?;
    let good = &head[..bad.valid_up_to()];
    let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
    let byte = good.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
    Some(Instead::Narrow.refused(path, Made::Stream, line, byte))
}

/// The next line that is not blank, without the space around it. Everything read goes to `head`.
fn next_line(input: &mut impl BufRead, head: &mut Vec<u8>) -> io::Result<Option<String>> {
    /// Nobody types a longer line; what it is shows in its beginning.
    const LONGEST: u64 = 1 << 20;
    loop {
        let before = head.len();
        if input.by_ref().take(LONGEST).read_until(b'\n', head)? == 0 {
            return Ok(None);
        }
        let line = String::from_utf8_lossy(&head[before..]);
        let line = line.strip_prefix('\u{feff}').unwrap_or(&line).trim();
        if !line.is_empty() {
            return Ok(Some(line.to_owned()));
        }
    }
}

/// A record `{field}` a line.
fn lines(input: Input, path: Arc<Path>, field: String) -> Rows {
    let mut lines = input.into_lines();
    Box::new(std::iter::from_fn(move || {
        let text = match lines.next()? {
            Ok(line) => line.to_owned(),
            Err(e) => return Some(Err(e)),
        };
        let number = lines.line();
        if text.trim().is_empty() {
            let place = Place { path: path.to_path_buf(), number, unit: Unit::Line };
            return Some(Err(RecordError::Blank { place }));
        }
        if number == 1 && text.trim_end().contains('\r') && lines.at_end() {
            let message = "its lines end with a carriage return alone, as old programs write them: write line feeds \
                           (tr '\\r' '\\n')";
            return Some(Err(RecordError::Mapping { path: path.to_path_buf(), message: message.into() }));
        }
        Some(Ok(Row::new(number, Unit::Line, Map::from_iter([(field.clone(), text.into())]))))
    }))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;
    use crate::fields::FieldKind;

    #[derive(Deserialize)]
    struct Review {
        text: String,
    }

    const FIELDS: &[Field] = &[
        Field { name: "text", kind: FieldKind::Text, also: &["comment", "body"], target: false },
        Field { name: "label", kind: FieldKind::Class, also: &["rating"], target: true },
    ];

    /// The texts of a stream, `None` for a blank line; or what is wrong.
    fn read(input: &str, layout: Option<Layout>, column: Option<&str>) -> Result<Vec<Option<String>>, String> {
        let mut source = Source::new("stdin");
        source.fields.extend(column.map(|column| ("text".to_owned(), column.to_owned())));
        let stream = Stream { source, layout, plain: Some("text"), fields: FIELDS };
        let records = stream.read::<Review>(Cursor::new(input.to_owned())).map_err(|e| e.to_string())?;
        let text = |record: Result<super::super::Located<Review>, RecordError>| match record {
            Ok(located) => Ok(Some(located.record.text)),
            Err(RecordError::Blank { .. }) => Ok(None),
            Err(e) => Err(e.to_string()),
        };
        records.map(text).collect()
    }

    fn some(texts: &[&str]) -> Vec<Option<String>> {
        texts.iter().map(|text| Some(text.to_string())).collect()
    }

    #[test]
    fn the_first_line_tells_the_layout() {
        let check = |input: &str, texts: &[&str]| assert_eq!(read(input, None, None).unwrap(), some(texts), "{input}");
        check("{\"text\": \"a\"}\n\n{\"text\": \"b\"}\n", &["a", "b"]);
        check("[{\"text\": \"a\"}, {\"text\": \"b\"}]", &["a", "b"]);
        check("[\n{\"text\": \"a\"}\n]\n", &["a"]);
        check("id,text\n1,\"a, and\nmore\"\n2,b\n", &["a, and\nmore", "b"]);
        check("id\ttext\n1\ta\n", &["a"]);
        check("text\na\nb\n", &["a", "b"]);
        check("Great, loved it\nBad\n", &["Great, loved it", "Bad"]);
        check("[00:12] well, hello\n[00:13] bye\n", &["[00:12] well, hello", "[00:13] bye"]);
        check("yes,no\nA sentence.\n", &["yes,no", "A sentence."]);
        check("sep=;\ntext;label\na, b;1\n", &["a, b"]);
        check("{\n\"text\": \"a\"\n}\n{\n\"text\": \"b\"\n}\n", &["a", "b"]);
        check("{\"data\": [{\"text\": \"a\"}, {\"text\": \"b\"}]}", &["a", "b"]);
        check("{\"text\": \"a\", \"data\": [{\"text\": \"b\"}]}", &["a"]);
    }

    #[test]
    fn a_header_has_spaces_or_quotes_and_a_text_has_no_names() {
        for header in ["text, label", "text ,label", " Text , Rating ", "text,\"a, b\"", "\"text\", x", "text, date"] {
            let table = format!("{header}\n\"fine, film\",1\n");
            assert_eq!(read(&table, None, None).unwrap(), some(&["fine, film"]), "{header}");
        }
        for header in ["comment, rating", "id , comment", "comment,\"a, b\""] {
            let table = format!("{header}\nfine film,fine film\n");
            assert_eq!(read(&table, None, Some("comment")).unwrap(), some(&["fine film"]), "{header}");
        }
        assert_eq!(read("Text\na\n", None, None).unwrap(), some(&["a"]));
        assert_eq!(read("comment\na\n", None, Some("comment")).unwrap(), some(&["a"]));
        // What may be either is said to be.
        assert!(
            read("comment, date\nfine film,1\n", None, None).unwrap_err().contains("header of a table (comment, date)")
        );
        for text in ["Well, good", "Well, text", "\"Well, good\", she said, and left", "text, and more. So", "comment?"]
        {
            let lines = format!("{text}\nA line\n");
            assert_eq!(read(&lines, None, None).unwrap(), some(&[text, "A line"]), "{text}");
        }
        let names = |line: &str| naming::names_at(line.as_bytes(), FIELDS, &BTreeMap::new());
        assert_eq!(names("comment , \"rating\"\nx"), ["comment", "rating"]);
        assert_eq!(names("body\nx"), ["body"]);
        assert!(names("Well, comment\nx").is_empty() && names("A body, of course\n").is_empty());
    }

    #[derive(Deserialize, Debug)]
    struct Question {
        question: String,
        context: String,
    }

    #[test]
    fn questions_need_several_fields() {
        let ask = |input: &str, layout: Option<Layout>| {
            let stream = Stream { source: Source::new("stdin"), layout, plain: None, fields: &[] };
            let record = stream.read::<Question>(Cursor::new(input.to_owned()))?.next().expect("a record")?.record;
            Ok::<_, RecordError>(format!("{} {}", record.question, record.context))
        };
        let squad = r#"{"data": [{"paragraphs": [{"context": "Ada.", "qas": [{"question": "Who?"}]}]}]}"#;
        for text in [squad.to_owned(), squad.replace(": [", ": [\n"), "question,context\nWho?,Ada.\n".into()] {
            assert_eq!(ask(&text, None).unwrap(), "Who? Ada.", "{text}");
        }
        for (text, layout) in
            [("Who?\n", None), ("Who?\n", Some(Layout::Lines)), ("Who, of them?\nAda.\n", None), ("one,two\nx\n", None)]
        {
            let why = ask(text, layout).unwrap_err().to_string();
            assert!(why.contains("give objects or a table; the fields are question, context"), "{why}");
        }
    }

    #[test]
    fn lines_that_carriage_returns_end_are_refused() {
        assert!(read("a\rb\r", None, None).unwrap_err().contains("carriage return alone"));
        assert_eq!(read("a\r\r\nb\rc\r\n", None, None).unwrap().len(), 2);
    }

    #[test]
    fn a_blank_line_has_its_place() {
        assert_eq!(read("\na\r\n \nb", None, None).unwrap(), [None, Some("a".into()), None, Some("b".into())]);
    }

    #[test]
    fn a_table_without_the_column_is_refused_until_it_is_named() {
        let table = "review,stars\ngood stuff,1\n\"bad, really\",0\n";
        let why = read(table, None, None).unwrap_err();
        assert!(why.contains("header of a table (review, stars)") && why.contains("text"), "{why}");
        assert_eq!(read(table, None, Some("review")).unwrap(), some(&["good stuff", "bad, really"]));
        assert_eq!(read(table, Some(Layout::Lines), None).unwrap().len(), 3);
        let csv = Some(Layout::Like(Format::Csv));
        assert!(read(table, csv, None).unwrap_err().contains("no field `text`"));
        assert_eq!(read(table, csv, Some("review")).unwrap(), some(&["good stuff", "bad, really"]));
    }

    #[test]
    fn what_no_pipe_can_hold_is_named() {
        for (bytes, word) in [("PAR1…", "Parquet"), ("PK\u{3}\u{4}", ".xlsx"), ("[1, 2]\n", "a record is an object")]
        {
            let why = read(bytes, None, None).unwrap_err();
            assert!(why.contains(word), "{why}");
        }
        assert!(read("a\n", Some(Layout::Lines), Some("x")).unwrap_err().contains("no columns"));
    }
}
