//! Writing over the key/value cache, one text and sixteen.

use burn::tensor::Device;
use cimiento_benches::{VOCAB, shape};
use cimiento_core::backbone::Preset;
use cimiento_core::device::work_along;
use cimiento_core::generate::{Control, GenerateConfig, generate};
use cimiento_data::order;
use cimiento_data::tokenizer::Special;
use cimiento_core::tokens::{Attend, Sequence};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn decode(criterion: &mut Criterion) {
    work_along();
    let mut group = criterion.benchmark_group("decode");
    group.sample_size(20);
    let backbone = shape(Preset::Nano, VOCAB, 128).init(&mut order::rng(0, 0, 0), &Device::flex());
    let control = Control::plain(&Special { pad: 0, bos: 1, eos: 2, mask: 3, sep: 4 });
    let config = GenerateConfig { max_tokens: 64, min_tokens: 64, ..Default::default() };
    for texts in [1, 16] {
        let prompt = |text: u32| {
            let ids = (0..16).map(|at| 5 + (text * 31 + at * 7) % 4000);
            Sequence::new(ids.collect(), Attend::Causal)
        };
        let prompts: Vec<Sequence> = (0..texts).map(prompt).collect();
        group.throughput(Throughput::Elements(u64::from(texts) * 64));
        group.bench_function(format!("64 tokens of {texts}"), |bencher| {
            bencher.iter(|| generate(&backbone, &prompts, &config, &control, 0, |_, _| ()));
        });
    }
}

criterion_group!(benches, decode);
criterion_main!(benches);
