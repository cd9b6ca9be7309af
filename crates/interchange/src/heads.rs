//! The tensors of heads: what a checkpoint calls them, and what the classes of `transformers` do.

use super::class::{Class, Classes, Family};
use cimiento_core::backbone::BackboneConfig;

/// A tensor under its two names.
pub(super) struct Place {
    /// In a checkpoint's head.
    pub ours: &'static str,
    /// In the class's files.
    pub theirs: String,
    /// Its shape.
    pub shape: Vec<usize>,
}

/// The tensors of a class's head; `prefix` stands before the names of its backbone's.
pub(super) fn places(backbone: &BackboneConfig, class: &Class, prefix: &str) -> Vec<Place> {
    let (d, family) = (backbone.d_model, Family::of(backbone));
    let place = |ours, theirs: String, shape: &[usize]| Place { ours, theirs, shape: shape.to_vec() };
    match class {
        Class::Base | Class::CausalLm => Vec::new(),
        Class::QuestionAnswering => vec![
            place("qa_outputs.weight", "qa_outputs.weight".into(), &[2, d]),
            place("qa_outputs.bias", "qa_outputs.bias".into(), &[2]),
        ],
        Class::SequenceClassification(Classes { labels, .. }) if backbone.encoder.is_none() => {
            vec![place("score.weight", "score.weight".into(), &[labels.len(), d])]
        }
        // Encoders look at the first token through one more layer.
        Class::SequenceClassification(Classes { labels, .. }) => {
            let (pooler, score) = match family {
                Family::Roberta => ("classifier.dense".to_string(), "classifier.out_proj"),
                _ => (format!("{prefix}pooler.dense"), "classifier"),
            };
            vec![
                place("pooler.weight", format!("{pooler}.weight"), &[d, d]),
                place("pooler.bias", format!("{pooler}.bias"), &[d]),
                place("score.weight", format!("{score}.weight"), &[labels.len(), d]),
                place("score.bias", format!("{score}.bias"), &[labels.len()]),
            ]
        }
    }
}
