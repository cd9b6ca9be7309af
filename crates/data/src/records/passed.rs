//! Rows of a table with nothing in them: they are no records, and are counted.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
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
    /// Warns of them.
    fn tell(&self) {
        if self.count > 0 {
            warn_once(self.to_string());
        }
    }
}

/// Warns. A file is read several times in a run, and what is said of it is worth one warning.
pub(super) fn warn_once(message: String) {
    static TOLD: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    if TOLD.lock().unwrap_or_else(PoisonError::into_inner).insert(message.clone()) {
        tracing::warn!("{message}");
    }
}

/// What the readers of files count, and who reads their records looks up.
#[derive(Default)]
pub(super) struct Passed {
    rows: Mutex<PassedOver>,
    /// Files without records.
    files: Mutex<Vec<PathBuf>>,
}

impl Passed {
    /// Counts `count` rows, of which the first has this place.
    pub fn add(&self, count: usize, path: &Path, first: usize) {
        let mut passed = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        passed.count += count;
        passed.first.get_or_insert_with(|| Place::line(path, first));
    }

    /// Counts a file without records, which is one of several.
    pub fn add_file(&self, path: &Path) {
        self.files.lock().unwrap_or_else(PoisonError::into_inner).push(path.to_path_buf());
    }

    pub fn get(&self) -> PassedOver {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Warns of all of them.
    pub fn tell(&self) {
        self.get().tell();
        let files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(first) = files.first().map(|path| path.display()) else { return };
        warn_once(match files.len() {
            1 => format!("{first}: no records in it; it is passed over"),
            count => format!("{first}: no records in this file and {} more; they are passed over", count - 1),
        });
    }
}
