//! The language model itself: log P(w1…wm) of texts, token by token, and suites of minimal pairs.
//!
//! Causal scoring reads each text once. Masked scoring (pseudo-log-likelihood, Salazar et al. 2020) hides each token
//! in turn and predicts it from all others.

use std::collections::BTreeMap;

use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Int, Tensor};
use serde::{Deserialize, Serialize};

use crate::backbone::Backbone;
use crate::masked::LanguageBatch;
use crate::metrics::{Scores, bits_per_byte, bootstrap_mean, perplexity};
use crate::tokenizer::Tokenizer;
use crate::tokens::{Attend, BUDGET, Sequence, Tokens, indices, runs};

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

/// −log P of each target of a batch, in nats.
pub fn negative_log_likelihoods(backbone: &Backbone, batch: &LanguageBatch) -> Vec<f64> {
    let states = backbone.states_at(&batch.tokens, batch.at.clone());
    let mut nll = Vec::with_capacity(batch.count);
    // In pieces, because [n, vocab] logits of a whole batch are large.
    for start in (0..batch.count).step_by(1024) {
        let rows = start..(start + 1024).min(batch.count);
        let n = rows.len();
        let logits = backbone.logits(states.clone().slice_dim(0, rows.clone()));
        let targets: Tensor<2, Int> = batch.targets.clone().slice_dim(0, rows).reshape([n, 1]);
        let picked = log_softmax(logits, 1).gather(1, targets);
        nll.extend(picked.into_data().iter::<f32>().map(|value| -f64::from(value)));
    }
    nll
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

/// Perplexity and bits per byte of a set of texts, with intervals over the texts.
pub fn evaluate_texts(backbone: &Backbone, tokenizer: &Tokenizer, texts: &[&str]) -> Scores {
    let scored = score(backbone, tokenizer, texts, Scoring::Causal);
    let nll: Vec<f64> = scored.iter().map(|text| -text.log_probability).collect();
    let counts: Vec<usize> = scored.iter().map(|text| text.tokens.len()).collect();
    let bytes: Vec<usize> = texts.iter().map(|text| text.len()).collect();
    Scores(vec![perplexity(&nll, &counts), bits_per_byte(&nll, &bytes)])
}

/// Two sentences that differ in one point of grammar, as in BLiMP (Warstadt et al. 2020).
#[derive(Deserialize, Clone, Debug, PartialEq)]
pub struct MinimalPair {
    /// The acceptable one.
    pub sentence_good: String,
    /// The other.
    pub sentence_bad: String,
    /// The phenomenon it belongs to.
    #[serde(rename = "UID", default)]
    pub uid: String,
}

/// Share of pairs whose acceptable sentence is the likelier: `accuracy` as the mean over phenomena, and one score a
/// phenomenon.
pub fn minimal_pairs(
    backbone: &Backbone,
    tokenizer: &Tokenizer,
    pairs: &[MinimalPair],
    how: Scoring,
) -> (Scores, BTreeMap<String, Scores>) {
    let texts: Vec<&str> =
        pairs.iter().flat_map(|pair| [pair.sentence_good.as_str(), pair.sentence_bad.as_str()]).collect();
    let encoded: Vec<Vec<u32>> =
        tokenizer.encode_batch(&texts).into_iter().map(|ids| enclose(tokenizer, ids)).collect();
    let sums: Vec<f64> =
        log_probabilities(backbone, tokenizer, &encoded, how).iter().map(|logs| logs.iter().sum()).collect();
    let mut by_phenomenon: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for (pair, sums) in pairs.iter().zip(sums.chunks(2)) {
        by_phenomenon.entry(pair.uid.clone()).or_default().push(if sums[0] > sums[1] { 1.0 } else { 0.0 });
    }
    let macro_average = crate::metrics::bootstrap_grouped("accuracy", by_phenomenon.values().map(Vec::as_slice));
    let each = by_phenomenon.into_iter().map(|(uid, right)| (uid, Scores(vec![bootstrap_mean("accuracy", &right)])));
    (Scores(vec![macro_average]), each.collect())
}

fn enclose(tokenizer: &Tokenizer, ids: Vec<u32>) -> Vec<u32> {
    let special = tokenizer.special();
    [vec![special.bos], ids, vec![special.eos]].concat()
}

/// A forward pass's worth of work: a sequence and which of its places are asked, of which text.
struct Question {
    text: usize,
    sequence: Sequence,
    /// (place in the sequence, the token that should stand there)
    wanted: Vec<(usize, u32)>,
}

/// log P of each token after the first of each text.
fn log_probabilities(backbone: &Backbone, tokenizer: &Tokenizer, texts: &[Vec<u32>], how: Scoring) -> Vec<Vec<f64>> {
    let device = backbone.device();
    let context = backbone.config().context;
    let pad = tokenizer.special().pad;
    let mask = tokenizer.special().mask;
    let questions: Vec<Question> = texts
        .iter()
        .enumerate()
        .flat_map(|(text, ids)| match how {
            Scoring::Causal => causal_questions(text, ids, context),
            Scoring::Masked => masked_questions(text, ids, context, mask),
        })
        .collect();
    let mut found: Vec<Vec<f64>> = vec![Vec::new(); texts.len()];
    let lengths: Vec<usize> = questions.iter().map(|question| question.sequence.ids.len()).collect();
    for run in runs(&lengths, BUDGET) {
        let questions = &questions[run];
        let batch = lay(questions, pad, &device);
        let mut nll = negative_log_likelihoods(backbone, &batch).into_iter();
        for question in questions {
            found[question.text].extend(nll.by_ref().take(question.wanted.len()).map(|value| -value));
        }
    }
    found
}

fn lay(questions: &[Question], pad: u32, device: &Device) -> LanguageBatch {
    let sequences: Vec<&Sequence> = questions.iter().map(|question| &question.sequence).collect();
    let (tokens, starts) = Tokens::pack(&sequences, pad, device);
    let asked = || questions.iter().zip(&starts).flat_map(|(q, &start)| q.wanted.iter().map(move |w| (start, *w)));
    let at = indices(asked().map(|(start, (place, _))| start + place - 1), device);
    let targets = indices(asked().map(|(_, (_, id))| id as usize), device);
    let size = sequences.iter().map(|sequence| sequence.ids.len()).sum();
    LanguageBatch { tokens, at, targets, count: asked().count(), size }
}

fn causal_questions(text: usize, ids: &[u32], context: usize) -> Vec<Question> {
    let mut questions = Vec::new();
    let mut scored = 1;
    while scored < ids.len() {
        // Half of a later window repeats the one before, so that every token is read with at least that much past.
        let start = if scored == 1 { 0 } else { scored - (context / 2).min(scored) };
        let end = (start + context).min(ids.len());
        let wanted = (scored..end).map(|place| (place - start, ids[place])).collect();
        questions.push(Question { text, sequence: Sequence::new(ids[start..end].to_vec(), Attend::Causal), wanted });
        scored = end;
    }
    questions
}

fn masked_questions(text: usize, ids: &[u32], context: usize, mask: u32) -> Vec<Question> {
    (1..ids.len())
        .map(|place| {
            let start = place.saturating_sub(context / 2).min(ids.len().saturating_sub(context));
            let end = (start + context).min(ids.len());
            let mut seen = ids[start..end].to_vec();
            seen[place - start] = mask;
            Question { text, sequence: Sequence::new(seen, Attend::Both), wanted: vec![(place - start, ids[place])] }
        })
        .collect()
}

#[cfg(test)]
mod tests;
