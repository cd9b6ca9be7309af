//! Rows of a table by id, and the sum of gradients by id.

use std::sync::Arc;

use burn::backend::TensorMetadata;

use super::pool::Buffer;
use super::rows::for_blocks;
use super::{FlexTensor, Operation, contiguous, floats};

/// Input: `weight` `[vocab, d]`. Output: `[batch, seq, d]`.
#[derive(Clone, Debug)]
pub(crate) struct Embedding {
    pub(crate) ids: Arc<Vec<i32>>,
    pub(crate) shape: [usize; 2],
}

impl Operation<1> for Embedding {
    type Saved = [usize; 2];

    fn forward(&self, [weight]: [FlexTensor; 1], _: [bool; 1]) -> (FlexTensor, Self::Saved) {
        let weight = contiguous(weight);
        let [vocab, d] = [weight.shape()[0], weight.shape()[1]];
        let [batch, seq] = self.shape;
        if let Some(id) = self.ids.iter().find(|&&id| id < 0 || id as usize >= vocab) {
            panic!("embedding: id {id} in a vocabulary of {vocab}");
        }
        let mut y = Buffer::stale(batch * seq * d);
        let weight = floats(&weight);
        for_blocks(&mut y, d, |token, y| {
            for (y, &id) in y.chunks_exact_mut(d.max(1)).zip(&self.ids[token..]) {
                y.copy_from_slice(&weight[id as usize * d..][..d]);
            }
        });
        (y.into_tensor([batch, seq, d]), [vocab, d])
    }

    fn backward(&self, [vocab, d]: Self::Saved, gradient: FlexTensor, _: [bool; 1]) -> [Option<FlexTensor>; 1] {
        let by_id = ById::new(&self.ids, vocab);
        let dy = floats(&gradient);
        let mut dweight = Buffer::stale(vocab * d);
        for_blocks(&mut dweight, d, |id, rows| {
            rows.fill(0.0);
            for (offset, row) in rows.chunks_exact_mut(d.max(1)).enumerate() {
                for &token in by_id.tokens(id + offset) {
                    let dy = &dy[token as usize * d..][..d];
                    row.iter_mut().zip(dy).for_each(|(sum, dy)| *sum += dy);
                }
            }
        });
        [Some(dweight.into_tensor([vocab, d]))]
    }
}

/// The tokens of each id, in their order (a counting sort).
struct ById {
    tokens: Vec<u32>,
    ends: Vec<u32>,
}

impl ById {
    fn new(ids: &[i32], vocab: usize) -> Self {
        let mut ends = vec![0u32; vocab + 1];
        for &id in ids {
            ends[id as usize + 1] += 1;
        }
        for id in 0..vocab {
            ends[id + 1] += ends[id];
        }
        // `ends[id]` begins where the tokens of `id` begin, and moves to their end as they are placed.
        let mut tokens = vec![0; ids.len()];
        for (token, &id) in ids.iter().enumerate() {
            let place = &mut ends[id as usize];
            tokens[*place as usize] = token as u32;
            *place += 1;
        }
        Self { tokens, ends }
    }

    fn tokens(&self, id: usize) -> &[u32] {
        let start = if id == 0 { 0 } else { self.ends[id - 1] };
        &self.tokens[start as usize..self.ends[id] as usize]
    }
}
