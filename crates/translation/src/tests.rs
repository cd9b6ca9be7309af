use burn::module::Module;
use burn::tensor::Device;
use cimiento_core::backbone::{Preset, ShapeConfig};
use cimiento_core::generate::{BeamConfig, GenerateConfig, Strategy};
use cimiento_core::objective::{Model, NoHead, Objective, Task};
use cimiento_core::optimizer::{Method, Optimizer, OptimizerConfig};
use cimiento_core::params;
use cimiento_data::encode::EncodeError;
use cimiento_data::order;
use cimiento_data::tokenizer::Tokenizer;

use crate::record::{SAME, UNLIKE};
use crate::{Answer, Config, Record, Translation};

const PAIRS: [(&str, &str); 8] = [
    ("The mill is old.", "Die Mühle ist alt."),
    ("Ada sells a mule.", "Ada verkauft ein Maultier."),
    ("It rains.", "Es regnet."),
    ("The baker has no bread.", "Der Bäcker hat kein Brot."),
    ("Tom mends nets.", "Tom flickt Netze."),
    ("The king ate 3 pears.", "Der König aß 3 Birnen."),
    ("Bees left their hive.", "Bienen verließen ihren Stock."),
    ("Masons built a quay.", "Maurer bauten einen Kai."),
];

fn record(source: &str, target: &[&str]) -> Record {
    Record { source: source.into(), target: target.iter().map(|text| text.to_string()).collect() }
}

fn task(config: Config) -> Translation {
    let texts = PAIRS.iter().flat_map(|(source, target)| [source.to_string(), target.to_string()]);
    Translation::new(config, (), Tokenizer::train(texts, 420).unwrap(), 64)
}

fn examples(task: &Translation) -> Vec<<Translation as Objective>::Example> {
    PAIRS.iter().map(|(source, target)| task.encode(&record(source, &[target]), true).unwrap().example).collect()
}

#[test]
fn it_learns_eight_pairs_by_heart_and_writes_them_with_beams() {
    let strategy = Strategy::Beam(BeamConfig::default());
    let generation = GenerateConfig { max_tokens: 24, strategy, ..Default::default() };
    let task = task(Config { generation, label_smoothing: 0.0, ..Default::default() });
    let (examples, device) = (examples(&task), Device::flex().autodiff());
    let shape = ShapeConfig { preset: Preset::Micro, context: 64, ..Default::default() }.resolve(420).unwrap();
    let backbone = shape.init(&mut order::rng(3, 0, 0), &device);
    let mut model = Model::of_text(backbone, NoHead::default());
    let mut optimizer =
        Optimizer::new(OptimizerConfig { method: Method::AdamW, lr: 3e-3, weight_decay: 0.0, ..Default::default() });
    for step in 0..100 {
        let batch = task.collate(&examples, 0.0, &mut order::rng(0, step, 1), &device);
        let loss = task.loss(&model, &batch).div_scalar(task.targets(&batch) as f64);
        let grads = params::gradients(&model, &mut loss.backward());
        model = optimizer.step(model, grads, 1.0, 1.0);
    }
    let answers = task.answer(&model.valid(), &examples, &Device::flex());
    let written: Vec<&str> = answers.iter().map(AsRef::as_ref).collect();
    assert_eq!(written, PAIRS.map(|(_, target)| target));
    let scores = task.score(&answers, &examples);
    let found: Vec<(&str, f64)> = scores.0.iter().map(|score| (score.metric.as_str(), score.value.round())).collect();
    assert_eq!(found, [("bleu", 100.0), ("chrf", 100.0)]);
}

#[test]
fn records_are_read_strictly_and_empty_sides_refused() {
    let read: Record = serde_json::from_str(r#"{"source": "a", "target": ["b", " "], "id": 3}"#).unwrap();
    assert_eq!(read, record("a", &["b", " "]));
    assert!(serde_json::from_str::<Record>(r#"{"target": "b"}"#).is_err());
    let task = task(Config::default());
    let error = |record: Record| task.encode(&record, true).unwrap_err();
    assert_eq!(error(record(" ", &["x"])), EncodeError::Empty { what: "source" });
    assert_eq!(error(record("x", &[" "])), EncodeError::Unlabelled { what: "target" });
    assert_eq!(task.encode(&read, true).unwrap().example.references, ["b"]);
    assert!(task.encode(&record("x", &[]), false).is_ok());
}

#[test]
fn what_is_odd_about_a_pair_is_remarked() {
    let check = |source: &str, target: &str, expected: &[_]| {
        assert_eq!(Translation::content(&record(source, &[target])).remarks, expected, "{source} {target}");
    };
    let long = "Der Bäcker hat kein Brot, und das schon eine ganze Woche.";
    check("It rains.", "Es regnet.", &[]);
    check("Tom!", "tom", &[SAME]);
    check("No.", long, &[UNLIKE]);
    check("No.", "Kommt gar nicht in Frage.", &[]);
}

#[test]
fn the_source_and_the_nearest_translation_are_baselines() {
    let task = task(Config::default());
    let train = examples(&task);
    let asked = [task.encode(&record("Ada sells nets.", &["Ada verkauft Netze."]), true).unwrap().example];
    let found = task.baselines(&train, &asked);
    let expected = |name: &str, text: &str| (name.to_owned(), vec![Answer { translation: text.to_owned() }]);
    assert_eq!(found, [expected("source", "Ada sells nets."), expected("nearest", "Ada verkauft ein Maultier.")]);
    assert_eq!(task.baselines(&[], &asked).len(), 1);
}

#[test]
fn settings_that_make_no_sense_are_refused_by_their_key() {
    let refused = |config: Config, key: &str| {
        let why = Translation::validate(&config).unwrap_err();
        assert!(why.contains(key), "{why}");
    };
    refused(Config { max_target_tokens: 0, ..Default::default() }, "max_target_tokens");
    refused(Config { label_smoothing: 1.0, ..Default::default() }, "label_smoothing");
    let generation = GenerateConfig { max_tokens: 0, ..Default::default() };
    refused(Config { generation, ..Default::default() }, "generation.max_tokens");
}
