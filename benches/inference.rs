//! Reading without gradients: one sentence, and many texts of mixed lengths.

use burn::tensor::Device;
use cimiento_benches::{VOCAB, shape};
use cimiento_core::backbone::Preset;
use cimiento_core::device::work_along;
use cimiento_data::order;
use cimiento_core::tokens::{Attend, Sequence, Tokens};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn inference(criterion: &mut Criterion) {
    work_along();
    let mut group = criterion.benchmark_group("inference");
    let device = Device::flex();
    let backbone = shape(Preset::Nano, VOCAB, 128).init(&mut order::rng(0, 0, 0), &device);
    let text = |length: usize| {
        let ids = (0..length).map(|i| (5 + (i * 7919 + length) % (VOCAB - 5)) as u32);
        Sequence::new(ids.collect(), Attend::Both)
    };
    let sentence = text(32);
    let texts: Vec<Sequence> = (0..256).map(|index| text(8 + index * 37 % 121)).collect();
    let read = |sequences: &[&Sequence]| {
        let (tokens, _) = Tokens::pack(sequences, 0, &device);
        backbone.states(&tokens).into_data()
    };
    group.throughput(Throughput::Elements(1));
    group.bench_function("one sentence of 32 tokens", |bencher| bencher.iter(|| read(&[&sentence])));
    group.throughput(Throughput::Elements(texts.len() as u64));
    let all: Vec<&Sequence> = texts.iter().collect();
    group.bench_function("256 texts of 8 to 128 tokens", |bencher| {
        bencher.iter(|| all.chunks(64).map(|texts| read(texts).num_elements()).sum::<usize>());
    });
}

criterion_group!(benches, inference);
criterion_main!(benches);
