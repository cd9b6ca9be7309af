use proptest::prelude::*;
use serde::Deserialize;

use super::*;

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
