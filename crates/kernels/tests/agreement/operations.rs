//! Products, norms, gates, the embedding and the loss.

use burn::tensor::{Int, Tensor};
use cimiento_kernels::{self as fast, Dropout, Rotary, plain};

use crate::support::{check, device, floats, ints, random};

#[test]
fn linear() {
    for (rows, d_out, d_in) in [
        (1, 1, 1),
        (7, 5, 3),
        (130, 33, 65),
        (300, 128, 96),
        (1, 5000, 64),
        (12, 77, 200),
        (13, 600, 200),
        (100, 9, 5),
        (5, 640, 200),
        (16, 1024, 130),
    ] {
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
fn gelu() {
    for shape in [[1, 1, 1], [2, 3, 5], [4, 100, 130]] {
        let inputs = (random(shape).mul_scalar(4.0), random([shape[2]]));
        check("gelu", inputs, fast::gelu::<3>, plain::gelu::<3>);
    }
}

#[test]
fn add_dropped() {
    for (shape, share) in [([1, 1, 1], 0.0), ([2, 3, 5], 0.5), ([3, 70, 128], 0.0), ([3, 70, 128], 0.1)] {
        let dropout = Dropout { share, seed: 9 };
        let inputs = (random(shape), random(shape));
        let fast = |x, y| fast::add_dropped::<3>(x, y, dropout);
        check("add_dropped", inputs, fast, |x, y| plain::add_dropped::<3>(x, y, dropout));
    }
}

#[test]
fn feed_forward() {
    for (rows, d, ff) in [(1, 3, 5), (4, 8, 7), (30, 16, 40), (65, 33, 20), (300, 8, 24), (1100, 6, 10)] {
        let [gate, up] = [random([ff, d]), random([ff, d])];
        let down = random([d, ff]);
        for dropout in [Dropout::NONE, Dropout { share: 0.3, seed: 5 }] {
            // Two of the five inputs at a time: what is left out is a constant.
            let inputs = (random([1, rows, d]), random([d]));
            let weights = || [gate.clone(), up.clone(), down.clone()];
            check(
                "feed_forward, input and gains",
                inputs,
                |x, gamma| fast::feed_forward::<3>(x, gamma, 1e-6, weights(), dropout),
                |x, gamma| plain::feed_forward::<3>(x, gamma, 1e-6, weights(), dropout),
            );
            let (x, gamma) = (random([1, rows, d]), random([d]));
            check(
                "feed_forward, gate and up",
                (gate.clone(), up.clone()),
                |gate, up| fast::feed_forward(x.clone(), gamma.clone(), 1e-6, [gate, up, down.clone()], dropout),
                |gate, up| plain::feed_forward(x.clone(), gamma.clone(), 1e-6, [gate, up, down.clone()], dropout),
            );
            check(
                "feed_forward, down and input",
                (down.clone(), x.clone()),
                |down, x| fast::feed_forward(x, gamma.clone(), 1e-6, [gate.clone(), up.clone(), down], dropout),
                |down, x| plain::feed_forward(x, gamma.clone(), 1e-6, [gate.clone(), up.clone(), down], dropout),
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
        let at = ints(positions, [shape[0], shape[1]]);
        // Frequencies of another kind, and turned components that grow.
        let others: Vec<f32> = (0..shape[3] / 2).map(|i| 1.0 / (1.0 + i as f32)).collect();
        for rotary in [Rotary::new(at.clone(), shape[3], 1e4), Rotary::with_frequencies(at, others.into(), 1.25)] {
            check(
                "norm_rotary",
                (random(shape), random([shape[3]])),
                |x, gamma| fast::norm_rotary(x, gamma, 1e-6, &rotary),
                |x, gamma| plain::norm_rotary(x, gamma, 1e-6, &rotary),
            );
            check(
                "rotary",
                (random(shape), random([1])),
                |x, other| fast::rotary(x, &rotary) * other.unsqueeze(),
                |x, other| plain::rotary(x, &rotary) * other.unsqueeze(),
            );
        }
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
