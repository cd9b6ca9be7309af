//! What a record of such a task holds.

use super::words::Words;

/// What a record holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// Its words.
    pub words: Words,
    /// What is marked in them, where that is known.
    pub target: Option<Target>,
}

/// What is marked in a text.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// A tag a word.
    Tags(Vec<String>),
    /// Spans of characters.
    Marks(Vec<Mark>),
}

/// A span of characters as a record marks it.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// Its first character, from 0.
    pub start: usize,
    /// The character after its last.
    pub end: usize,
    /// Its type.
    pub kind: String,
    /// What it says, where the record repeats that.
    pub text: Option<String>,
}
