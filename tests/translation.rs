//! Translation from end to end: pairs by the names of their fields, scores, baselines, what is odd and what is refused.

use crate::support::World;

const WORDS: [(&str, &str); 6] =
    [("mule", "Esel"), ("bread", "Brot"), ("bell", "Glocke"), ("rope", "Seil"), ("wine", "Wein"), ("hen", "Huhn")];

const TUNE: &str = r#"run = "model"
[from]
run = "base"
[task.translation]
generation = { max_tokens = 12, strategy = { beam = { width = 3, length_penalty = 1.0 } } }
[data]
train = [{ path = "pairs.jsonl", fields = { source = "en", target = "de" } }]
validation = [{ path = "pairs.jsonl", fields = { source = "en", target = "de" }, limit = 4 }]
[batch]
size = 8
[train]
steps = 3
validate_every = 0
[optimizer]
method = "adamw"
"#;

/// A world with a corpus of pairs.
fn world() -> World {
    let world = World::new();
    let names = ["Ada", "Ben", "Cara", "Dan", "Eve"];
    let lines = names.iter().flat_map(|name| {
        WORDS.map(|(en, de)| format!("{{\"en\": \"{name} sells a {en}.\", \"de\": \"{name} verkauft {de}.\"}}\n"))
    });
    let lines: String = lines.collect();
    // The backbone reads both sides as texts of their own.
    world.data(
        "corpus.jsonl",
        lines.replace("\", \"de\"", "\"}\n{\"de\"").replace("\"en\"", "\"text\"").replace("\"de\"", "\"text\""),
    );
    world.data("pairs.jsonl", lines);
    world.config("model.toml", TUNE);
    world
}

#[test]
fn pairs_are_learned_scored_and_translated_by_the_names_of_their_fields() {
    let world = world();
    world.run(&["pretrain", "base.toml"]).ok();
    world.run(&["finetune", "model.toml"]).ok();
    let fields = ["--field", "source=en", "--field", "target=de"];
    let evaluate = [&["evaluate", "model", "--data", "data/pairs.jsonl", "--json"][..], &fields].concat();
    let scores = world.run(&evaluate).ok();
    for word in ["\"bleu\"", "\"chrf\"", "baseline:source"] {
        assert!(scores.contains(word), "{word}: {scores}");
    }
    let answers =
        world.feed(&["predict", "model", "--task", "translation"], "{\"source\": \"Ada sells a mule.\"}\n").lines();
    assert!(answers[0]["translation"].is_string(), "{answers:?}");
    let card = world.path("exported/README.md");
    world.run(&["export", "model", "exported"]).ok();
    assert!(std::fs::read_to_string(card).unwrap().contains("[bos] source [sep]"));
}

#[test]
fn empty_sides_are_refused_and_same_sides_are_warned_of() {
    let world = world();
    world.run(&["pretrain", "base.toml"]).ok();
    world.data("pairs.jsonl", "{\"en\": \"Ada.\", \"de\": \"Ada.\"}\n{\"en\": \" \", \"de\": \"leer\"}\n");
    world.run(&["finetune", "model.toml"]).fails(&["pairs.jsonl", "2", "source is empty"]);
    world.data("pairs.jsonl", "{\"en\": \"Ada.\", \"de\": \"Ada.\"}\n{\"en\": \"Ben.\", \"de\": \"Ben!\"}\n");
    let warned = world.run(&["finetune", "model.toml"]);
    assert_eq!(warned.code, 0, "{}", warned.stderr);
    assert!(warned.stderr.contains("the same words as the source"), "{}", warned.stderr);
}
