//! What is kept of each text of a set: where it stands, how long it is, and enough to tell whether it repeats another.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;

use super::minhash::{self, NEAR, Signature};
use super::words::{identity, words};

/// A text as a profile takes it up.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its words.
    pub words: Vec<u64>,
    /// What it shares with texts that are the same.
    pub identity: u64,
    /// For comparison with others.
    pub signature: Option<Signature>,
}

impl Entry {
    /// A text that stands alone.
    pub fn of(text: &str) -> Self {
        let words = words(text);
        Self { identity: identity(text, &words), signature: Signature::of(&words, 0), words }
    }

    /// A text that is itself only beside another: two questions are the same if they are asked of the same passage.
    pub fn beside(text: &str, other: &str) -> Self {
        let beside = identity(other, &words(other));
        let words = words(text);
        let identity = crate::order::mix64(identity(text, &words) ^ beside.rotate_left(1));
        Self { identity, signature: Signature::of(&words, beside), words }
    }
}

/// How long texts are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Lengths {
    /// Half of the texts are no longer.
    pub median: u32,
    /// 95 of 100 texts are no longer.
    pub p95: u32,
    /// The longest.
    pub longest: u32,
    /// All together.
    pub total: u64,
}

impl Lengths {
    /// Those of texts of these lengths.
    pub fn of(lengths: &[u32]) -> Self {
        let mut sorted = lengths.to_vec();
        sorted.sort_unstable();
        // The smallest length that at least this share of the texts does not exceed.
        let rank = |percent: usize| sorted.get((sorted.len() * percent).div_ceil(100).max(1) - 1).copied().unwrap_or(0);
        let total = sorted.iter().map(|length| u64::from(*length)).sum();
        Self { median: rank(50), p95: rank(95), longest: rank(100), total }
    }
}

/// The texts of a set, without their text. About 160 bytes each.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    files: Vec<Arc<Path>>,
    /// File and line.
    places: Vec<(u32, u32)>,
    lengths: Vec<u32>,
    identities: Vec<u64>,
    signatures: Vec<Option<Signature>>,
}

/// Two texts by their numbers, and the one before the other.
pub type Pair = (u32, u32);

impl Profile {
    /// Takes up a text at a place, which is `length` long.
    pub fn push(&mut self, path: &Arc<Path>, line: usize, length: usize, entry: &Entry) {
        if self.files.last() != Some(path) {
            self.files.push(path.clone());
        }
        self.places.push((self.files.len() as u32 - 1, u32::try_from(line).unwrap_or(u32::MAX)));
        self.lengths.push(u32::try_from(length).unwrap_or(u32::MAX));
        self.identities.push(entry.identity);
        self.signatures.push(entry.signature.clone());
    }

    /// Texts.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Where a text stands: `reviews.jsonl:12`.
    pub fn place(&self, text: u32) -> String {
        let (file, line) = self.places[text as usize];
        format!("{}:{line}", self.files[file as usize].display())
    }

    /// How long the texts are.
    pub fn lengths(&self) -> Lengths {
        Lengths::of(&self.lengths)
    }

    /// Each text that is the same as an earlier one, with the first of those.
    pub fn repeats(&self) -> Vec<Pair> {
        let mut first = HashMap::new();
        let texts = (0..).zip(&self.identities);
        texts.map(|(text, identity)| (text, *first.entry(identity).or_insert(text))).filter(|(a, b)| a != b).collect()
    }

    /// Each text that is nearly the same as an earlier one, and not the same as one, with that.
    pub fn near_repeats(&self) -> Vec<Pair> {
        let mut signatures = self.signatures.clone();
        self.repeats().into_iter().for_each(|(text, _)| signatures[text as usize] = None);
        let found = minhash::near_duplicates(&signatures, NEAR);
        (0..).zip(found).filter_map(|(text, earlier)| Some((text, earlier?))).collect()
    }

    /// Each text of one kind that is the same as one of the other kind, with the first of those.
    pub fn known_among(&self, asked: impl Fn(u32) -> bool, known: impl Fn(u32) -> bool) -> Vec<Pair> {
        let mut first = HashMap::new();
        (0_u32..).zip(&self.identities).filter(|(text, _)| known(*text)).for_each(|(text, identity)| {
            first.entry(identity).or_insert(text);
        });
        let texts = (0..).zip(&self.identities).filter(|(text, _)| asked(*text));
        texts.filter_map(|(text, identity)| Some((text, *first.get(identity)?))).collect()
    }

    /// Each text that is the same as one of `other`, with the first of those.
    pub fn known_to(&self, other: &Self) -> Vec<Pair> {
        let mut first = HashMap::new();
        (0_u32..).zip(&other.identities).for_each(|(text, identity)| {
            first.entry(identity).or_insert(text);
        });
        let texts = (0..).zip(&self.identities);
        texts.filter_map(|(text, identity)| Some((text, *first.get(identity)?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(texts: &[&str]) -> Profile {
        let (mut profile, path) = (Profile::default(), Arc::from(Path::new("a.txt")));
        for (line, text) in (1..).zip(texts) {
            let entry = Entry::of(text);
            profile.push(&path, line, entry.words.len(), &entry);
        }
        profile
    }

    #[test]
    fn percentiles_are_lengths_that_occur() {
        assert_eq!(Lengths::of(&[]), Lengths::default());
        assert_eq!(Lengths::of(&[3, 1, 2, 4]), Lengths { median: 2, p95: 4, longest: 4, total: 10 });
        let hundred: Vec<u32> = (1..=100).collect();
        assert_eq!(Lengths::of(&hundred), Lengths { median: 50, p95: 95, longest: 100, total: 5050 });
    }

    #[test]
    fn repeats_are_told_from_near_repeats() {
        let long = "the miller sells flour to the baker and the smith sells nails to the carpenter on market day";
        let near = format!("{long} again");
        let profile = profile(&[long, "something else", "Something, else!", &near, &long.to_uppercase()]);
        assert_eq!(profile.repeats(), [(2, 1), (4, 0)]);
        assert_eq!(profile.near_repeats(), [(3, 0)]);
        assert_eq!(profile.place(3), "a.txt:4");
        assert_eq!(profile.known_to(&self::profile(&["else", "something else"])), [(1, 1), (2, 1)]);
    }

    #[test]
    fn a_question_is_itself_only_beside_its_passage() {
        let (a, b) = (Entry::beside("Who sold it?", "Ada sold it."), Entry::beside("Who sold it?", "Ben sold it."));
        assert_ne!(a.identity, b.identity);
        assert_eq!(a.identity, Entry::beside("who sold it", "Ada sold it!").identity);
    }
}
