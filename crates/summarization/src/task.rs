//! The task: settings, loss, writing and scores.

use burn::tensor::{Device, Tensor};
use cimiento_core::backbone::BackboneConfig;
use cimiento_core::generate::{Control, GenerateConfig, Strategy, before_stop, generate};
use cimiento_core::heads::{Class, Exported, NoClass};
use cimiento_core::metrics::{Scores, bootstrap_mean};
use cimiento_core::objective::{Model, NoHead, Objective, Task};
use cimiento_core::tokens::Sequence;
use cimiento_data::content::Content;
use cimiento_data::encode::{EncodeError, Encoded};
use cimiento_data::fields::{Field, FieldKind};
use cimiento_data::order;
use cimiento_data::tokenizer::Tokenizer;
use cimiento_kernels::linear_cross_entropy;
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};

use crate::example::{self, Batch, Example};
use crate::lead::lead;
use crate::quote::quote;
use crate::record::Record;
use crate::rouge::{Rouge, Tokens, Unseen, rouge, rouge_mean, unseen};

/// A name and what it stands for.
type Metric = (&'static str, fn(&Rouge) -> f64);

/// The scores, in the order in which they are reported.
const METRICS: [Metric; 4] = [
    ("rouge_1", |rouge| rouge.rouge_1),
    ("rouge_2", |rouge| rouge.rouge_2),
    ("rouge_l", |rouge| rouge.rouge_l),
    ("rouge_lsum", |rouge| rouge.rouge_lsum),
];

/// What a user may set.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// A document is cut after this many tokens; 0 only where the context is full.
    pub max_document_tokens: usize,
    /// A summary to learn from is cut after this many tokens, and a document leaves room for them (half of the
    /// context at most).
    pub max_summary_tokens: usize,
    /// Share of the target spread evenly over the vocabulary (Szegedy et al. 2016).
    pub label_smoothing: f64,
    /// Quote this many sentences of the document, those likeliest as its summary, and write nothing; 0 writes.
    #[serde(skip_serializing_if = "is_zero")]
    pub quote: usize,
    /// What ROUGE counts.
    #[serde(skip_serializing_if = "is_official")]
    pub rouge_tokens: Tokens,
    /// How summaries are written.
    pub generation: GenerateConfig,
}

/// Left out where it changes nothing, so that a run begun before there was such a key can go on.
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// As [`is_zero`].
fn is_official(tokens: &Tokens) -> bool {
    *tokens == Tokens::Official
}

impl Default for Config {
    fn default() -> Self {
        Self {
            max_document_tokens: 0,
            max_summary_tokens: 64,
            label_smoothing: 0.1,
            quote: 0,
            rouge_tokens: Tokens::Official,
            generation: GenerateConfig::default(),
        }
    }
}

/// What the document says, in short.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Answer {
    /// The summary.
    pub summary: String,
}

/// Documents summarised by writing on after them.
pub struct Summarization {
    config: Config,
    tokenizer: Tokenizer,
    context: usize,
    /// Decides what is sampled, together with each document.
    seed: u64,
}

impl Summarization {
    fn write(&self, model: &Model<NoHead>, prompts: &[Sequence]) -> Vec<Vec<u32>> {
        let (config, control) = (&self.config.generation, Control::of(&self.tokenizer));
        if !matches!(config.strategy, Strategy::Sample(_)) {
            return generate(&model.backbone, prompts, config, &control, 0, |_, _| {});
        }
        // Chance comes from the document alone, not from the row in which it happens to stand.
        let sample = |prompt: &Sequence| {
            let seed = prompt.ids.iter().fold(self.seed, |seed, &id| order::mix64(seed ^ u64::from(id)));
            generate(&model.backbone, std::slice::from_ref(prompt), config, &control, seed, |_, _| {})
        };
        prompts.iter().flat_map(sample).collect()
    }
}

impl Objective for Summarization {
    type Example = Example;
    type Batch = Batch;
    type Head = NoHead;

    fn head(&self, _backbone: &BackboneConfig, _rng: &mut StdRng, _device: &Device) -> NoHead {
        NoHead::default()
    }

    fn collate(&self, examples: &[Example], _progress: f64, rng: &mut StdRng, device: &Device) -> Batch {
        Batch::new(examples, self.tokenizer.special().pad, rng, device)
    }

    fn targets(&self, batch: &Batch) -> usize {
        batch.targets.dims()[0]
    }

    fn tokens(&self, batch: &Batch) -> usize {
        batch.length
    }

    fn loss(&self, model: &Model<NoHead>, batch: &Batch) -> Tensor<1> {
        let states = model.backbone.states_at(&batch.tokens, batch.at.clone());
        let (weight, targets) = (model.backbone.output_weight(), batch.targets.clone());
        linear_cross_entropy(states, weight, targets, 0.0, self.config.label_smoothing)
    }
}

impl Task for Summarization {
    const NAME: &'static str = "summarization";
    const METRIC: &'static str = "rouge_l";
    const PLAIN: Option<&'static str> = Some("document");
    const FIELDS: &'static [Field] = &[
        Field {
            name: "document",
            kind: FieldKind::Text,
            also: &["article", "text", "dialogue", "source", "content", "body"],
            target: false,
        },
        Field {
            name: "summary",
            kind: FieldKind::Part,
            also: &["abstract", "highlights", "headline", "title", "target", "tldr"],
            target: true,
        },
    ];
    type Config = Config;
    type State = ();
    type Record = Record;
    type Answer = Answer;

    fn survey(_config: &Config, records: &[Record]) -> Result<(), EncodeError> {
        let known = records.iter().any(|record| !record.summaries().is_empty());
        if known { Ok(()) } else { Err(EncodeError::Unlabelled { what: "summary" }) }
    }

    fn new(config: Config, (): (), tokenizer: Tokenizer, context: usize) -> Self {
        Self { config, tokenizer, context, seed: 0 }
    }

    fn validate(config: &Config) -> Result<(), String> {
        if config.max_summary_tokens == 0 {
            return Err("max_summary_tokens is 0: give a positive number".to_owned());
        }
        if !(0.0..1.0).contains(&config.label_smoothing) {
            return Err(format!("label_smoothing = {} must lie in [0, 1)", config.label_smoothing));
        }
        config.generation.validate()
    }

    fn of_training(_trained: &Config, _asked: &Config) -> Vec<&'static str> {
        vec!["label_smoothing"]
    }

    fn unused(config: &Config) -> Option<(&'static str, &'static str)> {
        let why = "does nothing beside quote, which writes nothing: set quote = 0 to write";
        (config.quote > 0).then_some(("generation", why))
    }

    fn suit_validation(&self, examples: &[Example], chooses: bool) -> Result<(), String> {
        if !chooses || self.config.rouge_tokens != Tokens::Official {
            return Ok(());
        }
        let blind = |example: &&Example| example.references.iter().all(|text| unseen(text) == Unseen::NearlyAll);
        let count = examples.iter().filter(blind).count();
        if 2 * count < examples.len() {
            return Ok(());
        }
        Err(format!(
            "task.summarization.rouge_tokens = \"official\" cannot choose weights here: of {count} of {} validation \
             summaries ROUGE sees hardly a word. Set it to \"words\" or \"characters\", or train.keep = \"last\" without \
             train.patience",
            examples.len()
        ))
    }

    fn reseed(&mut self, seed: u64) -> bool {
        self.seed = seed;
        self.config.quote == 0 && matches!(self.config.generation.strategy, Strategy::Sample(_))
    }

    fn encode(&self, record: &Record, labelled: bool) -> Result<Encoded<Example>, EncodeError> {
        example::example(record, labelled, &self.config, &self.tokenizer, self.context)
    }

    fn answer(&self, model: &Model<NoHead>, examples: &[Example], _device: &Device) -> Vec<Answer> {
        if self.config.quote > 0 {
            let quoted = quote(&model.backbone, &self.tokenizer, examples, self.config.quote);
            return quoted.into_iter().map(|summary| Answer { summary }).collect();
        }
        let (order, runs) = example::runs(examples, self.config.generation.max_tokens);
        let mut answers = vec![Answer { summary: String::new() }; examples.len()];
        for run in runs {
            let members = &order[run];
            let prompts: Vec<Sequence> = members.iter().map(|&member| examples[member].prompt.clone()).collect();
            for (&member, ids) in members.iter().zip(self.write(model, &prompts)) {
                let text = self.tokenizer.decode(&ids);
                answers[member].summary = before_stop(&text, &self.config.generation.stop).trim().to_owned();
            }
        }
        answers
    }

    fn scoring(&self) -> String {
        format!("rouge_tokens = {:?}", self.config.rouge_tokens).to_lowercase()
    }

    fn score(&self, answers: &[Answer], examples: &[Example]) -> Scores {
        let judged: Vec<(&str, &[String])> = answers
            .iter()
            .zip(examples)
            .map(|(answer, example)| (answer.summary.as_str(), example.references.as_slice()))
            .filter(|(_, references)| !references.is_empty())
            .collect();
        let mut scores = Scores::default();
        let tokens = self.config.rouge_tokens;
        let mut push = |suffix: &str, against: fn(&str, &[String], Tokens) -> Rouge| {
            let all: Vec<Rouge> =
                judged.iter().map(|(summary, references)| against(summary, references, tokens)).collect();
            for (name, value) in METRICS {
                scores.push(bootstrap_mean(&format!("{name}{suffix}"), &all.iter().map(value).collect::<Vec<_>>()));
            }
        };
        push("", rouge);
        if judged.iter().any(|(_, references)| references.len() > 1) {
            push("_mean", rouge_mean);
        }
        scores
    }

    fn quality(&self, answers: &[Answer], examples: &[Example]) -> Option<Vec<f64>> {
        let tokens = self.config.rouge_tokens;
        let judged = answers.iter().zip(examples);
        Some(judged.map(|(answer, example)| rouge(&answer.summary, &example.references, tokens).rouge_l).collect())
    }

    fn baselines(&self, _train: &[Example], examples: &[Example]) -> Vec<(String, Vec<Answer>)> {
        let first = |count| examples.iter().map(|e| Answer { summary: lead(&e.document, count) }).collect();
        (1..=3).map(|count| (format!("lead-{count}"), first(count))).collect()
    }

    fn exported(_config: &Config, _state: &(), _backbone: &BackboneConfig) -> Result<Exported, NoClass> {
        let note = "A prompt is `[bos] document [sep]`, all of which sees itself here. The stock class looks back only, \
                    within the document too, so that its summaries are others.";
        Ok(Exported { class: Class::CausalLm, notes: vec![note.into()] })
    }

    fn content(record: &Record) -> Content {
        record.content()
    }

    fn show(&self, example: &Example) -> (String, String) {
        (example.document.clone(), example.references.join("\n"))
    }
}
