use serde::Deserialize;

use super::*;
use crate::metrics::ClassScore;

fn check(got: f64, expected: f64, what: &str) {
    assert!((got - expected).abs() < 1e-9, "{what}: {got}, expected {expected}");
}

#[test]
fn entities_agree_with_seqeval() {
    #[derive(Deserialize)]
    struct Case {
        name: String,
        gold: Vec<String>,
        given: Vec<String>,
        precision: f64,
        recall: f64,
        f1: f64,
        token_accuracy: f64,
        each: std::collections::BTreeMap<String, [f64; 4]>,
    }
    const KINDS: [&str; 3] = ["person", "place", "price"];
    let spans = |line: &str| {
        let mut found: Vec<(std::ops::Range<usize>, usize)> = Vec::new();
        for (at, tag) in line.split(' ').enumerate() {
            match tag.split_once('-') {
                Some(("B", kind)) => found.push((at..at + 1, KINDS.iter().position(|name| *name == kind).unwrap())),
                Some(_) => found.last_mut().unwrap().0.end = at + 1,
                None => {}
            }
        }
        found
    };
    let cases: Vec<Case> = serde_json::from_str(include_str!("../../../../../tests/golden/entities.json")).unwrap();
    assert_eq!(cases.len(), 2);
    for case in cases {
        let texts = case.gold.iter().zip(&case.given).map(|(gold, given)| Spans {
            gold: spans(gold),
            given: spans(given),
            words: gold.split(' ').count(),
            right: gold.split(' ').zip(given.split(' ')).filter(|(gold, given)| gold == given).count(),
        });
        let texts: Vec<Spans> = texts.collect();
        let scores = entities(&texts);
        for (metric, expected) in [
            ("precision", case.precision),
            ("recall", case.recall),
            ("f1", case.f1),
            ("token_accuracy", case.token_accuracy),
        ] {
            let score = scores.get(metric).unwrap();
            check(score.value, expected, &format!("{}: {metric}", case.name));
            assert!(score.low <= score.value && score.value <= score.high && score.n == case.gold.len());
        }
        for (kind, name) in KINDS.iter().enumerate() {
            let [right, given, gold] = Spans::of_kind(&texts, kind);
            let class = ClassScore::of(name, right, given, gold);
            let [precision, recall, f1, support] = case.each[*name];
            for (got, expected) in [(class.precision, precision), (class.recall, recall), (class.f1, f1)] {
                check(got, expected, &format!("{}: {name}", case.name));
            }
            assert_eq!(class.support as f64, support);
        }
    }
    let nothing = Spans { words: 3, right: 3, ..Spans::default() };
    assert_eq!((nothing.f1(), entities(&[nothing]).get("f1").unwrap().value), (1.0, 0.0));
}
