//! `datasets/village`: a small written world, the same to the byte wherever it is generated.
//!
//! Data flow: `world` (who, where, what) → `events` and `affairs` (what happens, and how it is told) →
//! `tell` (sentences that know where their facts stand) → the corpus and the three labelled sets.

mod affairs;
mod chronicles;
mod entities;
mod events;
mod guestbook;
mod kinds;
mod lessons;
mod lexicon;
mod prose;
mod questions;
mod reviews;
mod rounds;
mod scraps;
mod tell;
mod words;
mod world;

use std::collections::BTreeSet;

use serde_json::json;

use world::{Dice, Split};

/// Writes a document of one genre.
type Genre = fn(&mut Dice) -> String;

/// Different documents as JSONL.
fn jsonl(name: &str, count: usize, seed: u64, document: Genre) -> String {
    let mut dice = Dice::new(seed);
    let mut text = String::new();
    let mut seen = BTreeSet::new();
    while seen.len() < count {
        let document = document(&mut dice);
        if !seen.contains(&document) {
            text.push_str(&json!({"id": format!("{name}-{:04}", seen.len()), "text": document}).to_string());
            text.push('\n');
            seen.insert(document);
        }
    }
    text
}

/// Every generated file: its path below `datasets/village` and its text.
pub fn files() -> Vec<(String, String)> {
    let corpus: [(&str, usize, Genre); 6] = [
        ("lessons", 5000, lessons::lesson),
        ("guestbook", 3000, guestbook::page),
        ("chronicles", 1800, chronicles::entry),
        ("words", 1500, words::lesson),
        ("rounds", 2400, rounds::round),
        ("prose", 1500, prose::document),
    ];
    let mut files: Vec<(String, String)> = (1..)
        .zip(corpus)
        .map(|(seed, (name, count, write))| (format!("corpus/{name}.jsonl"), jsonl(name, count, seed, write)))
        .collect();
    let mut seen = BTreeSet::new();
    let sets = [
        ("train", 800, reviews::Vocabulary::Labelled, 10),
        ("dev", 300, reviews::Vocabulary::HeldOut, 11),
        ("test", 800, reviews::Vocabulary::HeldOut, 12),
    ];
    for (name, count, vocabulary, seed) in sets {
        let rows = reviews::labelled(count, vocabulary, &seen, &mut Dice::new(seed));
        files.push((format!("sentiment/{name}.jsonl"), reviews::jsonl(&rows)));
        seen.extend(rows.into_iter().map(|(text, _)| text));
    }
    for (name, count, split, seed) in
        [("train", 800, Split::Train, 20), ("dev", 200, Split::HeldOut, 21), ("test", 300, Split::HeldOut, 22)]
    {
        let text = chronicles::jsonl(count, split, &mut Dice::new(seed));
        files.push((format!("summarization/{name}.jsonl"), text));
    }
    for (name, count, split, seed) in
        [("train", 2000, Split::Train, 30), ("dev", 300, Split::HeldOut, 31), ("test", 800, Split::HeldOut, 32)]
    {
        let text = questions::squad(name, split, count, &mut Dice::new(seed));
        files.push((format!("qa/{name}.json"), text));
    }
    for (name, count, split, seed) in [("train", 800, Split::Train, 40), ("test", 400, Split::HeldOut, 41)] {
        let text = entities::jsonl(count, split, &mut Dice::new(seed));
        files.push((format!("entities/{name}.jsonl"), text));
    }
    files
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use serde_json::Value;

    use super::*;

    static FILES: LazyLock<Vec<(String, String)>> = LazyLock::new(files);

    fn file(name: &str) -> &'static str {
        let found = FILES.iter().find(|(path, _)| path == name);
        &found.unwrap_or_else(|| panic!("no file {name}")).1
    }

    /// All that a backbone is pretrained on.
    fn corpus() -> String {
        FILES.iter().filter(|(path, _)| path.starts_with("corpus/")).map(|(_, text)| text.as_str()).collect()
    }

    /// Every text under `field`, in JSONL.
    fn texts(jsonl: &str, field: &str) -> BTreeSet<String> {
        let parse = |line: &str| serde_json::from_str::<Value>(line).expect("a line is an object");
        jsonl.lines().map(|line| parse(line)[field].as_str().expect("a string").to_string()).collect()
    }

    #[test]
    fn texts_are_ascii_and_have_no_open_gaps() {
        for (name, text) in FILES.iter() {
            assert!(text.is_ascii(), "{name}");
            for line in text.lines().filter(|_| name.ends_with(".jsonl")) {
                // A record has braces around it, and so has each entity.
                let braces = 2 + 2 * line.matches("\"start\":").count();
                assert_eq!(line.matches(['{', '}']).count(), braces, "{name}: {line}");
                assert!(!line.contains("  ") && !line.contains(" ."), "{name}: {line}");
            }
        }
    }

    #[test]
    fn answers_stand_where_they_are_said_to() {
        let mut unanswerable = 0;
        let data: Value = serde_json::from_str(file("qa/test.json")).expect("JSON");
        for paragraph in
            data["data"].as_array().expect("data").iter().flat_map(|part| part["paragraphs"].as_array()).flatten()
        {
            let context = paragraph["context"].as_str().expect("context");
            for question in paragraph["qas"].as_array().expect("qas") {
                let answers = question["answers"].as_array().expect("answers");
                assert_eq!(answers.is_empty(), question["is_impossible"], "{question}");
                unanswerable += usize::from(answers.is_empty());
                for answer in answers {
                    let start = usize::try_from(answer["answer_start"].as_u64().expect("number")).expect("small");
                    assert!(context[start..].starts_with(answer["text"].as_str().expect("text")), "{question}");
                }
            }
        }
        assert!((90..=160).contains(&unanswerable), "{unanswerable} of 800");
    }

    #[test]
    fn entities_are_marked_where_they_stand() {
        let mut kinds = BTreeSet::new();
        let mut names = [BTreeSet::new(), BTreeSet::new()];
        for (set, names) in ["train", "test"].iter().zip(&mut names) {
            for line in file(&format!("entities/{set}.jsonl")).lines() {
                let record: Value = serde_json::from_str(line).expect("JSON");
                for entity in record["entities"].as_array().expect("a list") {
                    let [start, end] = ["start", "end"]
                        .map(|key| usize::try_from(entity[key].as_u64().expect("number")).expect("small"));
                    let said = &record["text"].as_str().expect("text")[start..end];
                    let kind = entity["type"].as_str().expect("type");
                    assert!(!said.is_empty() && said.trim() == said, "{line}");
                    kinds.insert(kind.to_owned());
                    if kind == "person" {
                        names.insert(said.to_owned());
                    }
                }
            }
        }
        assert!(kinds.iter().eq(["person", "place", "price"]));
        assert!(names[1].difference(&names[0]).count() > 4, "people whom train does not know");
    }

    #[test]
    fn nothing_tested_was_trained_on() {
        for (set, field) in [("sentiment", "text"), ("summarization", "document")] {
            let train = texts(file(&format!("{set}/train.jsonl")), field);
            let corpus = corpus();
            for text in texts(file(&format!("{set}/test.jsonl")), field) {
                assert!(!train.contains(&text) && !corpus.contains(&text), "{text}");
            }
        }
        let corpus = corpus();
        let data: Value = serde_json::from_str(file("qa/test.json")).expect("JSON");
        for part in data["data"].as_array().expect("data") {
            for paragraph in part["paragraphs"].as_array().expect("paragraphs") {
                let context = paragraph["context"].as_str().expect("context");
                assert!(!corpus.contains(context) && !file("qa/train.json").contains(context), "{context}");
            }
        }
    }

    #[test]
    fn words_kept_for_the_corpus_are_tested_but_never_labelled_in_train() {
        let all =
            lexicon::Aspect::ALL.iter().flat_map(|aspect| [true, false].map(|praise| aspect.polar(praise))).flatten();
        let kept: BTreeSet<&str> = all.filter(|word| lexicon::only_in_corpus(word)).collect();
        assert!(kept.len() > 20, "{kept:?}");
        let uses = |text: &str| text.split(|c: char| !c.is_alphabetic() && c != '-').any(|word| kept.contains(word));
        assert!(!texts(file("sentiment/train.jsonl"), "text").iter().any(|text| uses(text)));
        let test = texts(file("sentiment/test.jsonl"), "text");
        assert!(test.iter().filter(|text| uses(text)).count() > test.len() / 3);
    }

    #[test]
    fn every_polarity_word_is_frequent_in_the_corpus() {
        let corpus = corpus();
        for word in
            lexicon::Aspect::ALL.iter().flat_map(|aspect| [true, false].map(|praise| aspect.polar(praise))).flatten()
        {
            let count = corpus.match_indices(word).count();
            assert!(count >= 25, "{word}: {count}");
        }
    }
}
