//! Each kind of bad input, and what is said about it.

use std::collections::HashMap;

use super::*;

/// The first error that reading `source` as `R` meets.
fn error<R: DeserializeOwned>(source: &Source) -> RecordError {
    match read::<R>(source) {
        Err(e) => e,
        Ok(mut records) => records.find_map(Result::err).expect("an error"),
    }
}

#[track_caller]
pub(super) fn check<R: DeserializeOwned>(source: &Source, parts: &[&str]) {
    let message = error::<R>(source).to_string();
    assert!(message.contains(&*source.path.to_string_lossy()), "no path in: {message}");
    for part in parts {
        assert!(message.contains(part), "no {part:?} in: {message}");
    }
}

#[test]
fn missing_empty_and_unknown_files() {
    let folder = Folder::new();
    check::<Review>(&Source::new(folder.0.path().join("no.jsonl")), &["no.jsonl: no such file"]);
    check::<Review>(&Source::new(folder.0.path()), &["no file with a known ending"]);
    folder.file("about.md", "x");
    check::<Review>(
        &Source::new(folder.0.path()),
        &["no file with a known ending", "**/*.md reads the .md files in it"],
    );
    std::fs::remove_file(folder.0.path().join("about.md")).unwrap();
    check::<Review>(&Source::new(folder.0.path().join("*.csv")), &["*.csv: no file with a known ending"]);
    check::<Review>(
        &folder.file("a.log", "<a/>"),
        &["does not tell the format", ".jsonl", "set `format`"]
            .map(|s| if s == "set `format`" { "Set `format`" } else { s }),
    );
    for name in ["e.jsonl", "e.json", "e.csv", "e.tsv", "e.txt", "e.parquet", "e.jsonl.gz", "e.csv.zst", "e.parquet.gz"]
    {
        check::<Review>(&folder.file(name, ""), &["empty"]);
    }
    for (name, content) in [
        ("b.jsonl", "\n \n"),
        ("b.csv", "text,label\n"),
        ("b.tsv", "text\tlabel\n"),
        ("b.json", " [ ]\n"),
        ("b.txt", " \n\n"),
    ] {
        check::<Review>(&folder.file(name, content), &["empty"]);
    }
}

#[test]
fn truncated_and_foreign_containers() {
    let folder = Folder::new();
    let lines: String =
        (0..5000).map(|i| format!("{{\"text\": \"number {}\", \"label\": 1}}\n", i * 7919 % 5000)).collect();
    for (name, bytes, kind) in
        [("a.jsonl.gz", gzip(lines.as_bytes()), "gzip"), ("a.jsonl.zst", zstd(lines.as_bytes()), "zstd")]
    {
        for keep in [bytes.len() - 1, bytes.len() / 2, 9] {
            check::<Review>(&folder.file(name, &bytes[..keep]), &[&format!("the {kind} file is truncated")]);
        }
        let half = folder.file(name, &bytes[..bytes.len() - 20]);
        let records: Vec<_> = read::<Review>(&half).unwrap().collect();
        assert!(records.len() > 1000 && records.last().unwrap().is_err(), "what is there is read: {}", records.len());
        check::<Review>(&half, &["(behind line "]);
        check::<Review>(
            &folder.file(name, "{\"text\": \"plain\", \"label\": 1}\n"),
            &[&format!("not a sound {kind} file")],
        );
        let mut damaged = bytes.clone();
        damaged[bytes.len() / 2] ^= 0xff;
        let records: Vec<_> = read::<Review>(&folder.file(name, &damaged)).unwrap().collect();
        assert!(records.iter().any(Result::is_err), "damage to {name} went unnoticed");
    }
    check::<Review>(
        &folder.file("a.jsonl", gzip(lines.as_bytes())),
        &["a.jsonl:1: invalid UTF-8", "looks like a gzip file"],
    );
    check::<Review>(&folder.file("b.jsonl", zstd(lines.as_bytes())), &["looks like a zstd file"]);
}

#[test]
fn a_few_bytes_that_stand_for_very_many_are_refused() {
    let folder = Folder::new();
    let line = vec![b'x'; 40 << 20];
    check::<Review>(&folder.file("a.jsonl.zst", zstd(&line)), &["zstd", "decompress it first"]);
    check::<Review>(&folder.file("a.tsv.gz", gzip(&line)), &["gzip", "decompress it first"]);
    let cell = [b"text,label\n\"".to_vec(), [vec![b'x'; 1 << 20], vec![b'\n']].concat().repeat(40)].concat();
    check::<Review>(&folder.file("a.csv.zst", zstd(&cell)), &["zstd", "decompress it first"]);
    // What nobody compressed is as large as it says, and documents of any size come in pieces.
    check::<Review>(&folder.file("a.jsonl", &line), &["a.jsonl:1: invalid JSON"]);
    assert!(read::<HashMap<String, String>>(&folder.file("a.txt.zst", zstd(&line))).unwrap().all(|r| r.is_ok()));
}

#[test]
fn truncated_and_damaged_parquet_files() {
    let folder = Folder::new();
    let rows: Vec<(String, i32)> = (0..40).map(|i| (format!("text number {i}"), i)).collect();
    let rows: Vec<(&str, i32)> = rows.iter().map(|(text, i)| (text.as_str(), *i)).collect();
    let bytes = parquet(&rows);
    for keep in [bytes.len() - 1, bytes.len() / 2, 8, 4] {
        check::<Review>(&folder.file("a.parquet", &bytes[..keep]), &["the Parquet file is truncated"]);
    }
    check::<Review>(&folder.file("a.parquet", "text,label\n"), &["not a sound Parquet file", "PAR1"]);
    let compressed = zstd(&bytes);
    check::<Review>(
        &folder.file("a.parquet.zst", &compressed[..compressed.len() / 2]),
        &["the zstd file is truncated"],
    );
    // Whatever byte is wrong: an error or wrong values, but neither a crash nor an endless loop.
    for at in (4..bytes.len()).step_by(3) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x55;
        assert!(read::<Review>(&folder.file("a.parquet", &damaged)).unwrap().take(1000).count() < 1000, "byte {at}");
    }
    // Pages that are not there although the list of contents is.
    let mut hollow = bytes.clone();
    hollow[4..40].fill(0);
    check::<Review>(&folder.file("a.parquet", &hollow), &["not a sound Parquet file"]);
}

#[test]
fn text_that_is_not_utf_8_names_the_line() {
    let folder = Folder::new();
    let good = b"{\"text\": \"fine\", \"label\": 1}\n".to_vec();
    let latin1 = [&good[..], b"{\"text\": \"caf\xe9\", \"label\": 1}\n", &good].concat();
    let source = folder.file("a.jsonl", &latin1);
    check::<Review>(&source, &["a.jsonl:2: invalid UTF-8 at byte 14"]);
    let records: Vec<_> = read::<Review>(&source).unwrap().map(|r| r.map(|r| r.line).ok()).collect();
    assert_eq!(records, [Some(1), None, Some(3)], "the lines around it are read");
    check::<Review>(&folder.file("a.csv", b"text,label\nfine,1\ncaf\xe9,1\n"), &["a.csv:3: invalid UTF-8"]);
    check::<Review>(&folder.file("a.tsv", b"text\tlabel\ncaf\xe9\t1\n"), &["a.tsv:2: invalid UTF-8 at byte 4"]);
    check::<Review>(&folder.file("a.txt", b"one\ntwo\xff\n"), &["a.txt:2: invalid UTF-8 at byte 4"]);
    check::<Review>(&folder.file("a.json", b"[\n{\"text\": \"\xff\"}]"), &["a.json:2: invalid UTF-8 at byte 11"]);
    check::<Review>(&folder.file("b.txt", b"\xff\xfeo\0n\0"), &["looks like UTF-16"]);
    check::<Review>(&folder.file("c.txt", b"\xff\xfe\0\0o\0\0\0"), &["looks like UTF-32", "iconv -f UTF-32 -t UTF-8"]);
    // Latin letters of UTF-16 are UTF-8 with zeros between them, the lines behind the first of either kind too.
    for (name, text) in [
        ("a.txt", "one\ntwo\n"),
        ("a.csv", "text,label\nfine,1\nbad,0\n"),
        ("a.jsonl", "{\"text\": 1, \"label\": 1}\n{\"text\": 1, \"label\": 1}\n"),
        ("a.json", "[{\"text\": 1, \"label\": 1}]"),
    ] {
        for mark in ["", "\u{feff}"] {
            for order in [u16::to_le_bytes, u16::to_be_bytes] {
                let wide: Vec<u8> = format!("{mark}{text}").encode_utf16().flat_map(order).collect();
                let source = folder.file(name, wide);
                check::<Review>(&source, &["looks like UTF-16", "convert the file to UTF-8"]);
                assert_eq!(read::<Review>(&source).unwrap().count(), 1, "{name}: nothing else is read");
            }
        }
    }
    check::<Review>(&folder.file("c.txt", b"caf\xc3"), &["c.txt:1: invalid UTF-8 at byte 4"]);
}

#[test]
fn a_file_in_another_encoding_is_refused_as_a_whole() {
    let folder = Folder::new();
    let refused = |source: &Source, parts: &[&str]| {
        let mut last = None;
        for record in read::<Review>(source).unwrap() {
            assert!(last.is_none(), "something is read behind the error");
            last = record.err();
        }
        let error = last.expect("an error");
        assert!(error.record().is_none(), "it is about no record");
        let message = error.to_string();
        for part in parts.iter().chain(&["the file is not UTF-8", "iconv -f WINDOWS-1252 -t UTF-8"]) {
            assert!(message.contains(part), "no {part:?} in: {message}");
        }
    };
    let lines = |sound: usize, bad: usize| {
        let mut text = b"text,label\nfine,1\n".to_vec();
        (0..bad).for_each(|_| text.extend(b"sch\xf6n,1\n"));
        (0..sound).for_each(|_| text.extend("schön,1\n".as_bytes()));
        text
    };
    refused(&folder.file("a.csv", lines(0, 2)), &["(line 3, byte 4 of it)", "a.csv > ", "a.utf8.csv"]);
    refused(&folder.file("a b.csv", lines(0, 2)), &["a b.csv' > "]);
    refused(&folder.file("a.csv", lines(1, 11)), &["(line 3, byte 4 of it)"]);
    refused(&folder.file("a.csv.gz", gzip(&lines(0, 2))), &["decompress it"]);
    refused(&folder.file("a.jsonl", b"{\"text\": \"\xe9\", \"label\": 1}\n".repeat(2)), &["(line 1, byte 11 of it)"]);
    refused(&folder.file("a.json", b"[{\"text\": \"\xe9\", \"label\": 1},\n{\"text\": \"\xe9\"}]"), &["(line 1,"]);
    // Lines that are sound show that the others are damaged, wherever they stand.
    for (sound, bad) in [(1, 2), (2, 20), (0, 1)] {
        let records: Vec<_> = read::<Review>(&folder.file("a.csv", lines(sound, bad))).unwrap().collect();
        assert_eq!(records.len(), 1 + sound + bad);
        let unread = records.iter().filter_map(|record| record.as_ref().err()?.record()).count();
        assert_eq!(unread, bad, "each is one bad record");
    }
    // Nothing is called by its name behind a header that cannot be read, not even one line.
    refused(&folder.file("b.csv", b"text,label,gr\xf6\xdfe\nfine,1,2\n"), &["(line 1, byte 14 of it)"]);
    let mut numbered = folder.file("b.csv", b"gr\xf6\xdfe,label\nfine,1\n");
    numbered.fields = [("text", "#1"), ("label", "#2")].map(|(field, column)| (field.into(), column.into())).into();
    numbered.header = Some(true);
    assert_eq!(all::<Review>(&numbered), [(review("fine", 1), 2)]);
}

#[test]
fn a_bad_line_within_a_record_does_not_hide_where_it_ends() {
    let folder = Folder::new();
    let text = b"text,label\n\"caf\xe9\nmore\",1\n\"a\nb\xe9\nc\",0\nfine,1\n\"schon, sch\xc3\xb6n\",1\n";
    let records: Vec<_> = read::<Review>(&folder.file("a.csv", text)).unwrap().collect();
    let found: Vec<Result<usize, usize>> = records
        .iter()
        .map(|record| match record {
            Ok(located) => Ok(located.line),
            Err(error) => Err(error.record().unwrap().number),
        })
        .collect();
    assert_eq!(found, [Err(2), Err(5), Ok(7), Ok(8)]);
}

#[test]
fn json_that_is_none_names_the_line_and_column() {
    let folder = Folder::new();
    let good = "{\"text\": \"fine\", \"label\": 1}";
    check::<Review>(
        &folder.file("a.jsonl", format!("{good}\n{{\"text\" 1}}\n")),
        &["a.jsonl:2: invalid JSON at column 9", "expected `:`"],
    );
    check::<Review>(
        &folder.file("a.jsonl", format!("{good}\n{{\"text\": \"fi")),
        &["a.jsonl:2: invalid JSON", "truncated"],
    );
    check::<Review>(
        &folder.file("a.jsonl", format!("{good}\n[1, 2]\n")),
        &["a.jsonl:2:", "a record is an object", "an array"],
    );
    check::<Review>(&folder.file("a.json", format!("[{good},\n{good}\n")), &["a.json:3:", "truncated"]);
    check::<Review>(
        &folder.file("a.json", format!("[{good},\n\n{{\"text\": \n 3 4}}]")),
        &["a.json:4: invalid JSON at column 4"],
    );
    check::<Review>(&folder.file("a.json", format!("[{good}\n{good}]")), &["a.json:2:", "expected `,` or `]`"]);
    check::<Review>(&folder.file("a.json", format!("[{good}]\nx")), &["a.json:2:", "nothing may follow"]);
    check::<Review>(&folder.file("a.json", "\n3"), &["a.json:2:", "a list of objects"]);
    check::<Question>(
        &folder.file("a.json", "{\"data\": [{\"paragraphs\": 3}]}"),
        &["not SQuAD's layout", "article 1"],
    );
    check::<Review>(&folder.file("a.json", format!("{good}\n{good}\n{{\"text\" 1}}\n")), &["a.json:3: invalid JSON"]);
    let squad = |text: &str| {
        let mut source = folder.file("s.json", text);
        source.format = Some(Format::Squad);
        source
    };
    check::<Question>(
        &squad(&SQUAD.replace("answer_start", "start")),
        &["s.json: question 1: field `answers.0`: no field `answer_start`"],
    );
    check::<Question>(&squad("[1]"), &["paragraph 1 of the list has no text `context`"]);
    check::<Question>(&squad(&SQUAD[..200]), &["s.json:3: invalid JSON", "truncated"]);
    check::<Review>(&squad(SQUAD), &["s.json: question 1: no field `text`", "context"]);
}

#[test]
fn a_missing_field_lists_those_there_are_and_how_to_name_one() {
    let folder = Folder::new();
    let expected = ["a.tsv:2: no field `text`", "there are: sentence, label, gold", "fields = { text = \"sentence\" }"];
    check::<Review>(&folder.file("a.tsv", "sentence\tlabel\tgold\nfine\t1\t2\n"), &expected[..2]);
    check::<Review>(
        &folder.file("a.jsonl", "{\"sentence\": \"fine\", \"label\": 1}"),
        &["a.jsonl:1: no field `text`", expected[2]],
    );
    let mut mapped = folder.file("b.csv", "sentence,label\nfine,1\n");
    mapped.fields.insert("text".into(), "sentense".into());
    check::<Review>(
        &mapped,
        &["b.csv:2: no field `text` (to be read from `sentense`); there are: sentence, label", expected[2]],
    );
    check::<Review>(
        &folder.file("a.parquet", parquet(&[("x", 1)])).renamed("label", "gold"),
        &["a.parquet: row 1: no field `label` (to be read from `gold`)"],
    );
    // What another field has is not the one that is missing.
    for (name, text) in [("c.csv", "label,words\n1,fine\n"), ("c.jsonl", "{\"label\": \"3\", \"words\": 1}")] {
        check::<Review>(&folder.file(name, text), &["fields = { text = \"words\" }"]);
    }
    check::<Loose>(
        &folder.file("c.csv", "body,stars\nfine,1\n").renamed("tags", "body"),
        &["fields = { tags = \"body\", text = \"stars\" }"],
    );
    let only = error::<Review>(&folder.file("c.csv", "label\n1\n")).to_string();
    assert!(only.ends_with("there are: label"), "{only}");
    mapped.fields.insert("label".into(), "#2".into());
    check::<Review>(&mapped, &["some columns by number and some by name"]);
}

impl Source {
    pub(super) fn renamed(mut self, field: &str, column: &str) -> Self {
        self.fields.insert(field.into(), column.into());
        self
    }
}

#[test]
fn values_and_columns_that_do_not_fit() {
    let folder = Folder::new();
    check::<Review>(
        &folder.file("a.csv", "text,label\nfine,good\n"),
        &["a.csv:2: field `label`: a number was expected, this is \"good\""],
    );
    check::<Review>(
        &folder.file("a.jsonl", "{\"text\": \"fine\", \"label\": 300}"),
        &["a.jsonl:1: field `label`:", "300", "u8"],
    );
    check::<Review>(&folder.file("a.jsonl", "{\"text\": {}, \"label\": 3}"), &["field `text`:", "string"]);
    let nested = r#"{"id": "x", "question": "q", "answers": [{"text": "a", "answer_start": 0}, {"text": "b"}]}"#;
    check::<Question>(&folder.file("q.jsonl", nested), &["q.jsonl:1: field `answers.1`: no field `answer_start`"]);
    check::<Review>(&folder.file("b.csv", "text,label\nfine, very,1\n"), &["b.csv:2: 3 columns where 2 were expected"]);
    check::<Review>(
        &folder.file("c.csv", "text,label\n\"fine,1\ndull,0\n"),
        &["c.csv:2: a quote opens in this record that nothing closes"],
    );
    check::<Review>(&folder.file("b.tsv", "text\tlabel\nfine\n"), &["b.tsv:2: 1 column where 2 were expected"]);
}
