use super::*;
use crate::backbone::{Preset, ShapeConfig};
use crate::language::{MinimalPair, minimal_pairs};
use cimiento_data::order;

const TEXTS: [&str; 3] = ["the miller sold the mule", "bread", "the baker gave the miller bread and salt"];

fn tokenizer() -> Tokenizer {
    Tokenizer::train(TEXTS.iter().map(|text| text.to_string()), 280).unwrap()
}

fn backbone(context: usize) -> Backbone {
    let shape = ShapeConfig { preset: Preset::Micro, context, ..Default::default() };
    shape.resolve(tokenizer().vocab_size()).unwrap().init(&mut order::rng(3, 0, 0), &Device::flex())
}

#[test]
fn a_texts_score_is_the_sum_of_its_tokens_and_counts_the_end() {
    let scored = score(&backbone(64), &tokenizer(), &TEXTS, Scoring::Causal);
    for (text, scored) in TEXTS.iter().zip(scored) {
        let sum: f64 = scored.tokens.iter().map(|token| token.log_probability).sum();
        assert!((sum - scored.log_probability).abs() < 1e-9);
        assert_eq!(scored.tokens.len(), tokenizer().encode(text).len() + 1);
        assert!((scored.perplexity.ln() * scored.tokens.len() as f64 + sum).abs() < 1e-6);
        assert!((scored.bits_per_byte * text.len() as f64 * std::f64::consts::LN_2 + sum).abs() < 1e-6);
    }
}

#[test]
fn probabilities_of_all_next_tokens_sum_to_one() {
    // P(second | first) over the whole vocabulary, through the scorer's own path.
    let (tokenizer, backbone) = (tokenizer(), backbone(64));
    let special = tokenizer.special();
    let texts: Vec<Vec<u32>> = (0..tokenizer.vocab_size() as u32).map(|id| vec![special.bos, id]).collect();
    let all = log_probabilities(&backbone, &tokenizer, &texts, Scoring::Causal);
    let total: f64 = all.iter().map(|logs| logs[0].exp()).sum();
    assert!((total - 1.0).abs() < 1e-4, "{total}");
}

#[test]
fn other_texts_do_not_change_a_score() {
    for how in [Scoring::Causal, Scoring::Masked] {
        let together = score(&backbone(64), &tokenizer(), &TEXTS, how);
        for (text, expected) in TEXTS.iter().zip(together) {
            let alone = score(&backbone(64), &tokenizer(), &[text], how).remove(0);
            assert!((alone.log_probability - expected.log_probability).abs() < 1e-3, "{how:?} {text}");
        }
    }
}

#[test]
fn masked_scoring_sees_what_follows() {
    let first = |text: &str, how| score(&backbone(64), &tokenizer(), &[text], how)[0].tokens[0].log_probability;
    let (a, b) = ("the miller", "the baker");
    assert!((first(a, Scoring::Causal) - first(b, Scoring::Causal)).abs() < 1e-5);
    assert!((first(a, Scoring::Masked) - first(b, Scoring::Masked)).abs() > 1e-6);
}

#[test]
fn texts_longer_than_the_context_are_scored_whole() {
    let long = TEXTS.join(" ");
    let tokens = tokenizer().encode(&long).len() + 1;
    for how in [Scoring::Causal, Scoring::Masked] {
        let scored = score(&backbone(8), &tokenizer(), &[&long], how);
        assert_eq!(scored[0].tokens.len(), tokens, "{how:?}");
        assert!(scored[0].tokens.iter().all(|token| token.log_probability < 0.0));
    }
}

#[test]
fn an_empty_text_is_only_its_end() {
    let scored = score(&backbone(64), &tokenizer(), &[""], Scoring::Causal);
    assert_eq!(scored[0].tokens.len(), 1);
}

#[test]
fn pairs_are_judged_by_which_sentence_is_likelier() {
    let (tokenizer, backbone) = (tokenizer(), backbone(64));
    let pair = |good: &str, bad: &str, uid: &str| MinimalPair {
        sentence_good: good.into(),
        sentence_bad: bad.into(),
        uid: uid.into(),
        ..MinimalPair::default()
    };
    let scores = score(&backbone, &tokenizer, &[TEXTS[0], TEXTS[2]], Scoring::Causal);
    let (good, bad) =
        if scores[0].log_probability > scores[1].log_probability { (TEXTS[0], TEXTS[2]) } else { (TEXTS[2], TEXTS[0]) };
    let pairs = [pair(good, bad, "a"), pair(good, bad, "a"), pair(good, bad, "a"), pair(bad, good, "b")];
    let found = minimal_pairs(&backbone, &tokenizer, &pairs, Scoring::Causal);
    let accuracy = |name: &str| found.iter().find(|(known, _)| known == name).unwrap().1.get("accuracy").unwrap().value;
    // The whole is a mean over phenomena, not over pairs.
    assert_eq!((accuracy("a"), accuracy("b"), accuracy("")), (1.0, 0.0, 0.5));
}

#[test]
fn words_are_counted_as_for_wikitext() {
    // Four words in three lines, one of them empty; the last line ends whether that is written or not.
    assert_eq!((words("a = b\n\nc"), words("a = b\n\nc\n")), (7, 7));
    assert_eq!((words(" \n = Title = \n \n"), words("")), (3 + 3, 1));
}

#[test]
fn texts_are_measured_by_token_word_and_byte() {
    let (tokenizer, backbone) = (tokenizer(), backbone(64));
    let texts = ["the miller\nsold", "breäd"];
    let scored = score(&backbone, &tokenizer, &texts, Scoring::Causal);
    let nll: f64 = scored.iter().map(|text| -text.log_probability).sum();
    let tokens: usize = scored.iter().map(|text| text.tokens.len()).sum();
    let scores = evaluate_texts(&backbone, &tokenizer, &texts, false);
    let close = |metric: &str, expected: f64| {
        let found = scores.get(metric).unwrap().value;
        assert!((found / expected - 1.0).abs() < 1e-6, "{metric}: {found}, expected {expected}");
    };
    close("perplexity", (nll / tokens as f64).exp());
    close("word_perplexity", (nll / (3 + 2 + 1 + 1) as f64).exp());
    close("bits_per_byte", nll / std::f64::consts::LN_2 / (15 + 6) as f64);
    // What is set apart is read together, and counted apart.
    let together = evaluate_texts(&backbone, &tokenizer, &["the mill , sold"], true);
    let nll = -score(&backbone, &tokenizer, &["the mill, sold"], Scoring::Causal)[0].log_probability;
    let found = together.get("bits_per_byte").unwrap().value;
    assert!((found - nll / std::f64::consts::LN_2 / 15.0).abs() < 1e-9, "{found}");
}

#[test]
fn windows_overlap_by_half_and_the_last_is_full() {
    let ids: Vec<u32> = (0..21).collect();
    let windows: Vec<(u32, usize, usize)> = causal_questions(0, &ids, 1, 8, 0)
        .iter()
        .map(|question| {
            let places: Vec<usize> = question.laid.wanted.iter().map(|(place, _)| *place).collect();
            assert_eq!(question.laid.sequence.ids[0], 0, "a window begins as the text does");
            (question.laid.sequence.ids[1], places[0], places.len())
        })
        .collect();
    // Second token, first place asked, places asked.
    assert_eq!(windows, [(1, 1, 7), (5, 4, 4), (9, 4, 4), (13, 4, 4), (14, 7, 1)]);
}
