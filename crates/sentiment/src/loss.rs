//! Losses of a head's outputs, each summed over texts.

use burn::tensor::{Device, Int, Tensor, TensorData, activation};
use cimiento_core::tokens::indices;
use cimiento_kernels::linear_cross_entropy;

use crate::config::{Scale, State};
use crate::head::Classifier;
use crate::target::Gold;

/// Targets of `n` texts on a device.
pub(crate) enum Targets {
    /// Classes `[n]`, and how much each of these counts, `[n, 1]`, where not all count alike.
    Classes(Tensor<1, Int>, Option<Tensor<2>>),
    /// 1 where a text has a label and 0 elsewhere, `[n, labels]`, and how much each label counts where it is, `[1, labels]`.
    Labels(Tensor<2>, Option<Tensor<2>>),
    /// Numbers as the head gives them, `[n, 1]`.
    Numbers(Tensor<2>),
}

impl Targets {
    /// Of texts that all have the same kind of target.
    pub fn new(golds: &[&Gold], state: &State, device: &Device) -> Self {
        let dense = |values: Vec<f32>, shape: [usize; 2]| Tensor::from_data(TensorData::new(values, shape), device);
        let weights = |weights: Vec<f32>, shape| (!state.weights.is_empty()).then(|| dense(weights, shape));
        match golds.first() {
            Some(Gold::Labels(_)) => {
                let labels = state.labels.len();
                let mut values = vec![0.0; golds.len() * labels];
                for (row, gold) in values.chunks_mut(labels).zip(golds) {
                    if let Gold::Labels(gold) = gold {
                        gold.iter().for_each(|&label| row[label] = 1.0);
                    }
                }
                let each = state.weights.iter().map(|&weight| weight as f32).collect();
                Self::Labels(dense(values, [golds.len(), labels]), weights(each, [1, labels]))
            }
            Some(Gold::Number(_)) => {
                let Scale { mean, std } = state.scale.unwrap_or(Scale { mean: 0.0, std: 1.0 });
                let number = |gold: &&Gold| if let Gold::Number(number) = gold { Some(*number) } else { None };
                let values = golds.iter().filter_map(number).map(|number| ((number - mean) / std) as f32);
                Self::Numbers(dense(values.collect(), [golds.len(), 1]))
            }
            Some(Gold::Class(_)) | None => {
                let class = |gold: &&Gold| if let Gold::Class(class) = gold { Some(*class) } else { None };
                let classes: Vec<usize> = golds.iter().filter_map(class).collect();
                let each = classes.iter().filter_map(|&class| state.weights.get(class)).map(|&weight| weight as f32);
                let each = weights(each.collect(), [classes.len(), 1]);
                Self::Classes(indices(classes, device), each)
            }
        }
    }

    /// How many texts.
    pub fn count(&self) -> usize {
        match self {
            Self::Classes(classes, _) => classes.dims()[0],
            Self::Labels(targets, _) | Self::Numbers(targets) => targets.dims()[0],
        }
    }

    /// The loss of states `[n, d_model]` under a head, summed over texts, `[1]`.
    pub fn loss(&self, head: &Classifier, states: Tensor<2>, smoothing: f64) -> Tensor<1> {
        match self {
            Self::Classes(classes, weights) => cross_entropy(head, states, classes.clone(), weights.clone(), smoothing),
            Self::Labels(targets, weights) => {
                binary_cross_entropy(head.forward(states), targets.clone(), weights.clone(), smoothing)
            }
            Self::Numbers(targets) => (head.forward(states) - targets.clone()).powi_scalar(2).sum(),
        }
    }
}

fn cross_entropy(
    head: &Classifier,
    states: Tensor<2>,
    classes: Tensor<1, Int>,
    weights: Option<Tensor<2>>,
    smoothing: f64,
) -> Tensor<1> {
    if head.score.bias.is_none() && weights.is_none() {
        return linear_cross_entropy(head.pooled(states), head.score.weight.val(), classes, 0.0, smoothing);
    }
    let [n] = classes.dims();
    let logs = activation::log_softmax(head.forward(states), 1);
    let right = logs.clone().gather(1, classes.reshape([n, 1]));
    let even = logs.mean_dim(1);
    let Some(weights) = weights else {
        return (right.sum().mul_scalar(1.0 - smoothing) + even.sum().mul_scalar(smoothing)).neg();
    };
    ((right.mul_scalar(1.0 - smoothing) + even.mul_scalar(smoothing)) * weights).sum().neg()
}

/// The mean over labels of `−w z log σ(x) − (1 − z) log(1 − σ(x))`, as PyTorch's `BCEWithLogitsLoss` with `pos_weight` w.
fn binary_cross_entropy(
    logits: Tensor<2>,
    targets: Tensor<2>,
    weights: Option<Tensor<2>>,
    smoothing: f64,
) -> Tensor<1> {
    let [_, labels] = logits.dims();
    let targets = targets.mul_scalar(1.0 - smoothing).add_scalar(smoothing / 2.0);
    // −log σ(x) and −log(1 − σ(x)).
    let tail = logits.clone().abs().neg().exp().log1p();
    let yes = tail.clone() + activation::relu(logits.clone().neg());
    let no = tail + activation::relu(logits);
    let others = targets.clone().neg().add_scalar(1.0) * no;
    let hits = match weights {
        Some(weights) => targets * weights * yes,
        None => targets * yes,
    };
    (hits + others).sum().div_scalar(labels as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of PyTorch's `BCEWithLogitsLoss(pos_weight=…)` and `CrossEntropyLoss(weight=…, reduction="sum")`.
    #[test]
    fn weighted_losses_agree_with_pytorch() {
        let device = Device::flex();
        let logits = Tensor::<2>::from_floats([[0.5, -1.5, 3.0], [-40.0, 40.0, 0.0]], &device);
        let targets = Tensor::<2>::from_floats([[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]], &device);
        let value = |loss: Tensor<1>| f64::from(loss.into_scalar::<f32>());
        let plain = value(binary_cross_entropy(logits.clone(), targets.clone(), None, 0.0));
        assert!((plain - 13.805742).abs() < 1e-4, "{plain}");
        let weights = Tensor::<2>::from_floats([[2.0, 0.5, 3.0]], &device);
        let weighted = value(binary_cross_entropy(logits, targets, Some(weights), 0.0));
        assert!((weighted - 14.458257).abs() < 1e-4, "{weighted}");
    }
}
