//! What the fuzzers ask of config files: whatever is typed becomes a config or a message.

use std::fmt::Debug;
use std::path::Path;

use miette::Report;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::config::{Cloze, Evaluate, Finetune, Pipeline, Pretrain, Sweep, Validate};
use crate::diagnostic;

/// The kinds of config files.
pub const KINDS: [&str; 6] = ["pretrain", "finetune", "evaluate", "run", "sweep", "cloze"];

/// Reads `text` as a config of that kind with `sets` applied, as a verb does, and gives it printed again; or the
/// message that a person would read.
///
/// # Errors
/// The message.
///
/// # Panics
/// If a config that was accepted is another one when it has been printed and read again, or `kind` is none of [`KINDS`].
pub fn parse_config(kind: &str, text: &str, sets: &[String]) -> Result<String, String> {
    match kind {
        "pretrain" => again::<Pretrain>(text, sets),
        "finetune" => again::<Finetune>(text, sets),
        "evaluate" => again::<Evaluate>(text, sets),
        "run" => again::<Pipeline>(text, sets),
        "cloze" => again::<Cloze>(text, sets),
        "sweep" => again::<Sweep>(text, sets),
        other => panic!("no kind of config is called {other}"),
    }
}

fn again<C>(text: &str, sets: &[String]) -> Result<String, String>
where
    C: DeserializeOwned + Serialize + Validate + PartialEq + Debug,
{
    let parse = |text: &str, sets: &[String]| {
        diagnostic::parse::<C>(Path::new("config.toml"), text.to_string(), sets)
            .map_err(|report: Report| diagnostic::render(&report))
    };
    let loaded = parse(text, sets)?;
    // A run keeps the text with the edits in it, and reads that when it is resumed.
    let kept = parse(&loaded.text, &[]).unwrap_or_else(|message| panic!("what a run keeps is refused: {message}"));
    assert_eq!(kept.config, loaded.config, "what a run keeps is another config");
    let printed = toml::to_string(&loaded.config).unwrap_or_else(|e| panic!("accepted, and cannot be printed: {e}"));
    let back = parse(&printed, &[]).unwrap_or_else(|message| panic!("printed, and refused: {message}"));
    assert_eq!(back.config, loaded.config, "another config once it is printed");
    Ok(printed)
}
