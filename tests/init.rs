//! Configs written after a look at data, and what is said of columns.

use std::fs;

use crate::oneline::{QUICK, sheet};
use crate::support::World;

#[test]
fn a_config_for_data_with_gaps_runs_as_it_is() {
    let world = World::copy_of_trained();
    let row = |i: usize| {
        let (mood, word) = if i.is_multiple_of(2) { ("good", "fine") } else { ("bad", "poor") };
        let text = if i % 10 == 3 { String::new() } else { format!("What a {word} day it was, said number {i}.") };
        format!("{},{text:?}\n", if i % 20 == 4 { "" } else { mood })
    };
    fs::write(world.path("gaps.csv"), format!("label,text\n{}", (0..40).map(row).collect::<String>())).unwrap();
    let told = world.run(&["init", "gaps.csv", "--from", "base"]);
    for words in
        ["4 of 40 records have nothing in \"text\"", "2 of 40 records have nothing in \"label\"", "leaves them out"]
    {
        assert!(told.stderr.contains(words), "{words:?} is not in:\n{}", told.stderr);
    }
    told.ok();
    let config = fs::read_to_string(world.path("gaps-sentiment.toml")).unwrap();
    assert!(config.contains("# of 40 records, 4 have no text, 2 have no label: these are left out\n"), "{config}");
    assert!(config.contains("\non_bad = \"skip\"\nmax_skipped = 0.16 "), "{config}");
    let done = world.run(&[&["finetune", "gaps-sentiment.toml"][..], &QUICK].concat());
    let count = |what: &str| -> usize {
        let line =
            done.stderr.lines().find(|line| line.contains(" cannot be used and are left out") && line.contains(what));
        line.map_or(0, |line| line.split(": ").nth(2).unwrap().split(' ').next().unwrap().parse().unwrap())
    };
    assert_eq!(count("warning: training") + count("warning: validation"), 6, "{}", done.stderr);
    done.ok();
    // So does one for data in which a line cannot be read.
    let sound =
        |i: usize| format!("{{\"text\": \"number {i}\", \"label\": {}}}\n", ["[\"a\", \"b\"]", "[\"b\"]", "[]"][i % 3]);
    fs::write(world.path("lists.jsonl"), (0..60).map(sound).collect::<String>() + "{\"text\": \n").unwrap();
    let told = world.run(&["init", "sentiment", "lists.jsonl", "--from", "base"]);
    assert!(told.stderr.contains("1 of 61 records cannot be read"), "{}", told.stderr);
    assert!(told.stderr.contains("several labels a record"), "{}", told.stderr);
    told.ok();
    let config = fs::read_to_string(world.path("lists-sentiment.toml")).unwrap();
    assert!(config.contains("multi_label") && config.contains("# of 61 records, 1 cannot be read: these"), "{config}");
    world.run(&[&["finetune", "lists-sentiment.toml"][..], &QUICK].concat()).ok();
    // Of several labels, an empty cell is none of them.
    let cell = |i: usize| format!("\"number {i}\",{}\n", ["a|b", "b", "", "a"][i % 4]);
    fs::write(world.path("cells.csv"), format!("text,label\n{}", (0..40).map(cell).collect::<String>())).unwrap();
    world.run(&["init", "cells.csv", "--from", "base"]).ok();
    assert!(!fs::read_to_string(world.path("cells-sentiment.toml")).unwrap().contains("on_bad"));
    // One that has none stops at a bad record.
    sheet(&world);
    world.run(&["init", "reviews.csv", "--from", "base"]).ok();
    assert!(!fs::read_to_string(world.path("reviews-sentiment.toml")).unwrap().contains("on_bad"));
}

#[test]
fn a_config_takes_targets_for_what_they_are_and_its_name_from_its_file() {
    let world = World::copy_of_trained();
    let tags = ["food", "\"food, price\"", "\"price, place\"", "place"];
    let row = |i: usize| format!("r{i},\"What a day it was, said number {i}.\",{},{},\"{i},5\"\n", tags[i % 4], i % 5);
    let rows: String = (0..40).map(row).collect();
    fs::write(world.path("all.csv"), format!("id,text,tags,stars,price\n{rows}")).unwrap();
    for (label, words, settings) in [
        ("tags", "several labels a record", "problem_type = \"multi_label_classification\"\nseparator = \",\"\n"),
        ("price", "many different numbers", "problem_type = \"regression\"\n"),
        ("stars", "are taken for classes", "[task.sentiment]\n\n"),
    ] {
        let (out, field) = (format!("{label}.toml"), format!("label={label}"));
        let line = ["init", "sentiment", "all.csv", "--from", "base", "--field", &field, "--out", &out];
        let told = world.run(&line);
        assert!(told.stderr.contains(words), "{words:?} is not in:\n{}", told.stderr);
        assert!(!told.stderr.contains("there is a run"), "{}", told.stderr);
        told.ok();
        let config = fs::read_to_string(world.path(&out)).unwrap();
        assert!(config.contains(settings) && config.contains(&format!("run = \"{label}\"")), "{config}");
        world.run(&[&["finetune", &out][..], &QUICK].concat()).ok();
        fs::remove_file(world.path(&out)).unwrap();
        let again = world.run(&line);
        assert!(again.stderr.contains(&format!("there is a run {label:?} already")), "{}", again.stderr);
    }
}

#[test]
fn what_is_missing_names_the_option_that_helps() {
    let world = World::copy_of_trained();
    fs::write(world.path("other.csv"), "text,x1\na day,p\na night,q\n").unwrap();
    let line = ["finetune", "--task", "sentiment", "--train", "other.csv", "--from", "base"];
    world.run(&line).fails(&["no label", "--field label=COLUMN"]);
    fs::write(world.path("bad.jsonl"), "{\"text\": \n".to_owned() + &"{\"text\": \"a day\"}\n".repeat(60)).unwrap();
    let line = ["pretrain", "--text", "bad.jsonl", "--dry-run"];
    world.run(&line).fails(&["--on-bad skip"]);
    world.run(&[&line[..], &["--on-bad", "skip"]].concat()).ok();
}
