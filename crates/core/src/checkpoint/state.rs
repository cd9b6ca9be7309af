//! The part of a checkpoint that only training needs.

use std::collections::BTreeMap;

use burn::tensor::Tensor;

/// Flattened tensors by name.
pub type Flattened = BTreeMap<String, Tensor<1>>;

/// What training needs to go on, beside the weights.
pub struct TrainingState {
    /// The optimizer's memory.
    pub optimizer: Flattened,
    /// The running average of the weights, empty before the tail.
    pub average: Flattened,
}
