//! Rows of a table, by token id.

use burn::tensor::{Int, Tensor};

use crate::plain;

/// Rows of `weight` `[vocab, d]`: ids `[batch, seq]` give `[batch, seq, d]`.
pub fn embedding(weight: Tensor<2>, ids: Tensor<2, Int>) -> Tensor<3> {
    #[cfg(feature = "flex")]
    let weight = match crate::flex::integers(&ids) {
        None => weight,
        Some(numbers) => {
            use crate::flex::{embedding::Embedding, run};
            let operation = Embedding { ids: std::sync::Arc::new(numbers), shape: ids.dims() };
            match run(operation, [weight.into_dispatch()]) {
                Ok(y) => return Tensor::from_dispatch(y),
                Err([weight]) => Tensor::from_dispatch(weight),
            }
        }
    };
    plain::embedding(weight, ids)
}
