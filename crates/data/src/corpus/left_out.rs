//! Documents that were left out.

use serde::Serialize;

/// Documents that were left out, by the reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// Without text.
    pub empty: u64,
    /// Nearly the same as an earlier one.
    pub near_duplicates: u64,
    /// Sharing text with what is excluded.
    pub excluded: u64,
    /// Not readable.
    pub unreadable: u64,
}

impl LeftOut {
    /// All of them.
    pub fn sum(&self) -> u64 {
        self.empty + self.near_duplicates + self.excluded + self.unreadable
    }
}
