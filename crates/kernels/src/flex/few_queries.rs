//! Attention of a few queries to many keys, as when text is generated token by token.
//!
//! Reading the keys and values is most of the work, so they are read as they lie: all heads of one token, then the next
//! token.

use std::ops::Range;

use super::heads::{Heads, Sizes};
use super::matrix::MatrixMut;
use super::pool::Buffer;
use super::softmax::softmax_rows;
use super::tile::{HostMask, Tile};
use super::wide::{fused_dot, wide};

/// Some heads of one batch entry.
struct Part<'a> {
    batch: usize,
    kv_heads: Range<usize>,
    /// Query heads for each of them.
    group: usize,
    head_dim: usize,
    tile: &'a Tile<'a>,
}

/// As attention's `attend`.
pub(super) fn attend(sizes: Sizes, [q, k, v]: [Heads; 3], mask: &HostMask, output: MatrixMut, lse: MatrixMut) {
    // Where there are fewer entries than threads, heads are shared out too; no sum notices.
    let apart = sizes.batch < rayon::current_num_threads() && sizes.worth_threads();
    let together = if apart { 1 } else { sizes.kv_heads };
    sizes.for_tasks_of(together, |batch, kv_heads| {
        let heads = kv_heads.start * sizes.group()..kv_heads.end * sizes.group();
        let mut scores = Buffer::stale(heads.len() * sizes.q * sizes.k);
        for tile in mask.tiles(batch, sizes.q, sizes.k) {
            let (rows, columns) = (tile.queries.len(), tile.keys.len());
            let scores = &mut scores[..heads.len() * rows * columns];
            // SAFETY: this task alone writes its heads, each tile once.
            let (out, mut lse) = unsafe {
                let (first, column) = (batch * sizes.q + tile.queries.start, heads.start * sizes.head_dim);
                (
                    output.part(first, column, rows, heads.len() * sizes.head_dim),
                    lse.part(batch * sizes.heads + heads.start, tile.queries.start, heads.len(), rows),
                )
            };
            let kv_heads = kv_heads.clone();
            let part = Part { batch, kv_heads, group: sizes.group(), head_dim: sizes.head_dim, tile: &tile };
            score(scores, q, k, &part, sizes.scale());
            for head in 0..heads.len() {
                softmax_rows(&mut scores[head * rows * columns..][..rows * columns], &tile, lse.row(head));
            }
            weigh(out, scores, v, &part);
        }
    });
}

wide! {
    /// Scores `[heads, rows, columns]`.
    fn score(scores: &mut [f32], q: Heads, k: Heads, part: &Part, scale: f32) {
        let Part { batch, ref kv_heads, group, head_dim, tile } = *part;
        let heads = kv_heads.start * group..kv_heads.end * group;
        let (rows, columns) = (tile.queries.len(), tile.keys.len());
        for row in 0..rows {
            let q = q.rows(batch, &heads, tile.queries.start + row);
            for column in 0..columns {
                let k = k.rows(batch, kv_heads, tile.keys.start + column);
                let of_a_key = q.chunks_exact(group * head_dim).zip(k.chunks_exact(head_dim));
                for (kv_head, (q, k)) in of_a_key.enumerate() {
                    for (head, q) in (kv_head * group..).zip(q.chunks_exact(head_dim)) {
                        scores[(head * rows + row) * columns + column] = scale * fused_dot::<FUSED>(q, k);
                    }
                }
            }
        }
    }
}

wide! {
    /// The values by their weights `[heads, rows, columns]`.
    fn weigh(out: MatrixMut, weights: &[f32], v: Heads, part: &Part) {
        let Part { batch, ref kv_heads, group, head_dim, tile } = *part;
        let (rows, columns) = (tile.queries.len(), tile.keys.len());
        let mut out = out;
        for row in 0..rows {
            let out = out.row(row);
            out.fill(0.0);
            for column in 0..columns {
                let v = v.rows(batch, kv_heads, tile.keys.start + column);
                let of_a_value = out.chunks_exact_mut(group * head_dim).zip(v.chunks_exact(head_dim));
                for (kv_head, (out, v)) in of_a_value.enumerate() {
                    for (head, out) in (kv_head * group..).zip(out.chunks_exact_mut(head_dim)) {
                        let weight = weights[(head * rows + row) * columns + column];
                        out.iter_mut().zip(v).for_each(|(out, v)| *out += weight * v);
                    }
                }
            }
        }
    }
}
