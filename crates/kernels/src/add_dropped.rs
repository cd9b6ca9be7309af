//! A residual sum with dropout.

use burn::tensor::Tensor;

use crate::dropout::Dropout;
use crate::plain;

/// `x` plus what is left of `y`, both of one shape.
pub fn add_dropped<const D: usize>(x: Tensor<D>, y: Tensor<D>, dropout: Dropout) -> Tensor<D> {
    #[cfg(feature = "flex")]
    let (x, y) = {
        use crate::flex::{dropout::AddDropped, run};
        match run(AddDropped { dropout }, [x.into_dispatch(), y.into_dispatch()]) {
            Ok(sum) => return Tensor::from_dispatch(sum),
            Err([x, y]) => (Tensor::from_dispatch(x), Tensor::from_dispatch(y)),
        }
    };
    plain::add_dropped(x, y, dropout)
}
