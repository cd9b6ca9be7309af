//! Pretraining: masked-next-token, causal and prefix rows mixed within each batch.
//!
//! In a masked row a hidden token at position i is predicted from the output at i−1, so masked, causal and prefix
//! rows share one output projection and one label shift (MNTP, Charpentier and Samuel 2024). Logits are computed
//! only where there is a target.

use std::ops::Range;

use burn::tensor::{Device, Tensor};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

use crate::backbone::{Backbone, BackboneConfig};
use crate::language::{LanguageBatch, language_loss, negative_log_likelihoods};
use crate::metrics::{Better, Scores, bits_per_byte, bootstrap_ratio, perplexity};
use crate::objective::{Model, NoHead, Objective};
use crate::tokens::{Attend, Sequence, Tokens, indices};
use cimiento_data::corpus::{Window, Windows};
use cimiento_data::order;
use cimiento_data::tokenizer::{Special, Tokenizer};

/// What a pretraining batch is made of.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct MixConfig {
    /// Share of rows that read both ways and fill in masked tokens.
    pub masked: f64,
    /// Share of rows that write from left to right.
    pub causal: f64,
    /// Share of rows that read a prefix both ways and write the rest.
    pub prefix: f64,
    /// Share of a masked row's tokens that are hidden, at the first step.
    pub mask_rate: f64,
    /// The same at the last step; the rate moves linearly between the two.
    pub mask_rate_end: f64,
    /// Hidden tokens come in runs of 1 to this many.
    pub span: usize,
    /// Weight of the squared log of the softmax's denominator, which keeps logits small (PaLM, section 5).
    pub z_loss: f64,
}

impl Default for MixConfig {
    fn default() -> Self {
        Self { masked: 0.5, causal: 0.4, prefix: 0.1, mask_rate: 0.3, mask_rate_end: 0.15, span: 3, z_loss: 1e-4 }
    }
}

impl MixConfig {
    /// Checks every number.
    ///
    /// # Errors
    /// What is wrong, naming the key.
    pub fn validate(&self) -> Result<(), String> {
        for (key, share) in [("masked", self.masked), ("causal", self.causal), ("prefix", self.prefix)] {
            if !(share >= 0.0 && share.is_finite()) {
                return Err(format!("objective.{key} = {share} must be 0 or above"));
            }
        }
        if self.masked + self.causal + self.prefix <= 0.0 {
            return Err("objective.masked, causal and prefix are all 0: nothing to learn".into());
        }
        for (key, rate) in [("mask_rate", self.mask_rate), ("mask_rate_end", self.mask_rate_end)] {
            if !(rate > 0.0 && rate < 1.0) {
                return Err(format!("objective.{key} = {rate} must lie between 0 and 1"));
            }
        }
        if self.span == 0 {
            return Err("objective.span is 0: give a positive number".into());
        }
        if !(self.z_loss >= 0.0 && self.z_loss.is_finite()) {
            return Err(format!("objective.z_loss = {} must be 0 or above", self.z_loss));
        }
        Ok(())
    }

    /// The kinds that occur, with their shares scaled to sum to one.
    fn shares(&self) -> Vec<(Kind, f64)> {
        let total = self.masked + self.causal + self.prefix;
        [(Kind::Masked, self.masked), (Kind::Causal, self.causal), (Kind::Prefix, self.prefix)]
            .into_iter()
            .filter(|(_, share)| *share > 0.0)
            .map(|(kind, share)| (kind, share / total))
            .collect()
    }
}

/// What is asked of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Fill in hidden tokens, seeing both sides.
    Masked,
    /// Predict each next token.
    Causal,
    /// Read a prefix both ways, predict the rest.
    Prefix,
}

impl Kind {
    /// As written in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Masked => "masked",
            Kind::Causal => "causal",
            Kind::Prefix => "prefix",
        }
    }
}

/// The pretraining objective. Its examples are packed rows of the corpus.
#[derive(Clone, Debug)]
pub struct Pretraining {
    config: MixConfig,
    special: Special,
    vocab_size: usize,
}

impl Pretraining {
    /// Which way all of its scores are better.
    pub const BETTER: Better = Better::Lower;

    /// The objective for a tokenizer's ids.
    pub fn new(config: MixConfig, tokenizer: &Tokenizer) -> Self {
        Self { config, special: tokenizer.special(), vocab_size: tokenizer.vocab_size() }
    }

    /// Deals the rows of a batch to the kinds: systematic sampling, so that each batch holds the configured shares
    /// to within a row, and all rows have the same chance.
    fn deal(&self, rows: usize, rng: &mut StdRng) -> Vec<Kind> {
        let shares = self.config.shares();
        let start: f64 = rng.random();
        let mut kinds: Vec<Kind> = (0..rows)
            .map(|row| {
                let mut left = (row as f64 + start) / rows as f64;
                for &(kind, share) in &shares {
                    if left < share {
                        return kind;
                    }
                    left -= share;
                }
                shares[shares.len() - 1].0
            })
            .collect();
        kinds.shuffle(rng);
        kinds
    }

    /// Lays rows out with one kind a row.
    fn lay(&self, rows: &[Window], kinds: &[Kind], mask_rate: f64, rng: &mut StdRng, device: &Device) -> LanguageBatch {
        let width = rows.iter().map(|row| row.ids.len()).max().unwrap_or(0);
        let mut laid: Vec<Vec<Sequence>> = Vec::with_capacity(rows.len());
        let (mut at, mut targets) = (Vec::new(), Vec::new());
        for (row, (window, &kind)) in rows.iter().zip(kinds).enumerate() {
            let mut pieces = Vec::new();
            for piece in pieces_of(window) {
                let ids = &window.ids[piece.clone()];
                let mut seen = ids.to_vec();
                let (attend, wanted) = match kind {
                    Kind::Causal => (Attend::Causal, (1..ids.len()).collect()),
                    Kind::Prefix => {
                        let split = if ids.len() < 3 { 1 } else { rng.random_range(1..ids.len() - 1) };
                        (Attend::Prefix(split), (split..ids.len()).collect())
                    }
                    Kind::Masked => {
                        let hidden = spans(ids.len(), mask_rate, self.config.span, rng);
                        for &place in &hidden {
                            seen[place] = self.disguise(ids[place], rng);
                        }
                        (Attend::Both, hidden)
                    }
                };
                for place in wanted {
                    at.push(row * width + piece.start + place - 1);
                    targets.push(ids[place] as usize);
                }
                pieces.push(Sequence::new(seen, attend));
            }
            laid.push(pieces);
        }
        let borrowed: Vec<Vec<&Sequence>> = laid.iter().map(|row| row.iter().collect()).collect();
        let (count, size) = (at.len(), borrowed.iter().flatten().map(|piece| piece.ids.len()).sum());
        let tokens = Tokens::from_rows(&borrowed, self.special.pad, width, device);
        LanguageBatch { tokens, at: indices(at, device), targets: indices(targets, device), count, size }
    }

    /// What stands in for a hidden token: 80 % the mask, 10 % a random token, 10 % itself (Devlin et al. 2019).
    fn disguise(&self, id: u32, rng: &mut impl Rng) -> u32 {
        match rng.random_range(0..10) {
            0..8 => self.special.mask,
            8 => rng.random_range(0..self.vocab_size as u32),
            _ => id,
        }
    }

    /// Validation losses: `loss_masked`, `loss_causal`, `loss_prefix` (nats a target) for the kinds in the mix, and
    /// perplexity and bits per byte of the causal reading. Masks depend on the row alone, so that every
    /// validation asks the same.
    pub fn validate(&self, backbone: &Backbone, windows: &Windows, limit: usize, byte_lengths: &[u32]) -> Scores {
        let device = backbone.device();
        let rows: Vec<Window> = (0..windows.len().min(limit)).map(|index| windows.at(index)).collect();
        let mut scores = Scores::default();
        for (kind, _) in self.config.shares() {
            let (mut losses, mut counts, mut bytes) = (Vec::new(), Vec::new(), Vec::new());
            let batch_rows = (4096 / windows.length().max(1)).max(1);
            for (index, rows) in rows.chunks(batch_rows).enumerate() {
                let mut rng = order::rng(0, index as u64, kind as u64);
                let batch = self.lay(rows, &vec![kind; rows.len()], 0.15, &mut rng, &device);
                if batch.count == 0 {
                    continue;
                }
                let width = batch.tokens.dims()[1];
                let places: Vec<i64> = batch.at.clone().into_data().iter::<i64>().collect();
                let targets: Vec<i64> = batch.targets.clone().into_data().iter::<i64>().collect();
                let nll = negative_log_likelihoods(backbone, &batch);
                let mut sums = vec![(0.0, 0, 0); rows.len()];
                for ((place, target), nll) in places.into_iter().zip(targets).zip(nll) {
                    let sum = &mut sums[place as usize / width];
                    sum.0 += nll;
                    sum.1 += 1;
                    sum.2 += byte_lengths[target as usize] as usize;
                }
                for (loss, count, size) in sums {
                    losses.push(loss);
                    counts.push(count);
                    bytes.push(size);
                }
            }
            let totals: Vec<f64> = counts.iter().map(|&n| n as f64).collect();
            let mean = bootstrap_ratio(&format!("loss_{}", kind.name()), &losses, &totals, |ratio| ratio);
            scores.push(mean.lower_is_better());
            if kind == Kind::Causal {
                scores.push(perplexity(&losses, &counts));
                scores.push(bits_per_byte(&losses, &bytes));
            }
        }
        scores
    }
}

impl Objective for Pretraining {
    type Example = Window;
    type Batch = LanguageBatch;
    type Head = NoHead;

    fn head(&self, _backbone: &BackboneConfig, _rng: &mut StdRng, _device: &Device) -> NoHead {
        NoHead::default()
    }

    fn collate(&self, examples: &[Window], progress: f64, rng: &mut StdRng, device: &Device) -> LanguageBatch {
        let kinds = self.deal(examples.len(), rng);
        let rate = self.config.mask_rate + (self.config.mask_rate_end - self.config.mask_rate) * progress;
        self.lay(examples, &kinds, rate, rng, device)
    }

    fn targets(&self, batch: &LanguageBatch) -> usize {
        batch.count
    }

    fn tokens(&self, batch: &LanguageBatch) -> usize {
        batch.size
    }

    fn loss(&self, model: &Model<NoHead>, batch: &LanguageBatch) -> Tensor<1> {
        language_loss(&model.backbone, batch, self.config.z_loss)
    }
}

/// The stretches of a row that belong to one document each; padding is left out.
fn pieces_of(window: &Window) -> Vec<Range<usize>> {
    let mut pieces: Vec<Range<usize>> = Vec::new();
    for (place, &segment) in window.segments.iter().enumerate() {
        if segment == 0 {
            break;
        }
        match pieces.last_mut() {
            Some(piece) if window.segments[piece.start] == segment => piece.end = place + 1,
            _ => pieces.push(place..place + 1),
        }
    }
    pieces
}

/// Places to hide among `1..length` (the first has no output before it): runs of 1 to `longest`, about `rate` of all.
fn spans(length: usize, rate: f64, longest: usize, rng: &mut StdRng) -> Vec<usize> {
    if length < 2 {
        return Vec::new();
    }
    let wanted = rate * (length - 1) as f64;
    // The fraction decides by chance, so that short pieces are hidden at the same rate as long ones.
    let wanted = wanted as usize + usize::from(rng.random::<f64>() < wanted.fract());
    let mut hidden = vec![false; length];
    let mut left = wanted;
    while left > 0 {
        let run = rng.random_range(1..=longest).min(left);
        let start = rng.random_range(1..length);
        for flag in hidden.iter_mut().skip(start).take(run).filter(|flag| !**flag) {
            *flag = true;
            left -= 1;
        }
    }
    (1..length).filter(|&place| hidden[place]).collect()
}

#[cfg(test)]
mod tests;
