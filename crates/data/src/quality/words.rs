//! Texts as words, and runs of words as numbers.

use unicode_normalization::{UnicodeNormalization, is_nfc};

use crate::order::mix64;
use crate::segments::is_without_spaces;

const FNV_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0100_0000_01b3;
/// Any odd number whose powers look random will do.
const BASE: u64 = 0x9e37_79b9_7f4a_7c15;

/// The words of a text, each as a hash: lower-cased, cut at white space, without anything but letters and digits, so
/// that `Don't` is `dont` and a dash is nothing. In scripts without spaces between words every character is one. A
/// letter and a mark on it are what they are as one character.
pub fn words(text: &str) -> Vec<u64> {
    if text.is_ascii() || is_nfc(text) {
        return composed(text.chars(), text.len());
    }
    composed(text.nfc(), text.len())
}

/// The words of a text of `length` bytes, whose letters are composed.
fn composed(text: impl Iterator<Item = char>, length: usize) -> Vec<u64> {
    let mut words = Vec::with_capacity(length / 6 + 1);
    let mut open = None;
    for c in text {
        if c.is_alphanumeric() {
            if is_without_spaces(c) {
                words.extend(open.take().map(mix64));
                words.push(mix64(FNV_BASIS ^ u64::from(c)));
            } else if c.is_ascii() {
                open = Some(joined(open, c.to_ascii_lowercase()));
            } else {
                open = c.to_lowercase().fold(open, |open, c| Some(joined(open, c)));
            }
        } else if c.is_whitespace() {
            words.extend(open.take().map(mix64));
        }
    }
    words.extend(open.map(mix64));
    words
}

fn joined(hash: Option<u64>, c: char) -> u64 {
    (hash.unwrap_or(FNV_BASIS) ^ u64::from(c)).wrapping_mul(FNV_PRIME)
}

/// The runs of `length` words, in order and each as a hash that tells runs of different lengths apart.
///
/// # Panics
/// If `length` is 0.
pub fn runs(words: &[u64], length: usize) -> impl Iterator<Item = u64> {
    assert!(length > 0, "a run has at least one word");
    let leaving = BASE.wrapping_pow(length as u32 - 1);
    let mut hash = 0_u64;
    words.iter().enumerate().filter_map(move |(at, word)| {
        if at >= length {
            hash = hash.wrapping_sub(words[at - length].wrapping_mul(leaving));
        }
        hash = hash.wrapping_mul(BASE).wrapping_add(*word);
        (at + 1 >= length).then(|| mix64(hash ^ (length as u64)))
    })
}

/// A number that texts share if and only if their words are the same. One without words is what its characters are.
pub fn identity(text: &str, words: &[u64]) -> u64 {
    if words.is_empty() {
        return text.trim().chars().fold(FNV_PRIME, |hash, c| joined(Some(hash), c));
    }
    words.iter().fold(words.len() as u64, |hash, word| mix64(hash ^ word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn case_punctuation_and_layout_make_no_difference() {
        let plain = words("dont stop it is 5 oclock");
        assert_eq!(words("  Don't STOP --\n\n it is 5 o'clock! "), plain);
        assert_eq!(plain.len(), 6);
        assert_ne!(words("do not stop"), words("donot stop"));
        assert_eq!(words("Große STRASSE"), words("große strasse"));
        assert!(words(" -- … !").is_empty());
    }

    #[test]
    fn scripts_without_spaces_have_words_too() {
        assert_eq!(words("今天天气好。").len(), 5);
        assert_eq!(words("iPhone を買う").len(), 4);
    }

    #[test]
    fn composed_letters_and_letters_with_marks_are_the_same() {
        assert_eq!(words("Cafe\u{301} \u{1112}\u{1161}\u{11ab}"), words("Café 한"));
        assert_ne!(words("Cafe"), words("Café"));
    }

    #[test]
    fn texts_without_words_are_told_apart() {
        let identity = |text: &str| super::identity(text, &words(text));
        assert_eq!(identity(" :-) "), identity(":-)"));
        assert_ne!(identity(":-)"), identity(":-("));
        assert_eq!(identity("A b."), identity("a B"));
        assert_ne!(identity("a b"), identity("b a"));
    }

    proptest! {
        #[test]
        fn a_run_is_a_function_of_its_words(words in prop::collection::vec(0_u64..4, 0..40), length in 1_usize..6) {
            let found: Vec<u64> = runs(&words, length).collect();
            let windows: Vec<&[u64]> = words.windows(length).collect();
            prop_assert_eq!(found.len(), windows.len());
            for (i, a) in windows.iter().enumerate() {
                for (k, b) in windows.iter().enumerate() {
                    prop_assert_eq!(a == b, found[i] == found[k]);
                }
            }
        }
    }
}
