//! A text and its translations, as a data file has them.

use cimiento_data::content::{Content, Remark};
use cimiento_data::quality::words::words;
use cimiento_data::turns;
use serde::Deserialize;

/// A translation that translates nothing.
pub(crate) const SAME: Remark = Remark {
    what: "have a translation with the same words as the source",
    advice: "look whether both fields name the same column (`fields`), or leave such records out: a model learns to copy",
    tolerated: 0.1,
    needs: None,
};

/// A translation of something else, or of more.
pub(crate) const UNLIKE: Remark = Remark {
    what: "have a translation more than three times as long as the source, or less than a third of it",
    advice: "look whether the lines of both languages belong together, or leave such records out",
    tolerated: 0.02,
    needs: None,
};

/// Characters from which on the lengths of a text and its translation can be compared.
const ENOUGH: usize = 30;

/// One text, with its translations where they are known.
#[derive(Deserialize, Clone, Debug, PartialEq)]
pub struct Record {
    /// What to translate.
    #[serde(deserialize_with = "turns::text")]
    pub source: String,
    /// A translation. A list is several, each one alone a translation of the whole.
    #[serde(default, deserialize_with = "turns::texts")]
    pub target: Vec<String>,
}

impl Record {
    /// What the record says.
    pub(crate) fn content(&self) -> Content {
        let read = words(&self.source);
        let said: Vec<&str> = self.target.iter().map(|text| text.trim()).filter(|text| !text.is_empty()).collect();
        let length = |text: &str| text.trim().chars().count();
        let unlike = |text: &&str| {
            let (a, b) = (length(&self.source), length(text));
            a.max(b) >= ENOUGH && (a > 3 * b || b > 3 * a)
        };
        let found = [
            (SAME, !read.is_empty() && said.iter().any(|text| words(text) == read)),
            (UNLIKE, said.iter().any(unlike)),
        ];
        Content {
            text: self.source.clone(),
            targets: said.into_iter().map(str::to_owned).collect(),
            remarks: found.into_iter().filter(|(_, is)| *is).map(|(remark, _)| remark).collect(),
            ..Content::default()
        }
    }
}
