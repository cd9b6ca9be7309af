use super::*;
use crate::backbone::{Preset, ShapeConfig};
use crate::tokens::Attend;

const SPECIAL: Special = Special { pad: 0, bos: 1, eos: 2, mask: 3, sep: 4 };

fn backbone(context: usize) -> Backbone {
    let shape = ShapeConfig { preset: Preset::Micro, context, ..Default::default() };
    shape.resolve(40).unwrap().init(&mut order::rng(3, 0, 0), &Device::flex())
}

fn prompt(ids: &[u32], attend: Attend) -> Sequence {
    Sequence::new(ids.to_vec(), attend)
}

fn write(prompts: &[Sequence], config: &GenerateConfig, seed: u64) -> Vec<Vec<u32>> {
    generate(&backbone(64), prompts, config, &SPECIAL, seed, |_, _| {})
}

/// The greedy continuation without a cache: the whole text is read again for every token.
fn recompute(prompt: &Sequence, tokens: usize) -> Vec<u32> {
    let backbone = backbone(64);
    let config = GenerateConfig { min_tokens: tokens, ..Default::default() };
    let writer = Writer { backbone: &backbone, config: &config, special: &SPECIAL };
    let mut text = prompt.clone();
    let mut written = Vec::new();
    for _ in 0..tokens {
        let (_, mut scores) = writer.start(&[&text]);
        writer.forbid(scores.row(0), &written);
        let next = argmax(scores.row(0));
        written.push(next);
        text.ids.push(next);
    }
    written
}

#[test]
fn the_cache_equals_recomputation() {
    for attend in [Attend::Causal, Attend::Prefix(4)] {
        let prompt = prompt(&[1, 10, 11, 12], attend);
        let config = GenerateConfig { max_tokens: 12, min_tokens: 12, ..Default::default() };
        assert_eq!(write(std::slice::from_ref(&prompt), &config, 0)[0], recompute(&prompt, 12), "{attend:?}");
    }
}

#[test]
fn batch_mates_do_not_change_a_text() {
    let prompts = [
        prompt(&[1, 10, 11, 12, 13, 14], Attend::Causal),
        prompt(&[1, 20], Attend::Causal),
        prompt(&[1, 30, 31, 32], Attend::Prefix(4)),
    ];
    let sample = Strategy::Sample(SampleConfig { temperature: 1.0, top_p: 0.9 });
    // Two of the three are searched for side by side.
    let beam = Strategy::Beam(BeamConfig { width: 2, length_penalty: 1.0 });
    for strategy in [Strategy::Greedy, sample, beam] {
        let config = GenerateConfig { max_tokens: 8, strategy, ..Default::default() };
        let together = write(&prompts, &config, 5);
        for (prompt, text) in prompts.iter().zip(&together) {
            assert_eq!(write(std::slice::from_ref(prompt), &config, 5)[0], *text, "{:?}", config.strategy);
        }
    }
}

#[test]
fn a_beam_of_one_is_greedy() {
    let prompt = prompt(&[1, 10, 11], Attend::Causal);
    let beam = Strategy::Beam(BeamConfig { width: 1, length_penalty: 0.0 });
    let config = GenerateConfig { max_tokens: 10, min_tokens: 10, strategy: beam, ..Default::default() };
    let greedy = GenerateConfig { strategy: Strategy::Greedy, ..config.clone() };
    assert_eq!(write(std::slice::from_ref(&prompt), &config, 0), write(std::slice::from_ref(&prompt), &greedy, 0));
}

/// log P of a text of fixed length after a prompt, as the beam counts it.
fn log_probability(prompt: &Sequence, text: &[u32]) -> f64 {
    let backbone = backbone(64);
    let config = GenerateConfig { min_tokens: text.len(), ..Default::default() };
    let writer = Writer { backbone: &backbone, config: &config, special: &SPECIAL };
    let mut read = prompt.clone();
    let mut total = 0.0;
    for (place, &id) in text.iter().enumerate() {
        let (_, mut scores) = writer.start(&[&read]);
        writer.forbid(scores.row(0), &text[..place]);
        total += log_softmax(scores.row(0))[id as usize];
        read.ids.push(id);
    }
    total
}

#[test]
fn a_wide_beam_finds_the_likeliest_text_of_two_tokens() {
    let prompt = prompt(&[1, 10, 11], Attend::Causal);
    // As wide as the vocabulary: the search is exhaustive.
    let beam = Strategy::Beam(BeamConfig { width: 40, length_penalty: 0.0 });
    let config = GenerateConfig { max_tokens: 2, min_tokens: 2, strategy: beam, ..Default::default() };
    let found = write(std::slice::from_ref(&prompt), &config, 0).remove(0);
    let best = (5..40).flat_map(|a| (5..40).map(move |b| [a, b])).map(|text| log_probability(&prompt, &text));
    let best = best.fold(f64::NEG_INFINITY, f64::max);
    assert!((log_probability(&prompt, &found) - best).abs() < 1e-4);
}

#[test]
fn at_the_limit_the_likelier_wins_ended_or_not() {
    let prompt = prompt(&[1, 10, 11], Attend::Causal);
    let beam = Strategy::Beam(BeamConfig { width: 40, length_penalty: 0.0 });
    let config = GenerateConfig { max_tokens: 1, strategy: beam, ..Default::default() };
    let backbone = backbone(64);
    let writer = Writer { backbone: &backbone, config: &config, special: &SPECIAL };
    let (_, mut scores) = writer.start(&[&prompt]);
    writer.forbid(scores.row(0), &[]);
    let likeliest = argmax(scores.row(0));
    // The end is among the beams, and not the likeliest of them.
    assert_ne!(likeliest, SPECIAL.eos);
    assert_eq!(write(std::slice::from_ref(&prompt), &config, 0)[0], [likeliest]);
}

#[test]
fn no_run_of_tokens_is_repeated_where_that_is_forbidden() {
    let prompt = prompt(&[1, 10, 11], Attend::Causal);
    for strategy in [Strategy::Greedy, Strategy::Beam(BeamConfig::default())] {
        let config = GenerateConfig { max_tokens: 40, min_tokens: 40, no_repeat_ngram: 2, strategy };
        let text = write(std::slice::from_ref(&prompt), &config, 0).remove(0);
        let pairs: std::collections::BTreeSet<&[u32]> = text.windows(2).collect();
        assert_eq!(pairs.len(), text.len() - 1);
    }
}

#[test]
fn writing_stops_where_the_context_is_full() {
    let prompts = [14, 16, 4].map(|length| prompt(&vec![1; length], Attend::Causal));
    for strategy in [Strategy::Greedy, Strategy::Beam(BeamConfig { width: 2, length_penalty: 1.0 })] {
        let config = GenerateConfig { max_tokens: 50, min_tokens: 50, strategy, ..Default::default() };
        let texts = generate(&backbone(16), &prompts, &config, &SPECIAL, 0, |_, _| {});
        assert_eq!(texts.iter().map(Vec::len).collect::<Vec<_>>(), [2, 0, 12]);
    }
}

#[test]
fn a_cold_sample_is_greedy_and_seeds_differ_when_warm() {
    let prompts = [prompt(&[1, 10, 11], Attend::Causal)];
    let with = |temperature, seed| {
        let strategy = Strategy::Sample(SampleConfig { temperature, top_p: 1.0 });
        write(&prompts, &GenerateConfig { max_tokens: 12, min_tokens: 12, strategy, ..Default::default() }, seed)
    };
    let greedy = GenerateConfig { max_tokens: 12, min_tokens: 12, ..Default::default() };
    assert_eq!(with(1e-4, 1), write(&prompts, &greedy, 0));
    assert_ne!(with(2.0, 1), with(2.0, 2));
}
