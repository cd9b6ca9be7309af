//! Attention, a tile of queries at a time, on the keys that some query of the tile may see.
//!
//! Scores exist for one tile only. The forward pass keeps the log-sum-exp of each row of scores, from
//! which the backward pass makes the weights again (Dao et al. 2022). A task is a pair of a batch entry
//! and a key head, so that no two write the same gradient.

use std::sync::Arc;

use burn::backend::TensorMetadata;

use super::few_queries;
use super::heads::{Heads, Sizes};
use super::matrix::{Matrix, MatrixMut};
use super::pool::Buffer;
use super::product::product;
use super::softmax::softmax_rows;
use super::tile::{HostMask, TILE, Tile};
use super::wide::{dot, exp, wide};
use super::write::Write;
use super::{FlexTensor, Operation, contiguous, floats};

/// Up to so many queries of a sequence are too few for micro-kernels.
const FEW: usize = 4;
/// Inputs: `q` `[batch, q, heads, head_dim]`, `k` and `v` `[batch, k, kv_heads, head_dim]`.
#[derive(Clone, Debug)]
pub(crate) struct Attention {
    pub(crate) mask: Arc<HostMask>,
}

impl Operation<3> for Attention {
    /// `q`, `k`, `v`, the output, and the log-sum-exp of each query, `[batch, heads, q]`.
    type Saved = [FlexTensor; 5];

    fn forward(&self, inputs: [FlexTensor; 3], _: [bool; 3]) -> (FlexTensor, Self::Saved) {
        let [q, k, v] = inputs.map(contiguous);
        let sizes = Sizes::of(&q, &k);
        assert_eq!(k.shape(), v.shape(), "attention: keys and values differ in shape");
        let (tokens, width) = (sizes.batch * sizes.q, sizes.heads * sizes.head_dim);
        let mut output = Buffer::stale(tokens * width);
        let mut logsumexp = Buffer::stale(sizes.batch * sizes.heads * sizes.q);
        {
            let heads = [Heads::new(&q), Heads::new(&k), Heads::new(&v)];
            let output = MatrixMut::new(&mut output, tokens, width);
            let lse = MatrixMut::new(&mut logsumexp, sizes.batch * sizes.heads, sizes.q);
            if sizes.q <= FEW {
                few_queries::attend(sizes, heads, &self.mask, output, lse);
            } else {
                attend(sizes, heads, &self.mask, output, lse);
            }
        }
        let output = output.into_tensor(q.shape());
        let logsumexp = logsumexp.into_tensor([sizes.batch, sizes.heads, sizes.q]);
        (output.clone(), [q, k, v, output, logsumexp])
    }
    fn backward(
        &self,
        [q, k, v, output, logsumexp]: Self::Saved,
        gradient: FlexTensor,
        _: [bool; 3],
    ) -> [Option<FlexTensor>; 3] {
        let sizes = Sizes::of(&q, &k);
        let (width, kv_width) = (sizes.heads * sizes.head_dim, sizes.kv_heads * sizes.head_dim);
        let (tokens, kv_tokens) = (sizes.batch * sizes.q, sizes.batch * sizes.k);
        let mut dq = Buffer::stale(tokens * width);
        let mut dk = Buffer::stale(kv_tokens * kv_width);
        let mut dv = Buffer::stale(kv_tokens * kv_width);
        {
            let (qs, ks, vs) = (Heads::new(&q), Heads::new(&k), Heads::new(&v));
            let (outs, douts) = (Heads::new(&output), Heads::new(&gradient));
            let lse = floats(&logsumexp);
            let dq = MatrixMut::new(&mut dq, tokens, width);
            let dk = MatrixMut::new(&mut dk, kv_tokens, kv_width);
            let dv = MatrixMut::new(&mut dv, kv_tokens, kv_width);
            sizes.for_tasks(|batch, kv_head| {
                let mut weights = Buffer::stale(TILE * sizes.k);
                let mut dweights = Buffer::stale(TILE * sizes.k);
                for sum in [&dk, &dv] {
                    // SAFETY: this task alone writes the heads of its pair, and no other part of them is alive.
                    let mut sum =
                        unsafe { sum.part(batch * sizes.k, kv_head * sizes.head_dim, sizes.k, sizes.head_dim) };
                    (0..sizes.k).for_each(|i| sum.row(i).fill(0.0));
                }
                for tile in self.mask.tiles(batch, sizes.q, sizes.k) {
                    let (queries, keys) = (tile.queries.clone(), tile.keys.clone());
                    let (rows, columns) = (queries.len(), keys.len());
                    let (k, v) = (ks.matrix(batch, kv_head, keys.clone()), vs.matrix(batch, kv_head, keys.clone()));
                    for head in kv_head * sizes.group()..(kv_head + 1) * sizes.group() {
                        let weights = &mut weights[..rows * columns];
                        let dweights = &mut dweights[..rows * columns];
                        let q = qs.matrix(batch, head, queries.clone());
                        let dout = douts.matrix(batch, head, queries.clone());
                        let tile_of_weights = MatrixMut::new(weights, rows, columns);
                        product(tile_of_weights, q, k.t(), sizes.scale(), Write::Replace);
                        let tile_of_dweights = MatrixMut::new(dweights, rows, columns);
                        product(tile_of_dweights, dout, v.t(), 1.0, Write::Replace);

                        let lse = &lse[(batch * sizes.heads + head) * sizes.q..][queries.clone()];
                        let mut along = [0.0; TILE];
                        dots_of_rows(&mut along, outs, douts, batch, head, queries.start);
                        backward_rows(weights, dweights, &tile, lse, &along, sizes.scale());

                        // SAFETY: this task alone writes the heads of its pair, one part at a time.
                        let (dq, dk, dv) = unsafe {
                            let first = batch * sizes.k + keys.start;
                            let column = kv_head * sizes.head_dim;
                            (
                                dq.part(batch * sizes.q + queries.start, head * sizes.head_dim, rows, sizes.head_dim),
                                dk.part(first, column, columns, sizes.head_dim),
                                dv.part(first, column, columns, sizes.head_dim),
                            )
                        };
                        let weights = Matrix::new(weights, rows, columns);
                        let dscores = Matrix::new(dweights, rows, columns);
                        product(dv, weights.t(), dout, 1.0, Write::Add);
                        product(dk, dscores.t(), q, 1.0, Write::Add);
                        product(dq, dscores, k, 1.0, Write::Replace);
                    }
                }
            });
        }
        [Some(dq.into_tensor(q.shape())), Some(dk.into_tensor(k.shape())), Some(dv.into_tensor(v.shape()))]
    }
}

/// The values of every query by its weights, and the log-sum-exp of its scores, into `output` `[tokens, heads · head_dim]`
/// and `lse` `[batch · heads, q]`.
fn attend(sizes: Sizes, [qs, ks, vs]: [Heads; 3], mask: &HostMask, output: MatrixMut, lse: MatrixMut) {
    sizes.for_tasks(|batch, kv_head| {
        let mut scores = Buffer::stale(TILE * sizes.k);
        for tile in mask.tiles(batch, sizes.q, sizes.k) {
            let (queries, keys) = (tile.queries.clone(), tile.keys.clone());
            let (rows, columns) = (queries.len(), keys.len());
            for head in kv_head * sizes.group()..(kv_head + 1) * sizes.group() {
                // SAFETY: this task alone writes the heads of its pair, each tile once.
                let (out, mut lse) = unsafe {
                    let first = batch * sizes.q + queries.start;
                    (
                        output.part(first, head * sizes.head_dim, rows, sizes.head_dim),
                        lse.part(batch * sizes.heads + head, queries.start, 1, rows),
                    )
                };
                let scores = &mut scores[..rows * columns];
                product(
                    MatrixMut::new(scores, rows, columns),
                    qs.matrix(batch, head, queries.clone()),
                    ks.matrix(batch, kv_head, keys.clone()).t(),
                    sizes.scale(),
                    Write::Replace,
                );
                softmax_rows(scores, &tile, lse.row(0));
                let weights = Matrix::new(scores, rows, columns);
                product(out, weights, vs.matrix(batch, kv_head, keys.clone()), 1.0, Write::Replace);
            }
        }
    });
}

wide! {
    /// Each row of one head times the same row of another, from row `from` on.
    fn dots_of_rows(dots: &mut [f32; TILE], a: Heads, b: Heads, batch: usize, head: usize, from: usize) {
        for (i, product) in dots.iter_mut().enumerate().take(a.seq - from) {
            *product = dot(a.row(batch, head, from + i), b.row(batch, head, from + i));
        }
    }
}

wide! {
    /// Turns scores into weights `w`, and gradients of weights into gradients of scores before their
    /// scale, `w · (dw - Σ w dw) · scale`; `along[i]` is that sum, equal to the output times its gradient.
    fn backward_rows(
        scores: &mut [f32],
        dweights: &mut [f32],
        tile: &Tile,
        logsumexp: &[f32],
        along: &[f32],
        scale: f32,
    ) {
        let columns = tile.keys.len();
        for (i, &lse) in logsumexp.iter().enumerate() {
            let row = &mut scores[i * columns..][..columns];
            let drow = &mut dweights[i * columns..][..columns];
            let seen = if lse == f32::INFINITY { 0 } else { tile.hide(row, i) };
            row[seen..].fill(0.0);
            drow[seen..].fill(0.0);
            let (row, drow) = (&mut row[..seen], &mut drow[..seen]);
            let along = along[i];
            for j in 0..seen {
                let weight = exp::<FUSED>(row[j] - lse);
                row[j] = weight;
                drow[j] = weight * (drow[j] - along) * scale;
            }
        }
    }
}
