//! Records that cannot be used: what becomes of them, and how many may be left out.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::records::RecordError;

/// What becomes of a record that cannot be read or made an example of.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "lowercase")]
pub enum OnBad {
    /// It is an error.
    #[default]
    Error,
    /// It is left out and counted.
    Skip,
}

/// The default share of records that may be left out.
pub fn max_skipped() -> f64 {
    0.02
}

/// Left out of files where it changes nothing, so that a run begun before there was such a key can go on.
pub fn is_usual(on_bad: &OnBad) -> bool {
    *on_bad == OnBad::default()
}

/// As [`is_usual`].
pub fn is_usual_share(share: &f64) -> bool {
    *share == max_skipped()
}

/// How many records may be left out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    /// What becomes of a bad record. A record whose answer does not occur in its passage is left out either way.
    pub on_bad: OnBad,
    /// Share of the records that may be left out, for whatever reason.
    pub max_skipped: f64,
}

impl Default for Tolerance {
    fn default() -> Self {
        Self { on_bad: OnBad::default(), max_skipped: max_skipped() }
    }
}

impl Tolerance {
    /// Everything may be left out.
    pub const ALL: Self = Self { on_bad: OnBad::Skip, max_skipped: 1.0 };

    /// Checks the share.
    ///
    /// # Errors
    /// What is wrong, naming the key.
    pub fn validate(&self) -> Result<(), String> {
        let share = self.max_skipped;
        if (0.0..=1.0).contains(&share) { Ok(()) } else { Err(format!("max_skipped = {share} must lie in [0, 1]")) }
    }

    /// The same where nothing but bad records is ever left out.
    ///
    /// # Errors
    /// What is wrong, naming the key.
    pub fn of_bad_alone(&self) -> Result<(), String> {
        if self.on_bad == OnBad::Error && !is_usual_share(&self.max_skipped) {
            let share = self.max_skipped;
            return Err(format!(
                "max_skipped = {share} changes nothing without on_bad = \"skip\": add it, or remove max_skipped"
            ));
        }
        self.validate()
    }
}

/// A record that cannot be used.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct Unusable {
    /// Its file, and its line, row or question there.
    pub place: String,
    /// What is wrong with it.
    pub why: String,
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.why)
    }
}

/// Records that cannot be used: their number, and the first of them.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// How many.
    pub count: usize,
    /// The first ones, at most [`LeftOut::KEPT`].
    pub first: Vec<Unusable>,
}

impl LeftOut {
    /// Records that are told one by one.
    pub const KEPT: usize = 5;

    /// The record that an error is about; nothing if it is about none.
    pub fn of(error: &RecordError) -> Self {
        let mut found = Self::default();
        if let Some(place) = error.record().map(ToString::to_string) {
            let why = error.to_string();
            let why = why.strip_prefix(&format!("{place}: ")).unwrap_or(&why).to_owned();
            found.add(Unusable { place, why });
        }
        found
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Counts one more.
    pub fn add(&mut self, unusable: Unusable) {
        self.count += 1;
        if self.first.len() < Self::KEPT {
            self.first.push(unusable);
        }
    }

    /// Counts those of `other` too.
    pub fn extend(&mut self, other: Self) {
        self.count += other.count;
        self.first.extend(other.first);
        self.first.truncate(Self::KEPT);
    }

    /// An error if any of `rows` records is left out.
    ///
    /// # Errors
    /// [`TooMany`]
    pub fn none(self, rows: usize) -> Result<(), TooMany> {
        if self.count == 0 { Ok(()) } else { Err(TooMany { left_out: self, rows, limit: None }) }
    }

    /// An error if more than a share of `rows` records is left out.
    ///
    /// # Errors
    /// [`TooMany`]
    pub fn at_most(&self, share: f64, rows: usize) -> Result<(), TooMany> {
        if self.count as f64 <= share * rows as f64 {
            return Ok(());
        }
        Err(TooMany { left_out: self.clone(), rows, limit: Some(share) })
    }
}

/// More records cannot be used than may be.
#[derive(thiserror::Error, Clone, Debug, PartialEq)]
pub struct TooMany {
    /// Those that cannot.
    pub left_out: LeftOut,
    /// Of how many.
    pub rows: usize,
    /// The share that may be left out; absent where none may.
    pub limit: Option<f64>,
}

impl fmt::Display for TooMany {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { left_out: LeftOut { count, first }, rows, limit } = self;
        if let (None, [only], 1) = (limit, first.as_slice(), count) {
            return write!(f, "{only}");
        }
        write!(f, "{count} of {rows} records cannot be used")?;
        match limit {
            Some(share) => write!(f, ", more than the limit of {} % (`max_skipped`)", 100.0 * share)?,
            None => write!(f, " (mend them, or leave them out with `on_bad = \"skip\"`)")?,
        }
        first.iter().try_for_each(|unusable| write!(f, "\n  {unusable}"))?;
        if *count > first.len() { write!(f, "\n  … and {} more", count - first.len()) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(count: usize) -> LeftOut {
        let mut left_out = LeftOut::default();
        (1..=count).for_each(|line| left_out.add(Unusable { place: format!("a:{line}"), why: "bad".into() }));
        left_out
    }

    #[test]
    fn what_is_left_out_is_counted_and_the_first_named() {
        assert_eq!(some(0).none(9), Ok(()));
        assert_eq!(some(1).none(9).unwrap_err().to_string(), "a:1: bad");
        let seven = some(7).none(9).unwrap_err().to_string();
        assert!(
            seven.starts_with("7 of 9 records cannot be used") && seven.ends_with("a:5: bad\n  … and 2 more"),
            "{seven}"
        );
        assert_eq!(some(1).at_most(0.5, 2), Ok(()));
        let half = some(2).at_most(0.5, 3).unwrap_err().to_string();
        assert!(half.starts_with("2 of 3 records cannot be used, more than the limit of 50 %"), "{half}");
        let mut both = some(3);
        both.extend(some(4));
        assert_eq!((both.count, both.first.len()), (7, LeftOut::KEPT));
    }
}
