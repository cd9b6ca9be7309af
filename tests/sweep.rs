//! sweep: trials side by side, ranked, resumed, and reported where they fail.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;

use crate::support::{World, finish};

const SWEEP: &str = r#"run = "search"
verb = "pretrain"
config = "base.toml"
set = ["train.steps = 3", "train.save_every = 0"]
goal = { minimize = "bits_per_byte" }
[axes]
optimizer.muon_lr = [0.01, 0.05]
"backbone.layers" = [1, 2]
"#;

const NAMES: [&str; 4] =
    ["layers=1,muon_lr=0.01", "layers=1,muon_lr=0.05", "layers=2,muon_lr=0.01", "layers=2,muon_lr=0.05"];

fn world(sweep: &str) -> World {
    let world = World::new();
    world.config("sweep.toml", sweep);
    world
}

/// What `results.json` says, in its order.
fn results(world: &World) -> Vec<Value> {
    serde_json::from_str(&fs::read_to_string(world.path("runs/search/results.json")).unwrap()).unwrap()
}

fn name(entry: &Value) -> &str {
    entry["run"].as_str().unwrap().strip_prefix("search/").unwrap()
}

fn score(entry: &Value, metric: &str) -> f64 {
    let scores = entry["scores"].as_array().unwrap();
    scores.iter().find(|score| score["metric"] == metric).unwrap()["value"].as_f64().unwrap()
}

/// When each trial was finished.
fn finished(world: &World) -> BTreeMap<String, SystemTime> {
    let folders = fs::read_dir(world.path("runs/search")).unwrap().map(|entry| entry.unwrap().path());
    let marks = folders.filter_map(|folder| {
        let time = fs::metadata(folder.join("finished.json")).ok()?.modified().unwrap();
        Some((folder.file_name().unwrap().to_string_lossy().into_owned(), time))
    });
    marks.collect()
}

#[test]
fn trials_are_ranked_and_only_new_ones_are_made() {
    let world = world(SWEEP);
    let done = world.run(&["sweep", "sweep.toml"]);
    assert_eq!(done.stderr.matches("bits_per_byte").count(), 4, "{}", done.stderr);
    let page = done.ok();

    // Each has what its own run measured last.
    let ranked = results(&world);
    for entry in &ranked {
        let log = fs::read_to_string(world.path("runs/search").join(name(entry)).join("metrics.jsonl")).unwrap();
        let last: Value = serde_json::from_str(log.lines().last().unwrap()).unwrap();
        assert_eq!(last["validation"]["bits_per_byte"], score(entry, "bits_per_byte"));
        assert_eq!((&entry["state"], &entry["steps"]), (&"finished".into(), &3.into()));
        assert!(world.path("runs/search/logs").join(format!("{}.log", name(entry))).exists());
    }
    let values: Vec<f64> = ranked.iter().map(|entry| score(entry, "bits_per_byte")).collect();
    assert!(values.is_sorted() && values[0] < values[3], "{values:?}");
    let mut names: Vec<&str> = ranked.iter().map(name).collect();
    names.sort_unstable();
    assert_eq!(names, NAMES);

    // The table has the same order, and a star at the best.
    let lines: Vec<Vec<&str>> = page.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[1][..3], ["backbone.layers", "optimizer.muon_lr", "bits_per_byte"]);
    for (at, (line, entry)) in lines[2..].iter().zip(&ranked).enumerate() {
        let mark = if at == 0 { "*" } else { "=" };
        let line = line.strip_prefix(&[mark]).unwrap_or_else(|| {
            assert_ne!(at, 0);
            line
        });
        assert_eq!(line[0], entry["settings"]["backbone.layers"].to_string());
        assert_eq!(line[1], entry["settings"]["optimizer.muon_lr"].to_string());
        assert_eq!(line[2], format!("{:.3}", values[at]));
    }
    let report = fs::read_to_string(world.path("runs/search/report.html")).unwrap();
    assert!(NAMES.iter().all(|name| report.contains(&format!("<figcaption>{name}: loss"))));

    // The command that is named trains the best one again, bit for bit.
    let command = page.lines().last().unwrap().trim().strip_prefix("cimiento ").unwrap();
    // Under a name of its own, as that of the config may be taken.
    let best = name(&ranked[0]);
    let expected = format!("pretrain base.toml --set 'run=\"search-{best}\"' --set 'train.steps = 3' ");
    assert!(command.starts_with(&expected), "{command}");
    let script = format!("'{}' {command}", env!("CARGO_BIN_EXE_cimiento"));
    finish(Command::new("sh").args(["-c", &script]).current_dir(world.path(""))).ok();
    world.run(&["diff", &format!("search/{best}"), &format!("search-{best}")]).ok();

    // Nothing is left to do; what is said is the same.
    let before = finished(&world);
    let again = world.run(&["sweep", "sweep.toml"]);
    assert_eq!(again.stderr.matches(", made before").count(), 4, "{}", again.stderr);
    assert_eq!((again.ok(), finished(&world)), (page, before.clone()));

    // One more value is two more trials.
    world.config("sweep.toml", &SWEEP.replace("[1, 2]", "[1, 3, 2]"));
    world.run(&["sweep", "sweep.toml"]).ok();
    let after = finished(&world);
    assert_eq!(after.len(), 6);
    assert!(before.iter().all(|(name, time)| after[name] == *time));

    // Another course is another trial, in a folder of its own.
    world.config("sweep.toml", &SWEEP.replace("steps = 3", "steps = 4"));
    let quiet = world.run(&["sweep", "sweep.toml", "--json", "--quiet"]);
    assert_eq!(quiet.stderr, "");
    let printed: Vec<Value> = serde_json::from_str(&quiet.ok()).unwrap();
    assert_eq!(printed, results(&world));
    assert!(printed.len() == 4 && printed.iter().all(|entry| entry["steps"] == 4), "{printed:?}");
    assert_eq!(finished(&world).len(), 10);
    assert!(after.iter().all(|(name, time)| finished(&world)[name] == *time));
    let own = |entry: &Value| NAMES.iter().any(|old| name(entry).starts_with(&format!("{old}-")));
    assert!(printed.iter().all(own), "{printed:#?}");

    // Back again, and with values that are written otherwise, everything is there already.
    world.config("sweep.toml", &SWEEP.replace("[0.01, 0.05]", "[1e-2, 0.050]"));
    let again = world.run(&["sweep", "sweep.toml"]);
    assert_eq!(again.stderr.matches(", made before").count(), 4, "{}", again.stderr);
    let table = again.ok();
    assert!(table.contains(" 1e-2 ") && table.contains(" 0.050 "), "{table}");
    assert_eq!(finished(&world).len(), 10);
}

#[test]
fn how_many_run_at_once_does_not_show() {
    let world = world(SWEEP);
    let scores = |parallel: &str| {
        let set = format!("parallel={parallel}");
        let printed = world.run(&["sweep", "sweep.toml", "--json", "--set", &set, "--runs-dir", parallel]).ok();
        let entries: Vec<Value> = serde_json::from_str(&printed).unwrap();
        let command = entries[0]["command"].as_str().unwrap();
        assert!(command.ends_with(&format!("--runs-dir {parallel} --data-dir data")), "{command}");
        entries.into_iter().map(|entry| (entry["run"].clone(), entry["scores"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(scores("1"), scores("3"));
}

#[test]
fn what_cannot_be_tried_is_refused_before_anything_is_made() {
    let world = world(SWEEP);
    let refuse = |from: &str, to: &str, words: &[&str]| {
        world.config("sweep.toml", &SWEEP.replace(from, to));
        world.run(&["sweep", "sweep.toml"]).fails(words);
    };
    // In the second trial only.
    let key =
        ["trial layers=1,muon_lrr=1", "unknown key `muon_lrr`", "base.toml (with --set):", "did you mean `muon_lr`?"];
    refuse("optimizer.muon_lr = [0.01, 0.05]", "a = [{ optimizer.muon_lr = 1 }, { optimizer.muon_lrr = 1 }]", &key);
    refuse("[1, 2]", "[1, -2]", &["trial layers=-2", "layers = -2", "expected a whole number"]);
    refuse("[1, 2]", "1", &["sweep.toml:8:", "expected a list of values"]);
    refuse("base.toml", "bose.toml", &["bose.toml: no such config file", "base.toml"]);
    let device = ["sweep", "sweep.toml", "--dry-run", "--seed", "2"];
    refuse("set = [", "set = [\"device = 'cuda'\", ", &["cuda"]);
    world.config("sweep.toml", &SWEEP.replace("\"backbone.layers\"", "train.seed"));
    world.run(&device).fails(&["axes.train.seed: the command line sets train.seed for all trials"]);
    assert!(!world.path("runs").exists());
}

#[test]
fn a_goal_that_is_not_measured_ends_it_early() {
    let turned = world(&SWEEP.replace("minimize", "maximize"));
    let words = [
        "the goal would rank the worst first: of bits_per_byte less is better",
        "goal = { minimize = \"bits_per_byte\" }",
    ];
    turned.run(&["sweep", "sweep.toml", "--set", "parallel=1"]).fails(&words);
    turned.run(&["sweep", "sweep.toml", "--dry-run"]).fails(&words);
    assert!(!turned.path("runs").exists());
    let world = world(&SWEEP.replace("bits_per_byte", "bits_per_bite"));
    let words = ["the goal \"bits_per_bite\" is not measured", "loss_causal", "did you mean bits_per_byte?"];
    world.run(&["sweep", "sweep.toml", "--set", "parallel=1"]).fails(&words);
    assert_eq!(finished(&world).len(), 1);
}

#[test]
fn a_dry_run_lists_all_trials_and_chance_is_repeatable() {
    let world = world(SWEEP);
    let dry = world.run(&["sweep", "sweep.toml", "--dry-run"]);
    assert!(dry.stderr.contains("would make 4 trials"), "{}", dry.stderr);
    let text = dry.ok();
    assert!(NAMES.iter().all(|name| text.contains(name)), "{text}");
    assert!(text.contains("backbone.layers=2  optimizer.muon_lr=0.05"), "{text}");
    // It is a config still.
    world.config("again.toml", &text);
    assert_eq!(world.run(&["sweep", "again.toml", "--dry-run"]).ok().matches("# layers").count(), 0);

    world.config("sweep.toml", &SWEEP.replace("[0.01, 0.05]", "{ from = 1e-3, to = 1e-1, scale = \"log\" }"));
    let draw = |seed: u64| {
        let search = format!("search={{ random = {{ trials = 5, seed = {seed} }} }}");
        let text = world.run(&["sweep", "sweep.toml", "--dry-run", "--set", &search]).ok();
        let (_, list) = text.split_once("5 trials").unwrap();
        list.to_string()
    };
    assert_eq!(draw(7), draw(7));
    assert_ne!(draw(7), draw(8));
    assert!(!world.path("runs").exists());
}

#[test]
fn a_trial_that_fails_is_told_and_the_others_are_made() {
    let axes = "[axes]\nshape = [{ backbone.d_model = 65536, backbone.heads = 64, backbone.layers = 64 }, { backbone.layers = 1 }]\n";
    let world = world(&(SWEEP.split("[axes]").next().unwrap().to_string() + axes));
    let failed = world.run(&["sweep", "sweep.toml"]).fails(&["failed: this takes about", "1 of 2 trials failed"]);
    assert!(failed.stdout.contains("d_model=65536,heads=64,layers=64 failed: this takes about"), "{}", failed.stdout);
    assert!(failed.stdout.contains("best: runs/search/layers=1"), "{}", failed.stdout);
    let found = results(&world);
    assert_eq!((name(&found[0]), &found[0]["state"]), ("layers=1", &"finished".into()));
    assert_eq!(found[1]["state"], "failed");
    assert!(found[1]["error"].as_str().unwrap().starts_with("this takes about"));
    let report = fs::read_to_string(world.path("runs/search/report.html")).unwrap();
    assert!(report.contains("<td>failed</td>"));

    // One that has lost its way is a failure like any other.
    let diverging = "\"optimizer.lr\" = [1e-3, 1e30]\n\"optimizer.method\" = [\"adamw\"]\n";
    world.config("sweep.toml", &(SWEEP.split("optimizer").next().unwrap().to_string() + diverging));
    world
        .run(&["sweep", "sweep.toml", "--set", "run=other", "--set", "set=['train.steps=40']"])
        .fails(&["lr=1e30,method=adamw: failed: training diverged at step", "1 of 2 trials failed"]);
}

/// Waits until `what` holds.
fn wait(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(60), "no {what} in a minute");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
#[cfg(unix)]
fn a_sweep_that_is_stopped_or_killed_goes_on_where_it_was() {
    let steps = SWEEP.replace("train.steps = 3", "train.steps = 1500").replace("[0.01, 0.05]", "[0.01]");
    let world = world(&steps);
    let trials = ["layers=1,muon_lr=0.01", "layers=2,muon_lr=0.01"].map(|name| world.path("runs/search").join(name));
    let sweep = ["sweep", "sweep.toml", "--set", "parallel=2"];
    let saved = || -> Vec<String> {
        let inside = trials.iter().flat_map(|trial| fs::read_dir(trial).unwrap());
        let names = inside.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
        let mut names: Vec<String> = names.filter(|name| name.starts_with("step-")).collect();
        names.sort();
        names
    };
    let size = |trial: usize| fs::metadata(trials[trial].join("metrics.jsonl")).map_or(0, |file| file.len());
    for (signal, code) in [("-INT", Some(3)), ("-KILL", None)] {
        let already = [0, 1].map(size);
        let mut child = world.command(&sweep).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        wait("step", || [0, 1].iter().all(|&trial| size(trial) > already[trial]));
        let before = if signal == "-INT" { Vec::new() } else { saved() };
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        assert_eq!(child.wait().unwrap().code(), code);
        // Whoever stops it, the trials save and stop: nobody holds their folders, and they are further than before.
        let free =
            |trial: &std::path::PathBuf| fs::File::open(trial.join(".lock")).is_ok_and(|file| file.try_lock().is_ok());
        wait("end of the trials", || trials.iter().all(free));
        assert!(saved().len() >= 2 && saved() != before, "{signal}: {before:?}, then {:?}", saved());
        assert!(finished(&world).is_empty(), "{signal}: the trials were too short to be stopped");
    }
    assert!(results(&world).iter().all(|entry| entry["state"] == "unfinished"));
    let done = world.run(&sweep);
    assert!(done.stderr.contains("after 1500 steps"), "{}", done.stderr);
    done.ok();
    // The same as one that nobody disturbed.
    let whole = ["--set", "backbone.layers=2", "--set", "optimizer.muon_lr=0.01", "--set", "train.save_every=0"];
    world.run(&[&["pretrain", "base.toml", "--set", "train.steps=1500"][..], &whole].concat()).ok();
    world.run(&["diff", "base", "search/layers=2,muon_lr=0.01"]).ok();
}

#[test]
fn fine_tuning_is_searched_by_what_its_weights_score() {
    let world = World::copy_of_trained();
    world.config(
        "sweep.toml",
        r#"run = "search"
verb = "finetune"
config = "sentiment.toml"
set = ["train.steps = 12", "train.validate_every = 2", "train.keep = 'best'", "data.validation[0].limit = 30"]
search = { random = { trials = 3, seed = 2 } }
goal = { maximize = "accuracy" }
[axes]
optimizer.lr = { from = 1e-4, to = 1e-1, scale = "log" }
from.run = ["base"]
"#,
    );
    for (goal, right) in [("minimize='accuracy'", "maximize = \"accuracy\""), ("maximize='ece'", "minimize = \"ece\"")]
    {
        let goal = format!("goal={{{goal}}}");
        world.run(&["sweep", "sweep.toml", "--set", &goal]).fails(&["would rank the worst first", right]);
    }
    assert!(!world.path("runs/search").exists());
    let page = world.run(&["sweep", "sweep.toml", "--seed", "3"]).ok();
    assert!(page.contains("more is better") && page.contains("--seed 3"), "{page}");
    let ranked = results(&world);
    assert_eq!(ranked.len(), 3);
    let values: Vec<f64> = ranked.iter().map(|entry| score(entry, "accuracy")).collect();
    assert!(values.is_sorted_by(|one, other| one >= other), "{values:?}");
    for entry in &ranked {
        // Of the validations, that of the weights which were kept.
        let log = fs::read_to_string(world.path("runs/search").join(name(entry)).join("metrics.jsonl")).unwrap();
        let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let best = lines.filter_map(|line| line["validation"]["accuracy"].as_f64()).reduce(f64::max).unwrap();
        assert_eq!(score(entry, "accuracy"), best);
        let config = fs::read_to_string(world.path("runs/search").join(name(entry)).join("config.toml")).unwrap();
        assert!(config.contains("seed = 3"), "{config}");
    }
}
