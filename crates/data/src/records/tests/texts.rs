//! Plain text, where it lies, and what files are that are none.

use super::damage::check;
use super::*;

fn texts(source: &Source) -> Vec<(String, usize)> {
    all::<Loose>(source).into_iter().map(|(record, line)| (record.text, line)).collect()
}

fn separated(folder: &Folder, text: &str, separator: &str) -> Vec<(String, usize)> {
    texts(&Source { separator: Some(separator.into()), ..folder.file("a.txt", text) })
}

#[test]
fn a_separator_says_what_a_document_is() {
    let folder = Folder::new();
    let expected = [("One.\n\nStill one.".to_string(), 2), ("Two.".to_string(), 7)];
    let text = "\nOne.\n\nStill one.\n<|end|>\n\nTwo.\n<|end|>\n";
    assert_eq!(separated(&folder, text, "<|end|>"), expected);
    assert_eq!(
        separated(&folder, "a<|end|>b<|end|><|end|>c", "<|end|>"),
        [("a".into(), 1), ("b".into(), 1), ("c".into(), 1)]
    );
    assert_eq!(separated(&folder, "a\r\n\r\n b\n\nc", "\n"), [("a".into(), 1), (" b".into(), 3), ("c".into(), 5)]);
    let blank = [("a\nb".to_string(), 2), ("c".to_string(), 6)];
    assert_eq!(separated(&folder, "\na\nb\n \n\nc\n", "\n\n"), blank);
    assert_eq!(
        separated(&folder, "\r\na\nb\r\n\r\n\r\nc\n\n", "\n\n").iter().map(|(_, line)| *line).collect::<Vec<_>>(),
        [2, 6]
    );
    assert_eq!(separated(&folder, "One.\nTwo.\n", "<|end|>"), [("One.\nTwo.".into(), 1)]);
    // Longer than what is read at once, and a separator across two such parts.
    let long = "x".repeat((64 << 10) - 3);
    let found = separated(&folder, &format!("{long}<|end|>{long}\n{long}"), "<|end|>");
    assert_eq!(
        found.iter().map(|(text, line)| (text.len(), *line)).collect::<Vec<_>>(),
        [(long.len(), 1), (long.len() * 2 + 1, 1)]
    );
    check::<Loose>(&Source { separator: Some(String::new()), ..folder.file("a.txt", "x") }, &["`separator` is empty"]);
}

#[test]
fn bzip2_and_xz_are_read_too() {
    let folder = Folder::new();
    let text =
        (0..20_000).map(|i| format!("{{\"text\": \"{}\", \"label\": 1}}\n", i * 7919 % 20_000)).collect::<String>();
    let mut bz2 = bzip2::write::BzEncoder::new(Vec::new(), Default::default());
    bz2.write_all(text.as_bytes()).unwrap();
    let bz2 = bz2.finish().unwrap();
    let mut xz = liblzma::write::XzEncoder::new(Vec::new(), 6);
    xz.write_all(text.as_bytes()).unwrap();
    let xz = xz.finish().unwrap();
    for (name, bytes, kind) in [("a.jsonl.bz2", bz2, "bzip2"), ("a.jsonl.xz", xz, "xz")] {
        assert_eq!(all::<Review>(&folder.file(name, &bytes)).len(), 20_000, "{name}");
        assert_eq!(all::<Review>(&folder.file(name, [&bytes[..], &bytes].concat())).len(), 40_000, "two in one file");
        for keep in [bytes.len() - 1, bytes.len() / 2, 9] {
            check::<Review>(&folder.file(name, &bytes[..keep]), &[&format!("the {kind} file is truncated")]);
        }
        let mut damaged = bytes.clone();
        damaged[bytes.len() / 2] ^= 0xff;
        let records: Vec<_> = read::<Review>(&folder.file(name, &damaged)).unwrap().collect();
        assert!(records.iter().any(Result::is_err), "damage to {name} went unnoticed");
        check::<Review>(&folder.file(name, &text), &[&format!("not a sound {kind} file")]);
        check::<Review>(&folder.file("plain.jsonl", &bytes), &["looks like a"]);
    }
}

#[test]
fn files_of_other_programs_are_named() {
    let folder = Folder::new();
    for (name, expected) in [
        ("a.xlsx", "save the sheet as CSV"),
        ("a.docx", "save its text as .txt"),
        ("a.pdf", "pdftotext"),
        ("a.zip", "unpack it"),
        ("a.arrow", "to_parquet"),
    ] {
        check::<Review>(&folder.file(name, "x"), &[expected]);
    }
    for (bytes, expected) in [
        (&b"PK\x03\x04\x14\x00"[..], "spreadsheet"),
        (b"%PDF-1.7\n%\xe2\xe3", "a PDF"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull"),
    ] {
        for name in ["b.csv", "b.jsonl", "b.txt", "b.json"] {
            check::<Review>(&folder.file(name, bytes), &[name, expected]);
        }
    }
    check::<Review>(&folder.file("b.parquet", "version https://git-lfs.github.com/spec/v1\n"), &["git lfs pull"]);
}

#[test]
fn folders_within_folders_are_found_by_two_stars() {
    let folder = Folder::new();
    let write = |path: &str| {
        let path = folder.0.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, path.file_stem().unwrap().to_str().unwrap()).unwrap();
    };
    ["a.txt", "b/c.txt", "b/d/e.txt", "b/d/f.md", ".hidden/g.txt", "h/i.txt"].iter().for_each(|path| write(path));
    let found = |pattern: &str| {
        texts(&Source::new(folder.0.path().join(pattern))).into_iter().map(|(text, _)| text).collect::<String>()
    };
    assert_eq!(found("**/*.txt"), "acei");
    assert_eq!(found("**"), "acefi");
    assert_eq!(found("b/**/*.txt"), "ce");
    assert_eq!(found("*/c.txt"), "c");
    assert_eq!(found("b/*/*.md"), "f");
    assert_eq!(found("b/d"), "e", "a text with another ending may be about the data");
    assert_eq!(found("b/d/f.md"), "f");
    check::<Loose>(&Source::new(folder.0.path().join("**/*.csv")), &["no file with a known ending"]);
}
