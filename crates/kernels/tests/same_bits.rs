//! The same input gives the same bits, in every repetition and for every number of threads, rounded or not.

use burn::tensor::{Device, Int, Tensor, TensorData};
use cimiento_kernels::{
    Dropout, Mask, Muon, Rotary, RoundedProducts, attention, embedding, feed_forward, linear, linear_cross_entropy,
    muon, norm_rotary, rms_norm, swiglu,
};

const BATCH: usize = 6;
const SEQ: usize = 150;
const HEADS: usize = 4;
const D: usize = 96;
const VOCAB: usize = 700;

fn numbers<const N: usize>(seed: usize, shape: [usize; N]) -> Tensor<N> {
    let number = |i: usize| ((i * 7919 + seed * 104_729) % 2003) as f32 / 1001.5 - 1.0;
    let numbers: Vec<f32> = (0..shape.iter().product()).map(number).collect();
    Tensor::from_data(TensorData::new(numbers, shape), &Device::flex().autodiff()).require_grad()
}

fn ints<const N: usize>(shape: [usize; N], f: impl Fn(usize) -> i32) -> Tensor<N, Int> {
    let numbers: Vec<i32> = (0..shape.iter().product()).map(f).collect();
    Tensor::from_data(TensorData::new(numbers, shape), &Device::flex().autodiff())
}

/// The bits of a loss through every operation, and of the gradients of all its weights.
fn step() -> Vec<u32> {
    let table = numbers(1, [VOCAB, D]);
    let [gain, head_gain] = [numbers(2, [D]), numbers(3, [D / HEADS])];
    let [wq, wo, up, down] =
        [(4, D, D), (5, D, D), (6, 200, D), (7, D, 200)].map(|(seed, d_out, d_in)| numbers(seed, [d_out, d_in]));
    let ids = ints([BATCH, SEQ], |i| (i * i % VOCAB) as i32);
    let segments = ints([BATCH, SEQ], |i| (i % SEQ / 60 + 1) as i32);
    let visible = ints([BATCH, SEQ], |i| i32::from((i / SEQ).is_multiple_of(2)));
    let positions = ints([BATCH, SEQ], |i| (i % SEQ % 60) as i32);
    let mask = Mask::new(segments.clone(), segments, visible, 0);

    let x = embedding(table.clone(), ids);
    let n = rms_norm(x.clone(), gain.clone(), 1e-6);
    let q = linear(n, wq.clone()).reshape([BATCH, SEQ, HEADS, D / HEADS]);
    let q = norm_rotary(q, head_gain.clone(), 1e-6, &Rotary::new(positions, D / HEADS, 1e4));
    let y = attention(q.clone(), q.clone(), q, &mask).reshape([BATCH, SEQ, D]);
    let x = x + linear(y, wo.clone());
    let wide = linear(x.clone(), up.clone());
    let x = x + linear(swiglu(wide.clone(), wide), down.clone());
    let x =
        feed_forward(x, gain.clone(), 1e-6, [up.clone(), up.clone(), down.clone()], Dropout { share: 0.1, seed: 3 });
    let targets = ints([BATCH * SEQ], |i| (i * 31 % VOCAB) as i32);
    let loss = linear_cross_entropy(x.reshape([BATCH * SEQ, D]), table.clone(), targets, 1e-4, 0.1);

    let gradients = loss.backward();
    let mut bits: Vec<u32> = Vec::new();
    let mut push = |data: TensorData| bits.extend(data.iter::<f32>().map(f32::to_bits));
    push(loss.into_data());
    for matrix in [&table, &wq, &wo, &up, &down] {
        push(matrix.grad(&gradients).expect("a gradient").into_data());
    }
    for vector in [&gain, &head_gain] {
        push(vector.grad(&gradients).expect("a gradient").into_data());
    }
    bits
}

/// The bits of products with few rows and of queries of few tokens, as when text is generated.
fn few() -> Vec<u32> {
    let mut bits: Vec<u32> = Vec::new();
    let mut push = |data: TensorData| bits.extend(data.iter::<f32>().map(f32::to_bits));
    for rows in [1, 3, 7, 16, 40] {
        for (d_out, d_in) in [(1024, 640), (1030, 640), (40, 9)] {
            push(linear(numbers(1, [rows, d_in]), numbers(2, [d_out, d_in])).into_data());
        }
    }
    for (batch, queries, keys) in [(1, 1, 900), (1, 3, 900), (9, 1, 120)] {
        let q = numbers(3, [batch, queries, 2 * HEADS, 24]);
        let [k, v] = [4, 5].map(|seed| numbers(seed, [batch, keys, HEADS, 24]));
        let [one, visible] = [queries, keys].map(|len| ints([batch, len], |_| 1));
        let segments = ints([batch, keys], |i| i32::from(i % keys < keys - 7));
        push(attention(q, k, v, &Mask::new(one, segments, visible, keys - queries)).into_data());
    }
    bits
}

/// The bits of weights and momenta that Muon has moved: matrices cut between threads where those are many, else each on
/// one, of which half is made.
fn moved() -> Vec<u32> {
    let matrix = |seed, [rows, columns]: [usize; 2]| {
        let numbers = || numbers(seed, [rows * columns]).detach().inner();
        ([numbers(), numbers(), numbers()], [rows, columns])
    };
    let matrices = vec![matrix(1, [96, 200]), matrix(2, [520, 40]), matrix(3, [530, 540]), matrix(4, [64, 64])];
    let step = Muon { lr: 0.02, momentum: 0.9, weight_decay: 0.1, gradient_scale: 1.0 };
    let moved = muon(matrices, &step).into_iter().flatten().map(Tensor::into_data);
    moved.flat_map(|data| data.iter::<f32>().map(f32::to_bits).collect::<Vec<_>>()).collect()
}

fn check(what: &str, work: fn() -> Vec<u32>) -> Vec<u32> {
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(work)
    };
    let expected = with(1);
    assert!(expected.iter().all(|&bits| f32::from_bits(bits).is_finite()));
    for threads in [1, 2, 2, 2, 3, 7] {
        assert!(with(threads) == expected, "{what}: {threads} threads give other bits than one");
    }
    expected
}

/// Alone in its process: while products are rounded, those of all threads are.
#[test]
fn repetitions_and_thread_counts_agree_to_the_bit() {
    check("few rows", few);
    check("Muon", moved);
    let exact = check("a step", step);
    let rounded = {
        let _products = RoundedProducts::begin();
        check("few rows, rounded", few);
        check("Muon, rounded", moved);
        check("a step, rounded", step)
    };
    assert!(step() == exact, "rounding must end with its guard");

    let [exact, rounded] = [exact, rounded].map(|bits| bits.into_iter().map(f32::from_bits).collect::<Vec<f32>>());
    assert!(
        exact[0] != rounded[0] && (exact[0] - rounded[0]).abs() < 1e-2 * exact[0].abs(),
        "{} {}",
        exact[0],
        rounded[0]
    );
    let norm = |values: &mut dyn Iterator<Item = f32>| values.map(|x| x * x).sum::<f32>().sqrt();
    let apart = norm(&mut exact[1..].iter().zip(&rounded[1..]).map(|(a, b)| a - b));
    let length = norm(&mut exact[1..].iter().copied());
    // Weights of up to 1, many times what a model has, make much of small differences: 0.2 here.
    assert!(apart < 0.4 * length, "the gradients lie {apart} apart, of {length}");
}
