//! What an optimizer does to whole tensors.

use burn::tensor::{Device, Tensor};
use cimiento_kernels::{self as fast, AdamW, Muon, plain};

use crate::support::{assert_close, constant, floats};

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
fn muon_steps() {
    let step = Muon { lr: 0.1, momentum: 0.9, weight_decay: 0.1, gradient_scale: 0.5 };
    // One matrix is cut for the threads, many are handed out whole.
    for shapes in [vec![[1, 1]], vec![[64, 20]; 40], vec![[5, 7], [90, 33]]] {
        let matrices =
            || shapes.iter().map(|&[rows, columns]| ([(); 3].map(|()| constant([rows * columns])), [rows, columns]));
        let matrices: Vec<_> = matrices().collect();
        let got = fast::muon(matrices.clone(), &step);
        assert_eq!(got.len(), shapes.len());
        for ((tensors, shape), [weight, momentum]) in matrices.into_iter().zip(got) {
            let [expected_weight, expected_momentum] = plain::muon(tensors, shape, &step);
            assert_close("momentum", &floats(momentum), &floats(expected_momentum));
            for (got, expected) in floats(weight).into_iter().zip(floats(expected_weight)) {
                // As for the orthogonalised matrices below, times the rate.
                assert!((got - expected).abs() < 2e-4, "{got} instead of {expected}");
            }
        }
    }
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
