//! `metrics.jsonl`: what was measured, one JSON object a line, in the order of the steps.
//!
//! No clock enters it, so a run that was interrupted and resumed leaves the same bytes as one that was not. A number
//! that is not finite is written as `null`.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use cimiento_core::metrics::Scores;
use cimiento_core::observer::StepReport;
use cimiento_data::files::{FileError, write_atomic_with};
use serde::{Deserialize, Serialize};

/// A line, as far as it is read again: a step, or the validation after one.
#[derive(Deserialize, Clone, Debug, PartialEq)]
pub struct Entry {
    /// Optimizer steps taken.
    pub step: u64,
    /// Training loss of that step in nats; absent beside a validation, or where it was not finite.
    pub loss: Option<f64>,
    /// Tokens read so far; absent beside a validation.
    pub tokens: Option<u64>,
    /// Scores by metric; absent beside a step.
    pub validation: Option<BTreeMap<String, Option<f64>>>,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |value: &Option<f64>| value.map_or("none".to_string(), |value| value.to_string());
        match &self.validation {
            None => write!(f, "loss {}", number(&self.loss)),
            Some(scores) => {
                let scores: Vec<String> =
                    scores.iter().map(|(metric, value)| format!("{metric} {}", number(value))).collect();
                write!(f, "validation {}", scores.join(", "))
            }
        }
    }
}

/// The steps and validations in `path`; a line torn by a crash is left out.
///
/// # Errors
/// When the file cannot be read.
pub fn read(path: &Path) -> Result<Vec<Entry>, FileError> {
    let bytes = fs::read(path).map_err(|e| FileError::new(path, "reading", e))?;
    Ok(lines(&bytes).map(|(entry, _)| entry).collect())
}

/// Whole lines, each with its bytes.
fn lines(bytes: &[u8]) -> impl Iterator<Item = (Entry, &[u8])> {
    let whole = bytes.split_inclusive(|&byte| byte == b'\n').filter(|line| line.ends_with(b"\n"));
    whole.filter_map(|line| Some((serde_json::from_slice(line).ok()?, line)))
}

/// The file while a run writes it.
pub struct Journal {
    path: PathBuf,
    file: File,
}

#[derive(Serialize)]
struct Step {
    step: u64,
    loss: f64,
    grad_norm: f64,
    lr: f64,
    targets: usize,
    tokens: u64,
}

#[derive(Serialize)]
struct Validation<'a> {
    step: u64,
    validation: BTreeMap<&'a str, f64>,
}

impl Journal {
    /// Opens `path` to be continued after step `resumed_at`: what a killed run wrote beyond its checkpoint is cut off
    /// first, since those steps will be taken again.
    pub fn open(path: &Path, resumed_at: u64) -> Result<Self, FileError> {
        let bytes = match fs::read(path) {
            Err(e) if e.kind() == ErrorKind::NotFound => Vec::new(),
            other => other.map_err(|e| FileError::new(path, "reading", e))?,
        };
        write_atomic_with(path, |writer| {
            let mut kept = lines(&bytes).filter(|(entry, _)| entry.step <= resumed_at);
            kept.try_for_each(|(_, line)| writer.write_all(line))
        })?;
        Self::onto(path)
    }

    /// Adds to `path` as it is.
    pub fn onto(path: &Path) -> Result<Self, FileError> {
        let file = OpenOptions::new().append(true).open(path).map_err(|e| FileError::new(path, "writing", e))?;
        Ok(Self { path: path.to_path_buf(), file })
    }

    /// Adds a step.
    pub fn step(&mut self, report: &StepReport) -> Result<(), FileError> {
        let &StepReport { step, steps: _, loss, grad_norm, lr, targets, tokens } = report;
        self.line(&Step { step, loss, grad_norm, lr, targets, tokens })
    }

    /// Adds a validation.
    pub fn validation(&mut self, step: u64, scores: &Scores) -> Result<(), FileError> {
        let validation = scores.0.iter().map(|score| (score.metric.as_str(), score.value)).collect();
        self.line(&Validation { step, validation })
    }

    /// Flushes to the disk: a checkpoint that survives a power cut should find its steps here.
    pub fn sync(&mut self) -> Result<(), FileError> {
        self.file.sync_data().map_err(|e| FileError::new(&self.path, "writing", e))
    }

    fn line(&mut self, value: &impl Serialize) -> Result<(), FileError> {
        let mut line = serde_json::to_vec(value).expect("numbers and names are plain data");
        line.push(b'\n');
        // One call a line, so that a killed process leaves whole lines.
        self.file.write_all(&line).map_err(|e| FileError::new(&self.path, "writing", e))
    }
}
