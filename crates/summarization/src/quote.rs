//! Summaries that are quoted: the sentences of a document that the model finds likeliest as its summary.
//!
//! A model too small to write what is true can still judge. A sentence is ranked by the mean log-probability of its
//! tokens, the end among them, after the document.

use cimiento_core::backbone::Backbone;
use cimiento_core::heads::write::Example;
use cimiento_core::language::{LanguageBatch, Layout, negative_log_likelihoods};
use cimiento_core::tokens::{BUDGET, runs};
use cimiento_data::tokenizer::Tokenizer;

use crate::lead::units;

/// A sentence of an example's document, as if it were its summary.
struct Candidate<'a> {
    example: usize,
    text: &'a str,
    laid: Layout,
}

/// The `count` likeliest sentences of each example's document, in the order in which they stand there.
pub(crate) fn quote(backbone: &Backbone, tokenizer: &Tokenizer, examples: &[Example], count: usize) -> Vec<String> {
    let context = backbone.config().context;
    let candidates: Vec<Candidate> = examples
        .iter()
        .enumerate()
        .flat_map(|(index, example)| {
            units(&example.source).into_iter().map(move |text| candidate(index, example, text, tokenizer, context))
        })
        .collect();
    let mut ranked: Vec<Vec<(f64, usize)>> = vec![Vec::new(); examples.len()];
    let lengths: Vec<usize> = candidates.iter().map(|candidate| candidate.laid.sequence.ids.len()).collect();
    for run in runs(&lengths, BUDGET) {
        let mut nll =
            negative_log_likelihoods(backbone, &lay(&candidates[run.clone()], backbone, tokenizer)).into_iter();
        for (index, candidate) in run.clone().zip(&candidates[run]) {
            let length = candidate.laid.wanted.len();
            let sum: f64 = nll.by_ref().take(length).sum();
            ranked[candidate.example].push((sum / length as f64, index));
        }
    }
    let chosen = ranked.into_iter().map(|mut sentences| {
        sentences.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let mut best: Vec<usize> = sentences.into_iter().take(count).map(|(_, index)| index).collect();
        best.sort_unstable();
        joined(best.into_iter().map(|index| &candidates[index]), examples)
    });
    chosen.collect()
}

/// Sentences as one text, with a space behind each that has white space behind it in its document.
fn joined<'a>(chosen: impl Iterator<Item = &'a Candidate<'a>>, examples: &[Example]) -> String {
    let mut text = String::new();
    let mut space = "";
    for Candidate { example, text: sentence, .. } in chosen {
        text.push_str(space);
        text.push_str(sentence);
        let document = &examples[*example].source;
        let end = sentence.as_ptr().addr() + sentence.len() - document.as_ptr().addr();
        space = if document[end..].starts_with(char::is_whitespace) { " " } else { "" };
    }
    text
}

fn candidate<'a>(
    example: usize,
    from: &Example,
    text: &'a str,
    tokenizer: &Tokenizer,
    context: usize,
) -> Candidate<'a> {
    let mut target = tokenizer.encode(text);
    target.push(tokenizer.special().eos);
    // The last token need not be read, so there is room for one more than the context holds.
    target.truncate(context + 1 - from.prompt.ids.len());
    Candidate { example, text, laid: from.layout(&target) }
}

fn lay(candidates: &[Candidate], backbone: &Backbone, tokenizer: &Tokenizer) -> LanguageBatch {
    let laid: Vec<&Layout> = candidates.iter().map(|candidate| &candidate.laid).collect();
    LanguageBatch::pack(&laid, tokenizer.special().pad, &backbone.device())
}
