//! Quotes that are missing, or stand where they should not.

use super::*;

/// The lines of the records that can be read, and what is wrong with the others.
fn found(source: &Source) -> (Vec<usize>, Vec<String>) {
    let (mut lines, mut errors) = (Vec::new(), Vec::new());
    for record in read::<Review>(source).unwrap() {
        match record {
            Ok(located) => lines.push(located.line),
            Err(e) => errors.push(e.to_string()),
        }
    }
    (lines, errors)
}

/// A table of 300 rows, of which some are others.
fn table(others: &[(usize, &str)]) -> String {
    let row = |line: usize| match others.iter().find(|(other, _)| *other == line) {
        Some((_, row)) => format!("{row}\n"),
        None => format!("{line};fine;1\n"),
    };
    format!("id;text;label\n{}", (2..302).map(row).collect::<String>())
}

fn without(lines: &[usize]) -> Vec<usize> {
    (2..302).filter(|line| !lines.contains(line)).collect()
}

#[test]
fn a_quote_that_nothing_closes_takes_no_other_rows_with_it() {
    let folder = Folder::new();
    let (lines, errors) = found(&folder.file("a.csv", table(&[(252, "250;\"fine;1")])));
    assert_eq!((lines, errors.len()), (without(&[252]), 1));
    for words in ["a.csv:252: a quote opens in this record that nothing closes", "goes on at line 253"] {
        assert!(errors[0].contains(words), "{words}: {}", errors[0]);
    }
    // The next such quote seems to close it.
    let (lines, errors) = found(&folder.file("a.csv", table(&[(102, "1;\"fine;1"), (202, "2;\"fine;1")])));
    assert_eq!((lines, errors.len()), (without(&[102, 202]), 2), "{errors:?}");
    assert!(errors[0].contains("a.csv:102: text follows the quote that closes a cell (in line 202)"), "{}", errors[0]);
    assert!(errors[0].contains("goes on at line 103") && errors[1].contains("a.csv:202:"), "{errors:?}");
    // What closes it is part of a row of its own.
    let (lines, errors) = found(&folder.file("a.csv", table(&[(102, "1;\"fine;1"), (202, "2;fine\";x;1")])));
    assert_eq!((lines, errors.len()), (without(&[102, 202]), 2), "{errors:?}");
    assert!(errors[0].contains("a.csv:102: 4 columns") && errors[0].contains("goes on at line 103"), "{errors:?}");
    // In the last row, and in neighbours.
    let (lines, errors) = found(&folder.file("a.csv", table(&[(301, "1;\"fine;1")])));
    assert_eq!((lines, errors.len()), (without(&[301]), 1));
    let (lines, errors) = found(&folder.file("a.csv", table(&[(5, "1;\"fine;1"), (6, "2;\"fine;1")])));
    assert_eq!((lines, errors.len()), (without(&[5, 6]), 2), "{errors:?}");
}

#[test]
fn lines_of_a_bad_record_are_no_records() {
    let folder = Folder::new();
    let text = "id;text;label\n1;\"he said \"\"a\"\"\nthen b\nthen \" c;1\n2;fine;1\n";
    let (lines, errors) = found(&folder.file("a.csv", text));
    assert_eq!((lines, errors.len()), (vec![5], 1), "{errors:?}");
    assert!(errors[0].contains("the record goes on to line 4, which is left out with it"), "{}", errors[0]);
}

#[test]
fn a_header_with_a_quote_too_many_is_no_record() {
    let folder = Folder::new();
    for header in ["id;\"text;label", "id;\"text\" x;label"] {
        let mut source = folder.file("a.csv", format!("{header}\n1;fine;1\n2;fine;1\n"));
        source.separator = Some(";".into());
        let (lines, errors) = found(&source);
        assert_eq!((lines.len(), errors.len()), (0, 1), "{errors:?}");
        assert!(errors[0].starts_with(&folder.0.path().join("a.csv:1: ").display().to_string()), "{errors:?}");
    }
}
