use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Golden {
    sentences: Vec<(String, String, Vec<String>)>,
    picks: Vec<usize>,
    gleu: f64,
}

#[test]
fn agrees_with_the_definition() {
    let cases: Vec<Golden> = serde_json::from_str(include_str!("../../../../../tests/golden/gleu.json")).unwrap();
    assert!(cases.len() > 40);
    for case in cases {
        let picked: Vec<(String, String, Vec<String>)> = case
            .sentences
            .iter()
            .zip(&case.picks)
            .map(|((source, text, references), &pick)| (source.clone(), text.clone(), vec![references[pick].clone()]))
            .collect();
        let got = gleu(&picked).value;
        assert!((got - case.gleu).abs() < 1e-9, "{got}, expected {}", case.gleu);
    }
}

#[test]
fn several_references_are_drawn_from_evenly_and_alike() {
    let sentence = ("he go to school .", "he goes to school .", vec!["he goes to school .", "he go to a big school ."]);
    let alone = |at: usize| gleu(&[(sentence.0, sentence.1, vec![sentence.2[at]])]).value;
    let both = gleu(std::slice::from_ref(&sentence));
    let expected = f64::midpoint(alone(0), alone(1));
    assert!((both.value - expected).abs() < 10.0, "{}, expected about {expected}", both.value);
    assert_eq!(both.value, gleu(&[sentence]).value);
}

#[test]
fn what_was_left_wrong_costs_points() {
    let score = |text| gleu(&[("he go to the school now .", text, vec!["he goes to school right now ."])]).value;
    assert!(score("he goes to school right now .") == 100.0);
    assert!(score("he go to school right now .") < score("he walks to school right now ."));
    assert_eq!(gleu::<&str>(&[]).n, 0);
    assert_eq!(score(""), 0.0);
}
