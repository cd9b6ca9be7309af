//! The verbs that ask a model or show one, and what all verbs have in common.

use std::fs;

use serde_json::Value;

use crate::support::{World, copy, finish};

#[test]
fn generation_depends_on_the_seed_alone() {
    let world = World::trained();
    let write = |more: &[&str]| {
        world.run(&[&["generate", "base", "--prompt", "On day 1", "--max-tokens", "12"][..], more].concat()).ok()
    };
    assert_eq!(write(&["--seed", "3"]), write(&["--seed", "3"]));
    assert_ne!(write(&["--seed", "3", "--temperature", "5"]), write(&["--seed", "4", "--temperature", "5"]));
    assert_eq!(write(&["--greedy", "--seed", "3"]), write(&["--greedy", "--seed", "4"]));
    assert_eq!(write(&["--greedy"]), write(&["--set", "strategy='greedy'"]));
    assert_eq!(write(&["--greedy"]), write(&["--beam", "1"]));
    assert_eq!(write(&["--greedy"]), write(&["--temperature", "0"]));
    assert_eq!(write(&["--greedy"]), write(&["--top-k", "1", "--temperature", "5"]));
    assert_eq!(write(&["--greedy"]), write(&["--min-p", "1"]));
    assert_ne!(write(&["--greedy"]), write(&["--greedy", "--repetition-penalty", "9"]));
    assert!(write(&["--beam", "3", "--length-penalty", "-0.5"]).ends_with('\n'));
}

#[test]
fn generation_refuses_what_makes_no_sense() {
    let world = World::trained();
    world.run(&["generate", "base", "--top-p", "1.5"]).fails(&["top_p = 1.5 must lie in (0, 1]"]);
    world.run(&["generate", "base", "--temperature", "-0.5"]).fails(&["temperature = -0.5 must be above 0"]);
    world.run(&["generate", "base", "--min-p", "2"]).fails(&["min_p = 2", "[0, 1]"]);
    world.run(&["generate", "base", "--repetition-penalty", "0"]).fails(&["repetition_penalty = 0 must be above 0"]);
    world.run(&["generate", "base", "--stop", ""]).fails(&["generation.stop holds an empty string"]);
    world
        .run(&["generate", "base", "--chat", "x", "--chat-template", "none.jinja"])
        .fails(&["none.jinja: no such file"]);
    world.run(&["generate", "base", "--prompt", &"day ".repeat(200)]).fails(&["context of 64 leaves no room"]);
    assert_eq!(world.run(&["generate", "base", "--beam", "2", "--greedy"]).code, 2);
}

#[test]
fn scores_add_up() {
    let world = World::trained();
    let text = "{\"text\": \"Ada sold a mule.\"}\n{\"text\": \"é\"}\n";
    for masked in [&[][..], &["--masked"]] {
        let lines = world.feed(&[&["score", "base", "--tokens"][..], masked].concat(), text).lines();
        assert_eq!(lines.len(), 2);
        for line in &lines {
            let number = |key: &str| line[key].as_f64().unwrap();
            let tokens = line["tokens"].as_array().unwrap();
            let sum: f64 = tokens.iter().map(|token| token["log_probability"].as_f64().unwrap()).sum();
            assert_eq!(tokens.len() as u64, line["token_count"].as_u64().unwrap());
            assert!(sum < 0.0 && (sum - number("log_probability")).abs() < 1e-6);
            assert!((number("perplexity") - (-sum / tokens.len() as f64).exp()).abs() < 1e-6 * number("perplexity"));
        }
        let bits = -lines[1]["log_probability"].as_f64().unwrap() / std::f64::consts::LN_2 / 2.0;
        assert!((lines[1]["bits_per_byte"].as_f64().unwrap() - bits).abs() < 1e-6, "é has two bytes");
    }
    assert!(world.feed(&["score", "base"], text).lines()[0].get("tokens").is_none());
}

#[test]
fn scoring_names_a_bad_line_after_scoring_those_before_it() {
    let world = World::trained();
    let one = "{\"text\": \"one\"}\n";
    let failed = world.feed(&["score", "base"], &format!("{one}{{}}\n")).fails(&["stdin:2", "no field `text`"]);
    assert_eq!(failed.stdout.lines().count(), 1);
    // An empty text has no score: a bad record like any other.
    let text = format!("{one}{{\"text\": \"\"}}\n{one}");
    world.feed(&["score", "base"], &text).fails(&["stdin:2: the text is empty", "--on-bad skip"]);
    let skipped = world.feed(&["score", "base", "--on-bad", "skip"], &text);
    assert_eq!(skipped.code, 5, "{}", skipped.stderr);
    let lines: Vec<Value> = skipped.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((lines.len(), &lines[1]), (3, &serde_json::json!({ "error": "the text is empty", "line": 2 })));
    assert_eq!(lines[0], lines[2]);
}

#[test]
fn inspect_tells_what_a_checkpoint_is() {
    let world = World::trained();
    let base: Value = serde_json::from_str(&world.run(&["inspect", "base", "--json"]).ok()).unwrap();
    assert_eq!((&base["kind"], &base["step"]), (&"pretraining".into(), &4.into()));
    assert_eq!(base["shape"]["d_model"], 32);
    assert_eq!(base["fingerprint"].as_str().unwrap().len(), 64);
    assert!(base["tokens"].as_u64().unwrap() > 0);
    let count: u64 = base["tensors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tensor| tensor["shape"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).product::<u64>())
        .sum();
    assert_eq!(base["parameters"], count);

    let head: Value = serde_json::from_str(&world.run(&["inspect", "sentiment", "--json"]).ok()).unwrap();
    assert_eq!(head["kind"], "sentiment");
    assert_eq!(head["task"]["state"]["labels"], serde_json::json!(["glad", "sad"]));
    assert_eq!(head["vocabulary"], base["vocabulary"]);

    let page = world.run(&["inspect", "runs/sentiment/final"]).ok();
    for word in ["sentiment", "d_model 32", "accuracy", "glad", head["fingerprint"].as_str().unwrap()] {
        assert!(page.contains(word), "{word} is not in:\n{page}");
    }
}

#[test]
fn a_dry_run_prints_the_resolved_config_and_touches_nothing() {
    let world = World::new();
    let dry =
        world.run(&["pretrain", "base.toml", "--dry-run", "--set", "train.steps=9", "--seed", "7", "--device", "cpu"]);
    assert!(dry.stderr.contains("would pretrain base for 9 steps"), "{}", dry.stderr);
    let config: toml::Table = dry.ok().parse().unwrap();
    assert_eq!(config["train"]["steps"].as_integer(), Some(9));
    assert_eq!(config["train"]["seed"].as_integer(), Some(7));
    assert_eq!(config["device"].as_str(), Some("cpu"));
    world.run(&["finetune", "qa.toml", "--dry-run"]).fails(&["no run \"base\""]);
    world.run(&["tokenizer", "base.toml", "--out", "t.json", "--dry-run"]).ok();
    assert!(!world.path("runs").exists() && !world.path("t.json").exists());
    world.run(&["pretrain", "base.toml", "--dry-run", "--set", "train.steps=0"]).fails(&["train.steps is 0"]);

    let trained = World::trained();
    let settings: toml::Table = trained.run(&["predict", "qa", "--task", "qa", "--dry-run"]).ok().parse().unwrap();
    assert_eq!(settings["max_answer_tokens"].as_integer(), Some(30));
    for verb in [&["score", "base"][..], &["inspect", "base"], &["generate", "base"]] {
        trained.run(&[verb, &["--dry-run"]].concat()).ok();
    }
}

#[test]
fn data_are_found_by_option_variable_or_habit() {
    let world = World::new();
    copy(&world.path("data"), &world.path("datasets"));
    let with = |variable: &str| {
        let mut command =
            world.command_without_data(&["tokenizer", "base.toml", "--out", "tokenizer.json", "--overwrite"]);
        finish(command.env("CIMIENTO_DATA", variable))
    };
    with("data").ok();
    with("nowhere").fails(&["nowhere"]);
    // An empty variable is none.
    with("").ok();
}

#[test]
fn paths_are_relative_to_the_config_and_then_to_the_data_folder() {
    let world = World::copy_of_trained();
    let base = fs::read_to_string(world.path("base.toml")).unwrap();
    fs::create_dir_all(world.path("mine/texts")).unwrap();
    fs::copy(world.path("data/corpus.jsonl"), world.path("mine/texts/corpus.jsonl")).unwrap();
    fs::copy(world.path("data/reviews.jsonl"), world.path("mine/reviews.jsonl")).unwrap();
    let config = |path: &str| world.config("mine/c.toml", &base.replace("corpus.jsonl", path));
    let dry = |more: &[&str]| world.run(&[&["pretrain", "mine/c.toml", "--overwrite", "--dry-run"], more].concat());
    config("texts/corpus.jsonl");
    dry(&[]).ok();
    let trained = world.run(&["pretrain", "mine/c.toml", "--set", "run=own"]);
    assert_eq!(trained.code, 0, "{}", trained.stderr);
    // The name and the text of a file decide, not its folder.
    assert_eq!(world.run(&["diff", "base", "own", "--json"]).stdout.matches("\"same_data\": true").count(), 1);
    config("gone.jsonl");
    dry(&[]).fails(&["mine/gone.jsonl and data/gone.jsonl", "--data-dir", "relative to the config's folder"]);
    config("$CIMIENTO_TEST_FOLDER/corpus.jsonl");
    dry(&[]).fails(&["CIMIENTO_TEST_FOLDER is not set"]);
    let mut command = world.command(&["pretrain", "mine/c.toml", "--overwrite", "--dry-run"]);
    finish(command.env("CIMIENTO_TEST_FOLDER", world.path("mine/texts"))).ok();
    config("~/texts/corpus.jsonl");
    let mut command = world.command(&["pretrain", "mine/c.toml", "--overwrite", "--dry-run"]);
    finish(command.env("HOME", world.path("mine"))).ok();
    // In both folders: said, once.
    fs::copy(world.path("sentiment.toml"), world.path("mine/sentiment.toml")).unwrap();
    let tune = ["finetune", "mine/sentiment.toml", "--set", "run=two", "--set", "from.run=../runs/base"];
    let both = world.run(&tune);
    assert_eq!(
        both.stderr.matches("reviews.jsonl: taken for mine/reviews.jsonl; there is").count(),
        1,
        "{}",
        both.stderr
    );
    both.ok();
    world.run(&["data", "check", "mine/sentiment.toml"]).ok();
}

#[test]
fn shipped_configs_run_from_any_folder() {
    let world = World::new();
    let configs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../configs");
    for (command, name) in
        [("run", "quickstart.toml"), ("pretrain", "pretrain/village-nano.toml"), ("sweep", "sweep/village.toml")]
    {
        let path = configs.join(name).canonicalize().unwrap();
        finish(&mut world.command_without_data(&[command, path.to_str().unwrap(), "--dry-run"])).ok();
    }
}

#[test]
fn a_runs_folder_that_cannot_be_written_is_named() {
    let world = World::new();
    fs::write(world.path("taken"), "a file").unwrap();
    world.run(&["pretrain", "base.toml", "--runs-dir", "taken"]).fails(&["taken", "--runs-dir names another folder"]);
}

#[test]
fn a_wrong_key_is_underlined() {
    let world = World::new();
    world.config("wrong.toml", &fs::read_to_string(world.path("base.toml")).unwrap().replace("preset", "prefet"));
    let failed = world.run(&["pretrain", "wrong.toml"]).fails(&[
        "wrong.toml:9:1",
        "unknown key `prefet`",
        "did you mean `preset`?",
    ]);
    let lines: Vec<&str> = failed.stderr.lines().collect();
    let at = lines.iter().position(|line| line.contains("prefet = ")).unwrap();
    let column = |line: &str, what: char| line.chars().position(|c| c == what);
    let (key, mark) = (column(lines[at], 'p').unwrap(), lines[at + 1].chars().position(|c| "─┬".contains(c)).unwrap());
    assert_eq!(key, mark, "{}", failed.stderr);
}

#[test]
fn help_shows_what_a_command_obeys() {
    let world = World::new();
    let inspect = world.run(&["inspect", "--help"]).ok();
    assert!(inspect.contains("Example:") && !inspect.contains("--seed") && !inspect.contains("--set"), "{inspect}");
    let trained = World::trained();
    let ignored = trained.run(&["inspect", "base", "--seed", "1"]);
    assert!(ignored.stderr.contains("--seed changes nothing: `inspect` has no use for it"), "{}", ignored.stderr);
    ignored.ok();
    // Before the command, too.
    assert!(trained.run(&["--device", "cpu", "inspect", "base"]).stderr.contains("--device changes nothing"));
    let help = world.run(&["--help"]).ok();
    assert!(help.contains("Exit codes:") && help.contains("interrupted"), "{help}");
    assert_eq!(world.run(&["pretrian", "base.toml"]).code, 2);
}

#[test]
fn results_alone_go_to_stdout() {
    let world = World::new();
    let done = world.run(&["pretrain", "base.toml"]);
    assert_eq!((done.code, done.stdout.as_str()), (0, ""), "{}", done.stderr);
    assert!(done.stderr.contains("documents"), "{}", done.stderr);
    world.run(&["inspect", "base", "--set", "a=1"]).fails(&["--set a=1", "`inspect` has no settings"]);
}

#[test]
fn a_machine_is_measured() {
    let world = World::new();
    let small = ["bench", "--preset", "micro", "--batch", "2", "--seq", "16", "--vocab", "300", "--steps", "2"];
    let found = world.run(&[&small[..], &["--json"]].concat()).lines().remove(0);
    for key in ["tokens_per_s", "step_ms", "model_gflops", "gemm_gflops", "utilisation", "decode_tokens_per_s"] {
        assert!(found[key].as_f64().is_some_and(|value| value > 0.0), "{key}: {found}");
    }
    assert_eq!(found["params"], 300 * 64 + 2 * (4 * 64 * 64 + 3 * 64 * 192 + 2 * 64 + 2 * 32) + 64);
    let page = world.run(&small).ok();
    assert!(page.contains("training") && page.contains("tokens/s"), "{page}");
    world.run(&["bench", "--heads", "3"]).fails(&["backbone.heads = 3"]);
    world.run(&["bench", "--seq", "1"]).fails(&["--seq 1 is too small"]);
}

#[test]
fn questions_are_made_of_a_corpus_and_learned_from() {
    let world = World::copy_of_trained();
    let text = "The old mill by the river was sold in 1871 to two brothers. They paid far too much for its wheel and the \
                mule. Nobody else in the whole valley had wanted such a ruin.";
    let tale =
        |number: usize| serde_json::json!({ "text": format!("{text} It was lot {number} of that dry autumn day.") });
    world.data("tales.jsonl", (0..60).map(|number| format!("{}\n", tale(number))).collect::<String>());
    world.config("asked.toml", "run = \"asked\"\nquestions = 40\ncorpus.sources = [{ path = \"tales.jsonl\" }]\n");
    let make = |more: &[&str]| world.run(&[&["data", "cloze", "asked.toml"][..], more].concat());
    let made = || fs::read_to_string(world.path("runs/asked/cloze.jsonl")).unwrap();
    make(&["--dry-run"]).ok();
    assert!(!world.path("runs/asked").exists());
    make(&[]).ok();
    let first = made();
    assert_eq!(first.lines().count(), 40);
    assert!(make(&[]).stderr.contains("already finished"));
    make(&["--seed", "7"]).ok();
    assert_ne!(made(), first);
    make(&[]).ok();
    assert_eq!(made(), first);
    let practise = ["finetune", "qa.toml", "--set", "run=made", "--set", "data.train=[{path='run:asked/cloze.jsonl'}]"];
    let tune = world.run(&practise);
    assert!(tune.stderr.contains("training: 40 records"), "{}", tune.stderr);
    tune.ok();
    // Sentences too short to ask about.
    make(&["--set", "corpus.sources=[{path='corpus.jsonl'}]"]).fails(&["no paragraph of two sentences"]);
    // As a stage of a pipeline, which tells it the seed.
    let stages = "run = \"all\"\n[[stages]]\nname = \"asked\"\nverb = \"cloze\"\nconfig = \"asked.toml\"\n\
                  [[stages]]\nname = \"practice\"\nverb = \"finetune\"\nconfig = \"qa.toml\"\n\
                  set = [\"data.train=[{path='run:all/asked/cloze.jsonl'}]\"]\n";
    world.config("all.toml", stages);
    assert!(world.run(&["data", "check", "all.toml"]).ok().contains("practice"));
    world.run(&["run", "all.toml", "--seed", "7", "--device", "cpu"]).ok();
    let again = world.run(&["run", "all.toml", "--seed", "7"]);
    assert!(again.stderr.matches("already finished").count() == 2, "{}", again.stderr);
}
