//! Labels however files write them: one class by its value, several a text, a number.

use serde_json::{Value, json};

use crate::support::World;

const CONFIG: &str = r#"run = "RUN"
from.run = "base"
task.sentiment = { SETTINGS }
[data]
train = [{ path = "FILE" }]
validation = [{ path = "FILE" }]
[batch]
size = 4
[train]
steps = 2
validate_every = 0
"#;

/// A fine-tuning config by that name.
fn config(world: &World, run: &str, settings: &str, file: &str) -> String {
    let name = format!("{run}.toml");
    world.config(&name, &CONFIG.replace("RUN", run).replace("SETTINGS", settings).replace("FILE", file));
    name
}

fn state(world: &World, run: &str) -> Value {
    let text = world.run(&["inspect", run, "--json"]).ok();
    serde_json::from_str::<Value>(&text).unwrap()["task"]["state"].clone()
}

#[test]
fn doubtful_labels_are_told_in_training_and_before() {
    let world = World::copy_of_trained();
    let rows = ["Good,1", "good,2", "good,3", "bad,4", "nan,5", "1,6", "1.0,7"];
    let rows = rows.map(|row| row.split_once(',').unwrap()).map(|(label, n)| format!("a fair of {n} days,{label}\n"));
    world.data("labels.csv", format!("text,label\n{}", rows.concat()));
    let config = config(&world, "labels", "", "labels.csv");
    let trained = world.run(&["finetune", &config]);
    let checked = world.run(&["data", "check", &config]).ok();
    for said in [&trained.stderr, &checked] {
        for words in [
            r#""Good" (1 records) and "good" (2 records) are different classes, though they differ only in case"#,
            r#"values = { label = { "1" = "1","#,
            r#""nan" (1 records) is a class here, but looks like missing labels"#,
        ] {
            assert!(said.contains(words), "{words} is not in:\n{said}");
        }
    }
    assert!(checked.contains("(missing labels? nan)"), "{checked}");
    assert_eq!(state(&world, "labels")["labels"], json!(["1", "Good", "bad", "good", "nan"]));
    // The remedy that is named: the whole of it.
    let start = checked.find("values = {").unwrap();
    let remedy = &checked[start..start + checked[start..].find('`').unwrap()];
    let mended = CONFIG.replace("RUN", "mended").replace("SETTINGS", "");
    let mended = mended.replace("{ path = \"FILE\" }", &format!("{{ path = \"labels.csv\", {remedy} }}"));
    world.config("mended.toml", &mended);
    world.run(&["finetune", "mended.toml"]).ok();
    assert_eq!(state(&world, "mended")["labels"], json!(["1", "bad", "good", "nan"]));
}

#[test]
fn several_labels_a_text_are_learned_judged_and_answered() {
    let world = World::copy_of_trained();
    let record = |n: usize| {
        let labels = [&["sold"][..], &["sold", "fair"], &[], &["fair"]][n % 4];
        format!("a fair of {n} days,{}\n", labels.join("|"))
    };
    world.data("several.csv", format!("text,label\n{}", (0..24).map(record).collect::<String>()));
    let settings = r#"problem_type = "multi_label_classification", separator = "|", threshold = "per_label""#;
    let config = config(&world, "several", settings, "several.csv");
    let trained = world.run(&["finetune", &config]);
    assert!(trained.stderr.contains("micro_f1") && trained.stderr.contains("macro_ap"), "{}", trained.stderr);
    let state = state(&world, "several");
    assert_eq!(state["labels"], json!(["fair", "sold"]));
    assert_eq!(state["thresholds"].as_array().unwrap().len(), 2);
    let answers = world.feed(&["predict", "several", "--task", "sentiment"], "{\"text\": \"a fair\"}\n").lines();
    let given = answers[0]["labels"].as_array().unwrap();
    for (label, threshold) in ["fair", "sold"].iter().zip(state["thresholds"].as_array().unwrap()) {
        let probable = answers[0]["probabilities"][label].as_f64().unwrap() >= threshold.as_f64().unwrap();
        assert_eq!(given.contains(&json!(label)), probable, "{answers:?}");
    }
    world.config(
        "judge.toml",
        "run = \"judge\"\n[[tasks]]\ndataset = \"several\"\nsplit = \"train\"\ndata = [{ path = \"several.csv\" }]\n\
         runs = [{ variant = \"ours\", run = \"several\" }]\nbaseline_train = [{ path = \"several.csv\" }]\n",
    );
    let rows: Vec<Value> = serde_json::from_str(&world.run(&["evaluate", "judge.toml", "--json"]).ok()).unwrap();
    for variant in ["ours", "baseline:most-frequent", "baseline:bag-of-words"] {
        let found = rows.iter().find(|row| row["variant"] == variant && row["metric"] == "micro_f1");
        assert!(found.is_some_and(|row| (0.0..=1.0).contains(&row["value"].as_f64().unwrap())), "{variant}: {rows:?}");
    }
    // A list where one class is expected says what takes it.
    world.data("list.jsonl", "{\"text\": \"a\", \"label\": \"x\"}\n{\"text\": \"b\", \"label\": [\"x\", \"y\"]}\n{\"text\": \"c\", \"label\": \"y\"}\n");
    let list = self::config(&world, "list", "", "list.jsonl");
    world.run(&["finetune", &list]).fails(&["list.jsonl:2", "multi_label_classification"]);
}

#[test]
fn numbers_are_learned_judged_and_answered() {
    let world = World::copy_of_trained();
    let rows = (0..24).map(|n| format!("a fair of {n} days,{}.50\n", 100 * n)).collect::<String>();
    world.data("numbers.csv", format!("text,label\n{rows}"));
    let config = config(&world, "numbers", r#"problem_type = "regression""#, "numbers.csv");
    let trained = world.run(&["finetune", &config, "--set", "train.keep=best"]);
    for metric in ["rmse", "mae", "r2", "pearson", "spearman"] {
        assert!(trained.stderr.contains(&format!("{metric} ")), "{}", trained.stderr);
    }
    assert_eq!(state(&world, "numbers")["scale"]["mean"], json!(1150.5));
    let answer = world.feed(&["predict", "numbers", "--task", "sentiment"], "{\"text\": \"a fair\"}\n").lines();
    assert!(answer[0]["value"].as_f64().is_some_and(|value| (-5e3..5e3).contains(&value)), "{answer:?}");
    world.run(&["export", "numbers", "out"]).ok();
    let card = std::fs::read_to_string(world.path("out/README.md")).unwrap();
    assert!(card.contains("1150.5 +"), "{card}");
    world.data("numbers.csv", "text,label\na fair,many\nno fair,2\n");
    world.run(&["finetune", &config, "--overwrite"]).fails(&["numbers.csv:2", "\"many\" is no number"]);
}

#[test]
fn weights_are_of_classes_that_are_there() {
    let world = World::copy_of_trained();
    let config = config(&world, "weighed", "class_weights = { glad = 3 }", "reviews.jsonl");
    world.run(&["finetune", &config]).ok();
    let weights = state(&world, "weighed")["weights"].clone();
    let ratio = weights[0].as_f64().unwrap() / weights[1].as_f64().unwrap();
    assert!((ratio - 3.0).abs() < 1e-9, "{weights}");
    let set = |value: &str| {
        world.run(&["finetune", &config, "--overwrite", "--set", &format!("task.sentiment.class_weights={value}")])
    };
    set("balanced").ok();
    set("{ merry = 3 }").fails(&["class_weights names \"merry\"", "glad, sad"]);
    set("even").fails(&["class_weights", "balanced"]);
}

#[test]
fn numbers_may_have_a_decimal_comma_where_they_are_learned() {
    let world = World::copy_of_trained();
    let rows = |sign: &str| (0..24).map(|n| format!("a fair of {n} days,\"{n}{sign}5\"\n")).collect::<String>();
    let mut kept = Vec::new();
    for (run, sign) in [("point", "."), ("comma", ",")] {
        world.data("numbers.csv", format!("text,label\n{}", rows(sign)));
        let config = config(&world, run, r#"problem_type = "regression""#, "numbers.csv");
        world.run(&["data", "check", &config]).ok();
        world.run(&["finetune", &config]).ok();
        kept.push(state(&world, run)["scale"].clone());
    }
    assert_eq!(kept[0], kept[1]);
    let config = config(&world, "other", r#"problem_type = "regression""#, "numbers.csv");
    for (labels, words) in [
        (["1,5", "1,234"], ["numbers.csv:3", "\"1,234\" may be 1.234 or 1234"]),
        (["many", "n.a."], ["numbers.csv:2", "\"many\" is no number"]),
    ] {
        world.data("numbers.csv", format!("text,label\na fair,\"{}\"\nno fair,\"{}\"\n", labels[0], labels[1]));
        world.run(&["finetune", &config]).fails(&words);
        let checked = world.run(&["data", "check", &config]);
        let said = checked.stdout + &checked.stderr;
        assert!(said.contains(words[1]) && said.contains("training stops here"), "{said}");
    }
    world.data("numbers.csv", "text,label\na fair,\nno fair,\n");
    world.run(&["finetune", &config]).fails(&["no label"]);
}

#[test]
fn several_labels_in_one_text_are_told_of_where_one_class_is_expected() {
    let world = World::copy_of_trained();
    let labels = ["food", "\"food, price\"", "price", "Sci/Tech"];
    let rows: String = (0..24).map(|n| format!("a fair of {n} days,{}\n", labels[n % 4])).collect();
    world.data("tags.csv", format!("text,tags\n{rows}"));
    let line =
        ["finetune", "--task", "sentiment", "--from", "base", "--train", "data/tags.csv", "--field", "label=tags"];
    let done = world.run(&[&line[..], &["--set", "train.steps=1"]].concat());
    for words in ["1 of 4 labels look like several in one, such as \"food, price\"", "--set task.sentiment.separator=,"]
    {
        assert!(done.stderr.contains(words), "{words} is not in:\n{}", done.stderr);
    }
    done.ok();
}

#[test]
fn targets_that_are_all_the_same_are_refused_though_bad_records_are_left_out() {
    let world = World::copy_of_trained();
    let lines =
        |label: &str| (0..9).map(|i| format!("{{\"text\": \"day {i}\", \"label\": {label}}}\n")).collect::<String>();
    let tune = |more: &[&str]| {
        let sets = ["run=other", "data.validation=[]", "data.on_bad=skip", "data.max_skipped=0.5"];
        let sets: Vec<&str> = sets.iter().chain(more).flat_map(|set| ["--set", *set]).collect();
        world.run(&[&["finetune", "sentiment.toml"][..], &sets].concat())
    };
    world.data("reviews.jsonl", lines("3.1") + "{\"text\": \"day\", \"label\": \"none\"}\n");
    tune(&["task.sentiment.problem_type=regression"]).fails(&["all records have the same number, 3.1", "`fields`"]);
    world.data("reviews.jsonl", lines("\"glad\"") + "no json\n{\"text\": \"day\"}\n");
    tune(&[]).fails(&["all records have the label \"glad\"", "`fields`"]);
    world.data("reviews.jsonl", lines("[\"glad\"]") + "no json\n");
    tune(&["task.sentiment.problem_type=multi_label_classification"])
        .fails(&["all records have the same labels, glad"]);
    assert!(!world.path("runs/other").exists());
}
