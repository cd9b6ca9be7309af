//! Float32 rounded to bfloat16, in the order in which tiles are read.

use std::arch::x86_64::{
    __m512bh, __m512i, __mmask16, _MM_HINT_T0, _mm_prefetch, _mm512_cvtne2ps_pbh, _mm512_loadu_si512,
    _mm512_maskz_loadu_ps, _mm512_permutexvar_epi16, _mm512_setzero_si512, _mm512_shuffle_i32x4, _mm512_storeu_si512,
    _mm512_unpackhi_epi32, _mm512_unpackhi_epi64, _mm512_unpacklo_epi32, _mm512_unpacklo_epi64,
};

use super::super::matrix::Matrix;
use super::sizes::{BLOCK, DEPTH, LINES, TILE};

/// What the lines of a tile are.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Lines {
    /// Rows, 32 of the depth each: tiles of the left matrix.
    Rows,
    /// Pairs of the depth, 16 rows each: tiles of the right matrix, which comes transposed.
    Pairs,
}

/// Rounds a matrix `[rows, depth]` into tiles. Those of `BLOCK` rows follow each other: of the first 32 of the depth the upper
/// and the lower tile, then of the next. Beyond the matrix lie zeros.
#[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
pub(super) fn pack(into: &mut [f32], matrix: Matrix, lines: Lines) {
    let (rows, depth) = (matrix.rows, matrix.columns);
    let (strips, steps) = (rows.div_ceil(BLOCK), depth.div_ceil(DEPTH));
    assert!(strips * steps * TILE <= into.len());
    for strip in 0..strips {
        for step in 0..steps {
            for half in 0..2 {
                let tile = (strip * steps + step) * 2 + half;
                // The half below the matrix is of zeros.
                let from = (strip * BLOCK + half * LINES).min(rows);
                let rows = LINES.min(rows - from);
                let depth = DEPTH.min(depth - step * DEPTH);
                let part = matrix.part(from, step * DEPTH, rows, depth);
                pack_tile(&mut into[tile * TILE / 2..][..TILE / 2], part, lines);
            }
        }
    }
}

/// Rounds a matrix of at most 16 × 32 into a tile.
#[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
fn pack_tile(into: &mut [f32], matrix: Matrix, lines: Lines) {
    let (rows, depth) = (matrix.rows, matrix.columns);
    let by_rows = matrix.is_by_rows();
    let tile = match (by_rows, rows == LINES && depth == DEPTH) {
        (true, true) => from_rows::<true>(matrix),
        (true, false) => from_rows::<false>(matrix),
        (false, true) => from_columns::<true>(matrix.t()),
        (false, false) => from_columns::<false>(matrix.t()),
    };
    let tile = if by_rows == (lines == Lines::Rows) { tile } else { transpose(tile) };
    for (into, line) in into.chunks_exact_mut(LINES).zip(tile) {
        // SAFETY: sixteen floats.
        unsafe { _mm512_storeu_si512(into.as_mut_ptr().cast(), line) };
    }
}

/// The rows of a matrix, rounded; a `FULL` one is of 16 × 32.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
fn from_rows<const FULL: bool>(matrix: Matrix) -> [__m512i; LINES] {
    let mut tile = [_mm512_setzero_si512(); LINES];
    let (rows, depth) = if FULL { (LINES, DEPTH) } else { (matrix.rows, matrix.columns) };
    let (start, stride) = matrix.start_and_stride();
    let masks = [first(depth), first(depth.saturating_sub(LINES))];
    for (i, line) in tile.iter_mut().enumerate() {
        if i < rows {
            let row = start.wrapping_add(i * stride);
            // SAFETY: the masks leave out what lies beyond the row.
            let [low, high] = unsafe {
                [_mm512_maskz_loadu_ps(masks[0], row), _mm512_maskz_loadu_ps(masks[1], row.wrapping_add(LINES))]
            };
            fetch(row.wrapping_add(AHEAD * DEPTH));
            fetch(row.wrapping_add(AHEAD * DEPTH + LINES));
            *line = bits(_mm512_cvtne2ps_pbh(high, low));
        }
    }
    tile
}

/// The columns of a matrix, given by its transpose, as pairs of them; a `FULL` one has 32 columns of 16.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
fn from_columns<const FULL: bool>(columns: Matrix) -> [__m512i; LINES] {
    let mut tile = [_mm512_setzero_si512(); LINES];
    let (depth, rows) = if FULL { (DEPTH, LINES) } else { (columns.rows, columns.columns) };
    let (start, stride) = columns.start_and_stride();
    let mask = first(rows);
    // SAFETY: an array of 64 bytes.
    let pairs = unsafe { _mm512_loadu_si512(PAIRS.as_ptr().cast()) };
    for (pair, line) in tile.iter_mut().enumerate() {
        if 2 * pair < depth {
            let even = start.wrapping_add(2 * pair * stride);
            let odd = even.wrapping_add(stride);
            let odd_mask = if FULL || 2 * pair + 1 < depth { mask } else { 0 };
            // SAFETY: the masks leave out what lies beyond the columns.
            let [low, high] = unsafe { [_mm512_maskz_loadu_ps(mask, even), _mm512_maskz_loadu_ps(odd_mask, odd)] };
            fetch(even.wrapping_add(AHEAD * DEPTH * stride));
            fetch(odd.wrapping_add(AHEAD * DEPTH * stride));
            *line = _mm512_permutexvar_epi16(pairs, bits(_mm512_cvtne2ps_pbh(high, low)));
        }
    }
    tile
}

/// Tiles along the depth by which memory is asked for in advance: their lines are too many streams for the processor to
/// follow by itself.
const AHEAD: usize = 2;

/// Asks for what will be read soon. Any address will do.
#[inline]
fn fetch(address: *const f32) {
    // SAFETY: it reads nothing that the program could see.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) };
}

/// The order that brings the numbers of two halves together.
static PAIRS: [u16; DEPTH] = {
    let mut order = [0; DEPTH];
    let mut i = 0;
    while i < LINES {
        order[2 * i] = i as u16;
        order[2 * i + 1] = (LINES + i) as u16;
        i += 1;
    }
    order
};

/// The first `n` of sixteen.
fn first(n: usize) -> __mmask16 {
    if n >= LINES { __mmask16::MAX } else { (1 << n) - 1 }
}

fn bits(numbers: __m512bh) -> __m512i {
    // SAFETY: both are 64 bytes without invalid values.
    unsafe { std::mem::transmute(numbers) }
}

/// The transpose of 16 × 16 pairs.
#[target_feature(enable = "avx512f")]
fn transpose(rows: [__m512i; LINES]) -> [__m512i; LINES] {
    let mut twos = rows;
    for i in (0..LINES).step_by(2) {
        twos[i] = _mm512_unpacklo_epi32(rows[i], rows[i + 1]);
        twos[i + 1] = _mm512_unpackhi_epi32(rows[i], rows[i + 1]);
    }
    // Quarter `q` of `fours[i + j]` is column 4q + j of rows i to i + 3.
    let mut fours = twos;
    for i in (0..LINES).step_by(4) {
        fours[i] = _mm512_unpacklo_epi64(twos[i], twos[i + 2]);
        fours[i + 1] = _mm512_unpackhi_epi64(twos[i], twos[i + 2]);
        fours[i + 2] = _mm512_unpacklo_epi64(twos[i + 1], twos[i + 3]);
        fours[i + 3] = _mm512_unpackhi_epi64(twos[i + 1], twos[i + 3]);
    }
    const EVEN: i32 = 0x88;
    const ODD: i32 = 0xdd;
    let mut columns = fours;
    for j in 0..4 {
        let [a, b, c, d] = [fours[j], fours[4 + j], fours[8 + j], fours[12 + j]];
        let even = [_mm512_shuffle_i32x4::<EVEN>(a, b), _mm512_shuffle_i32x4::<EVEN>(c, d)];
        let odd = [_mm512_shuffle_i32x4::<ODD>(a, b), _mm512_shuffle_i32x4::<ODD>(c, d)];
        columns[j] = _mm512_shuffle_i32x4::<EVEN>(even[0], even[1]);
        columns[4 + j] = _mm512_shuffle_i32x4::<EVEN>(odd[0], odd[1]);
        columns[8 + j] = _mm512_shuffle_i32x4::<ODD>(even[0], even[1]);
        columns[12 + j] = _mm512_shuffle_i32x4::<ODD>(odd[0], odd[1]);
    }
    columns
}
