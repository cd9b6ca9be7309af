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
    generate(&backbone(64), prompts, config, &Control::plain(&SPECIAL), seed, |_, _| {})
}

/// The greedy continuation without a cache: the whole text is read again for every token.
fn recompute(prompt: &Sequence, tokens: usize) -> Vec<u32> {
    let backbone = backbone(64);
    let config = GenerateConfig { min_tokens: tokens, ..Default::default() };
    let writer = Writer { backbone: &backbone, config: &config, control: &Control::plain(&SPECIAL), top: None };
    let mut text = prompt.clone();
    let mut written = Vec::new();
    for _ in 0..tokens {
        let (_, mut scores) = writer.start(&[&text]);
        writer.forbid(scores.row(0), prompt, &written);
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
    let sample = Strategy::Sample(SampleConfig { temperature: 1.0, top_p: 0.9, ..Default::default() });
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
    let writer = Writer { backbone: &backbone, config: &config, control: &Control::plain(&SPECIAL), top: None };
    let mut read = prompt.clone();
    let mut total = 0.0;
    for &id in text {
        let (_, mut scores) = writer.start(&[&read]);
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
    let writer = Writer { backbone: &backbone, config: &config, control: &Control::plain(&SPECIAL), top: None };
    let (_, mut scores) = writer.start(&[&prompt]);
    writer.forbid(scores.row(0), &prompt, &[]);
    let likeliest = argmax(scores.row(0));
    // The end is among the beams, and not the likeliest of them.
    assert_ne!(likeliest, SPECIAL.eos);
    assert_eq!(write(std::slice::from_ref(&prompt), &config, 0)[0], [likeliest]);
}

#[test]
fn no_run_of_tokens_is_repeated_where_that_is_forbidden() {
    let prompt = prompt(&[1, 10, 11], Attend::Causal);
    for strategy in [Strategy::Greedy, Strategy::Beam(BeamConfig::default())] {
        let config =
            GenerateConfig { max_tokens: 40, min_tokens: 40, no_repeat_ngram: 2, strategy, ..Default::default() };
        let text = write(std::slice::from_ref(&prompt), &config, 0).remove(0);
        let pairs: std::collections::BTreeSet<&[u32]> = text.windows(2).collect();
        assert_eq!(pairs.len(), text.len() - 1);
    }
}

#[test]
fn a_run_of_a_prompt_that_is_continued_is_not_written_again() {
    let read = [1, 10, 11, 10];
    for strategy in [Strategy::Greedy, Strategy::Beam(BeamConfig::default())] {
        // Each of the 35 tokens that may be written, once.
        let written = |attend, tokens| {
            let (max_tokens, min_tokens, strategy) = (tokens, tokens, strategy.clone());
            let config = GenerateConfig { max_tokens, min_tokens, no_repeat_ngram: 1, strategy, ..Default::default() };
            let text = write(&[prompt(&read, attend)], &config, 0).remove(0);
            read.iter().filter(|id| text.contains(id)).count()
        };
        assert_eq!(written(Attend::Causal, 33), 0, "{strategy:?}");
        // A source may be quoted.
        assert_eq!(written(Attend::Prefix(4), 35), 3, "{strategy:?}");
    }
}

#[test]
fn writing_stops_where_the_context_is_full() {
    let prompts = [14, 16, 4].map(|length| prompt(&vec![1; length], Attend::Causal));
    for strategy in [Strategy::Greedy, Strategy::Beam(BeamConfig { width: 2, length_penalty: 1.0 })] {
        let config = GenerateConfig { max_tokens: 50, min_tokens: 50, strategy, ..Default::default() };
        let texts = generate(&backbone(16), &prompts, &config, &Control::plain(&SPECIAL), 0, |_, _| {});
        assert_eq!(texts.iter().map(Vec::len).collect::<Vec<_>>(), [2, 0, 12]);
    }
}

#[test]
fn a_cold_sample_is_greedy_and_seeds_differ_when_warm() {
    let prompts = [prompt(&[1, 10, 11], Attend::Causal)];
    let with = |temperature, seed| {
        let strategy = Strategy::Sample(SampleConfig { temperature, top_p: 1.0, ..Default::default() });
        write(&prompts, &GenerateConfig { max_tokens: 12, min_tokens: 12, strategy, ..Default::default() }, seed)
    };
    let greedy = GenerateConfig { max_tokens: 12, min_tokens: 12, ..Default::default() };
    assert_eq!(with(1e-4, 1), write(&prompts, &greedy, 0));
    assert_ne!(with(2.0, 1), with(2.0, 2));
}

/// By the logits processors of `transformers`: see `tests/interchange/make_decoding.py`.
#[derive(serde::Deserialize)]
struct Warped {
    logits: Vec<f32>,
    seen: Vec<u32>,
    repetition_penalty: f32,
    temperature: f64,
    top_k: usize,
    top_p: f64,
    min_p: f64,
    kept: std::collections::BTreeMap<usize, f64>,
}

#[test]
fn what_may_be_drawn_is_what_transformers_leaves() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/interchange/decoding/warpers.json");
    let cases: Vec<Warped> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert!(cases.len() >= 10);
    for case in cases {
        let Warped { mut logits, seen, repetition_penalty, temperature, top_k, top_p, min_p, kept } = case;
        penalise(&mut logits, repetition_penalty, seen.into_iter());
        let left = choose::candidates(&logits, &SampleConfig { temperature, top_k, top_p, min_p });
        let mass: f64 = left.iter().map(|(_, p)| p).sum();
        let left: std::collections::BTreeMap<usize, f64> = left.into_iter().map(|(id, p)| (id, p / mass)).collect();
        assert!(left.keys().eq(kept.keys()), "{left:?} instead of {kept:?}");
        assert!(left.values().zip(kept.values()).all(|(a, b)| (a - b).abs() < 1e-5), "{left:?} instead of {kept:?}");
    }
}

#[test]
fn a_repeated_token_becomes_rarer_in_every_strategy() {
    let prompt = prompt(&[1, 10, 11], Attend::Causal);
    let beam = Strategy::Beam(BeamConfig { width: 2, length_penalty: 1.0 });
    let sample = Strategy::Sample(SampleConfig { temperature: 0.1, ..Default::default() });
    for strategy in [Strategy::Greedy, beam, sample] {
        let kinds = |repetition_penalty: f64| {
            let config = GenerateConfig {
                max_tokens: 30,
                min_tokens: 30,
                repetition_penalty,
                strategy: strategy.clone(),
                ..Default::default()
            };
            let text = write(std::slice::from_ref(&prompt), &config, 1).remove(0);
            text.into_iter().collect::<std::collections::BTreeSet<u32>>().len()
        };
        assert!(kinds(8.0) > kinds(1.0), "{strategy:?}");
    }
}

#[test]
fn log_probabilities_are_those_of_the_model_alone() {
    let prompt = prompt(&[1, 10, 11], Attend::Causal);
    let config = GenerateConfig { max_tokens: 6, min_tokens: 6, repetition_penalty: 1.7, ..Default::default() };
    let (backbone, control) = (backbone(64), Control::plain(&SPECIAL));
    let mut heard = Vec::new();
    let prompts = std::slice::from_ref(&prompt);
    let texts = generate_scored(&backbone, prompts, &config, &control, 0, Some(3), |written| heard.push(written));
    assert_eq!(heard.iter().map(|written| written.id).collect::<Vec<_>>(), texts[0]);
    let mut read = prompt.clone();
    for written in heard {
        let writer = Writer { backbone: &backbone, config: &config, control: &control, top: None };
        let expected = log_softmax(writer.start(&[&read]).1.row(0));
        let (own, top) = written.log_probabilities.unwrap();
        assert!((own - expected[written.id as usize]).abs() < 1e-4);
        assert_eq!(top.len(), 3);
        assert!(top.windows(2).all(|pair| pair[0].1 >= pair[1].1));
        let best = expected.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        assert!((top[0].1 - best).abs() < 1e-4);
        read.ids.push(written.id);
    }
}

#[test]
fn a_stop_string_ends_its_own_text_and_no_other() {
    let texts = ["the miller grinds the corn", "the baker bakes the bread, and the bread is good"];
    let tokenizer = Tokenizer::train(texts.iter().map(|text| text.to_string()), 280).unwrap();
    let shape = ShapeConfig { preset: Preset::Micro, context: 64, ..Default::default() };
    let backbone = shape.resolve(tokenizer.vocab_size()).unwrap().init(&mut order::rng(3, 0, 0), &Device::flex());
    let control = Control::of(&tokenizer);
    let prompts: Vec<Sequence> =
        texts.iter().map(|text| prompt(&tokenizer.opened(tokenizer.encode(text)), Attend::Causal)).collect();
    let write = |stop: &[String]| {
        let config = GenerateConfig { max_tokens: 24, min_tokens: 24, stop: stop.to_vec(), ..Default::default() };
        generate(&backbone, &prompts, &config, &control, 0, |_, _| {})
    };
    let free = write(&[]);
    let text = tokenizer.decode(&free[0]);
    // Some characters of the first text that the second one lacks.
    let other = tokenizer.decode(&free[1]);
    let characters: Vec<char> = text.chars().collect();
    let stop = (3..characters.len() - 2)
        .map(|at| characters[at..at + 2].iter().collect::<String>())
        .find(|stop| !other.contains(stop.as_str()) && !stop.contains('\u{fffd}'))
        .unwrap();
    let stopped = write(std::slice::from_ref(&stop));
    assert_eq!(stopped[1], free[1]);
    assert!(stopped[0].len() < free[0].len() && free[0].starts_with(&stopped[0]));
    let shown = tokenizer.decode(&stopped[0]);
    assert_eq!(before_stop(&shown, std::slice::from_ref(&stop)), before_stop(&text, std::slice::from_ref(&stop)));
    assert!(shown.contains(&stop));
}

#[test]
fn settings_that_make_no_sense_are_refused_by_name() {
    let sample = |sample: SampleConfig| GenerateConfig { strategy: Strategy::Sample(sample), ..Default::default() };
    for (config, key) in [
        (GenerateConfig { repetition_penalty: 0.0, ..Default::default() }, "generation.repetition_penalty"),
        (GenerateConfig { stop: vec!["a".into(), "".into()], ..Default::default() }, "generation.stop"),
        (sample(SampleConfig { min_p: 1.5, ..Default::default() }), "generation.strategy.sample.min_p"),
        (sample(SampleConfig { top_p: 0.0, ..Default::default() }), "generation.strategy.sample.top_p"),
    ] {
        let message = config.validate().unwrap_err();
        assert!(message.starts_with(key), "{message}");
    }
    // What says nothing new leaves no trace in the settings of a run.
    let plain = serde_json::to_value(GenerateConfig::default()).unwrap();
    assert_eq!(plain.as_object().unwrap().len(), 4);
    let plain = serde_json::to_value(SampleConfig::default()).unwrap();
    assert_eq!(plain.as_object().unwrap().len(), 2);
}
