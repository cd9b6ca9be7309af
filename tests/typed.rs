//! What messages say to those who typed options and no config.

use std::fs;

use crate::oneline::{FIELDS, QUICK, sheet};
use crate::support::World;

#[test]
fn usual_names_of_columns_are_known() {
    let world = World::copy_of_trained();
    let row = |i: usize| format!("What a day it was number {i}.,{}\n", ["good", "bad"][i % 2]);
    let rows: String = (0..40).map(row).collect();
    fs::write(world.path("named.csv"), format!("Review,stars\n{rows}")).unwrap();
    let line = ["finetune", "--task", "sentiment", "--from", "base", "--train"];
    let tuned = world.run(&[&line[..], &["named.csv"], &QUICK].concat());
    for words in ["no column is called text: \"Review\" is taken for it", "label: \"stars\"", "--field label=COLUMN"] {
        assert!(tuned.stderr.contains(words), "{words:?} is not in:\n{}", tuned.stderr);
    }
    for words in [
        "`cimiento evaluate named-sentiment --data FILE`",
        "`cimiento predict named-sentiment --task sentiment --input FILE`",
        "`cimiento report named-sentiment`",
        "runs/named-sentiment/report.html",
    ] {
        assert!(tuned.stderr.contains(words), "{words:?} is not in:\n{}", tuned.stderr);
    }
    tuned.ok();
    let config = fs::read_to_string(world.path("runs/named-sentiment/config.toml")).unwrap();
    assert!(config.contains("text = \"Review\"") && config.contains("label = \"stars\""), "{config}");
    let judged = world.run(&["evaluate", "named-sentiment", "--data", "named.csv"]);
    let page = "runs/evaluation/named-sentiment-named/report.html";
    assert!(judged.stderr.contains(page) && world.path(page).is_file(), "{}", judged.stderr);
    judged.ok();
    let predict = ["predict", "named-sentiment"];
    assert_eq!(world.run(&[&predict[..], &["--input", "named.csv"]].concat()).lines().len(), 40);
    assert_eq!(world.feed(&predict, &format!("Review,stars\n{rows}")).lines().len(), 40);
    assert_eq!(world.feed(&predict, "{\"review\": \"fine\"}\n{\"review\": \"dull\"}\n").lines().len(), 2);
    // Two may be meant; one that is the field is it.
    fs::write(world.path("two.csv"), format!("comment,review,label\n{}", rows.replace("What", "fine,What"))).unwrap();
    let both =
        ["no column is called text, and comment or review may be meant", "--field text=comment or --field text=review"];
    world.run(&[&line[..], &["two.csv"], &QUICK].concat()).fails(&both);
    world.run(&[&predict[..], &["--input", "two.csv"]].concat()).fails(&both);
    fs::write(world.path("own.csv"), format!("text,review,label\n{}", rows.replace("What", "fine,What"))).unwrap();
    assert!(!world.run(&[&predict[..], &["--input", "own.csv"]].concat()).stderr.contains("is taken for it"));
    // A column of another field is not offered.
    fs::write(world.path("short.csv"), "summary,nr\nAda sold a mule.,1\n").unwrap();
    let refused = world.run(&["predict", "summarization", "--input", "short.csv"]);
    assert!(refused.stderr.contains("--field document=nr"), "{}", refused.stderr);
    refused.fails(&["no field `document`"]);
}

#[test]
fn messages_name_the_options_that_were_typed() {
    let world = World::copy_of_trained();
    sheet(&world);
    let line = ["finetune", "--task", "sentiment", "--from", "base", "--train", "reviews.csv"];
    world.run(&line).fails(&["no field `text`", "--field text="]);
    let fields = [&FIELDS[..], &QUICK].concat();
    let rows = fs::read_to_string(world.path("reviews.csv")).unwrap();
    fs::write(world.path("reviews.csv"), format!("{rows}{}", "41,good,\n".repeat(6))).unwrap();
    let told = ["records cannot be used", "the text is empty", "`--on-bad skip`"];
    world.run(&[&line[..], &fields].concat()).fails(&told);
    let skip = ["--on-bad", "skip"];
    world.run(&[&line[..], &fields, &skip].concat()).fails(&["`--set data.max_skipped=SHARE` raises it"]);
    let more = ["--set", "data.max_skipped=1.0"];
    let done = world.run(&[&line[..], &fields, &skip, &more].concat());
    assert!(done.stderr.contains("records cannot be used and are left out"), "{}", done.stderr);
    done.ok();
    let judge = [&["evaluate", "reviews-sentiment", "--data", "reviews.csv"], &FIELDS[..]].concat();
    world.run(&judge).fails(&told);
    let raised = ["--on-bad", "skip", "--set", "tasks[0].max_skipped=0.5"];
    let few = world.run(&[&judge[..], &raised].concat());
    assert!(!few.stdout.contains("the intervals say little"), "{}", few.stdout);
    few.ok();
    world.data("ten.csv", rows.lines().take(11).map(|line| format!("{line}\n")).collect::<String>());
    let ten = [&["evaluate", "reviews-sentiment", "--data", "data/ten.csv"], &FIELDS[..]].concat();
    let few = world.run(&ten).ok();
    assert!(few.contains("10 examples are fewer than 30: the intervals say little"), "{few}");
    let page = fs::read_to_string(world.path("runs/evaluation/reviews-sentiment-ten/report.html")).unwrap();
    assert!(page.contains("the intervals say little"));
}

#[test]
fn data_or_a_run_in_place_of_a_config_are_told_what_to_type() {
    let world = World::copy_of_trained();
    sheet(&world);
    world.data("corpus.txt", "A baker bakes bread.\n<|end|>\nA miller sells flour.\n");
    for command in [&["finetune", "reviews.csv"][..], &["data", "check", "reviews.csv"], &["evaluate", "reviews.csv"]] {
        world
            .run(command)
            .fails(&["reviews.csv: this is a file of data", "cimiento finetune --task TASK --train reviews.csv"]);
    }
    world.run(&["pretrain", "data/corpus.txt"]).fails(&["cimiento pretrain --text data/corpus.txt", "cimiento init"]);
    world
        .run(&["evaluate", "sentiment"])
        .fails(&["sentiment: a run is scored on data", "cimiento evaluate sentiment --data FILE"]);
    let line = ["pretrain", "--text", "data/corpus.txt", "--separator", "\\n<|end|>\\n", "--dry-run"];
    assert!(world.run(&line).ok().contains("<|end|>"));
}
