use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Golden {
    hypotheses: Vec<String>,
    references: Vec<Vec<String>>,
    chrf: f64,
    #[serde(rename = "chrf++")]
    plus: f64,
    signatures: [String; 3],
}

#[test]
fn agrees_with_sacrebleu() {
    let cases: Vec<Golden> = serde_json::from_str(include_str!("../../../../../tests/golden/sacrebleu.json")).unwrap();
    for case in cases {
        let check = |got: Score, expected: f64| {
            let (metric, got) = (got.metric, got.value);
            assert!((got - expected).abs() < 1e-9, "{metric}: {got}, expected {expected}: {:?}", case.hypotheses);
        };
        check(chrf(&case.hypotheses, &case.references), case.chrf);
        check(chrf_plus_plus(&case.hypotheses, &case.references), case.plus);
        let signed = [chrf_signature(&case.references), chrf_plus_plus_signature(&case.references)];
        assert_eq!(signed.map(|signed| signed.rsplit_once('|').unwrap().0.to_owned()), case.signatures[1..]);
    }
}

#[test]
fn nothing_to_score_or_to_score_against_is_zero() {
    assert_eq!(chrf::<&str>(&[], &[]).n, 0);
    assert_eq!(chrf(&["a"], &[vec![]]).value, 0.0);
    assert_eq!(chrf(&["same text"], &[vec!["same text"]]).value, 100.0);
}
