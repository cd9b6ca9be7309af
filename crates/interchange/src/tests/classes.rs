//! What heads of classes compute, by the keys of their `config.json`.

use serde_json::json;

use super::refusals::{refused, with};
use super::*;

/// One class of several, by name.
pub fn named(labels: &[&str]) -> Classes {
    Classes { labels: labels.iter().map(|label| label.to_string()).collect(), ..Classes::default() }
}

/// What is read of a golden model with other keys in its config.
fn read(name: &str, keys: &str) -> Classes {
    let dir = TempDir::new().unwrap();
    for file in ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"] {
        fs::copy(golden(name).join(file), dir.path().join(file)).unwrap();
    }
    let path = dir.path().join("config.json");
    let mut config: serde_json::Map<String, Value> = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    config.extend(serde_json::from_str::<serde_json::Map<String, Value>>(keys).unwrap());
    fs::write(&path, serde_json::to_vec(&config).unwrap()).unwrap();
    match open(dir.path(), &Device::flex()).unwrap().class().clone() {
        Class::SequenceClassification(classes) => classes,
        class => panic!("{class:?}"),
    }
}

#[test]
fn the_problem_is_the_one_that_the_config_names() {
    use Problem::{MultiLabelClassification as Multi, Regression, SingleLabelClassification as Single};
    for (name, keys, problem, sigmoid) in [
        ("bert-classifier", "{}", Single, false),
        ("bert-classifier", r#"{"problem_type": "single_label_classification"}"#, Single, false),
        ("bert-classifier", r#"{"function_to_apply": "softmax"}"#, Single, false),
        ("bert-classifier", r#"{"function_to_apply": "sigmoid"}"#, Single, true),
        ("bert-multi-label", "{}", Multi, false),
        // One output has no softmax: it would be 1 for every text.
        ("bert-one-label", "{}", Multi, false),
        ("bert-one-label", r#"{"problem_type": "single_label_classification"}"#, Multi, false),
        ("bert-one-label", r#"{"function_to_apply": "none"}"#, Regression, false),
        ("bert-regression", "{}", Regression, false),
    ] {
        let found = read(name, keys);
        assert_eq!((found.problem, found.sigmoid), (problem, sigmoid), "{name} {keys}");
    }
}

/// A key of sentence-transformers.
fn activation(name: &str) -> String {
    json!({ "sentence_transformers": { "activation_fn": format!("torch.nn.modules.{name}") } }).to_string()
}

#[test]
fn a_cross_encoder_scores_by_the_function_that_it_names() {
    use Problem::{MultiLabelClassification as Multi, Regression, SingleLabelClassification as Single};
    let old = r#"{"sbert_ce_default_activation_function": "torch.nn.Identity"}"#;
    for (name, keys, problem, sigmoid) in [
        ("bert-cross", "{}", Multi, false),
        ("bert-cross", &activation("linear.Identity"), Regression, false),
        ("bert-cross", old, Regression, false),
        ("bert-cross", &activation("activation.Sigmoid"), Multi, false),
        ("bert-regression", &activation("activation.Sigmoid"), Multi, false),
        ("bert-classifier", &activation("linear.Identity"), Single, false),
        ("bert-classifier", &activation("activation.Softmax"), Single, false),
        ("bert-classifier", &activation("activation.Sigmoid"), Single, true),
    ] {
        let found = read(name, keys);
        assert_eq!((found.problem, found.sigmoid), (problem, sigmoid), "{name} {keys}");
    }
    for (name, value, words) in [
        ("bert-cross", "activation.Tanh", &["sentence_transformers.activation_fn", "Tanh", "Identity"][..]),
        ("bert-cross", "activation.Softmax", &["activation_fn", "for one output"]),
        ("bert-multi-label", "activation.Softmax", &["softmax", "sigmoid for labels"]),
    ] {
        refused(name, with(&activation(value)), words);
    }
    // Today's releases have a file of their own, which says no less.
    let own = |folder: &Path, keys: Value| {
        fs::write(folder.join("config_sentence_transformers.json"), keys.to_string()).unwrap();
        with(&activation("activation.Sigmoid"))(folder);
    };
    let mine = json!({ "model_type": "CrossEncoder", "activation_fn": "somewhere.Sigmoid" });
    refused("bert-cross", |folder| own(folder, mine), &["config_sentence_transformers.json", "somewhere.Sigmoid"]);
    let prompted =
        json!({ "model_type": "CrossEncoder", "default_prompt_name": "query", "prompts": { "query": "q: " } });
    refused("bert-cross", |folder| own(folder, prompted), &["default_prompt_name", "query", "null"]);
}

#[test]
fn outputs_that_have_no_place_here_are_refused() {
    for (name, keys, words) in [
        (
            "bert-classifier",
            r#"{"problem_type": "ranking"}"#,
            &["problem_type", "ranking", "multi_label_classification"][..],
        ),
        ("bert-classifier", r#"{"problem_type": "regression"}"#, &["problem_type", "regression of one number is"]),
        ("bert-classifier", r#"{"function_to_apply": "none"}"#, &["function_to_apply", "none"]),
        ("bert-multi-label", r#"{"function_to_apply": "softmax"}"#, &["function_to_apply", "softmax"]),
        ("bert-classifier", r#"{"function_to_apply": 3}"#, &["function_to_apply", "3"]),
    ] {
        refused(name, with(keys), words);
    }
}

#[test]
fn names_that_two_classes_have_are_told_apart() {
    let found = read("bert-classifier", r#"{"id2label": {"0": "x", "1": "good", "2": "x"}}"#);
    assert_eq!(found.labels, ["x (id 0)", "good", "x (id 2)"]);
    let found = read("bert-classifier", r#"{"id2label": {"0": "x", "1": "x (id 0)", "2": "x"}}"#);
    assert_eq!(found.labels.iter().collect::<std::collections::BTreeSet<_>>().len(), 3, "{found:?}");
}

#[test]
fn the_problem_goes_out_as_it_came() {
    let dir = TempDir::new().unwrap();
    for (name, function) in [
        ("bert-classifier", Value::Null),
        ("bert-one-label", json!("torch.nn.modules.activation.Sigmoid")),
        ("bert-multi-label", json!("torch.nn.modules.activation.Sigmoid")),
        ("bert-regression", json!("torch.nn.modules.linear.Identity")),
    ] {
        let first = take_in(&golden(name), &dir.path().join(name), true);
        let classes = read(name, "{}");
        let out = dir.path().join("out");
        give_out(&first, Class::SequenceClassification(classes.clone()), &out, usize::MAX).unwrap();
        let config: Value = serde_json::from_slice(&fs::read(out.join("config.json")).unwrap()).unwrap();
        assert_eq!(config["problem_type"], json!(classes.problem), "{name}");
        // A cross-encoder makes a probability of a single output unless it hears otherwise.
        assert_eq!(config["sentence_transformers"]["activation_fn"], function, "{name}");
        let back = open(&out, &Device::flex()).unwrap();
        assert_eq!(back.class(), &Class::SequenceClassification(classes), "{name}");
    }
}
