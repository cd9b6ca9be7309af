//! What a model is for and which block it has, in the terms of `transformers`.

use cimiento_core::backbone::BackboneConfig;
use serde::{Deserialize, Serialize};

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

impl Class {
    pub(super) fn suffix(&self) -> &'static str {
        match self {
            Self::Base => "Model",
            Self::CausalLm => "ForCausalLM",
            Self::SequenceClassification(_) => "ForSequenceClassification",
            Self::QuestionAnswering => "ForQuestionAnswering",
        }
    }
}

/// Models that share a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Queries and keys are normalised.
    Qwen3,
    /// Queries, keys and values have biases.
    Qwen2,
    /// Neither.
    Llama,
    /// An encoder.
    Bert,
    /// An encoder that counts positions from 2 and knows no parts.
    Roberta,
}

impl Family {
    /// The family of a shape.
    pub fn of(backbone: &BackboneConfig) -> Self {
        match &backbone.encoder {
            Some(encoder) if encoder.first_position > 0 => Self::Roberta,
            Some(_) => Self::Bert,
            None if backbone.qk_norm => Self::Qwen3,
            None if backbone.qkv_bias => Self::Qwen2,
            None => Self::Llama,
        }
    }

    /// What `config.json` and llama.cpp call it.
    pub fn model_type(self) -> &'static str {
        match self {
            Self::Qwen3 => "qwen3",
            Self::Qwen2 => "qwen2",
            Self::Llama => "llama",
            Self::Bert => "bert",
            Self::Roberta => "roberta",
        }
    }

    /// The class that has this family's block and that head.
    pub fn class_name(self, class: &Class) -> String {
        let name = match self {
            Self::Qwen3 => "Qwen3",
            Self::Qwen2 => "Qwen2",
            Self::Llama => "Llama",
            Self::Bert => "Bert",
            Self::Roberta => "Roberta",
        };
        format!("{name}{}", class.suffix())
    }

    pub(super) fn of_model_type(name: &str) -> Option<Self> {
        match name {
            "qwen3" => Some(Self::Qwen3),
            "qwen2" => Some(Self::Qwen2),
            "llama" | "mistral" => Some(Self::Llama),
            "bert" => Some(Self::Bert),
            "roberta" | "xlm-roberta" | "camembert" => Some(Self::Roberta),
            _ => None,
        }
    }
}
