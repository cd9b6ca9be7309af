//! How words are read and their tags are scored, and the trait of such tasks.

use cimiento_data::encode::EncodeError;

use super::reading::Reading;
use super::scheme::Asked;
use crate::heads::about::About;

/// A task whose answers are spans of its text.
pub trait Tag: About {
    /// The score by which the best checkpoint is chosen.
    const METRIC: &'static str = "f1";

    /// How words are read and their tags are scored.
    fn settings(config: &Self::Config) -> Settings;

    /// The text of a record and what is marked in it.
    ///
    /// # Errors
    /// What the record lacks.
    fn read(config: &Self::Config, record: &Self::Record) -> Result<Reading, EncodeError>;
}

/// How words are read and their tags are scored.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The scheme of the tags in the data.
    pub scheme: Asked,
    /// Rows of the table of word features; 0 has none of them.
    pub buckets: usize,
    /// Whether what follows what is learned (a linear-chain conditional random field, Lafferty et al. 2001).
    pub transitions: bool,
    /// Share of the words that the backbone does not see while training.
    pub word_dropout: f64,
    /// Share of the features of a word that are left out while training.
    pub feature_dropout: f64,
}
