//! Summaries that are quoted: the sentences of a document that the model finds likeliest as its summary.
//!
//! A model too small to write what is true can still judge. A sentence is ranked by the mean log-probability of its
//! tokens, the end among them, after the document.

use cimiento_core::backbone::Backbone;
use cimiento_core::language::LanguageBatch;
use cimiento_core::language::negative_log_likelihoods;
use cimiento_core::tokens::{BUDGET, Sequence, Tokens, indices, runs};
use cimiento_data::tokenizer::Tokenizer;

use crate::example::Example;
use crate::lead::units;

/// A sentence of an example's document, as if it were its summary.
struct Candidate<'a> {
    example: usize,
    text: &'a str,
    /// The document and all of the sentence but its last token, which is predicted and not read.
    sequence: Sequence,
    target: Vec<u32>,
}

/// The `count` likeliest sentences of each example's document, in the order in which they stand there.
pub(crate) fn quote(backbone: &Backbone, tokenizer: &Tokenizer, examples: &[Example], count: usize) -> Vec<String> {
    let context = backbone.config().context;
    let candidates: Vec<Candidate> = examples
        .iter()
        .enumerate()
        .flat_map(|(index, example)| {
            units(&example.document).into_iter().map(move |text| candidate(index, example, text, tokenizer, context))
        })
        .collect();
    let mut ranked: Vec<Vec<(f64, usize)>> = vec![Vec::new(); examples.len()];
    let lengths: Vec<usize> = candidates.iter().map(|candidate| candidate.sequence.ids.len()).collect();
    for run in runs(&lengths, BUDGET) {
        let mut nll =
            negative_log_likelihoods(backbone, &lay(&candidates[run.clone()], backbone, tokenizer)).into_iter();
        for (index, candidate) in run.clone().zip(&candidates[run]) {
            let length = candidate.target.len();
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
        let document = &examples[*example].document;
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
    let read = &target[..target.len() - 1];
    let sequence = Sequence::new([from.prompt.ids.as_slice(), read].concat(), from.prompt.attend);
    Candidate { example, text, sequence, target }
}

fn lay(candidates: &[Candidate], backbone: &Backbone, tokenizer: &Tokenizer) -> LanguageBatch {
    let device = backbone.device();
    let sequences: Vec<&Sequence> = candidates.iter().map(|candidate| &candidate.sequence).collect();
    let (tokens, starts) = Tokens::pack(&sequences, tokenizer.special().pad, &device);
    let at = starts.iter().zip(candidates).flat_map(|(start, candidate)| {
        let end = start + candidate.sequence.ids.len();
        end - candidate.target.len()..end
    });
    let targets = candidates.iter().flat_map(|candidate| candidate.target.iter().map(|&id| id as usize));
    LanguageBatch {
        at: indices(at, &device),
        targets: indices(targets, &device),
        tokens,
        count: candidates.iter().map(|candidate| candidate.target.len()).sum(),
        size: sequences.iter().map(|sequence| sequence.ids.len()).sum(),
    }
}
