//! Input is used as its owner meant it, or refused with the place and what to do.

use std::collections::HashMap;

use super::damage::check;
use super::*;

/// A Parquet file of one row with these optional columns: each its declaration and its value.
fn columns(columns: &[(&str, Cell)]) -> Vec<u8> {
    use ::parquet::data_type::{ByteArray, ByteArrayType, DoubleType, FloatType, Int64Type};
    use ::parquet::file::writer::SerializedFileWriter;
    let declared: String = columns.iter().map(|(declaration, _)| format!("required {declaration}; ")).collect();
    let schema = ::parquet::schema::parser::parse_message_type(&format!("message m {{ {declared} }}")).unwrap();
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, Arc::new(schema), Default::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    for (_, cell) in columns {
        let mut column = group.next_column().unwrap().unwrap();
        match cell {
            Cell::Bytes(bytes) => {
                let bytes = [ByteArray::from(bytes.to_vec())];
                column.typed::<ByteArrayType>().write_batch(&bytes, None, None).unwrap()
            }
            Cell::Float(n) => column.typed::<FloatType>().write_batch(&[*n], None, None).unwrap(),
            Cell::Double(n) => column.typed::<DoubleType>().write_batch(&[*n], None, None).unwrap(),
            Cell::Int(n) => column.typed::<Int64Type>().write_batch(&[*n], None, None).unwrap(),
        };
        column.close().unwrap();
    }
    group.close().unwrap();
    writer.close().unwrap();
    bytes
}

enum Cell {
    Bytes(&'static [u8]),
    Float(f32),
    Double(f64),
    Int(i64),
}

/// A value as the reader of records has it, before it is given a type.
#[derive(Deserialize, Debug, PartialEq)]
struct Labelled {
    text: String,
    label: Option<Value>,
}

fn label(source: &Source) -> Value {
    all::<Labelled>(source).remove(0).0.label.unwrap()
}

#[test]
fn bytes_that_are_no_text_are_refused_with_their_row_where_they_are_used() {
    let folder = Folder::new();
    let latin = Cell::Bytes(b"caf\xe9");
    let source = folder.file("a.parquet", columns(&[("binary text", latin), ("int64 label", Cell::Int(1))]));
    check::<Review>(&source, &["a.parquet: row 1: column `text`: invalid UTF-8 at byte 4", "convert"]);
    let label = [("binary text", Cell::Bytes(b"fine")), ("binary label", Cell::Bytes(b"n\xe9gatif"))];
    check::<Labelled>(&folder.file("b.parquet", columns(&label)), &["row 1: column `label`: invalid UTF-8 at byte 2"]);
    let marked = [("binary text (UTF8)", Cell::Bytes(b"\xff")), ("int64 label", Cell::Int(1))];
    check::<Review>(&folder.file("c.parquet", columns(&marked)), &["row 1: invalid UTF-8", "convert"]);
    // An image beside the text is no trouble, and text without a mark is text.
    let image = [
        ("binary text", Cell::Bytes(b"fine")),
        ("int64 label", Cell::Int(1)),
        ("binary image", Cell::Bytes(b"\x89PNG")),
    ];
    assert_eq!(all::<Review>(&folder.file("d.parquet", columns(&image))), [(review("fine", 1), 1)]);
    let source = folder.file("e.parquet", columns(&image)).renamed("text", "label, image");
    check::<Review>(&source, &["column `image`"]);
}

#[test]
fn numbers_of_parquet_keep_their_value() {
    let folder = Folder::new();
    let cases = [
        ("float label", Cell::Float(0.1), Value::from(0.1)),
        ("float label", Cell::Float(3.0), Value::from(3.0)),
        ("double label", Cell::Double(0.1), Value::from(0.1)),
        ("double label", Cell::Double(f64::NAN), Value::Null),
        ("int64 label", Cell::Int((1 << 53) + 1), Value::from(9007199254740993i64)),
        ("int64 label (DECIMAL(9, 2))", Cell::Int(100), Value::from(1)),
        ("int64 label (DECIMAL(9, 2))", Cell::Int(-105), Value::from(-1.05)),
        ("int64 label (DECIMAL(18, 2))", Cell::Int(123456789012345678), Value::from("1234567890123456.78")),
        ("int64 label (TIMESTAMP_MILLIS)", Cell::Int(0), Value::from("1970-01-01 00:00:00.000 +00:00")),
        ("int64 label (TIMESTAMP(MICROS, false))", Cell::Int(1), Value::from("1970-01-01 00:00:00.000001")),
        ("int64 label (TIMESTAMP(NANOS, false))", Cell::Int(1_500_000_000), Value::from("1970-01-01 00:00:01.500000")),
        ("int64 label (TIMESTAMP(NANOS, true))", Cell::Int(-1), Value::from("1969-12-31 23:59:59.999999999 +00:00")),
    ];
    for (declaration, cell, expected) in cases {
        let bytes = columns(&[("binary text (UTF8)", Cell::Bytes(b"x")), (declaration, cell)]);
        let found = all::<Labelled>(&folder.file("a.parquet", bytes)).remove(0).0.label;
        assert_eq!(found.unwrap_or(Value::Null), expected, "{declaration}");
    }
    let bytes =
        columns(&[("binary text (UTF8)", Cell::Bytes(b"x")), ("int64 label (TIMESTAMP_MILLIS)", Cell::Int(i64::MAX))]);
    check::<Labelled>(&folder.file("a.parquet", bytes), &["row 1: column `label`", "out of range"]);
}

#[test]
fn integers_of_json_keep_their_digits() {
    let folder = Folder::new();
    let line = |n: &str| folder.file("a.jsonl", format!("{{\"text\": {n}, \"label\": {n}}}\n"));
    assert_eq!(label(&line("18446744073709551615")), Value::from(u64::MAX));
    assert_eq!(label(&line("123456789012345678901")), Value::from("123456789012345678901"));
    assert_ne!(label(&line("123456789012345678901")), label(&line("123456789012345678902")));
    assert_eq!(all::<Labelled>(&line("123456789012345678901")).remove(0).0.text, "123456789012345678901");
    assert_eq!(label(&line("1e300")), Value::from(1e300));
}

#[test]
fn names_that_stand_twice_are_refused_where_they_are_used() {
    let folder = Folder::new();
    let csv = "id,text,label,label\n1,fine,1,0\n";
    let message = "columns 3 and 4 are both called `label`: rename one, or name the one that is meant: fields = { label = \
                   \"label#3\" } or fields = { label = \"label#4\" }";
    for (name, text) in [("a.csv", csv.to_owned()), ("a.tsv", csv.replace(',', "\t"))] {
        let text = format!("{text}{}\n", text.lines().nth(1).unwrap());
        let source = folder.file(name, text);
        let errors: Vec<String> = read::<Review>(&source).unwrap().map(|r| r.unwrap_err().to_string()).collect();
        assert!(errors.len() == 1 && errors[0].ends_with(message), "once for the file: {errors:?}");
    }
    let source = folder.file("a.csv", csv).renamed("label", "label#4");
    assert_eq!(all::<Review>(&source), [(review("fine", 0), 2)], "as the message says");
    let source = folder.file("a.csv", csv).renamed("text", "Text, label");
    check::<Review>(&source, &["columns 3 and 4", "fields = { text = \"label#3\" }"]);
    let source = folder.file("a.csv", csv).renamed("label", "id");
    assert_eq!(all::<Review>(&source), [(review("fine", 1), 2)], "what is not used may stand twice");
    let mut source = folder.file("a.csv", csv).renamed("label", "#4").renamed("text", "#2");
    source.header = Some(true);
    assert_eq!(all::<Review>(&source), [(review("fine", 0), 2)], "as the message says");
    let twice = [
        ("binary text (UTF8)", Cell::Bytes(b"a")),
        ("binary text (UTF8)", Cell::Bytes(b"b")),
        ("int64 label", Cell::Int(1)),
    ];
    check::<Review>(&folder.file("a.parquet", columns(&twice)), &["row 1: column `text`: several columns"]);
    let json = "{\"text\": \"a\", \"label\": 1, \"text\": \"b\"}";
    check::<Review>(&folder.file("a.jsonl", json), &["a.jsonl:1: the key \"text\" stands twice"]);
    check::<Review>(&folder.file("a.json", format!("[\n{json}]")), &["a.json:2: the key \"text\" stands twice"]);
    let squad = SQUAD.replace("\"context\"", "\"context\": \"Other.\", \"context\"");
    check::<Question>(&folder.file("s.json", squad), &["the key \"context\" stands twice"]);
}

#[test]
fn a_column_that_no_record_has_is_an_error_among_several_too() {
    let folder = Folder::new();
    let csv = folder.file("a.csv", "title,body,label\nMule,fine,1\n").renamed("text", "title, bdoy");
    let expected = ["a.csv:2: no field `text` (to be read from `bdoy`)", "fields = { text = \"title, body\" }"];
    check::<Review>(&csv, &expected);
    let bytes = columns(&[("binary body", Cell::Bytes(b"fine")), ("int64 label", Cell::Int(1))]);
    check::<Review>(&folder.file("a.parquet", bytes).renamed("text", "body, titel"), &["`titel`"]);
    // A line of JSON may lack one of them, all lines may not.
    let lines = "{\"title\": \"Mule\", \"label\": 1}\n{\"title\": \"Pie\", \"body\": \"fine\", \"label\": 0}\n";
    let source = |columns| folder.file("a.jsonl", lines).renamed("text", columns);
    assert_eq!(all::<Review>(&source("title, body")), [(review("Mule", 1), 1), (review("Pie fine", 0), 2)]);
    check::<Review>(&source("title, bdoy"), &["no record has `bdoy`, which `fields.text` names"]);
    assert_eq!(read::<Review>(&source("title, bdoy")).unwrap().count(), 3, "said once, behind the records");
}

#[test]
fn values_are_mapped_by_value() {
    let folder = Folder::new();
    let named = |values: &[(&str, &str)], label: &str| {
        let mut source = folder.file("a.jsonl", format!("{{\"text\": \"x\", \"label\": {label}}}\n"));
        source.values.insert("label".into(), values.iter().map(|(a, b)| (a.to_string(), b.to_string())).collect());
        source
    };
    let numbers = [("0", "bad"), ("1", "good")];
    for written in ["1", "1.0", "\"1\"", "\"1.0\"", "\" 1\"", "true", "\"True\""] {
        assert_eq!(label(&named(&numbers, written)), Value::from("good"), "{written}");
    }
    for written in ["false", "\"FALSE\"", "0"] {
        assert_eq!(label(&named(&[("false", "bad"), ("true", "good")], written)), Value::from("bad"), "{written}");
    }
    check::<Labelled>(&named(&numbers, "2"), &["label is \"2\"", "knows only 0, 1"]);
    check::<Labelled>(&named(&numbers, "\"01\""), &["label is \"01\""]);
    check::<Labelled>(&named(&[("9007199254740992", "x")], "9007199254740993"), &["9007199254740993"]);
    let mut csv = folder.file("a.csv", "text,label\nx,\n");
    csv.values = named(&numbers, "1").values;
    assert_eq!(all::<Labelled>(&csv).remove(0).0.label, None, "an empty cell is a missing value");
}

#[test]
fn questions_without_answers_are_not_unanswerable_ones() {
    #[derive(Deserialize, Debug)]
    struct Asked {
        id: Option<String>,
        answers: Option<Vec<HashMap<String, Value>>>,
        is_impossible: Option<bool>,
    }
    let folder = Folder::new();
    let file = |questions: &str| {
        let text = format!(r#"{{"data": [{{"paragraphs": [{{"context": "c", "qas": [{questions}]}}]}}]}}"#);
        all::<Asked>(&folder.file("a.json", text)).remove(0).0
    };
    let asked = file(r#"{"id": 3, "question": "q"}"#);
    assert!(asked.answers.is_none() && asked.is_impossible.is_none() && asked.id.as_deref() == Some("3"));
    assert!(file(r#"{"question": "q", "answers": null}"#).answers.is_none());
    let empty = file(r#"{"question": "q", "answers": []}"#);
    assert!(
        empty.answers.is_some_and(|answers| answers.is_empty()) && empty.is_impossible.is_none() && empty.id.is_none()
    );
    // What one answer says is for the record to judge.
    let answers = file(r#"{"question": "q", "answers": [{"text": "c", "answer_start": -1}, {"text": "c"}]}"#).answers;
    assert_eq!(answers.unwrap()[0]["answer_start"], Value::from(-1));
    // The same questions as a list of paragraphs.
    let list = r#"[{"context": "c", "qas": [{"question": "q"}, {"question": "r", "is_impossible": true}]}]"#;
    let asked = all::<Asked>(&folder.file("list.json", list));
    assert_eq!(
        asked.iter().map(|(asked, number)| (asked.is_impossible, *number)).collect::<Vec<_>>(),
        [(None, 1), (Some(true), 2)]
    );
    let bad = r#"[{"context": "c", "qas": [{"question": "q"}, {"question": ["q", 1]}]}]"#;
    check::<Question>(&folder.file("bad.json", bad), &["bad.json: question 1: no field `id`"]);
}

#[test]
fn json_that_is_laid_out_otherwise_is_read_or_named() {
    let folder = Folder::new();
    let expected = [(review("a", 1), 1), (review("b", 0), 2)];
    let (a, b) = ("{\"text\": \"a\", \"label\": 1}", "{\"text\": \"b\", \"label\": 0}");
    assert_eq!(all::<Review>(&folder.file("lines.json", format!("{a}\n{b}\n"))), expected);
    assert_eq!(
        all::<Review>(&folder.file("wrapped.json", format!("{{\"version\": 1, \"data\": [{a}, {b}]}}"))),
        expected
    );
    check::<Review>(
        &folder.file("wrapped.json", format!("{{\"data\": [{a}, 3]}}")),
        &["wrapped.json: row 2", "a number"],
    );
    let pretty = format!("{}\n{b}", a.replace(", ", ",\n"));
    assert_eq!(all::<Review>(&folder.file("pretty.json", &pretty)), [(review("a", 1), 1), (review("b", 0), 3)]);
    let source = folder.file("pretty.jsonl", &pretty);
    check::<Review>(&source, &["pretty.jsonl:1: invalid JSON", "one object a line", "set `format` to json"]);
    assert_eq!(all::<Review>(&Source { format: Some(Format::Json), ..source }).len(), 2, "as the message says");
    for table in [
        "{\"text\": {\"0\": \"a\"}, \"label\": {\"0\": 1}}",
        "{\"columns\": [\"text\"], \"index\": [0], \"data\": [[\"a\"]]}",
        "{\"text\": [\"a\", \"b\"],\n\"label\": [1, 0]}",
    ] {
        check::<Review>(&folder.file("columns.json", table), &["orient=\"records\"", "single record", "[{…}]"]);
    }
    // One record whose texts are lists of sentences, and as the message says.
    for text in ["{\"text\": [\"a\", \"b\"]}", "[{\"text\": [\"a\", \"b\"], \"tags\": [\"x\", \"y\"]}]"] {
        assert_eq!(all::<Loose>(&folder.file("sentences.json", text))[0].0.text, "a b");
    }
    check::<Review>(&folder.file("list.jsonl", format!("[{a}]")), &["an array", "set `format` to json"]);
    check::<Review>(&folder.file("nan.jsonl", "{\"text\": NaN}"), &["write null"]);
    check::<Review>(&folder.file("python.jsonl", "{'text': 'a'}"), &["json.dumps"]);
    check::<Review>(&folder.file("python.jsonl", "{\"text\": None}"), &["json.dumps"]);
}

#[test]
fn lines_of_text_may_begin_as_json_does() {
    let lines = |text: &'static str| {
        let stream = Stream { source: Source::new("stdin"), layout: None, plain: Some("text"), fields: &[] };
        let records = stream.read::<Loose>(text.as_bytes()).unwrap();
        records.map(|record| record.map(|record| record.record.text).map_err(|e| e.to_string())).collect::<Vec<_>>()
    };
    assert_eq!(lines("[MUSIC] a film\n{sic} more\n"), [Ok("[MUSIC] a film".into()), Ok("{sic} more".into())]);
    assert_eq!(lines("{ \"text\": \"a\"}\n"), [Ok("a".to_string())]);
    assert_eq!(lines("[{\"text\": \"a\"}]\n"), [Ok("a".to_string())]);
}

#[test]
fn names_are_found_whatever_their_case() {
    let folder = Folder::new();
    assert_eq!(all::<Review>(&folder.file("a.csv", "Id,Text,Label\n1,fine,1\n")), [(review("fine", 1), 2)]);
    assert_eq!(all::<Review>(&folder.file("a.jsonl", "{\"TEXT\": \"fine\", \"label\": 1}")), [(review("fine", 1), 1)]);
    check::<Review>(&folder.file("b.csv", "Text,TEXT,label\na,b,1\n"), &["no field `text`"]);
    check::<Review>(
        &folder.file("c.csv", "id,review_text,label\n1,fine,1\n"),
        &["fields = { text = \"review_text\" }"],
    );
    check::<Review>(&folder.file("d.csv", "number,review,label\n1,fine,1\n"), &["fields = { text = \"review\" }"]);
}
