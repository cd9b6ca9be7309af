//! Tiles multiplied in registers that hold one each (AMX).
//!
//! An instruction multiplies two tiles into a third of 16 × 16 sums in sixteen cycles, sixteen times what AVX-512 does with
//! float32 (Intel, *Optimization Reference Manual*, chapter on AMX). Blocks of four tiles of sums use the eight registers
//! best: each tile read serves two products.

use std::arch::asm;
use std::marker::PhantomData;

use super::sizes::{LINE, LINES};

/// Which registers there are and how large: all eight, of sixteen full lines.
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

/// Whether the processor has the registers, given that it has AVX-512, and the system lets this process use them.
pub(super) fn available() -> bool {
    const AMX_BF16: u32 = 1 << 22;
    const AMX_TILE: u32 = 1 << 24;
    // A processor with AVX-512 has this leaf.
    let features = std::arch::x86_64::__cpuid_count(7, 0).edx;
    features & AMX_BF16 != 0 && features & AMX_TILE != 0 && system_allows()
}

/// Linux hands the registers out on request only: their 8 KiB have to be saved wherever a process is interrupted.
#[cfg(target_os = "linux")]
fn system_allows() -> bool {
    const ARCH_REQ_XCOMP_PERM: libc::c_long = 0x1023;
    const XTILEDATA: libc::c_long = 18;
    // SAFETY: the call takes two numbers and touches no memory.
    unsafe { libc::syscall(libc::SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XTILEDATA) == 0 }
}

#[cfg(not(target_os = "linux"))]
fn system_allows() -> bool {
    false
}

/// This thread's registers, ready for [`block`] as long as it lives.
pub(super) struct Registers(PhantomData<*mut ()>);

impl Registers {
    /// # Safety
    /// They must be [`available`], and nobody else may be using those of this thread.
    pub(super) unsafe fn configure() -> Self {
        // SAFETY: the contract; what they held is lost.
        unsafe {
            asm!(
                "ldtilecfg [{}]",
                in(reg) &raw const CONFIG,
                out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
                options(nostack, readonly),
            );
        }
        Self(PhantomData)
    }
}

impl Drop for Registers {
    fn drop(&mut self) {
        // SAFETY: they are there, or this would not.
        unsafe {
            asm!(
                "tilerelease",
                out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
                options(nostack, nomem),
            );
        }
    }
}

/// `BLOCK` × `BLOCK` sums over `steps` pairs of tiles on either side, beginning from what `output` holds if `add`.
///
/// # Safety
/// `output` must be valid for `BLOCK` rows, `row_stride` floats apart, `left` and `right` for `steps` × `TILE` floats, and
/// [`Registers`] of this thread alive. `steps` is positive.
pub(super) unsafe fn block(
    output: *mut f32,
    row_stride: usize,
    left: *const f32,
    right: *const f32,
    steps: usize,
    add: bool,
) {
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
