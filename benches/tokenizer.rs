//! Text to tokens, beside the library's own encoder.

use cimiento_data::tokenizer::Tokenizer;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn texts() -> Vec<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../datasets/village/corpus/prose.jsonl");
    let lines = std::fs::read_to_string(path).expect("the village is in the repository");
    let text = |line: &str| {
        let record: serde_json::Value = serde_json::from_str(line).expect("a line is an object");
        record["text"].as_str().expect("a text").to_owned()
    };
    lines.lines().map(text).collect()
}

fn tokenizer(criterion: &mut Criterion) {
    let texts = texts();
    let ours = Tokenizer::train(texts.iter().cloned(), 4096).expect("the corpus is large enough");
    let library: tokenizers::Tokenizer = ours.to_json().parse().expect("it is the library's own format");
    let mut group = criterion.benchmark_group("tokenizer");
    group.sample_size(20);
    group.throughput(Throughput::Bytes(texts.iter().map(|text| text.len() as u64).sum()));
    group.bench_function("ours", |bencher| bencher.iter(|| ours.encode_batch(&texts)));
    group.bench_function("the library's", |bencher| {
        bencher.iter(|| library.encode_batch_fast(texts.clone(), false).expect("text can be encoded"));
    });
}

criterion_group!(benches, tokenizer);
criterion_main!(benches);
