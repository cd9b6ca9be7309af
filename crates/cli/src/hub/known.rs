//! The data sets known by name. `datasets/README.md` has a row for each.

use std::collections::BTreeMap;

use crate::diagnostic::nearest;

/// A data set on the hub.
#[derive(Debug, PartialEq)]
pub struct Known {
    /// Its name here.
    pub name: &'static str,
    /// What it is for: a task's name, or `text` for pretraining.
    pub task: &'static str,
    /// Its repository, `owner/name`.
    pub repo: &'static str,
    /// As its card states it; `-` where the card does not.
    pub licence: &'static str,
    /// Field of the record → column, where they differ.
    pub fields: &'static [(&'static str, &'static str)],
    /// Split → files in the repository.
    pub splits: &'static [(&'static str, &'static str)],
}

/// The table.
pub const KNOWN: &[Known] = &[
    Known {
        name: "sst2",
        task: "sentiment",
        repo: "stanfordnlp/sst2",
        licence: "-",
        fields: &[("text", "sentence")],
        // The labels of its test split are hidden.
        splits: &[("train", "data/train-*.parquet"), ("validation", "data/validation-*.parquet")],
    },
    Known {
        name: "imdb",
        task: "sentiment",
        repo: "stanfordnlp/imdb",
        licence: "-",
        fields: &[],
        splits: &[
            ("train", "plain_text/train-*.parquet"),
            ("test", "plain_text/test-*.parquet"),
            ("unsupervised", "plain_text/unsupervised-*.parquet"),
        ],
    },
    Known {
        name: "ag_news",
        task: "sentiment",
        repo: "fancyzhx/ag_news",
        licence: "-",
        fields: &[],
        splits: &[("train", "data/train-*.parquet"), ("test", "data/test-*.parquet")],
    },
    Known {
        name: "squad",
        task: "qa",
        repo: "rajpurkar/squad",
        licence: "CC-BY-SA-4.0",
        fields: &[],
        splits: &[("train", "plain_text/train-*.parquet"), ("validation", "plain_text/validation-*.parquet")],
    },
    Known {
        name: "squad_v2",
        task: "qa",
        repo: "rajpurkar/squad_v2",
        licence: "CC-BY-SA-4.0",
        fields: &[],
        splits: &[("train", "squad_v2/train-*.parquet"), ("validation", "squad_v2/validation-*.parquet")],
    },
    Known {
        name: "dialogsum",
        task: "summarization",
        repo: "knkarthick/dialogsum",
        licence: "CC-BY-NC-SA-4.0",
        fields: &[("document", "dialogue")],
        splits: &[("train", "train.csv"), ("validation", "validation.csv"), ("test", "test.csv")],
    },
    Known {
        name: "samsum",
        task: "summarization",
        repo: "knkarthick/samsum",
        licence: "CC-BY-NC-ND-4.0",
        fields: &[("document", "dialogue")],
        splits: &[("train", "train.csv"), ("validation", "validation.csv"), ("test", "test.csv")],
    },
    Known {
        name: "xsum",
        task: "summarization",
        repo: "EdinburghNLP/xsum",
        licence: "-",
        fields: &[],
        splits: &[
            ("train", "data/train-*.parquet"),
            ("validation", "data/validation-*.parquet"),
            ("test", "data/test-*.parquet"),
        ],
    },
    Known {
        name: "cnn_dailymail",
        task: "summarization",
        repo: "abisee/cnn_dailymail",
        licence: "Apache-2.0",
        fields: &[("document", "article"), ("summary", "highlights")],
        splits: &[
            ("train", "3.0.0/train-*.parquet"),
            ("validation", "3.0.0/validation-*.parquet"),
            ("test", "3.0.0/test-*.parquet"),
        ],
    },
    Known {
        name: "wikitext-103",
        task: "text",
        repo: "Salesforce/wikitext",
        licence: "CC-BY-SA-3.0",
        fields: &[],
        splits: &[
            ("train", "wikitext-103-raw-v1/train-*.parquet"),
            ("validation", "wikitext-103-raw-v1/validation-*.parquet"),
            ("test", "wikitext-103-raw-v1/test-*.parquet"),
        ],
    },
    Known {
        name: "tinystories",
        task: "text",
        repo: "roneneldan/TinyStories",
        licence: "CDLA-Sharing-1.0",
        fields: &[],
        splits: &[("train", "data/train-*.parquet"), ("validation", "data/validation-*.parquet")],
    },
    Known {
        name: "fineweb-edu-10bt",
        task: "text",
        repo: "HuggingFaceFW/fineweb-edu",
        licence: "ODC-By-1.0",
        fields: &[],
        splits: &[("train", "sample/10BT/*.parquet")],
    },
];

/// The set called `name`.
///
/// # Errors
/// The nearest name, and all of them.
pub fn find(name: &str) -> Result<&'static Known, String> {
    let names = || KNOWN.iter().map(|set| set.name);
    KNOWN.iter().find(|set| set.name == name).ok_or_else(|| unknown("data set", name, names()))
}

impl Known {
    /// A split's name and files.
    ///
    /// # Errors
    /// The nearest name, and all of them.
    pub fn split(&self, name: &str) -> Result<(&'static str, &'static str), String> {
        let names = || self.splits.iter().map(|(name, _)| *name);
        let found = self.splits.iter().find(|(split, _)| *split == name).copied();
        found.ok_or_else(|| unknown(&format!("split of {}", self.name), name, names()))
    }

    /// The mapping, as records take it.
    pub fn mapping(&self) -> BTreeMap<String, String> {
        self.fields.iter().map(|(field, column)| (field.to_string(), column.to_string())).collect()
    }
}

fn unknown<'a>(what: &str, name: &str, names: impl Iterator<Item = &'a str> + Clone) -> String {
    let meant = nearest(name, names.clone()).map(|name| format!(" (did you mean {name}?)")).unwrap_or_default();
    let all: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    format!("unknown {what} `{name}`{meant}, expected one of {}", all.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tasks;

    #[test]
    fn every_row_of_the_table_can_be_used() {
        let page = include_str!("../../../../datasets/README.md");
        for (index, set) in KNOWN.iter().enumerate() {
            let row = page.lines().find(|line| line.starts_with(&format!("| `{}` | {} ", set.name, set.task)));
            assert!(row.is_some_and(|row| row.contains(set.repo)), "datasets/README.md lacks {}", set.name);
            assert!(set.task == "text" || tasks::NAMES.contains(&set.task), "{}", set.name);
            assert!(KNOWN[..index].iter().all(|other| other.name != set.name), "{} twice", set.name);
            assert!(set.split("train").is_ok(), "{} has nothing to learn from", set.name);
            for (split, path) in set.splits {
                let reference = format!("hf://datasets/{}/{path}", set.repo);
                assert!(reference.parse::<super::super::Reference>().is_ok(), "{} {split}", set.name);
            }
        }
    }
}
