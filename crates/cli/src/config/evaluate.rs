//! `evaluate`: runs × data sets × splits.

use cimiento_core::device::DeviceName;
use cimiento_core::language::Scoring;
use cimiento_data::records::Source;
use cimiento_data::unusable::{OnBad, Tolerance, is_usual, is_usual_share, max_skipped};
use serde::{Deserialize, Serialize};

use super::data::paths;
use super::{Validate, run_name};

/// `evaluate`: runs × data sets × splits, in one table.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Evaluate {
    /// Folder for the results, under the runs folder.
    pub run: String,
    /// Where to compute.
    #[serde(default)]
    pub device: DeviceName,
    /// Fine-tuned models on labelled data.
    #[serde(default)]
    pub tasks: Vec<TaskEvaluation>,
    /// Backbones on plain text: perplexity and bits per byte.
    #[serde(default)]
    pub texts: Vec<TextEvaluation>,
    /// Backbones on the last words of texts.
    #[serde(default)]
    pub endings: Vec<EndingEvaluation>,
    /// Backbones on minimal pairs.
    #[serde(default)]
    pub pairs: Vec<PairEvaluation>,
}

/// One data set, and the runs to be scored on it.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct TaskEvaluation {
    /// Its name in the table.
    pub dataset: String,
    /// Its split's name in the table.
    pub split: String,
    /// The records.
    pub data: Vec<Source>,
    /// What the baselines learn from; absent takes what the first run has learned from, where that can be found, and an
    /// empty list leaves the baselines out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline_train: Option<Vec<Source>>,
    /// What becomes of a record that cannot be read or used.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub on_bad: OnBad,
    /// Share of records that may be left out: bad ones, if they may be skipped, and those whose answer does not occur in
    /// their passage.
    #[serde(default = "max_skipped", alias = "max_misaligned")]
    pub max_skipped: f64,
    /// Runs of one task, each with its name in the table (`pretrained`, `from-scratch`).
    pub runs: Vec<Variant>,
}

impl TaskEvaluation {
    /// How many records may be left out.
    pub fn tolerance(&self) -> Tolerance {
        Tolerance { on_bad: self.on_bad, max_skipped: self.max_skipped }
    }
}

/// A run under the name it has in a table, or several that differ in their seed: either `run` or `runs` is set.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// Its name.
    pub variant: String,
    /// A run (under the runs folder) or a path to a checkpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// Several of them, whose scores are averaged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<String>,
    /// Settings of the task that are others here than in its fine-tuning, as `--set` takes them: how it decodes, say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub set: Vec<String>,
}

impl Variant {
    /// All its runs.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.run.iter().chain(&self.runs)
    }

    fn validate(&self) -> Result<(), String> {
        let name = &self.variant;
        match (&self.run, self.runs.as_slice()) {
            (None, []) => Err(format!("variant {name:?} has no run: give `run`, or `runs` for several seeds")),
            (Some(_), [_, ..]) => Err(format!("variant {name:?} has both `run` and `runs`: keep one of them")),
            (_, runs) => match (1..runs.len()).find(|&at| runs[..at].contains(&runs[at])) {
                Some(at) => Err(format!("variant {name:?} names {:?} twice: each seed counts once", runs[at])),
                None => Ok(()),
            },
        }
    }
}

/// Plain text to be predicted.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct TextEvaluation {
    /// Its name in the table.
    pub dataset: String,
    /// Its split's name in the table.
    pub split: String,
    /// Records with a `text` field, or plain text files.
    pub data: Vec<Source>,
    /// Words and signs were set apart (`film , television`) and are put together before they are read; words and bytes
    /// still count as they are.
    #[serde(default)]
    pub untokenise: bool,
    /// What becomes of a record that cannot be read or used.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub on_bad: OnBad,
    /// Share of records that may be left out where bad ones are skipped.
    #[serde(default = "max_skipped", skip_serializing_if = "is_usual_share")]
    pub max_skipped: f64,
    /// The runs to be scored.
    pub runs: Vec<Variant>,
}

impl TextEvaluation {
    /// How many records may be left out.
    pub fn tolerance(&self) -> Tolerance {
        Tolerance { on_bad: self.on_bad, max_skipped: self.max_skipped }
    }
}

/// Texts whose last word is to be told.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct EndingEvaluation {
    /// Its name in the table.
    pub dataset: String,
    /// Its split's name in the table.
    pub split: String,
    /// Records with a `text` field.
    pub data: Vec<Source>,
    /// What becomes of a record that cannot be read or used.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub on_bad: OnBad,
    /// Share of records that may be left out where bad ones are skipped.
    #[serde(default = "max_skipped", skip_serializing_if = "is_usual_share")]
    pub max_skipped: f64,
    /// The runs to be scored.
    pub runs: Vec<Variant>,
}

impl EndingEvaluation {
    /// How many records may be left out.
    pub fn tolerance(&self) -> Tolerance {
        Tolerance { on_bad: self.on_bad, max_skipped: self.max_skipped }
    }
}

/// Minimal pairs in BLiMP's format.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct PairEvaluation {
    /// Its name in the table.
    pub dataset: String,
    /// Its split's name in the table.
    pub split: String,
    /// Records with `sentence_good` and `sentence_bad`, and perhaps `UID`, `field` and `linguistics_term`.
    pub data: Vec<Source>,
    /// At most this many pairs of each phenomenon; 0 takes all.
    #[serde(default)]
    pub limit_per_phenomenon: usize,
    /// How sentences are scored.
    #[serde(default = "both_ways")]
    pub scoring: Vec<Scoring>,
    /// What becomes of a record that cannot be read or used.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub on_bad: OnBad,
    /// Share of records that may be left out where bad ones are skipped.
    #[serde(default = "max_skipped", skip_serializing_if = "is_usual_share")]
    pub max_skipped: f64,
    /// The runs to be scored.
    pub runs: Vec<Variant>,
}

impl PairEvaluation {
    /// How many records may be left out.
    pub fn tolerance(&self) -> Tolerance {
        Tolerance { on_bad: self.on_bad, max_skipped: self.max_skipped }
    }
}

fn both_ways() -> Vec<Scoring> {
    vec![Scoring::Causal, Scoring::Masked]
}

impl Evaluate {
    /// All lists of sources, to be edited.
    pub fn sources(&mut self) -> impl Iterator<Item = &mut Vec<Source>> {
        let tasks =
            self.tasks.iter_mut().flat_map(|entry| [Some(&mut entry.data), entry.baseline_train.as_mut()]).flatten();
        let texts = self.texts.iter_mut().map(|entry| &mut entry.data);
        let endings = self.endings.iter_mut().map(|entry| &mut entry.data);
        tasks.chain(texts).chain(endings).chain(self.pairs.iter_mut().map(|entry| &mut entry.data))
    }

    /// Refuses names that would make two results one.
    fn validate_names(&self) -> Result<(), String> {
        let names = |list: &str| -> Vec<(&str, &str)> {
            self.entries().filter(|entry| entry.0 == list).map(|(_, dataset, split, ..)| (dataset, split)).collect()
        };
        ["texts", "endings", "pairs"].iter().try_for_each(|list| once(list, &names(list)))?;
        let pairs = names("pairs");
        // Parts of a data set are named `blimp/field/syntax`.
        let within = |(dataset, split): &(&str, &str)| {
            let within = |whole: &str| dataset.strip_prefix(whole).is_some_and(|rest| rest.starts_with('/'));
            pairs.iter().any(|(whole, other)| other == split && within(whole))
        };
        if let Some((dataset, split)) = pairs.iter().find(|name| within(name)) {
            return Err(format!(
                "pairs: {dataset:?} {split:?} is named like a part of another entry's data set: give it another name"
            ));
        }
        let mut variants =
            self.entries().flat_map(|(key, dataset, _, _, runs)| runs.iter().map(move |v| (key, dataset, v)));
        match variants.find(|(_, _, variant)| variant.variant.starts_with("baseline:")) {
            Some((key, dataset, Variant { variant, .. })) => Err(format!(
                "{key}: {dataset:?}: variant {variant:?} begins with `baseline:`, as only baselines do: give it another name"
            )),
            None => Ok(()),
        }
    }

    /// The list it stands in, the names of its data and their split, the data, and how many of them may be left out, of each
    /// entry that is for backbones.
    pub fn zero_shot(&self) -> impl Iterator<Item = (&'static str, &str, &str, &[Source], Tolerance)> {
        let Self { texts, endings, pairs, .. } = self;
        let texts = texts.iter().map(|e| ("texts", &*e.dataset, &*e.split, &*e.data, e.tolerance()));
        let endings = endings.iter().map(|e| ("endings", &*e.dataset, &*e.split, &*e.data, e.tolerance()));
        let pairs = pairs.iter().map(|e| ("pairs", &*e.dataset, &*e.split, &*e.data, e.tolerance()));
        texts.chain(endings).chain(pairs)
    }

    /// The list it stands in, the names of its data and their split, the data, and the runs of each entry.
    pub fn entries(&self) -> impl Iterator<Item = (&'static str, &str, &str, &[Source], &[Variant])> {
        let Self { tasks, texts, endings, pairs, .. } = self;
        let tasks = tasks.iter().map(|e| ("tasks", &*e.dataset, &*e.split, &*e.data, &*e.runs));
        let texts = texts.iter().map(|e| ("texts", &*e.dataset, &*e.split, &*e.data, &*e.runs));
        let endings = endings.iter().map(|e| ("endings", &*e.dataset, &*e.split, &*e.data, &*e.runs));
        let pairs = pairs.iter().map(|e| ("pairs", &*e.dataset, &*e.split, &*e.data, &*e.runs));
        tasks.chain(texts).chain(endings).chain(pairs)
    }
}

/// Refuses a list in which a data set's split occurs twice: of two results under one name only one would be seen.
pub fn once<'a>(key: &str, names: &[(&'a str, &'a str)]) -> Result<(), String> {
    match (1..names.len()).find(|&at| names[..at].contains(&names[at])) {
        Some(at) => {
            let (dataset, split) = names[at];
            Err(format!(
                "{key}: {dataset:?} {split:?} occurs twice: give one of them another `dataset` or `split`, or name the runs of \
                 both in one entry"
            ))
        }
        None => Ok(()),
    }
}

impl Validate for Evaluate {
    fn validate(&self) -> Result<(), String> {
        run_name("run", &self.run)?;
        if self.entries().next().is_none() {
            return Err("tasks, texts, endings and pairs are all empty: nothing to evaluate".into());
        }
        for (key, dataset, _, data, runs) in self.entries() {
            if data.is_empty() || runs.is_empty() {
                return Err(format!("{key}: {dataset:?} needs at least one entry in `data` and in `runs`"));
            }
            paths(key, data.iter().map(|source| &source.path))?;
            runs.iter()
                .try_for_each(|variant| variant.validate().map_err(|why| format!("{key}: {dataset:?}: {why}")))?;
            if let Some(at) = (1..runs.len()).find(|&at| runs[..at].iter().any(|v| v.variant == runs[at].variant)) {
                let name = &runs[at].variant;
                return Err(format!("{key}: {dataset:?}: variant {name:?} occurs twice: each needs a name of its own"));
            }
            if let Some(Variant { variant, .. }) = runs.iter().find(|v| key != "tasks" && !v.set.is_empty()) {
                return Err(format!(
                    "{key}: {dataset:?}: variant {variant:?} has `set`, which only tasks have use for"
                ));
            }
        }
        self.validate_names()?;
        for entry in &self.tasks {
            paths("tasks.baseline_train", entry.baseline_train.iter().flatten().map(|source| &source.path))?;
            entry.tolerance().validate().map_err(|why| format!("tasks.{why}"))?;
        }
        for (key, dataset, _, _, tolerance) in self.zero_shot() {
            tolerance.of_bad_alone().map_err(|why| format!("{key}.{why} ({dataset:?})"))?;
        }
        for PairEvaluation { dataset, scoring, .. } in &self.pairs {
            if scoring.is_empty() || (1..scoring.len()).any(|at| scoring[..at].contains(&scoring[at])) {
                return Err(format!("pairs: {dataset:?}: scoring must name \"causal\", \"masked\" or both, each once"));
            }
        }
        Ok(())
    }
}
