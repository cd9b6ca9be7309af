//! The vocabulary projection and its loss in one operation, so that the logits need not be kept.

use burn::tensor::{Int, Tensor};

use crate::plain;

/// Sum over rows of the cross-entropy of `hidden · weightᵀ` plus `z_loss · logsumexp²`, `[1]`:
/// `hidden` `[n, d]`, `weight` `[vocab, d]`, `targets` `[n]`.
///
/// The target distribution is `(1 - s) · onehot + s / vocab` for the label smoothing `s` in `[0, 1)`.
/// Without rows the loss is 0.
pub fn linear_cross_entropy(
    hidden: Tensor<2>,
    weight: Tensor<2>,
    targets: Tensor<1, Int>,
    z_loss: f64,
    label_smoothing: f64,
) -> Tensor<1> {
    #[cfg(feature = "flex")]
    let (hidden, weight) = match crate::flex::integers(&targets) {
        None => (hidden, weight),
        Some(numbers) => {
            use crate::flex::{linear_cross_entropy::LinearCrossEntropy, run};
            let operation = LinearCrossEntropy {
                targets: std::sync::Arc::new(numbers),
                z_loss: z_loss as f32,
                label_smoothing: label_smoothing as f32,
            };
            match run(operation, [hidden.into_dispatch(), weight.into_dispatch()]) {
                Ok(loss) => return Tensor::from_dispatch(loss),
                Err([hidden, weight]) => (Tensor::from_dispatch(hidden), Tensor::from_dispatch(weight)),
            }
        }
    };
    plain::linear_cross_entropy(hidden, weight, targets, z_loss, label_smoothing)
}
