//! What runs can be trusted with: one writer, no half-done work, a reason for every difference.

use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{World, copy, finish};

/// Starts a training that goes on until it is stopped, and waits for its first step.
fn endless(world: &World) -> std::process::Child {
    training(world, "train.steps=1000000")
}

/// Starts a training of so many steps, and waits for the first.
fn training(world: &World, steps: &str) -> std::process::Child {
    let mut command =
        world.command(&["pretrain", "base.toml", "--overwrite", "--set", steps, "--set", "train.save_every=0"]);
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let (metrics, begun) = (world.path("runs/base/metrics.jsonl"), Instant::now());
    while fs::metadata(&metrics).map_or(0, |metadata| metadata.len()) == 0 {
        assert!(begun.elapsed() < Duration::from_secs(60), "no step in a minute");
        std::thread::sleep(Duration::from_millis(5));
    }
    child
}

#[test]
fn a_folder_has_one_writer_and_a_dead_one_does_not_count() {
    let world = World::new();
    let mut first = endless(&world);
    let holder = format!("process {}", first.id());
    for command in [&["pretrain", "base.toml", "--resume"][..], &["pretrain", "base.toml", "--overwrite"]] {
        world.run(command).fails(&["runs/base: another process is at work", &holder]);
    }
    // Reading is allowed meanwhile; a killed process leaves nothing that stands in the way.
    first.kill().unwrap();
    first.wait().unwrap();
    fs::create_dir(world.path("runs/base/.step-000001.99-0-0.tmp")).unwrap();
    world.run(&["pretrain", "base.toml", "--overwrite"]).ok();
    let left = fs::read_dir(world.path("runs/base")).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(left.into_iter().all(|name| !name.to_string_lossy().ends_with(".tmp")));
}

#[test]
#[cfg(unix)]
fn a_request_to_terminate_saves_too() {
    let world = World::new();
    let mut child = endless(&world);
    let sent = std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    assert_eq!(child.wait().unwrap().code(), Some(3));
    let shown: Value = serde_json::from_str(&world.run(&["inspect", "base", "--json"]).ok()).unwrap();
    assert!(shown["step"].as_u64().unwrap() > 0);
}

#[test]
fn diverging_steps_are_skipped_if_that_is_wanted_but_not_for_ever() {
    let world = World::new();
    let diverging = |policy: &str| {
        let sets = ["optimizer.lr=1e30", "optimizer.method=adamw", "train.steps=40", "train.save_every=1", policy];
        let sets: Vec<&str> = sets.iter().flat_map(|set| ["--set", set]).collect();
        world.run(&[&["pretrain", "base.toml", "--overwrite"][..], &sets].concat())
    };
    let stopped = diverging("train.on_divergence=stop").fails(&["training diverged at step"]);
    assert!(!stopped.stderr.contains("in a row"));
    let skipped = diverging("train.on_divergence=skip");
    let words =
        ["training diverged at step", "after 10 steps in a row that were skipped", "the last good checkpoint is"];
    let skipped = skipped.fails(&words);
    let last = skipped.stderr.split("the last good checkpoint is ").nth(1).unwrap().split_whitespace().next().unwrap();
    // The weights of skipped steps are those of the last good one.
    world.feed(&["score", last], "{\"text\": \"a mule\"}\n").ok();
    let lines = fs::read_to_string(world.path("runs/base/metrics.jsonl")).unwrap();
    assert_eq!(lines.lines().filter(|line| line.contains(":null")).count(), 10, "{lines}");
}

#[test]
#[cfg(unix)]
fn tokens_that_change_under_a_run_are_noticed_at_its_end() {
    use std::os::unix::fs::FileExt;
    let world = World::new();
    let child = training(&world, "train.steps=1500");
    let mut folders = vec![world.path("runs/cache")];
    let mut changed = 0;
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.ends_with("train.tokens") {
                // In place, as a failing disk or a careless hand would do it.
                let bytes: Vec<u8> = fs::read(&path).unwrap().into_iter().map(|byte| byte & 1).collect();
                fs::OpenOptions::new().write(true).open(&path).unwrap().write_all_at(&bytes, 0).unwrap();
                changed += 1;
            }
        }
    }
    assert_eq!(changed, 1);
    let found = crate::support::output(child.wait_with_output().unwrap());
    found.fails(&["train.tokens", "was changed while the run read it", "--overwrite"]);
    assert!(!world.path("runs/base/finished.json").exists());
    // Damaged tokens are made anew.
    world.run(&["pretrain", "base.toml", "--overwrite"]).ok();
}

#[test]
fn diff_says_where_runs_part() {
    let world = World::copy_of_trained();
    let train = |more: &[&str]| world.run(&[&["pretrain", "base.toml", "--overwrite"][..], more].concat()).ok();
    train(&["--set", "run=same", "--set", "train.save_every=3"]);
    let same = world.run(&["diff", "base", "same"]).ok();
    assert!(same.contains("the same, bit for bit") && !same.contains("differs"), "{same}");

    train(&["--set", "run=other", "--set", "optimizer.lr=1e-3"]);
    let other = world.run(&["diff", "base", "other", "--json"]);
    assert_eq!(other.code, 4, "{}", other.stderr);
    let found: Value = serde_json::from_str(&other.stdout).unwrap();
    assert_eq!(found["config"]["optimizer.lr"], serde_json::json!([null, 1e-3]));
    assert_eq!((&found["same_data"], &found["same_tokenizer"]), (&true.into(), &true.into()));
    // The first step is taken with the same weights; its loss is the same, the next one's is not.
    assert_eq!(found["first_differing_step"]["step"], 2);
    assert!(!found["weights"].as_object().unwrap().is_empty());

    let text = fs::read_to_string(world.path("data/corpus.jsonl")).unwrap();
    world.data("corpus.jsonl", text.replace("market", "fair"));
    train(&["--set", "run=elsewhere"]);
    let page = world.run(&["diff", "base", "elsewhere"]);
    assert_eq!(page.code, 4);
    assert!(page.stdout.contains("data         differs") && page.stdout.contains("part at step 1"), "{}", page.stdout);
    world.run(&["diff", "base", "nowhere"]).fails(&["nowhere"]);
}

#[test]
fn the_number_of_threads_does_not_show() {
    let world = World::copy_of_trained();
    for threads in ["1", "3"] {
        for (command, run) in [("pretrain", "base"), ("finetune", "qa")] {
            let mut command =
                world.command(&[command, &format!("{run}.toml"), "--set", &format!("run=t{threads}-{run}")]);
            finish(command.env("RAYON_NUM_THREADS", threads)).ok();
            let compared = world.run(&["diff", run, &format!("t{threads}-{run}")]);
            assert_eq!(compared.code, 0, "{}", compared.stdout);
        }
    }
}

/// A limit on the size of files stands for a full disk, wherever it strikes.
#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_told_and_nothing_is_lost_wherever_it_strikes() {
    let world = World::new();
    let program = env!("CARGO_BIN_EXE_cimiento");
    world.run(&["pretrain", "base.toml", "--runs-dir", "whole"]).ok();
    let mut failed = 0;
    for blocks in [0, 1, 2, 4, 8, 12, 16, 24, 32, 48, 60, 80, 100, 120, 160, 200] {
        let script =
            format!("trap '' XFSZ; ulimit -f {blocks}; exec '{program}' pretrain base.toml --data-dir data --resume");
        let mut command = std::process::Command::new("sh");
        command.args(["-c", &script]).current_dir(world.path(""));
        let found = finish(&mut command);
        if found.code == 0 {
            break;
        }
        failed += 1;
        assert!([1, 3].contains(&found.code), "{blocks}: {}", found.stderr);
        assert!(!found.stderr.contains("panicked") && !found.stderr.is_empty(), "{blocks}: {}", found.stderr);
    }
    assert!(failed > 5, "{failed} limits were too small");
    // With room again the same command goes on, and ends as one that always had room.
    world.run(&["pretrain", "base.toml", "--resume"]).ok();
    world.run(&["diff", "runs/base", "whole/base"]).ok();
}

#[test]
#[cfg(unix)]
fn a_folder_that_may_not_be_written_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    fs::create_dir(world.path("runs")).unwrap();
    fs::set_permissions(world.path("runs"), fs::Permissions::from_mode(0o555)).unwrap();
    let found = world.run(&["pretrain", "base.toml"]);
    fs::set_permissions(world.path("runs"), fs::Permissions::from_mode(0o755)).unwrap();
    // The superuser may write everywhere.
    if found.code != 0 {
        found.fails(&["runs", "permission denied"]);
    }
}

#[test]
fn a_training_that_cannot_fit_is_refused_before_it_begins() {
    let world = World::copy_of_trained();
    let huge = [
        "--set",
        "backbone.d_model=65536",
        "--set",
        "backbone.heads=64",
        "--set",
        "backbone.layers=64",
        "--set",
        "run=huge",
    ];
    let dry = world.run(&[&["pretrain", "base.toml", "--dry-run"][..], &huge].concat());
    assert!(dry.stderr.contains("GB of memory (weights"), "{}", dry.stderr);
    let begun = Instant::now();
    world.run(&[&["pretrain", "base.toml"][..], &huge].concat()).fails(&["this takes about", "are free"]);
    assert!(begun.elapsed() < Duration::from_secs(20));
    let small = world.run(&["pretrain", "base.toml", "--dry-run", "--overwrite"]);
    assert!(small.stderr.contains("MB of memory"), "{}", small.stderr);
    // Fine-tuning too, with its data read: a small run says how many steps they make.
    let tune = world.run(&[
        "finetune",
        "sentiment.toml",
        "--dry-run",
        "--overwrite",
        "--set",
        "train.steps=0",
        "--set",
        "batch.epochs=4",
    ]);
    assert!(
        tune.stderr.contains("15 steps, with about") && tune.stderr.contains("MB of memory (weights"),
        "{}",
        tune.stderr
    );
    let absent = ["finetune", "sentiment.toml", "--dry-run", "--overwrite", "--set", "from.run=absent"];
    world.run(&absent).fails(&["no run \"absent\""]);
}

#[test]
fn a_damaged_newest_checkpoint_names_the_one_before_and_that_one_goes_on() {
    let world = World::copy_of_trained();
    world.run(&["pretrain", "base.toml", "--overwrite", "--set", "train.save_every=1"]).ok();
    let whole = world.path("whole");
    copy(&world.path("runs/base"), &whole);
    fs::remove_dir_all(world.path("runs/base/final")).unwrap();
    fs::remove_file(world.path("runs/base/finished.json")).unwrap();
    fs::write(world.path("runs/base/step-000003/backbone.safetensors"), b"gone").unwrap();
    let again = ["pretrain", "base.toml", "--resume", "--set", "train.save_every=1"];
    world.run(&again).fails(&["step-000003", "damaged", "step-000002 is the one before it"]);
    fs::remove_dir_all(world.path("runs/base/step-000003")).unwrap();
    world.run(&again).ok();
    world.run(&["diff", "base", "whole"]).ok();
}
