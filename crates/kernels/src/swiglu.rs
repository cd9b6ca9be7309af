//! The gate of a SwiGLU feed-forward layer.

use burn::tensor::Tensor;

use crate::plain;

/// `silu(gate) * up`, both of one shape.
pub fn swiglu<const D: usize>(gate: Tensor<D>, up: Tensor<D>) -> Tensor<D> {
    #[cfg(feature = "flex")]
    let (gate, up) = {
        use crate::flex::{run, swiglu::Swiglu};
        match run(Swiglu, [gate.into_dispatch(), up.into_dispatch()]) {
            Ok(y) => return Tensor::from_dispatch(y),
            Err([gate, up]) => (Tensor::from_dispatch(gate), Tensor::from_dispatch(up)),
        }
    };
    plain::swiglu(gate, up)
}
