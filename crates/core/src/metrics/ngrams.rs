//! Runs of n neighbours in a sequence, counted.

use std::collections::HashMap;
use std::hash::Hash;

/// How often each run of `n` occurs.
pub(super) fn ngrams<T: Eq + Hash>(items: &[T], n: usize) -> HashMap<&[T], u64> {
    let mut counts = HashMap::new();
    for run in items.windows(n) {
        *counts.entry(run).or_insert(0) += 1;
    }
    counts
}

/// How many runs two counts have in common.
pub(super) fn shared<T: Eq + Hash>(one: &HashMap<&[T], u64>, other: &HashMap<&[T], u64>) -> u64 {
    one.iter().map(|(run, &count)| other.get(run).map_or(0, |&known| known.min(count))).sum()
}

/// White space as Python's `str.split` has it: also the four separators of ASCII.
pub(super) fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// The words between white space.
pub(super) fn words(text: &str) -> Vec<&str> {
    text.split(is_space).filter(|word| !word.is_empty()).collect()
}

/// Sums the rows at `indices`.
pub(super) fn summed<const N: usize>(rows: &[[u64; N]], indices: &[usize]) -> [u64; N] {
    let mut sums = [0; N];
    for &index in indices {
        for (sum, value) in sums.iter_mut().zip(&rows[index]) {
            *sum += value;
        }
    }
    sums
}

/// The number of references of each text, as a signature says it: `var` where texts differ.
pub(super) fn references_signed<S>(references: &[Vec<S>]) -> String {
    let first = references.first().map_or(0, Vec::len);
    if references.iter().all(|each| each.len() == first) { first.to_string() } else { "var".to_owned() }
}
