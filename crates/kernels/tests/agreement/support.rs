//! Random tensors, and the comparison of two functions of them.

use std::cell::Cell;

use burn::tensor::{Device, Int, Tensor, TensorData};

/// Largest error accepted, relative to the largest element of the definition's result, or to 0.1 if all
/// are smaller (the inputs are of size 1, and what is left of a difference of such has their rounding).
pub const TOLERANCE: f32 = 1e-4;

pub fn device() -> Device {
    Device::flex().autodiff()
}

thread_local! {
    /// Each test runs on a thread of its own, so that its numbers are the same in every run.
    static STATE: Cell<u64> = const { Cell::new(1) };
}

/// Numbers of mean 0 and variance 1.
pub fn numbers(n: usize) -> Vec<f32> {
    let next = || {
        let state = STATE.get().wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        STATE.set(state);
        (state >> 40) as f32 / (1u64 << 24) as f32
    };
    // The sum of 12 uniform numbers has variance 1 and mean 6.
    (0..n).map(|_| (0..12).map(|_| next()).sum::<f32>() - 6.0).collect()
}

pub fn random<const D: usize>(shape: [usize; D]) -> Tensor<D> {
    Tensor::from_data(TensorData::new(numbers(shape.iter().product()), shape), &device())
}

/// The same, outside autodiff.
pub fn constant<const D: usize>(shape: [usize; D]) -> Tensor<D> {
    random(shape).inner()
}

pub fn floats<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec().unwrap()
}

pub fn ints<const D: usize>(numbers: &[i32], shape: [usize; D]) -> Tensor<D, Int> {
    Tensor::from_data(TensorData::new(numbers.to_vec(), shape), &device())
}

pub fn assert_close(what: &str, got: &[f32], expected: &[f32]) {
    assert_eq!(got.len(), expected.len(), "{what}: sizes differ");
    let largest = expected.iter().fold(0.1f32, |largest, x| largest.max(x.abs()));
    for (i, (got, expected)) in got.iter().zip(expected).enumerate() {
        let error = (got - expected).abs() / largest;
        assert!(error <= TOLERANCE, "{what}[{i}]: {got} instead of {expected}");
    }
}

/// Compares output and input gradients of two functions of two float tensors, for a random gradient of
/// the output.
pub fn check<const A: usize, const B: usize, const D: usize>(
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
