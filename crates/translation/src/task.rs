//! The task: what a translation is scored by, and what has to be beaten.

use cimiento_core::heads::About;
use cimiento_core::heads::write::{Example, Limits, Settings, Write, Writer};
use cimiento_core::limits;
use cimiento_core::metrics::{Scores, bleu, bleu_signature, chrf, chrf_signature};
use cimiento_data::content::Content;
use cimiento_data::fields::{Field, FieldKind};
use serde::Serialize;

use crate::config::Config;
use crate::nearest::Nearest;
use crate::record::Record;

/// What the source says, in the other language.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Answer {
    /// The translation.
    pub translation: String,
}

impl From<String> for Answer {
    fn from(translation: String) -> Self {
        Self { translation }
    }
}

impl AsRef<str> for Answer {
    fn as_ref(&self) -> &str {
        &self.translation
    }
}

/// What translations are.
pub struct Pairs;

/// Texts translated by writing on after them.
pub type Translation = Writer<Pairs>;

impl About for Pairs {
    const NAME: &'static str = "translation";
    const PLAIN: Option<&'static str> = Some("source");
    const FIELDS: &'static [Field] = &[
        Field { name: "source", kind: FieldKind::Text, also: &["src", "source_text"], target: false },
        Field {
            name: "target",
            kind: FieldKind::Part,
            also: &["tgt", "translation", "target_text", "references", "reference"],
            target: true,
        },
    ];
    type Config = Config;
    type Record = Record;

    fn validate(config: &Config) -> Result<(), String> {
        Self::settings(config).validate("max_target_tokens")
    }

    fn content(record: &Record) -> Content {
        record.content()
    }
}

impl Write for Pairs {
    const METRIC: &'static str = "bleu";
    const LIMITS: Limits = limits!("translation", "translation", "max_target_tokens");
    const EXPORTED: &'static str = "A prompt is `[bos] source [sep]`, all of which sees itself here. The stock class looks back only, within the \
         source too, so that its translations are others.";
    type Answer = Answer;

    fn source(_config: &Config, record: &Record) -> String {
        record.source.clone()
    }

    fn references(_config: &Config, record: &Record) -> Vec<String> {
        record.target.clone()
    }

    fn settings(config: &Config) -> Settings<'_> {
        Settings {
            max_source_tokens: config.max_source_tokens,
            max_target_tokens: config.max_target_tokens,
            label_smoothing: config.label_smoothing,
            generation: &config.generation,
        }
    }

    fn score(config: &Config, answers: &[String], references: &[Vec<String>]) -> Scores {
        Scores(vec![bleu(answers, references, config.bleu_tokens), chrf(answers, references)])
    }

    /// The chrF of the text alone: BLEU is 0 wherever no run of four words is right.
    fn quality(_config: &Config, answer: &str, references: &[String]) -> f64 {
        chrf(&[answer.to_owned()], &[references.to_vec()]).value / 100.0
    }

    fn scoring(config: &Config) -> String {
        let one = [vec![String::new()]];
        format!("{}; {}", bleu_signature(&one, config.bleu_tokens), chrf_signature(&one))
    }

    /// The source as it is, and the translation of the source that is most like it.
    fn baselines(_config: &Config, train: &[Example], examples: &[Example]) -> Vec<(String, Vec<String>)> {
        let mut all = vec![("source".to_owned(), examples.iter().map(|example| example.source.clone()).collect())];
        if !train.is_empty() {
            let nearest = Nearest::new(train.iter().map(|example| example.source.as_str()));
            let translation = |example: &Example| {
                let found = nearest.to(&example.source).and_then(|index| train[index].references.first());
                found.cloned().unwrap_or_else(|| example.source.clone())
            };
            all.push(("nearest".to_owned(), examples.iter().map(translation).collect()));
        }
        all
    }
}
