//! The task: settings, scores and baselines around windows and spans.

use burn::tensor::{Device, Tensor};
use cimiento_core::backbone::BackboneConfig;
use cimiento_core::heads::{Class, Exported, Imported, NoClass};
use cimiento_core::metrics::{Scores, bootstrap_mean};
use cimiento_core::objective::{Model, Objective, Task};
use cimiento_data::content::{Content, Remark};
use cimiento_data::encode::{EncodeError, Encoded};
use cimiento_data::fields::{Field, FieldKind};
use cimiento_data::tokenizer::Tokenizer;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use crate::answer::{self, Answer};
use crate::baseline;
use crate::batch::{self, Batch, Windows};
use crate::config::Config;
use crate::head::SpanHead;
use crate::record::{Record, UNLABELLED};
use crate::score::{Rules, exact_match, f1};
use crate::threshold::{self, NullThreshold, State};
use crate::window::{self, Example, Window};

/// Answers to questions, as spans of a passage.
pub struct Qa {
    config: Config,
    state: State,
    tokenizer: Tokenizer,
    context: usize,
}

/// Such questions are in the data, and are never answered so.
const UNTAUGHT: Remark = Remark {
    what: "ask what their passage does not tell, which this model never says: it did not learn from such questions",
    advice: "let the training data have some; of a model from elsewhere that knows them, set null_threshold = 0.0",
    tolerated: 0.0,
    needs: None,
};

impl Qa {
    /// For each example the start and end logits of its windows.
    fn scores(&self, model: &Model<SpanHead>, examples: &[Example], device: &Device) -> Vec<Vec<[Vec<f64>; 2]>> {
        let windows: Vec<&Window> = examples.iter().flat_map(|example| &example.windows).collect();
        let pad = self.tokenizer.special().pad;
        let mut scores = Vec::with_capacity(windows.len());
        for run in batch::runs(&windows) {
            scores.extend(Windows::new(&windows[run], pad, device).scores(model));
        }
        let mut rest = scores.into_iter();
        examples.iter().map(|example| rest.by_ref().take(example.windows.len()).collect()).collect()
    }
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
    const FIELDS: &'static [Field] = &[
        Field {
            name: "context",
            kind: FieldKind::Text,
            also: &["passage", "paragraph", "document", "text"],
            target: false,
        },
        Field { name: "question", kind: FieldKind::Part, also: &["query"], target: false },
        Field { name: "answers", kind: FieldKind::Part, also: &["answer"], target: true },
    ];
    type Config = Config;
    type State = State;
    type Record = Record;
    type Answer = Answer;

    fn survey(_config: &Config, records: &[Record]) -> Result<State, EncodeError> {
        let mut known = records.iter().filter_map(Record::references).peekable();
        if known.peek().is_none() {
            return Err(UNLABELLED);
        }
        Ok(State { unanswerable: Some(known.any(|answers| answers.is_empty())), null_threshold: None })
    }

    fn new(config: Config, state: State, tokenizer: Tokenizer, context: usize) -> Self {
        Self { config, state, tokenizer, context }
    }

    fn of_training(_trained: &Config, asked: &Config) -> Vec<&'static str> {
        let mut keys = vec!["question_aware"];
        if asked.null_threshold == NullThreshold::Fit {
            // "auto" and a number need no validation records.
            keys.push("null_threshold");
        }
        keys
    }

    fn same_head(_found: &State, _wanted: &State) -> bool {
        true
    }

    fn suit_validation(&self, examples: &[Example], _chooses: bool) -> Result<(), String> {
        let answers = || examples.iter().filter_map(|example| example.references.as_ref());
        let (none, some) = (answers().any(Vec::is_empty), answers().any(|answers| !answers.is_empty()));
        if self.config.null_threshold == NullThreshold::Fit && !(none && some) {
            return Err(format!(
                "task.qa.null_threshold = \"fit\" needs validation records with and without an answer, and all of these \
                 have {}: add some, or give a number or \"auto\"",
                if some { "one" } else { "none" }
            ));
        }
        Ok(())
    }

    fn fit(&self, model: &Model<SpanHead>, examples: &[Example], device: &Device) -> Option<State> {
        if self.config.null_threshold != NullThreshold::Fit {
            return None;
        }
        let rules = self.config.rules();
        let scores = self.scores(model, examples, device);
        let margins = examples.iter().zip(&scores).filter_map(|(example, scores)| {
            let references = example.references.as_ref()?;
            let (margin, span) = answer::margin(example, scores, &self.config)?;
            Some((margin, f1(&span, references, rules), f1("", references, rules)))
        });
        let null_threshold = Some(threshold::best(&margins.collect::<Vec<_>>()));
        Some(State { null_threshold, ..self.state.clone() })
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
        if matches!(config.null_threshold, NullThreshold::At(number) if number.is_nan()) {
            return Err("null_threshold is not a number".to_owned());
        }
        Ok(())
    }

    fn encode(&self, record: &Record, labelled: bool) -> Result<Encoded<Example>, EncodeError> {
        let mut encoded = window::example(record, labelled, &self.config, &self.tokenizer, self.context)?;
        let never = self.config.null_threshold.of(&self.state).is_none();
        if never && encoded.example.references.as_ref().is_some_and(Vec::is_empty) {
            encoded.remarks.push(UNTAUGHT);
        }
        Ok(encoded)
    }

    fn answer(&self, model: &Model<SpanHead>, examples: &[Example], device: &Device) -> Vec<Answer> {
        let threshold = self.config.null_threshold.of(&self.state);
        let scores = self.scores(model, examples, device);
        let both = examples.iter().zip(&scores);
        both.map(|(example, scores)| answer::choose(example, scores, &self.config, threshold)).collect()
    }

    fn scoring(&self) -> String {
        let Rules { tokens, articles } = self.config.rules();
        format!("f1_tokens = {tokens:?}, articles = {articles:?}").to_lowercase()
    }

    fn score(&self, answers: &[Answer], examples: &[Example]) -> Scores {
        let rules = self.config.rules();
        let judged: Vec<(bool, f64, f64)> = answers
            .iter()
            .zip(examples)
            .filter_map(|(answer, example)| {
                let references = example.references.as_ref()?;
                let answerable = !references.is_empty();
                let text = &answer.text;
                Some((answerable, exact_match(text, references, rules), f1(text, references, rules)))
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

    fn quality(&self, answers: &[Answer], examples: &[Example]) -> Option<Vec<f64>> {
        let rules = self.config.rules();
        let of = |(answer, example): (&Answer, &Example)| {
            f1(&answer.text, example.references.as_deref().unwrap_or_default(), rules)
        };
        Some(answers.iter().zip(examples).map(of).collect())
    }

    fn confidence(&self, answer: &Answer) -> Option<f64> {
        Some(answer.score)
    }

    fn baselines(&self, train: &[Example], examples: &[Example]) -> Vec<(String, Vec<Answer>)> {
        baseline::all(train, examples, self.config.rules())
    }

    fn exported(config: &Config, _state: &State, _backbone: &BackboneConfig) -> Result<Exported, NoClass> {
        if config.question_aware {
            return Err(NoClass {
                why: "this head points from the question to its answer, which no class of transformers does",
                help: "fine-tune with `task.qa.question_aware = false`, which is the head that transformers has",
            });
        }
        Ok(Exported::plain(Class::QuestionAnswering))
    }

    fn imported(class: &Class) -> Option<Imported> {
        let config = json!({ "question_aware": false });
        (*class == Class::QuestionAnswering).then_some(Imported { config, state: Value::Null })
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
