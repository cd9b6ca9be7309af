//! Rows cut into blocks for the threads.

use rayon::prelude::*;

/// Floats in a block: 64 KiB, a share of the second-level cache, and enough work to be worth a thread.
const BLOCK: usize = 16 * 1024;

/// How many rows of `width` floats make a block. It depends on nothing else, so neither do the sums that
/// are kept one a block.
pub(crate) fn rows_per_block(width: usize) -> usize {
    (BLOCK / width.max(1)).max(1)
}

/// Calls `f(first_row, rows)` for each block of rows of `output`, in parallel when there are several.
pub(crate) fn for_blocks(output: &mut [f32], width: usize, f: impl Fn(usize, &mut [f32]) + Sync) {
    let rows = rows_per_block(width);
    if output.len() <= BLOCK {
        return f(0, output);
    }
    let blocks = output.par_chunks_mut(rows * width).enumerate();
    blocks.for_each(|(block, output)| f(block * rows, output));
}

/// The same for two outputs; the second has `other_width` floats a block (partial sums) or, when
/// `other_width` is `None`, the shape of the first.
pub(crate) fn for_blocks_of_two(
    output: &mut [f32],
    width: usize,
    other: &mut [f32],
    other_width: Option<usize>,
    f: impl Fn(usize, &mut [f32], &mut [f32]) + Sync,
) {
    let rows = rows_per_block(width);
    if output.len() <= BLOCK {
        return f(0, output, other);
    }
    let other = other.par_chunks_mut(other_width.unwrap_or(rows * width));
    let blocks = output.par_chunks_mut(rows * width).zip_eq(other).enumerate();
    blocks.for_each(|(block, (output, other))| f(block * rows, output, other));
}

/// How many blocks `rows` rows of `width` floats make.
pub(crate) fn blocks(rows: usize, width: usize) -> usize {
    rows.div_ceil(rows_per_block(width)).max(1)
}

/// The sum of rows of `width` floats, in their order.
pub(crate) fn sum_of_rows(rows: &[f32], total: &mut [f32]) {
    total.fill(0.0);
    for row in rows.chunks_exact(total.len().max(1)) {
        total.iter_mut().zip(row).for_each(|(total, value)| *total += value);
    }
}
