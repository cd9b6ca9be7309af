use super::*;

const FIELDS: &[Field] = &[
    Field { name: "text", kind: FieldKind::Text, also: &["review", "sentence"], target: false },
    Field { name: "label", kind: FieldKind::Class, also: &["stars", "class"], target: true },
];

fn file(name: &str, content: &str) -> (tempfile::TempDir, Source) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join(name), content).unwrap();
    let source = Source::new(dir.path().join(name));
    (dir, source)
}

fn guessed(content: &str) -> Vec<(&'static str, String, u32)> {
    let (_dir, source) = file("a.csv", content);
    let columns = columns(&[source], 1000).unwrap().columns;
    let found = guess(FIELDS, &columns, &BTreeMap::new());
    found.into_iter().map(|guess| (guess.field, guess.column, guess.weight)).collect()
}

#[test]
fn columns_are_found_by_name_and_else_by_what_they_hold() {
    let rows = |head: &str| {
        let row = |i: usize| format!("{i},{},\"a text of some words, number {i}\",{}\n", i % 2, ["x", "y", "z"][i % 3]);
        format!("{head}\n{}", (0..12).map(row).collect::<String>())
    };
    let by_name = guessed(&rows("id,Stars,Review,city"));
    assert_eq!(by_name, [("text", "Review".into(), 3), ("label", "Stars".into(), 3)]);
    let by_content = guessed(&rows("nr,a,b,c"));
    assert_eq!(by_content, [("text", "b".into(), 1), ("label", "a".into(), 1)]);
}

#[test]
fn a_name_of_the_row_is_no_target() {
    const SHORT: &[Field] = &[
        Field { name: "document", kind: FieldKind::Text, also: &["text"], target: false },
        Field { name: "summary", kind: FieldKind::Part, also: &[], target: true },
    ];
    for head in ["id", "code"] {
        let row = |i: usize| format!("r{i},\"some words of row {i}\",{}\n", i % 2);
        let (_dir, source) = file("a.csv", &format!("{head},text,x\n{}", (0..8).map(row).collect::<String>()));
        let columns = columns(&[source], 1000).unwrap().columns;
        let found = guess(SHORT, &columns, &BTreeMap::new());
        assert_eq!(found.iter().map(|guess| guess.field).collect::<Vec<_>>(), ["document"], "{head}");
    }
}

#[test]
fn targets_of_several_classes_and_of_numbers_are_seen() {
    let targets = |value: &dyn Fn(usize) -> String| {
        let rows: String = (0..60).map(|i| format!("\"{}\"\n", value(i))).collect();
        let (_dir, source) = file("a.csv", &format!("x\n{rows}"));
        columns(&[source], 1000).unwrap().columns[0].targets()
    };
    let of = |all: &'static [&'static str]| move |i: usize| all[i % all.len()].to_owned();
    assert_eq!(targets(&of(&["food", "food, price", "price, place", "place"])), Some(Targets::Several(',')));
    assert_eq!(targets(&of(&["a|b", "b", "a", "c|a|b", "c"])), Some(Targets::Several('|')));
    assert_eq!(targets(&of(&["World", "Sports", "Sci/Tech", "n/a"])), None);
    assert_eq!(targets(&of(&["1", "2", "3", "4", "5"])), None);
    assert_eq!(targets(&|i| format!("{i},5")), Some(Targets::Numbers));
    assert_eq!(targets(&of(&["['a', 'b']", "['b']", "[]"])), Some(Targets::Lists));
    assert_eq!(targets(&of(&["['a']", "['b']"])), None);
    let rows = "{\"x\": [\"a\", \"b\"]}\n{\"x\": []}\n{\"x\": [\"b\"]}\n{\"x\n";
    let (_dir, source) = file("a.jsonl", rows);
    let looked = columns(&[source], 1000).unwrap();
    assert_eq!(looked.columns[0].targets(), Some(Targets::Lists));
    assert_eq!((looked.rows, looked.bad.count), (3, 1));
}

#[test]
fn numbers_are_a_target_where_there_are_no_classes_and_what_never_changes_is_none() {
    let row = |i: usize| format!("{i},\"a text of some words, number {i}\",{i}.5,same\n");
    let rows: String = (0..30).map(row).collect();
    let expected = [("text", "review".to_owned(), 3), ("label", "grade".to_owned(), 0)];
    assert_eq!(guessed(&format!("nr,review,grade,class\n{rows}")), expected);
}

#[test]
fn what_cannot_be_a_field_is_not_guessed() {
    // Numbers called `text`, and no value that occurs twice.
    assert_eq!(guessed("text,x\n1,2\n3,4\n5,6\n"), []);
}

#[test]
fn a_column_is_described_by_what_it_holds() {
    let (_dir, source) = file("a.jsonl", "{\"a\": \"x y\", \"b\": 1.5, \"c\": [1]}\n{\"a\": \" \", \"b\": 2}\n");
    let Looked { columns, rows, .. } = columns(&[source], 1000).unwrap();
    let told: Vec<String> = columns.iter().map(|column| column.described(rows)).collect();
    assert_eq!(told, ["text of 2 words on average, 2 at most, 1 empty", "numbers", "lists or objects, 1 empty"]);
}
