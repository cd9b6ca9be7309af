//! Products with up to sixteen rows on processors whose registers hold sixteen floats (AVX-512).
//!
//! An ordinary micro-kernel keeps four sums for so few rows, fewer than it takes to fill the time of an addition; here
//! there are sixteen. By hand, because plain loops came out slower than that micro-kernel (docs/log.md).

use std::arch::x86_64::{_mm512_fmadd_ps, _mm512_loadu_ps, _mm512_set1_ps, _mm512_setzero_ps, _mm512_storeu_ps};

use super::matrix::MatrixMut;
use super::pool::Buffer;
use super::wide::{Level, level};

/// Floats in a register, and rows of the weight that are read together.
const WIDTH: usize = 16;

/// Rows whose elements lie side by side, `[d_in, WIDTH]`; zeros for the rows there are not.
pub(crate) struct Lanes {
    elements: Buffer,
    rows: usize,
}

impl Lanes {
    /// The rows of `x` `[rows, d_in]`, if `times` can multiply them with `[d_out, d_in]`. Only weights of whole blocks
    /// will do, so that every piece of one is made of blocks: who sums must not depend on the number of threads.
    pub(crate) fn of(x: &[f32], [rows, d_out, d_in]: [usize; 3]) -> Option<Self> {
        if rows > WIDTH || !d_out.is_multiple_of(WIDTH) || !matches!(level(), Level::Avx512) {
            return None;
        }
        let mut elements = Buffer::zeros(d_in * WIDTH);
        for (lane, row) in x.chunks_exact(d_in).enumerate() {
            elements.iter_mut().skip(lane).step_by(WIDTH).zip(row).for_each(|(lane, x)| *lane = *x);
        }
        Some(Self { elements, rows })
    }

    /// Element `(i, j)` of `y` is row `i` times row `j` of `weight`, which has a multiple of sixteen rows.
    pub(crate) fn times(&self, y: &mut MatrixMut, weight: &[f32]) {
        // SAFETY: `of` found the instructions.
        unsafe { multiply(y, &self.elements, self.rows, weight) }
    }
}

#[target_feature(enable = "avx512f")]
fn multiply(y: &mut MatrixMut, lanes: &[f32], rows: usize, weight: &[f32]) {
    let (lanes, _) = lanes.as_chunks::<WIDTH>();
    let d_in = lanes.len();
    for (block, weight) in weight.chunks_exact(WIDTH * d_in).enumerate() {
        let weight: [&[f32]; WIDTH] = std::array::from_fn(|j| &weight[j * d_in..][..d_in]);
        let mut sums = [_mm512_setzero_ps(); WIDTH];
        for (k, x) in lanes.iter().enumerate() {
            // SAFETY: an array of sixteen floats.
            let x = unsafe { _mm512_loadu_ps(x.as_ptr()) };
            for j in 0..WIDTH {
                sums[j] = _mm512_fmadd_ps(x, _mm512_set1_ps(weight[j][k]), sums[j]);
            }
        }
        let mut columns = [[0.0f32; WIDTH]; WIDTH];
        for (column, sum) in columns.iter_mut().zip(sums) {
            // SAFETY: an array of sixteen floats.
            unsafe { _mm512_storeu_ps(column.as_mut_ptr(), sum) };
        }
        for i in 0..rows {
            let y = &mut y.row(i)[block * WIDTH..][..WIDTH];
            y.iter_mut().zip(&columns).for_each(|(y, column)| *y = column[i]);
        }
    }
}
