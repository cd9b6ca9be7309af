//! How tables and plain texts are written, handed on as one.

use serde::{Deserialize, Serialize};

use super::source::Source;

/// How tables and plain texts of a source are written; see [`Source::separator`], [`Source::header`], [`Source::comment`].
#[derive(Deserialize, Serialize, Clone, Debug, Default, PartialEq)]
pub struct Dialect {
    /// What separates columns or documents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub separator: Option<String>,
    /// Whether a table begins with the names of its columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<bool>,
    /// What lines of a table begin with that are no records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

impl Source {
    /// How its tables and plain texts are written.
    pub fn dialect(&self) -> Dialect {
        Dialect { separator: self.separator.clone(), header: self.header, comment: self.comment.clone() }
    }

    /// The same source, written otherwise.
    pub fn written(self, Dialect { separator, header, comment }: Dialect) -> Self {
        Self { separator, header, comment, ..self }
    }
}
