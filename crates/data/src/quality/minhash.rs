//! Texts that nearly repeat each other, found without comparing all with all.
//!
//! A signature holds, for each of 128 orders of all possible runs of five words, one byte of the run of a text that
//! comes first in it. Two texts agree in such a place with the probability of their Jaccard index (Broder 1997), plus
//! the chance that two different runs have the same byte, which is subtracted (Li and König 2010). Only texts that agree
//! in all places of some band are compared, and bands are chosen so that of pairs at the threshold 98 of 100 do.

use rayon::prelude::*;

use super::words::runs;
use crate::order::mix64;

/// Words a run.
pub const SHINGLE: usize = 5;
/// Jaccard index from which on texts are called nearly the same.
pub const NEAR: f64 = 0.8;

const SIZE: usize = 128;
/// Members of a bucket that a text is compared with: its first and the nearest before it.
const COMPARED: usize = 64;

/// A factor (odd) and a summand for each order: an order is that of the numbers `factor · run + summand`.
const ORDERS: ([u32; SIZE], [u32; SIZE]) = {
    let (mut factors, mut summands) = ([0; SIZE], [0; SIZE]);
    let mut i = 0;
    while i < SIZE {
        factors[i] = (mix64(2 * i as u64) >> 32) as u32 | 1;
        summands[i] = (mix64(2 * i as u64 + 1) >> 32) as u32;
        i += 1;
    }
    (factors, summands)
};

/// What is kept of a text to compare it with others: 128 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature([u8; SIZE]);

impl Signature {
    /// The signature of a text of these words; none if there are none. A text of fewer than five words is one run.
    /// Texts with different `salt` are nothing like each other.
    pub fn of(words: &[u64], salt: u64) -> Option<Self> {
        if words.is_empty() {
            return None;
        }
        let mut least = [u32::MAX; SIZE];
        for run in runs(words, words.len().min(SHINGLE)) {
            let run = (mix64(run ^ salt) >> 32) as u32;
            for ((least, factor), summand) in least.iter_mut().zip(&ORDERS.0).zip(&ORDERS.1) {
                *least = (*least).min(run.wrapping_mul(*factor).wrapping_add(*summand));
            }
        }
        // The upper bits of a minimum are all zero: take a byte that depends on all of it.
        Some(Self(least.map(|least| (least.wrapping_mul(0x9e37_79b9) >> 24) as u8)))
    }

    /// The estimated Jaccard index of the two texts' runs, from 0 to 1; its standard error is 0.044 at most.
    pub fn likeness(&self, other: &Self) -> f64 {
        let agreeing = self.0.iter().zip(&other.0).filter(|(a, b)| a == b).count() as f64 / SIZE as f64;
        ((agreeing - 1.0 / 256.0) / (1.0 - 1.0 / 256.0)).max(0.0)
    }

    /// The bytes of one band as a number.
    fn band(&self, index: usize, rows: usize) -> u64 {
        let bytes = &self.0[index * rows..(index + 1) * rows];
        bytes.iter().fold(0, |key, byte| key << 8 | u64::from(*byte))
    }
}

/// For each text an earlier one that it is like to at least `threshold`, if one was found.
pub fn near_duplicates(signatures: &[Option<Signature>], threshold: f64) -> Vec<Option<u32>> {
    let mut earlier: Vec<Option<u32>> = vec![None; signatures.len()];
    let rows = rows(threshold);
    for band in 0..SIZE / rows {
        let mut keys: Vec<(u64, u32)> = (0..)
            .zip(signatures)
            .filter_map(|(text, signature)| Some((signature.as_ref()?.band(band, rows), text)))
            .collect();
        // All pairs differ, so the order does not depend on threads.
        keys.par_sort_unstable();
        for bucket in keys.chunk_by(|a, b| a.0 == b.0) {
            for (at, &(_, text)) in bucket.iter().enumerate().skip(1) {
                if earlier[text as usize].is_some() {
                    continue;
                }
                let before = std::iter::once(&bucket[0]).chain(&bucket[at.saturating_sub(COMPARED).max(1)..at]);
                let like = |other: &u32| match (&signatures[*other as usize], &signatures[text as usize]) {
                    (Some(a), Some(b)) => a.likeness(b) >= threshold,
                    _ => false,
                };
                earlier[text as usize] = before.map(|&(_, other)| other).find(like);
            }
        }
    }
    earlier
}

/// The most places a band (8 at most: its key is a number of 64 bits) with which 98 of 100 pairs at `threshold` meet.
fn rows(threshold: f64) -> usize {
    let missed = |rows: usize| (1.0 - threshold.powi(rows as i32)).powi((SIZE / rows) as i32);
    (1..=8).rev().find(|rows| missed(*rows) <= 0.02).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn signature(words: &[u64]) -> Option<Signature> {
        Signature::of(words, 0)
    }

    /// The Jaccard index itself.
    fn jaccard(a: &[u64], b: &[u64]) -> f64 {
        let [a, b]: [BTreeSet<u64>; 2] = [a, b].map(|words| runs(words, words.len().min(SHINGLE)).collect());
        a.intersection(&b).count() as f64 / a.union(&b).count() as f64
    }

    #[test]
    fn bands_become_narrower_as_the_threshold_falls() {
        assert_eq!([1.0, 0.9, 0.8, 0.5].map(rows), [8, 8, 7, 3]);
    }

    #[test]
    fn a_text_is_paired_with_an_earlier_one_only() {
        let text: Vec<u64> = (0..60).map(mix64).collect();
        let mut edited = text.clone();
        edited[59] = 0;
        let other: Vec<u64> = (1000..1060).map(mix64).collect();
        let all = [&other[..], &text, &[], &edited, &text].map(signature);
        let found = near_duplicates(&all, NEAR);
        assert_eq!(found[..4], [None, None, None, Some(1)]);
        assert!(matches!(found[4], Some(1 | 3)));
        let salted = [Signature::of(&text, 1), Signature::of(&text, 2)];
        assert_eq!(near_duplicates(&salted, NEAR), [None, None]);
    }

    #[test]
    fn most_pairs_at_the_threshold_are_found() {
        // 104 runs of which two texts share all but 12 each: 92 / 116 = 0.79.
        let pair = |n: u64| {
            let text = |tail: u64| (0..108).map(move |i| mix64(n << 20 | if i < 96 { i } else { i + tail }));
            [text(0).collect::<Vec<_>>(), text(500).collect()]
        };
        let words: Vec<_> = (0..200).flat_map(pair).collect();
        assert!((jaccard(&words[0], &words[1]) - 0.793).abs() < 0.01);
        let all: Vec<_> = words.iter().map(|words| signature(words)).collect();
        let found = near_duplicates(&all, 0.7);
        let right = (0..200).filter(|n| found[2 * n + 1] == Some(2 * *n as u32)).count();
        assert!(right >= 190, "{right} of 200");
        assert!((0..200).all(|n| found[2 * n].is_none()), "texts with nothing in common were paired");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn the_estimate_is_near_the_truth(seed in any::<u64>(), common in 0_usize..120, own in 1_usize..60) {
            let text = |which: u64| -> Vec<u64> {
                let shared = (0..common as u64).map(|i| mix64(seed ^ mix64(i)));
                shared.chain((0..own as u64).map(|i| mix64(seed ^ mix64(which << 32 | i)))).collect()
            };
            let (a, b) = (text(1), text(2));
            let estimate = signature(&a).unwrap().likeness(&signature(&b).unwrap());
            prop_assert!((estimate - jaccard(&a, &b)).abs() < 0.22, "{estimate} for {}", jaccard(&a, &b));
        }

        #[test]
        fn a_planted_near_duplicate_is_found_and_others_are_not(seed in any::<u64>(), at in 0_usize..200) {
            let text = |n: u64| -> Vec<u64> { (0..200).map(|i| mix64(seed ^ mix64(n << 32 | i))).collect() };
            let mut all: Vec<Vec<u64>> = (0..30).map(text).collect();
            let mut copy = all[7].clone();
            copy[at] = 0;
            all.push(copy);
            let signatures: Vec<_> = all.iter().map(|words| signature(words)).collect();
            let found = near_duplicates(&signatures, NEAR);
            prop_assert_eq!(found[30], Some(7));
            prop_assert!(found[..30].iter().all(Option::is_none));
        }
    }
}
