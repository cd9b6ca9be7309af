//! Guest books: short entries as visitors leave them, each with the host's verdict. The labelled reviews are such
//! entries on their own.

use super::lexicon::Aspect;
use super::reviews::{Family, Vocabulary, entry};
use super::world::Dice;

/// A page of a guest book: a few entries, the host's verdict beside each.
pub fn page(dice: &mut Dice) -> String {
    let mut parts: Vec<String> = Vec::new();
    for _ in 0..dice.between(4, 8) {
        let praise = dice.chance(50);
        let (aspect, family) = (dice.pick(&Aspect::ALL), plain(dice));
        parts.push(entry(aspect, praise, family, Vocabulary::Corpus, 15, dice));
        parts.push(if praise { "Praise." } else { "Blame." }.to_string());
    }
    parts.join(" ")
}

/// Most guests say what they mean; that is also how the words are learned.
fn plain(dice: &mut Dice) -> Family {
    match dice.below(100) {
        0..=59 => Family::Straight,
        60..=82 => Family::Turned,
        _ => Family::Contrast,
    }
}
