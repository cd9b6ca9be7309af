//! Every hand-written gradient against differences of the operation worked out in float64.

use burn::tensor::{Device, Int, Tensor, TensorData};
use cimiento_kernels::{self as fast, Dropout, Mask, Rotary};

const EPSILON: f64 = 1e-6;
/// Half of the distance between two values whose difference is taken.
const H: f64 = 1e-5;
/// Largest error accepted, relative to the largest gradient of the input, or to 0.1 if all are smaller.
const TOLERANCE: f64 = 1e-4;

fn number(seed: usize, i: usize) -> f64 {
    let hash = (i * 7919 + seed * 104_729 + 31).wrapping_mul(2_654_435_761) >> 7;
    (hash % 20_011) as f64 / 10_005.5 - 1.0
}

/// Compares the gradients of `Σ weight · fast(inputs)` with differences of `Σ weight · exact(inputs)`, for inputs of
/// these sizes.
fn check(
    what: &str,
    sizes: &[usize],
    fast: impl Fn(&[Tensor<1>]) -> Tensor<1>,
    exact: impl Fn(&[Vec<f64>]) -> Vec<f64>,
) {
    let device = Device::flex().autodiff();
    let mut inputs: Vec<Vec<f64>> =
        sizes.iter().enumerate().map(|(seed, &n)| (0..n).map(|i| number(seed, i)).collect()).collect();
    // The differences are taken where float32 can stand.
    inputs.iter_mut().flatten().for_each(|x| *x = f64::from(*x as f32));
    let tensors: Vec<Tensor<1>> = inputs
        .iter()
        .map(|input| {
            let data: Vec<f32> = input.iter().map(|&x| x as f32).collect();
            Tensor::from_data(TensorData::new(data, [input.len()]), &device).require_grad()
        })
        .collect();
    let y = fast(&tensors);
    let weights: Vec<f64> = (0..y.dims()[0]).map(|i| f64::from(number(99, i) as f32)).collect();
    let data: Vec<f32> = weights.iter().map(|&w| w as f32).collect();
    let weight = Tensor::<1>::from_data(TensorData::new(data, y.dims()), &device);
    let gradients = (y * weight).sum().backward();
    let loss = |inputs: &[Vec<f64>]| exact(inputs).iter().zip(&weights).map(|(y, w)| y * w).sum::<f64>();
    for (which, tensor) in tensors.iter().enumerate() {
        let got: Vec<f64> = tensor.grad(&gradients).expect("a gradient").into_data().iter::<f64>().collect();
        let expected: Vec<f64> = (0..got.len())
            .map(|i| {
                let here = inputs[which][i];
                inputs[which][i] = here + H;
                let above = loss(&inputs);
                inputs[which][i] = here - H;
                let below = loss(&inputs);
                inputs[which][i] = here;
                (above - below) / (2.0 * H)
            })
            .collect();
        let largest = expected.iter().fold(0.1f64, |largest, x| largest.max(x.abs()));
        for (i, (got, expected)) in got.iter().zip(&expected).enumerate() {
            let error = (got - expected).abs() / largest;
            assert!(error < TOLERANCE, "{what}: input {which}[{i}]: {got} instead of {expected}");
        }
    }
}

fn ints<const D: usize>(numbers: &[i32], shape: [usize; D]) -> Tensor<D, Int> {
    Tensor::from_data(TensorData::new(numbers.to_vec(), shape), &Device::flex().autodiff())
}

/// `x · wᵀ` for `w` `[.., d_in]`.
fn linear(x: &[f64], w: &[f64], d_in: usize) -> Vec<f64> {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum();
    x.chunks(d_in).flat_map(|x| w.chunks(d_in).map(move |w| dot(x, w))).collect()
}

fn rms_norm(x: &[f64], gamma: &[f64]) -> Vec<f64> {
    let d = gamma.len();
    let row = |x: &[f64]| {
        let r = (x.iter().map(|x| x * x).sum::<f64>() / d as f64 + EPSILON).sqrt();
        x.iter().zip(gamma).map(|(x, g)| x / r * g).collect::<Vec<_>>()
    };
    x.chunks(d).flat_map(row).collect()
}

fn swiglu(gate: &[f64], up: &[f64]) -> Vec<f64> {
    gate.iter().zip(up).map(|(g, u)| g / (1.0 + (-g).exp()) * u).collect()
}

/// `v Φ(v)`, with `Φ` as the sum of its series (Marsaglia 2004).
fn gelu(v: f64) -> f64 {
    let (mut term, mut sum, mut n) = (v, v, 1.0);
    while term.abs() > 1e-18 {
        n += 2.0;
        term *= v * v / n;
        sum += term;
    }
    v * (0.5 + sum * (-0.5 * v * v).exp() / std::f64::consts::TAU.sqrt())
}

#[test]
fn products_norms_and_gates() {
    for (rows, d_out, d_in) in [(1, 1, 1), (5, 7, 3), (70, 4, 5)] {
        check(
            "linear",
            &[rows * d_in, d_out * d_in],
            |t| {
                let (x, w) = (t[0].clone().reshape([rows, d_in]), t[1].clone().reshape([d_out, d_in]));
                fast::linear(x, w).reshape([rows * d_out])
            },
            |t| linear(&t[0], &t[1], d_in),
        );
    }
    for (rows, d) in [(1, 1), (3, 5), (4, 33)] {
        let fast = |t: &[Tensor<1>]| {
            fast::rms_norm(t[0].clone().reshape([rows, d]), t[1].clone(), EPSILON).reshape([rows * d])
        };
        check("rms_norm", &[rows * d, d], fast, |t| rms_norm(&t[0], &t[1]));
    }
    check(
        "gelu",
        &[30, 5],
        |t| fast::gelu(t[0].clone().reshape([6, 5]), t[1].clone()).reshape([30]),
        |t| t[0].iter().zip(t[1].iter().cycle()).map(|(x, bias)| gelu(x + bias)).collect(),
    );
    check("swiglu", &[37, 37], |t| fast::swiglu(t[0].clone(), t[1].clone()), |t| swiglu(&t[0], &t[1]));
}

#[test]
fn a_feed_forward_layer() {
    for (rows, d, ff, share) in [(1, 3, 5, 0.0), (9, 4, 7, 0.0), (70, 2, 3, 0.4)] {
        let dropout = Dropout { share, seed: 4 };
        // What stays, seen through the operation itself on ones.
        let ones = Tensor::<1>::ones([rows * d], &Device::flex());
        let stays = fast::add_dropped(ones.zeros_like(), ones, dropout);
        let stays: Vec<f64> = stays.into_data().iter::<f64>().collect();
        check(
            "feed_forward",
            &[rows * d, d, ff * d, ff * d, ff * d],
            |t| {
                let weights = [(2, [ff, d]), (3, [ff, d]), (4, [d, ff])].map(|(i, shape)| t[i].clone().reshape(shape));
                let x = t[0].clone().reshape([rows, d]);
                fast::feed_forward(x, t[1].clone(), EPSILON, weights, dropout).reshape([rows * d])
            },
            |t| {
                let n = rms_norm(&t[0], &t[1]);
                let fed = linear(&swiglu(&linear(&n, &t[2], d), &linear(&n, &t[3], d)), &t[4], ff);
                fed.iter().zip(&t[0]).zip(&stays).map(|((fed, x), stays)| x + fed * stays).collect()
            },
        );
    }
}

#[test]
fn rotary_positions() {
    let positions = [0, 3, 1, 2];
    for (heads, d) in [(1, 2), (3, 6), (2, 32)] {
        let rotary = Rotary::new(ints(&positions, [2, 2]), d, 1e4);
        let size = 4 * heads * d;
        check(
            "norm_rotary",
            &[size, d],
            |t| {
                let x = t[0].clone().reshape([2, 2, heads, d]);
                fast::norm_rotary(x, t[1].clone(), EPSILON, &rotary).reshape([size])
            },
            |t| {
                let mut n = rms_norm(&t[0], &t[1]);
                for (token, heads) in n.chunks_mut(heads * d).enumerate() {
                    for head in heads.chunks_mut(d) {
                        for i in 0..d / 2 {
                            let angle = f64::from(positions[token]) * 1e4f64.powf(-2.0 * i as f64 / d as f64);
                            let (low, high) = (head[i], head[i + d / 2]);
                            head[i] = low * angle.cos() - high * angle.sin();
                            head[i + d / 2] = high * angle.cos() + low * angle.sin();
                        }
                    }
                }
                n
            },
        );
    }
}

#[test]
fn attention_over_documents_and_padding() {
    let (heads, kv_heads, d) = (4, 2, 3);
    // Causal, reading, a prefix; a row of one token, a row of padding alone.
    let segments = [[1, 1, 1, 2, 2, 0], [1, 1, 1, 1, 1, 1], [5, 0, 0, 0, 0, 0], [0; 6]];
    let visible = [[0, 0, 0, 1, 1, 0], [1, 1, 0, 0, 0, 0], [0; 6], [1; 6]];
    let (batch, seq) = (4, 6);
    let plane = |rows: [[i32; 6]; 4]| ints(rows.as_flattened(), [batch, seq]);
    let mask = Mask::new(plane(segments), plane(segments), plane(visible), 0);
    let (width, kv_width) = (heads * d, kv_heads * d);
    check(
        "attention",
        &[batch * seq * width, batch * seq * kv_width, batch * seq * kv_width],
        |t| {
            let [q, k, v] = [(0, heads), (1, kv_heads), (2, kv_heads)]
                .map(|(i, heads)| t[i].clone().reshape([batch, seq, heads, d]));
            fast::attention(q, k, v, &mask).reshape([batch * seq * width])
        },
        |t| {
            let mut y = vec![0.0; batch * seq * width];
            for (b, i, h) in (0..batch * seq * heads).map(|n| (n / seq / heads, n / heads % seq, n % heads)) {
                let sees = |&j: &usize| {
                    let same = segments[b][i] != 0 && segments[b][i] == segments[b][j];
                    same && (j <= i || visible[b][j] != 0)
                };
                let seen: Vec<usize> = (0..seq).filter(sees).collect();
                let q = &t[0][((b * seq + i) * heads + h) * d..][..d];
                let of = |t: &[f64], j: usize| {
                    let start = ((b * seq + j) * kv_heads + h / (heads / kv_heads)) * d;
                    t[start..start + d].to_vec()
                };
                let score =
                    |&j: &usize| of(&t[1], j).iter().zip(q).map(|(k, q)| k * q).sum::<f64>() / (d as f64).sqrt();
                let weights: Vec<f64> = seen.iter().map(score).map(f64::exp).collect();
                let total: f64 = weights.iter().sum();
                for (&j, weight) in seen.iter().zip(&weights) {
                    for (c, v) in of(&t[2], j).iter().enumerate() {
                        y[((b * seq + i) * heads + h) * d + c] += weight / total * v;
                    }
                }
            }
            y
        },
    );
}

#[test]
fn the_loss_over_a_vocabulary_and_the_embedding() {
    for (n, vocab, d, z, smoothing) in [(1, 2, 1, 0.0, 0.0), (6, 9, 4, 1e-2, 0.1), (3, 40, 5, 0.0, 0.3)] {
        let targets: Vec<i32> = (0..n).map(|i| (i * 7 % vocab) as i32).collect();
        check(
            "linear_cross_entropy",
            &[n * d, vocab * d],
            |t| {
                let (hidden, weight) = (t[0].clone().reshape([n, d]), t[1].clone().reshape([vocab, d]));
                fast::linear_cross_entropy(hidden, weight, ints(&targets, [n]), z, smoothing)
            },
            |t| {
                let logits = linear(&t[0], &t[1], d);
                let row = |(logits, &target): (&[f64], &i32)| {
                    let lse = logits.iter().map(|x| x.exp()).sum::<f64>().ln();
                    let mean = logits.iter().sum::<f64>() / vocab as f64;
                    lse - (1.0 - smoothing) * logits[target as usize] - smoothing * mean + z * lse * lse
                };
                vec![logits.chunks(vocab).zip(&targets).map(row).sum()]
            },
        );
    }
    let ids = [2, 0, 2, 4];
    check(
        "embedding",
        &[15],
        |t| fast::embedding(t[0].clone().reshape([5, 3]), ints(&ids, [1, 4])).reshape([12]),
        |t| ids.iter().flat_map(|&id| t[0][id as usize * 3..][..3].to_vec()).collect(),
    );
}
