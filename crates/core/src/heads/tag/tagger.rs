//! The wrapper that makes a task of what says it is one.

use std::collections::BTreeSet;

use burn::tensor::{Device, Tensor};
use cimiento_data::content::Content;
use cimiento_data::encode::{EncodeError, Encoded};
use cimiento_data::fields::Field;
use cimiento_data::quality::Warning;
use cimiento_data::tokenizer::Tokenizer;
use rand::rngs::StdRng;

use super::answer::Answer;
use super::batch::{Batch, Read, host};
use super::chain::{self, Chain};
use super::example::{self, Example};
use super::head::TagHead;
use super::reading::{Reading, Target};
use super::scheme::{Evidence, Scheme};
use super::settings::Tag;
use super::state::State;
use super::{dictionary, spans};
use crate::backbone::BackboneConfig;
use crate::metrics::{ClassReport, ClassScore, Scores, Spans};
use crate::objective::{Model, Objective, Task};
use crate::tokens::{BUDGET, runs};

/// A task that marks spans.
pub struct Tagger<T: Tag> {
    config: T::Config,
    state: State,
    tokenizer: Tokenizer,
    context: usize,
}

impl<T: Tag> Tagger<T> {
    /// What was learned of the training records.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Answers and what is marked, of the examples where that is known.
    fn judged(&self, answers: &[Answer], examples: &[Example]) -> Vec<Spans> {
        let of = |(answer, example): (&Answer, &Example)| {
            let gold = example.gold.as_ref()?;
            let given = answer.spans(&self.state);
            let word = |characters: &std::ops::Range<usize>| {
                let first = example.words.partition_point(|place| place.end <= characters.start);
                first..example.words.partition_point(|place| place.start < characters.end)
            };
            let path = chain::path(example.words(), given.iter().map(|(characters, kind)| (word(characters), *kind)));
            let right = path.iter().zip(&gold.path).filter(|(given, gold)| given == gold).count();
            Some(Spans { gold: gold.spans.clone(), given, words: path.len(), right })
        };
        answers.iter().zip(examples).filter_map(of).collect()
    }
}

/// What the tags of some records tell of their scheme; none where no record has tags.
fn told<'a>(readings: impl Iterator<Item = &'a Reading>) -> Option<Scheme> {
    let (mut evidence, mut any) = (Evidence::default(), false);
    for reading in readings {
        if let Some(Target::Tags(tags)) = &reading.target {
            evidence.see(tags);
            any = true;
        }
    }
    any.then(|| evidence.scheme())
}

impl<T: Tag> Objective for Tagger<T> {
    type Example = Example;
    type Batch = Batch;
    type Head = TagHead;

    fn head(&self, backbone: &BackboneConfig, rng: &mut StdRng, device: &Device) -> TagHead {
        let settings = T::settings(&self.config);
        TagHead::new(backbone, self.state.tags(), settings.buckets, settings.transitions, rng, device)
    }

    fn collate(&self, examples: &[Example], _progress: f64, rng: &mut StdRng, device: &Device) -> Batch {
        Batch::new(examples, &T::settings(&self.config), &self.tokenizer, rng, device)
    }

    fn targets(&self, batch: &Batch) -> usize {
        batch.words()
    }

    fn tokens(&self, batch: &Batch) -> usize {
        batch.length
    }

    fn loss(&self, model: &Model<TagHead>, batch: &Batch) -> Tensor<1> {
        batch.loss(model)
    }
}

impl<T: Tag> Task for Tagger<T> {
    const NAME: &'static str = T::NAME;
    const METRIC: &'static str = T::METRIC;
    const PLAIN: Option<&'static str> = T::PLAIN;
    const FIELDS: &'static [Field] = T::FIELDS;
    type Config = T::Config;
    type State = State;
    type Record = T::Record;
    type Answer = Answer;

    fn survey(config: &T::Config, records: &[T::Record]) -> Result<State, EncodeError> {
        let readings = records.iter().map(|record| T::read(config, record)).collect::<Result<Vec<_>, _>>()?;
        let asked = T::settings(config).scheme;
        let scheme = told(readings.iter()).map(|told| asked.named().unwrap_or(told));
        let known = State { types: Vec::new(), scheme };
        let (mut types, mut any) = (BTreeSet::new(), false);
        for reading in &readings {
            // What is wrong with a single record is said when that is encoded, with its place.
            if let Ok(Some((spans, _))) = spans::spans(reading, asked, Some(&known)) {
                any = true;
                types.extend(spans.into_iter().map(|span| span.kind));
            }
        }
        if !any {
            // Why the first of them cannot be used, or that it has no target.
            let first = readings.first().ok_or(EncodeError::Empty { what: "text" })?;
            spans::spans(first, asked, Some(&known))?;
            return Err(EncodeError::Unlabelled { what: "entities (or `tags`)" });
        }
        if types.is_empty() {
            let why = "no entity is marked in any record: there is nothing to learn (name the column that holds them in `fields`)";
            return Err(EncodeError::Target { why: why.into() });
        }
        Ok(State { types: types.into_iter().collect(), scheme })
    }

    fn warnings(config: &T::Config, records: &[T::Record]) -> Vec<Warning> {
        let readings: Vec<Reading> = records.iter().filter_map(|record| T::read(config, record).ok()).collect();
        if let Some(scheme) = told(readings.iter()) {
            let named = T::settings(config).scheme.named();
            let how = if named.is_some() { "as set" } else { "as the data tell" };
            tracing::info!("tags are read as {}, {how}", named.unwrap_or(scheme));
        }
        Vec::new()
    }

    fn new(config: T::Config, state: State, tokenizer: Tokenizer, context: usize) -> Self {
        Self { config, state, tokenizer, context }
    }

    fn validate(config: &T::Config) -> Result<(), String> {
        T::validate(config)
    }

    fn suits(config: &T::Config, backbone: &BackboneConfig) -> Result<(), String> {
        T::suits(config, backbone)
    }

    fn unused(config: &T::Config) -> Option<(&'static str, &'static str)> {
        T::unused(config)
    }

    fn of_training(trained: &T::Config, asked: &T::Config) -> Vec<&'static str> {
        T::of_training(trained, asked)
    }

    fn same_head(found: &State, wanted: &State) -> bool {
        found.types == wanted.types
    }

    fn encode(&self, record: &T::Record, labelled: bool) -> Result<Encoded<Example>, EncodeError> {
        let reading = T::read(&self.config, record)?;
        let settings = T::settings(&self.config);
        example::example(&reading, labelled, &settings, &self.state, &self.tokenizer, self.context)
    }

    fn answer(&self, model: &Model<TagHead>, examples: &[Example], device: &Device) -> Vec<Answer> {
        let tags = self.state.tags();
        let learned = model.head.steps().map(host);
        let chain = Chain::new(tags, learned.as_deref());
        let lengths: Vec<usize> = examples.iter().map(Example::tokens).collect();
        let mut answers = Vec::with_capacity(examples.len());
        for run in runs(&lengths, BUDGET) {
            let part: Vec<&Example> = examples[run].iter().collect();
            let read = Read::new(&part, self.tokenizer.special().pad, model.head.wide.is_some(), device);
            let scores = host(read.scores(model));
            let mut start = 0;
            for (example, words) in part.iter().zip(read.lengths()) {
                let end = start + words * tags;
                answers.push(Answer::of(example, &chain, &scores[start..end], &self.state));
                start = end;
            }
        }
        answers
    }

    fn score(&self, answers: &[Answer], examples: &[Example]) -> Scores {
        crate::metrics::entities(&self.judged(answers, examples))
    }

    fn baselines(&self, train: &[Example], examples: &[Example]) -> Vec<(String, Vec<Answer>)> {
        vec![("dictionary".to_owned(), dictionary::answers(train, examples, &self.state))]
    }

    fn quality(&self, answers: &[Answer], examples: &[Example]) -> Option<Vec<f64>> {
        Some(self.judged(answers, examples).iter().map(Spans::f1).collect())
    }

    fn confidence(&self, answer: &Answer) -> Option<f64> {
        // No more sure than of what it is least sure of.
        answer.entities.iter().map(|entity| entity.score).reduce(f64::min)
    }

    fn classes(&self, answers: &[Answer], examples: &[Example]) -> Option<ClassReport> {
        let judged = self.judged(answers, examples);
        let class = |(kind, name): (usize, &String)| {
            let [right, given, gold] = Spans::of_kind(&judged, kind);
            ClassScore::of(name, right, given, gold)
        };
        Some(ClassReport { classes: self.state.types.iter().enumerate().map(class).collect(), confusion: None })
    }

    fn content(record: &T::Record) -> Content {
        T::content(record)
    }

    fn class_names(config: &T::Config, record: &T::Record) -> Vec<String> {
        let found =
            T::read(config, record).and_then(|reading| spans::spans(&reading, T::settings(config).scheme, None));
        let found = found.ok().flatten().map_or_else(Vec::new, |(spans, _)| spans);
        found.into_iter().map(|span| span.kind).collect::<BTreeSet<_>>().into_iter().collect()
    }

    fn show(&self, example: &Example) -> (String, String) {
        let spans = example.gold.as_ref().map_or(&[][..], |gold| &gold.spans);
        let each = spans.iter().map(|(place, kind)| format!("{} ({})", example.part(place), self.state.types[*kind]));
        let expected = match (example.gold.is_some(), spans.is_empty()) {
            (true, true) => "(none)".to_owned(),
            _ => each.collect::<Vec<_>>().join(", "),
        };
        (example.text.clone(), expected)
    }
}
