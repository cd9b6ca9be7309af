//! How many digits products are made with.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Guards alive that ask for rounding.
static ROUNDING: AtomicUsize = AtomicUsize::new(0);

/// While it lives, the products of this process's fast paths round what they multiply to bfloat16 (8 bits of precision
/// instead of 24) and sum in float32. Weights, gradients and everything between products stay float32. Products of at most
/// four rows (of sixteen, where the processor has a way of its own for them), and sums of less than sixteen products, are
/// not rounded.
///
/// On x86-64 with AMX on Linux that is several times faster, with AVX-512's instructions for bfloat16 (AMD's processors from
/// Zen 4 on) up to twice; elsewhere the rounding is done by hand, and takes longer than products of float32. Each adds its
/// sums in an order of its own, and the instructions take subnormal numbers for zeros, so bits differ between them.
#[derive(Debug)]
pub struct RoundedProducts(());

impl RoundedProducts {
    /// Begins to round.
    #[must_use]
    pub fn begin() -> Self {
        ROUNDING.fetch_add(1, Ordering::SeqCst);
        Self(())
    }

    /// Whether there are instructions for them.
    pub fn are_fast() -> bool {
        #[cfg(all(feature = "flex", target_arch = "x86_64"))]
        return crate::flex::bfloat16::instructions().is_some();
        #[cfg(not(all(feature = "flex", target_arch = "x86_64")))]
        false
    }
}

impl Drop for RoundedProducts {
    fn drop(&mut self) {
        ROUNDING.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Whether a [`RoundedProducts`] lives.
#[cfg(feature = "flex")]
pub(crate) fn rounding() -> bool {
    ROUNDING.load(Ordering::Relaxed) > 0
}
