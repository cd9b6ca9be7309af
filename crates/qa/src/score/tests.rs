use proptest::prelude::*;
use serde::Deserialize;

use super::*;

fn normalize(text: &str) -> String {
    super::normalize(text, Rules::default())
}

fn exact_match(prediction: &str, references: &[String]) -> f64 {
    super::exact_match(prediction, references, Rules::default())
}

fn f1(prediction: &str, references: &[String]) -> f64 {
    super::f1(prediction, references, Rules::default())
}

#[derive(Deserialize)]
struct Golden {
    prediction: String,
    references: Vec<String>,
    normalized: String,
    exact_match: f64,
    f1: f64,
}

#[test]
fn agrees_with_the_official_scorer() {
    let cases: Vec<Golden> = serde_json::from_str(include_str!("../../../../tests/golden/squad.json")).unwrap();
    assert!(cases.len() >= 300);
    for Golden { prediction, references, normalized, exact_match: exact, f1: expected } in cases {
        assert_eq!(normalize(&prediction), normalized, "{prediction:?}");
        assert_eq!(exact_match(&prediction, &references), exact, "{prediction:?} against {references:?}");
        let got = f1(&prediction, &references);
        assert!((got - expected).abs() < 1e-12, "{prediction:?} against {references:?}: {got}, expected {expected}");
    }
}

#[derive(Deserialize)]
struct OfLanguage {
    language: String,
    prediction: String,
    reference: String,
    normalized: String,
    exact_match: f64,
    f1: f64,
}

#[test]
fn agrees_with_the_rules_of_mlqa() {
    let cases: Vec<OfLanguage> = serde_json::from_str(include_str!("../../../../tests/golden/mlqa.json")).unwrap();
    assert!(cases.len() >= 100);
    let unlike = |case: &&OfLanguage| f1(&case.prediction, std::slice::from_ref(&case.reference)) != case.f1;
    assert!(cases.iter().filter(unlike).count() >= 30);
    for OfLanguage { language, prediction, reference, normalized, exact_match: exact, f1: expected } in cases {
        let articles = match language.as_str() {
            "hi" | "zh" => Articles::None,
            known => serde_json::from_value(known.into()).unwrap(),
        };
        let rules = Rules { tokens: Tokens::Words, articles };
        let case = format!("{language}: {prediction:?} against {reference:?}");
        assert_eq!(super::normalize(&prediction, rules), normalized, "{case}");
        let references = [reference];
        assert_eq!(super::exact_match(&prediction, &references, rules), exact, "{case}");
        let got = super::f1(&prediction, &references, rules);
        assert!((got - expected).abs() < 1e-12, "{case}: {got}, expected {expected}");
    }
}

#[test]
fn words_without_spaces_between_them_count_one_by_one() {
    let check = |prediction: &str, reference: &str, tokens, expected: f64| {
        let rules = Rules { tokens, articles: Articles::None };
        let got = super::f1(prediction, &[reference.to_owned()], rules);
        assert!((got - expected).abs() < 1e-12, "{prediction} against {reference}: {got}");
    };
    check("京大", "北京大學讀書", Tokens::Official, 0.0);
    check("京大", "北京大學讀書", Tokens::Words, 0.5);
    check("“北京大學讀書。”", "北京大學讀書", Tokens::Words, 1.0);
    check("cafe\u{301} noir", "café", Tokens::Words, 2.0 / 3.0);
    check("น้ำ", "น้ำดี", Tokens::Words, 0.8);
    check("abc", "abd", Tokens::Characters, 2.0 / 3.0);
}

#[test]
fn answers_beneath_articles_punctuation_and_case_are_equal() {
    let check = |text: &str, expected: &str| assert_eq!(normalize(text), expected, "{text:?}");
    check("The  U.S. Army", "us army");
    check("an apple a day", "apple day");
    check("theatre", "theatre");
    check("the–end", "–end");
    check("\"A\"", "");
    check("tab\tand\nline\u{1f}end", "tab and line end");
}

/// Words with articles, punctuation and letters beyond ASCII among them.
fn text() -> impl Strategy<Value = String> {
    "( |the|a|an|[A-D]{1,2}|[.,'-]|é|–){0,8}"
}

proptest! {
    #[test]
    fn scores_are_bounded_and_f1_is_no_less_than_exact_match(
        prediction in ".{0,20}", references in prop::collection::vec(".{0,20}", 0..3)
    ) {
        let (exact, f1) = (exact_match(&prediction, &references), f1(&prediction, &references));
        prop_assert!(exact == 0.0 || exact == 1.0);
        prop_assert!(exact <= f1 && f1 <= 1.0);
    }

    #[test]
    fn a_reference_itself_is_perfect(answer in "[f-z]{1,8}( [f-z]{1,8}){0,4}", others in prop::collection::vec(text(), 0..3)) {
        let mut references = others;
        references.push(answer.clone());
        prop_assert_eq!((exact_match(&answer, &references), f1(&answer, &references)), (1.0, 1.0));
        references.reverse();
        prop_assert_eq!(f1(&answer, &references), 1.0);
    }

    #[test]
    fn f1_is_symmetric_and_blind_to_order(left in text(), right in text()) {
        let score = |one: &str, other: &str| f1(one, &[other.to_owned()]);
        prop_assert!((score(&left, &right) - score(&right, &left)).abs() < 1e-12);
        let turned: Vec<String> = normalize(&left).split(' ').rev().map(str::to_owned).collect();
        prop_assert!((score(&left, &right) - score(&turned.join(" "), &right)).abs() < 1e-12);
    }

    #[test]
    fn normalizing_leaves_words_between_single_spaces(text in text()) {
        let normal = normalize(&text);
        prop_assert!(!normal.contains("  ") && normal.trim() == normal);
        prop_assert!(normal.split(' ').all(|word| !matches!(word, "a" | "an" | "the")), "{normal:?}");
    }
}
