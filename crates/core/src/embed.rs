//! Texts as vectors whose directions tell how alike they are (Reimers and Gurevych 2019).

use crate::backbone::{Backbone, Pooling};
use crate::tokenizer::Tokenizer;
use crate::tokens::{Attend, BUDGET, Sequence, Tokens, runs};

/// A vector of `d_model` numbers for each text, of length 1 if `normalise`; and which of the texts had to be cut.
pub fn embed(
    backbone: &Backbone,
    tokenizer: &Tokenizer,
    texts: &[&str],
    pooling: Pooling,
    normalise: bool,
) -> (Vec<Vec<f32>>, Vec<usize>) {
    let room = backbone.config().context.saturating_sub(tokenizer.overhead()).max(1);
    let mut cut = Vec::new();
    let mut sequences = Vec::with_capacity(texts.len());
    for (index, mut ids) in tokenizer.encode_batch(texts).into_iter().enumerate() {
        if ids.len() > room {
            cut.push(index);
            ids.truncate(room);
        }
        sequences.push(Sequence::new([&tokenizer.opened(ids), tokenizer.closing()].concat(), Attend::Both));
    }
    let device = backbone.device();
    let lengths: Vec<usize> = sequences.iter().map(|sequence| sequence.ids.len()).collect();
    let mut embeddings = Vec::with_capacity(texts.len());
    for run in runs(&lengths, BUDGET) {
        let batch: Vec<&Sequence> = sequences[run].iter().collect();
        let (tokens, starts) = Tokens::pack(&batch, tokenizer.special().pad, &device);
        let states: Vec<f32> = backbone.states(&tokens).into_data().iter::<f32>().collect();
        let d = backbone.config().d_model;
        for (sequence, start) in batch.iter().zip(starts) {
            let states = &states[start * d..][..sequence.ids.len() * d];
            let pooled = pool(states, d, pooling);
            embeddings.push(if normalise { unit(pooled) } else { pooled });
        }
    }
    (embeddings, cut)
}

fn pool(states: &[f32], d: usize, pooling: Pooling) -> Vec<f32> {
    let count = states.len() / d;
    match pooling {
        Pooling::First => states[..d].to_vec(),
        Pooling::Last => states[states.len() - d..].to_vec(),
        Pooling::Mean => {
            let sum = |column| states.iter().skip(column).step_by(d).map(|&value| f64::from(value)).sum::<f64>();
            (0..d).map(|column| (sum(column) / count as f64) as f32).collect()
        }
    }
}

fn unit(vector: Vec<f32>) -> Vec<f32> {
    let length = vector.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>().sqrt().max(1e-12);
    vector.into_iter().map(|value| (f64::from(value) / length) as f32).collect()
}
