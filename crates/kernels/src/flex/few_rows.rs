//! Products with only a few rows, as when text is generated token by token.
//!
//! Ordinary micro-kernels first copy the weight into the order they read it in. That pays for hundreds of
//! rows; for a few it is most of the time, and reading the weight once as it lies is all there is to do.

use rayon::prelude::*;

use super::pool::Buffer;
use super::product::{Matrix, MatrixMut, Write, product, product_in_parallel};
use super::wide::{fused_dot, many_wide_registers, wide};

/// Up to so many rows each element is a sum of its own.
const FEW: usize = 4;
/// Up to so many the transpose of the output is cheaper to make.
pub(crate) const SOME: usize = 64;
/// Rows of the weight that stay in the first-level cache while each row of `x` meets them, and columns of
/// the output that are transposed together.
const BLOCK: usize = 16;
/// Up to so many rows one register holds an element of each.
const LANES: usize = 16;
/// Multiplications that make a thread worth its while: for a few rows more, because they wait for memory.
const WORTH_A_THREAD: [usize; 2] = [1 << 18, 1 << 17];

/// `y = x · weightᵀ` for contiguous `x` `[rows, d_in]`, `weight` `[d_out, d_in]` and `y` `[rows, d_out]`.
pub(crate) fn times_transpose(y: &mut [f32], x: &[f32], weight: &[f32], [rows, d_out, d_in]: [usize; 3]) {
    if rows > SOME || rows == 0 || d_in == 0 || d_out == 0 {
        let (x, weight) = (Matrix::new(x, rows, d_in), Matrix::new(weight, d_out, d_in));
        let y = MatrixMut::new(y, rows, d_out);
        return product_in_parallel(y, x, weight.t(), Write::Replace);
    }
    let worth = WORTH_A_THREAD[usize::from(rows > FEW)];
    let pieces = rayon::current_num_threads().min(rows * d_out * d_in / worth).max(1);
    let length = d_out.div_ceil(pieces).next_multiple_of(BLOCK);
    let y = MatrixMut::new(y, rows, d_out);
    // For whole blocks only, so that every piece is made of them: who sums must not depend on the threads.
    let in_registers = FEW < rows && rows <= LANES && d_out.is_multiple_of(BLOCK) && many_wide_registers();
    let lanes = in_registers.then(|| in_lanes(x, d_in));
    let piece = |piece: usize| {
        let from = piece * length;
        let length = length.min(d_out - from);
        // SAFETY: the pieces do not overlap.
        let mut y = unsafe { y.part(0, from, rows, length) };
        let weight = &weight[from * d_in..][..length * d_in];
        if rows <= FEW {
            return dots(&mut y, x, weight, rows, d_in);
        }
        #[cfg(target_arch = "x86_64")]
        if let Some(x) = &lanes {
            // SAFETY: `lanes` are made where there are such registers.
            return unsafe { side_by_side(&mut y, x, weight, rows, d_in) };
        }
        let mut columns = Buffer::stale(rows * length);
        let output = MatrixMut::new(&mut columns, length, rows);
        product(output, Matrix::new(weight, length, d_in), Matrix::new(x, rows, d_in).t(), 1.0, Write::Replace);
        transpose(&mut y, &columns, rows);
    };
    match d_out.div_ceil(length) {
        1 => piece(0),
        pieces => (0..pieces).into_par_iter().for_each(piece),
    }
}

/// Element `k` of each row of `x` side by side, zeros for the rows there are not: `[d_in, LANES]`.
fn in_lanes(x: &[f32], d_in: usize) -> Buffer {
    let mut lanes = Buffer::zeros(d_in * LANES);
    for (lane, row) in x.chunks_exact(d_in).enumerate() {
        lanes.iter_mut().skip(lane).step_by(LANES).zip(row).for_each(|(lane, x)| *lane = *x);
    }
    lanes
}

/// As `dots`, `BLOCK` rows of the weight at a time: as many sums that need not wait for each other. An ordinary
/// micro-kernel keeps four, fewer than it takes to fill the time of an addition. The compiler does not find the
/// registers by itself.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn side_by_side(y: &mut MatrixMut, lanes: &[f32], weight: &[f32], rows: usize, d_in: usize) {
    use std::arch::x86_64::{_mm512_fmadd_ps, _mm512_loadu_ps, _mm512_set1_ps, _mm512_setzero_ps, _mm512_storeu_ps};
    let (lanes, _) = lanes.as_chunks::<LANES>();
    for (block, weight) in weight.chunks_exact(BLOCK * d_in).enumerate() {
        let weight: [&[f32]; BLOCK] = std::array::from_fn(|j| &weight[j * d_in..][..d_in]);
        let mut sums = [_mm512_setzero_ps(); BLOCK];
        for (k, x) in lanes[..d_in].iter().enumerate() {
            // SAFETY: an array of sixteen floats.
            let x = unsafe { _mm512_loadu_ps(x.as_ptr()) };
            for j in 0..BLOCK {
                sums[j] = _mm512_fmadd_ps(x, _mm512_set1_ps(weight[j][k]), sums[j]);
            }
        }
        let mut columns = [[0.0f32; LANES]; BLOCK];
        for (column, sum) in columns.iter_mut().zip(sums) {
            // SAFETY: an array of sixteen floats.
            unsafe { _mm512_storeu_ps(column.as_mut_ptr(), sum) };
        }
        for i in 0..rows {
            let y = &mut y.row(i)[block * BLOCK..][..BLOCK];
            y.iter_mut().zip(&columns).for_each(|(y, column)| *y = column[i]);
        }
    }
}

wide! {
    /// `rows` rows from columns that follow each other.
    fn transpose(y: &mut MatrixMut, columns: &[f32], rows: usize) {
        for (block, columns) in columns.chunks(BLOCK * rows).enumerate() {
            for i in 0..rows {
                let y = &mut y.row(i)[block * BLOCK..];
                y.iter_mut().zip(columns.chunks_exact(rows)).for_each(|(y, column)| *y = column[i]);
            }
        }
    }
}

wide! {
    /// Element `(i, j)` of `y` is row `i` of `x` times row `j` of `weight`.
    fn dots(y: &mut MatrixMut, x: &[f32], weight: &[f32], rows: usize, d_in: usize) {
        for (block, weight) in weight.chunks(BLOCK * d_in).enumerate() {
            for i in 0..rows {
                let x = &x[i * d_in..][..d_in];
                let y = &mut y.row(i)[block * BLOCK..];
                for (y, weight) in y.iter_mut().zip(weight.chunks_exact(d_in)) {
                    *y = fused_dot::<FUSED>(x, weight);
                }
            }
        }
    }
}
