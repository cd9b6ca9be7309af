//! Writing: greedy, sampled and beam-searched continuations over a key/value cache.
//!
//! Prompts of different lengths are padded on the left, so that every row's next token stands in the same
//! column; what a row writes does not depend on the rows beside it.

mod beam;
mod cache;
#[cfg(test)]
mod tests;

pub use cache::{Cache, LayerCache};

use burn::tensor::{Device, Int, Tensor, TensorData};
use rand::RngExt;
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};

use crate::backbone::Backbone;
use crate::order;
use crate::tokenizer::Special;
use crate::tokens::{Sequence, Tokens};

/// How texts are written.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct GenerateConfig {
    /// Tokens written at most.
    pub max_tokens: usize,
    /// No end before this many tokens.
    pub min_tokens: usize,
    /// No run of this many tokens is written twice; 0 allows any.
    pub no_repeat_ngram: usize,
    /// How the next token is chosen.
    pub strategy: Strategy,
}

impl Default for GenerateConfig {
    fn default() -> Self {
        Self { max_tokens: 64, min_tokens: 0, no_repeat_ngram: 0, strategy: Strategy::Greedy }
    }
}

/// How the next token is chosen.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Default)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Strategy {
    /// Always the likeliest.
    #[default]
    Greedy,
    /// Drawn by probability.
    Sample(SampleConfig),
    /// The likeliest whole text a beam finds.
    Beam(BeamConfig),
}

/// Drawing by probability.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct SampleConfig {
    /// Below 1 sharpens, above 1 flattens.
    pub temperature: f64,
    /// Draw from the fewest tokens whose probabilities reach this sum (nucleus sampling, Holtzman et al. 2020).
    pub top_p: f64,
}

impl Default for SampleConfig {
    fn default() -> Self {
        Self { temperature: 0.8, top_p: 0.95 }
    }
}

/// Beam search.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct BeamConfig {
    /// Texts kept at each step.
    pub width: usize,
    /// A text's log-probability is divided by its length to this power: above 0 favours longer texts.
    pub length_penalty: f64,
}

impl Default for BeamConfig {
    fn default() -> Self {
        Self { width: 4, length_penalty: 1.0 }
    }
}

impl GenerateConfig {
    /// Checks that the numbers make sense together.
    ///
    /// # Errors
    /// What is wrong, naming the key.
    pub fn validate(&self) -> Result<(), String> {
        if self.max_tokens == 0 {
            return Err("generation.max_tokens is 0: give a positive number".into());
        }
        if self.min_tokens > self.max_tokens {
            return Err(format!(
                "generation.min_tokens = {} is above generation.max_tokens = {}",
                self.min_tokens, self.max_tokens
            ));
        }
        match &self.strategy {
            Strategy::Greedy => Ok(()),
            Strategy::Sample(s) if !(s.temperature > 0.0 && s.temperature.is_finite()) => {
                Err(format!("generation.strategy.sample.temperature = {} must be above 0", s.temperature))
            }
            Strategy::Sample(s) if !(s.top_p > 0.0 && s.top_p <= 1.0) => {
                Err(format!("generation.strategy.sample.top_p = {} must lie in (0, 1]", s.top_p))
            }
            Strategy::Sample(_) => Ok(()),
            Strategy::Beam(b) if b.width == 0 => {
                Err("generation.strategy.beam.width is 0: give a positive number".into())
            }
            Strategy::Beam(b) if !b.length_penalty.is_finite() => {
                Err("generation.strategy.beam.length_penalty must be a finite number".into())
            }
            Strategy::Beam(_) => Ok(()),
        }
    }
}

/// Continues each prompt and returns the new tokens of each, without the end token.
///
/// A text ends at `[eos]`, at `max_tokens`, or where the backbone's context is full. `on_token(row, id)` hears
/// of each token as it is written (greedy and sampling only: a beam knows its text at the end).
pub fn generate(
    backbone: &Backbone,
    prompts: &[Sequence],
    config: &GenerateConfig,
    special: &Special,
    seed: u64,
    mut on_token: impl FnMut(usize, u32),
) -> Vec<Vec<u32>> {
    if prompts.is_empty() {
        return Vec::new();
    }
    let writer = Writer { backbone, config, special };
    match &config.strategy {
        // Whoever gives that many prompts has room for as many rows.
        Strategy::Beam(beam) => {
            let at_once = prompts.len().div_ceil(beam.width);
            prompts.chunks(at_once).flat_map(|prompts| beam::search(&writer, prompts, beam)).collect()
        }
        Strategy::Greedy => writer.write(prompts, |_, scores| argmax(scores), &mut on_token),
        Strategy::Sample(sample) => {
            let mut rngs: Vec<StdRng> = prompts.iter().map(|prompt| order::rng(seed, 0, digest(prompt))).collect();
            writer.write(prompts, |row, scores| draw(scores, sample, &mut rngs[row]), &mut on_token)
        }
    }
}

/// Scores of every token to come next, a row a text: where the device left them, since copies of a whole vocabulary
/// show.
struct Logits {
    data: TensorData,
    width: usize,
}

impl Logits {
    fn row(&mut self, row: usize) -> &mut [f32] {
        let scores: &mut [f32] = self.data.as_mut_slice().expect("float32 logits");
        &mut scores[row * self.width..][..self.width]
    }
}

/// What every strategy needs: the model, the rules, the special tokens.
struct Writer<'a> {
    backbone: &'a Backbone,
    config: &'a GenerateConfig,
    special: &'a Special,
}

impl Writer<'_> {
    fn device(&self) -> Device {
        self.backbone.device()
    }

    /// How many tokens may follow a prompt of `length`.
    fn room(&self, length: usize) -> usize {
        self.config.max_tokens.min(self.backbone.config().context.saturating_sub(length))
    }

    /// Reads the prompts and returns the cache with the logits of the token after each, one row a prompt.
    fn start(&self, prompts: &[&Sequence]) -> (Cache, Logits) {
        let tokens = Tokens::left_padded(prompts, self.special.pad, &self.device());
        let mut cache = Cache::default();
        let logits = self.step(&tokens, &mut cache);
        (cache, logits)
    }

    /// Reads one more token a row, at position `lengths[row] + written`.
    fn next(&self, last: &[u32], positions: &[usize], cache: &mut Cache) -> Logits {
        let device = self.device();
        let rows = last.len();
        let plane =
            |values: Vec<i64>| -> Tensor<2, Int> { Tensor::from_data(TensorData::new(values, [rows, 1]), &device) };
        let tokens = Tokens {
            ids: plane(last.iter().map(|&id| i64::from(id)).collect()),
            segments: plane(vec![1; rows]),
            positions: plane(positions.iter().map(|&p| p as i64).collect()),
            visible: plane(vec![0; rows]),
        };
        self.step(&tokens, cache)
    }

    fn step(&self, tokens: &Tokens, cache: &mut Cache) -> Logits {
        let [rows, seq] = tokens.dims();
        let states = self.backbone.forward_cached(self.backbone.embed(tokens.ids.clone()), tokens, cache);
        let d_model = self.backbone.config().d_model;
        let last = states.slice([0..rows, seq - 1..seq, 0..d_model]).reshape([rows, d_model]);
        let logits = self.backbone.logits(last);
        Logits { width: logits.dims()[1], data: logits.into_data() }
    }

    /// Takes out what may not follow `written`: control tokens, an early end, a repeated n-gram.
    fn forbid(&self, scores: &mut [f32], written: &[u32]) {
        let Special { pad, bos, mask, sep, eos } = *self.special;
        for id in [pad, bos, mask, sep] {
            if id != eos {
                scores[id as usize] = f32::NEG_INFINITY;
            }
        }
        if written.len() < self.config.min_tokens {
            scores[eos as usize] = f32::NEG_INFINITY;
        }
        let n = self.config.no_repeat_ngram;
        if n > 0 && written.len() + 1 >= n {
            let tail = &written[written.len() + 1 - n..];
            for gram in written.windows(n).filter(|gram| gram[..n - 1] == *tail) {
                scores[gram[n - 1] as usize] = f32::NEG_INFINITY;
            }
        }
    }

    /// One text a prompt, side by side, each next token chosen by `choose(row, scores)`.
    fn write(
        &self,
        prompts: &[Sequence],
        mut choose: impl FnMut(usize, &[f32]) -> u32,
        on_token: &mut impl FnMut(usize, u32),
    ) -> Vec<Vec<u32>> {
        let borrowed: Vec<&Sequence> = prompts.iter().collect();
        let (mut cache, mut logits) = self.start(&borrowed);
        let mut written: Vec<Vec<u32>> = vec![Vec::new(); prompts.len()];
        let room: Vec<usize> = prompts.iter().map(|prompt| self.room(prompt.ids.len())).collect();
        let mut open: Vec<bool> = room.iter().map(|&room| room > 0).collect();
        while open.contains(&true) {
            let mut last = vec![self.special.eos; prompts.len()];
            for row in (0..prompts.len()).filter(|&row| open[row]).collect::<Vec<_>>() {
                let scores = logits.row(row);
                self.forbid(scores, &written[row]);
                let id = choose(row, scores);
                last[row] = id;
                if id == self.special.eos {
                    open[row] = false;
                    continue;
                }
                written[row].push(id);
                on_token(row, id);
                open[row] = written[row].len() < room[row];
            }
            if !open.contains(&true) {
                break;
            }
            let positions: Vec<usize> = prompts
                .iter()
                .zip(&written)
                .map(|(prompt, text)| (prompt.ids.len() + text.len()).saturating_sub(1))
                .collect();
            logits = self.next(&last, &positions, &mut cache);
        }
        written
    }
}

/// A number made from a prompt alone, so that what is drawn for it does not depend on its batch-mates.
fn digest(prompt: &Sequence) -> u64 {
    prompt.ids.iter().fold(0, |hash, &id| order::mix64(hash ^ u64::from(id)))
}

/// The first of the highest scores.
fn argmax(scores: &[f32]) -> u32 {
    // Maxima side by side, so that a vocabulary takes vector instructions and not one comparison after the other.
    let (chunks, rest) = scores.as_chunks::<16>();
    let mut highest = [f32::NEG_INFINITY; 16];
    for chunk in chunks {
        for (highest, &score) in highest.iter_mut().zip(chunk) {
            *highest = if score > *highest { score } else { *highest };
        }
    }
    let top = highest.iter().chain(rest).fold(f32::NEG_INFINITY, |top, &score| if score > top { score } else { top });
    scores.iter().position(|&score| score == top).unwrap_or(0) as u32
}

/// Log-probabilities of a row of logits.
fn log_softmax(scores: &[f32]) -> Vec<f64> {
    let top = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let total: f64 = scores.iter().map(|&s| f64::from(s - top).exp()).sum();
    let log_total = f64::from(top) + total.ln();
    scores.iter().map(|&s| f64::from(s) - log_total).collect()
}

/// Draws one id from the nucleus of the tempered distribution.
fn draw(scores: &[f32], config: &SampleConfig, rng: &mut StdRng) -> u32 {
    let tempered: Vec<f32> = scores.iter().map(|&s| (f64::from(s) / config.temperature) as f32).collect();
    let mut ranked: Vec<(usize, f64)> = log_softmax(&tempered).into_iter().map(f64::exp).enumerate().collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let mut reached = 0.0;
    let nucleus = ranked
        .iter()
        .position(|(_, p)| {
            reached += p;
            reached >= config.top_p
        })
        .map_or(ranked.len(), |last| last + 1);
    let mass: f64 = ranked[..nucleus].iter().map(|(_, p)| p).sum();
    let mut left = rng.random::<f64>() * mass;
    for &(id, p) in &ranked[..nucleus] {
        left -= p;
        if left <= 0.0 {
            return id as u32;
        }
    }
    ranked[nucleus - 1].0 as u32
}
