//! Scores as weights.

use super::tile::Tile;
use super::wide::{exp_and_sum, max, wide};

wide! {
    /// Turns each row of scores into weights that sum to 1, and notes its log-sum-exp. A row that sees
    /// nothing becomes zeros, its log-sum-exp infinite so that it stays so in the backward pass.
    pub(super) fn softmax_rows(scores: &mut [f32], tile: &Tile, logsumexp: &mut [f32]) {
        let columns = tile.keys.len();
        for (i, lse) in logsumexp.iter_mut().enumerate() {
            let row = &mut scores[i * columns..][..columns];
            let seen = tile.hide(row, i);
            let (row, unseen) = row.split_at_mut(seen);
            unseen.fill(0.0);
            let highest = max(row);
            if highest == f32::NEG_INFINITY {
                row.fill(0.0);
                *lse = f32::INFINITY;
                continue;
            }
            let total = exp_and_sum::<FUSED>(row, highest);
            *lse = highest + total.ln();
            let inverse = 1.0 / total;
            for weight in row.iter_mut() {
                *weight *= inverse;
            }
        }
    }
}
