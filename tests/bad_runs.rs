//! Runs and checkpoints that are not what they should be, and training that cannot go on.

use std::fs;
use std::path::Path;

use cimiento_data::files::hash_file;
use serde_json::Value;

use crate::support::World;

/// The newest checkpoint that a run can go on from.
const NEWEST: &str = "runs/base/step-000002";

fn damage(path: &Path, edit: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    edit(&mut bytes);
    fs::write(path, bytes).unwrap();
}

/// Makes the manifest of a checkpoint agree with one of its files again.
fn approve(folder: &Path, name: &str) {
    let path = folder.join("manifest.json");
    let mut manifest: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    manifest["files"][name] = serde_json::to_value(hash_file(&folder.join(name)).unwrap()).unwrap();
    fs::write(path, manifest.to_string()).unwrap();
}

#[test]
fn a_damaged_checkpoint_is_refused_by_every_verb() {
    let world = World::copy_of_trained();
    let weights = world.path("runs/base/final/backbone.safetensors");
    damage(&weights, |bytes| *bytes.last_mut().unwrap() ^= 1);
    let words = ["final/backbone.safetensors", "damaged checkpoint", "checksum"];
    world.run(&["inspect", "base"]).fails(&words);
    world.run(&["generate", "base", "--prompt", "Ada"]).fails(&words);
    world.run(&["score", "base"]).fails(&words);
    world.run(&["finetune", "qa.toml", "--set", "run=other"]).fails(&words);
    assert!(!world.path("runs/other").exists());
    damage(&weights, |bytes| bytes.truncate(100));
    world.run(&["inspect", "base"]).fails(&["damaged checkpoint", "100 bytes, the manifest says"]);
    fs::remove_file(&weights).unwrap();
    world.run(&["inspect", "base"]).fails(&["damaged checkpoint", "the file is missing"]);
}

#[test]
fn a_manifest_that_is_cut_or_of_another_version_is_refused() {
    let world = World::copy_of_trained();
    let manifest = world.path("runs/base/final/manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, &text[..text.len() / 2]).unwrap();
    world.run(&["inspect", "base"]).fails(&["manifest.json", "damaged checkpoint", "not JSON"]);
    fs::write(&manifest, text.replacen("\"version\": 2", "\"version\": 99", 1)).unwrap();
    world.run(&["inspect", "base"]).fails(&["checkpoint format 99, this program reads formats 1 and 2"]);
}

#[test]
fn half_a_checkpoint_is_none() {
    let world = World::copy_of_trained();
    // What a crash leaves: a folder under its temporary name, and one that never got its manifest.
    fs::rename(world.path("runs/base/final"), world.path("runs/base/.final.1-0-0.tmp")).unwrap();
    fs::remove_file(world.path(NEWEST).join("manifest.json")).unwrap();
    world.run(&["inspect", "base"]).fails(&["runs/base", "neither a checkpoint nor a run with one"]);
    world.run(&["inspect", "nowhere"]).fails(&["no run \"nowhere\" in runs"]);
}

#[test]
fn a_damaged_newest_step_names_the_one_before_it() {
    let world = World::new();
    world.run(&["pretrain", "base.toml", "--set", "train.save_every=1"]).ok();
    fs::remove_dir_all(world.path("runs/base/final")).unwrap();
    fs::remove_file(world.path("runs/base/finished.json")).unwrap();
    damage(&world.path("runs/base/step-000003/optimizer.safetensors"), |bytes| bytes.truncate(9));
    let words = ["step-000003", "damaged checkpoint", "step-000002 is the one before it"];
    world.run(&["pretrain", "base.toml", "--set", "train.save_every=1", "--resume"]).fails(&words);
}

#[test]
fn a_tokenizer_of_other_weights_is_refused() {
    let world = World::copy_of_trained();
    let folder = world.path("runs/base/final");
    let other = ["tokenizer", "base.toml", "--out", "other.json", "--set", "tokenizer.vocab_size=280"];
    world.run(&other).ok();
    fs::copy(world.path("other.json"), folder.join("tokenizer.json")).unwrap();
    world.run(&["generate", "base", "--prompt", "Ada"]).fails(&["tokenizer.json", "damaged checkpoint"]);
    approve(&folder, "tokenizer.json");
    world
        .run(&["generate", "base", "--prompt", "Ada"])
        .fails(&["tokenizer.json", "it is not the tokenizer of these weights"]);
}

#[test]
fn weights_of_another_shape_are_refused_by_name() {
    let world = World::copy_of_trained();
    world.run(&["pretrain", "base.toml", "--set", "run=wide", "--set", "backbone.layers=2"]).ok();
    let folder = world.path("runs/base/final");
    fs::copy(world.path("runs/wide/final/backbone.safetensors"), folder.join("backbone.safetensors")).unwrap();
    approve(&folder, "backbone.safetensors");
    world.run(&["generate", "base", "--prompt", "Ada"]).fails(&["backbone.safetensors", "left over", "layers.1."]);
}

#[test]
fn a_head_of_another_task_is_refused() {
    let world = World::trained();
    world.run(&["predict", "sentiment", "--task", "qa"]).fails(&["this is a sentiment checkpoint, a qa one is needed"]);
    world.run(&["predict", "base", "--task", "qa"]).fails(&["this is a pretraining checkpoint, a qa one is needed"]);
}

#[test]
fn a_run_folder_is_not_taken_over_by_accident() {
    let world = World::copy_of_trained();
    let before = world.run(&["inspect", "base", "--json"]).ok();
    world.run(&["pretrain", "base.toml"]).fails(&["runs/base already holds a run", "--resume", "--overwrite"]);
    let resume = |more: &[&str], words: &[&str]| {
        let words = [&["runs/base: this run was finished with something else"], words].concat();
        world.run(&[&["pretrain", "base.toml", "--resume"], more].concat()).fails(&words);
    };
    resume(&["--set", "optimizer.lr=1e-4"], &["optimizer.lr: 0.003 → 0.0001"]);
    resume(&["--seed", "9", "--set", "train.save_every=1"], &["train.seed: 1 → 9"]);
    resume(&["--set", "corpus.sources[0].limit=20"], &["corpus.sources[0].limit: not set → 20"]);
    world.data(
        "corpus.jsonl",
        fs::read_to_string(world.path("data/corpus.jsonl")).unwrap().to_uppercase().replace("TEXT", "text"),
    );
    resume(&[], &["corpus.jsonl: its content has changed"]);
    assert_eq!(world.run(&["inspect", "base", "--json"]).ok(), before);
}

#[test]
fn an_unfinished_run_of_another_config_is_not_resumed() {
    let world = World::copy_of_trained();
    fs::remove_dir_all(world.path("runs/base/final")).unwrap();
    fs::remove_file(world.path("runs/base/finished.json")).unwrap();
    world
        .run(&["pretrain", "base.toml", "--resume", "--set", "optimizer.lr=1e-4"])
        .fails(&["runs/base: this run was begun with something else", "optimizer.lr: 0.003 → 0.0001"]);
}

#[test]
fn a_loss_that_is_no_number_stops_the_run_and_keeps_the_last_checkpoint() {
    let world = World::new();
    let diverging = [
        "pretrain",
        "base.toml",
        "--set",
        "optimizer.lr=1e30",
        "--set",
        "optimizer.method=adamw",
        "--set",
        "train.save_every=1",
        "--set",
        "train.steps=50",
    ];
    let failed =
        world.run(&diverging).fails(&["training diverged at step", "the last good checkpoint is runs/base/step-"]);
    let last = failed.stderr.split("the last good checkpoint is ").nth(1).unwrap().split_whitespace().next().unwrap();
    assert!(world.path(last).join("manifest.json").is_file(), "{last}");
    world.run(&["inspect", last]).ok();
}

#[test]
fn a_device_that_was_not_built_names_the_feature() {
    // The CI's builds with other features have the device, and then only the words cannot be seen.
    if cfg!(feature = "cuda") {
        return;
    }
    let world = World::trained();
    let words = ["device cuda:1 is not in this build", "--features cuda"];
    world.run(&["pretrain", "base.toml", "--set", "run=other", "--device", "cuda:1"]).fails(&words);
    world.run(&["score", "base", "--device", "cuda:1"]).fails(&words);
    let usage = world.run(&["score", "base", "--device", "gpu"]);
    assert_eq!(usage.code, 2);
    assert!(usage.stderr.contains("expected cpu, ndarray, wgpu"), "{}", usage.stderr);
}

/// A limit on the size of files stands for a full disk: in the middle of a checkpoint, writing fails.
#[test]
#[cfg(target_os = "linux")]
fn a_checkpoint_that_cannot_be_written_leaves_nothing_half_done() {
    let world = World::new();
    let program = env!("CARGO_BIN_EXE_cimiento");
    let mut command = std::process::Command::new("sh");
    let script = format!("trap '' XFSZ; ulimit -f 60; exec '{program}' pretrain base.toml --data-dir data");
    command.args(["-c", &script]).current_dir(world.path(""));
    crate::support::finish(&mut command).fails(&["step-000002", "backbone.safetensors", "writing failed"]);
    let left: Vec<String> = fs::read_dir(world.path("runs/base"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("step") || name.contains("final"))
        .collect();
    assert_eq!(left, [""; 0]);
    // With room again, the same command does the whole.
    world.run(&["pretrain", "base.toml"]).ok();
}
