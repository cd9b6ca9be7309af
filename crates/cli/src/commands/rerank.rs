//! `cimiento rerank`: texts in the order of how well they go with a query.

use cimiento_core::checkpoint::Checkpoint;
use cimiento_core::objective::Task;
use cimiento_data::records::{Kept, Located};
use miette::{IntoDiagnostic, Result, miette};
use serde::Serialize;
use serde_json::{Value, json};

use super::answering::Answering;
use super::{dry, find, named_device, session};
use crate::answers::Answers;
use crate::args::{Global, Rerank};
use crate::input::{self, Asking, Counts, Slot, Text};
use crate::session::{Ended, Existing};
use crate::tasks::{ForTask, for_task};

/// Texts scored at once.
const BATCH: usize = 32;

/// A text with its score.
#[derive(Serialize)]
struct Scored {
    /// Its place in the input, from 0.
    index: usize,
    /// Absent if the model's answer is no number.
    score: Option<f64>,
    text: String,
}

/// Writes all texts of the input, the one that goes best with the query first.
///
/// # Errors
/// A run that does not score pairs of texts, or as [`input::answer`].
pub fn rerank(arguments: &Rerank, global: &Global) -> Result<Ended> {
    if arguments.query.trim().is_empty() {
        return Err(miette!("--query is empty"));
    }
    let checkpoint = find(&session(global, Existing::Refuse), &arguments.run, None)?;
    let (kind, folder) = (checkpoint.manifest().kind.clone(), checkpoint.folder().to_path_buf());
    for_task(&kind, Reranking { checkpoint: &checkpoint, arguments, global }).unwrap_or_else(|| {
        Err(miette!(help = CLASSIFIER, "{}: this is a {kind} run, which scores no pairs of texts", folder.display()))
    })
}

const CLASSIFIER: &str =
    "a cross-encoder that was imported does, and a classifier that was fine-tuned on records with a text_pair";

struct Reranking<'a> {
    checkpoint: &'a Checkpoint,
    arguments: &'a Rerank,
    global: &'a Global,
}

impl ForTask for Reranking<'_> {
    type Output = Result<Ended>;

    fn run<T: Task>(self) -> Result<Ended> {
        let Self { checkpoint, arguments, global } = self;
        let (Rerank { query, input, .. }, folder) = (arguments, checkpoint.folder().display());
        let (settings, state) = checkpoint.task::<T>().into_diagnostic()?;
        let learned = T::learned_pairs(&state);
        let device = named_device(global).open().into_diagnostic()?;
        let answering = Answering::<T>::open(checkpoint, settings, state, input, device)?;
        let mut scoring = Scoring { answering, query, label: arguments.label.clone() };
        // What is wrong with the model or the label is not the fault of a record.
        scoring.check().map_err(|(why, help)| miette!(help = help, "{folder}: {why}"))?;
        match learned {
            Some(false) => {
                return Err(miette!(
                    help = CLASSIFIER,
                    "{folder}: this model was fine-tuned on single texts: it has not learned how well two go together"
                ));
            }
            // What was imported came with its purpose.
            None if checkpoint.manifest().origin.is_none() => tracing::warn!(
                "{folder}: whether this model was fine-tuned on pairs of texts is not known: it was made before that was kept. If \
                 its records had no text_pair, this order means nothing"
            ),
            _ => {}
        }
        if global.dry_run {
            input::check::<Text>(input, Some("text"), &[])?;
            return dry("", &format!("would rerank with {folder}"));
        }
        let mut answers = Answers::new(input)?;
        let (mut index, mut scored, mut unscored) = (0, Vec::new(), Vec::new());
        let Counts { read, blank, skipped } = input::answer_into(input, BATCH, &mut scoring, |slots| {
            for slot in slots {
                match slot {
                    Slot::Good((text, score), kept) => scored.push((Scored { index, score, text }, kept)),
                    Slot::Blank => {}
                    Slot::Bad(bad) => unscored.push(Slot::Bad(bad)),
                }
                index += 1;
            }
            Ok(())
        })?;
        let order = |(text, _): &(Scored, Kept)| text.score.unwrap_or(f64::NEG_INFINITY);
        scored.sort_by(|a, b| order(b).total_cmp(&order(a)));
        scored.truncate(arguments.top.map_or(usize::MAX, |top| usize::try_from(top).unwrap_or(usize::MAX)));
        let ranked = scored.into_iter().map(|(text, kept)| Slot::Good(text, kept));
        let lines: Result<Vec<_>> = ranked.chain(unscored).map(input::line).collect();
        answers.write(&lines?)?;
        answers.finish()?;
        let Answering { truncated, .. } = scoring.answering;
        scoring.answering.tell(input);
        if truncated > 0 {
            tracing::warn!("{truncated} pairs of query and text were cut to fit the context");
        }
        if blank > 0 {
            tracing::warn!("{blank} blank lines are left out; index counts them");
        }
        if skipped > 0 {
            tracing::warn!("{skipped} of {read} records could not be used: their errors come last; index counts them");
            return Ok(Ended::Partly);
        }
        Ok(Ended::Finished)
    }
}

struct Scoring<'a, T: Task> {
    answering: Answering<T>,
    query: &'a str,
    /// Whose probability is the score; the only one there is if absent.
    label: Option<String>,
}

impl<T: Task> Scoring<'_, T> {
    /// Whether this model scores pairs, and by the label; if not, why, and what to do.
    fn check(&self) -> Result<(), (String, String)> {
        let pair = json!({ "text": self.query, "text_pair": self.query });
        let record = serde_json::from_value(pair)
            .map_err(|_| (format!("this is a {} run, which scores no pairs of texts", T::NAME), CLASSIFIER.into()))?;
        let encoded = self.answering.task.encode(&record, false);
        let example = encoded.map_err(|why| (why.to_string(), CLASSIFIER.into()))?.example;
        let answer = json!(self.answering.answers(&[example])[0]);
        let labels: Vec<&str> = match &answer["probabilities"] {
            Value::Object(labels) => labels.keys().map(String::as_str).collect(),
            _ => Vec::new(),
        };
        match (&self.label, labels.as_slice()) {
            (Some(label), []) => Err((
                format!("--label {label}: this model has no labels"),
                "leave --label out where the answer is a number".into(),
            )),
            (Some(label), known) if !known.contains(&label.as_str()) => {
                Err((format!("--label {label}: the labels are {}", known.join(", ")), "name one of them".into()))
            }
            (None, [_, _, ..]) => Err((
                format!(
                    "this model has several labels ({}), and texts are put in order by one score",
                    labels.join(", ")
                ),
                "--label NAME takes the probability of that label as the score".into(),
            )),
            (None, []) if !answer["value"].is_number() => {
                Err((format!("this is a {} run, whose answers have no score", T::NAME), CLASSIFIER.into()))
            }
            _ => Ok(()),
        }
    }

    /// The number, or the probability of the label.
    fn score(&self, answer: &Value) -> Option<f64> {
        match (&answer["probabilities"], &self.label) {
            (Value::Object(labels), Some(label)) => labels.get(label),
            (Value::Object(labels), None) => labels.values().next(),
            _ => answer.get("value"),
        }?
        .as_f64()
    }
}

impl<T: Task> Asking for Scoring<'_, T> {
    type Record = Text;
    type Example = (String, T::Example);
    /// The text and its score.
    type Answer = (String, Option<f64>);
    const PLAIN: Option<&'static str> = Some("text");

    fn prepare(&mut self, located: Located<Text>) -> Result<Self::Example, String> {
        let text = located.record.text;
        if text.trim().is_empty() {
            return Err("the text is empty".into());
        }
        let pair = json!({ "text": self.query, "text_pair": text });
        let record = serde_json::from_value(pair).map_err(|why| why.to_string())?;
        Ok((text, self.answering.example(&record)?))
    }

    fn answer(&mut self, examples: &[Self::Example]) -> Vec<Self::Answer> {
        let (texts, examples): (Vec<&String>, Vec<T::Example>) =
            examples.iter().map(|(text, example)| (text, example.clone())).unzip();
        let answers = self.answering.answers(&examples);
        texts.into_iter().cloned().zip(answers.iter().map(|answer| self.score(&json!(answer)))).collect()
    }
}
