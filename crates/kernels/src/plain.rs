//! What each operation means, in ordinary Burn operations: the oracle of the fast paths, and what every
//! backend without one runs.

use burn::tensor::{Int, Tensor, activation};

use crate::dropout::Dropout;
use crate::mask::Mask;
use crate::rotary::Rotary;
use crate::steps::{AdamW, ITERATIONS, Muon, NORM_EPSILON, POLYNOMIAL};

/// A score no real one reaches, yet finite in half precision: a row without any visible key must not
/// turn into NaN.
const UNSEEN: f32 = -3.0e4;

/// `x · weightᵀ`: `[.., d_in]` and `[d_out, d_in]` give `[.., d_out]`.
pub fn linear<const D: usize>(x: Tensor<D>, weight: Tensor<2>) -> Tensor<D> {
    let mut shape = x.dims();
    let d_in = shape[D - 1];
    let rows = shape[..D - 1].iter().product::<usize>();
    shape[D - 1] = weight.dims()[0];
    x.reshape([rows, d_in]).matmul(weight.transpose()).reshape(shape)
}

/// `x / sqrt(mean(x²) + epsilon) * gamma` over the last axis (Zhang & Sennrich 2019); `gamma` `[d]`.
pub fn rms_norm<const D: usize>(x: Tensor<D>, gamma: Tensor<1>, epsilon: f64) -> Tensor<D> {
    let rms = x.clone().square().mean_dim(D - 1).add_scalar(epsilon).sqrt();
    x / rms * gamma.unsqueeze()
}

/// `silu(gate) * up` (Shazeer 2020), both of one shape.
pub fn swiglu<const D: usize>(gate: Tensor<D>, up: Tensor<D>) -> Tensor<D> {
    activation::silu(gate) * up
}

/// `v · Φ(v)` of `v = x + bias`: `x` `[.., d]`, `bias` `[d]`.
pub fn gelu<const D: usize>(x: Tensor<D>, bias: Tensor<1>) -> Tensor<D> {
    activation::gelu(x + bias.unsqueeze())
}

/// `x` plus what dropout leaves of `y`, both of one shape.
pub fn add_dropped<const D: usize>(x: Tensor<D>, y: Tensor<D>, dropout: Dropout) -> Tensor<D> {
    x + dropout.of(y)
}

/// `x` `[.., d]` plus what dropout leaves of `down · swiglu(gate · n, up · n)` of `n`, its [`rms_norm`]: `gate` and
/// `up` `[ff, d]`, `down` `[d, ff]`.
pub fn feed_forward<const D: usize>(
    x: Tensor<D>,
    gamma: Tensor<1>,
    epsilon: f64,
    [gate, up, down]: [Tensor<2>; 3],
    dropout: Dropout,
) -> Tensor<D> {
    let n = rms_norm(x.clone(), gamma, epsilon);
    let y = linear(swiglu(linear(n.clone(), gate), linear(n, up)), down);
    add_dropped(x, y, dropout)
}

/// [`rms_norm`] of each head, then the turn: `x` `[batch, seq, heads, head_dim]`, `gamma` `[head_dim]`.
pub fn norm_rotary(x: Tensor<4>, gamma: Tensor<1>, epsilon: f64, rotary: &Rotary) -> Tensor<4> {
    self::rotary(rms_norm(x, gamma, epsilon), rotary)
}

/// The turn of each head: `x` `[batch, seq, heads, head_dim]`.
pub fn rotary(x: Tensor<4>, rotary: &Rotary) -> Tensor<4> {
    let [batch, seq, _, head_dim] = x.dims();
    let half = head_dim / 2;
    let device = x.device();
    let frequencies = Tensor::<1>::from_floats(rotary.frequencies(), &device);
    let angles = rotary.positions().clone().float().reshape([batch, seq, 1, 1]) * frequencies.reshape([1, 1, 1, half]);
    let (sin, cos) = (angles.clone().sin(), angles.cos());
    let scaled = |table: Tensor<4>| if rotary.scale() == 1.0 { table } else { table.mul_scalar(rotary.scale()) };
    let (sin, cos) = (scaled(sin), scaled(cos));

    let low = x.clone().narrow(3, 0, half);
    let high = x.narrow(3, half, half);
    Tensor::cat(vec![low.clone() * cos.clone() - high.clone() * sin.clone(), high * cos + low * sin], 3)
}

/// Scaled dot-product attention with grouped-query heads: `q` `[batch, q, heads, head_dim]`, `k` and `v`
/// `[batch, k, kv_heads, head_dim]`, output like `q`. Query head `h` reads key head `h / (heads / kv_heads)`.
///
/// A query that may see nothing yields zeros, with zero gradients.
pub fn attention(q: Tensor<4>, k: Tensor<4>, v: Tensor<4>, mask: &Mask) -> Tensor<4> {
    let [batch, q_len, heads, head_dim] = q.dims();
    let [_, k_len, kv_heads, _] = k.dims();
    let group = heads / kv_heads;
    // Keys and values, one copy for each query head of the group.
    let spread = |t: Tensor<4>| {
        t.swap_dims(1, 2)
            .unsqueeze_dim::<5>(2)
            .expand([batch, kv_heads, group, k_len, head_dim])
            .reshape([batch, heads, k_len, head_dim])
    };
    let (k, v) = (spread(k), spread(v));

    let seen = mask.to_matrix().unsqueeze_dim::<4>(1);
    let seen = seen.expand([batch, heads, q_len, k_len]);
    let scale = 1.0 / (head_dim as f64).sqrt();
    let scores = q.swap_dims(1, 2).matmul(k.swap_dims(2, 3)).mul_scalar(scale);
    let scores = scores.mask_fill(seen.clone().bool_not(), UNSEEN);
    let weights = activation::softmax(scores, 3).mask_fill(seen.bool_not(), 0.0);
    weights.matmul(v).swap_dims(1, 2)
}

/// Rows of `weight` `[vocab, d]`: ids `[batch, seq]` give `[batch, seq, d]`.
pub fn embedding(weight: Tensor<2>, ids: Tensor<2, Int>) -> Tensor<3> {
    let [batch, seq] = ids.dims();
    let [_, d] = weight.dims();
    weight.select(0, ids.reshape([batch * seq])).reshape([batch, seq, d])
}

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
    let [n, _] = hidden.dims();
    if n == 0 {
        return Tensor::zeros([1], &hidden.device());
    }
    let logits = linear(hidden, weight);
    let max = logits.clone().detach().max_dim(1);
    let lse = (logits.clone() - max.clone()).exp().sum_dim(1).log() + max;
    let target = logits.clone().gather(1, targets.reshape([n, 1]));
    let mut rows = lse.clone() - target.mul_scalar(1.0 - label_smoothing);
    if label_smoothing != 0.0 {
        rows = rows - logits.mean_dim(1).mul_scalar(label_smoothing);
    }
    if z_loss != 0.0 {
        rows = rows + lse.square().mul_scalar(z_loss);
    }
    rows.sum()
}

/// The weight and the two running means after a step of AdamW; all `[n]`.
pub fn adamw(
    weight: Tensor<1>,
    gradient: Tensor<1>,
    first: Tensor<1>,
    second: Tensor<1>,
    step: &AdamW,
) -> [Tensor<1>; 3] {
    let gradient = gradient.mul_scalar(step.gradient_scale);
    let first = first.mul_scalar(step.beta1) + gradient.clone().mul_scalar(1.0 - step.beta1);
    let second = second.mul_scalar(step.beta2) + gradient.square().mul_scalar(1.0 - step.beta2);
    let correction = |beta: f64| 1.0 - beta.powf(step.step as f64);
    let root = second.clone().div_scalar(correction(step.beta2)).sqrt().add_scalar(step.epsilon);
    let update = first.clone().mul_scalar(step.lr / correction(step.beta1)) / root;
    let weight = weight.mul_scalar(1.0 - step.lr * step.weight_decay) - update;
    [weight, first, second]
}

/// The weight and the momentum after a step of Muon with Nesterov momentum, both `[rows · columns]`.
pub fn muon([weight, gradient, momentum]: [Tensor<1>; 3], shape: [usize; 2], step: &Muon) -> [Tensor<1>; 2] {
    let gradient = gradient.mul_scalar(step.gradient_scale);
    let momentum = momentum.mul_scalar(step.momentum) + gradient.clone();
    let ahead = gradient + momentum.clone().mul_scalar(step.momentum);
    let direction = orthogonalise(ahead.reshape(shape)).reshape([shape[0] * shape[1]]);
    let weight = weight.mul_scalar(1.0 - step.lr * step.weight_decay) - direction.mul_scalar(step.rate(shape));
    [weight, momentum]
}

/// `sqrt(Σ x²)` over all elements of all tensors; 0 without any.
pub fn global_norm(tensors: Vec<Tensor<1>>) -> f64 {
    let squares: Vec<Tensor<1>> = tensors.into_iter().map(|tensor| tensor.square().sum()).collect();
    if squares.is_empty() {
        return 0.0;
    }
    f64::from(Tensor::cat(squares, 0).sum().sqrt().into_scalar::<f32>())
}

/// Five Newton–Schulz steps towards the nearest orthogonal matrix, `[rows, columns]` to the same.
pub fn orthogonalise(matrix: Tensor<2>) -> Tensor<2> {
    let [rows, columns] = matrix.dims();
    let [a, b, c] = POLYNOMIAL;
    let tall = rows > columns;
    let x = if tall { matrix.transpose() } else { matrix };
    let norm = x.clone().square().sum().sqrt().add_scalar(NORM_EPSILON);
    let mut x = x / norm.unsqueeze::<2>();
    for _ in 0..ITERATIONS {
        let gram = x.clone().matmul(x.clone().transpose());
        let polynomial = gram.clone().mul_scalar(b) + gram.clone().matmul(gram).mul_scalar(c);
        x = x.clone().mul_scalar(a) + polynomial.matmul(x);
    }
    if tall { x.transpose() } else { x }
}
