//! The list of tasks: the one place that knows them all. A new task is a line in `tasks!`.

use cimiento_core::objective::Task;
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
}
