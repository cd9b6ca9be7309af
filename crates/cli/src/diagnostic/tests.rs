//! Config files: what is refused and how, and that those of `configs/` are right.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::*;
use crate::commands::{run, sweep};
use crate::config::{Cloze, Evaluate, Finetune, Pipeline, Pretrain, Sweep};
use crate::tasks::NAMES;

const PRETRAIN: &str = r#"run = "reference-pretrain"
train = { steps = 1000 }
[[corpus.sources]]
path = "village/corpus/prose.jsonl"
"#;
const FINETUNE: &str = r#"
run = "reference-finetune"
from = { run = "village-nano" }
task.sentiment = {}
data.train = [{ path = "village/sentiment/train.jsonl" }]
data.validation = [{ path = "village/sentiment/dev.jsonl" }]
"#;
const EVALUATE: &str = r#"
run = "reference-evaluate"
[[tasks]]
dataset = "village-qa"
split = "test"
data = [{ path = "village/qa/test.json" }]
runs = [{ variant = "pretrained", run = "quickstart/qa" }, { variant = "from-scratch", run = "quickstart/qa-scratch" }]
[[texts]]
dataset = "village"
split = "train"
data = [{ path = "village/corpus/prose.jsonl", limit = 100 }]
runs = [{ variant = "pretrained", run = "quickstart/pretrain" }]
[[endings]]
dataset = "lambada"
split = "test"
data = [{ path = "lambada/test.jsonl" }]
runs = [{ variant = "pretrained", runs = ["seeds/a", "seeds/b", "seeds/c"] }]
[[pairs]]
dataset = "blimp"
split = "test"
data = [{ path = "blimp" }]
runs = [{ variant = "pretrained", run = "quickstart/pretrain" }]
"#;
const CLOZE: &str = r#"
run = "reference-cloze"
[[corpus.sources]]
path = "village/corpus/prose.jsonl"
"#;
const RUN: &str = r#"
run = "reference-run"
[[stages]]
name = "pretrain"
verb = "pretrain"
config = "pretrain.toml"
[[stages]]
name = "sentiment"
verb = "finetune"
config = "finetune.toml"
set = ["from.run = 'reference-run/pretrain'"]
"#;

const SWEEP: &str = r#"
run = "reference-sweep"
verb = "pretrain"
config = "pretrain.toml"
goal = { minimize = "bits_per_byte" }
[axes]
optimizer.muon_lr = [0.01, 0.02, 0.04]
shape = [
    { backbone.d_model = 128, backbone.layers = 4 },
    { backbone.d_model = 96, backbone.layers = 7 },
]
"#;

fn configs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../configs")
}

fn from_text<C: DeserializeOwned + Validate>(text: &str, sets: &[&str]) -> Result<Loaded<C>, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    fs::write(&path, text).unwrap();
    let sets: Vec<String> = sets.iter().map(ToString::to_string).collect();
    load(&path, &sets).map_err(|report| render(&report))
}

/// The reference says what a minimal config means.
fn equals<C: DeserializeOwned + Validate + PartialEq + std::fmt::Debug>(reference: &str, minimal: &str) {
    let reference = from_text::<C>(reference, &[]).unwrap().config;
    let minimal = from_text::<C>(minimal, &[]).unwrap().config;
    assert_eq!(reference, minimal);
}

fn reference(name: &str) -> String {
    fs::read_to_string(configs().join("reference").join(name)).unwrap()
}

/// Puts `text`'s block of another task in place of that of sentiment.
fn with_task(text: &str, task: &str) -> String {
    let blocks = text.split("\n\n").map(|block| {
        if block.starts_with(&format!("# [task.{task}]")) {
            block.lines().map(|line| line.trim_start_matches("# ")).collect::<Vec<_>>().join("\n")
        } else if block.contains("[task.sentiment]") && task != "sentiment" {
            String::new()
        } else {
            block.to_string()
        }
    });
    blocks.collect::<Vec<_>>().join("\n\n")
}

#[test]
fn the_reference_configs_are_the_defaults() {
    equals::<Pretrain>(&reference("pretrain.toml"), PRETRAIN);
    equals::<Evaluate>(&reference("evaluate.toml"), EVALUATE);
    equals::<Pipeline>(&reference("run.toml"), RUN);
    equals::<Cloze>(&reference("cloze.toml"), CLOZE);
    equals::<Sweep>(&reference("sweep.toml"), SWEEP);
    for task in NAMES {
        let minimal = FINETUNE.replace("task.sentiment", &format!("task.{task}"));
        equals::<Finetune>(&with_task(&reference("finetune.toml"), task), &minimal);
    }
}

/// The names of all keys in a config.
fn keys(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(entries) => entries.iter().for_each(|(key, value)| {
            found.insert(key.clone());
            keys(value, found);
        }),
        Value::Array(values) => values.iter().for_each(|value| keys(value, found)),
        _ => {}
    }
}

fn documents_every_key<C: Serialize>(config: &C, text: &str) {
    let mut names = BTreeSet::new();
    keys(&serde_json::to_value(config).unwrap(), &mut names);
    for name in names {
        let set = format!("{name} = ");
        let begins = |line: &str, at: usize| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let shown = text.lines().map(|line| line.trim_start_matches("# ")).any(|line| {
            line.match_indices(&set).any(|(at, _)| begins(line, at))
                || line.starts_with('[') && line.split(['[', ']', '.']).any(|part| part == name)
                || line.starts_with(&format!("{name}."))
        });
        assert!(shown, "configs/reference does not document `{name}`");
    }
}

#[test]
fn the_reference_configs_name_every_key() {
    let check = |name: &str| reference(name);
    documents_every_key(&from_text::<Pretrain>(PRETRAIN, &[]).unwrap().config, &check("pretrain.toml"));
    documents_every_key(&from_text::<Evaluate>(EVALUATE, &[]).unwrap().config, &check("evaluate.toml"));
    documents_every_key(&from_text::<Pipeline>(RUN, &[]).unwrap().config, &check("run.toml"));
    documents_every_key(&from_text::<Cloze>(CLOZE, &[]).unwrap().config, &check("cloze.toml"));
    let random = ["search={ random = { trials = 2 } }", "axes={ shape = { from = 1, to = 2 } }"];
    documents_every_key(&from_text::<Sweep>(SWEEP, &random).unwrap().config, &check("sweep.toml"));
    for task in NAMES {
        let minimal = FINETUNE.replace("task.sentiment", &format!("task.{task}"));
        documents_every_key(&from_text::<Finetune>(&minimal, &[]).unwrap().config, &check("finetune.toml"));
    }
}

#[test]
fn a_key_shown_as_a_comment_may_be_set() {
    let optional = |text: &str| -> Vec<(String, String)> {
        let lines: Vec<&str> = text.lines().collect();
        let is_key = |line: &str| {
            line.strip_prefix("# ")
                .and_then(|rest| rest.split_once(" = "))
                .is_some_and(|(key, _)| key.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
        };
        let at = (0..lines.len()).filter(|&at| is_key(lines[at]));
        at.map(|at| {
            let mut edited = lines.clone();
            edited[at] = &lines[at][2..];
            (edited[at].to_string(), edited.join("\n"))
        })
        .collect()
    };
    let found = optional(&reference("pretrain.toml"));
    assert_eq!(found.len(), 13);
    for (line, text) in found {
        if let Err(e) = from_text::<Pretrain>(&text, &[]) {
            panic!("{line}: {e}");
        }
    }
    // Those of the other tasks are covered where their blocks take effect.
    let source = reference("finetune.toml")
        .split("[data]")
        .nth(1)
        .map(|data| format!("run = \"a\"\nfrom.run = \"b\"\ntask.sentiment = {{}}\n[data]{data}"));
    let found = optional(&source.unwrap());
    assert_eq!(found.len(), 13);
    for (line, text) in found {
        if let Err(e) = from_text::<Finetune>(&text, &[]) {
            panic!("{line}: {e}");
        }
    }
}

#[test]
fn every_config_of_the_repository_is_right() {
    let mut count = 0;
    let mut folders = vec![configs()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
            let parent = folder.file_name().unwrap().to_string_lossy().into_owned();
            // The folder of a task has configs of several kinds.
            let text = fs::read_to_string(&path).unwrap();
            let kinds = [("[[stages]]", "run"), ("[task.", "finetune"), ("[backbone]", "pretrain")];
            let told = kinds.into_iter().find(|(table, _)| NAMES.contains(&parent.as_str()) && text.contains(table));
            let verb = match told {
                Some((_, verb)) => verb,
                None if parent == "reference" => stem.as_str(),
                None => parent.as_str(),
            };
            let checked = match verb {
                "pretrain" => load::<Pretrain>(&path, &[]).map(|_| ()),
                "finetune" => load::<Finetune>(&path, &[]).map(|_| ()),
                "evaluate" => load::<Evaluate>(&path, &[]).map(|_| ()),
                "cloze" => load::<Cloze>(&path, &[]).map(|_| ()),
                "sweep" => load::<Sweep>(&path, &[])
                    .and_then(|loaded| sweep::Plan::new(&loaded, &[], Path::new("runs")).map(|_| ())),
                _ => load::<Pipeline>(&path, &[]).and_then(|loaded| run::resolve(&loaded, &[])).map(|_| ()),
            };
            checked.unwrap_or_else(|report| panic!("{}", render(&report)));
            count += 1;
        }
    }
    assert!(count >= 9, "only {count} configs were found");
}

/// A config that is refused, and words of its message in order.
fn refused<C: DeserializeOwned + Validate>(text: &str, sets: &[&str], words: &[&str]) {
    let message = from_text::<C>(text, sets).map(|_| ()).expect_err(text);
    let mut rest = message.as_str();
    for word in words {
        match rest.find(word) {
            Some(at) => rest = &rest[at + word.len()..],
            None => panic!("{word:?} is not (in this order) in:\n{message}"),
        }
    }
}

#[test]
fn a_wrong_key_is_shown_with_the_nearest_right_one() {
    let schedule = format!("{PRETRAIN}[schedule]\nwarmpu = 0.1\n");
    refused::<Pretrain>(
        &schedule,
        &[],
        &[
            "unknown key `warmpu`",
            "config.toml:6:1",
            "warmpu = 0.1",
            "did you mean `warmup`?",
            "possible here: warmup, decay, floor",
        ],
    );
    refused::<Pretrain>(PRETRAIN, &["train.step=5"], &["unknown key `step`", "(with --set)", "did you mean `steps`?"]);
    refused::<Finetune>(
        &FINETUNE.replace("task.sentiment", "task.sentimant"),
        &[],
        &["sentimant", "did you mean `sentiment`?"],
    );
    refused::<Finetune>(FINETUNE, &["task.sentiment.smoothing=0.1"], &["unknown key `smoothing`", "label_smoothing"]);
    refused::<Pretrain>(PRETRAIN, &["backbone.preset=nan0"], &["unknown variant `nan0`", "did you mean `nano`?"]);
    refused::<Cloze>(CLOZE, &["questions=0"], &["questions is 0"]);
    refused::<Pretrain>(PRETRAIN, &["zzz=1"], &["unknown key `zzz`", "not known here"]);
}

#[test]
fn a_wrong_type_a_missing_key_and_bad_syntax_are_shown() {
    let steps = PRETRAIN.replace("1000", "\"many\"");
    refused::<Pretrain>(
        &steps,
        &[],
        &["invalid type", "config.toml:2:19", "steps = \"many\"", "expected a whole number, 0 or above"],
    );
    refused::<Pretrain>("run = \"a\"\n", &[], &["missing key `corpus`", "add a line `corpus = …`"]);
    refused::<Pretrain>("run = \"a\n", &[], &["config.toml", "run = \"a"]);
    refused::<Pretrain>("run = \n", &["train.steps=3"], &["config.toml", "run ="]);
    refused::<Pretrain>(PRETRAIN, &["device=gpu"], &["\"gpu\" is not a device", "expected cpu"]);
}

#[test]
fn what_spans_keys_is_shown_at_the_key() {
    let stages = format!("{PRETRAIN}[batch]\nstages = [{{ share = 1.0, length = 4096 }}]\n");
    refused::<Pretrain>(&stages, &[], &["batch.stages[0].length = 4096 is above", "config.toml:6:", "length = 4096"]);
    refused::<Pretrain>(PRETRAIN, &["train.steps=0"], &["train.steps is 0", "steps = 0"]);
    refused::<Pretrain>(PRETRAIN, &["run=../elsewhere"], &["run = \"../elsewhere\" must be", "config.toml", ":1:1"]);
    refused::<Finetune>(
        FINETUNE,
        &["task.sentiment.label_smoothing=2"],
        &["task.sentiment.label_smoothing = 2 must lie", "label_smoothing = 2"],
    );
    refused::<Evaluate>("run = \"a\"\n", &[], &["tasks, texts, endings and pairs are all empty"]);
    let variant = |runs: &str| EVALUATE.replace("runs = [\"seeds/a\", \"seeds/b\", \"seeds/c\"]", runs);
    for (runs, words) in [
        ("runs = []", "variant \"pretrained\" has no run"),
        ("run = \"a\", runs = [\"b\"]", "variant \"pretrained\" has both `run` and `runs`"),
        ("runs = [\"a\", \"b\", \"a\"]", "variant \"pretrained\" names \"a\" twice"),
    ] {
        refused::<Evaluate>(&variant(runs), &[], &["endings: \"lambada\": ", words]);
    }
}

#[test]
fn a_sweep_that_cannot_be_made_is_shown_at_its_axis() {
    let with = |axis: &str| format!("{SWEEP}{axis}\n");
    let refuse = |axis: &str, words: &[&str]| refused::<Sweep>(&with(axis), &[], words);
    let line = |words: &'static str| ["config.toml:12:", words];
    refuse("\"train.steps\" = []", &[&["axes.train.steps is empty"][..], &line("\"train.steps\" = []")].concat());
    refuse("a.b = [1, 2, 1]", &["axes.a.b[2] = 1 is there twice", "config.toml:12:14"]);
    refuse("a = [1, nan]", &["axes.a[1] is no finite number"]);
    refuse("a = [{}]", &["axes.a[0] sets nothing"]);
    refuse("a = [1, { b = 2 }]", &["axes.a mixes tables"]);
    refuse("a = 1", &["invalid type: integer", "a = 1", "expected a list of values, or a range"]);
    refuse("a = { from = 1, too = 2 }", &["unknown key `too`", "config.toml:12:", "did you mean `to`?"]);
    refuse("a = { from = 1 }", &["missing key `to`"]);
    refuse("a = { from = 1, to = 2 }", &["axes.a is a range, which a grid cannot go through", "search = { random"]);
    refuse("run = [\"a\"]", &["axes.run changes `run`"]);
    refuse("\"a b\" = [1]", &["is not a key"]);
    refuse("backbone.layers = [1]", &["changes backbone.layers, and so does axes.backbone.layers"]);
    refuse("\"optimizer.muon_lr\" = [1]", &["axes has optimizer.muon_lr twice"]);
    refuse("[empty]", &["unknown key `empty`"]);

    let random = "search={ random = { trials = 3 } }";
    let draw = |axis: &str, words: &[&str]| refused::<Sweep>(&with(axis), &[random], words);
    draw("a = { from = 2, to = 1 }", &["axes.a: 2 must be below 1"]);
    draw("a = { from = 0.0, to = 1, scale = \"log\" }", &["axes.a: on a logarithmic scale from = 0 must be above 0"]);
    draw("a = { from = \"x\", to = 1 }", &["axes.a: a range goes from one number to another"]);
    draw("a = { from = 1, to = 2, scale = \"ln\" }", &["unknown variant `ln`", "log"]);
    let many: String = ('a'..='z').map(|key| format!("{key} = [1, 2]\n")).collect();
    refuse(&many, &["axes has more than 10000 combinations"]);
    refused::<Sweep>(SWEEP, &["search={ random = { trials = 0 } }"], &["search.random.trials = 0 must lie in"]);
    refused::<Sweep>(SWEEP, &["set=['optimizer.muon_lr=1']"], &["axes.optimizer.muon_lr changes", "so does set[0]"]);
    refused::<Sweep>(SWEEP, &["set=['run=x']"], &["set[0] changes `run`"]);
    refused::<Sweep>(SWEEP, &["goal=loss"], &["unknown variant `loss`", "possible here: minimize, maximize"]);
    refused::<Sweep>(SWEEP, &["verb=evaluate"], &["unknown variant `evaluate`", "possible here: pretrain, finetune"]);
    refused::<Sweep>(SWEEP.split("[axes]").next().unwrap(), &["axes={}"], &["axes is empty"]);
}

#[test]
fn a_sweep_is_the_same_once_it_is_printed() {
    let sets = ["search={ random = { trials = 2, seed = 7 } }", "axes.optimizer.lr={ from = 1, to = 2e5 }"];
    let sets = sets.map(String::from);
    let printed = crate::fuzzing::parse_config("sweep", SWEEP, &sets).unwrap();
    assert!(printed.contains("\"optimizer.lr\""), "{printed}");
}

#[test]
fn a_config_that_is_not_there_or_not_text_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("village.toml"), PRETRAIN).unwrap();
    let message = |name: &str| render(&load::<Pretrain>(&folder.path().join(name), &[]).unwrap_err());
    assert!(message("vilage.toml").contains("no such config file"), "{}", message("vilage.toml"));
    assert!(message("vilage.toml").contains("did you mean") && message("vilage.toml").contains("village.toml?"));
    fs::write(folder.path().join("latin.toml"), b"run = \"a\"\n# caf\xe9\n").unwrap();
    assert!(message("latin.toml").contains("latin.toml:2: invalid UTF-8"), "{}", message("latin.toml"));
}

#[test]
fn causes_are_told_once() {
    let inner = std::io::Error::other("the disk is gone");
    let report = Err::<(), _>(inner).into_diagnostic();
    let report = miette::WrapErr::wrap_err(report, "x.bin: reading failed: the disk is gone").unwrap_err();
    assert_eq!(causes(&report), "x.bin: reading failed: the disk is gone");
}
