//! What can be said of data before anything is learned from them: how long texts are, which repeat each other, and which
//! are known from elsewhere.
//!
//! Everything here compares *words*: a text is lower-cased, cut at white space and freed of all but letters and digits
//! ([`words`]), so that case, punctuation and layout make no difference. Two texts are
//!
//! - *the same* if their words are;
//! - *nearly the same* if the sets of their runs of five words have a Jaccard index of 0.8 or more, as estimated by
//!   MinHash ([`minhash`]);
//! - *overlapping* if they share a run of thirteen words, which is how contamination is measured for published models
//!   ([`overlap`]).
//!
//! ```
//! use cimiento_data::quality::minhash::Signature;
//! use cimiento_data::quality::words::words;
//! let [a, b] = ["The miller sells flour to the baker.", "the miller sells flour to the baker"].map(words);
//! assert_eq!(a, b);
//! let alike = Signature::of(&a, 0).zip(Signature::of(&b, 0)).map(|(a, b)| a.likeness(&b));
//! assert_eq!(alike, Some(1.0));
//! ```

pub mod classes;
pub mod collection;
pub mod columns;
pub mod examine;
pub mod hold_out;
pub mod leak;
pub mod minhash;
pub mod overlap;
pub mod profile;
pub mod strings;
pub mod usual;
pub mod words;

/// How often something was met, and where first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How often.
    pub count: usize,
    /// The first places (at most [`Tally::KEPT`]), each with what is to be said about it.
    pub first: Vec<String>,
}

impl Tally {
    /// Places that are kept.
    pub const KEPT: usize = 3;

    /// Counts once more; `place` is asked for only while places are kept.
    pub fn add(&mut self, place: impl FnOnce() -> String) {
        self.count += 1;
        if self.first.len() < Self::KEPT {
            self.first.push(place());
        }
    }
}

/// What may be wrong with a set of records, though each can be used.
#[derive(Clone, Debug, PartialEq)]
pub struct Warning {
    /// What is so.
    pub what: String,
    /// What can be done about it.
    pub advice: String,
}
