//! What a run leaves for whoever watches it: `metrics.jsonl` always, TensorBoard's event file, and a line or a bar on
//! stderr. Results never go this way: stdout is theirs.

mod journal;
mod pace;
mod screen;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Instant, SystemTime};

use cimiento_core::metrics::Scores;
use cimiento_core::observer::{Observer, StepReport};
use cimiento_data::files::{self, FileError};

use crate::memory;
use crate::results;
use crate::tensorboard::EventFile;

use journal::Journal;
pub use journal::{Entry, read as read_journal};
use pace::Pace;
pub use pace::{duration, si};
use screen::Screen;
pub use screen::{Bar, say, silence};

/// Watches a training run.
///
/// A log that can no longer be written (a full disk) is reported once, and the run is asked to save and stop: it has
/// lost nothing, and can go on when there is space again.
pub struct Watch {
    label: String,
    journal: Journal,
    events: EventFile,
    screen: Screen,
    pace: Pace,
    begun: Instant,
    interrupt: Arc<AtomicBool>,
    failed: bool,
}

impl Watch {
    /// Watches the run in `folder`, called `label` on screen, which goes on after step `resumed_at` (0 for a new run)
    /// and is asked to stop when `interrupt` is set.
    ///
    /// # Errors
    /// When a log cannot be opened.
    pub fn new(folder: &Path, label: &str, resumed_at: u64, interrupt: Arc<AtomicBool>) -> Result<Self, FileError> {
        files::create_dirs(folder)?;
        memory::give_back();
        let now = SystemTime::now();
        Ok(Self {
            label: label.to_string(),
            journal: Journal::open(&folder.join("metrics.jsonl"), resumed_at)?,
            events: EventFile::create(&folder.join("tensorboard"), resumed_at, now)?,
            screen: Screen::new(label),
            pace: Pace::default(),
            begun: Instant::now(),
            interrupt,
            failed: false,
        })
    }

    /// Looks at how writing went.
    fn note(&mut self, written: Result<(), FileError>) {
        if let Err(error) = written
            && !self.failed
        {
            self.failed = true;
            self.screen.line(&format!("{}: stopping, the run's log cannot be written: {error}", self.label));
        }
    }

    fn status(&self, report: &StepReport) -> String {
        let mut text = format!("step {}/{}  loss {:.4}", report.step, report.steps, report.loss);
        if let Some(speed) = self.pace.speed() {
            text.push_str(&format!("  {} tokens/s", si(speed)));
        }
        if let Some(left) = self.pace.left(report.steps).filter(|_| report.step < report.steps) {
            text.push_str(&format!("  {} left", duration(left)));
        }
        text
    }
}

impl Observer for Watch {
    fn step(&mut self, report: &StepReport) {
        self.pace.tick(report.step, report.tokens, Instant::now());
        let written = self.journal.step(report);
        self.note(written);
        let values = [
            ("train/loss", report.loss),
            ("train/grad_norm", report.grad_norm),
            ("train/lr", report.lr),
            ("train/tokens", report.tokens as f64),
        ];
        let written = self.events.scalars(report.step, SystemTime::now(), &values);
        self.note(written);
        if report.step == report.steps {
            let text = format!("{}: {} in {}", self.label, self.status(report), duration(self.begun.elapsed()));
            self.screen.line(&text);
        } else {
            let text = self.status(report);
            self.screen.at(report.step, report.steps, &text);
        }
    }

    fn validation(&mut self, step: u64, scores: &Scores) {
        let written = self.journal.validation(step, scores);
        self.note(written);
        let tags: Vec<String> = scores.0.iter().map(|score| format!("validation/{}", score.metric)).collect();
        let values: Vec<(&str, f64)> = tags.iter().map(String::as_str).zip(scores.0.iter().map(|s| s.value)).collect();
        let written = self.events.scalars(step, SystemTime::now(), &values);
        self.note(written);
        let shown: Vec<String> =
            scores.0.iter().map(|s| format!("{} {}", s.metric, results::number(s.value))).collect();
        self.screen.line(&format!("{}: step {step}  validation  {}", self.label, shown.join("  ")));
        self.pace.pause();
    }

    fn saved(&mut self, step: u64, folder: &Path) {
        let written = self.journal.sync();
        self.note(written);
        self.screen.line(&format!("{}: step {step}  saved {}", self.label, folder.display()));
        self.pace.pause();
    }

    fn stop(&self) -> bool {
        self.failed || self.interrupt.load(Ordering::Relaxed)
    }
}
