//! What a `config.json` says.

use cimiento_core::backbone::BackboneConfig;
use cimiento_core::checkpoint::TaskCard;
use cimiento_data::tokenizer::Special;
use serde::{Deserialize, Serialize};

use super::class::Class;

/// What this program adds to a `config.json` it writes, so that nothing is lost on the way back.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Own {
    /// The checkpoint's kind.
    pub kind: String,
    /// Whether the model only ever looks back.
    pub causal: bool,
    /// The roles of its tokens.
    pub special: Special,
    /// Its task.
    pub task: Option<TaskCard>,
}

/// What a `config.json` says.
pub struct Described {
    /// The shape.
    pub backbone: BackboneConfig,
    /// What the model is for.
    pub class: Class,
    /// The class's name.
    pub class_name: String,
    /// Ids of the tokens that open a text, close it and fill a row, where it gives them.
    pub ids: [Option<u32>; 3],
    /// All ids that close a text.
    pub ends: Vec<u32>,
    /// The family, as the file names it.
    pub model_type: String,
    /// The class that reads the tokenizer, where it names one.
    pub tokenizer_class: Option<String>,
    /// What this program has added.
    pub own: Option<Own>,
}
