//! Tiles multiplied in AVX-512's registers, a line at a time.

use std::arch::x86_64::{
    __m512bh, __m512i, _mm512_dpbf16_ps, _mm512_loadu_ps, _mm512_loadu_si512, _mm512_set1_epi32, _mm512_setzero_ps,
    _mm512_storeu_ps,
};

use super::sizes::{BLOCK, LINES, TILE};

/// Rows whose sums are made together: with both tiles of columns sixteen registers, more than a product takes cycles.
const ROWS: usize = 8;
/// Floats that a line, and a tile, take the room of.
const LINE_FLOATS: usize = 16;
const TILE_FLOATS: usize = TILE / 2;

/// `BLOCK` × `BLOCK` sums over `steps` pairs of tiles on either side, beginning from what `output` holds if `add`.
///
/// # Safety
/// `output` must be valid for `BLOCK` rows, `row_stride` floats apart, `left` and `right` for `steps` × `TILE` floats, and
/// the processor must have AVX-512 with bfloat16.
pub(super) unsafe fn block(
    output: *mut f32,
    row_stride: usize,
    left: *const f32,
    right: *const f32,
    steps: usize,
    add: bool,
) {
    for row in (0..BLOCK).step_by(ROWS) {
        // The tile of the upper rows comes before that of the lower ones, line after line.
        // SAFETY: the contract; these rows are the block's.
        unsafe {
            rows(output.add(row * row_stride), row_stride, left.add(row * LINE_FLOATS), right, steps, add);
        }
    }
}

/// `ROWS` × `BLOCK` sums, of the first lines of a tile.
///
/// # Safety
/// As [`block`].
#[target_feature(enable = "avx512f,avx512bf16")]
unsafe fn rows(output: *mut f32, row_stride: usize, left: *const f32, right: *const f32, steps: usize, add: bool) {
    let mut sums = [[_mm512_setzero_ps(); 2]; ROWS];
    if add {
        for (i, sums) in sums.iter_mut().enumerate() {
            for (half, sums) in sums.iter_mut().enumerate() {
                // SAFETY: a row of the block.
                *sums = unsafe { _mm512_loadu_ps(output.add(i * row_stride + half * LINES)) };
            }
        }
    }
    for step in 0..steps {
        for pair in 0..LINES {
            // SAFETY: line `pair` of the two tiles of this step, and pair `pair` of the rows' lines.
            unsafe {
                let right = right.add(step * 2 * TILE_FLOATS + pair * LINE_FLOATS);
                let columns = [line(right), line(right.add(TILE_FLOATS))];
                let left = left.add(step * 2 * TILE_FLOATS + pair);
                for (i, sums) in sums.iter_mut().enumerate() {
                    let pair = pairs(_mm512_set1_epi32(left.add(i * LINE_FLOATS).cast::<i32>().read()));
                    sums[0] = _mm512_dpbf16_ps(sums[0], pair, columns[0]);
                    sums[1] = _mm512_dpbf16_ps(sums[1], pair, columns[1]);
                }
            }
        }
    }
    for (i, sums) in sums.iter().enumerate() {
        for (half, sums) in sums.iter().enumerate() {
            // SAFETY: a row of the block.
            unsafe { _mm512_storeu_ps(output.add(i * row_stride + half * LINES), *sums) };
        }
    }
}

/// # Safety
/// `from` must be valid for a line.
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn line(from: *const f32) -> __m512bh {
    // SAFETY: the contract.
    pairs(unsafe { _mm512_loadu_si512(from.cast()) })
}

fn pairs(bits: __m512i) -> __m512bh {
    // SAFETY: both are 64 bytes without invalid values.
    unsafe { std::mem::transmute(bits) }
}
