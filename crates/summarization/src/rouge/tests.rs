use std::slice::from_ref;

use proptest::prelude::*;
use serde::Deserialize;

use super::*;

fn rouge(prediction: &str, references: &[String]) -> Rouge {
    super::rouge(prediction, references, Tokens::Official)
}

fn rouge_mean(prediction: &str, references: &[String]) -> Rouge {
    super::rouge_mean(prediction, references, Tokens::Official)
}

#[derive(Deserialize)]
struct Golden {
    prediction: String,
    references: Vec<String>,
    best: Expected,
    mean: Expected,
}

#[derive(Deserialize)]
struct Expected {
    rouge_1: f64,
    rouge_2: f64,
    rouge_l: f64,
    rouge_lsum: f64,
}

#[track_caller]
fn check(got: Rouge, expected: &Expected, case: &str) {
    let Expected { rouge_1, rouge_2, rouge_l, rouge_lsum } = *expected;
    let expected = Rouge { rouge_1, rouge_2, rouge_l, rouge_lsum };
    assert!(
        all(got.zip(expected, |got, expected| (got - expected).abs()), |gap| gap < 1e-8),
        "{case}: {got:?}, expected {expected:?}"
    );
}

fn all(rouge: Rouge, test: impl Fn(f64) -> bool) -> bool {
    [rouge.rouge_1, rouge.rouge_2, rouge.rouge_l, rouge.rouge_lsum].into_iter().all(test)
}

#[test]
fn agrees_with_googles_rouge_score() {
    let cases: Vec<Golden> = serde_json::from_str(include_str!("../../../../tests/golden/rouge.json")).unwrap();
    assert!(cases.len() >= 300);
    // Lsum differs from L often enough for the union to be put to the test.
    assert!(cases.iter().filter(|case| case.best.rouge_l != case.best.rouge_lsum).count() >= 30);
    for Golden { prediction, references, best, mean } in cases {
        let case = format!("{prediction:?} against {references:?}");
        check(rouge(&prediction, &references), &best, &case);
        check(rouge_mean(&prediction, &references), &mean, &case);
    }
}

#[derive(Deserialize)]
struct OfScript {
    tokens: Tokens,
    prediction: String,
    reference: String,
    score: Expected,
}

#[test]
fn agrees_with_googles_rouge_score_under_another_tokenizer() {
    let cases: Vec<OfScript> =
        serde_json::from_str(include_str!("../../../../tests/golden/rouge_scripts.json")).unwrap();
    assert!(cases.len() >= 100);
    // Neither mode is the official one in disguise, nor the other.
    let differing =
        cases.iter().filter(|case| case.score.rouge_1 > rouge(&case.prediction, from_ref(&case.reference)).rouge_1);
    assert!(differing.count() >= 60);
    for OfScript { tokens, prediction, reference, score } in cases {
        let got = super::rouge(&prediction, from_ref(&reference), tokens);
        check(got, &score, &format!("{tokens:?}: {prediction:?} against {reference:?}"));
    }
}

#[test]
fn equal_texts_of_every_script_are_perfect_where_it_is_seen() {
    for text in ["今天天气很好", "आज मौसम अच्छा है", "Сегодня тепло", "วันนี้ อากาศดี", "الطقس جميل اليوم", "cafe\u{301} olé"]
    {
        for tokens in [Tokens::Words, Tokens::Characters] {
            let composed: String = text.nfc().collect();
            assert!(all(super::rouge(text, &[composed], tokens), |score| score == 1.0), "{text} {tokens:?}");
        }
    }
    assert_eq!(rouge("今天天气很好", &["今天天气很好".to_owned()]), Rouge::default());
}

#[test]
fn what_the_official_words_leave_out_is_known() {
    let check = |text: &str, expected| assert_eq!(unseen(text), expected, "{text}");
    check("今天天气很好。", Unseen::NearlyAll);
    check("Сегодня в Москве было тепло и солнечно, мы гуляли, 2019", Unseen::NearlyAll);
    check("El niño pequeño comió aquí", Unseen::Some);
    check("A naïve man went to the old mill and sold a mule", Unseen::Little);
    check("… !", Unseen::Little);
}

#[test]
fn no_references_score_nothing() {
    assert_eq!(rouge("a word", &[]), Rouge::default());
    assert_eq!(rouge_mean("a word", &[]), Rouge::default());
}

#[test]
fn the_union_over_lines_is_that_of_lins_example() {
    // Lin 2004, section 3.2: recall of the union is 4/5; "w1" occurs in both lines, and counts once.
    let score = rouge("w1 w2 w6 w7 w8\nw1 w3 w8 w9 w5", &["w1 w2 w3 w4 w5".to_owned()]);
    assert!((score.rouge_lsum - 2.0 * 4.0 / 15.0).abs() < 1e-12, "{score:?}");
}

#[test]
fn five_hundred_summaries_take_moments() {
    let text = |start: usize| (0..60).map(|i| format!("word{} ", (start * 7 + i * i) % 90)).collect::<String>();
    let begun = std::time::Instant::now();
    let sum: f64 = (0..500).map(|i| rouge(&text(i), &[text(i + 1), text(i + 2), text(i + 3)]).rouge_l).sum();
    assert!(sum > 50.0 && sum < 500.0, "{sum}");
    // A fraction of this in a release build; the limit leaves room for a debug build on a busy machine.
    assert!(begun.elapsed().as_secs() < 10, "{:?}", begun.elapsed());
}

/// Up to three lines from few words, so that texts overlap.
fn text() -> impl Strategy<Value = String> {
    "((run|running|runs|a|bc|Day|days|42|é)[ ,]){0,7}(\n((run|a|bc|day|é) ){0,5}){0,2}"
}

proptest! {
    #[test]
    fn scores_are_bounded(prediction in text(), references in prop::collection::vec(text(), 0..3)) {
        let (best, mean) = (rouge(&prediction, &references), rouge_mean(&prediction, &references));
        prop_assert!(all(best, |score| (0.0..=1.0).contains(&score)), "{best:?}");
        prop_assert!(all(best.zip(mean, |best, mean| best - mean), |gap| gap > -1e-12), "{best:?} {mean:?}");
    }

    #[test]
    fn a_reference_itself_is_perfect(words in "[a-z]{1,6}( [a-z]{1,6}){1,8}(\n[a-z]{1,6}){0,2}", other in text()) {
        let references = [other, words.clone()];
        let perfect = rouge(&words, &references);
        prop_assert!(all(perfect, |score| score == 1.0), "{perfect:?}");
    }

    #[test]
    fn prediction_and_reference_can_trade_places(left in text(), right in text()) {
        // Not in Lsum, which takes the union over the lines of the prediction alone.
        let (there, back) = (rouge(&left, from_ref(&right)), rouge(&right, from_ref(&left)));
        prop_assert_eq!((there.rouge_1, there.rouge_2, there.rouge_l), (back.rouge_1, back.rouge_2, back.rouge_l));
    }

    #[test]
    fn order_of_references_and_of_words(prediction in text(), references in prop::collection::vec(text(), 1..4)) {
        let mut reversed = references.clone();
        reversed.reverse();
        prop_assert_eq!(rouge(&prediction, &references), rouge(&prediction, &reversed));
        let turned = prediction.split_whitespace().rev().collect::<Vec<_>>().join(" ");
        prop_assert_eq!(rouge(&prediction, &references).rouge_1, rouge(&turned, &references).rouge_1);
    }

    #[test]
    fn one_line_is_one_sentence(left in text(), right in text()) {
        let one_line = |text: &str| text.replace('\n', " ");
        let score = rouge(&one_line(&left), &[one_line(&right)]);
        prop_assert_eq!(score.rouge_l, score.rouge_lsum);
    }
}
