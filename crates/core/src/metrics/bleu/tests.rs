use std::collections::HashMap;

use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Golden {
    hypotheses: Vec<String>,
    references: Vec<Vec<String>>,
    bleu: HashMap<String, f64>,
    signatures: [String; 3],
}

#[test]
fn agrees_with_sacrebleu() {
    let cases: Vec<Golden> = serde_json::from_str(include_str!("../../../../../tests/golden/sacrebleu.json")).unwrap();
    assert!(cases.len() > 70);
    for case in cases {
        for tokens in [BleuTokens::V13a, BleuTokens::Zh, BleuTokens::Intl, BleuTokens::Char, BleuTokens::None] {
            let (got, expected) = (bleu(&case.hypotheses, &case.references, tokens).value, case.bleu[tokens.name()]);
            assert!((got - expected).abs() < 1e-9, "{tokens}: {got}, expected {expected}: {:?}", case.hypotheses);
        }
        let signature = bleu_signature(&case.references, BleuTokens::V13a);
        assert_eq!(signature.rsplit_once('|').unwrap().0, case.signatures[0]);
    }
}

#[test]
fn nothing_to_score_or_to_score_against_is_zero() {
    assert_eq!(bleu::<&str>(&[], &[], BleuTokens::V13a).n, 0);
    assert_eq!(bleu(&["a b c d"], &[vec![]], BleuTokens::V13a).value, 0.0);
    let signature = bleu_signature(&[vec!["a"], vec!["a", "b"]], BleuTokens::Intl);
    assert!(signature.starts_with("nrefs:var|case:mixed|eff:no|tok:intl|smooth:exp|version:cimiento-"), "{signature}");
}

#[test]
fn the_interval_holds_the_value() {
    let texts = ["a b c d e", "a b c d", "x y z w", "a b q d e f"];
    let references = ["a b c d e", "a b c d e", "x y q w", "a b c d e f"].map(|text| vec![text]);
    let score = bleu(&texts, &references, BleuTokens::None);
    assert!(score.low < score.value && score.value < score.high && score.n == 4, "{score:?}");
}
