//! What a record says, in no task's words.

/// What a record says, as text: data are looked over by it before they are learned from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Content {
    /// The text that is this record's alone.
    pub text: String,
    /// A text that other records may ask about too (a passage).
    pub shared: Option<String>,
    /// What is to be written or found: answers, summaries.
    pub targets: Vec<String>,
    /// What is odd about it.
    pub remarks: Vec<Remark>,
}

/// An oddity that some records of a set have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Remark {
    /// What such records do, as in "12 records …".
    pub what: &'static str,
    /// What can be done about it.
    pub advice: &'static str,
    /// The share of a set that may be so without being a reason to worry.
    pub tolerated: f64,
    /// Where a limit of the settings is exceeded: what it would have to be for this record.
    pub needs: Option<usize>,
}

impl Remark {
    /// The same remark about a record that needs a limit to be this high.
    pub fn needing(self, needs: usize) -> Self {
        Self { needs: Some(needs), ..self }
    }

    /// Takes up a remark about another record, if it is the same one.
    pub fn merge(&mut self, other: &Self) -> bool {
        let same = self.what == other.what;
        if same {
            self.needs = self.needs.max(other.needs);
        }
        same
    }

    /// What can be done about it, and the limit that would do for all records it is about.
    pub fn remedy(&self) -> String {
        match self.needs {
            Some(needs) => format!("{} ({needs} would do for all)", self.advice),
            None => self.advice.to_owned(),
        }
    }
}
