//! Products of matrices rounded to bfloat16 and summed in float32, on the tile registers of x86-64 (AMX).
//!
//! A tile is sixteen lines of 64 bytes. One of the left matrix holds 16 rows by 32 of the depth; one of the right holds
//! 16 pairs of the depth by 16 columns, the two of a pair side by side. An instruction multiplies two of them into a
//! third of 16 × 16 sums in sixteen cycles, sixteen times what AVX-512 does with float32 (Intel, *Optimization Reference
//! Manual*, chapter on AMX). Blocks of four tiles of sums use the eight registers best: each tile read serves two
//! products.

mod pack;

use std::arch::asm;
use std::sync::OnceLock;

use super::matrix::{Matrix, MatrixMut};
use super::pool::Buffer;
use super::product::Write;
use pack::{Lines, pack};

/// Lines of a tile.
const LINES: usize = 16;
/// Numbers of the depth in a tile.
const DEPTH: usize = 32;
/// Rows, and columns, of a block of four tiles of sums.
const BLOCK: usize = 2 * LINES;
/// Bytes of a line.
const LINE: usize = 64;
/// Numbers in a tile of bfloat16.
const TILE: usize = LINES * DEPTH;
/// Depth that is packed at once: a strip of the left matrix, `BLOCK` by this, fills two thirds of a first-level cache.
const MOST_DEPTH: usize = 512;
/// Columns that are packed at once: with `MOST_DEPTH` of them a quarter of a second-level cache.
const MOST_COLUMNS: usize = 512;

/// Which tile registers there are and how large: all eight, of sixteen full lines.
#[repr(C, align(64))]
struct TileConfig {
    palette: u8,
    start_row: u8,
    reserved: [u8; 14],
    line_bytes: [u16; 16],
    lines: [u8; 16],
}

static CONFIG: TileConfig = TileConfig {
    palette: 1,
    start_row: 0,
    reserved: [0; 14],
    line_bytes: [64, 64, 64, 64, 64, 64, 64, 64, 0, 0, 0, 0, 0, 0, 0, 0],
    lines: [16, 16, 16, 16, 16, 16, 16, 16, 0, 0, 0, 0, 0, 0, 0, 0],
};

/// Whether the processor has the tiles and the system lets this process use them.
pub(crate) fn available() -> bool {
    static AVAILABLE: OnceLock<bool> = OnceLock::new();
    *AVAILABLE.get_or_init(|| processor_has_tiles() && system_allows_tiles())
}

fn processor_has_tiles() -> bool {
    use std::is_x86_feature_detected as has;
    const AMX_BF16: u32 = 1 << 22;
    const AMX_TILE: u32 = 1 << 24;
    if !(has!("avx512f") && has!("avx512bw") && has!("avx512bf16")) {
        return false;
    }
    // A processor with AVX-512 has this leaf.
    let features = std::arch::x86_64::__cpuid_count(7, 0).edx;
    features & AMX_BF16 != 0 && features & AMX_TILE != 0
}

/// Linux hands the registers out on request only: their 8 KiB have to be saved wherever a process is interrupted.
#[cfg(target_os = "linux")]
fn system_allows_tiles() -> bool {
    const ARCH_REQ_XCOMP_PERM: libc::c_long = 0x1023;
    const XTILEDATA: libc::c_long = 18;
    // SAFETY: the call takes two numbers and touches no memory.
    unsafe { libc::syscall(libc::SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XTILEDATA) == 0 }
}

#[cfg(not(target_os = "linux"))]
fn system_allows_tiles() -> bool {
    false
}

/// `output = scale · left · right`, or `+=`, both sides rounded to bfloat16. Not for an empty depth.
pub(crate) fn product(output: MatrixMut, left: Matrix, right: Matrix, scale: f32, write: Write) {
    assert!(available());
    let (m, n, depth) = (output.rows, output.columns, left.columns);
    let packed_depth = depth.min(MOST_DEPTH).next_multiple_of(DEPTH);
    let packed_columns = n.min(MOST_COLUMNS).next_multiple_of(BLOCK);
    let right_floats = packed_depth * packed_columns / 2;
    let left_floats = packed_depth * BLOCK / 2;
    // Two bfloat16 take the room of a float.
    let mut scratch = Buffer::stale(right_floats + left_floats + BLOCK * BLOCK);
    let (packed_right, rest) = scratch.split_at_mut(right_floats);
    let (packed_left, sums) = rest.split_at_mut(left_floats);
    // SAFETY: `available` found the instructions, and the system allows the registers.
    unsafe {
        asm!("ldtilecfg [{}]", in(reg) &raw const CONFIG, options(nostack, readonly));
        for from_column in (0..n).step_by(MOST_COLUMNS) {
            let columns = MOST_COLUMNS.min(n - from_column);
            for from_depth in (0..depth).step_by(MOST_DEPTH) {
                let depth = MOST_DEPTH.min(depth - from_depth);
                let write = if from_depth == 0 { write } else { Write::Add };
                let right = right.part(from_depth, from_column, depth, columns);
                pack(packed_right, right.t(), Lines::Pairs);
                for from_row in (0..m).step_by(BLOCK) {
                    let rows = BLOCK.min(m - from_row);
                    pack(packed_left, left.part(from_row, from_depth, rows, depth), Lines::Rows);
                    let strip = output.part(from_row, from_column, rows, columns);
                    multiply(strip, packed_left, packed_right, depth.div_ceil(DEPTH), sums, scale, write);
                }
            }
        }
        asm!("tilerelease", options(nostack, nomem));
    }
}

/// A strip of the output, at most `BLOCK` rows, from packed tiles, `steps` of them along the depth.
///
/// # Safety
/// The tile registers must be configured.
#[target_feature(enable = "avx512f")]
unsafe fn multiply(
    mut strip: MatrixMut,
    left: &[f32],
    right: &[f32],
    steps: usize,
    sums: &mut [f32],
    scale: f32,
    write: Write,
) {
    let (rows, n) = (strip.rows, strip.columns);
    let panel = steps * TILE;
    assert!(panel <= left.len() && n.div_ceil(BLOCK) * panel <= right.len() && sums.len() == BLOCK * BLOCK);
    for (j, right) in (0..n).step_by(BLOCK).zip(right.chunks_exact(panel)) {
        let columns = BLOCK.min(n - j);
        if rows == BLOCK && columns == BLOCK && scale == 1.0 {
            // SAFETY: the block lies in the strip, the tiles in their slices, by the assertion.
            unsafe {
                let start = strip.row(0)[j..].as_mut_ptr();
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

/// `BLOCK` × `BLOCK` sums over `steps` pairs of tiles on either side, beginning from what `output` holds if `add`.
///
/// # Safety
/// `output` must be valid for `BLOCK` rows, `row_stride` floats apart, `left` and `right` for `steps` × `TILE` floats, and
/// the tile registers configured. `steps` is positive.
unsafe fn block(output: *mut f32, row_stride: usize, left: *const f32, right: *const f32, steps: usize, add: bool) {
    // SAFETY: the contract.
    unsafe {
        asm!(
            "test {add:e}, {add:e}",
            "jz 2f",
            "tileloadd tmm0, [{upper} + {stride}]",
            "tileloadd tmm1, [{upper} + {stride} + 64]",
            "tileloadd tmm2, [{lower} + {stride}]",
            "tileloadd tmm3, [{lower} + {stride} + 64]",
            "jmp 3f",
            "2:",
            "tilezero tmm0",
            "tilezero tmm1",
            "tilezero tmm2",
            "tilezero tmm3",
            "3:",
            "tileloadd tmm4, [{left} + {line}]",
            "tileloadd tmm6, [{right} + {line}]",
            "tdpbf16ps tmm0, tmm4, tmm6",
            "tileloadd tmm7, [{right} + {line} + 1024]",
            "tdpbf16ps tmm1, tmm4, tmm7",
            "tileloadd tmm5, [{left} + {line} + 1024]",
            "tdpbf16ps tmm2, tmm5, tmm6",
            "tdpbf16ps tmm3, tmm5, tmm7",
            "add {left}, 2048",
            "add {right}, 2048",
            "dec {steps}",
            "jnz 3b",
            "tilestored [{upper} + {stride}], tmm0",
            "tilestored [{upper} + {stride} + 64], tmm1",
            "tilestored [{lower} + {stride}], tmm2",
            "tilestored [{lower} + {stride} + 64], tmm3",
            add = in(reg) u32::from(add),
            upper = in(reg) output,
            lower = in(reg) output.add(LINES * row_stride),
            stride = in(reg) row_stride * size_of::<f32>(),
            line = in(reg) LINE,
            left = inout(reg) left => _,
            right = inout(reg) right => _,
            steps = inout(reg) steps => _,
            out("tmm0") _,
            out("tmm1") _,
            out("tmm2") _,
            out("tmm3") _,
            out("tmm4") _,
            out("tmm5") _,
            out("tmm6") _,
            out("tmm7") _,
            options(nostack),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::product::rounded_by_hand;
    use super::*;

    fn numbers(n: usize, seed: usize) -> Vec<f32> {
        (0..n).map(|i| ((i * 7919 + seed * 104_729) % 1009) as f32 / 504.5 - 1.0).collect()
    }

    /// Against the same rounding by hand and a product in float32: only the order of the sums differs.
    #[test]
    fn tiles_multiply_what_is_rounded() {
        if !available() {
            return eprintln!("this processor has no tiles: nothing to compare");
        }
        for [m, n, depth] in
            [[32, 32, 32], [1, 1, 1], [64, 96, 128], [33, 47, 31], [5, 700, 65], [100, 17, 1100], [256, 520, 2]]
        {
            let (left, right) = (numbers(m * depth, 1), numbers(depth * n, 2));
            let orders = [
                (Matrix::new(&left, m, depth), Matrix::new(&right, depth, n)),
                (Matrix::new(&left, depth, m).t(), Matrix::new(&right, depth, n)),
                (Matrix::new(&left, m, depth), Matrix::new(&right, n, depth).t()),
                (Matrix::new(&left, depth, m).t(), Matrix::new(&right, n, depth).t()),
            ];
            for (order, (left, right)) in orders.into_iter().enumerate() {
                for (scale, write) in [(1.0, Write::Replace), (0.3, Write::Add), (1.0, Write::Add)] {
                    // The output lies apart, and what is between its rows stays.
                    let [mut got, mut expected] = [(); 2].map(|()| vec![0.5; m * (n + 3)]);
                    product(MatrixMut::strided(&mut got, m, n, n + 3), left, right, scale, write);
                    rounded_by_hand(MatrixMut::strided(&mut expected, m, n, n + 3), left, right, scale, write);
                    for (i, (got, expected)) in got.iter().zip(&expected).enumerate() {
                        let near = (got - expected).abs() <= 2e-6 * (depth as f32 + 1.0);
                        assert!(near, "{m} × {n} × {depth}, order {order}, at {i}: {got}, not {expected}");
                    }
                }
            }
        }
    }
}
