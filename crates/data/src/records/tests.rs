use super::*;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

mod damage;
mod meaning;
mod quotes;
mod tables;
mod texts;

#[derive(Deserialize, Debug, PartialEq)]
struct Review {
    text: String,
    label: u8,
}

#[derive(Deserialize, Debug, PartialEq)]
struct Answer {
    text: String,
    answer_start: usize,
}

#[derive(Deserialize, Debug, PartialEq)]
struct Question {
    id: String,
    question: String,
    answers: Vec<Answer>,
    #[serde(default)]
    is_impossible: bool,
}

#[derive(Deserialize, Debug, PartialEq)]
struct Loose {
    text: String,
    #[serde(default)]
    score: Option<f64>,
    #[serde(default)]
    good: Option<bool>,
    #[serde(default)]
    tags: Vec<String>,
}

/// A folder that is removed at the end of the test.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// A source for a new file with `bytes`.
    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> Source {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        Source::new(path)
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Default::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 3).unwrap()
}

/// A Parquet file of `(text, label)` rows, in groups of two.
fn parquet(rows: &[(&str, i32)]) -> Vec<u8> {
    use ::parquet::data_type::{ByteArray, ByteArrayType, Int32Type};
    use ::parquet::file::writer::SerializedFileWriter;
    let schema = "message m { required binary text (UTF8); required int32 label; }";
    let schema = Arc::new(::parquet::schema::parser::parse_message_type(schema).unwrap());
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, schema, Default::default()).unwrap();
    for group in rows.chunks(2) {
        let texts: Vec<_> = group.iter().map(|(text, _)| ByteArray::from(*text)).collect();
        let labels: Vec<_> = group.iter().map(|(_, label)| *label).collect();
        let mut row_group = writer.next_row_group().unwrap();
        let mut column = row_group.next_column().unwrap().unwrap();
        column.typed::<ByteArrayType>().write_batch(&texts, None, None).unwrap();
        column.close().unwrap();
        let mut column = row_group.next_column().unwrap().unwrap();
        column.typed::<Int32Type>().write_batch(&labels, None, None).unwrap();
        column.close().unwrap();
        row_group.close().unwrap();
    }
    writer.close().unwrap();
    bytes
}

fn all<R: DeserializeOwned>(source: &Source) -> Vec<(R, usize)> {
    read::<R>(source).unwrap().map(|r| r.map(|r| (r.record, r.line)).unwrap()).collect()
}

fn review(text: &str, label: u8) -> Review {
    Review { text: text.into(), label }
}

const SQUAD: &str = r#"{"version": "v2.0", "data": [{"title": "Mill", "paragraphs": [{"context": "The mill is old.",
 "qas": [{"id": "a", "question": "How old?", "answers": [{"text": "old", "answer_start": 12}]},
  {"id": 7, "question": "Whose?", "answers": [], "is_impossible": true}]}]}]}"#;

#[test]
fn every_format_gives_the_same_records_plain_and_compressed() {
    let jsonl =
        "{\"text\": \"fine, \\\"very\\\"\", \"label\": 1}\n\n{\"text\": \"dull\", \"label\": \"0\", \"x\": null}";
    let json = "[\n {\"text\": \"fine, \\\"very\\\"\", \"label\": 1},\n\n {\"text\": \"dull\", \"label\": 0}]\n";
    let csv = "label,text\n1,\"fine, \"\"very\"\"\"\r\n\r\n0,dull\r\n";
    let tsv = "text\tlabel\r\nfine, \"very\"\t1\r\n\r\ndull\t0";
    let parquet = parquet(&[("fine, \"very\"", 1), ("dull", 0)]);
    let cases: [(&str, &[u8], [usize; 2]); 5] = [
        ("a.jsonl", jsonl.as_bytes(), [1, 3]),
        ("a.json", json.as_bytes(), [2, 4]),
        ("a.csv", csv.as_bytes(), [2, 4]),
        ("a.tsv", tsv.as_bytes(), [2, 4]),
        ("a.parquet", &parquet, [1, 2]),
    ];
    let folder = Folder::new();
    for (name, bytes, lines) in cases {
        let expected = vec![(review("fine, \"very\"", 1), lines[0]), (review("dull", 0), lines[1])];
        let with_bom = [b"\xef\xbb\xbf", bytes].concat();
        for (ending, bytes) in [("", bytes.to_vec()), (".gz", gzip(bytes)), (".zst", zstd(bytes))] {
            let source = folder.file(&format!("{name}{ending}"), &bytes);
            assert_eq!(all::<Review>(&source), expected, "{name}{ending}");
            let read = Arc::new(AtomicU64::new(0));
            assert_eq!(read_counted::<Review>(&source, read.clone()).unwrap().count(), 2);
            assert_eq!(read.load(Ordering::Relaxed), bytes.len() as u64, "{name}{ending}");
        }
        if name != "a.parquet" {
            assert_eq!(all::<Review>(&folder.file(name, &with_bom)), expected, "{name} with a byte order mark");
        }
    }
}

#[test]
fn squad_is_flattened_whether_named_or_recognised() {
    let folder = Folder::new();
    let mut source = folder.file("dev.json", SQUAD);
    let expected = [
        Question {
            id: "a".into(),
            question: "How old?".into(),
            answers: vec![Answer { text: "old".into(), answer_start: 12 }],
            is_impossible: false,
        },
        Question { id: "7".into(), question: "Whose?".into(), answers: vec![], is_impossible: true },
    ];
    for format in [None, Some(Format::Squad)] {
        source.format = format;
        let questions = all::<Question>(&source);
        assert_eq!(questions.iter().map(|(_, line)| *line).collect::<Vec<_>>(), [1, 2]);
        assert!(questions.into_iter().map(|(q, _)| q).eq(expected.iter().map(|q| Question {
            id: q.id.clone(),
            question: q.question.clone(),
            answers: q.answers.iter().map(|a| Answer { text: a.text.clone(), ..*a }).collect(),
            ..*q
        })));
    }
}

#[test]
fn values_of_another_type_are_bridged() {
    let folder = Folder::new();
    let loose = |source: &Source| all::<Loose>(source).remove(0).0;
    let expected = |text: &str, score, good, tags: &[&str]| Loose {
        text: text.into(),
        score,
        good,
        tags: tags.iter().map(|t| t.to_string()).collect(),
    };
    let cases = [
        (
            "a.jsonl",
            r#"{"text": 12, "score": "1.5", "good": 1, "tags": "a"}"#,
            expected("12", Some(1.5), Some(true), &["a"]),
        ),
        (
            "b.jsonl",
            r#"{"text": ["a b", "c"], "good": "no", "tags": [1, "x"]}"#,
            expected("a b c", None, Some(false), &["1", "x"]),
        ),
        ("c.jsonl", r#"{"text": "", "score": null, "tags": null}"#, expected("", None, None, &[])),
        ("a.csv", "text,score,good,tags\n12,,,\n", expected("12", None, None, &[])),
        ("b.csv", "text,score,tags\n,2,\"[\"\"a\"\", \"\"b\"\"]\"\n", expected("", Some(2.0), None, &["a", "b"])),
    ];
    for (name, content, expected) in cases {
        assert_eq!(loose(&folder.file(name, content)), expected, "{name}");
    }
    let columns = r#"{"id": 5, "question": "q", "answers": {"text": ["a", "b"], "answer_start": [0, 2.0]}}"#;
    let question = all::<Question>(&folder.file("q.jsonl", columns)).remove(0).0;
    assert_eq!((question.id.as_str(), question.answers.len(), question.answers[1].answer_start), ("5", 2, 2));
}

#[test]
fn csv_cells_may_hold_anything_when_quoted() {
    let folder = Folder::new();
    let csv = "text,label\r\n\"two\r\nlines, \"\"quoted\"\"\n\n\",1\n5\" disk,2\n\"\",3\n";
    let expected = [(review("two\r\nlines, \"quoted\"\n\n", 1), 2), (review("5\" disk", 2), 6), (review("", 3), 7)];
    assert_eq!(all::<Review>(&folder.file("a.csv", csv)), expected);
}

#[test]
fn columns_are_mapped_by_name_number_and_list() {
    let folder = Folder::new();
    let mapped = |mut source: Source, fields: &[(&str, &str)]| {
        source.fields = fields.iter().map(|(a, b)| (a.to_string(), b.to_string())).collect();
        source
    };
    let by_name = mapped(
        folder.file("a.tsv", "text\tsentence\tgold\nid1\tfine\t1\n"),
        &[("text", "sentence"), ("label", "gold")],
    );
    assert_eq!(all::<Review>(&by_name), [(review("fine", 1), 2)]);
    let by_number = mapped(folder.file("b.tsv", "gj04\t1\t\tfine\n"), &[("text", "#4"), ("label", "#2")]);
    assert_eq!(all::<Review>(&by_number), [(review("fine", 1), 1)]);
    let lists = folder.file(
        "c.jsonl",
        "{\"d\": \"x\", \"s1\": \"a\", \"s2\": \"b\"}\n{\"d\": \"y\", \"s1\": \"c\", \"s2\": \" \"}\n",
    );
    let lists = all::<Loose>(&mapped(lists, &[("text", "d"), ("tags", "s1, s2")]));
    assert_eq!(lists.iter().map(|(l, _)| l.tags.join("|")).collect::<Vec<_>>(), ["a|b", "c"]);
}

#[test]
fn values_are_called_otherwise_and_only_those_that_are_known() {
    let folder = Folder::new();
    let mut source = folder.file("a.jsonl", "{\"t\": \"fine\", \"text\": 1}\n{\"t\": \"bad\", \"text\": \" 0\"}\n");
    let names = [("0", "negative"), ("1", "positive")].map(|(a, b)| (a.to_string(), b.to_string()));
    source.values.insert("text".into(), names.into());
    source.values.insert("good".into(), BTreeMap::new());
    let texts = |source: &Source| all::<Loose>(source).into_iter().map(|(l, _)| l.text).collect::<Vec<_>>();
    assert_eq!(texts(&source), ["positive", "negative"]);
    source.values.get_mut("text").unwrap().remove("0");
    let message = read::<Loose>(&source).unwrap().nth(1).unwrap().unwrap_err().to_string();
    assert!(
        message.contains("a.jsonl:2") && message.contains("text is \"0\"") && message.contains("only 1"),
        "{message}"
    );
    source.values.insert("txet".into(), BTreeMap::new());
    let message = read::<Loose>(&source).err().unwrap().to_string();
    assert!(message.contains("`values` names \"txet\"") && message.contains("text, score"), "{message}");
}

#[test]
fn folders_patterns_and_limits() {
    let folder = Folder::new();
    for name in ["b-2", "a-1", "c-3"] {
        folder.file(&format!("{name}.jsonl"), format!("{{\"text\": \"{name}\"}}\n{{\"text\": \"more\"}}\n"));
    }
    folder.file("README.md", "not a record");
    let texts = |source: &Source| all::<Loose>(source).into_iter().map(|(l, _)| l.text).collect::<Vec<_>>();
    let mut source = Source::new(folder.0.path());
    assert_eq!(texts(&source), ["a-1", "more", "b-2", "more", "c-3", "more"]);
    source.limit = Some(3);
    assert_eq!(texts(&source), ["a-1", "more", "b-2"]);
    assert_eq!(texts(&Source::new(folder.0.path().join("*-3.js*l"))), ["c-3", "more"]);
}

#[test]
fn a_text_file_becomes_documents_of_bounded_size_without_losing_a_character() {
    let folder = Folder::new();
    let small = folder.file("small.txt", "\n\nOne.\n\nStill the same.\n");
    assert_eq!(
        all::<Loose>(&small)[0],
        (Loose { text: "One.\n\nStill the same.".into(), score: None, good: None, tags: vec![] }, 3)
    );
    // Paragraphs, lines without blank lines between, and one endless line of two-byte characters.
    let paragraphs = "word ".repeat(200) + "\n\n";
    let long = paragraphs.repeat(60) + &("line\n".repeat(40_000)) + &"é".repeat(150_000);
    let documents = all::<Loose>(&folder.file("long.txt", &long));
    assert!(documents.len() >= 9, "{}", documents.len());
    assert!(documents.iter().all(|(d, _)| d.text.len() <= 130 << 10));
    let without_ends = |text: &str| text.replace('\n', "");
    assert_eq!(documents.iter().map(|(d, _)| without_ends(&d.text)).collect::<String>(), without_ends(&long));
    let lines: Vec<usize> = documents.iter().map(|(_, line)| *line).collect();
    assert!(lines.is_sorted() && lines[0] == 1 && *lines.last().unwrap() == 120 + 40_000 + 1, "{lines:?}");

    for (name, text) in [("small.txt", "\n\nOne.\n\nStill the same.\n"), ("long.txt", &long)] {
        let records = read::<Loose>(&Source::new(folder.0.path().join(name))).unwrap().verbatim();
        assert_eq!(records.map(|record| record.unwrap().record.text).collect::<String>(), text, "{name} as it stands");
    }
}
