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
    for name in ["bert-classifier", "bert-one-label", "bert-multi-label", "bert-regression"] {
        let first = take_in(&golden(name), &dir.path().join(name), true);
        let classes = read(name, "{}");
        let out = dir.path().join("out");
        give_out(&first, Class::SequenceClassification(classes.clone()), &out, usize::MAX).unwrap();
        let config: Value = serde_json::from_slice(&fs::read(out.join("config.json")).unwrap()).unwrap();
        assert_eq!(config["problem_type"], json!(classes.problem), "{name}");
        let back = open(&out, &Device::flex()).unwrap();
        assert_eq!(back.class(), &Class::SequenceClassification(classes), "{name}");
    }
}
