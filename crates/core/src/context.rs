//! What the layers of a stack share in one pass.

use cimiento_data::order;
use cimiento_kernels::{Dropout, Mask, Rotary};

/// What all layers of one forward pass share.
pub(crate) struct Context {
    /// Which keys a query may see.
    pub mask: Mask,
    /// How far each new token is turned.
    pub rotary: Rotary,
    /// Of each sub-layer's output.
    pub dropout: Dropout,
}

/// The same share of other elements, one choice a `place` in the model.
pub(crate) fn branch(dropout: Dropout, place: u64) -> Dropout {
    Dropout { seed: order::mix64(dropout.seed ^ place.wrapping_mul(0xd1b5_4a32_d192_ed03)), ..dropout }
}
