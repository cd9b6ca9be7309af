//! SIGKILL at any moment, then `--resume`: the run ends in the same bytes as one that nobody disturbed.
//!
//! `CIMIENTO_KILLS=500 cargo test --release -p cimiento --test end_to_end kills` tries more points than the 50 of every day.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::World;

/// All a config can ask of a run, and a checkpoint after every step, so that many of the blows fall into one being written.
const EVERYTHING: [&str; 6] = [
    "train.save_every=1",
    "train.validate_every=3",
    "train.keep=best",
    "train.average=0.5",
    "train.dropout=0.1",
    "train.steps=12",
];

/// A run to be disturbed: its command without what is common to all.
fn scenarios() -> Vec<(&'static str, Vec<&'static str>)> {
    let from = ["--set", "from.run=runs/base/final", "--set", "batch.micro_size=3"];
    let mix = [
        "--set",
        "objective.masked=0.4",
        "--set",
        "objective.causal=0.3",
        "--set",
        "objective.prefix=0.3",
        "--set",
        "batch.micro_batch_tokens=64",
        "--set",
        "batch.stages=[{ share = 0.5, length = 16 }, { share = 0.5, length = 32 }]",
    ];
    let lora = ["--set", "lora.rank=2", "--set", "run=adapted"];
    vec![
        ("base", [&["pretrain", "base.toml"][..], &mix].concat()),
        ("sentiment", [&["finetune", "sentiment.toml"][..], &from].concat()),
        ("qa", [&["finetune", "qa.toml"][..], &from].concat()),
        ("summarization", [&["finetune", "summarization.toml"][..], &from].concat()),
        ("adapted", [&["finetune", "sentiment.toml"][..], &from, &lora].concat()),
    ]
}

/// What a run leaves that must not depend on who disturbed it, by path.
fn remains(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(inside) = folders.pop() {
        for entry in fs::read_dir(&inside).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
            // TensorBoard's files hold the time, the lock the process.
            match name.as_str() {
                "tensorboard" | ".lock" => {}
                _ if path.is_dir() => folders.push(path),
                _ => {
                    found.insert(name, fs::read(&path).unwrap());
                }
            }
        }
    }
    found
}

/// Numbers below `below`, always the same ones.
fn chance(state: &mut u64, below: u64) -> u64 {
    *state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
    (*state >> 33) % below.max(1)
}

#[test]
fn a_killed_run_ends_in_the_same_bytes() {
    let wanted: u64 = std::env::var("CIMIENTO_KILLS").map_or(50, |kills| kills.parse().unwrap());
    let world = World::copy_of_trained();
    let mut state = 1;
    let mut tried = 0;
    let scenarios = scenarios();
    let sets: Vec<&str> = EVERYTHING.iter().flat_map(|set| ["--set", set]).collect();
    for (number, (run, command)) in (1..).zip(&scenarios) {
        let whole = [&command[..], &sets, &["--runs-dir", "whole"]].concat();
        let begun = Instant::now();
        world.run(&whole).ok();
        let lasts = begun.elapsed().as_micros() as u64;
        let expected = remains(&world.path("whole").join(run));
        assert!(expected.contains_key("final/backbone.safetensors") && expected.contains_key("metrics.jsonl"));

        let share = wanted * number / scenarios.len() as u64;
        let killed = [&command[..], &sets, &["--runs-dir", "killed", "--resume"]].concat();
        while tried < share {
            let mut child = world.command(&killed).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            std::thread::sleep(Duration::from_micros(chance(&mut state, lasts)));
            if child.try_wait().unwrap().is_some() {
                // It was done before the blow: compare, and begin again.
                check(&world, run, &expected);
                fs::remove_dir_all(world.path("killed")).unwrap();
                continue;
            }
            child.kill().unwrap();
            child.wait().unwrap();
            tried += 1;
        }
        world.run(&killed).ok();
        check(&world, run, &expected);
    }
}

/// Compares what a disturbed run has left with what is expected. A checkpoint that was about to be removed may be there
/// still; whatever else is there must be the same.
fn check(world: &World, run: &str, expected: &BTreeMap<String, Vec<u8>>) {
    let found = remains(&world.path("killed").join(run));
    for (name, bytes) in expected {
        assert!(
            found.get(name) == Some(bytes),
            "{run}: {name} is {}",
            if found.contains_key(name) { "other" } else { "missing" }
        );
    }
    let more: Vec<&String> = found.keys().filter(|name| !expected.contains_key(*name)).collect();
    assert!(more.iter().all(|name| name.starts_with("step-")), "{run}: {more:?}");
}
