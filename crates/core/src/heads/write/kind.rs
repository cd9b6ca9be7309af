//! What a task that writes says of itself.

use cimiento_data::content::Remark;
use cimiento_data::tokenizer::Tokenizer;
use serde::Serialize;

use super::example::Example;
use crate::backbone::Backbone;
use crate::generate::GenerateConfig;
use crate::heads::About;
use crate::metrics::Scores;

/// A task whose answers are texts that are written after their source. Of its [`About::FIELDS`] the first is the source
/// and the last the target.
pub trait Write: About {
    /// The score by which the best checkpoint is chosen.
    const METRIC: &'static str;
    /// What is remarked where the settings cut targets.
    const LIMITS: Limits;
    /// What the user of an exported model should know: the stock class looks back only.
    const EXPORTED: &'static str;
    /// What is printed for one record.
    type Answer: From<String> + AsRef<str> + Serialize + Clone + Send + Sync;

    /// The text that is read.
    fn source(config: &Self::Config, record: &Self::Record) -> String;

    /// The texts that could be written, each one alone a whole answer.
    fn references(config: &Self::Config, record: &Self::Record) -> Vec<String>;

    /// The settings that all such tasks have.
    fn settings(config: &Self::Config) -> Settings<'_>;

    /// What is odd about a record with these references, beside what content says.
    fn remarks(config: &Self::Config, references: &[String]) -> Vec<Remark> {
        let _ = (config, references);
        Vec::new()
    }

    /// Scores of texts, each against its references.
    fn score(config: &Self::Config, answers: &[String], references: &[Vec<String>]) -> Scores;

    /// How good one text is, 1 at best.
    fn quality(config: &Self::Config, answer: &str, references: &[String]) -> f64;

    /// The settings that decide how texts are scored.
    fn scoring(config: &Self::Config) -> String {
        let _ = config;
        String::new()
    }

    /// Texts that need no model, by name.
    fn baselines(config: &Self::Config, train: &[Example], examples: &[Example]) -> Vec<(String, Vec<String>)>;

    /// Whether these examples can choose the weights by [`Self::METRIC`].
    ///
    /// # Errors
    /// Why not, and what to set.
    fn can_choose(config: &Self::Config, examples: &[Example]) -> Result<(), String> {
        let _ = (config, examples);
        Ok(())
    }

    /// Whether the settings make the model write; else it only judges, in [`Self::pick`].
    fn writes(config: &Self::Config) -> bool {
        let _ = config;
        true
    }

    /// Answers that are picked by the model and not written; asked where nothing is written.
    fn pick(config: &Self::Config, backbone: &Backbone, tokenizer: &Tokenizer, examples: &[Example]) -> Vec<String> {
        let _ = (config, backbone, tokenizer);
        vec![String::new(); examples.len()]
    }
}

/// What every task that writes has in its settings.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a> {
    /// A source is cut after this many tokens; 0 only where the context is full.
    pub max_source_tokens: usize,
    /// A target to learn from is cut after this many tokens, and a source leaves room for them (half of the context at
    /// most).
    pub max_target_tokens: usize,
    /// Share of the target spread evenly over the vocabulary (Szegedy et al. 2016).
    pub label_smoothing: f64,
    /// How texts are written.
    pub generation: &'a GenerateConfig,
}

impl Settings<'_> {
    /// Checks the settings; `target_key` is what the task calls `max_target_tokens`.
    ///
    /// # Errors
    /// What is wrong, naming the key.
    pub fn validate(&self, target_key: &str) -> Result<(), String> {
        if self.max_target_tokens == 0 {
            return Err(format!("{target_key} is 0: give a positive number"));
        }
        if !(0.0..1.0).contains(&self.label_smoothing) {
            return Err(format!("label_smoothing = {} must lie in [0, 1)", self.label_smoothing));
        }
        self.generation.validate()
    }
}

/// The [`Limits`] of a task: what a target is called there, the task's name, and what it calls `max_target_tokens`.
#[macro_export]
macro_rules! limits {
    ($target:literal, $task:literal, $most:literal) => {
        $crate::heads::write::Limits {
            cut: $crate::heads::write::remark(
                concat!("have a ", $target, " of which only the beginning is learned"),
                concat!("raise task.", $task, ".", $most),
                0.01,
            ),
            too_long: $crate::heads::write::remark(
                concat!("have a ", $target, " longer than the longest that is written"),
                concat!("raise task.", $task, ".generation.max_tokens"),
                0.01,
            ),
            no_room: $crate::heads::write::remark(
                concat!("leave a ", $target, " less room in the context than generation.max_tokens"),
                concat!(
                    "lower task.",
                    $task,
                    ".generation.max_tokens, or raise ",
                    $most,
                    ", which keeps room for a ",
                    $target
                ),
                0.1,
            ),
        }
    };
}

/// A remark on more than this share of the records.
pub const fn remark(what: &'static str, advice: &'static str, tolerated: f64) -> Remark {
    Remark { what, advice, tolerated, needs: None }
}

/// What is remarked where limits of the settings cut targets, in the words of the task.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// A target is cut to learn from, so nothing teaches its end.
    pub cut: Remark,
    /// No target as long can be written.
    pub too_long: Remark,
    /// The context ends before the longest target does.
    pub no_room: Remark,
}
