//! What holds for the whole repository: who may know whom, how long a file may be, and that the README's tree is true.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// All files of the repository, relative to its root, without what is built, run or hidden (but for `.ci`).
fn files() -> Vec<String> {
    let root = root();
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let hidden = name.starts_with('.') && name != ".ci";
            let fuzzed = folder == root.join("fuzz") && ["corpus", "failed"].contains(&name.as_str());
            let made = name == "target" || fuzzed || folder == root && name == "runs";
            if hidden || made || name == "__pycache__" {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/"));
            }
        }
    }
    found.sort();
    found
}

/// Rust files below a folder, with their text.
fn sources(folder: &str) -> Vec<(String, String)> {
    let rust = files().into_iter().filter(|path| path.starts_with(folder) && path.ends_with(".rs"));
    rust.map(|path| (fs::read_to_string(root().join(&path)).unwrap(), path)).map(|(text, path)| (path, text)).collect()
}

/// A crate's own code, without tests.
fn product(krate: &str) -> Vec<(String, String)> {
    let is_test = |path: &str| path.ends_with("/tests.rs") || path.contains("/tests/");
    let mut found = sources(&format!("crates/{krate}/src/"));
    found.retain(|(path, _)| !is_test(path));
    for (_, text) in &mut found {
        text.truncate(text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len()));
    }
    assert!(!found.is_empty(), "{krate} has no code");
    found
}

/// The lines that are code.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..).zip(text.lines()).filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// Whether `word` stands in `line` as a word of its own.
fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '_');
        edge(line[..at].chars().next_back()) && edge(line[at + word.len()..].chars().next())
    })
}

/// The crates of tasks.
const TASKS: [&str; 5] = ["sentiment", "extraction", "summarization", "translation", "qa"];

/// Fails for every line of `krate`'s code that has one of `words`.
fn never_says(krate: &str, words: &[&str]) {
    for (path, text) in product(krate) {
        for (number, line) in code(&text) {
            for word in words {
                assert!(!has_word(line, word), "{path}:{number}: `{word}` is none of {krate}'s business: {line}");
            }
        }
    }
}

#[test]
fn crates_depend_on_those_below_them_only() {
    let allowed: BTreeMap<&str, Vec<&str>> = [
        ("kernels", vec![]),
        ("data", vec![]),
        ("core", vec!["data", "kernels"]),
        ("interchange", vec!["core", "data"]),
        ("sentiment", vec!["core", "data", "kernels"]),
        ("summarization", vec!["core", "data", "kernels"]),
        ("qa", vec!["core", "data", "kernels"]),
        ("translation", vec!["core", "data"]),
        ("extraction", vec!["core", "data"]),
        ("cli", ["core", "data", "interchange"].into_iter().chain(TASKS).collect()),
    ]
    .into();
    let folders: BTreeSet<String> = fs::read_dir(root().join("crates"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(folders.iter().map(String::as_str).eq(allowed.keys().copied()), "crates/ holds {folders:?}");
    for (krate, below) in &allowed {
        let manifest = fs::read_to_string(root().join("crates").join(krate).join("Cargo.toml")).unwrap();
        let manifest: toml::Table = manifest.parse().unwrap();
        let dependencies: Vec<&String> = manifest["dependencies"].as_table().unwrap().keys().collect();
        for name in &dependencies {
            if let Some(other) = name.strip_prefix("cimiento-") {
                assert!(below.contains(&other), "{krate} must not depend on {other}");
            }
            let of_the_terminal =
                ["clap", "miette", "indicatif", "toml", "toml_edit", "tracing-subscriber", "ctrlc", "hf-hub", "ureq"];
            assert!(*krate == "cli" || !of_the_terminal.contains(&name.as_str()), "{krate} must not depend on {name}");
            assert!(*krate != "data" || !name.starts_with("burn"), "data must not depend on {name}");
        }
    }
}

#[test]
fn the_kernels_know_no_models_tasks_or_files() {
    never_says("kernels", &["cimiento_core", "std::fs", "std::path", "serde", "Backbone", "println", "print"]);
}

#[test]
fn what_lies_below_the_tasks_knows_no_task_and_no_terminal() {
    for krate in ["data", "core", "interchange"] {
        never_says(
            krate,
            &[
                "cimiento_sentiment",
                "cimiento_qa",
                "cimiento_summarization",
                "cimiento_extraction",
                "Sentiment",
                "Summarization",
                "Qa",
            ],
        );
        never_says(
            krate,
            &[
                "\"sentiment\"",
                "\"qa\"",
                "\"summarization\"",
                "\"extraction\"",
                "println!",
                "print!",
                "eprintln!",
                "eprint!",
                "stdout",
            ],
        );
        never_says(krate, &["clap", "miette", "indicatif", "toml", "hf_hub"]);
    }
    for (path, text) in product("data") {
        let imports = code(&text).any(|(_, line)| line.contains("tokenizers::"));
        assert!(!imports || path.contains("data/src/tokenizer"), "{path} must not know the crate `tokenizers`");
    }
}

#[test]
fn tasks_know_neither_each_other_nor_how_training_goes() {
    for task in TASKS {
        for other in TASKS.into_iter().filter(|other| *other != task) {
            never_says(task, &[&format!("cimiento_{other}")]);
        }
        never_says(
            task,
            &["optimizer", "trainer", "checkpoint", "feed", "Checkpoint", "DeviceName", "Path", "PathBuf", "fs"],
        );
        never_says(task, &["println!", "print!", "eprintln!", "eprint!"]);
    }
}

/// Also in comments and help texts: what the command line says of a task is said by the task.
#[test]
fn the_command_line_knows_tasks_by_its_list_only() {
    for (path, text) in product("cli") {
        if path.ends_with("src/tasks.rs") || path.contains("src/hub/known") {
            continue;
        }
        for (number, line) in (1..).zip(text.lines()) {
            for task in TASKS {
                assert!(!has_word(line, task), "{path}:{number}: a task is named outside tasks.rs: {line}");
            }
        }
    }
}

#[test]
fn the_command_line_computes_nothing() {
    never_says("cli", &["Tensor", "TensorData", "cimiento_kernels"]);
}

#[test]
fn no_file_is_long_and_nothing_is_put_off() {
    // Put together, so that this file does not find itself.
    let forbidden = [
        ["#[", "ignore"].concat(),
        ["TO", "DO"].concat(),
        ["FIX", "ME"].concat(),
        ["todo", "!("].concat(),
        ["unimplemented", "!("].concat(),
        ["allow(dead", "_code"].concat(),
    ];
    let rust = sources("");
    assert!(rust.len() > 50);
    for (path, text) in rust {
        let lines = text.lines().count();
        assert!(lines <= 400, "{path} has {lines} lines; 400 are enough for one idea");
        for (number, line) in (1..).zip(text.lines()) {
            for word in &forbidden {
                assert!(!line.contains(word), "{path}:{number}: {word}");
            }
        }
    }
}

/// The paths of a drawn tree: `├── name   what it is`, depth told by where the name begins. Folders end with `/`.
fn tree(text: &str) -> Vec<String> {
    let mut open: Vec<(usize, String)> = Vec::new();
    let mut found = Vec::new();
    for line in text.lines() {
        let Some(column) = line.chars().position(|c| !" │├└─|`+-".contains(c)) else { continue };
        let name: String = line.chars().skip(column).take_while(|c| !c.is_whitespace()).collect();
        open.retain(|(other, _)| *other < column);
        let parent = open.last().map(|(_, path)| path.clone()).unwrap_or_default();
        let path = format!("{parent}{name}");
        if name.ends_with('/') {
            open.push((column, path.clone()));
        }
        found.push(path);
    }
    found
}

#[test]
fn a_tree_is_read_by_its_columns() {
    let text = "a.md        about a\nb/          all of b\n├── c.rs    c\n└── d/      d\n    └── e.rs  e\nf/g.rs  g";
    assert_eq!(tree(text), ["a.md", "b/", "b/c.rs", "b/d/", "b/d/e.rs", "f/g.rs"]);
}

#[test]
fn every_file_begins_with_what_it_is() {
    for (path, text) in sources("crates") {
        let is_tests = path.ends_with("/tests.rs") || path.contains("/tests/");
        assert!(is_tests || text.starts_with("//!"), "{path}: the first line says what the file is: `//! …`");
    }
}

#[test]
fn the_readme_ends_with_a_tree_of_all_files() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let (_, block) = readme.rsplit_once("```text\n").expect("README.md has a ```text block");
    let (block, after) = block.split_once("```").expect("the block is closed");
    assert!(after.trim().is_empty(), "README.md must end with its tree, not with: {after}");
    let entries = tree(block);
    let files = files();
    for entry in &entries {
        assert!(root().join(entry).exists(), "README.md lists {entry}, which is not there");
        assert_eq!(root().join(entry).is_dir(), entry.ends_with('/'), "README.md: {entry}");
    }
    // A folder listed without what is in it stands for all of it.
    let closed = |folder: &&String| {
        folder.ends_with('/')
            && !entries.iter().any(|entry| entry.len() > folder.len() && entry.starts_with(folder.as_str()))
    };
    let closed: Vec<&String> = entries.iter().filter(closed).collect();
    let unlisted: Vec<&String> = files
        .iter()
        .filter(|file| !entries.contains(file) && !closed.iter().any(|folder| file.starts_with(folder.as_str())))
        .collect();
    assert!(unlisted.is_empty(), "README.md's tree lacks {unlisted:#?}");
}
