//! Tables as people's programs write them, from end to end.

use std::fs;

use crate::support::World;

/// Rows of a table whose columns `^` separates.
fn carets(world: &World) {
    let rows: String =
        (0..40).map(|i| format!("{}^What a day it was for number {i}.\n", ["good", "bad"][i % 2])).collect();
    fs::write(world.path("carets.csv"), format!("label^text\n{rows}")).unwrap();
}

#[test]
fn a_separator_that_is_not_found_out_is_named_and_given() {
    let world = World::copy_of_trained();
    carets(&world);
    let separated = ["--separator", "^"];
    let line = ["finetune", "--task", "sentiment", "--train", "carets.csv", "--from", "base", "--set", "train.steps=2"];
    world.run(&line).fails(&["taken to be separated by \",\"", "add --separator \"^\""]);
    let done = world.run(&[&line[..], &separated].concat());
    assert!(done.stderr.contains("--input FILE --separator '^'"), "{}", done.stderr);
    done.ok();
    let judge = ["evaluate", "carets-sentiment", "--data", "carets.csv"];
    world.run(&judge).fails(&["add --separator \"^\""]);
    world.run(&[&judge[..], &separated].concat()).ok();
    let predict = ["predict", "carets-sentiment", "--task", "sentiment", "--input", "carets.csv"];
    world.run(&predict).fails(&["add --separator \"^\""]);
    assert_eq!(world.run(&[&predict[..], &separated].concat()).lines().len(), 40);
    let piped = ["predict", "carets-sentiment", "--task", "sentiment", "--separator", "^"];
    assert_eq!(world.feed(&piped, "id^text\n1^fine, very\n").lines().len(), 1);
    world.feed(&[&piped[..], &["--input-format", "lines"]].concat(), "fine\n").fails(&["no columns"]);
    let refused = world.run(&[&predict[..], &["--separator", "::"]].concat());
    assert!(refused.stderr.contains("expected one character"), "{}", refused.stderr);
    world.run(&["init", "sentiment", "carets.csv", "--separator", "^"]).ok();
    let config = fs::read_to_string(world.path("carets-sentiment.toml")).unwrap();
    assert!(config.contains("separator = \"^\""), "{config}");
}

#[test]
fn numbers_and_cells_that_may_be_meant_otherwise_are_warned_of() {
    let world = World::copy_of_trained();
    let row = |i: usize| format!("{};A day, said number {i}.\n", ["1,25", "1.500", "2,5"][i % 3]);
    let quoted = "3,5;\"An open quote\n1,5;a\n1,5;b\n1,5;c\n1,5;d\n1,5;e\n1,5;f\"\n";
    let rows: String = (0..40).map(row).collect();
    fs::write(world.path("prices.csv"), format!("label;text\n{rows}{quoted}")).unwrap();
    let line = ["finetune", "--task", "sentiment", "--train", "prices.csv", "--from", "base", "--set", "train.steps=2"];
    let done = world.run(&[&line[..], &["--set", "task.sentiment.problem_type=regression"]].concat());
    for words in [
        "prices.csv:3: column `label` has 1.500, which is read as 1.5, and 1,25",
        "if 1.500 is 1500",
        "prices.csv:42: a cell in quotes goes on to line 48",
        "look like records of their own",
    ] {
        assert_eq!(done.stderr.matches(words).count(), 1, "{words}: {}", done.stderr);
    }
    done.ok();
}

#[test]
fn empty_files_of_a_folder_are_passed_over() {
    let world = World::new();
    let texts: String = (0..200).map(|i| format!("The baker sold {i} loaves of bread.\n\n")).collect();
    fs::create_dir_all(world.path("texts")).unwrap();
    for (name, text) in [("a.txt", texts.as_str()), ("b.txt", ""), ("c.txt", "\n \n"), ("d.txt", &texts)] {
        fs::write(world.path("texts").join(name), text).unwrap();
    }
    let quick = [
        "--preset",
        "micro",
        "--set",
        "train.steps=1",
        "--set",
        "tokenizer.vocab_size=300",
        "--set",
        "corpus.validation=0",
    ];
    let done = world.run(&[&["pretrain", "--text", "texts"][..], &quick].concat());
    assert!(done.stderr.contains("b.txt: no records in this file and 1 more; they are passed over"), "{}", done.stderr);
    done.ok();
    world
        .run(&[&["pretrain", "--text", "texts/b.txt"][..], &quick].concat())
        .fails(&["the file is empty", "leave it out"]);
}
