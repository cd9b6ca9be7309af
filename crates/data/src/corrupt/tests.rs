use proptest::prelude::*;

use super::*;
use crate::order;

const NONE: Rates = Rates {
    spelling: 0.0,
    confusion: 0.0,
    agreement: 0.0,
    articles: 0.0,
    prepositions: 0.0,
    tense: 0.0,
    order: 0.0,
    punctuation: 0.0,
};

/// What many draws make of a sentence.
fn all(sentence: &str, rates: Rates, language: Language) -> Vec<String> {
    let mut found: Vec<String> =
        (0..200).map(|seed| corrupt(sentence, &rates, language, &mut order::rng(seed, 0, 0))).collect();
    found.sort();
    found.dedup();
    found
}

#[test]
fn without_rates_nothing_changes() {
    let sentence = "Their aunt, who walked \"there\", has seen the U.S. in 1990.";
    assert_eq!(all(sentence, NONE, Language::English), [sentence]);
}

#[test]
fn each_kind_makes_its_own_errors() {
    let check = |sentence: &str, rates: Rates, some: &[&str]| {
        let found = all(sentence, rates, Language::English);
        for expected in some {
            assert!(found.iter().any(|one| one == expected), "{expected:?} is not in {found:?}");
        }
    };
    check("He is.", Rates { agreement: 1.0, ..NONE }, &["He are."]);
    check("two cats", Rates { agreement: 1.0, ..NONE }, &["two cat"]);
    check("the cities", Rates { agreement: 1.0, ..NONE }, &["the city"]);
    check("Their dog", Rates { confusion: 1.0, ..NONE }, &["There dog", "They're dog"]);
    check("see a dog", Rates { articles: 1.0, ..NONE }, &["see dog", "see the dog", "see an dog"]);
    check("go to school", Rates { articles: 1.0, ..NONE }, &["go to the school"]);
    check("sit on it", Rates { prepositions: 1.0, ..NONE }, &["sit it", "sit in it", "sit at it"]);
    check("We went.", Rates { tense: 1.0, ..NONE }, &["We go.", "We gone."]);
    check("We walked.", Rates { tense: 1.0, ..NONE }, &["We walk."]);
    check("now I see it.", Rates { order: 1.0, ..NONE }, &["now see it I."]);
    check("Yes, he.", Rates { punctuation: 1.0, ..NONE }, &["Yes he"]);
    check("word", Rates { spelling: 1.0, ..NONE }, &["wrd", "wrod", "worrd", "worf"]);
}

#[test]
fn an_article_that_was_left_out_is_not_put_in_again() {
    let found = all("go to the market", Rates { articles: 1.0, ..NONE }, Language::English);
    assert!(
        found.iter().any(|one| one == "go to market") && !found.contains(&"go to the market".to_owned()),
        "{found:?}"
    );
}

#[test]
fn other_languages_have_no_english_errors() {
    let sentence = "In the night was a man is there.";
    let rates = Rates { spelling: 0.0, order: 0.0, punctuation: 0.0, ..Rates::default().times(20.0) };
    assert_eq!(all(sentence, rates, Language::Other), [sentence]);
    assert!(all("größere Häuser", Rates { spelling: 1.0, ..NONE }, Language::Other).len() > 10);
}

#[test]
fn sentences_that_are_no_sentences_are_not_used() {
    let text = "Contents\nThe cat sat on the mat  and slept. Short one.\n1990 1991 1992 1993 1994 1995.\n今天天气很好。我们去公园散步。";
    assert_eq!(usable(text).collect::<Vec<_>>(), ["The cat sat on the mat and slept."]);
}

#[test]
fn rates_are_never_above_always() {
    let mut rates = Rates::default().times(100.0);
    assert!(rates.named().iter().all(|(_, rate)| **rate <= 1.0));
}

proptest! {
    #[test]
    fn any_text_can_be_corrupted(text in "\\PC{0,60}", seed in 0u64..50) {
        let rates = Rates::default().times(10.0);
        let once = corrupt(&text, &rates, Language::English, &mut order::rng(seed, 0, 0));
        prop_assert_eq!(&once, &corrupt(&text, &rates, Language::English, &mut order::rng(seed, 0, 0)));
        prop_assert!(!once.contains("  "));
    }
}
