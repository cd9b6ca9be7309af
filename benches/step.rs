//! A training step, clipping and AdamW included: dense, with a target at some positions, and without the vocabulary.

use burn::tensor::Device;
use cimiento_benches::shape;
use cimiento_core::backbone::Preset;
use cimiento_core::bench::{Lesson, Training, Workload};
use cimiento_core::device::{Precision, work_along};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

/// Name, size, vocabulary, rows, tokens a row, what is learned.
const WORK: [(&str, Preset, usize, usize, usize, Lesson); 5] = [
    ("nano", Preset::Nano, 4096, 32, 128, Lesson::Language(1.0)),
    ("nano, 15 % targets", Preset::Nano, 4096, 32, 128, Lesson::Language(0.15)),
    ("nano, spans", Preset::Nano, 4096, 16, 384, Lesson::Span),
    ("tiny", Preset::Tiny, 8192, 16, 128, Lesson::Language(1.0)),
    ("small", Preset::Small, 8192, 8, 256, Lesson::Language(1.0)),
];

fn step(criterion: &mut Criterion) {
    work_along();
    let mut group = criterion.benchmark_group("step");
    group.sample_size(10);
    for (name, preset, vocab, batch, seq, lesson) in WORK {
        let work = Workload { shape: shape(preset, vocab, seq), batch, seq, steps: 1, lesson, precision: Precision::F32 };
        let mut training = Training::new(&work, &Device::flex());
        let rows = training.batch();
        group.throughput(Throughput::Elements((batch * seq) as u64));
        group.bench_function(name, |bencher| bencher.iter(|| training.step(&rows)));
    }
}

criterion_group!(benches, step);
criterion_main!(benches);
