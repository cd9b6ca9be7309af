//! Scaled dot-product attention.

use burn::tensor::Tensor;

use crate::{Mask, plain};

/// Scaled dot-product attention with grouped-query heads: `q` `[batch, q, heads, head_dim]`, `k` and `v`
/// `[batch, k, kv_heads, head_dim]`, output like `q`.
///
/// A query that may see nothing yields zeros, with zero gradients.
pub fn attention(q: Tensor<4>, k: Tensor<4>, v: Tensor<4>, mask: &Mask) -> Tensor<4> {
    let ([batch, queries, ..], [_, keys, ..]) = (q.dims(), k.dims());
    assert_eq!(mask.query_segments.dims(), [batch, queries], "attention: a segment for each query");
    assert_eq!(mask.key_segments.dims(), [batch, keys], "attention: a segment for each key");
    assert_eq!(mask.visible.dims(), [batch, keys], "attention: visible or not, for each key");
    #[cfg(feature = "flex")]
    let (q, k, v) = match host_mask(mask) {
        None => (q, k, v),
        Some(host) => {
            use crate::flex::{attention::Attention, run};
            let inputs = [q.into_dispatch(), k.into_dispatch(), v.into_dispatch()];
            match run(Attention { mask: host.into() }, inputs) {
                Ok(y) => return Tensor::from_dispatch(y),
                Err(inputs) => inputs.map(Tensor::from_dispatch).into(),
            }
        }
    };
    plain::attention(q, k, v, mask)
}

/// The mask in the memory of the processor, if it lives on Flex.
#[cfg(feature = "flex")]
fn host_mask(mask: &Mask) -> Option<crate::flex::tile::HostMask> {
    use crate::flex::integers;
    Some(crate::flex::tile::HostMask::new(
        integers(&mask.query_segments)?,
        integers(&mask.key_segments)?,
        integers(&mask.visible)?,
        mask.offset,
    ))
}
