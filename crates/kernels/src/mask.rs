//! Which keys a query may see, told by a few integers a position instead of a [q, k] matrix.

#[cfg(feature = "flex")]
use std::sync::{Arc, OnceLock};

use burn::tensor::{Bool, Int, Tensor};

#[cfg(feature = "flex")]
use crate::flex::tile::HostMask;

/// Which keys a query may see.
///
/// Key `j` is visible to query `i` when their segments are equal and not 0 (0 marks padding) and
/// `j <= i + offset` or `visible[j] != 0`. `visible` all ones attends both ways, all zeros is causal,
/// ones on a prefix reads that prefix both ways and the rest causally.
#[derive(Clone, Debug)]
pub struct Mask {
    query_segments: Tensor<2, Int>,
    key_segments: Tensor<2, Int>,
    visible: Tensor<2, Int>,
    offset: usize,
    /// Made by the first operation that asks for it; none where the mask does not live on Flex.
    #[cfg(feature = "flex")]
    host: OnceLock<Option<Arc<HostMask>>>,
}

impl Mask {
    /// `query_segments` `[batch, q]` and `key_segments` `[batch, k]`: the document of each, 0 for padding. `visible`
    /// `[batch, k]`: not 0 for a key that every query of its segment may see. `offset`: how many keys came before
    /// the first query (the length of a key/value cache).
    pub fn new(
        query_segments: Tensor<2, Int>,
        key_segments: Tensor<2, Int>,
        visible: Tensor<2, Int>,
        offset: usize,
    ) -> Self {
        Self {
            query_segments,
            key_segments,
            visible,
            offset,
            #[cfg(feature = "flex")]
            host: OnceLock::new(),
        }
    }

    /// Panics unless the mask is for `queries` and `keys` of `batch` entries.
    pub(crate) fn assert_fits(&self, batch: usize, queries: usize, keys: usize) {
        assert_eq!(self.query_segments.dims(), [batch, queries], "attention: a segment for each query");
        assert_eq!(self.key_segments.dims(), [batch, keys], "attention: a segment for each key");
        assert_eq!(self.visible.dims(), [batch, keys], "attention: visible or not, for each key");
    }

    /// The mask in the memory of the processor, if it lives on Flex.
    #[cfg(feature = "flex")]
    pub(crate) fn host(&self) -> Option<Arc<HostMask>> {
        use crate::flex::integers;
        let host = || {
            let [query, key, visible] = [&self.query_segments, &self.key_segments, &self.visible].map(integers);
            Some(Arc::new(HostMask::new(query?, key?, visible?, self.offset)))
        };
        self.host.get_or_init(host).clone()
    }

    /// The same rule as a matrix, `[batch, q, k]`: true where the key is seen.
    pub fn to_matrix(&self) -> Tensor<3, Bool> {
        let [batch, q] = self.query_segments.dims();
        let [_, k] = self.key_segments.dims();
        let device = self.query_segments.device();
        let shape = [batch, q, k];

        let rows = self.query_segments.clone().unsqueeze_dim::<3>(2);
        let columns = self.key_segments.clone().unsqueeze_dim::<3>(1);
        let real = rows.clone().not_equal_elem(0).expand(shape);
        let same = rows.expand(shape).equal(columns.expand(shape));

        let query = Tensor::<1, Int>::arange(0..q as i64, &device).add_scalar(self.offset as i64);
        let key = Tensor::<1, Int>::arange(0..k as i64, &device);
        let past = key.reshape([1, 1, k]).expand(shape).lower_equal(query.reshape([1, q, 1]).expand(shape));
        let visible = self.visible.clone().unsqueeze_dim::<3>(1);
        let visible = visible.not_equal_elem(0).expand(shape);

        same.bool_and(real).bool_and(past.bool_or(visible))
    }
}
