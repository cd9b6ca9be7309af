//! Writing: greedy, sampled and beam-searched continuations over a key/value cache.
//!
//! Prompts of different lengths are padded on the left, so that every row's next token stands in the same
//! column; what a row writes does not depend on the rows beside it.

mod beam;
pub(crate) mod cache;
mod choose;
mod config;
mod stop;
#[cfg(test)]
mod tests;

pub use cache::{Cache, LayerCache};
pub use config::{BeamConfig, GenerateConfig, SampleConfig, Strategy};
pub use stop::{Until, before_stop};

use burn::tensor::{Device, Int, Tensor, TensorData};
use rand::rngs::StdRng;

use crate::backbone::Backbone;
use crate::tokens::{Attend, Sequence, Tokens};
use choose::{argmax, draw, log_softmax, penalise};
use cimiento_data::order;
use cimiento_data::tokenizer::{Special, Tokenizer};
use stop::StopStream;

/// What a vocabulary means for writing.
#[derive(Clone, Debug)]
pub struct Control {
    /// Fills rows up; never attended to.
    pub pad: u32,
    /// Tokens that end a text: one at least.
    pub ends: Vec<u32>,
    /// Tokens that are never written.
    pub never: Vec<u32>,
    /// What turns ids into text; needed where strings end a text.
    pub tokenizer: Option<Tokenizer>,
}

impl Control {
    /// That of a tokenizer.
    pub fn of(tokenizer: &Tokenizer) -> Self {
        let (pad, tokenizer) = (tokenizer.special().pad, tokenizer.clone());
        Self { pad, ends: tokenizer.ends(), never: tokenizer.never_written(), tokenizer: Some(tokenizer) }
    }

    /// That of a vocabulary without texts: the end ends, the others with a role are never written.
    pub fn plain(special: &Special) -> Self {
        let Special { pad, bos, mask, sep, eos } = *special;
        let never = [pad, bos, mask, sep].into_iter().filter(|&id| id != eos).collect();
        Self { pad, ends: vec![eos], never, tokenizer: None }
    }
}

/// A token as it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// The prompt that it continues.
    pub row: usize,
    /// Its id.
    pub id: u32,
    /// Its log-probability, and the likeliest tokens with theirs, by the model alone: before temperature, penalties and all
    /// that leaves tokens out. Only where they were wanted.
    pub log_probabilities: Option<(f64, Vec<(u32, f64)>)>,
}

/// Continues each prompt and returns the new tokens of each, without the end token.
///
/// A text ends at an end token, at `max_tokens`, where the backbone's context is full, or with the token that completes a
/// stop string (the string is for the caller to cut off: [`before_stop`]). `on_token(row, id)` hears of each token as it
/// is written (greedy and sampling only: a beam knows its text at the end).
pub fn generate(
    backbone: &Backbone,
    prompts: &[Sequence],
    config: &GenerateConfig,
    control: &Control,
    seed: u64,
    mut on_token: impl FnMut(usize, u32),
) -> Vec<Vec<u32>> {
    generate_scored(backbone, prompts, config, control, seed, None, |written| on_token(written.row, written.id))
}

/// [`generate`], with the log-probabilities of each token and of the `top` likeliest in its place.
pub fn generate_scored(
    backbone: &Backbone,
    prompts: &[Sequence],
    config: &GenerateConfig,
    control: &Control,
    seed: u64,
    top: Option<usize>,
    mut on_token: impl FnMut(Written),
) -> Vec<Vec<u32>> {
    if prompts.is_empty() {
        return Vec::new();
    }
    let writer = Writer { backbone, config, control, top };
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

/// What every strategy needs: the model, the rules, the vocabulary.
struct Writer<'a> {
    backbone: &'a Backbone,
    config: &'a GenerateConfig,
    control: &'a Control,
    /// How many of the likeliest tokens are reported at each place.
    top: Option<usize>,
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
        let tokens = Tokens::left_padded(prompts, self.control.pad, &self.device());
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
            types: None,
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
    fn forbid<T: From<f32>>(&self, scores: &mut [T], prompt: &Sequence, written: &[u32]) {
        let mut forbid = |id: u32| {
            if let Some(score) = scores.get_mut(id as usize) {
                *score = f32::NEG_INFINITY.into();
            }
        };
        let early: &[u32] = if written.len() < self.config.min_tokens { &self.control.ends } else { &[] };
        self.control.never.iter().chain(early).for_each(|&id| forbid(id));
        let n = self.config.no_repeat_ngram;
        if n == 0 {
            return;
        }
        // A prompt that is continued is the beginning of the text; a source that all of it sees is another text.
        let read: &[u32] = if prompt.attend == Attend::Causal { &prompt.ids } else { &[] };
        let text: Vec<u32> = read.iter().chain(written).copied().collect();
        if let Some(start) = (text.len() + 1).checked_sub(n) {
            text.windows(n).filter(|gram| gram[..n - 1] == text[start..]).for_each(|gram| forbid(gram[n - 1]));
        }
    }

    /// One text a prompt, side by side, each next token chosen by `choose(row, scores)`.
    fn write(
        &self,
        prompts: &[Sequence],
        mut choose: impl FnMut(usize, &[f32]) -> u32,
        on_token: &mut impl FnMut(Written),
    ) -> Vec<Vec<u32>> {
        let borrowed: Vec<&Sequence> = prompts.iter().collect();
        let (mut cache, mut logits) = self.start(&borrowed);
        let mut written: Vec<Vec<u32>> = vec![Vec::new(); prompts.len()];
        let mut texts: Vec<Option<StopStream>> = prompts.iter().map(|prompt| self.stop_stream(prompt)).collect();
        let room: Vec<usize> = prompts.iter().map(|prompt| self.room(prompt.ids.len())).collect();
        let mut open: Vec<bool> = room.iter().map(|&room| room > 0).collect();
        while open.contains(&true) {
            let mut last = vec![self.control.ends[0]; prompts.len()];
            for row in (0..prompts.len()).filter(|&row| open[row]).collect::<Vec<_>>() {
                let scores = logits.row(row);
                let bare = self.top.map(|_| log_softmax(scores));
                if self.config.repetition_penalty != 1.0 {
                    let seen = prompts[row].ids.iter().chain(&written[row]).copied();
                    penalise(scores, self.config.repetition_penalty as f32, seen);
                }
                self.forbid(scores, &prompts[row], &written[row]);
                let id = choose(row, scores);
                last[row] = id;
                if self.control.ends.contains(&id) {
                    open[row] = false;
                    continue;
                }
                written[row].push(id);
                let log_probabilities = bare.map(|all| (all[id as usize], likeliest(&all, self.top.unwrap_or(0))));
                on_token(Written { row, id, log_probabilities });
                let stopped = texts[row].as_mut().is_some_and(|text| text.push(id));
                open[row] = !stopped && written[row].len() < room[row];
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

    /// What watches for stop strings in the text that follows a prompt, where there are any.
    fn stop_stream(&self, prompt: &Sequence) -> Option<StopStream> {
        let tokenizer = self.control.tokenizer.as_ref().filter(|_| !self.config.stop.is_empty())?;
        Some(StopStream::new(tokenizer.stream_after(&prompt.ids), &self.config.stop))
    }
}

/// The `top` highest of log-probabilities, the highest first.
fn likeliest(log_probabilities: &[f64], top: usize) -> Vec<(u32, f64)> {
    let mut ranked: Vec<(u32, f64)> = (0..).zip(log_probabilities.iter().copied()).collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    ranked.truncate(top);
    ranked
}

/// A number made from a prompt alone, so that what is drawn for it does not depend on its batch-mates.
fn digest(prompt: &Sequence) -> u64 {
    prompt.ids.iter().fold(0, |hash, &id| order::mix64(hash ^ u64::from(id)))
}
