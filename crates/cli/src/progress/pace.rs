//! How fast work goes and when it will be done.

use std::time::{Duration, Instant};

/// Share of what was measured that is kept from tick to tick: about the last fifty ticks count.
const MEMORY: f64 = 0.98;

/// Speed over recent ticks, and the time left at the mean speed so far.
#[derive(Default)]
pub struct Pace {
    first: Option<(Instant, u64)>,
    done: u64,
    last: Option<(Instant, u64)>,
    paused: bool,
    amount: f64,
    seconds: f64,
    now: Option<Instant>,
}

impl Pace {
    /// `done` of the units that are counted to the end (steps), and `amount` of those that speed is measured in
    /// (tokens), both since the very beginning. The first tick only sets the clock: what came before it was
    /// starting up.
    pub fn tick(&mut self, done: u64, amount: u64, now: Instant) {
        if let Some((before, had)) = self.last
            && !self.paused
        {
            self.amount = self.amount * MEMORY + amount.saturating_sub(had) as f64;
            self.seconds = self.seconds * MEMORY + now.saturating_duration_since(before).as_secs_f64();
        }
        self.first.get_or_insert((now, done));
        self.last = Some((now, amount));
        self.now = Some(now);
        self.done = done;
        self.paused = false;
    }

    /// Something else was done since the last tick, which says nothing about speed.
    pub fn pause(&mut self) {
        self.paused = true;
    }

    /// Amount a second.
    pub fn speed(&self) -> Option<f64> {
        (self.seconds > 0.0).then(|| self.amount / self.seconds)
    }

    /// Time until `total` is done, pauses like those so far included.
    pub fn left(&self, total: u64) -> Option<Duration> {
        let ((first, begun), now) = (self.first?, self.now?);
        let gone = now.saturating_duration_since(first).as_secs_f64();
        let done = self.done.checked_sub(begun).filter(|&done| done > 0)?;
        Duration::try_from_secs_f64(gone / done as f64 * total.saturating_sub(self.done) as f64).ok()
    }
}

/// `12.3k`: three digits or so and a thousand's prefix.
pub fn si(value: f64) -> String {
    let (scaled, prefix) = match value {
        v if v >= 999.5e6 => (v / 1e9, "G"),
        v if v >= 999.5e3 => (v / 1e6, "M"),
        v if v >= 999.5 => (v / 1e3, "k"),
        v => (v, ""),
    };
    if scaled < 99.95 && !prefix.is_empty() { format!("{scaled:.1}{prefix}") } else { format!("{scaled:.0}{prefix}") }
}

/// `1 h 20 min`, `3 min 20 s`, `12 s`.
pub fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs_f64().round() as u64;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, s) => format!("{s} s"),
        (0, m, s) => format!("{m} min {s} s"),
        (h, m, _) => format!("{h} h {m} min"),
    }
}
