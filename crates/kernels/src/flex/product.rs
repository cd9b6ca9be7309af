//! Products of float32 matrices.
//!
//! On x86-64 with AVX2 the micro-kernels are `private-gemm-x86`'s (faer's), elsewhere `gemm`'s; what may be rounded
//! is made by [`bfloat16`] where there are instructions for it. Each call runs on one thread; [`product_in_parallel`]
//! cuts the output in one piece a thread. An element of the output is always summed in the order of the depth, so that
//! the cut does not show in the bits.

use rayon::prelude::*;

#[cfg(target_arch = "x86_64")]
use super::bfloat16;
use super::matrix::{Matrix, MatrixMut};
use super::pool::Buffer;
use super::write::{Triangle, Write};
use crate::precision::rounding;

/// `output = scale · left · right`, or `+=`, on this thread.
pub(crate) fn product(output: MatrixMut, left: Matrix, right: Matrix, scale: f32, write: Write) {
    product_of(output, left, right, scale, write, Triangle::Both);
}

/// `output = left · right`, known to be symmetric: little more than half of it is computed, on this thread.
pub(crate) fn symmetric_product(mut output: MatrixMut, left: Matrix, right: Matrix) {
    let all = MatrixMut { ..output };
    product_of(all, left, right, 1.0, Write::Replace, Triangle::Lower);
    for i in 0..output.rows {
        for j in 0..i {
            let value = output.row(i)[j];
            output.row(j)[i] = value;
        }
    }
}

fn product_of(mut output: MatrixMut, left: Matrix, right: Matrix, scale: f32, write: Write, triangle: Triangle) {
    let (m, n, depth) = (output.rows, output.columns, left.columns);
    assert!(
        left.rows == m && right.columns == n && right.rows == depth,
        "a [{}, {}] matrix times a [{}, {}] one into a [{m}, {n}] one",
        left.rows,
        left.columns,
        right.rows,
        right.columns
    );
    if m == 0 || n == 0 {
        return;
    }
    if depth == 0 {
        if write == Write::Replace {
            (0..m).for_each(|i| output.row(i).fill(0.0));
        }
        return;
    }
    if rounds(depth) {
        #[cfg(target_arch = "x86_64")]
        if let Some(instructions) = bfloat16::instructions() {
            // SAFETY: they are there.
            return unsafe { bfloat16::product(instructions, output, left, right, scale, write, triangle) };
        }
        return rounded_by_hand(output, left, right, scale, write, triangle);
    }
    exact(output, left, right, scale, write, triangle);
}

/// Sums of fewer products are not worth rounding for. The depth alone decides, which no cut of the output changes.
const WORTH_ROUNDING: usize = 16;

/// Whether a product is one of rounded factors.
fn rounds(depth: usize) -> bool {
    depth >= WORTH_ROUNDING && rounding()
}

/// The product of both sides rounded to bfloat16, made in float32.
pub(super) fn rounded_by_hand(
    output: MatrixMut,
    left: Matrix,
    right: Matrix,
    scale: f32,
    write: Write,
    triangle: Triangle,
) {
    let [left_elements, right_elements] = [left, right].map(rounded);
    let left = Matrix::new(&left_elements, left.rows, left.columns);
    let right = Matrix::new(&right_elements, right.rows, right.columns);
    exact(output, left, right, scale, write, triangle);
}

/// The elements row by row, each the nearest bfloat16; of two as near the even one.
fn rounded(matrix: Matrix) -> Buffer {
    let mut elements = Buffer::stale(matrix.rows * matrix.columns);
    for (i, row) in elements.chunks_exact_mut(matrix.columns).enumerate() {
        let source = matrix.starting_at_row(i).iter().step_by(matrix.column_stride);
        row.iter_mut().zip(source).for_each(|(element, &source)| *element = to_bfloat16(source));
    }
    elements
}

fn to_bfloat16(number: f32) -> f32 {
    if number.is_nan() {
        return number;
    }
    let bits = number.to_bits();
    let half = 0x7fff + (bits >> 16 & 1);
    f32::from_bits((bits + half) & 0xffff_0000)
}

/// The product in float32.
#[cfg_attr(not(target_arch = "x86_64"), expect(unused_variables, reason = "the portable product makes all of it"))]
fn exact(output: MatrixMut, left: Matrix, right: Matrix, scale: f32, write: Write, triangle: Triangle) {
    #[cfg(target_arch = "x86_64")]
    if let Some(instructions) = instructions() {
        let (m, n, depth) = (output.rows, output.columns, left.columns);
        // SAFETY: every element that the strides and sizes reach lies in `left`, `right` and `output` by
        // their construction, and the processor has the instructions.
        unsafe {
            private_gemm_x86::gemm(
                private_gemm_x86::DType::F32,
                private_gemm_x86::IType::U64,
                instructions,
                m,
                n,
                depth,
                output.start.cast(),
                output.row_stride as isize,
                1,
                std::ptr::null(),
                std::ptr::null(),
                match triangle {
                    Triangle::Both => private_gemm_x86::DstKind::Full,
                    Triangle::Lower => private_gemm_x86::DstKind::Lower,
                },
                match write {
                    Write::Replace => private_gemm_x86::Accum::Replace,
                    Write::Add => private_gemm_x86::Accum::Add,
                },
                left.data.as_ptr().cast(),
                left.row_stride as isize,
                left.column_stride as isize,
                false,
                std::ptr::null(),
                0,
                right.data.as_ptr().cast(),
                right.row_stride as isize,
                right.column_stride as isize,
                false,
                (&raw const scale).cast(),
                1,
            );
        }
        return;
    }
    portable(output, left, right, scale, write);
}

/// The product by the crate `gemm`, on any processor.
fn portable(output: MatrixMut, left: Matrix, right: Matrix, scale: f32, write: Write) {
    // SAFETY: as in `product`.
    unsafe {
        gemm::gemm(
            output.rows,
            output.columns,
            left.columns,
            output.start,
            1,
            output.row_stride as isize,
            write == Write::Add,
            left.data.as_ptr(),
            left.column_stride as isize,
            left.row_stride as isize,
            right.data.as_ptr(),
            right.column_stride as isize,
            right.row_stride as isize,
            1.0,
            scale,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

#[cfg(target_arch = "x86_64")]
fn instructions() -> Option<private_gemm_x86::InstrSet> {
    if std::is_x86_feature_detected!("avx512f") && std::is_x86_feature_detected!("avx512vl") {
        Some(private_gemm_x86::InstrSet::Avx512)
    } else if std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma") {
        Some(private_gemm_x86::InstrSet::Avx256)
    } else {
        None
    }
}

/// Products smaller than this many multiplications are not worth waking a thread for.
const WORTH_A_THREAD: usize = 1 << 20;

/// `output = left · right`, or `+=`, cut along the longer side of the output into a piece a thread.
pub(crate) fn product_in_parallel(output: MatrixMut, left: Matrix, right: Matrix, write: Write) {
    let (m, n) = (output.rows, output.columns);
    let work = m * n * left.columns;
    let pieces = rayon::current_num_threads().min(work / WORTH_A_THREAD);
    if pieces <= 1 {
        return product(output, left, right, 1.0, write);
    }
    let output = &output;
    // Pieces are whole multiples of what a micro-kernel writes at once, in either precision.
    let (side, unit) = if m >= n { (m, 32) } else { (n, 96) };
    let length = side.div_ceil(pieces).next_multiple_of(unit);
    (0..side.div_ceil(length)).into_par_iter().for_each(|piece| {
        let from = piece * length;
        let length = length.min(side - from);
        // SAFETY: the pieces do not overlap.
        unsafe {
            if m >= n {
                let output = output.part(from, 0, length, n);
                product(output, left.some_rows(from, length), right, 1.0, write);
            } else {
                let output = output.part(0, from, m, length);
                product(output, left, right.t().some_rows(from, length).t(), 1.0, write);
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(n: usize, seed: usize) -> Vec<f32> {
        (0..n).map(|i| ((i * 7919 + seed * 104_729) % 1009) as f32 / 504.5 - 1.0).collect()
    }

    fn reference(left: &[f32], right: &[f32], m: usize, n: usize, depth: usize) -> Vec<f64> {
        let mut out = vec![0.0; m * n];
        for i in 0..m {
            for j in 0..n {
                for k in 0..depth {
                    out[i * n + j] += f64::from(left[i * depth + k]) * f64::from(right[k * n + j]);
                }
            }
        }
        out
    }

    fn check(m: usize, n: usize, depth: usize) {
        let (left, right) = (numbers(m * depth, 1), numbers(depth * n, 2));
        let expected = reference(&left, &right, m, n, depth);
        let close = |got: &[f32], times: f64, what: &str| {
            for (got, expected) in got.iter().zip(&expected) {
                let error = (f64::from(*got) - times * expected).abs();
                assert!(error <= 1e-5 * (depth as f64 + 1.0), "{what} {m}x{n}x{depth}: {error}");
            }
        };
        let (a, b) = (Matrix::new(&left, m, depth), Matrix::new(&right, depth, n));

        let mut out = vec![f32::NAN; m * n];
        product_in_parallel(MatrixMut::new(&mut out, m, n), a, b, Write::Replace);
        close(&out, 1.0, "replace");
        product(MatrixMut::new(&mut out, m, n), a, b, 0.5, Write::Add);
        close(&out, 1.5, "add");
        portable(MatrixMut::new(&mut out, m, n), a, b, 1.0, Write::Replace);
        close(&out, 1.0, "portable");

        let mut gram = vec![f32::NAN; m * m];
        let mut expected = vec![f32::NAN; m * m];
        symmetric_product(MatrixMut::new(&mut gram, m, m), a, a.t());
        product(MatrixMut::new(&mut expected, m, m), a, a.t(), 1.0, Write::Replace);
        assert!(gram.iter().zip(&expected).all(|(got, expected)| (got - expected).abs() < 1e-4), "gram {m}x{depth}");

        // Transposed inputs give the transpose, (a b)ᵀ = bᵀ aᵀ.
        let mut out = vec![f32::NAN; m * n];
        product_in_parallel(MatrixMut::new(&mut out, n, m), b.t(), a.t(), Write::Replace);
        let back: Vec<f32> = (0..m * n).map(|i| out[(i % n.max(1)) * m + i / n.max(1)]).collect();
        close(&back, 1.0, "transposed");
    }

    #[test]
    fn products_agree_with_the_definition() {
        for (m, n, depth) in [
            (1, 1, 1),
            (3, 5, 7),
            (1, 1000, 33),
            (97, 4, 1),
            (64, 64, 64),
            (130, 97, 600),
            (700, 33, 129),
            (33, 700, 129),
            (5, 3, 0),
            (0, 4, 4),
            (4, 0, 4),
        ] {
            check(m, n, depth);
        }
    }

    #[test]
    fn strides_leave_the_gaps_alone() {
        let data = numbers(6 * 10, 3);
        let mut out = vec![7.0; 6 * 8];
        let left = Matrix::strided(&data, 6, 4, 10);
        product(MatrixMut::strided(&mut out, 6, 6, 8), left, left.t(), 1.0, Write::Replace);
        for i in 0..6 {
            let expected: f32 = (0..4).map(|k| data[i * 10 + k] * data[k]).sum();
            assert!((out[i * 8] - expected).abs() < 1e-5);
            assert_eq!(out[i * 8 + 6..i * 8 + 8], [7.0, 7.0]);
        }
    }

    #[test]
    fn the_number_of_pieces_does_not_show() {
        let (left, right) = (numbers(512 * 256, 1), numbers(256 * 200, 2));
        let (left, right) = (Matrix::new(&left, 512, 256), Matrix::new(&right, 256, 200));
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let mut out = vec![0.0; 512 * 200];
            pool.install(|| {
                product_in_parallel(MatrixMut::new(&mut out, 512, 200), left, right, Write::Replace);
            });
            out
        };
        assert_eq!(with(1), with(3));
    }
}
