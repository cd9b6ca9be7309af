//! Progress on stderr: a bar where it is a terminal, now and then a line where it is not, nothing when silenced.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::pace::{Pace, duration, si};
use crate::terminal;

/// A log is not filled faster than this…
const SECONDS: Duration = Duration::from_secs(10);
/// …nor with more than this many lines a piece of work.
const LINES: u64 = 20;

static SILENT: AtomicBool = AtomicBool::new(false);

/// Shows no progress from here on, as `--quiet` asks.
pub fn silence() {
    SILENT.store(true, Ordering::Relaxed);
}

/// A line on stderr, unless silenced.
pub fn say(text: &str) {
    if !SILENT.load(Ordering::Relaxed) {
        eprintln!("{text}");
    }
}

/// Where one piece of work is shown.
pub enum Screen {
    /// A terminal.
    Bar(ProgressBar),
    /// A file or a pipe.
    Lines(Lines),
    /// Nobody.
    Silent,
}

/// Plain lines, thinned.
pub struct Lines {
    label: String,
    last: Option<(Instant, u64)>,
}

impl Lines {
    /// Whether a line is due when `done` of `total` is: one at the beginning, then not before both limits are passed.
    pub fn due(&mut self, done: u64, total: u64, now: Instant) -> bool {
        let due = self.last.is_none_or(|(then, had)| {
            now.saturating_duration_since(then) >= SECONDS && done.saturating_sub(had) * LINES >= total
        });
        if due {
            self.last = Some((now, done));
        }
        due
    }

    /// Nothing shown yet.
    pub fn new(label: &str) -> Self {
        Self { label: label.to_string(), last: None }
    }
}

impl Screen {
    /// Work called `label`.
    pub fn new(label: &str) -> Self {
        if SILENT.load(Ordering::Relaxed) {
            return Self::Silent;
        }
        if !terminal::redraws() {
            return Self::Lines(Lines::new(label));
        }
        let template = match terminal::coloured() {
            true => "{prefix:.bold} {bar:24.cyan/dim} {msg}",
            false => "{prefix} {bar:24} {msg}",
        };
        let style = ProgressStyle::with_template(template).expect("a constant");
        let bar = ProgressBar::with_draw_target(Some(1), ProgressDrawTarget::stderr());
        bar.set_style(style.progress_chars("━╸─"));
        bar.set_prefix(label.to_string());
        Self::Bar(bar)
    }

    /// `done` of `total`, in words too.
    pub fn at(&mut self, done: u64, total: u64, text: &str) {
        match self {
            Self::Bar(bar) => {
                bar.set_length(total);
                bar.set_position(done);
                bar.set_message(text.to_string());
            }
            Self::Lines(lines) => {
                if lines.due(done, total, Instant::now()) {
                    eprintln!("{}: {text}", lines.label);
                }
            }
            Self::Silent => {}
        }
    }

    /// Something worth a line of its own, everywhere.
    pub fn line(&self, text: &str) {
        match self {
            Self::Bar(bar) => bar.println(text),
            Self::Lines(_) => eprintln!("{text}"),
            Self::Silent => {}
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

/// Progress of long work that is no training. It disappears when dropped.
pub struct Bar(Mutex<(Screen, Pace)>);

impl Bar {
    /// Work measured in bytes.
    pub fn bytes(label: &str) -> Self {
        Self(Mutex::new((Screen::new(label), Pace::default())))
    }

    /// `done` bytes of `total`.
    pub fn set(&self, done: u64, total: u64) {
        // Whoever panicked while holding it left nothing half done that matters here.
        let mut guard = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let (screen, pace) = &mut *guard;
        pace.tick(done, done, Instant::now());
        let mut text = format!("{}B of {}B", si(done as f64), si(total as f64));
        if let Some(speed) = pace.speed() {
            text.push_str(&format!("  {}B/s", si(speed)));
        }
        if let Some(left) = pace.left(total) {
            text.push_str(&format!("  {} left", duration(left)));
        }
        screen.at(done, total, &text);
    }
}
