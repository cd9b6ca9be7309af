//! Time of every operation, forward and backward, beside its definition, at training shapes.
//!
//! `cargo bench -p cimiento-kernels -- [nano|tiny|small] [operation] [alone]`;
//! `alone` leaves the definitions out. Products count 2 operations a multiplication.

use std::time::Instant;

use burn::tensor::{Device, Distribution, Int, Tensor, TensorData};
use cimiento_kernels::{self as fast, AdamW, Mask, Rotary, plain};

struct Shape {
    name: &'static str,
    d_model: usize,
    heads: usize,
    ff: usize,
    vocab: usize,
    batch: usize,
    seq: usize,
}

const SHAPES: [Shape; 3] = [
    Shape { name: "nano", d_model: 128, heads: 4, ff: 352, vocab: 4096, batch: 32, seq: 128 },
    Shape { name: "tiny", d_model: 256, heads: 4, ff: 704, vocab: 8192, batch: 16, seq: 128 },
    Shape { name: "small", d_model: 384, heads: 6, ff: 1024, vocab: 8192, batch: 8, seq: 256 },
];

fn device() -> Device {
    Device::flex().autodiff()
}

fn random<const D: usize>(shape: [usize; D]) -> Tensor<D> {
    Tensor::random(shape, Distribution::Normal(0.0, 1.0), &device()).require_grad()
}

fn ints<const D: usize>(shape: [usize; D], f: impl Fn(usize) -> i32) -> Tensor<D, Int> {
    let numbers: Vec<i32> = (0..shape.iter().product()).map(f).collect();
    Tensor::from_data(TensorData::new(numbers, shape), &device())
}

/// Median milliseconds of `f`: of the clock, and of all processors together. The second hardly suffers
/// from what else runs on the machine.
fn milliseconds(mut f: impl FnMut()) -> [f64; 2] {
    f();
    let started = Instant::now();
    let mut times = [Vec::new(), Vec::new()];
    while times[0].len() < 5 || (times[0].len() < 60 && started.elapsed().as_secs_f64() < 0.5) {
        let (start, processors) = (Instant::now(), processor_seconds());
        f();
        times[0].push(start.elapsed().as_secs_f64() * 1e3);
        times[1].push((processor_seconds() - processors) * 1e3);
    }
    times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    })
}

/// Seconds that the processors spent on this process.
fn processor_seconds() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` outlives the call that fills it.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// Times `forward` and `forward` with its backward pass, and prints both beside the definition's.
fn compare<const D: usize>(
    name: &str,
    flops_forward: f64,
    fast: impl Fn() -> Tensor<D>,
    plain: impl Fn() -> Tensor<D>,
) {
    if !asked_for(name) {
        return;
    }
    let both = |f: &dyn Fn() -> Tensor<D>| {
        let weights = Tensor::ones_like(&f()).detach();
        let forward = milliseconds(|| drop(f()));
        let all = milliseconds(|| drop((f() * weights.clone()).sum().backward()));
        let around = milliseconds(|| {
            let leaf = weights.clone().require_grad();
            drop((leaf * weights.clone()).sum().backward());
        });
        (forward, [0, 1].map(|i| (all[i] - around[i]).max(forward[i])))
    };
    let ours = both(&fast);
    let alone = std::env::args().any(|word| word == "alone");
    let theirs = if alone { ([f64::NAN; 2], [f64::NAN; 2]) } else { both(&plain) };
    let threads = rayon::current_num_threads() as f64;
    let rate = match flops_forward {
        0.0 => String::new(),
        flops => format!(
            "  {:5.0} GFLOP/s, {:4.0} a processor",
            3.0 * flops / ours.1[0] / 1e6,
            3.0 * flops / ours.1[1] / 1e6
        ),
    };
    println!(
        "{name:22} forward {:7.2} ms (plain {:7.2})  and backward {:7.2} ms (plain {:7.2}: {:4.1}x; \
         processors {:4.1}x, busy {:3.0} %){rate}",
        ours.0[0],
        theirs.0[0],
        ours.1[0],
        theirs.1[0],
        theirs.1[0] / ours.1[0],
        theirs.1[1] / ours.1[1],
        100.0 * ours.1[1] / ours.1[0] / threads
    );
}

/// Times a forward pass outside autodiff.
fn compare_forward<const D: usize>(name: &str, fast: impl Fn() -> Tensor<D>, plain: impl Fn() -> Tensor<D>) {
    if !asked_for(name) {
        return;
    }
    let (ours, theirs) = (milliseconds(|| drop(fast())), milliseconds(|| drop(plain())));
    println!(
        "{name:22} forward {:7.3} ms (plain {:7.3}; processors {:7.3} ms and {:7.3})",
        ours[0], theirs[0], ours[1], theirs[1]
    );
}

/// Whether the command line names the operation, or none.
fn asked_for(operation: &str) -> bool {
    let named =
        |word: &String| !word.starts_with('-') && word != "alone" && SHAPES.iter().all(|shape| shape.name != word);
    let mut words = std::env::args().skip(1).filter(named).peekable();
    words.peek().is_none() || words.any(|word| operation.contains(&word))
}

fn operations(shape: &Shape) {
    let Shape { name, d_model: d, heads, ff, vocab, batch, seq } = *shape;
    let tokens = batch * seq;
    println!("{name}: d_model {d}, heads {heads}, ff {ff}, vocab {vocab}, batch {batch}, seq {seq}");

    for (what, d_out, d_in) in [("linear d->d", d, d), ("linear d->ff", ff, d), ("linear ff->d", d, ff)] {
        let (x, w) = (random([batch, seq, d_in]), random([d_out, d_in]));
        compare(
            what,
            2.0 * (tokens * d_out * d_in) as f64,
            || fast::linear(x.clone(), w.clone()),
            || plain::linear(x.clone(), w.clone()),
        );
    }

    for rows in [1, 8, 16, 64, 128, 256] {
        let (x, w) = (random([rows, d]).inner(), random([vocab, d]).inner());
        compare_forward(
            &format!("logits of {rows}"),
            || fast::linear(x.clone(), w.clone()),
            || plain::linear(x.clone(), w.clone()),
        );
    }

    let (x, gamma) = (random([batch, seq, d]), random([d]));
    compare(
        "rms_norm",
        0.0,
        || fast::rms_norm(x.clone(), gamma.clone(), 1e-6),
        || plain::rms_norm(x.clone(), gamma.clone(), 1e-6),
    );

    let (gate, up) = (random([batch, seq, ff]), random([batch, seq, ff]));
    compare("swiglu", 0.0, || fast::swiglu(gate.clone(), up.clone()), || plain::swiglu(gate.clone(), up.clone()));

    let bias = random([ff]);
    compare("gelu", 0.0, || fast::gelu(gate.clone(), bias.clone()), || plain::gelu(gate.clone(), bias.clone()));

    let (x, gamma) = (random([batch, seq, heads, d / heads]), random([d / heads]));
    let positions = ints([batch, seq], |i| (i % seq) as i32);
    let rotary = Rotary::new(positions, d / heads, 1e4);
    compare(
        "norm_rotary",
        0.0,
        || fast::norm_rotary(x.clone(), gamma.clone(), 1e-6, &rotary),
        || plain::norm_rotary(x.clone(), gamma.clone(), 1e-6, &rotary),
    );

    let [q, k, v] = [(); 3].map(|()| random([batch, seq, heads, d / heads]));
    for (what, visible) in [("attention both ways", 1), ("attention causal", 0)] {
        let one = ints([batch, seq], |_| 1);
        let mask = Mask::new(one.clone(), one, ints([batch, seq], |_| visible), 0);
        compare(
            what,
            4.0 * (tokens * seq * d) as f64,
            || fast::attention(q.clone(), k.clone(), v.clone(), &mask),
            || plain::attention(q.clone(), k.clone(), v.clone(), &mask),
        );
    }

    let weight = random([vocab, d]).mul_scalar(0.02).detach().require_grad();
    let ids = ints([batch, seq], |i| (i * 7919 % vocab) as i32);
    compare(
        "embedding",
        0.0,
        || fast::embedding(weight.clone(), ids.clone()),
        || plain::embedding(weight.clone(), ids.clone()),
    );
    let hidden = random([tokens, d]);
    let targets = ints([tokens], |i| (i * 104_729 % vocab) as i32);
    compare(
        "linear_cross_entropy",
        2.0 * (tokens * vocab * d) as f64,
        || fast::linear_cross_entropy(hidden.clone(), weight.clone(), targets.clone(), 1e-4, 0.0),
        || plain::linear_cross_entropy(hidden.clone(), weight.clone(), targets.clone(), 1e-4, 0.0),
    );
}

/// One step of the optimizer on a matrix.
fn optimizer(rows: usize, columns: usize) {
    let device = Device::flex();
    let random = || Tensor::<2>::random([rows, columns], Distribution::Normal(0.0, 1.0), &device);
    let step =
        AdamW { lr: 1e-3, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weight_decay: 0.1, step: 1, gradient_scale: 0.5 };
    type Step = fn(Tensor<1>, Tensor<1>, Tensor<1>, Tensor<1>, &AdamW) -> [Tensor<1>; 3];
    let adamw = |f: Step| {
        let gradient = random().flatten::<1>(0, 1);
        let mut state = Some([(); 3].map(|()| random().flatten::<1>(0, 1).square()));
        milliseconds(|| {
            let [weight, first, second] = state.take().expect("put back below");
            state = Some(f(weight, gradient.clone(), first, second, &step));
        })
    };
    let matrix = random();
    let muon = |f: fn(Tensor<2>) -> Tensor<2>| milliseconds(|| drop(f(matrix.clone())));
    let vector = random().flatten::<1>(0, 1);
    let rows = [
        ("adamw", adamw(fast::adamw), adamw(plain::adamw)),
        ("orthogonalise", muon(fast::orthogonalise), muon(plain::orthogonalise)),
        (
            "global_norm",
            milliseconds(|| _ = std::hint::black_box(fast::global_norm([&vector]))),
            milliseconds(|| _ = std::hint::black_box(plain::global_norm(vec![vector.clone()]))),
        ),
    ];
    println!("optimizer: a [{rows_of}, {columns}] matrix", rows_of = matrix.dims()[0]);
    for (name, ours, theirs) in rows {
        println!("{name:22} {:7.2} ms (plain {:7.2}; processors {:4.1}x)", ours[0], theirs[0], theirs[1] / ours[1]);
    }
}

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let any = SHAPES.iter().any(|shape| words.iter().any(|word| word == shape.name));
    for shape in SHAPES.iter().filter(|shape| !any || words.iter().any(|word| word == shape.name)) {
        operations(shape);
    }
    if words.iter().any(|word| word == "optimizer") || words.len() <= 2 {
        optimizer(1024, 384);
    }
}
