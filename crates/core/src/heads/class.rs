//! What a model is for, in the terms that other programs share: those of `transformers`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a model is for, in the terms of `transformers`.
#[derive(Clone, Debug, PartialEq)]
pub enum Class {
    /// `…Model`: states, nothing else.
    Base,
    /// `…ForCausalLM`: continues texts.
    CausalLm,
    /// `…ForSequenceClassification`: some of these classes, or a number.
    SequenceClassification(Classes),
    /// `…ForQuestionAnswering`: the ends of a span.
    QuestionAnswering,
}

/// What a head of classes computes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Classes {
    /// Names, in the order of the head's outputs.
    pub labels: Vec<String>,
    /// What the outputs are.
    pub problem: Problem,
    /// Whether each of several classes has a probability of its own, though a text is of one of them.
    pub sigmoid: bool,
}

/// `problem_type`.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    /// A text is of one class.
    #[default]
    SingleLabelClassification,
    /// Each label is a question of its own.
    MultiLabelClassification,
    /// One number.
    Regression,
}

/// A task's model as other programs know such models.
#[derive(Clone, Debug, PartialEq)]
pub struct Exported {
    /// What it is for.
    pub class: Class,
    /// What its user should know.
    pub notes: Vec<String>,
}

impl Exported {
    /// A model of this class, of which all is said by that.
    pub fn plain(class: Class) -> Self {
        Self { class, notes: Vec::new() }
    }
}

/// Why no class says what a model does, and how to get one that has a class.
#[derive(thiserror::Error, Clone, Copy, Debug, PartialEq, Eq)]
#[error("{why}")]
pub struct NoClass {
    /// Why.
    pub why: &'static str,
    /// What to do.
    pub help: &'static str,
}

/// The settings and the state of a task that a model made elsewhere was trained for.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    /// `Task::Config`.
    pub config: Value,
    /// `Task::State`.
    pub state: Value,
}
