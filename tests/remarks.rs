//! What settings or scores make impossible is counted wherever data are read: in training, evaluation and the data check.

use crate::support::World;

const EVALUATE: &str = r#"run = "judged"
[[tasks]]
dataset = "market"
split = "test"
data = [{ path = "questions.jsonl" }]
runs = [{ variant = "one", run = "qa", set = ["max_answer_tokens = 1"] }, { variant = "many", run = "qa" }]
"#;

#[test]
fn answers_that_can_never_be_given_are_counted_everywhere() {
    let world = World::copy_of_trained();
    let told = "18 of 30 records have an answer of more tokens than max_answer_tokens";
    let set = ["--set", "run=other", "--set", "task.qa.max_answer_tokens=1"];
    // Before anything is trained, too.
    let dry = world.run(&[&["finetune", "qa.toml", "--dry-run"], &set[..]].concat());
    assert!(dry.stderr.contains(told), "{}", dry.stderr);
    let trained = world.run(&[&["finetune", "qa.toml"], &set[..]].concat());
    assert!(trained.stderr.contains(&format!("warning: training: {told}")), "{}", trained.stderr);
    assert!(trained.stderr.contains("raise task.qa.max_answer_tokens ("), "{}", trained.stderr);
    trained.ok();

    world.config("judged.toml", EVALUATE);
    let judged = world.run(&["evaluate", "judged.toml"]);
    assert!(judged.stderr.contains(&format!("warning: market test one: {told}")), "{}", judged.stderr);
    assert!(!judged.stderr.contains("market test many: 18 of 30"), "{}", judged.stderr);
    judged.ok();

    let checked = world.run(&[&["data", "check", "qa.toml"], &set[..]].concat()).ok();
    let told = "warning: other train: 18 of 30 have an answer of more tokens than max_answer_tokens";
    assert!(checked.contains(told), "{checked}");
    assert!(!world.run(&["data", "check", "qa.toml"]).ok().contains("max_answer_tokens"));
    // Without a tokenizer there are no tokens to count.
    let unknown = world.run(&[&["data", "check", "qa.toml", "--set", "from.run=none"], &set[..]].concat()).ok();
    assert!(!unknown.contains("max_answer_tokens"), "{unknown}");
}

#[test]
fn a_score_that_sees_no_word_chooses_no_weights() {
    let world = World::copy_of_trained();
    let story =
        |text: &str| format!("{{\"document\": \"今天{text}很好。我们去公园。\", \"summary\": \"{text}好。\"}}\n");
    world.data("stories.jsonl", ["天气", "心情", "运气"].map(story).concat());
    let set = ["--set", "run=other", "--set", "task.summarization.max_summary_tokens=16"];
    let finetune = |more: &[&str]| world.run(&[&["finetune", "summarization.toml"], &set[..], more].concat());
    let why = ["task.summarization.rouge_tokens", "3 of 3 validation summaries", "\"words\"", "train.keep"];
    let refused = finetune(&["--set", "train.keep=best", "--dry-run"]).fails(&why);
    assert!(
        refused.stderr.contains("warning: training: 3 of 3 records have a summary of which ROUGE sees hardly a word")
    );
    finetune(&["--set", "train.patience=1", "--set", "train.validate_every=1"]).fails(&why);
    finetune(&["--set", "train.keep=best", "--set", "task.summarization.rouge_tokens=characters"]).ok();
}

#[test]
fn scores_by_different_rules_are_not_set_beside_each_other() {
    let world = World::copy_of_trained();
    let judged = |sets: [&str; 2]| {
        let first = EVALUATE.replace("max_answer_tokens = 1", sets[0]);
        world.config(
            "judged.toml",
            &first.replace("run = \"qa\" }", &format!("run = \"qa\", set = [\"{}\"] }}", sets[1])),
        );
        world.run(&["evaluate", "judged.toml", "--overwrite"])
    };
    judged(["f1_tokens = 'words'", "stride_tokens = 9"]).fails(&[
        "market test",
        "f1_tokens = official",
        "f1_tokens = words",
    ]);
    judged(["f1_tokens = 'words'", "f1_tokens = 'words'"]).ok();
}

#[test]
fn settings_that_do_nothing_beside_quote_are_refused() {
    let world = World::trained();
    let predict = |sets: &[&str]| {
        let sets = sets.iter().flat_map(|set| ["--set", set]);
        let arguments: Vec<&str> =
            ["predict", "summarization", "--task", "summarization"].into_iter().chain(sets).collect();
        world.feed(&arguments, "It rained. Ada sold a mule.\n")
    };
    predict(&["quote=1", "generation.max_tokens=4"]).fails(&[
        "generation.max_tokens=4",
        "would change nothing",
        "set quote = 0",
    ]);
    predict(&["quote=0", "generation.max_tokens=4"]).ok();
    assert_eq!(predict(&["quote=1"]).lines().len(), 1);
}

#[test]
fn dialogues_are_read_as_lines_and_places_from_their_own_column() {
    let world = World::trained();
    let ask = |input: &str, task: &str| world.feed(&["predict", task, "--task", task], input);
    let turns = r#"{"document": [{"speaker": "Ada", "text": "Who?"}, {"role": "Tom", "content": "I."}]}"#;
    ask(&format!("{turns}\n"), "summarization").ok();
    let wrong = r#"{"document": [{"speaker": "Ada", "words": "Who?"}]}"#;
    ask(&format!("{wrong}\n"), "summarization")
        .fails(&["a turn says what is said under text", "this one has speaker, words"]);
    let context = r#"{"question": "Who?", "context": [{"from": "Ada", "value": "I sold it."}]}"#;
    ask(&format!("{context}\n"), "qa").ok();
}

#[test]
fn rows_with_nothing_in_them_are_counted_everywhere() {
    let world = World::copy_of_trained();
    let row = |i: usize| format!("What a day number {i};{}\n", if i.is_multiple_of(2) { "glad" } else { "sad" });
    let rows = |range: std::ops::Range<usize>| range.map(row).collect::<String>();
    let table = format!("text;label\n{};;\n\n{};\n", rows(0..3), rows(3..20));
    world.data("table.csv", &table);
    let told = "data/table.csv:5: this row and 2 more have nothing in them and are passed over";
    let paths = ["data.train[0].path=table.csv", "data.validation[0].path=table.csv", "run=other"];
    let sets: Vec<&str> = paths.iter().flat_map(|set| ["--set", *set]).collect();
    let said = |arguments: &[&str]| {
        let done = world.run(arguments);
        assert_eq!(done.stderr.matches(told).count(), 1, "{arguments:?}: {}", done.stderr);
        done.ok()
    };
    said(&[&["finetune", "sentiment.toml"], &sets[..]].concat());
    let checked = said(&[&["data", "check", "sentiment.toml"], &sets[..]].concat());
    assert!(checked.contains("warning: other train: 3 rows beside these have nothing in them"), "{checked}");
    assert!(checked.contains("data/table.csv:5"), "{checked}");
    said(&["evaluate", "other", "--data", "data/table.csv"]);
    let answers = said(&["predict", "other", "--task", "sentiment", "--input", "data/table.csv"]);
    assert_eq!(answers.lines().count(), 20);
    let piped = world.feed(&["predict", "other", "--task", "sentiment"], &table);
    assert!(piped.stderr.contains("stdin:5: this row and 2 more"), "{}", piped.stderr);
    piped.ok();
}
