//! chrF of a corpus (Popović, 2015), equal to sacreBLEU's: runs of 1 to 6 characters without white space, recall weighted
//! twice. chrF++ (Popović, 2017) counts runs of one and two words too.

#[cfg(test)]
mod tests;

use super::bootstrap::bootstrap;
use super::ngrams::{is_space, ngrams, references_signed, shared, summed, words};
use super::score::Score;

/// Length of the longest run of characters.
const CHARACTERS: usize = 6;
/// Length of the longest run of words, for chrF++.
const WORDS: usize = 2;
/// β²: how much more recall weighs than precision.
const FACTOR: f64 = 4.0;
/// Of each order, characters first: runs of the hypothesis, of the reference, and of both.
type Statistics = [u64; 3 * (CHARACTERS + WORDS)];

/// chrF2 from 0 to 100, with an interval over texts. Of several references, the one that scores best counts.
///
/// # Panics
/// When the slices differ in length.
pub fn chrf<S: AsRef<str>>(hypotheses: &[S], references: &[Vec<S>]) -> Score {
    scored("chrf", hypotheses, references, 0)
}

/// chrF2++ from 0 to 100, as [`chrf`].
///
/// # Panics
/// When the slices differ in length.
pub fn chrf_plus_plus<S: AsRef<str>>(hypotheses: &[S], references: &[Vec<S>]) -> Score {
    scored("chrf++", hypotheses, references, WORDS)
}

/// What [`chrf`] computes, in the form of sacreBLEU's signatures.
pub fn chrf_signature<S>(references: &[Vec<S>]) -> String {
    signature(references, 0)
}

/// What [`chrf_plus_plus`] computes, in the form of sacreBLEU's signatures.
pub fn chrf_plus_plus_signature<S>(references: &[Vec<S>]) -> String {
    signature(references, WORDS)
}

fn signature<S>(references: &[Vec<S>], order: usize) -> String {
    let (count, version) = (references_signed(references), env!("CARGO_PKG_VERSION"));
    format!("nrefs:{count}|case:mixed|eff:yes|nc:{CHARACTERS}|nw:{order}|space:no|version:cimiento-{version}")
}

fn scored<S: AsRef<str>>(metric: &str, hypotheses: &[S], references: &[Vec<S>], order: usize) -> Score {
    assert_eq!(hypotheses.len(), references.len(), "{metric}: references for each hypothesis");
    let pairs = hypotheses.iter().zip(references);
    let rows: Vec<Statistics> = pairs.map(|(text, references)| statistics(text.as_ref(), references, order)).collect();
    bootstrap(metric, rows.len(), |indices| of_sums(&summed(&rows, indices), order))
}

fn statistics<S: AsRef<str>>(hypothesis: &str, references: &[S], order: usize) -> Statistics {
    let hypothesis = Runs::of(hypothesis);
    let (mut best, mut most) = ([0; 3 * (CHARACTERS + WORDS)], -1.0);
    for reference in references {
        let found = hypothesis.against(&Runs::of(reference.as_ref()), order);
        let score = of_sums(&found, order);
        if score > most {
            (best, most) = (found, score);
        }
    }
    best
}

/// A text as characters without white space, and as words with the punctuation at their edges cut off.
struct Runs {
    characters: Vec<char>,
    words: Vec<String>,
}

impl Runs {
    fn of(text: &str) -> Self {
        let characters = text.chars().filter(|&c| !is_space(c)).collect();
        let words = words(text).into_iter().flat_map(without_punctuation).map(str::to_owned).collect();
        Self { characters, words }
    }

    fn against(&self, reference: &Self, order: usize) -> Statistics {
        let mut found = [0; 3 * (CHARACTERS + WORDS)];
        for n in 1..=CHARACTERS {
            count(&self.characters, &reference.characters, n, &mut found[3 * (n - 1)..][..3]);
        }
        for n in 1..=order {
            count(&self.words, &reference.words, n, &mut found[3 * (CHARACTERS + n - 1)..][..3]);
        }
        found
    }
}

fn count<T: Eq + std::hash::Hash>(ours: &[T], theirs: &[T], n: usize, found: &mut [u64]) {
    let (ours, theirs) = (ngrams(ours, n), ngrams(theirs, n));
    found[0] = if theirs.is_empty() { 0 } else { ours.values().sum() };
    found[1] = theirs.values().sum();
    found[2] = shared(&ours, &theirs);
}

/// A word, and the mark of ASCII at its end or else at its beginning.
fn without_punctuation(word: &str) -> Vec<&str> {
    let (first, last) = (word.chars().next(), word.chars().next_back());
    let is_mark = |c: Option<char>| c.is_some_and(|c| c.is_ascii_punctuation());
    match word.chars().nth(1) {
        None => vec![word],
        Some(_) if is_mark(last) => vec![&word[..word.len() - 1], &word[word.len() - 1..]],
        Some(_) if is_mark(first) => vec![&word[..1], &word[1..]],
        Some(_) => vec![word],
    }
}

fn of_sums(sums: &Statistics, order: usize) -> f64 {
    let (mut precision, mut recall, mut orders) = (0.0, 0.0, 0.0);
    for counts in sums.chunks_exact(3).take(CHARACTERS + order) {
        if counts[0] > 0 && counts[1] > 0 {
            precision += counts[2] as f64 / counts[0] as f64;
            recall += counts[2] as f64 / counts[1] as f64;
            orders += 1.0;
        }
    }
    if precision + recall == 0.0 {
        return 0.0;
    }
    let (precision, recall) = (precision / orders, recall / orders);
    100.0 * (1.0 + FACTOR) * precision * recall / (FACTOR * precision + recall)
}
