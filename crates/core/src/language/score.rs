//! How likely texts are, token by token.

use std::ops::Range;

use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::batch::{LanguageBatch, negative_log_likelihoods};
use super::layout::Layout;
use super::spelling::untokenised;
use crate::backbone::Backbone;
use crate::metrics::{Scores, bits_per_byte, perplexity, word_perplexity};
use crate::tokens::{Attend, BUDGET, Sequence};
use cimiento_data::tokenizer::{Special, Tokenizer};

/// How a text is scored.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "lowercase")]
pub enum Scoring {
    /// Each token from those before it.
    #[default]
    Causal,
    /// Each token from all others, one hidden at a time: a pseudo-log-likelihood.
    Masked,
}

/// One token of a scored text.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct TokenScore {
    /// Its text; the end of the text shows as `[eos]`.
    pub token: String,
    /// Natural logarithm of its probability.
    pub log_probability: f64,
}

/// A scored text.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct TextScore {
    /// Sum over the tokens: log P(w1…wm), the end included.
    pub log_probability: f64,
    /// exp(−log P / tokens).
    pub perplexity: f64,
    /// −log2 P / UTF-8 bytes.
    pub bits_per_byte: f64,
    /// Token by token.
    pub tokens: Vec<TokenScore>,
}

/// Scores texts; answers keep their order. Texts longer than the context are read in windows that overlap by half.
pub fn score(backbone: &Backbone, tokenizer: &Tokenizer, texts: &[&str], how: Scoring) -> Vec<TextScore> {
    let encoded: Vec<Vec<u32>> = tokenizer.encode_batch(texts).into_iter().map(|ids| enclose(tokenizer, ids)).collect();
    let log_probabilities = log_probabilities(backbone, tokenizer, &encoded, how);
    encoded
        .into_iter()
        .zip(log_probabilities)
        .zip(texts)
        .map(|((ids, logs), text)| {
            let total: f64 = logs.iter().sum();
            let tokens = ids[1..].iter().zip(&logs).map(|(&id, &log_probability)| TokenScore {
                token: tokenizer.token(id).unwrap_or_default(),
                log_probability,
            });
            TextScore {
                log_probability: total,
                perplexity: (-total / logs.len() as f64).exp(),
                bits_per_byte: -total / std::f64::consts::LN_2 / text.len().max(1) as f64,
                tokens: tokens.collect(),
            }
        })
        .collect()
}

/// Perplexity of tokens and of [`words`], and bits per byte, of a set of texts, with intervals over the texts. The end
/// of each text is predicted too; it adds a token, and no word and no byte. With `spelled`, what is read is
/// [`untokenised`], and words and bytes are those of the texts as they are.
pub fn evaluate_texts(backbone: &Backbone, tokenizer: &Tokenizer, texts: &[&str], spelled: bool) -> Scores {
    let together: Vec<String> = texts.iter().filter(|_| spelled).map(|text| untokenised(text)).collect();
    let read: Vec<&str> = if spelled { together.iter().map(String::as_str).collect() } else { texts.to_vec() };
    let scored = score(backbone, tokenizer, &read, Scoring::Causal);
    let nll: Vec<f64> = scored.iter().map(|text| -text.log_probability).collect();
    let count = |of: &dyn Fn(usize) -> usize| (0..texts.len()).map(of).collect::<Vec<usize>>();
    Scores(vec![
        perplexity(&nll, &count(&|i| scored[i].tokens.len())),
        word_perplexity(&nll, &count(&|i| words(texts[i]))),
        bits_per_byte(&nll, &count(&|i| texts[i].len())),
    ])
}

/// Words of a text as perplexities on WikiText count them (Merity et al. 2017): all that stands between white space, and
/// one end of line for every line, empty ones included. WikiText-103's test set has 241,211 + 4,358 = 245,569.
pub fn words(text: &str) -> usize {
    text.split_whitespace().count() + text.lines().count().max(1)
}

pub(super) fn enclose(tokenizer: &Tokenizer, ids: Vec<u32>) -> Vec<u32> {
    let special = tokenizer.special();
    [vec![special.bos], ids, vec![special.eos]].concat()
}

/// A forward pass's worth of work: a sequence and which of its places are asked, of which text.
pub(super) struct Question {
    pub text: usize,
    pub laid: Layout,
}

/// log P of each token after the first of each text.
pub(super) fn log_probabilities(
    backbone: &Backbone,
    tokenizer: &Tokenizer,
    texts: &[Vec<u32>],
    how: Scoring,
) -> Vec<Vec<f64>> {
    let context = backbone.config().context;
    let Special { bos, mask, .. } = tokenizer.special();
    let questions = texts.iter().enumerate().flat_map(|(text, ids)| match how {
        Scoring::Causal => causal_questions(text, ids, 1, context, bos),
        Scoring::Masked => masked_questions(text, ids, context, bos, mask),
    });
    let mut found: Vec<Vec<f64>> = vec![Vec::new(); texts.len()];
    ask(backbone, tokenizer, questions, |asked, batch| {
        let mut nll = negative_log_likelihoods(backbone, batch).into_iter();
        for question in asked {
            found[question.text].extend(nll.by_ref().take(question.laid.wanted.len()).map(|value| -value));
        }
    });
    found
}

/// Lays questions out in batches, made one after the other since those of a large suite are many times its size, and
/// hands each to `read`.
pub(super) fn ask(
    backbone: &Backbone,
    tokenizer: &Tokenizer,
    questions: impl Iterator<Item = Question>,
    mut read: impl FnMut(&[Question], &LanguageBatch),
) {
    let device = backbone.device();
    let pad = tokenizer.special().pad;
    let mut asked: Vec<Question> = Vec::new();
    let mut size = 0;
    for question in questions {
        let length = question.laid.sequence.ids.len();
        if !asked.is_empty() && size + length > BUDGET {
            read(&asked, &lay(&asked, pad, &device));
            asked.clear();
            size = 0;
        }
        size += length;
        asked.push(question);
    }
    if !asked.is_empty() {
        read(&asked, &lay(&asked, pad, &device));
    }
}

fn lay(questions: &[Question], pad: u32, device: &Device) -> LanguageBatch {
    LanguageBatch::pack(&questions.iter().map(|question| &question.laid).collect::<Vec<_>>(), pad, device)
}

/// Asks for all tokens from place `first` on, which is not 0.
pub(super) fn causal_questions(text: usize, ids: &[u32], first: usize, context: usize, bos: u32) -> Vec<Question> {
    let mut questions = Vec::new();
    let mut scored = first;
    while scored < ids.len() {
        // Of a later window half repeats the one before, or more where the text ends, so that every token is read with
        // at least that much past.
        let start = scored.saturating_sub(context / 2).min(ids.len().saturating_sub(context));
        let end = (start + context).min(ids.len());
        let wanted = (scored..end).map(|place| (place - start, ids[place])).collect();
        let sequence = Sequence::new(opened(ids, start..end, bos), Attend::Causal);
        questions.push(Question { text, laid: Layout { sequence, wanted } });
        scored = end;
    }
    questions
}

fn masked_questions(text: usize, ids: &[u32], context: usize, bos: u32, mask: u32) -> Vec<Question> {
    (1..ids.len())
        .map(|place| {
            let start = place.saturating_sub(context / 2).min(ids.len().saturating_sub(context));
            let end = (start + context).min(ids.len());
            let mut seen = opened(ids, start..end, bos);
            seen[place - start] = mask;
            let (sequence, wanted) = (Sequence::new(seen, Attend::Both), vec![(place - start, ids[place])]);
            Question { text, laid: Layout { sequence, wanted } }
        })
        .collect()
}

/// Part of a text, beginning with `bos` if the text does: with what the backbone has learned to begin with.
fn opened(ids: &[u32], part: Range<usize>, bos: u32) -> Vec<u32> {
    let mut part = ids[part].to_vec();
    if ids[0] == bos {
        part[0] = bos;
    }
    part
}

#[cfg(test)]
mod tests;
