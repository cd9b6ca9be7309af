//! The next token, chosen by scores.

use std::collections::BTreeSet;
use std::ops::{Div, Mul};

use rand::RngExt;
use rand::rngs::StdRng;

use super::SampleConfig;

/// The first of the highest scores.
pub(super) fn argmax(scores: &[f32]) -> u32 {
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
pub(super) fn log_softmax(scores: &[f32]) -> Vec<f64> {
    let top = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let total: f64 = scores.iter().map(|&s| f64::from(s - top).exp()).sum();
    let log_total = f64::from(top) + total.ln();
    scores.iter().map(|&s| f64::from(s) - log_total).collect()
}

/// Draws one id by probability, of those that temperature, top-k, top-p and min-p leave, in this order, as `transformers`
/// applies them.
pub(super) fn draw(scores: &[f32], config: &SampleConfig, rng: &mut StdRng) -> u32 {
    let kept = candidates(scores, config);
    let mass: f64 = kept.iter().map(|(_, p)| p).sum();
    let mut left = rng.random::<f64>() * mass;
    for &(id, p) in &kept {
        left -= p;
        if left <= 0.0 {
            return id as u32;
        }
    }
    kept[kept.len() - 1].0 as u32
}

/// The ids that may be drawn, the likeliest first, with their probabilities among all.
pub(super) fn candidates(scores: &[f32], config: &SampleConfig) -> Vec<(usize, f64)> {
    let tempered: Vec<f32> = scores.iter().map(|&s| (f64::from(s) / config.temperature) as f32).collect();
    let mut ranked: Vec<(usize, f64)> = log_softmax(&tempered).into_iter().map(f64::exp).enumerate().collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let mut mass = 1.0;
    if (1..ranked.len()).contains(&config.top_k) {
        // All that are as likely as the last of them stay.
        let last = ranked[config.top_k - 1].1;
        ranked.truncate(ranked.partition_point(|&(_, p)| p >= last));
        mass = ranked.iter().map(|(_, p)| p).sum();
    }
    let mut reached = 0.0;
    let nucleus = ranked.iter().position(|(_, p)| {
        reached += p;
        reached >= config.top_p * mass
    });
    ranked.truncate(nucleus.map_or(ranked.len(), |last| last + 1));
    let least = config.min_p * ranked[0].1;
    ranked.truncate(ranked.partition_point(|&(_, p)| p >= least));
    ranked
}

/// Makes tokens that occur in `seen` less likely, each once: `scores` above 0 are divided by the penalty, those below
/// are multiplied.
pub(super) fn penalise<T>(scores: &mut [T], penalty: T, seen: impl Iterator<Item = u32>)
where
    T: Copy + Default + PartialOrd + Mul<Output = T> + Div<Output = T>,
{
    for id in seen.collect::<BTreeSet<u32>>() {
        if let Some(score) = scores.get_mut(id as usize) {
            *score = if *score < T::default() { *score * penalty } else { *score / penalty };
        }
    }
}
