//! The list of tasks: the one place that knows them all. A new task is a line in `tasks!`. Help texts whose examples name a
//! task are here too.

use cimiento_core::objective::Task;
/// Questions made of text, for the command `data cloze`.
pub use cimiento_qa::cloze;
use serde::{Deserialize, Serialize};

/// Something to do with a task whose type is known only by its name.
pub trait ForTask {
    /// What comes of it.
    type Output;

    /// Does it.
    fn run<T: Task>(self) -> Self::Output;
}

macro_rules! tasks {
    ($($variant:ident => $krate:ident),* $(,)?) => {
        /// A task and its settings, as a config file has them: `[task.sentiment]`.
        #[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
        #[serde(rename_all = "lowercase")]
        pub enum TaskConfig {
            $(
                #[doc = concat!("`[task.", stringify!($krate), "]`")]
                $variant($krate::Config),
            )*
        }

        impl TaskConfig {
            /// The task's name.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$variant(_) => $krate::$variant::NAME,)* }
            }

            /// Its settings, untyped.
            pub fn settings(&self) -> serde_json::Value {
                match self { $(Self::$variant(config) => serde_json::to_value(config),)* }
                    .expect("settings are plain data")
            }

            /// Checks the settings.
            ///
            /// # Errors
            /// What is wrong, naming the key.
            pub fn validate(&self) -> Result<(), String> {
                match self { $(Self::$variant(config) => $krate::$variant::validate(config),)* }
                    .map_err(|why| format!("task.{}.{why}", self.name()))?;
                // As a checkpoint will hold them.
                let kept = self.settings();
                let kept = match self { $(Self::$variant(_) => serde_json::from_value::<$krate::Config>(kept).map(|_| ()),)* };
                kept.map_err(|_| {
                    format!("task.{}: a checkpoint cannot hold a number that is infinite: give a large one", self.name())
                })
            }
        }

        /// The names of all tasks.
        pub const NAMES: &[&str] = &[$($krate::$variant::NAME),*];

        /// Does something with the task called `name`; `None` if there is no such task.
        pub fn for_task<F: ForTask>(name: &str, work: F) -> Option<F::Output> {
            $(if name == $krate::$variant::NAME { return Some(work.run::<$krate::$variant>()); })*
            None
        }
    };
}

tasks! {
    Sentiment => cimiento_sentiment,
    Qa => cimiento_qa,
    Summarization => cimiento_summarization,
    Translation => cimiento_translation,
    Extraction => cimiento_extraction,
}

/// What the help of a command ends with, where its examples name a task.
pub mod help {
    /// Of `cimiento finetune`.
    pub const FINETUNE: &str = "\
Example:
  cimiento finetune configs/finetune/village-sentiment.toml --seed 2 --set from.freeze=true
  cimiento finetune --task sentiment --train reviews.csv --field text=review --field label=stars";

    /// Of `cimiento evaluate`.
    pub const EVALUATE: &str = "\
Example:
  cimiento evaluate configs/evaluate/village.toml --json > scores.json
  cimiento evaluate models/cimiento-nano/sentiment --data test.csv --field text=review --field label=stars
also writes runs/village-evaluation/report.html, and its drawings into the folder figures beside it.";

    /// Of `cimiento predict`.
    pub const PREDICT: &str = "\
A record has a text, a question and a context, or a document, as the task needs; where one text is all, stdin
may hold nothing but texts: a line each, and an answer for each line, blank ones too.

Example:
  echo 'a moving, funny film' | cimiento predict models/cimiento-nano --task sentiment
  cimiento predict my-run --input reviews.csv --field text=review --keep stars --output answers.csv";

    /// Of `cimiento init`.
    pub const INIT: &str = "\
What is guessed (which column is which field, the task, the settings) is said, with the reason, here and in the file.

Example:
  cimiento init sentiment reviews.csv
  cimiento init letters/ --out letters.toml
then
  cimiento finetune reviews-sentiment.toml";

    /// Of `cimiento diff`.
    pub const DIFF: &str = "\
Exits with 0 if they are the same in all of these, with 4 if they differ.

Example:
  cimiento diff quickstart/sentiment quickstart/sentiment-scratch";

    /// Of `cimiento data check`.
    pub const CHECK: &str = "\
Nothing is trained or written. The page, or the JSON object, goes to stdout.

Texts are compared in lower case and without punctuation. Nearly the same are texts whose runs of five words have an
estimated Jaccard index of 0.8 or more; known from training is what shares a run of 13 words with it (of texts of 8 to
12 words: all of them), unless more than ten training texts have that run.

Example:
  cimiento data check configs/quickstart.toml
  cimiento data check configs/pretrain/village-nano.toml --against village/qa/test.json --strict";
}
