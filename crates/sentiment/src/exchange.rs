//! The model as a classifier of `transformers`, and such a classifier as this task.

use cimiento_core::backbone::BackboneConfig;
use cimiento_core::heads::{Class, Classes, Exported, Imported, NoClass, Problem};
use serde_json::json;

use crate::config::{Config, Function, State};

pub fn exported(config: &Config, state: &State, backbone: &BackboneConfig) -> Result<Exported, NoClass> {
    if config.pooling.is_some_and(|pooling| pooling != backbone.pooling()) {
        return Err(NoClass {
            why: "this head classifies another state than the class of transformers does",
            help: "fine-tune without `task.sentiment.pooling`, which is how transformers reads",
        });
    }
    let problem = config.problem_type;
    let sigmoid = config.function_to_apply == Some(Function::Sigmoid);
    let mut notes = Vec::new();
    if let Some(scale) = state.scale {
        notes
            .push(format!("The number is {} + {} × the model's output, which is standardised.", scale.mean, scale.std));
    }
    if !state.thresholds.is_empty() {
        let each = state.labels.iter().zip(&state.thresholds).map(|(label, at)| format!("{label} {at:.3}"));
        let each = each.collect::<Vec<_>>().join(", ");
        notes.push(format!("A label is given where its probability reaches its threshold: {each}."));
    }
    Ok(Exported {
        class: Class::SequenceClassification(Classes { labels: state.labels.clone(), problem, sigmoid }),
        notes,
    })
}

pub fn imported(class: &Class) -> Option<Imported> {
    let Class::SequenceClassification(Classes { labels, problem, sigmoid }) = class else { return None };
    let mut config = if *problem == Problem::default() { json!({}) } else { json!({ "problem_type": problem }) };
    if *sigmoid {
        config["function_to_apply"] = json!("sigmoid");
    }
    Some(Imported { config, state: json!({ "labels": labels }) })
}
