//! Named entities: columns of CoNLL and records with offsets, from training to answers, and what is wrong with either.

use std::fs;

use serde_json::{Value, json};

use crate::support::World;

const CONLL: &str = "\
-DOCSTART- -X- O O

Ada NNP B-NP B-person
sold VBD B-VP O
hens NNS B-NP O
in IN B-PP O
Turin NNP B-NP B-place
. . O O

Ben NNP B-NP B-person
Bell NNP I-NP I-person
slept VBD B-VP O
";

const CONFIG: &str = r#"run = "names"
from.run = "base"
task.extraction = { buckets = 1024, word_dropout = 0.0, feature_dropout = 0.0 }
[data]
train = [{ path = "names.conll" }]
validation = [{ path = "names.conll" }]
[batch]
size = 2
[train]
steps = 40
validate_every = 0
[optimizer]
method = "adamw"
lr = 0.02
"#;

fn world() -> World {
    let world = World::copy_of_trained();
    world.data("names.conll", CONLL);
    world.config("names.toml", CONFIG);
    world
}

#[test]
fn entities_are_learned_found_and_scored_in_either_layout() {
    let world = world();
    world.run(&["finetune", "names.toml"]).ok();
    let text = "Ada sold hens in Turin .\n";
    let answers = world.feed(&["predict", "names"], text).lines();
    let found: Vec<Value> = answers[0]["entities"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entity| json!([entity["text"], entity["type"], entity["start"], entity["end"]]))
        .collect();
    assert_eq!(found, [json!(["Ada", "person", 0, 3]), json!(["Turin", "place", 17, 22])]);
    let brief = world.feed(&["predict", "names", "--format", "lines"], text).ok();
    assert_eq!(brief, "Ada (person), Turin (place)\n");
    let score = answers[0]["entities"][0]["score"].as_f64().unwrap();
    assert!((0.0..=1.0).contains(&score), "{score}");

    let records = [
        json!({ "text": text.trim(), "entities": [
            { "start": 0, "end": 3, "type": "person" }, { "start": 17, "end": 22, "type": "place" } ] }),
        json!({ "text": "Ben Bell slept", "entities": [{ "start": 0, "end": 8, "type": "person" }] }),
    ];
    world.data("names.jsonl", records.map(|record| format!("{record}\n")).concat());
    for file in ["data/names.jsonl", "data/names.conll"] {
        let scores = world.run(&["evaluate", "names", "--data", file, "--json", "--overwrite"]).ok();
        let scores: Vec<Value> = serde_json::from_str::<Value>(&scores).unwrap().as_array().unwrap().clone();
        let value = |variant: &str, metric: &str| {
            let row = scores.iter().find(|row| row["variant"] == variant && row["metric"] == metric);
            row.unwrap_or_else(|| panic!("no {metric} of {variant} in {scores:?}"))["value"].as_f64().unwrap()
        };
        for metric in ["precision", "recall", "f1", "token_accuracy"] {
            assert_eq!(value("names", metric), 1.0, "{file} {metric}");
        }
    }
}

#[test]
fn what_is_wrong_with_entities_is_refused_with_its_place() {
    let world = world();
    let check = |name: &str, text: &str, words: &[&str]| {
        world.data(name, text);
        world.config(
            "bad.toml",
            &CONFIG.replace("\"names.conll\" }]\nvalidation", &format!("\"{name}\" }}]\nvalidation")),
        );
        world.run(&["finetune", "bad.toml", "--set", "run=bad"]).fails(words);
    };
    let good = "Ada B-person\n\n";
    check("a.conll", &format!("{good}Ben X-person\n"), &["a.conll", "3", "X-person"]);
    check("b.conll", &format!("{good}Ben B-person\nslept\n"), &["b.conll", "4"]);
    let record = |text: &str, entities: Value| format!("{}\n", json!({ "text": text, "entities": entities }));
    let first = record("Ada", json!([[0, 3, "person"]]));
    let second = |entities: Value| first.clone() + &record("Ben Bell", entities);
    check("a.jsonl", &second(json!([[0, 9, "person"]])), &["a.jsonl:2", "8 characters"]);
    check("b.jsonl", &second(json!([[0, 8, "person"], [4, 8, "place"]])), &["b.jsonl:2", "overlap", "not supported"]);
    check("c.jsonl", &second(json!([[2, 2, "person"]])), &["c.jsonl:2", "is empty"]);
    check("d.jsonl", &second(json!([{ "start": 0, "end": 3 }])), &["d.jsonl:2", "type"]);
    check("e.jsonl", &record("Ada", json!([])), &["no entity is marked"]);
    let words = "{\"tokens\": [\"Ada\"], \"tags\": [\"B-person\"]}\n{\"tokens\": [\"Ben\", \"Bell\"], \"tags\": []}\n";
    check("f.jsonl", words, &["f.jsonl:2", "0 tags for 2 words"]);
    assert!(!world.path("runs/bad").join("final").exists());
}

#[test]
fn a_tag_that_goes_on_with_nothing_begins_an_entity_and_is_counted() {
    let world = world();
    world.data("loose.conll", format!("{CONLL}\nAda I-person\nBell I-person\n"));
    let config = CONFIG.replacen("names.conll", "loose.conll", 1);
    world.config("loose.toml", &config.replace("steps = 40", "steps = 2"));
    let told = world.run(&["finetune", "loose.toml", "--set", "run=loose"]);
    assert!(told.stderr.contains("have an I- tag that goes on with nothing"), "{}", told.stderr);
    told.ok();
    let strict = ["finetune", "loose.toml", "--set", "run=strict", "--set", "task.extraction.scheme=iob2"];
    world.run(&strict).fails(&["loose.conll", "I-person", "does not allow"]);
    // An unknown type is an error of evaluation too.
    fs::write(world.path("data/other.conll"), "Ada B-river\n").unwrap();
    world.run(&["evaluate", "loose", "--data", "data/other.conll"]).fails(&["other.conll", "river"]);
}
