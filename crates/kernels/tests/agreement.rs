//! Every operation gives the values and the gradients of its definition, at odd sizes and at the edges.

use std::cell::Cell;

use burn::tensor::{Device, Int, Tensor, TensorData};
use cimiento_kernels::{self as fast, AdamW, Mask, plain};

/// Largest error accepted, relative to the largest element of the definition's result, or to 0.1 if all
/// are smaller (the inputs are of size 1, and what is left of a difference of such has their rounding).
const TOLERANCE: f32 = 1e-4;

fn device() -> Device {
    Device::flex().autodiff()
}

thread_local! {
    /// Each test runs on a thread of its own, so that its numbers are the same in every run.
    static STATE: Cell<u64> = const { Cell::new(1) };
}

/// Numbers of mean 0 and variance 1.
fn numbers(n: usize) -> Vec<f32> {
    let next = || {
        let state = STATE.get().wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        STATE.set(state);
        (state >> 40) as f32 / (1u64 << 24) as f32
    };
    // The sum of 12 uniform numbers has variance 1 and mean 6.
    (0..n).map(|_| (0..12).map(|_| next()).sum::<f32>() - 6.0).collect()
}

fn random<const D: usize>(shape: [usize; D]) -> Tensor<D> {
    Tensor::from_data(TensorData::new(numbers(shape.iter().product()), shape), &device())
}

/// The same, outside autodiff.
fn constant<const D: usize>(shape: [usize; D]) -> Tensor<D> {
    random(shape).inner()
}

fn floats<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec().unwrap()
}

fn ints<const D: usize>(numbers: &[i32], shape: [usize; D]) -> Tensor<D, Int> {
    Tensor::from_data(TensorData::new(numbers.to_vec(), shape), &device())
}

fn assert_close(what: &str, got: &[f32], expected: &[f32]) {
    assert_eq!(got.len(), expected.len(), "{what}: sizes differ");
    let largest = expected.iter().fold(0.1f32, |largest, x| largest.max(x.abs()));
    for (i, (got, expected)) in got.iter().zip(expected).enumerate() {
        let error = (got - expected).abs() / largest;
        assert!(error <= TOLERANCE, "{what}[{i}]: {got} instead of {expected}");
    }
}

/// Compares output and input gradients of two functions of two float tensors, for a random gradient of
/// the output.
fn check<const A: usize, const B: usize, const D: usize>(
    what: &str,
    inputs: (Tensor<A>, Tensor<B>),
    fast: impl Fn(Tensor<A>, Tensor<B>) -> Tensor<D>,
    plain: impl Fn(Tensor<A>, Tensor<B>) -> Tensor<D>,
) {
    let (a, b) = (inputs.0.require_grad(), inputs.1.require_grad());
    let (got, expected) = (fast(a.clone(), b.clone()), plain(a.clone(), b.clone()));
    assert_eq!(got.dims(), expected.dims(), "{what}: shapes differ");
    let weights = random(got.dims());
    assert_close(&format!("{what}: output"), &floats(got.clone()), &floats(expected.clone()));
    let got = (got * weights.clone()).sum().backward();
    let expected = (expected * weights).sum().backward();
    let (ga, ea) = (a.grad(&got).unwrap(), a.grad(&expected).unwrap());
    assert_close(&format!("{what}: first gradient"), &floats(ga), &floats(ea));
    let (gb, eb) = (b.grad(&got).unwrap(), b.grad(&expected).unwrap());
    assert_close(&format!("{what}: second gradient"), &floats(gb), &floats(eb));

    // Outside autodiff the same operation gives the same output.
    let (a, b) = (a.inner(), b.inner());
    let (got, expected) = (fast(a.clone(), b.clone()), plain(a, b));
    assert_close(&format!("{what}: inference"), &floats(got), &floats(expected));
}

#[test]
fn linear() {
    for (rows, d_out, d_in) in
        [(1, 1, 1), (7, 5, 3), (130, 33, 65), (300, 128, 96), (1, 5000, 64), (12, 77, 200), (13, 600, 200), (100, 9, 5)]
    {
        let inputs = (random([rows, d_in]), random([d_out, d_in]));
        check("linear", inputs, fast::linear::<2>, plain::linear::<2>);
    }
    let inputs = (random([3, 5, 7, 9]), random([11, 9]));
    check("linear of rank 4", inputs, fast::linear::<4>, plain::linear::<4>);
    // Views whose elements do not lie in order.
    let inputs = (random([9, 6]), random([9, 4]));
    check(
        "linear of transposes",
        inputs,
        |x, w| fast::linear(x.transpose(), w.transpose()),
        |x, w| plain::linear(x.transpose(), w.transpose()),
    );
}

#[test]
fn rms_norm() {
    for shape in [[1, 1, 1], [2, 3, 5], [3, 70, 128], [2, 129, 200]] {
        let inputs = (random(shape), random([shape[2]]));
        let fast = |x, gamma| fast::rms_norm::<3>(x, gamma, 1e-6);
        check("rms_norm", inputs, fast, |x, gamma| plain::rms_norm::<3>(x, gamma, 1e-6));
    }
}

#[test]
fn swiglu() {
    for shape in [[1, 1, 1], [2, 3, 5], [4, 100, 130]] {
        let inputs = (random(shape).mul_scalar(5.0), random(shape));
        check("swiglu", inputs, fast::swiglu::<3>, plain::swiglu::<3>);
    }
}

#[test]
fn feed_forward() {
    for (rows, d, ff) in [(1, 3, 5), (4, 8, 7), (30, 16, 40), (65, 33, 20), (300, 8, 24), (1100, 6, 10)] {
        let [gate, up] = [random([ff, d]), random([ff, d])];
        let down = random([d, ff]);
        for residual in [false, true] {
            // Two of the five inputs at a time: what is left out is a constant.
            let inputs = (random([1, rows, d]), random([d]));
            let weights = || [gate.clone(), up.clone(), down.clone()];
            check(
                "feed_forward, input and gains",
                inputs,
                |x, gamma| fast::feed_forward::<3>(x, gamma, 1e-6, weights(), residual),
                |x, gamma| plain::feed_forward::<3>(x, gamma, 1e-6, weights(), residual),
            );
            let (x, gamma) = (random([1, rows, d]), random([d]));
            check(
                "feed_forward, gate and up",
                (gate.clone(), up.clone()),
                |gate, up| fast::feed_forward(x.clone(), gamma.clone(), 1e-6, [gate, up, down.clone()], residual),
                |gate, up| plain::feed_forward(x.clone(), gamma.clone(), 1e-6, [gate, up, down.clone()], residual),
            );
            check(
                "feed_forward, down and input",
                (down.clone(), x.clone()),
                |down, x| fast::feed_forward(x, gamma.clone(), 1e-6, [gate.clone(), up.clone(), down], residual),
                |down, x| plain::feed_forward(x, gamma.clone(), 1e-6, [gate.clone(), up.clone(), down], residual),
            );
        }
    }
}

#[test]
fn norm_rotary() {
    // Packed documents, a single token, positions beyond the number of tokens, and before 0.
    let cases: [(&[i32], [usize; 4]); 5] = [
        (&[0, 1, 2, 0, 1, 0, 0, 1, 2, 3, 4, 5], [2, 6, 3, 8]),
        (&[0], [1, 1, 1, 2]),
        (&[1000, 1001, 1002], [1, 3, 2, 64]),
        (&[3, 1, 2, 9], [2, 2, 3, 32]),
        (&[-2, 5, 7, 1], [2, 2, 40, 128]),
    ];
    for (positions, shape) in cases {
        let positions = ints(positions, [shape[0], shape[1]]);
        let inputs = (random(shape), random([shape[3]]));
        check(
            "norm_rotary",
            inputs,
            |x, gamma| fast::norm_rotary(x, gamma, 1e-6, positions.clone(), 1e4),
            |x, gamma| plain::norm_rotary(x, gamma, 1e-6, positions.clone(), 1e4),
        );
    }
}

#[test]
fn embedding() {
    for (vocab, d, ids) in
        [(1, 1, vec![0]), (10, 7, vec![3, 3, 9, 0, 3, 5]), (300, 64, (0..600).map(|i| i * i % 300).collect())]
    {
        let ids = ints(&ids, [1, ids.len()]);
        check(
            "embedding",
            (random([vocab, d]), random([1])),
            |weight, one| fast::embedding(weight, ids.clone()) * one.unsqueeze(),
            |weight, one| plain::embedding(weight, ids.clone()) * one.unsqueeze(),
        );
    }
}

#[test]
fn linear_cross_entropy() {
    for (n, vocab, d) in [(1, 2, 1), (5, 11, 3), (600, 130, 24), (513, 1000, 16)] {
        for (z_loss, smoothing) in [(0.0, 0.0), (1e-2, 0.0), (0.0, 0.1), (1e-2, 0.2)] {
            let targets: Vec<i32> = (0..n).map(|i| (i * 7919 % vocab) as i32).collect();
            let targets = ints(&targets, [n]);
            check(
                &format!("linear_cross_entropy {n} {vocab} {d} {z_loss} {smoothing}"),
                (random([n, d]), random([vocab, d])),
                |h, w| fast::linear_cross_entropy(h, w, targets.clone(), z_loss, smoothing),
                |h, w| plain::linear_cross_entropy(h, w, targets.clone(), z_loss, smoothing),
            );
        }
    }
}

#[test]
fn cross_entropy_without_rows_is_zero() {
    let weight = random([7, 4]).require_grad();
    let hidden = random([3, 4]).require_grad();
    let none = hidden.clone().select(0, Tensor::<1, Int>::from_data([1i32; 0], &device()));
    let targets = Tensor::<1, Int>::from_data([1i32; 0], &device());
    let loss = fast::linear_cross_entropy(none, weight.clone(), targets, 1e-4, 0.1);
    assert_eq!(floats(loss.clone()), [0.0]);
    let gradients = loss.backward();
    let gradient = weight.grad(&gradients).map_or(vec![0.0; 28], floats);
    assert_eq!(gradient, [0.0; 28]);
}

#[test]
fn cross_entropy_survives_large_logits() {
    let (hidden, weight) = (random([4, 8]).mul_scalar(100.0), random([9, 8]).mul_scalar(10.0));
    let targets = ints(&[0, 3, 8, 2], [4]);
    let loss = fast::linear_cross_entropy(hidden.require_grad(), weight, targets, 1e-4, 0.0);
    assert!(floats(loss)[0].is_finite());
}

/// A mask from the segments of queries and keys, one row of `k` numbers for each entry of the batch.
fn mask(batch: usize, query: &[i32], key: &[i32], visible: &[i32], offset: usize) -> Mask {
    Mask {
        query_segments: ints(query, [batch, query.len() / batch]),
        key_segments: ints(key, [batch, key.len() / batch]),
        visible: ints(visible, [batch, visible.len() / batch]),
        offset,
    }
}

fn check_attention(what: &str, heads: usize, kv_heads: usize, head_dim: usize, mask: &Mask) {
    let [batch, q_len] = mask.query_segments.dims();
    let [_, k_len] = mask.key_segments.dims();
    let q = random([batch, q_len, heads, head_dim]);
    let k = random([batch, k_len, kv_heads, head_dim]);
    let v = random([batch, k_len, kv_heads, head_dim]);
    for (which, [q, k, v]) in [("queries, keys", [q.clone(), k.clone(), v.clone()]), ("queries, values", [q, v, k])] {
        let first = which == "queries, keys";
        let order = |b: Tensor<4>, c: Tensor<4>| if first { (b, c) } else { (c, b) };
        check(
            &format!("attention, {what}, {which}"),
            (q, k),
            |a, b| {
                let (k, v) = order(b, v.clone());
                fast::attention(a, k, v, mask)
            },
            |a, b| {
                let (k, v) = order(b, v.clone());
                plain::attention(a, k, v, mask)
            },
        );
    }
}

#[test]
fn attention_causal_and_both_ways() {
    for (batch, len) in [(1, 1), (2, 7), (3, 64), (2, 65), (1, 200)] {
        let one = vec![1; batch * len];
        for visible in [0, 1] {
            let mask = mask(batch, &one, &one, &vec![visible; batch * len], 0);
            check_attention(&format!("{batch}x{len} visible {visible}"), 2, 2, 16, &mask);
        }
    }
}

#[test]
fn attention_grouped_heads() {
    let one = vec![1; 2 * 70];
    for (heads, kv_heads) in [(4, 1), (6, 2), (3, 3)] {
        let mask = mask(2, &one, &one, &vec![0; 140], 0);
        check_attention(&format!("{heads} heads of {kv_heads}"), heads, kv_heads, 9, &mask);
    }
}

#[test]
fn attention_packed_padded_and_prefixed() {
    // Documents of several lengths, padding at the end and between, a row of padding alone.
    let documents = |len: usize, lengths: &[(i32, usize)]| {
        let mut row: Vec<i32> = lengths.iter().flat_map(|&(s, n)| vec![s; n]).collect();
        row.resize(len, 0);
        row
    };
    let len = 150;
    let mut segments = documents(len, &[(1, 1), (2, 70), (3, 9), (0, 5), (4, 40)]);
    segments.extend(documents(len, &[]));
    segments.extend(documents(len, &[(7, 150)]));
    segments.extend(documents(len, &[(1, 30), (2, 30), (1, 30)]));
    let prefix: Vec<i32> = (0..4 * len).map(|i| i32::from(i % len < 100 && i % 3 != 0)).collect();
    for (what, visible) in [("causal", vec![0; 4 * len]), ("both", vec![1; 4 * len]), ("prefix", prefix)] {
        check_attention(what, 4, 2, 12, &mask(4, &segments, &segments, &visible, 0));
    }
}

#[test]
fn attention_with_a_cache() {
    for (q_len, k_len) in [(1, 9), (5, 70), (3, 3)] {
        let (query, key) = (vec![1; q_len], vec![1; k_len]);
        let mask = mask(1, &query, &key, &vec![0; k_len], k_len - q_len);
        check_attention(&format!("{q_len} after {k_len}"), 2, 1, 8, &mask);
    }
}

#[test]
fn a_query_that_sees_nothing_gives_zeros() {
    let mask = mask(1, &[0, 1, 2], &[0, 1, 1], &[1, 1, 1], 0);
    let (q, k, v) = (random([1, 3, 2, 4]), random([1, 3, 2, 4]), random([1, 3, 2, 4]));
    let (q, k, v) = (q.require_grad(), k.require_grad(), v.require_grad());
    for attention in [fast::attention, plain::attention] {
        let output = attention(q.clone(), k.clone(), v.clone(), &mask);
        let values = floats(output.clone());
        assert_eq!(values[..8], [0.0; 8]);
        assert_eq!(values[16..], [0.0; 8]);
        let gradients = output.sum().backward();
        let dq = floats(q.grad(&gradients).unwrap());
        assert_eq!((&dq[..8], &dq[16..]), (&[0.0; 8][..], &[0.0; 8][..]));
        assert_eq!(floats(k.grad(&gradients).unwrap())[..8], [0.0; 8]);
        assert_eq!(floats(v.grad(&gradients).unwrap())[..8], [0.0; 8]);
    }
}

#[test]
fn adamw_steps() {
    let random = |n: usize| constant([n]);
    for n in [1, 7, 20_000] {
        let (weight, first, second) = (random(n), random(n), random(n).square());
        let mut fast = [weight.clone(), first.clone(), second.clone()];
        let mut plain = [weight, first, second];
        for step in 1..4 {
            let gradient = random(n);
            let step = AdamW {
                lr: 1e-2,
                beta1: 0.9,
                beta2: 0.95,
                epsilon: 1e-8,
                weight_decay: 0.1,
                step,
                gradient_scale: 0.7,
            };
            let [weight, first, second] = fast;
            fast = fast::adamw(weight, gradient.clone(), first, second, &step);
            let [weight, first, second] = plain;
            plain = plain::adamw(weight, gradient, first, second, &step);
            for (i, what) in ["weight", "first mean", "second mean"].iter().enumerate() {
                assert_close(&format!("adamw {what}"), &floats(fast[i].clone()), &floats(plain[i].clone()));
            }
        }
    }
}

#[test]
fn adamw_leaves_shared_tensors_alone() {
    let device = Device::flex();
    let ones = Tensor::<1>::ones([5], &device);
    let kept = ones.clone();
    let step =
        AdamW { lr: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weight_decay: 0.0, step: 1, gradient_scale: 1.0 };
    let zeros = Tensor::<1>::zeros([5], &device);
    let [weight, _, _] = fast::adamw(ones, kept.clone(), zeros.clone(), zeros, &step);
    assert_close("first step", &floats(weight), &[0.9; 5]);
    assert_eq!(floats(kept), [1.0; 5]);
}

#[test]
fn global_norm_of_several_tensors() {
    let device = Device::flex();
    let tensors = [3, 50_000, 1].map(|n| Tensor::<1>::full([n], 2.0, &device));
    let expected = (4.0f64 * 50_004.0).sqrt();
    assert!((fast::global_norm(&tensors) - expected).abs() < 1e-6 * expected);
    assert!((plain::global_norm(tensors.to_vec()) - expected).abs() < 1e-4 * expected);
    assert_eq!(fast::global_norm([]), 0.0);
}

#[test]
fn orthogonalised_matrices() {
    let device = Device::flex();
    for shape in [[1, 1], [7, 3], [3, 7], [130, 65], [64, 200]] {
        let matrix = constant(shape);
        let (got, expected) = (fast::orthogonalise(matrix.clone()), plain::orthogonalise(matrix));
        assert_eq!(got.dims(), shape);
        let (got, expected) = (floats(got), floats(expected));
        // Five steps of a polynomial of slope 3.4 amplify rounding; the definition itself is no closer.
        for (got, expected) in got.iter().zip(&expected) {
            assert!((got - expected).abs() < 1e-3, "{got} instead of {expected}");
        }
    }
    let zero = Tensor::<2>::zeros([4, 6], &device);
    assert_eq!(floats(fast::orthogonalise(zero)), [0.0; 24]);
}
