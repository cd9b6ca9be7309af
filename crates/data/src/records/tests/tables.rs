//! CSV and TSV as people's programs write them.

use std::collections::HashMap;

use super::damage::check;
use super::*;

fn read_as(folder: &Folder, text: &str, change: impl FnOnce(&mut Source)) -> Vec<(Review, usize)> {
    let mut source = folder.file("a.csv", text);
    change(&mut source);
    all(&source)
}

#[test]
fn the_separator_is_found_out_or_given() {
    let folder = Folder::new();
    let found = |text: &str| read_as(&folder, text, |_| {});
    let expected = [(review("fine, very", 1), 2), (review("dull", 0), 3)];
    for separator in [";", "\t", "|"] {
        let text = "text,label\nfine; very,1\ndull,0\n".replace(',', separator).replace("fine; very", "fine, very");
        assert_eq!(found(&text), expected, "{separator:?}");
    }
    assert_eq!(found("text,label\n\"fine, very\",1\ndull,0\n"), expected);
    assert_eq!(found("text;label\n\"fine, very\";1\n\"dull\";0\n"), expected);
    assert_eq!(
        found("\"sep=;\"\r\ntext;label\r\nfine, very;1\r\ndull;0\r\n"),
        [(review("fine, very", 1), 3), (review("dull", 0), 4)]
    );
    assert_eq!(found("sep=,\ntext,label\ndull,0\n"), [(review("dull", 0), 3)]);
    // Semicolons within cells do not make a file of commas one of semicolons, nor does a bad line.
    assert_eq!(found("text,label\na; b,1\nc; d,0\n"), [(review("a; b", 1), 2), (review("c; d", 0), 3)]);
    check::<Review>(
        &folder.file("b.csv", "text,label\nfine,1\na,b,0\n"),
        &["b.csv:3: 3 columns", "a cell with a comma"],
    );
    check::<Review>(
        &folder.file("b.csv", "text;label\nfine;1\na;b;0\n"),
        &["b.csv:3: 3 columns", "a cell with a semicolon"],
    );
    let given = read_as(&folder, "text~label\na,b~1\n", |source| source.separator = Some("~".into()));
    assert_eq!(given, [(review("a,b", 1), 2)]);
    // Line ends in quotes before the header's width is known, and a long quoted cell.
    let long = format!("text;label\n\"{}\";1\n", "line; of, text\n".repeat(9000));
    assert_eq!(found(&long)[0].0.text.len(), 15 * 9000);
}

#[test]
fn a_table_without_names_has_numbers() {
    let folder = Folder::new();
    let text = "a warm film,1\na dull film,0\n";
    check::<Review>(&folder.file("a.csv", text), &["no header line", "fields = { text = \"#1\" }"]);
    let mut source = folder.file("a.csv", text);
    source.fields = [("text", "#1"), ("label", "#2")].map(|(a, b)| (a.into(), b.into())).into();
    let expected = [(review("a warm film", 1), 1), (review("a dull film", 0), 2)];
    assert_eq!(all::<Review>(&source), expected);
    source.header = Some(false);
    assert_eq!(all::<Review>(&source), expected);
    source.header = Some(true);
    assert_eq!(all::<Review>(&source), expected[1..]);
    source.fields = [("text".into(), "sentence".into())].into();
    source.header = Some(false);
    check::<Review>(&source, &["without a header line", "sentence"]);
    source.fields.clear();
    check::<Review>(&source, &["there are: #1, #2", "fields = { text = \"#1\" }"]);
    // A column without a name, which is what pandas writes for its index.
    assert_eq!(read_as(&folder, ",text,label\n0,fine,1\n", |_| {}), [(review("fine", 1), 2)]);
}

#[test]
fn comments_and_empty_rows_are_no_records() {
    let folder = Folder::new();
    let text = "# made by hand\ntext,label\n# the first\nfine,1\n,\n\"#1 in\n# class\",0\n";
    let found = read_as(&folder, text, |source| source.comment = Some("#".into()));
    assert_eq!(found, [(review("fine", 1), 4), (review("#1 in\n# class", 0), 6)]);
    let mut source = folder.file("a.tsv", "text\tlabel\n#x\t1\nfine\t1\n\t\n");
    source.comment = Some("#".into());
    assert_eq!(all::<Review>(&source), [(review("fine", 1), 3)]);
    source.comment = None;
    assert_eq!(all::<Review>(&source).len(), 2);
    let mut source = folder.file("a.jsonl", "{}");
    source.comment = Some("#".into());
    check::<Review>(&source, &["`header` and `comment` are for CSV and TSV"]);
    source.comment = None;
    source.separator = Some(";".into());
    check::<Review>(&source, &["`separator` is for plain text, CSV and TSV"]);
    let mut source = folder.file("b.csv", "text,label\n");
    source.separator = Some("::".into());
    check::<Review>(&source, &["`separator` is \"::\"", "one character"]);
}

#[test]
fn quotes_that_are_not_doubled_are_refused_and_not_guessed() {
    let folder = Folder::new();
    check::<Review>(
        &folder.file("a.csv", "text,label\n\"he said \\\"hi\\\" twice\",1\n"),
        &["a.csv:2: text follows the quote", "written twice"],
    );
    assert_eq!(
        read_as(&folder, "text,label\n\"fine\" ,1\n5\" disk,0\n", |_| {}),
        [(review("fine", 1), 2), (review("5\" disk", 0), 3)]
    );
}

#[test]
fn rows_with_nothing_in_them_are_counted() {
    let folder = Folder::new();
    let passed = |name: &str, text: &str, limit: Option<usize>| {
        let mut source = folder.file(name, text);
        source.limit = limit;
        let mut records = read::<Review>(&source).unwrap();
        let found: Vec<usize> = records.by_ref().map(|record| record.unwrap().line).collect();
        let PassedOver { count, first } = records.passed_over();
        (found, count, first.map_or(0, |place| place.number))
    };
    let expected = (vec![2, 6], 3, 3);
    assert_eq!(passed("a.csv", "text,label\nfine,1\n,\n\n\"\",\ndull,0\n", None), expected);
    // Blank lines at the end, before the header and in a comment are none; rows of any number of empty cells are.
    assert_eq!(passed("a.csv", "\ntext;label\nfine;1\n;;;\n;\n\n\n", None), (vec![3], 2, 4));
    assert_eq!(passed("a.tsv", "text\tlabel\n\t\nfine\t1\n\n\ndull\t0\n", None), (vec![3, 6], 3, 2));
    assert_eq!(passed("a.csv", "text,label\nfine,1\n,\ndull,0\n", Some(1)), (vec![2], 0, 0));
    assert_eq!(passed("a.csv", "text,label\nfine,1\n", None), (vec![2], 0, 0));
    // A cell in quotes is there, even if it is the only one.
    let mut source = folder.file("b.csv", "text\na\n\n\"\"\nb\n");
    source.header = Some(true);
    let mut records = read::<HashMap<String, String>>(&source).unwrap();
    assert_eq!(records.by_ref().count(), 3);
    let passed = records.passed_over();
    assert_eq!((passed.count, passed.first.unwrap().number), (1, 3));
}

#[test]
fn lines_that_end_otherwise_are_named() {
    let folder = Folder::new();
    check::<Review>(&folder.file("a.csv", "text,label\rfine,1\r"), &["carriage return alone"]);
    check::<Review>(&folder.file("a.csv", "text,label\r\"a, b\",1\r"), &["carriage return alone"]);
    assert_eq!(read_as(&folder, "text,label\r\n\"a\rb\",1\r\n", |_| {}), [(review("a\rb", 1), 2)]);
}

#[test]
fn numbers_may_have_a_decimal_comma() {
    let folder = Folder::new();
    let score = |text: &str| all::<Loose>(&folder.file("a.csv", text)).remove(0).0.score;
    assert_eq!(score("text;score\nx;3,5\n"), Some(3.5));
    assert_eq!(score("text;score\nx;-1.234.567,25\n"), Some(-1234567.25));
    assert_eq!(score("text;score\nx;1,234\n"), Some(1.234));
    assert_eq!(score("text;score\nx;\n"), None);
    assert_eq!(score("text,score\nx,\"3,5\"\n"), Some(3.5));
    check::<Loose>(&folder.file("b.csv", "text,score\nx,\"1,234\"\n"), &["b.csv:2: field `score`", "1.234 or 1234"]);
    check::<Loose>(&folder.file("b.csv", "text;score\nx;3,5,1\n"), &["a number was expected"]);
    check::<Loose>(&folder.file("b.csv", "text;score\nx;nan\n"), &["a number was expected, this is \"nan\""]);
}

#[test]
fn lists_in_cells_are_lists() {
    #[derive(Deserialize, Debug, PartialEq)]
    struct Listed {
        #[serde(default)]
        tags: Vec<String>,
        #[serde(default)]
        answers: Option<Vec<Answer>>,
        #[serde(default)]
        any: Value,
        #[serde(default)]
        text: String,
    }
    let folder = Folder::new();
    let cell = |column: &str, cell: &str| {
        let source = folder.file("a.tsv", format!("{column}\tid\n{cell}\t1\n"));
        all::<Listed>(&source).remove(0).0
    };
    for written in [r#"["a", "b"]"#, "['a', 'b']", "['a' 'b']"] {
        assert_eq!(cell("tags", written).tags, ["a", "b"], "{written}");
        assert_eq!(cell("any", written).any, serde_json::json!(["a", "b"]), "{written}");
        assert_eq!(cell("text", written).text, written, "a text is what it is");
    }
    let answers = Some(vec![Answer { text: "Anna".into(), answer_start: 22 }]);
    for written in [
        r#"[{"text": "Anna", "answer_start": 22}]"#,
        r#"{"text": ["Anna"], "answer_start": [22]}"#,
        "{'text': array(['Anna'], dtype=object), 'answer_start': array([22], dtype=int32)}",
    ] {
        assert_eq!(cell("answers", written).answers, answers, "{written}");
    }
    assert_eq!(cell("answers", "[]").answers, Some(vec![]));
    assert_eq!(cell("answers", " ").answers, None, "an empty cell says nothing");
    assert_eq!(cell("tags", "[sic] fine").tags, ["[sic] fine"]);
    assert_eq!(cell("any", "[MUSIC] fine").any, Value::from("[MUSIC] fine"));
    check::<Listed>(
        &folder.file("b.tsv", "tags\tid\n[\"a\", \"b\t1\n"),
        &["b.tsv:2: field `tags`", "begins as a list"],
    );
    // Within a list, a text is what it is too.
    assert_eq!(cell("tags", r#"["[1]", "3"]"#).tags, ["[1]", "3"]);
}
