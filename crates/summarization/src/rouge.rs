//! ROUGE (Lin 2004, *ROUGE: A Package for Automatic Evaluation of Summaries*), agreeing with Google's `rouge-score`
//! package with `use_stemmer=True`: its words, its stemmer, its way of counting.
//!
//! Words are runs of ASCII letters and digits of the lower-cased text, stemmed when longer than three letters. All
//! other characters, accented letters among them, end a word, so that texts in another script have none. For those there
//! are [`Tokens::Words`] and [`Tokens::Characters`], which are what `rouge-score` computes when it is given another
//! tokenizer. ROUGE-Lsum takes each line for a sentence, as `rouge-score` does unless told to split sentences itself: on
//! texts of one line it equals ROUGE-L.
//!
//! ```
//! use cimiento_summarization::rouge::{Tokens, rouge};
//!
//! let score = rouge("The cats sat.", &["the cat sat down".to_string(), "a dog".to_string()], Tokens::Official);
//! assert!((score.rouge_1 - 6.0 / 7.0).abs() < 1e-12);
//! assert!((score.rouge_2 - 4.0 / 5.0).abs() < 1e-12);
//! let same = ["雨が降った".to_string()];
//! assert_eq!(rouge("雨が降った", &same, Tokens::Official).rouge_1, 0.0);
//! assert_eq!(rouge("雨が降った", &same, Tokens::Words).rouge_1, 1.0);
//! ```

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::hash::Hash;

use cimiento_data::segments::{Unit, segments};
use unicode_normalization::UnicodeNormalization;

use crate::stem::stem;

/// What ROUGE counts. Official is what `rouge-score` does: runs of ASCII letters and digits, stemmed; words and characters
/// (letters, digits) are not stemmed.
pub use cimiento_core::metrics::Counted as Tokens;

/// F-measures in `[0, 1]`; 0 where either text has no words.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rouge {
    /// Words shared.
    pub rouge_1: f64,
    /// Pairs of neighbouring words shared.
    pub rouge_2: f64,
    /// The longest common subsequence of words.
    pub rouge_l: f64,
    /// The union of the longest common subsequences of each reference line with all lines of the prediction.
    pub rouge_lsum: f64,
}

impl Rouge {
    /// Combines two results metric by metric.
    fn zip(self, other: Rouge, f: impl Fn(f64, f64) -> f64) -> Rouge {
        Rouge {
            rouge_1: f(self.rouge_1, other.rouge_1),
            rouge_2: f(self.rouge_2, other.rouge_2),
            rouge_l: f(self.rouge_l, other.rouge_l),
            rouge_lsum: f(self.rouge_lsum, other.rouge_lsum),
        }
    }
}

/// The best over references, for each metric by itself, as `rouge-score`'s `score_multi`; 0 without references.
pub fn rouge(prediction: &str, references: &[String], tokens: Tokens) -> Rouge {
    against_each(prediction, references, tokens).fold(Rouge::default(), |best, one| best.zip(one, f64::max))
}

/// The mean over references; 0 without references.
pub fn rouge_mean(prediction: &str, references: &[String], tokens: Tokens) -> Rouge {
    let n = references.len().max(1) as f64;
    against_each(prediction, references, tokens)
        .fold(Rouge::default(), |sum, one| sum.zip(one, |sum, one| sum + one / n))
}

fn against_each(prediction: &str, references: &[String], tokens: Tokens) -> impl Iterator<Item = Rouge> {
    let mut words = Words { tokens, known: HashMap::new() };
    let prediction = words.lines(prediction);
    references.iter().map(move |reference| score(&words.lines(reference), &prediction))
}

/// A text as numbered words, line by line.
type Lines = Vec<Vec<u32>>;

/// Numbers words, so that comparing two is comparing two integers.
struct Words {
    tokens: Tokens,
    known: HashMap<String, u32>,
}

impl Words {
    /// No word spans lines, as a line break ends a word.
    fn lines(&mut self, text: &str) -> Lines {
        let text = text.to_lowercase();
        match self.tokens {
            Tokens::Official => {
                text.split('\n').map(|line| official(line).map(|word| self.number(word)).collect()).collect()
            }
            Tokens::Words => self.units(&text, Unit::Word),
            Tokens::Characters => self.units(&text, Unit::Character),
        }
    }

    fn units(&mut self, text: &str, unit: Unit) -> Lines {
        let composed: String = text.nfc().collect();
        composed
            .split('\n')
            .map(|line| segments(line, unit).map(|word| self.number(word.to_owned())).collect())
            .collect()
    }

    fn number(&mut self, word: String) -> u32 {
        let next = self.known.len() as u32;
        *self.known.entry(word).or_insert(next)
    }
}

/// The words of a lower-cased line as `rouge-score` has them.
fn official(line: &str) -> impl Iterator<Item = String> {
    line.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| if word.len() > 3 { stem(word) } else { word.to_owned() })
}

/// How much of a text the words of `rouge-score` leave out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Unseen {
    /// Little or nothing.
    Little,
    /// Letters of more than a tenth of its words, which are cut there or left out.
    Some,
    /// Nine tenths of its words or more.
    NearlyAll,
}

/// What `rouge-score` does not see of a text.
pub(crate) fn unseen(text: &str) -> Unseen {
    let (mut words, mut cut, mut missed) = (0, 0, 0);
    for word in segments(text, Unit::Word) {
        words += 1;
        cut += usize::from(!word.is_ascii());
        missed += usize::from(!word.contains(|c: char| c.is_ascii_alphanumeric()));
    }
    if words > 0 && 10 * missed >= 9 * words {
        Unseen::NearlyAll
    } else if 10 * cut > words {
        Unseen::Some
    } else {
        Unseen::Little
    }
}

fn score(reference: &Lines, prediction: &Lines) -> Rouge {
    let (whole_reference, whole_prediction) = (reference.concat(), prediction.concat());
    let (m, n) = (whole_reference.len(), whole_prediction.len());
    let pairs = |words: &[u32]| -> Vec<(u32, u32)> { words.windows(2).map(|pair| (pair[0], pair[1])).collect() };
    Rouge {
        rouge_1: f_measure(shared(&whole_reference, &whole_prediction), m, n),
        rouge_2: f_measure(
            shared(&pairs(&whole_reference), &pairs(&whole_prediction)),
            m.saturating_sub(1),
            n.saturating_sub(1),
        ),
        rouge_l: f_measure(common_subsequence(&whole_reference, &whole_prediction).len(), m, n),
        rouge_lsum: f_measure(union_hits(reference, prediction), m, n),
    }
}

/// Harmonic mean of `hits / reference` (recall) and `hits / prediction` (precision).
fn f_measure(hits: usize, reference: usize, prediction: usize) -> f64 {
    if hits == 0 { 0.0 } else { 2.0 * hits as f64 / (reference + prediction) as f64 }
}

/// Size of the intersection of two multisets.
fn shared<T: Eq + Hash>(reference: &[T], prediction: &[T]) -> usize {
    let mut left = counts(reference);
    prediction.iter().filter(|item| take(&mut left, item)).count()
}

fn counts<T: Eq + Hash>(items: &[T]) -> HashMap<&T, usize> {
    let mut counts = HashMap::new();
    for item in items {
        *counts.entry(item).or_default() += 1;
    }
    counts
}

/// Takes one of this item, if one is left.
fn take<T: Eq + Hash>(left: &mut HashMap<&T, usize>, item: &T) -> bool {
    left.get_mut(item).filter(|count| **count > 0).map(|count| *count -= 1).is_some()
}

/// Words of the reference that lie on a common subsequence with some line of the prediction, each counted no more
/// often than it occurs in the prediction.
fn union_hits(reference: &Lines, prediction: &Lines) -> usize {
    // The package caps by the reference's counts too; positions of the reference are distinct, so that cap is met.
    let whole = prediction.concat();
    let mut left = counts(&whole);
    let mut hits = 0;
    for line in reference {
        let mut on_path = vec![false; line.len()];
        for other in prediction {
            for position in common_subsequence(line, other) {
                on_path[position] = true;
            }
        }
        hits += line.iter().zip(on_path).filter(|(word, on_path)| *on_path && take(&mut left, word)).count();
    }
    hits
}

/// Positions in `reference` of a longest common subsequence, last first. Of several equally long it is the one that
/// `rouge-score` walks to, which decides what a union of them holds.
fn common_subsequence(reference: &[u32], prediction: &[u32]) -> Vec<usize> {
    let columns = prediction.len() + 1;
    // `lengths[i * columns + j]` is for the first i words of the reference and the first j of the prediction.
    let mut lengths = vec![0u32; (reference.len() + 1) * columns];
    for (i, word) in reference.iter().enumerate() {
        let (above, row) = lengths[i * columns..(i + 2) * columns].split_at_mut(columns);
        for (j, other) in prediction.iter().enumerate() {
            row[j + 1] = if word == other { above[j] + 1 } else { above[j + 1].max(row[j]) };
        }
    }
    let (mut i, mut j) = (reference.len(), prediction.len());
    let mut positions = Vec::new();
    while i > 0 && j > 0 {
        if reference[i - 1] == prediction[j - 1] {
            positions.push(i - 1);
            i -= 1;
            j -= 1;
        } else if lengths[i * columns + j - 1] > lengths[(i - 1) * columns + j] {
            j -= 1;
        } else {
            i -= 1;
        }
    }
    positions
}
