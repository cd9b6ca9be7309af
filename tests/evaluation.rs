//! Evaluation: seeds averaged, texts by word and byte, last words, minimal pairs.

use serde_json::Value;

use crate::support::World;

/// Evaluates a config and gives its rows.
fn rows(world: &World, config: &str) -> Vec<Value> {
    world.config("evaluate.toml", config);
    serde_json::from_str(&world.run(&["evaluate", "evaluate.toml", "--json", "--overwrite"]).ok()).unwrap()
}

#[track_caller]
fn row<'a>(rows: &'a [Value], dataset: &str, variant: &str, metric: &str) -> &'a Value {
    let wanted = [("dataset", dataset), ("variant", variant), ("metric", metric)];
    let mut found = rows.iter().filter(|row| wanted.iter().all(|(key, value)| row[key] == *value));
    let row = found.next().unwrap_or_else(|| panic!("no {dataset} {variant} {metric} in {rows:#?}"));
    assert!(found.next().is_none(), "{dataset} {variant} {metric} twice");
    row
}

fn number(row: &Value, key: &str) -> f64 {
    row[key].as_f64().unwrap_or_else(|| panic!("no {key} in {row}"))
}

#[track_caller]
fn close(got: f64, expected: f64) {
    assert!((got / expected - 1.0).abs() < 1e-6, "{got}, expected {expected}");
}

#[test]
fn runs_of_several_seeds_are_one_variant() {
    let world = World::copy_of_trained();
    for seed in ["2", "3"] {
        world.run(&["pretrain", "base.toml", "--set", &format!("run=base-{seed}"), "--seed", seed]).ok();
        world.run(&["finetune", "sentiment.toml", "--set", &format!("run=mood-{seed}"), "--seed", seed]).ok();
    }
    let config = |task: &str, base: &str| {
        format!(
            r#"run = "evaluation"
[[tasks]]
dataset = "reviews"
split = "test"
data = [{{ path = "reviews.jsonl", limit = 12 }}]
baseline_train = [{{ path = "reviews.jsonl" }}]
runs = [{{ variant = "pretrained", {task} }}]
[[texts]]
dataset = "corpus"
split = "test"
data = [{{ path = "corpus.jsonl", limit = 6 }}]
runs = [{{ variant = "pretrained", {base} }}]
"#
        )
    };
    let single: Vec<Vec<Value>> = [("sentiment", "base"), ("mood-2", "base-2"), ("mood-3", "base-3")]
        .map(|(task, base)| rows(&world, &config(&format!("run = '{task}'"), &format!("run = '{base}'"))))
        .into();
    let mean = rows(&world, &config("runs = ['sentiment', 'mood-2', 'mood-3']", "runs = ['base', 'base-2', 'base-3']"));
    for (dataset, metric, n) in [
        ("reviews", "accuracy", 12),
        ("reviews", "ece", 12),
        ("corpus", "perplexity", 6),
        ("corpus", "word_perplexity", 6),
        ("corpus", "bits_per_byte", 6),
    ] {
        let found = row(&mean, dataset, "pretrained", metric);
        let values: Vec<f64> =
            single.iter().map(|rows| number(row(rows, dataset, "pretrained", metric), "value")).collect();
        let expected = values.iter().sum::<f64>() / 3.0;
        close(number(found, "value"), expected);
        let std = (values.iter().map(|value| (value - expected).powi(2)).sum::<f64>() / 2.0).sqrt();
        assert!((number(found, "seed_std") - std).abs() < 1e-9, "{found}");
        assert_eq!((&found["seeds"], &found["n"]), (&3.into(), &n.into()));
        assert!(number(found, "low") <= expected && expected <= number(found, "high"), "{found}");
        assert!(row(&single[0], dataset, "pretrained", metric).get("seeds").is_none());
    }
    assert!(row(&mean, "reviews", "baseline:majority", "accuracy").get("seeds").is_none());
    for run in ["sentiment", "mood-2", "mood-3"] {
        let answers =
            world.path("runs/evaluation/answers").join(format!("sentiment.reviews.test.pretrained.{run}.jsonl"));
        assert_eq!(std::fs::read_to_string(&answers).unwrap().lines().count(), 12, "{}", answers.display());
    }
    let table = world.run(&["evaluate", "evaluate.toml"]).ok();
    assert!(table.contains("pretrained (3 seeds)") && table.contains("baseline:majority "), "{table}");
    // Another model of one of the seeds is another evaluation.
    let again = rows(&world, &config("runs = ['sentiment', 'mood-2']", "runs = ['base', 'base-2']"));
    assert_eq!(row(&again, "reviews", "pretrained", "accuracy")["seeds"], 2);
    world.config("evaluate.toml", &config("runs = ['sentiment'], run = 'mood-2'", "run = 'base'"));
    world.run(&["evaluate", "evaluate.toml"]).fails(&["tasks: \"reviews\"", "has both `run` and `runs`"]);
}

#[test]
fn a_variant_may_be_the_same_run_with_other_settings() {
    let world = World::copy_of_trained();
    let config = |set: &str, texts: &str| {
        format!(
            "run = 'evaluation'\n[[tasks]]\ndataset = 'reviews'\nsplit = 'test'\ndata = [{{ path = 'reviews.jsonl', limit = 8 }}]\n\
             runs = [{{ variant = 'whole', run = 'sentiment' }}, {{ variant = 'cut', run = 'sentiment', set = ['{set}'] }}]\n{texts}"
        )
    };
    rows(&world, &config("max_tokens = 2", ""));
    let answers = |variant: &str| {
        let name = format!("runs/evaluation/answers/sentiment.reviews.test.{variant}.jsonl");
        // As `predict` says them, but for the line of each.
        let lines = std::fs::read_to_string(world.path(&name)).unwrap();
        let bare = |(at, line): (usize, &str)| line.replacen(&format!("\"line\":{},", at + 1), "", 1) + "\n";
        lines.lines().enumerate().map(bare).collect::<String>()
    };
    let first: String = std::fs::read_to_string(world.path("data/reviews.jsonl"))
        .unwrap()
        .lines()
        .take(8)
        .map(|line| format!("{line}\n"))
        .collect();
    let told =
        |set: &[&str]| world.feed(&[&["predict", "sentiment", "--task", "sentiment"], set].concat(), &first).ok();
    assert_eq!(answers("whole"), told(&[]));
    assert_eq!(answers("cut"), told(&["--set", "max_tokens=2"]));
    assert_ne!(answers("whole"), answers("cut"));
    for (set, texts, why) in [
        ("max_tokens = 1", "", "max_tokens = 1 leaves no room"),
        ("beams = 4", "", "beams"),
        (
            "max_tokens = 2",
            "[[texts]]\ndataset = 'corpus'\nsplit = 'test'\ndata = [{ path = 'corpus.jsonl' }]\n\
             runs = [{ variant = 'a', run = 'base', set = ['x = 1'] }]\n",
            "only tasks have use for",
        ),
    ] {
        world.config("evaluate.toml", &config(set, texts));
        let told = world.run(&["evaluate", "evaluate.toml", "--overwrite"]).fails(&[why]);
        // Before the first variant is scored, and what was there stays.
        assert!(!told.stderr.contains(": 8 records"), "{}", told.stderr);
        assert!(world.path("runs/evaluation/results.json").is_file());
    }
}

#[test]
fn an_evaluation_has_its_page_and_tells_what_compute_buys() {
    let world = World::copy_of_trained();
    for steps in ["2", "5"] {
        world
            .run(&[
                "pretrain",
                "base.toml",
                "--set",
                &format!("run=base-{steps}"),
                "--set",
                &format!("train.steps={steps}"),
            ])
            .ok();
    }
    let variant = |name: &str| format!("{{ variant = '{name}', run = '{name}' }}");
    let config = |runs: &[&str]| {
        let runs: Vec<String> = runs.iter().map(|name| variant(name)).collect();
        format!(
            "run = 'evaluation'\n[[texts]]\ndataset = 'corpus'\nsplit = 'test'\ndata = [{{ path = 'corpus.jsonl', limit = 6 }}]\n\
             runs = [{}]\n",
            runs.join(", ")
        )
    };
    world.config("evaluate.toml", &config(&["base", "base-2", "base-5"]));
    let told = world.run(&["evaluate", "evaluate.toml"]);
    assert_eq!(told.code, 0, "{}", told.stderr);
    assert!(
        told.stderr.contains("corpus test: bits per byte ≈") && told.stderr.contains("over 3 backbones"),
        "{}",
        told.stderr
    );
    let page = std::fs::read_to_string(world.path("runs/evaluation/report.html")).unwrap();
    assert!(page.contains("corpus test: bits per byte against compute") && page.contains("base-5: loss"), "{page}");
    assert!(world.path("runs/evaluation/figures/corpus-test--bits-per-byte-against-compute.svg").is_file());
    // Two points make no law.
    world.config("evaluate.toml", &config(&["base", "base-2"]));
    let told = world.run(&["evaluate", "evaluate.toml", "--overwrite"]);
    assert!(told.code == 0 && !told.stderr.contains("≈"), "{}", told.stderr);
}

#[test]
fn texts_are_counted_as_their_file_has_them() {
    let world = World::copy_of_trained();
    let text = "\nOn day 1 Ada sold a bell.\n\nBen was glad é é é.\n";
    world.data("plain.txt", text);
    assert_eq!((text.len(), text.split_whitespace().count(), text.lines().count()), (51, 13, 4));
    let found = rows(
        &world,
        r#"run = "evaluation"
[[texts]]
dataset = "plain"
split = "test"
data = [{ path = "plain.txt" }]
runs = [{ variant = "pretrained", run = "base" }]
"#,
    );
    let value = |metric| number(row(&found, "plain", "pretrained", metric), "value");
    let nats = value("bits_per_byte") * 51.0 * std::f64::consts::LN_2;
    close(value("word_perplexity"), (nats / (13.0 + 4.0)).exp());
    let scored = serde_json::json!({ "text": text }).to_string() + "\n";
    let scored = world.feed(&["score", "base"], &scored).lines().remove(0);
    close(-number(&scored, "log_probability"), nats);
    close(value("perplexity"), number(&scored, "perplexity"));
}

#[test]
fn last_words_are_told_or_not() {
    let world = World::copy_of_trained();
    let config = r#"run = "evaluation"
[[endings]]
dataset = "ends"
split = "test"
data = [{ path = "ends.jsonl" }]
runs = [{ variant = "pretrained", run = "base" }]
"#;
    let texts = ["At dawn Ada, as Ben knew, sold what Ada", "On day 2 Eve sold a bell at the market and was glad"];
    world.data("ends.jsonl", texts.map(|text| serde_json::json!({ "text": text }).to_string() + "\n").concat());
    let found = rows(&world, config);
    assert_eq!(number(row(&found, "ends", "baseline:frequent-name", "accuracy"), "value"), 0.5);
    let accuracy = row(&found, "ends", "pretrained", "accuracy");
    assert!((0.0..=1.0).contains(&number(accuracy, "value")) && accuracy["n"] == 2, "{accuracy}");
    // The perplexity of a word is what the scores of its tokens, but for those of the context, come to.
    let nats = texts.map(|text| {
        let (context, _) = text.rsplit_once(' ').unwrap();
        let lines = [context, text].map(|text| serde_json::json!({ "text": text }).to_string() + "\n").concat();
        let lines = world.feed(&["score", "base", "--tokens"], &lines).lines();
        let tokens = |line: &Value| line["tokens"].as_array().unwrap().len();
        let word = tokens(&lines[0]) - 1..tokens(&lines[1]) - 1;
        -lines[1]["tokens"].as_array().unwrap()[word].iter().map(|token| number(token, "log_probability")).sum::<f64>()
    });
    let perplexity = number(row(&found, "ends", "pretrained", "perplexity"), "value");
    assert!((perplexity / ((nats[0] + nats[1]) / 2.0).exp() - 1.0).abs() < 1e-4, "{perplexity} {nats:?}");

    let listed = world.run(&["data", "check", "evaluate.toml", "--dry-run"]).ok();
    assert!(listed.contains("ends test: ends.jsonl"), "{listed}");

    world.data("ends.jsonl", "{\"text\": \"two words\"}\n{\"text\": \"one\"}\n");
    world.run(&["evaluate", "evaluate.toml", "--overwrite"]).fails(&["data/ends.jsonl:2", "less than two words"]);
}

#[test]
fn minimal_pairs_are_scored_both_ways_and_by_what_they_belong_to() {
    let world = World::copy_of_trained();
    let pair = |good: &str, bad: &str, uid: &str, field: &str| {
        serde_json::json!({
            "sentence_good": good, "sentence_bad": bad, "UID": uid, "field": field, "linguistics_term": "order"
        })
        .to_string()
            + "\n"
    };
    let pairs = [
        pair("Ada sold a mule.", "Ada mule a sold.", "svo", "syntax"),
        pair("Ben sold a bell.", "Bell a sold Ben.", "svo", "syntax"),
        pair("Dan was glad.", "Dan glad was.", "copula", "syntax/semantics"),
    ];
    world.data("pairs.jsonl", pairs.concat());
    let found = rows(
        &world,
        r#"run = "evaluation"
[[pairs]]
dataset = "grammar"
split = "test"
data = [{ path = "pairs.jsonl" }]
runs = [{ variant = "pretrained", run = "base" }]
"#,
    );
    for way in ["causal", "masked"] {
        let variant = format!("pretrained ({way})");
        let value = |dataset: &str| number(row(&found, dataset, &variant, "accuracy"), "value");
        close(1.0 + value("grammar"), 1.0 + (value("grammar/svo") + value("grammar/copula")) / 2.0);
        assert_eq!(value("grammar/field/syntax"), value("grammar/svo"));
        assert_eq!(value("grammar/field/syntax_semantics"), value("grammar/copula"));
        assert_eq!(value("grammar/term/order"), value("grammar"));
        assert_eq!(row(&found, "grammar", &variant, "accuracy")["n"], 3);
    }
    assert_eq!(number(row(&found, "grammar", "baseline:chance", "accuracy"), "value"), 0.5);
    let table = world.run(&["evaluate", "evaluate.toml"]).ok();
    for words in ["grammar · test · accuracy by field", "by term", "by part", "pretrained (masked)"] {
        assert!(table.contains(words), "{words:?} is not in:\n{table}");
    }
}

#[test]
fn what_cannot_be_scored_leaves_the_results_that_are_there() {
    let world = World::copy_of_trained();
    let rows = |label: &str| format!("text,label\nA fair day it was,glad\nNo fair at all,{label}\n");
    world.data("new.csv", rows("sad"));
    let line = ["evaluate", "sentiment", "--data", "data/new.csv"];
    world.run(&line).ok();
    let results = world.path("runs/evaluation/sentiment-new/results.json");
    let before = std::fs::read(&results).unwrap();
    world.data("new.csv", rows("angry"));
    for more in [&["--dry-run"][..], &[], &["--overwrite"]] {
        world.run(&[&line[..], more].concat()).fails(&["new.csv:3", "\"angry\" was not seen in training"]);
        assert_eq!(std::fs::read(&results).unwrap(), before, "{more:?}");
    }
    // Another file of that name has results of its own.
    std::fs::create_dir_all(world.path("other")).unwrap();
    std::fs::write(world.path("other/new.csv"), rows("glad")).unwrap();
    let other = ["evaluate", "sentiment", "--data", "other/new.csv"];
    world.run(&other).fails(&["holds the results of sentiment/final on", "other/new.csv", "--as NAME"]);
    assert_eq!(std::fs::read(&results).unwrap(), before);
    world.run(&[&other[..], &["--as", "second"]].concat()).ok();
    assert!(world.path("runs/second/results.json").is_file() && world.path("runs/second/answers").is_dir());
    world.run(&[&other[..], &["--overwrite"]].concat()).ok();
    assert_ne!(std::fs::read(&results).unwrap(), before);
}

#[test]
fn records_that_were_learned_from_are_counted() {
    let world = World::copy_of_trained();
    let learned = std::fs::read_to_string(world.path("data/reviews.jsonl")).unwrap();
    let known: Vec<&str> = learned.lines().take(3).collect();
    let new = r#"{"text": "Nobody has read this before.", "label": "sad"}"#;
    world.data("mixed.jsonl", format!("{}\n{new}\n", known.join("\n")));
    world.data("fresh.jsonl", format!("{new}\n"));
    let told = |file: &str| {
        let done = world.run(&["evaluate", "sentiment", "--data", file]);
        let said = done.stderr.clone();
        done.ok();
        said
    };
    let said = told("data/mixed.jsonl");
    assert!(said.contains("3 of 4 records are among the training records of sentiment"), "{said}");
    let said = told("data/fresh.jsonl");
    assert!(!said.contains("among the training records"), "{said}");
}
