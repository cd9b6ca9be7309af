//! Training through the command line: what it leaves, how it goes on, what it says.

use std::fs;

use serde_json::Value;

use crate::support::World;

fn inspect(world: &World, run: &str) -> Value {
    serde_json::from_str(&world.run(&["inspect", run, "--json"]).ok()).unwrap()
}

#[test]
fn a_run_leaves_checkpoints_metrics_and_its_config() {
    let world = World::trained();
    for file in ["final/manifest.json", "step-000002/manifest.json", "metrics.jsonl", "config.toml", "tensorboard"] {
        assert!(world.path("runs/base").join(file).exists(), "{file}");
    }
    assert_eq!(
        fs::read_to_string(world.path("runs/base/config.toml")).unwrap(),
        fs::read_to_string(world.path("base.toml")).unwrap()
    );
    let metrics = fs::read_to_string(world.path("runs/base/metrics.jsonl")).unwrap();
    assert!(metrics.lines().count() >= 4 && metrics.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()));
}

#[test]
fn an_interrupted_run_ends_where_an_uninterrupted_one_does() {
    let world = World::copy_of_trained();
    let whole = inspect(&world, "base");
    // The state after step 2 is that of a run that was interrupted there.
    fs::remove_dir_all(world.path("runs/base/final")).unwrap();
    fs::remove_file(world.path("runs/base/finished.json")).unwrap();
    world.run(&["pretrain", "base.toml", "--resume"]).ok();
    let resumed = inspect(&world, "base");
    assert_eq!(resumed["step"], 4);
    assert_eq!(resumed["fingerprint"], whole["fingerprint"]);
}

#[test]
fn a_run_of_rounded_products_goes_on_in_the_same_bits() {
    let world = World::copy_of_trained();
    let rounded = ["pretrain", "base.toml", "--set", "run=rounded", "--set", "train.precision=bf16"];
    world.run(&rounded).ok();
    let whole = inspect(&world, "rounded");
    assert_ne!(whole["fingerprint"], inspect(&world, "base")["fingerprint"]);
    fs::remove_dir_all(world.path("runs/rounded/final")).unwrap();
    fs::remove_file(world.path("runs/rounded/finished.json")).unwrap();
    world
        .run(&["pretrain", "base.toml", "--set", "run=rounded", "--resume"])
        .fails(&["train.precision: \"bf16\" → not set"]);
    world.run(&[&rounded[..], &["--resume"]].concat()).ok();
    assert_eq!(inspect(&world, "rounded")["fingerprint"], whole["fingerprint"]);
}

#[test]
fn the_seed_and_overwrite_decide_what_a_folder_holds() {
    let world = World::copy_of_trained();
    let first = inspect(&world, "base");
    world.run(&["pretrain", "base.toml", "--seed", "2", "--overwrite"]).ok();
    let second = inspect(&world, "base");
    assert_ne!(first["fingerprint"], second["fingerprint"]);
    let config = fs::read_to_string(world.path("runs/base/config.toml")).unwrap();
    assert!(config.contains("seed = 2"), "{config}");
    world.run(&["pretrain", "base.toml", "--overwrite"]).ok();
    assert_eq!(inspect(&world, "base")["fingerprint"], first["fingerprint"]);
}

#[test]
fn a_frozen_backbone_does_not_move() {
    let world = World::copy_of_trained();
    world.run(&["finetune", "sentiment.toml", "--set", "run=frozen", "--set", "from.freeze=true"]).ok();
    let weights = |run: &str| inspect(&world, run)["files"]["backbone.safetensors"]["blake3"].clone();
    assert_eq!(weights("frozen"), weights("base"));
    assert_ne!(weights("sentiment"), weights("base"));
}

#[test]
fn a_named_tokenizer_is_taken_as_it_is() {
    let world = World::new();
    world.run(&["tokenizer", "base.toml", "--out", "data/mine.json"]).ok();
    world.run(&["tokenizer", "base.toml", "--out", "data/mine.json"]).fails(&["is there already", "--overwrite"]);
    world.run(&["pretrain", "base.toml", "--set", "tokenizer.path=mine.json", "--set", "run=named"]).ok();
    world.run(&["pretrain", "base.toml"]).ok();
    assert_eq!(inspect(&world, "named")["vocabulary"], inspect(&world, "base")["vocabulary"]);
    assert_eq!(inspect(&world, "named")["fingerprint"], inspect(&world, "base")["fingerprint"]);
}

#[test]
fn evaluation_is_one_table_and_is_not_repeated_for_nothing() {
    let world = World::copy_of_trained();
    world.config(
        "evaluate.toml",
        r#"run = "evaluation"
[[tasks]]
dataset = "reviews"
split = "test"
data = [{ path = "reviews.jsonl", limit = 6 }]
baseline_train = [{ path = "reviews.jsonl" }]
runs = [{ variant = "pretrained", run = "sentiment" }]
[[texts]]
dataset = "corpus"
split = "test"
data = [{ path = "corpus.jsonl", limit = 3 }]
runs = [{ variant = "pretrained", run = "base" }]
"#,
    );
    let rows = world.run(&["evaluate", "evaluate.toml", "--json"]).ok();
    let parsed: Vec<Value> = serde_json::from_str(&rows).unwrap();
    let value = |variant: &str, metric: &str| {
        parsed.iter().find(|row| row["variant"] == variant && row["metric"] == metric).map(|row| row["n"].clone())
    };
    for (variant, metric, n) in [
        ("pretrained", "accuracy", 6),
        ("pretrained", "ece", 6),
        ("baseline:majority", "macro_f1", 6),
        ("pretrained", "perplexity", 3),
        ("pretrained", "bits_per_byte", 3),
    ] {
        assert_eq!(value(variant, metric), Some(n.into()), "{variant} {metric} in {rows}");
    }
    let written = fs::metadata(world.path("runs/evaluation/results.json")).unwrap().modified().unwrap();
    assert_eq!(world.run(&["evaluate", "evaluate.toml", "--json"]).ok(), rows);
    let table = world.run(&["evaluate", "evaluate.toml"]).ok();
    assert!(table.contains("accuracy") && table.contains("baseline:majority"), "{table}");
    assert_eq!(fs::metadata(world.path("runs/evaluation/results.json")).unwrap().modified().unwrap(), written);
}

#[test]
fn a_pipeline_does_each_stage_once_and_reports() {
    let world = World::new();
    world.config(
        "evaluate.toml",
        r#"run = "x"
[[tasks]]
dataset = "reviews"
split = "test"
data = [{ path = "reviews.jsonl", limit = 6 }]
runs = [{ variant = "pretrained", run = "all/sentiment" }]
"#,
    );
    world.config(
        "all.toml",
        r#"run = "all"
stages = [
    { name = "base", verb = "pretrain", config = "base.toml" },
    { name = "sentiment", verb = "finetune", config = "sentiment.toml", set = ["from.run = 'all/base'"] },
    { name = "scores", verb = "evaluate", config = "evaluate.toml" },
]
"#,
    );
    world.run(&["run", "all.toml", "--seed", "5"]).ok();
    for file in ["results.json", "report.html", "base/final/manifest.json", "sentiment/final/manifest.json"] {
        assert!(world.path("runs/all").join(file).exists(), "{file}");
    }
    assert!(fs::read_to_string(world.path("runs/all/base/config.toml")).unwrap().contains("seed = 5"));
    let before = inspect(&world, "all/sentiment");
    let again = world.run(&["run", "all.toml", "--seed", "5"]);
    assert!(again.stderr.contains("already finished"), "{}", again.stderr);
    again.ok();
    assert_eq!(inspect(&world, "all/sentiment"), before);
    // A change of one stage redoes what depends on it, and no more.
    world.run(&["run", "all.toml", "--seed", "6"]).ok();
    assert_ne!(inspect(&world, "all/sentiment")["fingerprint"], before["fingerprint"]);
    // Of a pipeline, `predict` takes the stage for the task.
    let answer = world.feed(&["predict", "all", "--task", "sentiment"], "{\"text\": \"a day\"}\n");
    assert_eq!(answer.lines().len(), 1);
}

/// Ctrl-C: the step is finished, the run is saved, and says how to go on.
#[test]
#[cfg(unix)]
fn an_interrupt_saves_and_can_be_resumed() {
    use std::io::Read;
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};

    let world = World::new();
    let interrupted = |arguments: &[&str]| {
        let mut command = world.command(arguments);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let metrics = world.path("runs/base/metrics.jsonl");
        let size = || fs::metadata(&metrics).map_or(0, |metadata| metadata.len());
        let (before, begun) = (size(), Instant::now());
        while size() <= before && begun.elapsed() < Duration::from_secs(60) {
            std::thread::sleep(Duration::from_millis(5));
        }
        let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        let code = child.wait().unwrap().code();
        let mut stderr = String::new();
        child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        assert_eq!(code, Some(3), "{stderr}");
        assert!(stderr.contains("and saved") && stderr.contains("--resume goes on"), "{stderr}");
        inspect(&world, "base")["step"].as_u64().unwrap()
    };
    let long = ["--set", "train.steps=1000000", "--set", "train.save_every=0"];
    let first = interrupted(&[&["pretrain", "base.toml"][..], &long].concat());
    let second = interrupted(&[&["pretrain", "base.toml", "--resume"][..], &long].concat());
    assert!(0 < first && first < second, "{first} {second}");
}

#[test]
fn a_fine_tuned_model_can_be_gone_on_with() {
    let world = World::copy_of_trained();
    let more = |config: &str, sets: &[&str]| {
        let sets = [&["run=more", "from.run=sentiment"], sets].concat();
        let sets: Vec<&str> = sets.into_iter().flat_map(|set| ["--set", set]).collect();
        world.run(&[&["finetune", config, "--overwrite"][..], &sets].concat())
    };
    // Another task takes the backbone alone.
    let qa = more("qa.toml", &[]);
    assert!(qa.stderr.contains("sentiment: a sentiment model; its backbone is taken"), "{}", qa.stderr);
    qa.ok();
    // The same task takes the head too: hardly moved, it answers as before.
    let still = more("sentiment.toml", &["optimizer.lr=1e-12", "optimizer.muon_lr=1e-12"]);
    assert!(!still.stderr.contains("a fresh one"), "{}", still.stderr);
    still.ok();
    let answer = |run: &str| {
        let lines = world.feed(&["predict", run, "--task", "sentiment"], "{\"text\": \"Ada was glad.\"}\n").lines();
        lines[0]["probabilities"]["glad"].as_f64().unwrap()
    };
    assert!((answer("more") - answer("sentiment")).abs() < 1e-4, "{} {}", answer("more"), answer("sentiment"));
}

#[test]
fn what_ended_a_training_and_which_weights_it_kept_is_said() {
    let world = World::copy_of_trained();
    let train = |sets: &[&str]| {
        let sets: Vec<&str> = sets.iter().flat_map(|set| ["--set", *set]).collect();
        world.run(&[&["finetune", "sentiment.toml", "--overwrite"][..], &sets].concat())
    };
    // Weights that do not move are never better than the first.
    let still = ["optimizer.lr=1e-30", "optimizer.muon_lr=1e-30", "train.steps=9", "train.validate_every=1"];
    let stopped = train(&[&still[..], &["train.patience=2", "train.keep=best"]].concat());
    let said = "sentiment: stopped after step 3 of 9: 2 validations without a better one (train.patience); the weights \
                kept are the best, those of step 1 (train.keep)";
    assert!(stopped.stderr.contains(said), "{}", stopped.stderr);
    stopped.ok();
    // Later too.
    let said = said.trim_start_matches("sentiment: ");
    assert_eq!(
        inspect(&world, "sentiment")["ending"],
        serde_json::json!({ "step": 3, "steps": 9, "kept": 1, "patience": 2 })
    );
    let shown = world.run(&["inspect", "sentiment"]).ok();
    assert!(shown.contains(said), "{shown}");
    let listed = world.run(&["list"]).ok();
    assert!(listed.contains("3 of 9, best 1"), "{listed}");
    world.run(&["report", "sentiment"]).ok();
    let page = fs::read_to_string(world.path("runs/sentiment/report.html")).unwrap();
    assert!(page.contains(said), "{page}");
    let best = train(&[&still[..], &["train.patience=0", "train.keep=best"]].concat());
    assert!(best.stderr.contains("sentiment: the weights kept are the best, those of step 1"), "{}", best.stderr);
    best.ok();
    let last = train(&[&still[..], &["train.patience=0", "train.keep=last"]].concat());
    assert!(!last.stderr.contains("weights kept") && !last.stderr.contains("stopped after"), "{}", last.stderr);
    last.ok();
    assert_eq!(inspect(&world, "sentiment")["ending"], Value::Null);
    let manifest = fs::read_to_string(world.path("runs/sentiment/final/manifest.json")).unwrap();
    assert!(!manifest.contains("\"ending\""), "{manifest}");
}
