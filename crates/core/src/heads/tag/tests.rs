//! The head learns by heart, its loss is that of the chain, and long texts are read whole.

use burn::module::Module;
use burn::tensor::Device;
use cimiento_data::content::Content;
use cimiento_data::encode::EncodeError;
use cimiento_data::fields::{Field, FieldKind};
use cimiento_data::order;
use cimiento_data::tokenizer::Tokenizer;
use serde::Deserialize;

use super::*;
use crate::backbone::{BackboneConfig, Preset, ShapeConfig};
use crate::heads::About;
use crate::objective::{Model, Objective, Task};
use crate::optimizer::{Method, Optimizer, OptimizerConfig};
use crate::params;

/// A task of words with their tags, whose settings are how many buckets it has and whether transitions are learned.
struct Words0;

#[derive(Deserialize, Clone)]
struct Line {
    line: String,
}

impl About for Words0 {
    const NAME: &'static str = "words";
    const FIELDS: &'static [Field] = &[Field { name: "line", kind: FieldKind::Text, also: &[], target: false }];
    type Config = (usize, bool);
    type Record = Line;

    fn validate(_: &(usize, bool)) -> Result<(), String> {
        Ok(())
    }

    fn content(record: &Line) -> Content {
        Content { text: record.line.clone(), ..Content::default() }
    }
}

impl Tag for Words0 {
    fn settings(&(buckets, transitions): &(usize, bool)) -> Settings {
        Settings { scheme: Asked::Auto, buckets, transitions, word_dropout: 0.0, feature_dropout: 0.0 }
    }

    /// `word/tag word/tag`, or words alone.
    fn read(_: &(usize, bool), record: &Line) -> Result<Reading, EncodeError> {
        let pairs = record.line.split(' ').map(|pair| pair.split_once('/').unwrap_or((pair, "")));
        let (words, tags): (Vec<String>, Vec<String>) = pairs.map(|(word, tag)| (word.into(), tag.into())).unzip();
        let target = tags.iter().all(|tag| !tag.is_empty()).then_some(Target::Tags(tags));
        Ok(Reading { words: Words::separated(&words), target })
    }
}

const LINES: [&str; 6] = [
    "Ada/B-who Byron/I-who met/O Anna/B-who in/O Turin/B-where ./O",
    "Nobody/O met/O Byron/B-who ./O",
    "In/O New/B-where York/I-where it/O rained/O",
    "Turin/B-where and/O York/B-where",
    "he/O went/O home/O",
    "Paris/B-where Ada/B-who",
];

fn records() -> Vec<Line> {
    LINES.map(|line| Line { line: line.into() }).into()
}

fn tagger(config: (usize, bool), context: usize) -> (Tagger<Words0>, BackboneConfig) {
    let texts = records().into_iter().map(|record| Words0::read(&config, &record).unwrap().words.text);
    let tokenizer = Tokenizer::train(texts, 300).unwrap();
    let shape = ShapeConfig { preset: Preset::Micro, context, ..Default::default() };
    let shape = shape.resolve(tokenizer.vocab_size()).unwrap();
    let state = Tagger::<Words0>::survey(&config, &records()).unwrap();
    (Tagger::new(config, state, tokenizer, context), shape)
}

fn examples(task: &Tagger<Words0>) -> Vec<Example> {
    records().iter().map(|record| task.encode(record, true).unwrap().example).collect()
}

fn fresh(task: &Tagger<Words0>, shape: &BackboneConfig, device: &Device) -> Model<TagHead> {
    let mut rng = order::rng(3, 0, 0);
    Model::of_text(shape.init(&mut rng, device), task.head(shape, &mut rng, device))
}

#[test]
fn the_records_tell_types_and_scheme() {
    let (task, _) = tagger((0, false), 64);
    assert_eq!(task.state(), &State { types: ["where", "who"].map(String::from).into(), scheme: Some(Scheme::Iob2) });
    assert_eq!(task.state().tag_names(), ["O", "B-where", "I-where", "B-who", "I-who"]);
    let error =
        |line: &str| Tagger::<Words0>::survey(&(0, false), &[Line { line: line.into() }]).unwrap_err().to_string();
    assert!(error("a b").contains("no entities"), "{}", error("a b"));
    assert!(error("a/O b/O").contains("no entity is marked"));
    assert!(error("a/O b/PER").contains("is none"));
    let unknown = task.encode(&Line { line: "a/B-when".into() }, true).unwrap_err();
    assert!(matches!(unknown, EncodeError::UnknownLabel { .. }), "{unknown}");
}

#[test]
fn it_learns_by_heart_with_and_without_a_wide_part() {
    for config in [(0, false), (0, true), (512, true)] {
        let device = Device::flex().autodiff();
        let (task, shape) = tagger(config, 64);
        let mut model = fresh(&task, &shape, &device);
        let examples = examples(&task);
        let batch = task.collate(&examples, 0.0, &mut order::rng(0, 0, 0), &device);
        assert_eq!((task.targets(&batch), task.tokens(&batch) >= 24), (24, true));
        let settings = OptimizerConfig { method: Method::AdamW, lr: 3e-3, weight_decay: 0.0, ..Default::default() };
        let mut optimizer = Optimizer::new(settings);
        let mut losses = Vec::new();
        for _ in 0..120 {
            let loss = task.loss(&model, &batch);
            losses.push(loss.clone().into_scalar::<f32>());
            let gradients = params::gradients(&model, &mut loss.div_scalar(24.0).backward());
            model = optimizer.step(model, gradients, 1.0, 1.0);
        }
        assert!(losses[119] < 1.0 && losses[119] < losses[0] / 10.0, "{config:?}: {losses:?}");
        let model = model.valid();
        let device = Device::flex();
        let answers = task.answer(&model, &examples, &device);
        let scores = task.score(&answers, &examples);
        for metric in ["precision", "recall", "f1", "token_accuracy"] {
            assert_eq!(scores.get(metric).unwrap().value, 1.0, "{config:?}: {metric}");
        }
        let first: Vec<(&str, &str, usize, usize)> = answers[0]
            .entities
            .iter()
            .map(|entity| (entity.text.as_str(), entity.kind.as_str(), entity.start, entity.end))
            .collect();
        assert_eq!(first, [("Ada Byron", "who", 0, 9), ("Anna", "who", 14, 18), ("Turin", "where", 22, 27)]);
        assert!(answers[0].entities.iter().all(|entity| (0.5..=1.0).contains(&entity.score)), "{answers:?}");
        // Batch-mates change nothing.
        for (example, answer) in examples.iter().zip(&answers) {
            let alone = task.answer(&model, std::slice::from_ref(example), &device).remove(0);
            assert_eq!(alone.entities.len(), answer.entities.len());
            for (one, other) in alone.entities.iter().zip(&answer.entities) {
                assert!((one.score - other.score).abs() < 1e-4 && one.text == other.text);
            }
        }
    }
}
