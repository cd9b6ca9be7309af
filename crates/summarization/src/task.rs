//! The task: what a summary is scored by, and what is odd about one.

use cimiento_core::backbone::Backbone;
use cimiento_core::heads::About;
use cimiento_core::heads::write::{Example, Limits, Settings, Write, Writer};
use cimiento_core::limits;
use cimiento_core::metrics::{Scores, bootstrap_mean};
use cimiento_data::content::{Content, Remark};
use cimiento_data::fields::{Field, FieldKind};
use cimiento_data::tokenizer::Tokenizer;
use serde::Serialize;

use crate::config::Config;
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

/// The scores are near 0 whatever is written.
const UNSEEN: Remark = Remark {
    what: "have a summary of which ROUGE sees hardly a word",
    advice: "its words are runs of the letters a to z and digits: set task.summarization.rouge_tokens = \"words\" (or \"characters\")",
    tolerated: 0.0,
    needs: None,
};

/// The scores compare pieces of words.
const PARTLY_SEEN: Remark = Remark {
    what: "have a summary in which ROUGE cuts more than a tenth of the words at letters that it does not know",
    advice: "its words are runs of the letters a to z and digits: set task.summarization.rouge_tokens = \"words\" for words of any script",
    tolerated: 0.1,
    needs: None,
};

/// What the document says, in short.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Answer {
    /// The summary.
    pub summary: String,
}

impl From<String> for Answer {
    fn from(summary: String) -> Self {
        Self { summary }
    }
}

impl AsRef<str> for Answer {
    fn as_ref(&self) -> &str {
        &self.summary
    }
}

/// What summaries are.
pub struct Summaries;

/// Documents summarised by writing on after them.
pub type Summarization = Writer<Summaries>;

impl About for Summaries {
    const NAME: &'static str = "summarization";
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
    type Record = Record;

    fn validate(config: &Config) -> Result<(), String> {
        Self::settings(config).validate("max_summary_tokens")
    }

    fn unused(config: &Config) -> Option<(&'static str, &'static str)> {
        let why = "does nothing beside quote, which writes nothing: set quote = 0 to write";
        (config.quote > 0).then_some(("generation", why))
    }

    fn content(record: &Record) -> Content {
        record.content()
    }
}

impl Write for Summaries {
    const METRIC: &'static str = "rouge_l";
    const LIMITS: Limits = limits!("summary", "summarization", "max_summary_tokens");
    const EXPORTED: &'static str = "A prompt is `[bos] document [sep]`, all of which sees itself here. The stock class looks back only, within the \
         document too, so that its summaries are others.";
    type Answer = Answer;

    fn source(_config: &Config, record: &Record) -> String {
        record.document.clone()
    }

    fn references(_config: &Config, record: &Record) -> Vec<String> {
        record.summaries().into_iter().map(str::to_owned).collect()
    }

    fn settings(config: &Config) -> Settings<'_> {
        Settings {
            max_source_tokens: config.max_document_tokens,
            max_target_tokens: config.max_summary_tokens,
            label_smoothing: config.label_smoothing,
            generation: &config.generation,
        }
    }

    fn remarks(config: &Config, references: &[String]) -> Vec<Remark> {
        if config.rouge_tokens != Tokens::Official {
            return Vec::new();
        }
        match references.iter().map(|summary| unseen(summary)).min() {
            Some(Unseen::NearlyAll) => vec![UNSEEN],
            Some(Unseen::Some) => vec![PARTLY_SEEN],
            _ => Vec::new(),
        }
    }

    fn score(config: &Config, answers: &[String], references: &[Vec<String>]) -> Scores {
        let mut scores = Scores::default();
        let mut push = |suffix: &str, against: fn(&str, &[String], Tokens) -> Rouge| {
            let judged = answers.iter().zip(references);
            let all: Vec<Rouge> =
                judged.map(|(summary, references)| against(summary, references, config.rouge_tokens)).collect();
            for (name, value) in METRICS {
                scores.push(bootstrap_mean(&format!("{name}{suffix}"), &all.iter().map(value).collect::<Vec<_>>()));
            }
        };
        push("", rouge);
        if references.iter().any(|references| references.len() > 1) {
            push("_mean", rouge_mean);
        }
        scores
    }

    fn quality(config: &Config, answer: &str, references: &[String]) -> f64 {
        rouge(answer, references, config.rouge_tokens).rouge_l
    }

    fn scoring(config: &Config) -> String {
        format!("rouge_tokens = {:?}", config.rouge_tokens).to_lowercase()
    }

    fn baselines(_config: &Config, _train: &[Example], examples: &[Example]) -> Vec<(String, Vec<String>)> {
        let first = |count| examples.iter().map(|example| lead(&example.source, count)).collect();
        (1..=3).map(|count| (format!("lead-{count}"), first(count))).collect()
    }

    fn can_choose(config: &Config, examples: &[Example]) -> Result<(), String> {
        if config.rouge_tokens != Tokens::Official {
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

    fn writes(config: &Config) -> bool {
        config.quote == 0
    }

    fn pick(config: &Config, backbone: &Backbone, tokenizer: &Tokenizer, examples: &[Example]) -> Vec<String> {
        quote(backbone, tokenizer, examples, config.quote)
    }
}
