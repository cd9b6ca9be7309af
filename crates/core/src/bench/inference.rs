//! How fast a trained backbone reads and writes: one sentence, many texts of all lengths, greedy decoding.
//!
//! Token ids are a formula and the answers are part of the result, so that another program with the same weights
//! can be held to them.

use std::time::Instant;

use burn::module::Module;
use burn::tensor::Tensor;
use serde::Serialize;

use super::timing::median;
use crate::backbone::Backbone;
use crate::generate::{Control, GenerateConfig, generate};
use crate::tokens::{Attend, BUDGET, Sequence, Tokens, indices, runs};
use cimiento_data::tokenizer::Special;

/// Tokens of the sentence.
const SENTENCE: usize = 32;
/// How often it is read.
const READINGS: usize = 300;
/// Texts of mixed lengths.
const TEXTS: usize = 256;
/// Tokens of a prompt.
const PROMPT: usize = 16;
/// Tokens written after it.
const WRITTEN: usize = 64;
/// Rounds of everything that is not a sentence.
const ROUNDS: usize = 5;

/// What came out. Times are medians.
#[derive(Serialize, Clone, Debug)]
pub struct Inference {
    /// Weights, a tied embedding counted once.
    pub params: usize,
    /// Milliseconds to read one sentence of 32 tokens.
    pub sentence_ms: f64,
    /// Texts of 8 to 128 tokens read a second, 256 at hand.
    pub texts_per_s: f64,
    /// Tokens written a second: 64 after a prompt of 16, one text at a time.
    pub decode_tokens_per_s: f64,
    /// The same, 16 texts side by side.
    pub decode16_tokens_per_s: f64,
    /// First numbers of the state of the sentence's last token.
    pub sentence_state: Vec<f32>,
    /// First number of the state of the last token of the first three texts and of the last.
    pub text_states: Vec<f32>,
    /// What was written alone.
    pub greedy: Vec<u32>,
    /// What was written by the last of the 16.
    pub greedy16: Vec<u32>,
}

/// Measures `backbone`, whose context must hold 128 tokens.
pub fn infer(backbone: &Backbone, special: &Special) -> Inference {
    let vocab = backbone.config().vocab_size;
    let (sentence_ms, sentence_state) = sentence(backbone, vocab, special);
    let (texts_per_s, text_states) = texts(backbone, vocab, special);
    let (decode_tokens_per_s, greedy) = decode(backbone, vocab, special, 1);
    let (decode16_tokens_per_s, greedy16) = decode(backbone, vocab, special, 16);
    Inference {
        params: backbone.num_params(),
        sentence_ms,
        texts_per_s,
        decode_tokens_per_s,
        decode16_tokens_per_s,
        sentence_state,
        text_states,
        greedy,
        greedy16,
    }
}

/// Texts of these lengths out of one endless row of ids.
fn ids(lengths: impl IntoIterator<Item = usize>, vocab: usize, attend: Attend) -> Vec<Sequence> {
    let mut next = (0..).map(|i: usize| (5 + (i * 7919 + 13) % (vocab - 5)) as u32);
    lengths.into_iter().map(|length| Sequence::new(next.by_ref().take(length).collect(), attend)).collect()
}

/// States of the last token of each text, `[texts, d_model]`.
fn read(backbone: &Backbone, texts: &[Sequence], special: &Special) -> Tensor<2> {
    let device = backbone.device();
    let sequences: Vec<&Sequence> = texts.iter().collect();
    let (tokens, starts) = Tokens::pack(&sequences, special.pad, &device);
    let last = starts.iter().zip(texts).map(|(start, text)| start + text.ids.len() - 1);
    backbone.states_at(&tokens, indices(last, &device))
}

fn sentence(backbone: &Backbone, vocab: usize, special: &Special) -> (f64, Vec<f32>) {
    let text = ids([SENTENCE], vocab, Attend::Both);
    let mut state = Vec::new();
    let mut times = Vec::new();
    for reading in 0..READINGS + READINGS / 6 {
        let begun = Instant::now();
        state = read(backbone, &text, special).into_data().iter::<f32>().take(4).collect();
        if reading >= READINGS / 6 {
            times.push(begun.elapsed().as_secs_f64() * 1e3);
        }
    }
    (median(times), state)
}

fn texts(backbone: &Backbone, vocab: usize, special: &Special) -> (f64, Vec<f32>) {
    let texts = ids((0..TEXTS).map(|t| 8 + t * 37 % 121), vocab, Attend::Both);
    let lengths: Vec<usize> = texts.iter().map(|text| text.ids.len()).collect();
    let round = || {
        let mut first = Vec::with_capacity(TEXTS);
        for run in runs(&lengths, BUDGET) {
            let states = read(backbone, &texts[run], special);
            let d_model = states.dims()[1];
            first.extend(states.into_data().iter::<f32>().step_by(d_model));
        }
        first
    };
    let first = round();
    let seconds = median((0..ROUNDS).map(|_| timed(round)).collect());
    (TEXTS as f64 / seconds, vec![first[0], first[1], first[2], first[TEXTS - 1]])
}

fn decode(backbone: &Backbone, vocab: usize, special: &Special, rows: usize) -> (f64, Vec<u32>) {
    let prompts = ids((0..rows).map(|_| PROMPT), vocab, Attend::Causal);
    let config = GenerateConfig { max_tokens: WRITTEN, min_tokens: WRITTEN, ..Default::default() };
    let round = || generate(backbone, &prompts, &config, &Control::plain(special), 0, |_, _| ());
    let mut written = round();
    let seconds = median((0..ROUNDS).map(|_| timed(round)).collect());
    ((rows * WRITTEN) as f64 / seconds, written.pop().unwrap_or_default())
}

fn timed<T>(f: impl FnOnce() -> T) -> f64 {
    let begun = Instant::now();
    f();
    begun.elapsed().as_secs_f64()
}
