//! Runs of words that texts share with others, streamed past them.
//!
//! A run has thirteen words, in lower case and without punctuation (Brown et al. 2020, appendix C). A text of fewer
//! words, down to eight, is one run as a whole; one of fewer still says too little, and is not looked for. Runs that
//! stand in more than ten of the texts streamed past are taken for phrases that everybody uses, as there.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::words::runs;

/// Words a run.
pub const RUN: usize = 13;
/// Texts of fewer words are not looked for.
pub const LEAST: usize = 8;
/// Runs in more texts than this are everybody's.
pub const COMMON: u32 = 10;

/// The runs of some texts, to be found in others.
#[derive(Clone, Debug, Default)]
pub struct Overlap {
    slots: HashMap<u64, u32, BuildHasherDefault<AsItIs>>,
    /// For each run how many texts had it, and the first of them.
    met: Vec<(u32, u32)>,
    /// Which lengths runs have.
    lengths: [bool; RUN + 1],
}

/// How much of a text is found in others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shared {
    /// Its runs.
    pub runs: usize,
    /// Those found in others.
    pub shared: usize,
    /// The text in which the first of those was met first.
    pub first: Option<u32>,
}

impl Shared {
    /// Whether at least half of the text is found in others.
    pub fn is_most(&self) -> bool {
        self.shared > 0 && 2 * self.shared >= self.runs
    }

    /// The two texts as one.
    pub fn and(self, other: Self) -> Self {
        let first = self.first.or(other.first);
        Self { runs: self.runs + other.runs, shared: self.shared + other.shared, first }
    }
}

impl Overlap {
    /// Takes up the runs of a text that is to be found.
    pub fn insert(&mut self, words: &[u64]) {
        let Some(length) = length(words) else { return };
        self.lengths[length] = true;
        for run in runs(words, length) {
            let next = self.met.len() as u32;
            if *self.slots.entry(run).or_insert(next) == next {
                self.met.push((0, 0));
            }
        }
    }

    /// Whether there is nothing to find.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Whether a text shares a run with those taken up.
    pub fn touches(&self, words: &[u64]) -> bool {
        self.found_in(words).next().is_some()
    }

    /// The runs that a text shares with those taken up, each once.
    pub fn found(&self, words: &[u64]) -> Vec<u32> {
        let mut found: Vec<u32> = self.found_in(words).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    fn found_in(&self, words: &[u64]) -> impl Iterator<Item = u32> {
        let lengths = (LEAST..=RUN).filter(|length| self.lengths[*length] && *length <= words.len());
        lengths.flat_map(|length| runs(words, length)).filter_map(|run| self.slots.get(&run).copied())
    }

    /// Notes that the text `by` has these runs, which [`Self::found`] found in it.
    pub fn mark(&mut self, found: &[u32], by: u32) {
        for run in found {
            let (count, first) = &mut self.met[*run as usize];
            if *count == 0 {
                *first = by;
            }
            *count = count.saturating_add(1);
        }
    }

    /// How much of a text that was taken up is in the texts marked.
    pub fn shared(&self, words: &[u64]) -> Shared {
        let Some(length) = length(words) else { return Shared::default() };
        runs(words, length).fold(Shared::default(), |shared, run| {
            let met = self.slots.get(&run).map(|slot| self.met[*slot as usize]);
            let first = met.filter(|(count, _)| (1..=COMMON).contains(count)).map(|(_, first)| first);
            shared.and(Shared { runs: 1, shared: usize::from(first.is_some()), first })
        })
    }
}

/// The length of a text's runs; none if it is too short.
fn length(words: &[u64]) -> Option<usize> {
    (words.len() >= LEAST).then(|| words.len().min(RUN))
}

/// The hash of a number that is one already.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0 << 8 | u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::super::words::words;
    use super::*;
    use crate::order::mix64;
    use proptest::prelude::*;

    const LONG: &str = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen";

    fn shared(texts: &[&str], others: &[&str]) -> Vec<(usize, usize)> {
        let mut overlap = Overlap::default();
        texts.iter().for_each(|text| overlap.insert(&words(text)));
        for (by, other) in (0..).zip(others) {
            let found = overlap.found(&words(other));
            assert_eq!(!found.is_empty(), overlap.touches(&words(other)));
            overlap.mark(&found, by);
        }
        let count = |text: &&str| {
            let Shared { runs, shared, .. } = overlap.shared(&words(text));
            (runs, shared)
        };
        texts.iter().map(count).collect()
    }

    #[test]
    fn thirteen_words_in_a_row_count_and_twelve_do_not() {
        let thirteen = "And: TWO three, four five six seven eight nine ten eleven twelve thirteen fourteen! End";
        assert_eq!(shared(&[LONG], &[thirteen]), [(3, 1)]);
        assert_eq!(
            shared(&[LONG], &["x two three four five six seven eight nine ten eleven twelve thirteen"]),
            [(3, 0)]
        );
        assert_eq!(shared(&[LONG], &[LONG]), [(3, 3)]);
    }

    #[test]
    fn short_texts_count_as_a_whole_and_very_short_ones_do_not() {
        let eight = "four five six seven eight nine ten eleven";
        assert_eq!(shared(&[eight], &[LONG]), [(1, 1)]);
        assert_eq!(shared(&["four five six seven eight nine ten twelve"], &[LONG]), [(1, 0)]);
        assert_eq!(shared(&["four five six"], &[LONG]), [(0, 0)]);
        // A short text has no run of thirteen words, but that of another short one.
        assert_eq!(shared(&[LONG], &[eight]), [(3, 0)]);
    }

    #[test]
    fn what_everybody_says_is_no_overlap() {
        assert_eq!(shared(&[LONG], &[LONG; 10]), [(3, 3)]);
        assert_eq!(shared(&[LONG], &[LONG; 11]), [(3, 0)]);
    }

    #[test]
    fn the_first_text_is_named() {
        let mut overlap = Overlap::default();
        overlap.insert(&words(LONG));
        let found = overlap.found(&words(LONG));
        overlap.mark(&found, 7);
        overlap.mark(&found, 9);
        let shared = overlap.shared(&words(LONG));
        assert_eq!((shared.first, shared.is_most()), (Some(7), true));
        assert!(!Shared::default().is_most());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_planted_run_is_found_and_nothing_in_disjoint_texts(seed in any::<u64>(), from in 0_usize..80, length in 8_usize..20) {
            let text = |n: u64| -> Vec<u64> { (0..100).map(|i| mix64(seed ^ mix64(n << 32 | i))).collect() };
            let (exam, other) = (text(1), text(2));
            let mut overlap = Overlap::default();
            overlap.insert(&exam);
            prop_assert!(!overlap.touches(&other));
            let planted: Vec<u64> = other[..50].iter().chain(&exam[from..from + length]).chain(&other[50..]).copied().collect();
            prop_assert_eq!(overlap.touches(&planted), length >= RUN);
        }
    }
}
