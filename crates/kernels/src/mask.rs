//! Which keys a query may see, told by a few integers a position instead of a [q, k] matrix.

use burn::tensor::{Bool, Int, Tensor};

/// Which keys a query may see.
///
/// Key `j` is visible to query `i` when their segments are equal and not 0 (0 marks padding) and
/// `j <= i + offset` or `visible[j] != 0`. `visible` all ones attends both ways, all zeros is causal,
/// ones on a prefix reads that prefix both ways and the rest causally.
#[derive(Clone, Debug)]
pub struct Mask {
    /// Document of each query, `[batch, q]`; 0 is padding.
    pub query_segments: Tensor<2, Int>,
    /// Document of each key, `[batch, k]`; 0 is padding.
    pub key_segments: Tensor<2, Int>,
    /// Non-zero for a key that every query of its segment may see, `[batch, k]`.
    pub visible: Tensor<2, Int>,
    /// How many keys came before the first query (the length of a key/value cache).
    pub offset: usize,
}

impl Mask {
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
