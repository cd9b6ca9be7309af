//! Which instructions for products of bfloat16 the processor has.

use std::sync::OnceLock;

use super::registers;

/// What multiplies two tiles.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Instructions {
    /// Registers that hold a tile each: AMX, in Intel's processors from Sapphire Rapids on.
    Registers,
    /// AVX-512's product of pairs, at twice the rate of float32 in AMD's processors from Zen 4 on.
    Vectors,
}

/// The best that the processor has and the system lets this process use.
pub(crate) fn instructions() -> Option<Instructions> {
    static FOUND: OnceLock<Option<Instructions>> = OnceLock::new();
    *FOUND.get_or_init(|| available().first().copied())
}

/// All that there are, the best first.
pub(super) fn available() -> Vec<Instructions> {
    use std::is_x86_feature_detected as has;
    if !(has!("avx512f") && has!("avx512bw") && has!("avx512bf16")) {
        return Vec::new();
    }
    let registers = registers::available().then_some(Instructions::Registers);
    registers.into_iter().chain([Instructions::Vectors]).collect()
}
