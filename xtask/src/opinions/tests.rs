//! What must hold for the data set, whatever the words.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value;

use super::lexicon::{KEPT, side};
use super::*;

static FILES: LazyLock<Vec<(String, String)>> = LazyLock::new(files);

/// Text and label of every record of a split.
fn records(name: &str) -> Vec<(String, String)> {
    let (_, text) = FILES.iter().find(|(path, _)| path == &format!("{name}.jsonl")).expect("a split");
    let parse = |line: &str| serde_json::from_str::<Value>(line).expect("a line is an object");
    let field = |row: &Value, name: &str| row[name].as_str().expect("a string").to_string();
    text.lines().map(parse).map(|row| (field(&row, "text"), field(&row, "label"))).collect()
}

#[test]
fn texts_are_ascii_short_and_have_no_open_gaps() {
    let size: usize = FILES.iter().map(|(_, text)| text.len()).sum();
    assert!(size < 1_500_000, "{size} bytes");
    for name in ["train", "dev", "test"] {
        for (text, _) in records(name) {
            assert!(text.is_ascii() && !text.contains(['{', '}', '~', '*', '\n']), "{text}");
            assert!(
                !text.contains("  ") && !text.contains(" .") && !text.contains(" ,") && text.trim() == text,
                "{text}"
            );
        }
    }
}

#[test]
fn verdicts_are_balanced_and_no_text_is_told_twice() {
    let mut seen = BTreeMap::new();
    for (name, count) in [("train", 12_000), ("dev", 1000), ("test", 1000)] {
        let records = records(name);
        assert_eq!(records.len(), count);
        assert_eq!(records.iter().filter(|(_, label)| label == "positive").count(), count / 2);
        for (text, _) in records {
            assert!(seen.insert(key(&contracted(&text)), name).is_none(), "{text}");
        }
    }
}

#[test]
fn words_kept_back_are_tested_but_not_trained_on() {
    for (text, _) in records("train") {
        assert!(!has_kept(&text), "{text}");
    }
    let records = records("test");
    let fresh = records.iter().filter(|(text, _)| has_kept(text)).count();
    assert!(fresh > records.len() / 2, "{fresh}");
    assert!((500..1000).contains(&KEPT.len()), "{}", KEPT.len());
}

#[test]
fn both_sides_have_many_words() {
    for praise in [true, false] {
        let side = side(praise);
        assert!(side.any.len() + side.story.len() >= 450);
        assert!(side.nouns.len() + side.qualities.len() >= 240);
        assert!(side.deeds.len() + side.story_deeds.len() >= 190);
        assert!(side.manner.len() + side.degree.len() >= 110);
        for list in side.lists() {
            assert!(list.len() >= 16);
        }
    }
}

#[test]
fn half_of_the_texts_say_plainly_what_they_mean() {
    let plain: usize = FAMILIES[..4].iter().map(|family| family.weight).sum();
    let all: usize = FAMILIES.iter().map(|family| family.weight).sum();
    assert_eq!(all, 100);
    assert!((45..=55).contains(&plain), "{plain} of {all}");
}
