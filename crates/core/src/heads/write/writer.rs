//! The objective and the task made of what a task that writes says of itself.

use burn::tensor::{Device, Tensor};
use cimiento_data::content::Content;
use cimiento_data::encode::{EncodeError, Encoded};
use cimiento_data::fields::Field;
use cimiento_data::tokenizer::Tokenizer;
use cimiento_kernels::linear_cross_entropy;
use rand::rngs::StdRng;

use super::encode;
use super::example::{self, Example};
use super::kind::Write;
use crate::backbone::BackboneConfig;
use crate::generate::{Control, Strategy, before_stop, generate};
use crate::heads::{Class, Exported, NoClass};
use crate::language::LanguageBatch;
use crate::metrics::Scores;
use crate::objective::{Model, NoHead, Objective, Task};
use crate::tokens::Sequence;

/// Sources answered by writing on after them.
pub struct Writer<W: Write> {
    config: W::Config,
    tokenizer: Tokenizer,
    context: usize,
    /// Decides what is sampled, together with each source.
    seed: u64,
}

impl<W: Write> Writer<W> {
    fn texts(answers: &[W::Answer]) -> impl Iterator<Item = &str> {
        answers.iter().map(AsRef::as_ref)
    }
}

impl<W: Write> Objective for Writer<W> {
    type Example = Example;
    type Batch = LanguageBatch;
    type Head = NoHead;

    fn head(&self, _backbone: &BackboneConfig, _rng: &mut StdRng, _device: &Device) -> NoHead {
        NoHead::default()
    }

    fn collate(&self, examples: &[Example], _progress: f64, rng: &mut StdRng, device: &Device) -> LanguageBatch {
        example::batch(examples, self.tokenizer.special().pad, rng, device)
    }

    fn targets(&self, batch: &LanguageBatch) -> usize {
        batch.count
    }

    fn tokens(&self, batch: &LanguageBatch) -> usize {
        batch.size
    }

    fn loss(&self, model: &Model<NoHead>, batch: &LanguageBatch) -> Tensor<1> {
        let states = model.backbone.states_at(&batch.tokens, batch.at.clone());
        let (weight, targets) = (model.backbone.output_weight(), batch.targets.clone());
        linear_cross_entropy(states, weight, targets, 0.0, W::settings(&self.config).label_smoothing)
    }
}

impl<W: Write> Task for Writer<W> {
    const NAME: &'static str = W::NAME;
    const METRIC: &'static str = W::METRIC;
    const PLAIN: Option<&'static str> = W::PLAIN;
    const FIELDS: &'static [Field] = W::FIELDS;
    type Config = W::Config;
    type State = ();
    type Record = W::Record;
    type Answer = W::Answer;

    fn survey(config: &W::Config, records: &[W::Record]) -> Result<(), EncodeError> {
        let known = records.iter().any(|record| !encode::references::<W>(config, record).is_empty());
        if known { Ok(()) } else { Err(EncodeError::Unlabelled { what: encode::target::<W>() }) }
    }

    fn new(config: W::Config, (): (), tokenizer: Tokenizer, context: usize) -> Self {
        Self { config, tokenizer, context, seed: 0 }
    }

    fn validate(config: &W::Config) -> Result<(), String> {
        W::validate(config)
    }

    fn suits(config: &W::Config, backbone: &BackboneConfig) -> Result<(), String> {
        W::suits(config, backbone)
    }

    fn of_training(_trained: &W::Config, _asked: &W::Config) -> Vec<&'static str> {
        vec!["label_smoothing"]
    }

    fn unused(config: &W::Config) -> Option<(&'static str, &'static str)> {
        W::unused(config)
    }

    fn suit_validation(&self, examples: &[Example], chooses: bool) -> Result<(), String> {
        if chooses { W::can_choose(&self.config, examples) } else { Ok(()) }
    }

    fn reseed(&mut self, seed: u64) -> bool {
        self.seed = seed;
        W::writes(&self.config) && matches!(W::settings(&self.config).generation.strategy, Strategy::Sample(_))
    }

    fn encode(&self, record: &W::Record, labelled: bool) -> Result<Encoded<Example>, EncodeError> {
        encode::encode::<W>(record, labelled, &self.config, &self.tokenizer, self.context)
    }

    fn answer(&self, model: &Model<NoHead>, examples: &[Example], _device: &Device) -> Vec<W::Answer> {
        if !W::writes(&self.config) {
            let picked = W::pick(&self.config, &model.backbone, &self.tokenizer, examples);
            return picked.into_iter().map(W::Answer::from).collect();
        }
        let (how, control) = (W::settings(&self.config).generation, Control::of(&self.tokenizer));
        let (order, runs) = example::runs(examples, how.max_tokens);
        let mut texts = vec![String::new(); examples.len()];
        for run in runs {
            let members = &order[run];
            let prompts: Vec<Sequence> = members.iter().map(|&member| examples[member].prompt.clone()).collect();
            // What is sampled comes from the seed and the prompt alone, not from the row in which it happens to stand.
            let written = generate(&model.backbone, &prompts, how, &control, self.seed, |_, _| {});
            for (&member, ids) in members.iter().zip(written) {
                texts[member] = before_stop(&self.tokenizer.decode(&ids), &how.stop).trim().to_owned();
            }
        }
        texts.into_iter().map(W::Answer::from).collect()
    }

    fn scoring(&self) -> String {
        W::scoring(&self.config)
    }

    fn score(&self, answers: &[W::Answer], examples: &[Example]) -> Scores {
        let judged = Self::texts(answers).zip(examples).filter(|(_, example)| !example.references.is_empty());
        let (texts, references): (Vec<String>, Vec<Vec<String>>) =
            judged.map(|(text, example)| (text.to_owned(), example.references.clone())).unzip();
        W::score(&self.config, &texts, &references)
    }

    fn quality(&self, answers: &[W::Answer], examples: &[Example]) -> Option<Vec<f64>> {
        let judged = Self::texts(answers).zip(examples);
        Some(judged.map(|(text, example)| W::quality(&self.config, text, &example.references)).collect())
    }

    fn baselines(&self, train: &[Example], examples: &[Example]) -> Vec<(String, Vec<W::Answer>)> {
        let found = W::baselines(&self.config, train, examples).into_iter();
        found.map(|(name, texts)| (name, texts.into_iter().map(W::Answer::from).collect())).collect()
    }

    fn exported(_config: &W::Config, (): &(), _backbone: &BackboneConfig) -> Result<Exported, NoClass> {
        Ok(Exported { class: Class::CausalLm, notes: vec![W::EXPORTED.to_owned()] })
    }

    fn content(record: &W::Record) -> Content {
        W::content(record)
    }

    fn show(&self, example: &Example) -> (String, String) {
        (example.source.clone(), example.references.join("\n"))
    }
}
