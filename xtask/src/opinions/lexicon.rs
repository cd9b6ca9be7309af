//! Word lists, and which of their words train never sees.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::{blame, domains, praise};
use crate::dice::{Dice, hash};

/// Which words a text may use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Vocabulary {
    /// Train: no word that is kept back.
    Known,
    /// Dev and test: half the words are kept back, where a list has any.
    HeldOut,
}

/// A list of words (or phrases), and those of them that are kept back from train.
pub struct Words {
    known: Vec<&'static str>,
    kept: Vec<&'static str>,
}

/// Words so common that a test without them in train would measure nothing.
const EVERYDAY: [&str; 44] = [
    "good", "great", "best", "better", "fine", "nice", "fun", "funny", "funnier", "bad", "worse", "worst", "poor",
    "boring", "dull", "slow", "stupid", "silly", "love", "joy", "pleasure", "delight", "mess", "waste", "hit", "find",
    "fail", "work", "bore", "well", "badly", "poorly", "too", "life", "heart", "soul", "truth", "wonder", "no", "must",
    "dry", "warm", "fresh", "clean",
];

/// About one word in seven, by its hash.
fn is_kept(word: &str) -> bool {
    !EVERYDAY.contains(&word) && (hash(&["opinions", word]) >> 24) % 100 < 15
}

/// The items between the commas.
fn items(list: &'static str) -> impl Iterator<Item = &'static str> {
    list.split(',').map(str::trim).filter(|item| !item.is_empty())
}

/// Words that carry an opinion: some are kept back.
pub fn words(list: &'static str) -> Words {
    let (kept, known) = items(list).partition(|word| is_kept(word));
    Words { known, kept }
}

/// Words that carry none: all may be used anywhere.
pub fn plain(list: &'static str) -> Words {
    Words { known: items(list).collect(), kept: Vec::new() }
}

impl Words {
    pub fn pick(&self, vocabulary: Vocabulary, dice: &mut Dice) -> Option<&'static str> {
        let fresh = vocabulary == Vocabulary::HeldOut && dice.chance(50) && !self.kept.is_empty();
        let list = if fresh { &self.kept } else { &self.known };
        (!list.is_empty()).then(|| dice.pick(list))
    }

    pub fn has(&self, name: &str) -> bool {
        self.known.iter().any(|word| word.trim_end_matches(['~', '*']) == name)
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.known.len() + self.kept.len()
    }
}

/// The words of one verdict. Lists with `story` are for what tells something: films, books, series, plays.
pub struct Side {
    /// Adjectives that fit anything.
    pub any: Words,
    pub story: Words,
    /// Adjectives that fit any aspect of a thing: its plot, its service, its battery.
    pub facet: Words,
    /// What a thing is called: "a gem", "a dud".
    pub nouns: Words,
    pub story_nouns: Words,
    /// The same without an article: "pure magic", "utter drivel".
    pub stuff: Words,
    /// What a story is full of, or lacks.
    pub qualities: Words,
    /// What anything else is full of, or lacks.
    pub merits: Words,
    /// What a thing does, in the infinitive.
    pub deeds: Words,
    pub story_deeds: Words,
    /// How it is made: "deftly written".
    pub manner: Words,
    /// To what degree: "painfully slow".
    pub degree: Words,
    pub better: Words,
    pub best: Words,
    /// What follows "it is".
    pub verdicts: Words,
    pub story_verdicts: Words,
    pub advice: Words,
    pub story_advice: Words,
    /// Whole clauses.
    pub remarks: Words,
    pub story_remarks: Words,
    /// How a sentence may begin.
    pub openers: Words,
}

impl Side {
    pub fn lists(&self) -> [&Words; 21] {
        [
            &self.any,
            &self.story,
            &self.facet,
            &self.nouns,
            &self.story_nouns,
            &self.stuff,
            &self.qualities,
            &self.merits,
            &self.deeds,
            &self.story_deeds,
            &self.manner,
            &self.degree,
            &self.better,
            &self.best,
            &self.verdicts,
            &self.story_verdicts,
            &self.advice,
            &self.story_advice,
            &self.remarks,
            &self.story_remarks,
            &self.openers,
        ]
    }
}

pub static PRAISE: LazyLock<Side> = LazyLock::new(praise::side);
pub static BLAME: LazyLock<Side> = LazyLock::new(blame::side);

pub fn side(praise: bool) -> &'static Side {
    if praise { &PRAISE } else { &BLAME }
}

/// Every word and phrase that train must not contain.
pub static KEPT: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let sides = [true, false].into_iter().flat_map(|praise| side(praise).lists());
    sides.chain(domains::lists()).flat_map(|list| list.kept.iter()).map(|word| key(word)).collect()
});

/// A text as its words alone: small letters, no punctuation.
pub fn key(text: &str) -> String {
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// Whether a text has a word or phrase that is kept back.
pub fn has_kept(text: &str) -> bool {
    static LONGEST: LazyLock<usize> =
        LazyLock::new(|| KEPT.iter().map(|word| word.split(' ').count()).max().unwrap_or_default());
    let key = key(text);
    let words: Vec<&str> = key.split(' ').collect();
    (0..words.len()).any(|start| {
        let longest = (*LONGEST).min(words.len() - start);
        (1..=longest).any(|length| KEPT.contains(&words[start..start + length].join(" ")))
    })
}
