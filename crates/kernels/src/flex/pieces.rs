//! Rows cut in pieces for the threads, and each piece in blocks that fit the second-level cache.
//!
//! The cut depends on the number of rows only, so that sums kept a piece are the same for every number of threads.

use std::ops::Range;

use rayon::prelude::*;

use super::few_rows::SOME;
use super::pool::Buffer;

/// Rows of a block: enough that a product over them is worth packing its weight for.
const BLOCK: usize = 256;
/// Most rows of a piece with sums of its own: with fewer, adding those up would show.
const SUMMED: usize = 512;

/// The cut.
#[derive(Clone, Copy)]
pub(crate) struct Pieces {
    rows: usize,
    length: usize,
    count: usize,
}

/// Rows of one piece, block by block.
pub(crate) struct Blocks {
    piece: Range<usize>,
    next: usize,
}

/// Some rows, counted from the first of all and from the first of their piece.
pub(crate) struct Block {
    pub(crate) all: Range<usize>,
    pub(crate) own: Range<usize>,
}

impl Block {
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }
}

impl Blocks {
    /// The most rows of a block.
    pub(crate) fn most_rows(&self) -> usize {
        BLOCK.min(self.piece.len())
    }
}

impl Iterator for Blocks {
    type Item = Block;

    fn next(&mut self) -> Option<Block> {
        let from = self.next;
        let to = (from + BLOCK).min(self.piece.end);
        self.next = to;
        let own = from - self.piece.start..to - self.piece.start;
        (from < to).then_some(Block { all: from..to, own })
    }
}

/// The part of `data` that holds `rows` of `width`.
pub(crate) fn rows_of<'a>(data: &'a [f32], rows: &Range<usize>, width: usize) -> &'a [f32] {
    &data[rows.start * width..rows.end * width]
}

impl Pieces {
    /// Pieces of `rows` rows that have nothing to sum.
    pub(crate) fn new(rows: usize) -> Self {
        Self::cut(rows, BLOCK)
    }

    /// Pieces of `rows` rows, each with sums of its own.
    pub(crate) fn with_sums(rows: usize) -> Self {
        Self::cut(rows, SUMMED)
    }

    /// Pieces of `rows` rows that have nothing to sum, smaller than usual.
    pub(crate) fn of_at_most(most: usize, rows: usize) -> Self {
        Self::cut(rows, most)
    }

    /// Pieces of at most `most` rows: a power of two of them, which most numbers of threads share evenly. Few rows
    /// stay together: their products are cut along the weight.
    fn cut(rows: usize, most: usize) -> Self {
        let count = if rows <= SOME { 1 } else { rows.div_ceil(most).next_power_of_two().max(2) };
        let length = rows.div_ceil(count).next_multiple_of(16);
        Self { rows, length, count: rows.div_ceil(length).max(1) }
    }

    /// Room for a sum of `len` a piece.
    pub(crate) fn sums(self, len: usize) -> Buffer {
        Buffer::stale(self.count * len)
    }

    /// The sum over the pieces, in their order.
    pub(crate) fn total(self, mut sums: Buffer, len: usize) -> Buffer {
        if self.count == 1 {
            return sums;
        }
        let (total, others) = sums.split_at_mut(len);
        total.par_chunks_mut(1 << 14).enumerate().for_each(|(chunk, total)| {
            for other in others.chunks_exact(len) {
                let other = &other[chunk << 14..];
                total.iter_mut().zip(other).for_each(|(total, other)| *total += other);
            }
        });
        sums.shorten(len);
        sums
    }

    /// Calls `f` for each piece with its rows of every output, each given with its width.
    pub(crate) fn run<const N: usize>(
        self,
        outputs: [(&mut [f32], usize); N],
        f: impl Fn(Blocks, [&mut [f32]; N]) + Sync,
    ) {
        self.run_with_sums(outputs, [], |blocks, outputs, []| f(blocks, outputs));
    }

    /// The same, with the piece's own part of each of the `sums`. At least one piece is run, be it empty.
    pub(crate) fn run_with_sums<const N: usize, const M: usize>(
        self,
        outputs: [(&mut [f32], usize); N],
        sums: [&mut [f32]; M],
        f: impl Fn(Blocks, [&mut [f32]; N], [&mut [f32]; M]) + Sync,
    ) {
        let mut outputs = outputs.map(|(output, width)| output.chunks_mut((self.length * width).max(1)));
        let mut sums = sums.map(|sums| {
            let len = sums.len() / self.count;
            sums.chunks_mut(len.max(1))
        });
        let pieces: Vec<_> = (0..self.count)
            .map(|piece| {
                let from = piece * self.length;
                let to = (from + self.length).min(self.rows);
                let outputs = outputs.each_mut().map(|output| output.next().unwrap_or_default());
                let sums = sums.each_mut().map(|sum| sum.next().unwrap_or_default());
                (Blocks { piece: from..to, next: from }, outputs, sums)
            })
            .collect();
        match self.count {
            1 => pieces.into_iter().for_each(|(blocks, outputs, sums)| f(blocks, outputs, sums)),
            _ => pieces.into_par_iter().for_each(|(blocks, outputs, sums)| f(blocks, outputs, sums)),
        }
    }
}
