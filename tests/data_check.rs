//! `data check`: every defect is planted, found and named; a set without any is clean.

use serde_json::{Value, json};

use crate::support::{Output, World};

const SENTIMENT: &str = r#"run = "mood"
from.run = "base"
task.sentiment = {}
[data]
train = [{ path = "train.jsonl" }]
validation = [{ path = "dev.jsonl" }]
"#;

/// Thirty words that no text of another number has in this order.
fn prose(number: usize) -> String {
    const WORDS: [&str; 16] = [
        "mill", "river", "baker", "stone", "winter", "market", "horse", "letter", "garden", "music", "bridge",
        "copper", "window", "harvest", "road", "evening",
    ];
    let mut state = number as u64 + 1;
    let mut word = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        WORDS[(state >> 60) as usize]
    };
    (0..30).map(|_| word()).collect::<Vec<_>>().join(" ")
}

fn lines(records: &[Value]) -> String {
    records.iter().map(|record| format!("{record}\n")).collect()
}

fn review(text: &str, label: &str) -> Value {
    json!({ "text": text, "label": label })
}

fn mood(number: usize) -> &'static str {
    if number.is_multiple_of(2) { "glad" } else { "sad" }
}

fn reviews(numbers: std::ops::Range<usize>) -> Vec<Value> {
    numbers.map(|number| review(&prose(number), mood(number))).collect()
}

/// A world with `mood.toml` over these reviews.
fn world(train: &[Value], dev: &[Value]) -> World {
    let world = World::new();
    world.config("mood.toml", SENTIMENT);
    world.data("train.jsonl", lines(train));
    world.data("dev.jsonl", lines(dev));
    world
}

fn check(world: &World, config: &str) -> Output {
    world.run(&["data", "check", config])
}

/// Asserts that the page has each of `words`, and that `--strict` fails if and only if there is a warning.
fn says(world: &World, config: &str, words: &[&str]) {
    let page = check(world, config).ok();
    for word in words {
        assert!(page.contains(word), "{word:?} is not in:\n{page}");
    }
    let strict = world.run(&["data", "check", config, "--strict"]);
    assert_eq!(strict.code, i32::from(page.contains("warning: ")), "{page}{}", strict.stderr);
}

/// Plants one defect into reviews, and asserts what is said about it.
fn planted(train: &[Value], dev: &[Value], words: &[&str]) {
    let train = [reviews(0..40), train.to_vec()].concat();
    let dev = [reviews(100..110), dev.to_vec()].concat();
    says(&world(&train, &dev), "mood.toml", words);
}

#[test]
fn a_clean_set_is_clean() {
    let world = world(&reviews(0..40), &reviews(100..110));
    let page = check(&world, "mood.toml").ok();
    assert!(page.contains("mood train (training): 40 rows"), "{page}");
    assert!(page.contains("median 30, 95 of 100 up to 30, longest 30 (there is no run base yet"), "{page}");
    assert!(page.contains("classes: glad 50.0 %, sad 50.0 %"), "{page}");
    assert!(page.ends_with("0 warnings, 0 notes\n"), "{page}");
    world.run(&["data", "check", "mood.toml", "--strict"]).ok();
    assert!(!world.path("runs").exists(), "a check leaves nothing behind");
}

#[test]
fn repeats_are_found_and_contradictions_among_them() {
    let copy = review(&format!("{}!", prose(3).to_uppercase()), "sad");
    planted(&[copy], &[], &["1 of 41 repeat another", "data/train.jsonl:41 repeats data/train.jsonl:4", "warning: "]);
    let near = review(&format!("{} indeed", prose(3)), "sad");
    planted(&[near], &[], &["1 of 41 nearly repeat another", "train.jsonl:41 nearly repeats data/train.jsonl:4"]);
    let other = review(&prose(3), "glad");
    let words =
        ["repeat another and are of another class", "train.jsonl:41 says \"glad\", data/train.jsonl:4 says \"sad\""];
    planted(&[other], &[], &words);
}

#[test]
fn leaks_between_splits_are_found() {
    let exam = |text: String| vec![review(&text, "sad")];
    let words =
        ["warning: mood validation", "1 of 11 are in mood train too", "data/dev.jsonl:11 is data/train.jsonl:6"];
    planted(&[], &exam(prose(5)), &words);
    let half: Vec<String> = prose(5).split(' ').take(20).map(str::to_string).collect();
    let words =
        ["warning: mood validation", "share half or more of their runs of 13 words", "dev.jsonl:11 is mostly known"];
    planted(&[], &exam(format!("So: {}.", half.join(" "))), &words);
    let words =
        ["note: mood validation", "share fewer, but some", "dev.jsonl:11 has a run in common with data/train.jsonl:6"];
    planted(&[], &exam(format!("{} {}", half[..13].join(" "), prose(77))), &words);
}

#[test]
fn bad_records_are_counted_and_placed() {
    planted(&[review(" ", "sad")], &[], &["1 of 41 are empty", "data/train.jsonl:41", "training stops"]);
    planted(&[json!({ "label": "sad" })], &[], &["1 of 41 cannot be read", "data/train.jsonl:41: no field `text`"]);
    let words = ["1 of 11 cannot be used", "data/dev.jsonl:11: no label"];
    planted(&[], &[json!({ "text": prose(60) })], &words);
    let world = world(&reviews(0..40), &[]);
    // What cannot be used at all is an error, without --strict too; the page is there nevertheless.
    let empty = check(&world, "mood.toml").fails(&["nothing can be used of: mood validation"]);
    assert!(empty.stdout.contains("the file is empty") && empty.stdout.contains("warning: mood validation"));
}

#[test]
fn classes_out_of_balance_or_unknown_are_found() {
    let furious = [reviews(50..52), vec![review(&prose(60), "furious")]].concat();
    planted(&furious, &[], &["class \"furious\" has 1 records (2.3 %), the largest has 21"]);
    let words = ["class \"calm\" (1 records) does not occur in mood train"];
    planted(&[], &[review(&prose(50), "calm")], &words);
    let same: Vec<Value> = (0..9).map(|number| review(&prose(number), "glad")).collect();
    says(&world(&same, &reviews(100..110)), "mood.toml", &["all records have the label \"glad\""]);
}

#[test]
fn what_is_odd_about_questions_and_summaries_is_told() {
    let world = World::new();
    let question = |number: usize, answers: Value| json!({ "question": format!("What of {number}?"), "context": prose(number), "answers": answers });
    let first = prose(0).split(' ').next().unwrap().to_string();
    let odd = [
        question(0, json!([{ "text": first, "answer_start": 0 }])),
        question(1, json!([])),
        question(2, json!(["zebra"])),
        question(0, json!([{ "text": first, "answer_start": 2 }])),
    ];
    world.data("questions.jsonl", lines(&odd));
    let words = [
        "1 of 4 ask what their passage does not tell",
        "1 of 4 have an answer that does not occur in the passage",
        "data/questions.jsonl:3: the answer \"zebra\" does not occur",
        "1 of 4 have an answer_start that is not where the answer stands",
        "1 of 4 repeat another",
    ];
    says(&world, "qa.toml", &words);
    let story = |document: &str, summary: &str| json!({ "document": document, "summary": summary });
    world.data(
        "stories.jsonl",
        lines(&[story("It rained. Ada left.", "it rained"), story("Rain.", "It rained a lot.")]),
    );
    let words = [
        "1 of 2 have the document's first sentence as their summary",
        "1 of 2 have a summary that is longer than the document",
        "data/stories.jsonl:2",
    ];
    says(&world, "summarization.toml", &words);
}

/// A corpus of its own, in the world's `base.toml`.
fn corpus(world: &World, texts: &[String]) {
    let records: Vec<Value> = texts.iter().map(|text| json!({ "text": text })).collect();
    world.data("corpus.jsonl", lines(&records));
}

#[test]
fn a_corpus_is_looked_over_and_mended_by_its_fields() {
    let world = World::new();
    let mut texts: Vec<String> = (0..40).map(prose).collect();
    corpus(&world, &texts);
    assert!(check(&world, "base.toml").ok().ends_with("0 warnings, 0 notes\n"));
    texts.extend([format!("{} so", prose(1)), String::new(), format!("{} {}", prose(201), prose(200))]);
    corpus(&world, &texts);
    world.data("exam.jsonl", lines(&[json!({ "question": prose(200) })]));
    let against = |sets: &[&str]| {
        let arguments = [&["data", "check", "base.toml", "--against", "exam.jsonl"], sets].concat();
        world.run(&arguments).ok()
    };
    let page = against(&[]);
    for word in [
        "base (corpus): 43 rows",
        "1 of 42 documents nearly repeat another",
        "data/corpus.jsonl:41 nearly repeats data/corpus.jsonl:2",
        "set corpus.near_duplicates = 0.8",
        "1 of 43 documents are empty",
        "warning: exam.jsonl: 1 of 1 share half or more of their runs of 13 words with the corpus of base",
        "data/exam.jsonl:1 is mostly known from data/corpus.jsonl:43",
        "corpus.exclude = [{ path = \"exam.jsonl\" }]",
    ] {
        assert!(page.contains(word), "{word:?} is not in:\n{page}");
    }
    let fields = ["corpus.near_duplicates=0.8", "corpus.exclude=[{ path = 'exam.jsonl' }]"];
    let sets: Vec<&str> = fields.iter().flat_map(|field| ["--set", field]).collect();
    let page = against(&sets);
    assert!(!page.contains("warning: exam.jsonl"), "{page}");
    assert!(page.contains("1 of 43 documents will be left out") && !page.contains("nearly repeat"), "{page}");
    let done = world.run(&[&["pretrain", "base.toml"], &sets[..]].concat());
    let told = "left out: 1 empty, 1 nearly repeating an earlier one, 1 sharing text with corpus.exclude";
    assert!(done.stderr.contains(told), "{}", done.stderr);
    done.ok();
}

#[test]
fn a_pipeline_is_checked_once_and_the_corpus_against_its_tests() {
    let world = world(&reviews(0..40), &reviews(100..110));
    world.config(
        "all.toml",
        r#"run = "all"
stages = [
    { name = "base", verb = "pretrain", config = "base.toml" },
    { name = "mood", verb = "finetune", config = "mood.toml", set = ["from.run = 'all/base'"] },
    { name = "again", verb = "finetune", config = "mood.toml", set = ["from.run = 'all/base'", "from.weights = 'scratch'"] },
    { name = "tables", verb = "evaluate", config = "tables.toml" },
]
"#,
    );
    world.config(
        "tables.toml",
        r#"run = "tables"
[[tasks]]
dataset = "mood"
split = "test"
data = [{ path = "test.jsonl" }]
runs = [{ variant = "a", run = "all/mood" }, { variant = "b", run = "all/again" }]
[[tasks]]
dataset = "other"
split = "test"
data = [{ path = "test.jsonl" }]
runs = [{ variant = "a", run = "nobody" }]
"#,
    );
    world.data("test.jsonl", lines(&reviews(200..205)));
    corpus(&world, &[prose(300), format!("{} {}", prose(202), prose(301)), prose(302)]);
    // Of three documents hardly any would be held out.
    let base = std::fs::read_to_string(world.path("base.toml")).unwrap();
    world.config("base.toml", &base.replace("validation = 0.3", "validation = 0.0"));
    let found = world.run(&["data", "check", "all.toml", "--json"]).ok();
    let found: Value = serde_json::from_str(&found).unwrap();
    let names: Vec<&str> = found["sets"].as_array().unwrap().iter().map(|set| set["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["mood train", "mood validation", "mood test", "base"], "{found:#}");
    assert_eq!(found["warnings"], 1, "{found:#}");
    let findings = found["findings"].as_array().unwrap();
    let leak = &findings[0];
    assert_eq!((&leak["grade"], &leak["set"]), (&json!("warning"), &json!("mood test")), "{found:#}");
    assert_eq!(leak["examples"], json!(["data/test.jsonl:3 is mostly known from data/corpus.jsonl:2"]));
    assert!(findings.iter().any(|f| f["message"].as_str().unwrap().contains("no run nobody")), "{found:#}");
}

#[test]
fn with_a_backbone_lengths_are_tokens_and_cuts_are_counted() {
    let world = World::copy_of_trained();
    world.config("mood.toml", SENTIMENT);
    let long = review(&(60..90).map(prose).collect::<Vec<_>>().join(" "), "sad");
    world.data("train.jsonl", lines(&[reviews(0..40), vec![long]].concat()));
    world.data("dev.jsonl", lines(&reviews(100..110)));
    let page = check(&world, "mood.toml").ok();
    assert!(page.contains(" tokens; a text: median"), "{page}");
    assert!(page.contains("would be cut to fit") && page.contains("backbone.context than 64"), "{page}");
    // An evaluation by itself knows its task from its runs.
    world.config(
        "tables.toml",
        r#"run = "tables"
[[tasks]]
dataset = "mood"
split = "test"
data = [{ path = "dev.jsonl" }]
baseline_train = [{ path = "train.jsonl" }]
runs = [{ variant = "a", run = "sentiment" }]
"#,
    );
    let page = check(&world, "tables.toml").ok();
    assert!(page.contains("mood train (training): 41 rows") && page.contains("mood test (test): 10 rows"), "{page}");
}

#[test]
fn what_cannot_be_checked_is_an_error() {
    let world = world(&reviews(0..4), &reviews(4..8));
    world.config("odd.toml", "colour = 'blue'\n");
    check(&world, "odd.toml").fails(&["no config of pretrain, finetune, evaluate or run"]);
    check(&world, "none.toml").fails(&["no such config file"]);
    world.config("broken.toml", "run = \"a\n");
    check(&world, "broken.toml").fails(&["broken.toml"]);
    world.config("typo.toml", &SENTIMENT.replace("validation", "valdation"));
    check(&world, "typo.toml").fails(&["valdation", "validation"]);
    world.run(&["data", "check", "mood.toml", "--set", "data.train[0].path=no.jsonl"]).fails(&["data/no.jsonl"]);
    world.run(&["data", "check", "mood.toml", "--against", "no.jsonl"]).fails(&["data/no.jsonl", "no such file"]);
    world.run(&["data", "list", "--set", "a=1"]).fails(&["`data list` has no settings"]);
    let listed = world.run(&["data", "check", "mood.toml", "--dry-run"]);
    assert!(listed.stdout.contains("mood train: train.jsonl"), "{}", listed.stdout);
}
