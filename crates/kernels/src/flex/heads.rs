//! Queries, keys and values by their heads.

use std::ops::Range;

use burn::backend::TensorMetadata;
use rayon::prelude::*;

use super::matrix::Matrix;
use super::{FlexTensor, floats};

/// Below this many multiplications a single thread is faster.
const WORTH_THREADS: usize = 1 << 15;

#[derive(Clone, Copy)]
pub(super) struct Sizes {
    pub(super) batch: usize,
    pub(super) q: usize,
    pub(super) k: usize,
    pub(super) heads: usize,
    pub(super) kv_heads: usize,
    pub(super) head_dim: usize,
}

impl Sizes {
    pub(super) fn of(q: &FlexTensor, k: &FlexTensor) -> Self {
        let (q, k) = (q.shape(), k.shape());
        let sizes = Self { batch: q[0], q: q[1], k: k[1], heads: q[2], kv_heads: k[2], head_dim: q[3] };
        assert!(
            k[0] == q[0] && k[3] == q[3] && k[2] > 0 && q[2].is_multiple_of(k[2]),
            "attention: queries {q:?} against keys {k:?}"
        );
        sizes
    }

    pub(super) fn scale(self) -> f32 {
        1.0 / (self.head_dim as f32).sqrt()
    }

    pub(super) fn group(self) -> usize {
        self.heads / self.kv_heads
    }

    pub(super) fn worth_threads(self) -> bool {
        self.batch * self.q * self.k * self.heads * self.head_dim >= WORTH_THREADS
    }

    /// Calls `f(batch, kv_head)` for every pair.
    pub(super) fn for_tasks(self, f: impl Fn(usize, usize) + Sync) {
        self.for_tasks_of(1, |batch, kv_heads| f(batch, kv_heads.start));
    }

    /// Calls `f(batch, kv_heads)` for every batch entry and so many of its key heads at a time.
    pub(super) fn for_tasks_of(self, kv_heads: usize, f: impl Fn(usize, Range<usize>) + Sync) {
        let each = self.kv_heads / kv_heads;
        let tasks = self.batch * each;
        let f = |task: usize| f(task / each, task % each * kv_heads..(task % each + 1) * kv_heads);
        if !self.worth_threads() {
            (0..tasks).for_each(f);
        } else {
            (0..tasks).into_par_iter().for_each(f);
        }
    }
}

/// The heads of `[batch, seq, heads, head_dim]` as matrices.
#[derive(Clone, Copy)]
pub(super) struct Heads<'a> {
    pub(super) data: &'a [f32],
    pub(super) seq: usize,
    pub(super) heads: usize,
    pub(super) head_dim: usize,
}

impl<'a> Heads<'a> {
    pub(super) fn new(tensor: &'a FlexTensor) -> Self {
        let shape = tensor.shape();
        Self { data: floats(tensor), seq: shape[1], heads: shape[2], head_dim: shape[3] }
    }

    pub(super) fn matrix(self, batch: usize, head: usize, rows: Range<usize>) -> Matrix<'a> {
        let from = self.start(batch, head, rows.start);
        Matrix::strided(&self.data[from..], rows.len(), self.head_dim, self.heads * self.head_dim)
    }

    pub(super) fn row(self, batch: usize, head: usize, row: usize) -> &'a [f32] {
        &self.data[self.start(batch, head, row)..][..self.head_dim]
    }

    /// Some heads of one row, one after the other.
    pub(super) fn rows(self, batch: usize, heads: &Range<usize>, row: usize) -> &'a [f32] {
        &self.data[self.start(batch, heads.start, row)..][..heads.len() * self.head_dim]
    }

    pub(super) fn start(self, batch: usize, head: usize, row: usize) -> usize {
        ((batch * self.seq + row) * self.heads + head) * self.head_dim
    }
}
