//! What an evaluation leaves of single answers: all of them, and the worst.

use std::path::Path;

use cimiento_core::evaluate::ID;
use cimiento_core::objective::Task;
use cimiento_data::files;
use cimiento_data::records::Located;
use miette::{IntoDiagnostic, Result};
use serde::Serialize;

use crate::report::{Mistake, Place};

/// Mistakes that are written to a file; its folder is for reading, and holds the worst.
const WRITTEN: usize = 1000;
/// Longest name of a file in bytes, with room for its ending.
const LONGEST: usize = 200;

/// The answers of one model to one data set.
pub struct Answers<'a, T: Task> {
    /// What it was asked.
    pub task: &'a T,
    /// The records that became examples.
    pub records: &'a [&'a Located<T::Record>],
    /// One a record.
    pub examples: &'a [T::Example],
    /// One an example.
    pub answers: &'a [T::Answer],
}

/// A line of the file of answers.
#[derive(Serialize)]
struct Line<'a, A> {
    #[serde(flatten)]
    place: Place,
    #[serde(flatten)]
    answer: &'a A,
}

/// What names a record: text that is not blank, or a number as the file has it.
fn name(value: &serde_json::Value) -> Option<String> {
    match value {
        serde_json::Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        serde_json::Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

impl<'a, T: Task> Answers<'a, T> {
    fn place(&self, index: usize) -> Place {
        let Located { path, line, kept, .. } = self.records[index];
        let id = kept.iter().find(|(column, _)| column == ID).and_then(|(_, value)| name(value));
        let several = self.records.iter().any(|other| other.path != *path);
        Place { id, file: several.then(|| path.display().to_string()), line: *line }
    }

    /// Writes every answer, one a line, with the place of its record in front.
    pub fn write(&self, path: &Path) -> Result<()> {
        let line = |(index, answer): (usize, &'a T::Answer)| {
            // An answer may say itself whose it is.
            let told = serde_json::to_value(answer).is_ok_and(|answer| answer.get(ID).is_some());
            let place = self.place(index);
            Line { place: Place { id: place.id.filter(|_| !told), ..place }, answer }
        };
        write_lines(path, self.answers.iter().enumerate().map(line))
    }

    /// The mistakes, the worst first: by quality, and among equals those of which the model is the surest. None for a
    /// task that cannot judge a single answer.
    pub fn mistakes(&self) -> Option<Vec<Mistake>> {
        let quality = self.task.quality(self.answers, self.examples)?;
        let confidence = |index: &usize| self.task.confidence(&self.answers[*index]);
        let mut wrong: Vec<usize> = (0..quality.len()).filter(|&index| quality[index] < 1.0).collect();
        wrong.sort_by(|one, other| {
            let [sure, other_sure] = [one, other].map(|index| confidence(index).unwrap_or(0.0));
            quality[*one].total_cmp(&quality[*other]).then(other_sure.total_cmp(&sure))
        });
        let mistake = |index: usize| {
            let (text, expected) = self.task.show(&self.examples[index]);
            let answer = serde_json::to_value(&self.answers[index]).unwrap_or_default();
            let (place, quality, confidence) = (self.place(index), quality[index], confidence(&index));
            Mistake { place, quality, confidence, text, expected, answer }
        };
        Some(wrong.into_iter().map(mistake).collect())
    }
}

/// Writes the worst of `mistakes`, one a line.
pub fn write_mistakes(path: &Path, mistakes: &[Mistake]) -> Result<()> {
    write_lines(path, mistakes.iter().take(WRITTEN))
}

fn write_lines(path: &Path, lines: impl Iterator<Item = impl Serialize>) -> Result<()> {
    let mut text = String::new();
    for line in lines {
        text.push_str(&serde_json::to_string(&line).into_diagnostic()?);
        text.push('\n');
    }
    files::write_atomic(path, text.as_bytes()).into_diagnostic()
}

/// The name of a file that is about these, joined by dots. Other names give another file: what is neither letter, digit,
/// space nor one of `-_+=,()` is written as in a URL, and of what is too long the end is a hash of all.
pub fn file_name(parts: &[&str], ending: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || " -_+=,()".contains(c);
    let escaped = |part: &&str| -> String {
        let one = |c: char| match c {
            c if plain(c) => c.to_string(),
            c => c.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect(),
        };
        part.chars().map(one).collect()
    };
    let mut name = parts.iter().map(escaped).collect::<Vec<_>>().join(".");
    if name.len() > LONGEST {
        let hash = files::hash_bytes(name.as_bytes());
        let end = (0..=LONGEST - 20).rev().find(|&at| name.is_char_boundary(at)).unwrap_or(0);
        name = format!("{}~{}", &name[..end], &hash[..16]);
    }
    format!("{name}.{ending}")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_of_files_are_readable_and_never_the_same() {
        assert_eq!(
            file_name(&["mood", "sst-2", "test", "from scratch"], "jsonl"),
            "mood.sst-2.test.from scratch.jsonl"
        );
        assert_eq!(file_name(&["mood", "a/b", "v1.2"], "jsonl"), "mood.a%2Fb.v1%2E2.jsonl");
        let long = "x".repeat(300);
        let lists: [&[&str]; 14] = [
            &["t", "x-y", "z", "m"],
            &["t", "x", "y-z", "m"],
            &["t", "x", "y.z", "m"],
            &["t", "x", "y", "z", "m"],
            &["t", "x", "y", "z.m"],
            &["t", "x", "y", "z m"],
            &["t", "x", "y", "z/m"],
            &["t", "x", "y", "z%2Fm"],
            &["t", "x", "y", "z_m"],
            &["t", "x", "y", ""],
            &["t", "x", "y"],
            &["t", "x", "y", "ü"],
            &["t", &long],
            &["t", &long, "y"],
        ];
        let names: BTreeSet<String> = lists.iter().map(|parts| file_name(parts, "jsonl")).collect();
        assert_eq!(names.len(), lists.len(), "{names:#?}");
        assert!(names.iter().all(|name| name.len() < 250 && !name.contains(['/', '\\', ':'])), "{names:#?}");
    }
}
