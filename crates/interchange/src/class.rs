//! Which block a model has, and what its class is called.

use cimiento_core::backbone::BackboneConfig;
pub use cimiento_core::heads::{Class, Classes, Problem};

/// The end of the class's name.
pub(super) fn suffix(class: &Class) -> &'static str {
    match class {
        Class::Base => "Model",
        Class::CausalLm => "ForCausalLM",
        Class::SequenceClassification(_) => "ForSequenceClassification",
        Class::QuestionAnswering => "ForQuestionAnswering",
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
        format!("{name}{}", suffix(class))
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
