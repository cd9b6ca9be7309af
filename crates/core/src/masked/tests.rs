use proptest::prelude::*;

use super::*;
use burn::tensor::Int;

const TEXT: &str = "the miller sold the mule to the baker and the baker gave the miller bread";

fn tokenizer() -> Tokenizer {
    Tokenizer::train([TEXT.to_string()].into_iter(), 300).unwrap()
}

fn pretraining(mix: MixConfig) -> Pretraining {
    Pretraining::new(mix, &tokenizer())
}

/// Rows of two documents and some padding.
fn rows(count: usize, length: usize) -> Vec<Window> {
    let segment = |place: usize| {
        if place < length / 3 {
            1
        } else if place < length - 2 {
            2
        } else {
            0
        }
    };
    let ids = (0..length as u32).map(|place| 10 + place % 200).collect();
    vec![Window { ids, segments: (0..length).map(segment).collect() }; count]
}

fn lay(kind: Kind, rate: f64, seed: u64) -> (LanguageBatch, Vec<Window>) {
    let rows = rows(4, 60);
    let batch =
        pretraining(MixConfig::default()).lay(&rows, &[kind; 4], rate, &mut order::rng(seed, 0, 0), &Device::flex());
    (batch, rows)
}

fn host(tensor: Tensor<1, Int>) -> Vec<usize> {
    tensor.into_data().iter::<i64>().map(|value| value as usize).collect()
}

#[test]
fn targets_are_the_tokens_one_after_the_outputs_asked_and_never_cross_documents() {
    for kind in [Kind::Masked, Kind::Causal, Kind::Prefix] {
        let (batch, rows) = lay(kind, 0.3, 1);
        let width = batch.tokens.dims()[1];
        for (at, target) in host(batch.at.clone()).into_iter().zip(host(batch.targets.clone())) {
            let (row, place) = (&rows[at / width], at % width);
            assert_eq!(row.ids[place + 1] as usize, target, "{kind:?}");
            assert_eq!(row.segments[place], row.segments[place + 1], "{kind:?} predicts across documents");
        }
        assert_eq!(batch.count, batch.at.dims()[0]);
    }
}

#[test]
fn a_causal_row_asks_for_every_token_but_the_first_of_each_document() {
    let (batch, _) = lay(Kind::Causal, 0.3, 1);
    assert_eq!(batch.count, 4 * (58 - 2));
    assert_eq!(batch.size, 4 * 58);
}

#[test]
fn what_a_causal_or_prefix_row_reads_is_not_disguised() {
    for kind in [Kind::Causal, Kind::Prefix] {
        let (batch, rows) = lay(kind, 0.3, 1);
        let ids: Vec<u32> = batch.tokens.ids.into_data().iter::<i64>().map(|id| id as u32).collect();
        for (seen, row) in ids.chunks(60).zip(&rows) {
            assert_eq!(seen[..58], row.ids[..58], "{kind:?}");
        }
    }
}

#[test]
fn hidden_tokens_are_mostly_masks() {
    let mask = tokenizer().special().mask;
    let (mut masked, mut kept, mut all) = (0, 0, 0);
    for seed in 0..200 {
        let (batch, rows) = lay(Kind::Masked, 0.3, seed);
        let ids: Vec<u32> = batch.tokens.ids.into_data().iter::<i64>().map(|id| id as u32).collect();
        for at in host(batch.at) {
            all += 1;
            masked += usize::from(ids[at + 1] == mask);
            kept += usize::from(ids[at + 1] == rows[0].ids[(at + 1) % 60]);
        }
    }
    let share = |n: usize| n as f64 / all as f64;
    assert!((share(masked) - 0.8).abs() < 0.02, "masked {}", share(masked));
    assert!((share(kept) - 0.1).abs() < 0.02, "kept {}", share(kept));
}

#[test]
fn a_batch_is_a_function_of_its_rng() {
    let same = |seed| lay(Kind::Masked, 0.3, seed).0.tokens.ids.into_data();
    assert_eq!(same(4), same(4));
    assert_ne!(same(4), same(5));
}

#[test]
fn wrong_numbers_name_their_key() {
    let check = |config: MixConfig, key: &str| assert!(config.validate().unwrap_err().contains(key));
    let base = MixConfig::default();
    check(MixConfig { masked: -1.0, ..base.clone() }, "objective.masked");
    check(MixConfig { masked: 0.0, causal: 0.0, prefix: 0.0, ..base.clone() }, "objective.masked");
    check(MixConfig { mask_rate_end: 1.0, ..base.clone() }, "objective.mask_rate_end");
    check(MixConfig { span: 0, ..base }, "objective.span");
}

proptest! {
    #[test]
    fn kinds_are_dealt_by_their_shares(masked in 0.0..1.0f64, causal in 0.0..1.0f64, seed in 0u64..1000) {
        prop_assume!(masked + causal > 0.01);
        let mix = MixConfig { masked, causal, prefix: 0.2, ..Default::default() };
        let shares = mix.shares();
        let kinds = pretraining(mix).deal(64, &mut order::rng(seed, 0, 0));
        for (kind, share) in shares {
            let found = kinds.iter().filter(|k| **k == kind).count() as f64;
            prop_assert!((found - 64.0 * share).abs() <= 2.0, "{:?}: {} of 64 for a share of {}", kind, found, share);
        }
    }

    #[test]
    fn the_mask_rate_is_kept_on_average(length in 2usize..80, rate in 0.05..0.6f64, longest in 1usize..5) {
        let mut rng = order::rng(1, length as u64, 0);
        let total: usize = (0..300).map(|_| {
            let hidden = spans(length, rate, longest, &mut rng);
            assert!(hidden.iter().all(|place| (1..length).contains(place)));
            assert!(hidden.windows(2).all(|pair| pair[0] < pair[1]));
            hidden.len()
        }).sum();
        let expected = rate * (length - 1) as f64;
        let tolerance = 0.15 * expected.sqrt().max(0.7);
        prop_assert!((total as f64 / 300.0 - expected).abs() < tolerance, "{} of {}", total as f64 / 300.0, expected);
    }
}
