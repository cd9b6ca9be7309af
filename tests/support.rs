//! A small world for the program to run in: a folder with data, configs and runs.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

pub mod hub;

/// What a command came to.
#[derive(Debug)]
pub struct Output {
    /// Exit code.
    pub code: i32,
    /// Results.
    pub stdout: String,
    /// Everything else.
    pub stderr: String,
}

impl Output {
    /// Asserts success, and returns the results.
    pub fn ok(self) -> String {
        assert_eq!(self.code, 0, "{}", self.stderr);
        self.stdout
    }

    /// Asserts an error (exit code 1) whose message has all of `words`.
    pub fn fails(self, words: &[&str]) -> Self {
        assert_eq!(self.code, 1, "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        for word in words {
            assert!(self.stderr.contains(word), "{word:?} is not in:\n{}", self.stderr);
        }
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        self
    }

    /// The results as one JSON value a line.
    pub fn lines(self) -> Vec<serde_json::Value> {
        self.ok().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// A folder with `data/`, `runs/` and config files.
pub struct World {
    folder: TempDir,
}

impl World {
    /// One with a small corpus and records for every task.
    pub fn new() -> Self {
        let world = Self { folder: tempfile::tempdir().unwrap() };
        let names = ["Ada", "Ben", "Cara", "Dan", "Eve"];
        let things = ["a mule", "some bread", "two hens", "a bell", "old wine", "a rope"];
        let (mut corpus, mut reviews, mut questions, mut stories) = Default::default();
        for (i, name) in names.iter().enumerate() {
            for (k, thing) in things.iter().enumerate() {
                let text = format!("On day {k} {name} sold {thing} at the market and was {}.", mood(i + k));
                line(&mut corpus, &[("text", &text)]);
                line(&mut reviews, &[("text", &text), ("label", mood(i + k))]);
                line(&mut questions, &[("question", "Who sold it?"), ("context", &text), ("answers", name)]);
                line(&mut stories, &[("document", &text), ("summary", &format!("{name} sold {thing}."))]);
            }
        }
        world.data("corpus.jsonl", &corpus);
        world.data("reviews.jsonl", &reviews);
        world.data("questions.jsonl", &questions);
        world.data("stories.jsonl", &stories);
        world.config("base.toml", BASE);
        for (task, file) in [("sentiment", "reviews"), ("qa", "questions"), ("summarization", "stories")] {
            world.config(&format!("{task}.toml"), &HEAD.replace("TASK", task).replace("FILE", file));
        }
        world
    }

    /// One in which `base` and a run a task have been trained; shared by all tests, which must not change it.
    pub fn trained() -> &'static Self {
        static TRAINED: OnceLock<World> = OnceLock::new();
        TRAINED.get_or_init(|| {
            let world = Self::new();
            world.run(&["pretrain", "base.toml"]).ok();
            for task in ["sentiment", "qa", "summarization"] {
                world.run(&["finetune", &format!("{task}.toml")]).ok();
            }
            world
        })
    }

    /// A copy of [`Self::trained`] to change at will.
    pub fn copy_of_trained() -> Self {
        let world = Self { folder: tempfile::tempdir().unwrap() };
        copy(Self::trained().folder.path(), world.folder.path());
        world
    }

    /// The path of something in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a data file.
    pub fn data(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::create_dir_all(self.path("data")).unwrap();
        fs::write(self.path("data").join(name), content).unwrap();
    }

    /// Writes a config file.
    pub fn config(&self, name: &str, content: &str) {
        fs::write(self.path(name), content).unwrap();
    }

    /// The program, with its working directory here.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.command_without_data(arguments);
        command.args(["--data-dir", "data"]);
        command
    }

    /// The same, not told where the data are.
    pub fn command_without_data(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cimiento"));
        command.args(arguments).current_dir(self.folder.path());
        command.env_remove("RUST_LOG").env_remove("CIMIENTO_DATA").stdin(Stdio::null());
        // Whoever runs the tests has perhaps a hub and a proxy; the tests have their own.
        let foreign = |name: &str| name.starts_with("HF_") || name.to_uppercase().ends_with("_PROXY");
        for (name, _) in std::env::vars().filter(|(name, _)| foreign(name)) {
            command.env_remove(name);
        }
        command
    }

    /// Runs the program to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        finish(&mut self.command(arguments))
    }

    /// Runs the program with something to read.
    pub fn feed(&self, arguments: &[&str], input: &str) -> Output {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // The program may stop reading at a bad line.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        output(child.wait_with_output().unwrap())
    }
}

/// Runs a command to its end.
pub fn finish(command: &mut Command) -> Output {
    output(command.output().unwrap())
}

/// What a finished process said.
pub fn output(found: std::process::Output) -> Output {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Output { code: found.status.code().unwrap_or(-1), stdout: text(found.stdout), stderr: text(found.stderr) }
}

/// Copies a folder and all below it.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

fn mood(number: usize) -> &'static str {
    if number.is_multiple_of(2) { "glad" } else { "sad" }
}

fn line(text: &mut String, fields: &[(&str, &str)]) {
    let object: serde_json::Map<_, _> = fields.iter().map(|(key, value)| (key.to_string(), (*value).into())).collect();
    text.push_str(&serde_json::Value::from(object).to_string());
    text.push('\n');
}

/// A backbone small enough to train in a blink.
const BASE: &str = r#"run = "base"
[tokenizer]
vocab_size = 300
[corpus]
validation = 0.3
[[corpus.sources]]
path = "corpus.jsonl"
[backbone]
preset = "micro"
d_model = 32
layers = 1
context = 64
[batch]
tokens_per_step = 128
stages = [{ share = 1.0, length = 32 }]
[train]
steps = 4
save_every = 2
validate_every = 0
[validation]
rows = 2
"#;

const HEAD: &str = r#"run = "TASK"
[from]
run = "base"
[task.TASK]
[data]
train = [{ path = "FILE.jsonl" }]
validation = [{ path = "FILE.jsonl", limit = 4 }]
[batch]
size = 8
[train]
steps = 3
save_every = 0
validate_every = 0
[optimizer]
method = "adamw"
"#;
