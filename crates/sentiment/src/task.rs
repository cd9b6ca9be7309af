//! Records to examples, examples to losses, states to answers.

use std::collections::{BTreeMap, BTreeSet};

use burn::tensor::{Device, Tensor, activation};
use cimiento_core::backbone::{BackboneConfig, Pooling};
use cimiento_core::metrics::{self, Bin, ClassReport, Scores};
use cimiento_core::objective::{Content, EncodeError, Encoded, Field, FieldKind, Model, Objective, Task};
use cimiento_core::tokenizer::Tokenizer;
use cimiento_core::tokens::{Attend, Sequence};
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};

use crate::example::{self, Batch, Example};
use crate::head::Classifier;
use crate::record::Record;

/// What a user may set.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// A text is cut after this many tokens, the one before it included; 0 cuts only at the backbone's context.
    pub max_tokens: usize,
    /// Share of the target spread evenly over all classes (Szegedy et al. 2016).
    pub label_smoothing: f64,
    /// How the states of a text's tokens become the one that is classified; absent takes the last, of an encoder the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pooling: Option<Pooling>,
}

/// What is learned before training: the names of the classes.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct State {
    /// In the order of the head's rows.
    pub labels: Vec<String>,
}

/// The class of a text.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Answer {
    /// The likeliest class.
    pub label: String,
    /// The probability of each class.
    pub probabilities: BTreeMap<String, f64>,
}

/// Classification of texts into the classes that the training data have.
pub struct Sentiment {
    config: Config,
    labels: Vec<String>,
    tokenizer: Tokenizer,
    context: usize,
}

impl Sentiment {
    /// The most tokens of a sequence.
    fn limit(&self) -> usize {
        if self.config.max_tokens == 0 { self.context } else { self.config.max_tokens.min(self.context) }
    }

    /// Probabilities and class of the examples whose class is known.
    fn judged(&self, answers: &[Answer], examples: &[Example]) -> (Vec<Vec<f64>>, Vec<usize>) {
        let row = |answer: &Answer| {
            self.labels.iter().map(|label| answer.probabilities.get(label).copied().unwrap_or(0.0)).collect()
        };
        answers.iter().zip(examples).filter_map(|(answer, example)| Some((row(answer), example.gold?))).unzip()
    }

    fn to_answer(&self, probabilities: &[f64]) -> Answer {
        let best = (0..probabilities.len()).rev().max_by(|&a, &b| probabilities[a].total_cmp(&probabilities[b]));
        Answer {
            label: best.map(|class| self.labels[class].clone()).unwrap_or_default(),
            probabilities: self.labels.iter().cloned().zip(probabilities.iter().copied()).collect(),
        }
    }
}

impl Objective for Sentiment {
    type Example = Example;
    type Batch = Batch;
    type Head = Classifier;

    fn head(&self, backbone: &BackboneConfig, rng: &mut StdRng, device: &Device) -> Classifier {
        Classifier::new(backbone, self.labels.len(), rng, device)
    }

    fn collate(&self, examples: &[Example], _progress: f64, _rng: &mut StdRng, device: &Device) -> Batch {
        example::batch(examples, self.tokenizer.special().pad, device)
    }

    fn targets(&self, batch: &Batch) -> usize {
        batch.targets.dims()[0]
    }

    fn tokens(&self, batch: &Batch) -> usize {
        batch.length
    }

    fn loss(&self, model: &Model<Classifier>, batch: &Batch) -> Tensor<1> {
        let states = batch.places.states(&model.backbone, &batch.tokens, self.config.pooling);
        model.head.loss(states, batch.targets.clone(), self.config.label_smoothing)
    }
}

impl Task for Sentiment {
    const NAME: &'static str = "sentiment";
    const METRIC: &'static str = "accuracy";
    const PLAIN: Option<&'static str> = Some("text");
    const FIELDS: &'static [Field] = &[
        Field {
            name: "text",
            kind: FieldKind::Text,
            also: &["review", "sentence", "content", "body", "comment", "message", "tweet", "description"],
        },
        Field {
            name: "label",
            kind: FieldKind::Class,
            also: &[
                "class",
                "category",
                "sentiment",
                "stars",
                "rating",
                "target",
                "labels",
                "topic",
                "intent",
                "emotion",
            ],
        },
    ];
    type Config = Config;
    type State = State;
    type Record = Record;
    type Answer = Answer;

    fn survey(_config: &Config, records: &[Record]) -> Result<State, EncodeError> {
        let names = records.iter().filter_map(|record| record.label.as_ref()).filter(|label| !label.0.is_empty());
        let labels: BTreeSet<&String> = names.map(|label| &label.0).collect();
        let labels: Vec<String> = labels.into_iter().cloned().collect();
        match labels.as_slice() {
            [] => Err(EncodeError::Unlabelled { what: "label" }),
            [only] => Err(EncodeError::SingleClass { label: only.clone() }),
            _ => Ok(State { labels }),
        }
    }

    fn new(config: Config, state: State, tokenizer: Tokenizer, context: usize) -> Self {
        Self { config, labels: state.labels, tokenizer, context }
    }

    fn validate(config: &Config) -> Result<(), String> {
        if config.max_tokens == 1 {
            return Err("max_tokens = 1 leaves no room for text: give 2 or more, or 0".to_owned());
        }
        if !(0.0..1.0).contains(&config.label_smoothing) {
            return Err(format!("label_smoothing = {} must lie in [0, 1)", config.label_smoothing));
        }
        Ok(())
    }

    fn suits(config: &Config, backbone: &BackboneConfig) -> Result<(), String> {
        match config.pooling {
            Some(pooling) if backbone.blind(pooling) => Err(
                "pooling = \"first\" cannot be used: this backbone only looks back, so that the first state is the same for \
                 every text; take \"last\" or \"mean\""
                .into()),
            _ => Ok(()),
        }
    }

    fn encode(&self, record: &Record, labelled: bool) -> Result<Encoded<Example>, EncodeError> {
        let gold =
            match (&record.label, labelled) {
                (_, false) => None,
                (Some(label), true) if !label.0.is_empty() => {
                    let class = self.labels.iter().position(|known| *known == label.0);
                    Some(class.ok_or_else(|| EncodeError::UnknownLabel {
                        label: label.0.clone(),
                        known: self.labels.clone(),
                    })?)
                }
                (_, true) => return Err(EncodeError::Unlabelled { what: "label" }),
            };
        let text = record.text.trim();
        if text.is_empty() {
            return Err(EncodeError::Empty { what: "text" });
        }
        let mut body = self.tokenizer.encode(text);
        let room = self.limit().saturating_sub(self.tokenizer.overhead());
        if room == 0 {
            return Err(EncodeError::TooLong { what: "text", tokens: body.len(), room });
        }
        let truncated = room < body.len();
        body.truncate(room);
        let ids = [&self.tokenizer.opened(body), self.tokenizer.closing()].concat();
        let example = Example { text: text.to_owned(), sequence: Sequence::new(ids, Attend::Both), gold };
        Ok(Encoded { example, truncated, remarks: Vec::new() })
    }

    fn answer(&self, model: &Model<Classifier>, examples: &[Example], device: &Device) -> Vec<Answer> {
        let mut answers = Vec::with_capacity(examples.len());
        for run in example::runs(examples) {
            let (tokens, places) = example::pack(examples[run].iter(), self.tokenizer.special().pad, device);
            let states = places.states(&model.backbone, &tokens, self.config.pooling);
            let logits = model.head.forward(states);
            let rows: Vec<f64> = activation::softmax(logits, 1).into_data().iter::<f64>().collect();
            answers.extend(rows.chunks(self.labels.len()).map(|row| self.to_answer(row)));
        }
        answers
    }

    fn score(&self, answers: &[Answer], examples: &[Example]) -> Scores {
        let (rows, gold) = self.judged(answers, examples);
        metrics::classification(&rows, &gold)
    }

    fn calibration(&self, answers: &[Answer], examples: &[Example]) -> Option<Vec<Bin>> {
        let (rows, gold) = self.judged(answers, examples);
        Some(metrics::calibration_bins(&rows, &gold))
    }

    fn quality(&self, answers: &[Answer], examples: &[Example]) -> Option<Vec<f64>> {
        let right = |(answer, example): (&Answer, &Example)| {
            f64::from(example.gold.is_some_and(|class| self.labels[class] == answer.label))
        };
        Some(answers.iter().zip(examples).map(right).collect())
    }

    fn confidence(&self, answer: &Answer) -> Option<f64> {
        answer.probabilities.get(&answer.label).copied()
    }

    fn classes(&self, answers: &[Answer], examples: &[Example]) -> Option<ClassReport> {
        let class = |answer: &Answer| self.labels.iter().position(|label| *label == answer.label);
        let judged = answers.iter().zip(examples).filter_map(|(answer, example)| Some((class(answer)?, example.gold?)));
        let (predicted, gold): (Vec<usize>, Vec<usize>) = judged.unzip();
        Some(ClassReport::of(&self.labels, &predicted, &gold))
    }

    fn baselines(&self, train: &[Example], examples: &[Example]) -> Vec<(String, Vec<Answer>)> {
        let mut counts = vec![0usize; self.labels.len()];
        train.iter().filter_map(|example| example.gold).for_each(|class| counts[class] += 1);
        let total = counts.iter().sum::<usize>().max(1) as f64;
        let frequencies: Vec<f64> = counts.iter().map(|&count| count as f64 / total).collect();
        vec![("majority".to_owned(), vec![self.to_answer(&frequencies); examples.len()])]
    }

    fn content(record: &Record) -> Content {
        let class = record.label.as_ref().map(|label| label.0.clone()).filter(|label| !label.is_empty());
        Content { text: record.text.clone(), class, ..Content::default() }
    }

    fn show(&self, example: &Example) -> (String, String) {
        (example.text.clone(), example.gold.map(|class| self.labels[class].clone()).unwrap_or_default())
    }
}
