//! Beam search for one prompt: the likeliest whole text among those a beam of fixed width reaches.

use super::{BeamConfig, Writer, log_softmax};
use crate::tokens::{Sequence, indices};

/// A text under way or finished, with the sum of its tokens' log-probabilities.
#[derive(Clone)]
struct Hypothesis {
    ids: Vec<u32>,
    log_probability: f64,
}

impl Hypothesis {
    /// Log-probability per length to the power of the penalty; the end token counts as one.
    fn score(&self, length_penalty: f64) -> f64 {
        self.log_probability / ((self.ids.len() + 1) as f64).powf(length_penalty)
    }
}

pub(super) fn search(writer: &Writer, prompt: &Sequence, config: &BeamConfig) -> Vec<u32> {
    let room = writer.room(prompt.ids.len());
    let (mut cache, mut logits) = writer.start(&[prompt]);
    let device = writer.device();
    let mut beams = vec![Hypothesis { ids: Vec::new(), log_probability: 0.0 }];
    let mut finished: Vec<Hypothesis> = Vec::new();
    for written in 0..room {
        let mut candidates: Vec<(usize, u32, f64)> = Vec::new();
        for (row, beam) in beams.iter().enumerate() {
            let scores = logits.row(row);
            writer.forbid(scores, &beam.ids);
            let mut scored: Vec<(u32, f64)> = log_softmax(scores)
                .into_iter()
                .enumerate()
                .filter(|(_, p)| p.is_finite())
                .map(|(id, p)| (id as u32, beam.log_probability + p))
                .collect();
            // Twice the width: even if every beam's best is to end, enough are left to go on.
            let keep = (2 * config.width).min(scored.len());
            if keep < scored.len() {
                scored.select_nth_unstable_by(keep, |a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
                scored.truncate(keep);
            }
            candidates.extend(scored.into_iter().map(|(id, p)| (row, id, p)));
        }
        candidates.sort_by(|a, b| b.2.total_cmp(&a.2).then((a.0, a.1).cmp(&(b.0, b.1))));
        let mut next: Vec<(usize, Hypothesis)> = Vec::new();
        for (rank, (row, id, log_probability)) in candidates.into_iter().enumerate() {
            if id == writer.special.eos {
                // An end counts only among the first `width` candidates, as in the usual formulation.
                if rank < config.width {
                    finished.push(Hypothesis { ids: beams[row].ids.clone(), log_probability });
                }
                continue;
            }
            let mut ids = beams[row].ids.clone();
            ids.push(id);
            next.push((row, Hypothesis { ids, log_probability }));
            if next.len() == config.width {
                break;
            }
        }
        if next.is_empty() {
            break;
        }
        cache.select_rows(indices(next.iter().map(|(row, _)| *row), &device));
        beams = next.into_iter().map(|(_, beam)| beam).collect();
        if finished.len() >= config.width && cannot_improve(&beams, &finished, config) {
            break;
        }
        if written + 1 < room {
            let last: Vec<u32> = beams.iter().map(|beam| beam.ids[beam.ids.len() - 1]).collect();
            let positions = vec![prompt.ids.len() + written; beams.len()];
            logits = writer.next(&last, &positions, &mut cache);
        }
    }
    if finished.is_empty() {
        finished = beams;
    }
    finished
        .into_iter()
        .max_by(|a, b| a.score(config.length_penalty).total_cmp(&b.score(config.length_penalty)))
        .map(|best| best.ids)
        .unwrap_or_default()
}

/// Whether no open text, ended now, would beat the best finished one.
fn cannot_improve(beams: &[Hypothesis], finished: &[Hypothesis], config: &BeamConfig) -> bool {
    let best =
        |all: &[Hypothesis]| all.iter().map(|h| h.score(config.length_penalty)).fold(f64::NEG_INFINITY, f64::max);
    best(finished) >= best(beams)
}
