//! Products of matrices rounded to bfloat16 and summed in float32, with the instructions that x86-64 has for them.
//!
//! Both sides are packed in tiles. A tile is sixteen lines of 64 bytes. One of the left matrix holds 16 rows by 32 of the
//! depth; one of the right holds 16 pairs of the depth by 16 columns, the two of a pair side by side. The output is made in
//! blocks of two by two tiles of sums. All of these instructions take subnormal numbers for zeros.

mod instructions;
mod pack;
mod registers;
mod sizes;
mod vectors;

use super::matrix::{Matrix, MatrixMut};
use super::pool::Buffer;
use super::write::{Triangle, Write};
use instructions::Instructions;
use pack::{Lines, pack};
use registers::Registers;
use sizes::{BLOCK, DEPTH, TILE};

pub(crate) use instructions::instructions;

/// Depth that is packed at once: a strip of the left matrix, `BLOCK` by this, is 32 KiB.
const MOST_DEPTH: usize = 512;
/// Columns that are packed at once: with `MOST_DEPTH` of them 512 KiB, half of a small second-level cache.
const MOST_COLUMNS: usize = 512;

/// `output = scale · left · right`, or `+=`, both sides rounded to bfloat16. Not for an empty depth.
///
/// # Safety
/// `instructions` must be among those that are there.
pub(crate) unsafe fn product(
    instructions: Instructions,
    output: MatrixMut,
    left: Matrix,
    right: Matrix,
    scale: f32,
    write: Write,
    triangle: Triangle,
) {
    let (m, n, depth) = (output.rows, output.columns, left.columns);
    let packed_depth = depth.min(MOST_DEPTH).next_multiple_of(DEPTH);
    let packed_columns = n.min(MOST_COLUMNS).next_multiple_of(BLOCK);
    let right_floats = packed_depth * packed_columns / 2;
    let left_floats = packed_depth * BLOCK / 2;
    // Two bfloat16 take the room of a float.
    let mut scratch = Buffer::stale(right_floats + left_floats + BLOCK * BLOCK);
    let (packed_right, rest) = scratch.split_at_mut(right_floats);
    let (packed_left, sums) = rest.split_at_mut(left_floats);
    // SAFETY: the contract.
    let _configured = unsafe { (instructions == Instructions::Registers).then(|| Registers::configure()) };
    for from_column in (0..n).step_by(MOST_COLUMNS) {
        let columns = MOST_COLUMNS.min(n - from_column);
        for from_depth in (0..depth).step_by(MOST_DEPTH) {
            let depth = MOST_DEPTH.min(depth - from_depth);
            let write = if from_depth == 0 { write } else { Write::Add };
            let right = right.part(from_depth, from_column, depth, columns);
            // SAFETY: the contract.
            unsafe { pack(packed_right, right.t(), Lines::Pairs) };
            for from_row in (0..m).step_by(BLOCK) {
                let rows = BLOCK.min(m - from_row);
                let columns = match triangle {
                    Triangle::Both => columns,
                    Triangle::Lower => columns.min((from_row + rows).saturating_sub(from_column)),
                };
                if columns == 0 {
                    continue;
                }
                // SAFETY: the contract; strips do not overlap.
                unsafe {
                    pack(packed_left, left.part(from_row, from_depth, rows, depth), Lines::Rows);
                    let strip = output.part(from_row, from_column, rows, columns);
                    let steps = depth.div_ceil(DEPTH);
                    multiply(instructions, strip, packed_left, packed_right, steps, sums, scale, write);
                }
            }
        }
    }
}

/// A strip of the output, at most `BLOCK` rows, from packed tiles, `steps` of them along the depth.
///
/// # Safety
/// The instructions must be there, and the registers configured.
#[allow(clippy::too_many_arguments)]
unsafe fn multiply(
    instructions: Instructions,
    mut strip: MatrixMut,
    left: &[f32],
    right: &[f32],
    steps: usize,
    sums: &mut [f32],
    scale: f32,
    write: Write,
) {
    let block = match instructions {
        Instructions::Registers => registers::block,
        Instructions::Vectors => vectors::block,
    };
    let (rows, n) = (strip.rows, strip.columns);
    let panel = steps * TILE;
    assert!(panel <= left.len() && n.div_ceil(BLOCK) * panel <= right.len() && sums.len() == BLOCK * BLOCK);
    for (j, right) in (0..n).step_by(BLOCK).zip(right.chunks_exact(panel)) {
        let columns = BLOCK.min(n - j);
        if rows == BLOCK && columns == BLOCK && scale == 1.0 {
            // SAFETY: the block lies in the strip, the tiles in their slices, by the assertion.
            unsafe {
                let start = strip.start.add(j);
                block(start, strip.row_stride, left.as_ptr(), right.as_ptr(), steps, write == Write::Add);
            }
            continue;
        }
        // Which blocks are whole depends on the cut, so the others have to add in the same order.
        let add = write == Write::Add && scale == 1.0;
        if add {
            for (i, sums) in sums.chunks_exact_mut(BLOCK).enumerate().take(rows) {
                sums[..columns].copy_from_slice(&strip.row(i)[j..][..columns]);
            }
        }
        // SAFETY: `sums` holds a block.
        unsafe { block(sums.as_mut_ptr(), BLOCK, left.as_ptr(), right.as_ptr(), steps, add) };
        for (i, sums) in sums.chunks_exact(BLOCK).enumerate().take(rows) {
            let row = strip.row(i)[j..][..columns].iter_mut().zip(sums);
            match write {
                Write::Add if !add => row.for_each(|(output, sum)| *output += scale * sum),
                _ => row.for_each(|(output, sum)| *output = scale * sum),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::product::rounded_by_hand;
    use super::instructions::available;
    use super::*;

    fn numbers(n: usize, seed: usize) -> Vec<f32> {
        (0..n).map(|i| ((i * 7919 + seed * 104_729) % 1009) as f32 / 504.5 - 1.0).collect()
    }

    /// Against the same rounding by hand and a product in float32: only the order of the sums differs.
    #[test]
    fn what_is_rounded_is_multiplied() {
        let available = available();
        if available.is_empty() {
            return eprintln!("this processor has no instructions for bfloat16: nothing to compare");
        }
        for [m, n, depth] in [
            [32, 32, 32],
            [1, 1, 1],
            [64, 96, 128],
            [33, 47, 31],
            [5, 700, 65],
            [100, 17, 1100],
            [256, 520, 2],
            [40, 600, 600],
        ] {
            // Rows of the inputs and of the output lie apart, and what is between those of the output stays.
            let (left, right) = (numbers((m + 2) * (depth + 2), 1), numbers((depth + 2) * (n + 2), 2));
            let orders = [
                (Matrix::strided(&left, m, depth, depth + 2), Matrix::strided(&right, depth, n, n + 2)),
                (Matrix::strided(&left, depth, m, m + 2).t(), Matrix::strided(&right, depth, n, n + 2)),
                (Matrix::strided(&left, m, depth, depth + 2), Matrix::strided(&right, n, depth, depth + 2).t()),
                (Matrix::strided(&left, depth, m, m + 2).t(), Matrix::strided(&right, n, depth, depth + 2).t()),
            ];
            let ways = [(1.0, Write::Replace), (0.3, Write::Replace), (0.3, Write::Add), (1.0, Write::Add)];
            for ((order, (left, right)), &instructions) in
                orders.into_iter().enumerate().flat_map(|order| available.iter().map(move |way| (order, way)))
            {
                for (scale, write) in ways {
                    let [mut got, mut expected] = [(); 2].map(|()| vec![0.5; m * (n + 3)]);
                    let output = MatrixMut::strided(&mut got, m, n, n + 3);
                    // SAFETY: they are there.
                    unsafe { product(instructions, output, left, right, scale, write, Triangle::Both) };
                    rounded_by_hand(
                        MatrixMut::strided(&mut expected, m, n, n + 3),
                        left,
                        right,
                        scale,
                        write,
                        Triangle::Both,
                    );
                    for (i, (got, expected)) in got.iter().zip(&expected).enumerate() {
                        let near = (got - expected).abs() <= 2e-6 * (depth as f32 + 1.0);
                        assert!(
                            near,
                            "{instructions:?}, {m} × {n} × {depth}, order {order}, at {i}: {got}, not {expected}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn a_triangle_is_as_in_the_whole() {
        for instructions in available() {
            let (m, depth) = (1100, 600);
            let left = numbers(m * depth, 1);
            let left = Matrix::new(&left, m, depth);
            let [whole, lower] = [Triangle::Both, Triangle::Lower].map(|triangle| {
                let mut output = vec![f32::NAN; m * m];
                let matrix = MatrixMut::new(&mut output, m, m);
                // SAFETY: they are there.
                unsafe { product(instructions, matrix, left, left.t(), 1.0, Write::Replace, triangle) };
                output
            });
            for (i, (whole, lower)) in whole.chunks_exact(m).zip(lower.chunks_exact(m)).enumerate() {
                assert_eq!(whole[..=i], lower[..=i], "{instructions:?}, row {i}");
            }
            assert!(lower[m - 1].is_nan(), "the rest is left out");
        }
    }

    /// However the output is cut, and whatever its blocks are then.
    #[test]
    fn the_cut_does_not_show() {
        let [m, n, depth] = [100, 600, 1100];
        let (left, right) = (numbers(m * depth, 1), numbers(depth * n, 2));
        let (left, right) = (Matrix::new(&left, m, depth), Matrix::new(&right, depth, n));
        for instructions in available() {
            for (scale, write) in [(1.0, Write::Replace), (0.3, Write::Replace), (0.3, Write::Add), (1.0, Write::Add)] {
                let made = |rows: &[usize], columns: &[usize]| {
                    let mut output = numbers(m * n, 3);
                    let matrix = MatrixMut::new(&mut output, m, n);
                    for i in rows.windows(2).map(|ends| ends[0]..ends[1]) {
                        for j in columns.windows(2).map(|ends| ends[0]..ends[1]) {
                            let left = left.some_rows(i.start, i.len());
                            let right = right.part(0, j.start, depth, j.len());
                            // SAFETY: parts that do not overlap; the instructions are there.
                            unsafe {
                                let part = matrix.part(i.start, j.start, i.len(), j.len());
                                product(instructions, part, left, right, scale, write, Triangle::Both);
                            }
                        }
                    }
                    output
                };
                let (whole, parts) = (made(&[0, m], &[0, n]), made(&[0, 16, 48, m], &[0, 96, 107, n]));
                assert!(whole == parts, "{instructions:?}, scale {scale}");
            }
        }
    }

    #[test]
    fn what_is_not_a_number_shows() {
        for instructions in available() {
            let mut left = vec![1.0; 40 * 40];
            left[3 * 40 + 5] = f32::NAN;
            left[35 * 40] = f32::INFINITY;
            let right = vec![0.5; 40 * 40];
            let mut output = vec![0.0; 40 * 40];
            let matrix = MatrixMut::new(&mut output, 40, 40);
            let (left, right) = (Matrix::new(&left, 40, 40), Matrix::new(&right, 40, 40));
            // SAFETY: they are there.
            unsafe { product(instructions, matrix, left, right, 1.0, Write::Replace, Triangle::Both) };
            for (i, row) in output.chunks_exact(40).enumerate() {
                let fits = |number: &f32| match i {
                    3 => number.is_nan(),
                    35 => *number == f32::INFINITY,
                    _ => *number == 20.0,
                };
                assert!(row.iter().all(fits), "{instructions:?}, row {i}: {row:?}");
            }
        }
    }
}
