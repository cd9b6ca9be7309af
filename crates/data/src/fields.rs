//! The fields of a task's records, by which the columns of a file are told from each other.

/// A field of a task's records, by which the columns of a file are told from each other.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name in the record.
    pub name: &'static str,
    /// What it holds.
    pub kind: FieldKind,
    /// Other names that files have for it, in lower case, the usual ones first.
    pub also: &'static [&'static str],
    /// Whether it is what is to be answered, which records that are to be answered need not have.
    pub target: bool,
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// The text that the record is about; the longest there is.
    Text,
    /// One of a few values.
    Class,
    /// A shorter text: a question, an answer, a summary.
    Part,
}

/// What the values of a target are, where they are no single classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Targets {
    /// Several classes in one text, with this between them.
    Several(char),
    /// Lists of classes.
    Lists,
    /// Many different numbers.
    Numbers,
}
