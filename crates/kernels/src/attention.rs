//! Scaled dot-product attention.

use burn::tensor::Tensor;

use crate::{Mask, plain};

/// Scaled dot-product attention with grouped-query heads: `q` `[batch, q, heads, head_dim]`, `k` and `v`
/// `[batch, k, kv_heads, head_dim]`, output like `q`.
///
/// A query that may see nothing yields zeros, with zero gradients.
pub fn attention(q: Tensor<4>, k: Tensor<4>, v: Tensor<4>, mask: &Mask) -> Tensor<4> {
    let ([batch, queries, ..], [_, keys, ..]) = (q.dims(), k.dims());
    mask.assert_fits(batch, queries, keys);
    #[cfg(feature = "flex")]
    let (q, k, v) = match mask.host() {
        None => (q, k, v),
        Some(mask) => {
            use crate::flex::{attention::Attention, run};
            let inputs = [q.into_dispatch(), k.into_dispatch(), v.into_dispatch()];
            match run(Attention { mask }, inputs) {
                Ok(y) => return Tensor::from_dispatch(y),
                Err(inputs) => inputs.map(Tensor::from_dispatch).into(),
            }
        }
    };
    plain::attention(q, k, v, mask)
}
