use std::collections::BTreeMap;

use proptest::prelude::*;

use super::stem;

#[test]
fn agrees_with_nltk() {
    let golden: BTreeMap<String, String> =
        serde_json::from_str(include_str!("../../../../tests/golden/stem.json")).unwrap();
    assert!(golden.len() >= 3000);
    let wrong: Vec<_> = golden.iter().filter(|(word, expected)| stem(word) != **expected).collect();
    assert!(wrong.is_empty(), "{} of {}: {wrong:?}", wrong.len(), golden.len());
}

#[test]
fn each_extension_of_nltk_applies() {
    let check = |word: &str, expected: &str| assert_eq!(stem(word), expected, "{word}");
    check("skies", "sky");
    check("dies", "die");
    check("flies", "fli");
    check("died", "die");
    check("enjoy", "enjoy");
    check("happy", "happi");
    check("geologist", "geologist");
    check("geology", "geolog");
    check("hopefully", "hope");
    check("relationally", "relat");
    check("using", "use");
}

proptest! {
    #[test]
    fn a_stem_is_no_longer_than_its_word(word in "[a-z0-9]{0,14}") {
        let stem = stem(&word);
        prop_assert!(stem.len() <= word.len() && stem.is_empty() == word.is_empty(), "{word}: {stem}");
    }

    #[test]
    fn any_text_is_taken(word in ".{0,10}") {
        prop_assert!(word.is_ascii() || stem(&word) == word);
    }
}
