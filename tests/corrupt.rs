//! `data corrupt`: pairs to practise correction on.

use std::fs;

use serde_json::Value;

use crate::support::World;

fn pairs(world: &World, name: &str) -> Vec<(String, String)> {
    let text = fs::read_to_string(world.path(name)).unwrap();
    let rows = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    rows.map(|row| (row["source"].as_str().unwrap().to_owned(), row["corrections"][0].as_str().unwrap().to_owned()))
        .collect()
}

#[test]
fn a_corpus_becomes_pairs_with_errors_and_without() {
    let world = World::new();
    let line = ["data", "corrupt", "data/corpus.jsonl", "--seed", "7", "--out"];
    let first = world.run(&[&line[..], &["one.jsonl"]].concat());
    assert!(
        first.stderr.contains("30 pairs, of which") && first.stderr.contains("no more sentences"),
        "{}",
        first.stderr
    );
    first.ok();
    let made = pairs(&world, "one.jsonl");
    let same = made.iter().filter(|(source, right)| source == right).count();
    assert!(made.len() == 30 && (2..20).contains(&same), "{same}");
    assert!(made.iter().all(|(_, right)| right.starts_with("On day ") && right.ends_with('.')));
    // The same seed gives the same file, another one another; fewer pairs are some of the same sentences.
    world.run(&[&line[..], &["two.jsonl"]].concat()).ok();
    assert_eq!(pairs(&world, "two.jsonl"), made);
    world.run(&[&line[..3], &["--seed", "8", "--out", "three.jsonl"]].concat()).ok();
    assert_ne!(pairs(&world, "three.jsonl"), made);
    world.run(&[&line[..], &["few.jsonl", "--pairs", "5"]].concat()).ok();
    let few = pairs(&world, "few.jsonl");
    assert!(few.len() == 5 && few.iter().all(|pair| made.contains(pair)), "{few:?}");
}

#[test]
fn rates_and_language_say_which_errors_there_are() {
    let world = World::new();
    let line = ["data", "corrupt", "data/corpus.jsonl", "--right", "0", "--out"];
    let none = ["spelling=0", "order=0", "punctuation=0"].map(|rate| ["--rate", rate]).concat();
    world.run(&[&line[..], &["other.jsonl", "--language", "other"], &none].concat()).ok();
    assert!(pairs(&world, "other.jsonl").iter().all(|(source, right)| source == right));
    world.run(&[&line[..], &["en.jsonl", "--rate", "tense=0", "--rate", "articles=1"], &none].concat()).ok();
    assert!(pairs(&world, "en.jsonl").iter().all(|(source, _)| !source.contains(" at the market")));
}

#[test]
fn mistakes_are_named_and_leave_no_file() {
    let world = World::new();
    world.data("names.jsonl", "{\"text\": \"Ada\"}\n{\"text\": \"1 2 3 4 5 6 7 8 9 10 11 12.\"}\n");
    let line = |more: &[&'static str]| [&["data", "corrupt", "--out", "out.jsonl"], more].concat();
    world.run(&line(&["data/names.jsonl"])).fails(&["names.jsonl", "no sentence", "three words"]);
    world.run(&line(&["data/no.jsonl"])).fails(&["no.jsonl"]);
    world.run(&line(&["data/corpus.jsonl", "--text", "body"])).fails(&["body"]);
    for (rate, words) in
        [("speling=1", "these are: spelling, confusion"), ("spelling=2", "from 0 to 1"), ("spelling", "spelling=0.1")]
    {
        let refused = world.run(&line(&["data/corpus.jsonl", "--rate", rate]));
        assert!(refused.code == 2 && refused.stderr.contains(words), "{}", refused.stderr);
    }
    let dry = world.run(&line(&["data/corpus.jsonl", "--dry-run"]));
    assert!(dry.stderr.contains("would write at most 100000 pairs to out.jsonl"), "{}", dry.stderr);
    assert!(dry.code == 0 && !world.path("out.jsonl").exists());
    fs::write(world.path("out.jsonl"), "mine").unwrap();
    world.run(&line(&["data/corpus.jsonl"])).fails(&["out.jsonl is there already", "--overwrite"]);
    assert_eq!(fs::read_to_string(world.path("out.jsonl")).unwrap(), "mine");
    world.run(&line(&["data/corpus.jsonl", "--overwrite"])).ok();
}
