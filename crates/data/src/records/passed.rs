//! Rows of a table with nothing in them: they are no records, and are counted.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::error::Place;

/// Empty rows and blank lines of tables, which were passed over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PassedOver {
    /// How many.
    pub count: usize,
    /// The first one; absent where there is none.
    pub first: Option<Place>,
}

impl fmt::Display for PassedOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.first, self.count) {
            (None, _) => f.write_str("no row is empty"),
            (Some(first), 1) => write!(f, "{first}: a row with nothing in it is passed over"),
            (Some(first), count) => {
                write!(f, "{first}: this row and {} more have nothing in them and are passed over", count - 1)
            }
        }
    }
}

impl PassedOver {
    /// Warns of them. A file is read several times in a run, and what is passed over is worth one warning.
    pub(super) fn tell(&self) {
        static TOLD: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
        let message = self.to_string();
        if self.count > 0 && TOLD.lock().unwrap_or_else(PoisonError::into_inner).insert(message.clone()) {
            tracing::warn!("{message}");
        }
    }
}

/// What the readers of files count, and who reads their records looks up.
#[derive(Default)]
pub(super) struct Passed(Mutex<PassedOver>);

impl Passed {
    /// Counts `count` rows, of which the first has this place.
    pub fn add(&self, count: usize, path: &Path, first: usize) {
        let mut passed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        passed.count += count;
        passed.first.get_or_insert_with(|| Place::line(path, first));
    }

    pub fn get(&self) -> PassedOver {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
