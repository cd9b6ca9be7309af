//! What a correction changes, as edits of words, and how many of them are right.

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use super::bootstrap::bootstrap;
use super::ngrams::{is_space, summed};
use super::score::{Score, Scores};

/// β² of the F-measure: a wrong edit costs more than one left out (Dahlmeier and Ng, 2012).
const FACTOR: f64 = 0.25;

/// Words of a source that are replaced. `before` is empty where words are put in, `after` where they are taken out.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq, Hash)]
pub struct Edit {
    /// First character in the source.
    pub start: usize,
    /// Character behind the last in the source.
    pub end: usize,
    /// What stands there.
    pub before: String,
    /// What stands there instead, its words with one space between them.
    pub after: String,
}

/// The edits that turn the words of `source` into those of `target`: the alignment of least cost, where letters of another
/// case and like spellings are nearer than other words; neighbouring changes are one edit. White space is no word.
pub fn edits(source: &str, target: &str) -> Vec<Edit> {
    let (from, to) = (placed(source), placed(target));
    let mut found: Vec<(std::ops::Range<usize>, std::ops::Range<usize>)> = Vec::new();
    for (i, j) in changes(&from, &to) {
        match found.last_mut() {
            Some((old, new)) if old.end == i.start && new.end == j.start => (old.end, new.end) = (i.end, j.end),
            _ => found.push((i, j)),
        }
    }
    let length = source.chars().count();
    let edit = |(old, new): (std::ops::Range<usize>, std::ops::Range<usize>)| {
        let start = from.get(old.start).map_or(length, |word| word.start);
        let end = if old.is_empty() { start } else { from[old.end - 1].end };
        let before = source.chars().skip(start).take(end - start).collect();
        let after: Vec<&str> = to[new].iter().map(|word| word.text).collect();
        Edit { start, end, before, after: after.join(" ") }
    };
    found.into_iter().map(edit).collect()
}

/// Precision, recall and F0.5 of the edits of `(source, hypothesis, references)`, from 0 to 1, with intervals over
/// sentences. Each sentence counts against the reference that suits it best. Where nothing is edited, precision is 1; where
/// nothing had to be, recall is.
pub fn edit_scores<S: AsRef<str>>(sentences: &[(S, S, Vec<S>)]) -> Scores {
    let rows: Vec<[u64; 3]> = sentences
        .iter()
        .map(|(source, hypothesis, references)| {
            let ours = edits(source.as_ref(), hypothesis.as_ref());
            let against = |gold: Vec<Edit>| {
                let right = ours.iter().filter(|edit| gold.contains(edit)).count() as u64;
                [right, ours.len() as u64, gold.len() as u64]
            };
            let each = references.iter().map(|reference| against(edits(source.as_ref(), reference.as_ref())));
            // Of equal ones the first.
            let better = |one: [u64; 3], other: [u64; 3]| if rank(&other) > rank(&one) { other } else { one };
            each.reduce(better).unwrap_or_else(|| against(Vec::new()))
        })
        .collect();
    let score = |metric: &str, of: fn(&[u64; 3]) -> f64| -> Score {
        bootstrap(metric, rows.len(), |indices| of(&summed(&rows, indices)))
    };
    Scores(vec![score("edit_precision", precision), score("edit_recall", recall), score("edit_f0.5", f_half)])
}

/// The F-measure, then more right, then fewer wrong or left out.
fn rank(counts: &[u64; 3]) -> (f64, u64, std::cmp::Reverse<u64>) {
    (f_half(counts), counts[0], std::cmp::Reverse(counts[1] + counts[2]))
}

fn precision(&[right, ours, _]: &[u64; 3]) -> f64 {
    if ours == 0 { 1.0 } else { right as f64 / ours as f64 }
}

fn recall(&[right, _, gold]: &[u64; 3]) -> f64 {
    if gold == 0 { 1.0 } else { right as f64 / gold as f64 }
}

fn f_half(counts: &[u64; 3]) -> f64 {
    let (precision, recall) = (precision(counts), recall(counts));
    if precision + recall == 0.0 { 0.0 } else { (1.0 + FACTOR) * precision * recall / (FACTOR * precision + recall) }
}

/// A word and its characters' places.
struct Word<'a> {
    text: &'a str,
    start: usize,
    end: usize,
}

fn placed(text: &str) -> Vec<Word<'_>> {
    let (mut words, mut open) = (Vec::new(), None);
    let ends = [(text.len(), ' ')];
    for (character, (byte, c)) in text.char_indices().chain(ends).enumerate() {
        match (open, is_space(c)) {
            (None, false) => open = Some((character, byte)),
            (Some((start, first)), true) => {
                words.push(Word { text: &text[first..byte], start, end: character });
                open = None;
            }
            _ => {}
        }
    }
    words
}

/// The places where the alignment of least cost changes something, in order.
fn changes(from: &[Word], to: &[Word]) -> Vec<(std::ops::Range<usize>, std::ops::Range<usize>)> {
    let same = |one: &Word, other: &Word| one.text == other.text;
    let head = from.iter().zip(to).take_while(|(a, b)| same(a, b)).count();
    let tail = from[head..].iter().rev().zip(to[head..].iter().rev()).take_while(|(a, b)| same(a, b)).count();
    let (old, new) = (&from[head..from.len() - tail], &to[head..to.len() - tail]);
    let width = new.len() + 1;
    // Tenths: putting in or taking out costs ten, another word at most nineteen.
    let mut cost = vec![0u32; (old.len() + 1) * width];
    for i in 0..=old.len() {
        for j in 0..=new.len() {
            let mut best = if i + j == 0 { 0 } else { u32::MAX };
            if i > 0 {
                best = best.min(cost[(i - 1) * width + j] + 10);
            }
            if j > 0 {
                best = best.min(cost[i * width + j - 1] + 10);
            }
            if i > 0 && j > 0 {
                best = best.min(cost[(i - 1) * width + j - 1] + unlike(old[i - 1].text, new[j - 1].text));
            }
            cost[i * width + j] = best;
        }
    }
    let (mut i, mut j, mut found) = (old.len(), new.len(), Vec::new());
    while i + j > 0 {
        let here = cost[i * width + j];
        let swapped = (i > 0 && j > 0).then(|| unlike(old[i - 1].text, new[j - 1].text));
        if let Some(step) = swapped.filter(|step| cost[(i - 1) * width + j - 1] + step == here) {
            (i, j) = (i - 1, j - 1);
            if step > 0 {
                found.push((head + i..head + i + 1, head + j..head + j + 1));
            }
        } else if i > 0 && cost[(i - 1) * width + j] + 10 == here {
            i -= 1;
            found.push((head + i..head + i + 1, head + j..head + j));
        } else {
            j -= 1;
            found.push((head + i..head + i, head + j..head + j + 1));
        }
    }
    found.reverse();
    found
}

/// What replacing a word costs: less the more letters at its beginning stay.
fn unlike(one: &str, other: &str) -> u32 {
    if one == other {
        return 0;
    }
    let small = |word: &str| -> Vec<char> { word.chars().flat_map(char::to_lowercase).collect() };
    let (one, other) = (small(one), small(other));
    if one == other {
        return 1;
    }
    let alike = one.iter().zip(&other).take_while(|(a, b)| a == b).count();
    let longest = one.len().max(other.len()) as u32;
    19 - 10 * alike as u32 / longest
}
