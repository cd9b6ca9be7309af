//! `data cloze`: questions made of text.

use cimiento_data::corpus::CorpusConfig;
use serde::{Deserialize, Serialize};

use super::data::paths;
use super::{Validate, run_name};

/// `data cloze`: questions made of a corpus, to practise question answering on.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Cloze {
    /// Folder of the file, under the runs folder.
    pub run: String,
    /// Decides what is asked.
    #[serde(default = "one")]
    pub seed: u64,
    /// How many are made, if the corpus gives so many.
    #[serde(default = "questions")]
    pub questions: usize,
    /// The text. What is held out of it or left out is not asked about.
    pub corpus: CorpusConfig,
}

fn one() -> u64 {
    1
}

fn questions() -> usize {
    60_000
}

impl Validate for Cloze {
    fn validate(&self) -> Result<(), String> {
        run_name("run", &self.run)?;
        if self.questions == 0 {
            return Err("questions is 0: give a positive number".into());
        }
        self.corpus.validate().map_err(|e| format!("corpus: {e}"))?;
        paths("corpus.sources", self.corpus.sources.iter().map(|source| &source.path))?;
        paths("corpus.exclude", self.corpus.exclude.iter().map(|source| &source.path))
    }
}
