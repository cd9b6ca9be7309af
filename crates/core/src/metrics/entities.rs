//! Precision, recall and F1 of spans with types, as seqeval has them in its mode `strict`: a span is right where both its ends and
//! its type are.

use std::ops::Range;

use super::bootstrap::bootstrap;
use super::score::Scores;

/// What is marked in a text and what was found, each with its place and its type.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spans {
    /// What is marked.
    pub gold: Vec<(Range<usize>, usize)>,
    /// What was found.
    pub given: Vec<(Range<usize>, usize)>,
    /// The words of the text,
    pub words: usize,
    /// and those among them whose tag is right.
    pub right: usize,
}

impl Spans {
    /// Spans that are right, that were found, and that are marked.
    fn counts(&self, kind: Option<usize>) -> [usize; 3] {
        let wanted = |span: &&(Range<usize>, usize)| kind.is_none_or(|kind| span.1 == kind);
        let right = self.given.iter().filter(wanted).filter(|span| self.gold.contains(span)).count();
        [right, self.given.iter().filter(wanted).count(), self.gold.iter().filter(wanted).count()]
    }

    /// The F1 of one text; 1 where nothing is marked and nothing was found.
    pub fn f1(&self) -> f64 {
        let [right, given, gold] = self.counts(None);
        if given + gold == 0 { 1.0 } else { share(2 * right, given + gold) }
    }

    /// Spans of a type that are right, that were found, and that are marked, in all texts.
    pub fn of_kind(all: &[Self], kind: usize) -> [usize; 3] {
        all.iter().fold([0; 3], |sums, spans| add(sums, spans.counts(Some(kind))))
    }
}

fn add(one: [usize; 3], other: [usize; 3]) -> [usize; 3] {
    [one[0] + other[0], one[1] + other[1], one[2] + other[2]]
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// `precision`, `recall` and `f1` over all spans of all texts, and the share of words with the right tag; intervals over texts.
pub fn entities(texts: &[Spans]) -> Scores {
    let counts: Vec<[usize; 3]> = texts.iter().map(|text| text.counts(None)).collect();
    let of = |metric: &str, value: &dyn Fn([usize; 3]) -> f64| {
        bootstrap(metric, texts.len(), |sample| value(sample.iter().fold([0; 3], |sums, &at| add(sums, counts[at]))))
    };
    let mut scores = Scores::default();
    scores.push(of("precision", &|[right, given, _]| share(right, given)));
    scores.push(of("recall", &|[right, _, gold]| share(right, gold)));
    scores.push(of("f1", &|[right, given, gold]| share(2 * right, given + gold)));
    scores.push(bootstrap("token_accuracy", texts.len(), |sample| {
        let sum = |of: &dyn Fn(&Spans) -> usize| sample.iter().map(|&at| of(&texts[at])).sum::<usize>();
        share(sum(&|text| text.right), sum(&|text| text.words))
    }));
    scores
}

#[cfg(test)]
mod tests;
