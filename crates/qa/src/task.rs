//! The task: settings, scores and baselines around windows and spans.

use burn::tensor::{Device, Tensor};
use cimiento_core::backbone::BackboneConfig;
use cimiento_core::metrics::{Scores, bootstrap_mean};
use cimiento_core::objective::{Content, EncodeError, Encoded, Model, Objective, Task};
use cimiento_core::tokenizer::Tokenizer;
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};

use crate::answer::{self, Answer};
use crate::baseline;
use crate::batch::{self, Batch, Windows};
use crate::head::SpanHead;
use crate::record::Record;
use crate::score::{exact_match, f1};
use crate::window::{self, Example, Window};

/// What a user may set.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// A question is cut after this many tokens (and always at half a window).
    pub max_question_tokens: usize,
    /// Tokens read at once: question, part of the passage, and three around them; 0 is the backbone's context.
    pub window_tokens: usize,
    /// Tokens of the passage that neighbouring windows share (half a window at most).
    pub stride_tokens: usize,
    /// No answer is longer.
    pub max_answer_tokens: usize,
    /// Whether the head points from the question, or scores each token by itself as transformers' class does.
    pub question_aware: bool,
    /// "No answer" is given where its logit, against the best answer's, is above this: raise it for fewer of them.
    pub null_threshold: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            max_question_tokens: 48,
            window_tokens: 0,
            stride_tokens: 64,
            max_answer_tokens: 30,
            question_aware: true,
            null_threshold: 0.0,
        }
    }
}

/// Answers to questions, as spans of a passage.
pub struct Qa {
    config: Config,
    tokenizer: Tokenizer,
    context: usize,
}

impl Objective for Qa {
    type Example = Example;
    type Batch = Batch;
    type Head = SpanHead;

    fn head(&self, backbone: &BackboneConfig, rng: &mut StdRng, device: &Device) -> SpanHead {
        SpanHead::new(backbone.d_model, self.config.question_aware, rng, device)
    }

    fn collate(&self, examples: &[Example], _progress: f64, rng: &mut StdRng, device: &Device) -> Batch {
        Batch::new(examples, self.tokenizer.special().pad, rng, device)
    }

    fn targets(&self, batch: &Batch) -> usize {
        batch.len()
    }

    fn tokens(&self, batch: &Batch) -> usize {
        batch.tokens()
    }

    fn loss(&self, model: &Model<SpanHead>, batch: &Batch) -> Tensor<1> {
        batch.loss(model)
    }
}

impl Task for Qa {
    const NAME: &'static str = "qa";
    const METRIC: &'static str = "f1";
    type Config = Config;
    type State = ();
    type Record = Record;
    type Answer = Answer;

    fn survey(_config: &Config, records: &[Record]) -> Result<(), EncodeError> {
        let known = records.iter().any(|record| record.references().is_some());
        if known { Ok(()) } else { Err(EncodeError::Unlabelled { what: "answers" }) }
    }

    fn new(config: Config, (): (), tokenizer: Tokenizer, context: usize) -> Self {
        Self { config, tokenizer, context }
    }

    fn validate(config: &Config) -> Result<(), String> {
        for (key, value) in
            [("max_question_tokens", config.max_question_tokens), ("max_answer_tokens", config.max_answer_tokens)]
        {
            if value == 0 {
                return Err(format!("{key} is 0: give a positive number"));
            }
        }
        if (1..8).contains(&config.window_tokens) {
            return Err(format!("window_tokens = {} is too narrow: give 8 or more, or 0", config.window_tokens));
        }
        if config.null_threshold.is_nan() {
            return Err("null_threshold is not a number".to_owned());
        }
        Ok(())
    }

    fn encode(&self, record: &Record, labelled: bool) -> Result<Encoded<Example>, EncodeError> {
        let (example, truncated) = window::example(record, labelled, &self.config, &self.tokenizer, self.context)?;
        Ok(Encoded { example, truncated })
    }

    fn answer(&self, model: &Model<SpanHead>, examples: &[Example], device: &Device) -> Vec<Answer> {
        let windows: Vec<&Window> = examples.iter().flat_map(|example| &example.windows).collect();
        let pad = self.tokenizer.special().pad;
        let mut scores = Vec::with_capacity(windows.len());
        for run in batch::runs(&windows) {
            scores.extend(Windows::new(&windows[run], pad, device).scores(model));
        }
        let mut rest = scores.as_slice();
        let answer = |example: &Example| {
            let (own, others) = rest.split_at(example.windows.len());
            rest = others;
            answer::choose(example, own, &self.config)
        };
        examples.iter().map(answer).collect()
    }

    fn score(&self, answers: &[Answer], examples: &[Example]) -> Scores {
        let judged: Vec<(bool, f64, f64)> = answers
            .iter()
            .zip(examples)
            .filter_map(|(answer, example)| {
                let references = example.references.as_ref()?;
                let answerable = !references.is_empty();
                Some((answerable, exact_match(&answer.text, references), f1(&answer.text, references)))
            })
            .collect();
        let mut scores = Scores::default();
        let mut push = |suffix: &str, wanted: &dyn Fn(bool) -> bool| {
            let (exact, f1): (Vec<f64>, Vec<f64>) =
                judged.iter().filter(|one| wanted(one.0)).map(|&(_, exact, f1)| (exact, f1)).unzip();
            scores.push(bootstrap_mean(&format!("exact_match{suffix}"), &exact));
            scores.push(bootstrap_mean(&format!("f1{suffix}"), &f1));
        };
        push("", &|_| true);
        if judged.iter().any(|one| one.0) && judged.iter().any(|one| !one.0) {
            push("_answerable", &|answerable| answerable);
            push("_unanswerable", &|answerable| !answerable);
        }
        scores
    }

    fn baselines(&self, train: &[Example], examples: &[Example]) -> Vec<(String, Vec<Answer>)> {
        baseline::all(train, examples)
    }

    fn content(record: &Record) -> Content {
        record.content()
    }

    fn show(&self, example: &Example) -> (String, String) {
        let expected = match example.references.as_deref() {
            None => String::new(),
            Some([]) => "(no answer)".to_owned(),
            Some(references) => references.join(" | "),
        };
        (format!("{}\n\n{}", example.question, example.context), expected)
    }
}
