//! Products with only a few rows, as when text is generated token by token.
//!
//! Ordinary micro-kernels first copy the weight into the order they read it in. That pays for hundreds of
//! rows; for a few it is most of the time, and reading the weight once as it lies is all there is to do.

use rayon::prelude::*;

use super::matrix::{Matrix, MatrixMut};
use super::pool::Buffer;
use super::product::{product, product_in_parallel};
#[cfg(target_arch = "x86_64")]
use super::sixteen_rows::Lanes;
use super::wide::{fused_dot, wide};
use super::write::Write;

/// Up to so many rows each element is a sum of its own.
const FEW: usize = 4;
/// Up to so many the transpose of the output is cheaper to make.
pub(crate) const SOME: usize = 64;
/// Rows of the weight that stay in the first-level cache while each row of `x` meets them, and columns of
/// the output that are transposed together.
const BLOCK: usize = 16;
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
    #[cfg(target_arch = "x86_64")]
    let lanes = if rows > FEW { Lanes::of(x, [rows, d_out, d_in]) } else { None };
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
        if let Some(lanes) = &lanes {
            return lanes.times(&mut y, weight);
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
