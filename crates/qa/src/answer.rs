//! From the scores of tokens to one span of the passage, or to none.

use serde::Serialize;

use crate::config::Config;
use crate::window::{Example, Window};

/// What the passage says.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Answer {
    /// The record's, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// A piece of the passage, letter by letter; empty where it does not answer.
    pub text: String,
    /// The piece's first character in the passage, from 0.
    pub start: Option<usize>,
    /// The character after its last.
    pub end: Option<usize>,
    /// Probability of just this answer (or of there being none), in `[0, 1]`.
    pub score: f64,
    /// Probability that the passage does not answer.
    pub no_answer_probability: f64,
}

/// A span of tokens and how much likelier it is than no answer: the logarithm of the odds.
#[derive(Clone, Copy)]
struct Span {
    first: usize,
    last: usize,
    odds: f64,
}

/// The best span over all windows, or no answer where that beats it by more than `threshold`; without one always a span,
/// if there is any. `scores` holds the start and end logits of each window's candidates.
pub(crate) fn choose(example: &Example, scores: &[[Vec<f64>; 2]], config: &Config, threshold: Option<f64>) -> Answer {
    let characters: Vec<char> = example.context.chars().collect();
    let spans = spans(example, &characters, scores, config);
    // No answer has odds 1 against itself, a logarithm of 0.
    let top = spans.iter().map(|span| span.odds).fold(0.0, f64::max);
    let total = (-top).exp() + spans.iter().map(|span| (span.odds - top).exp()).sum::<f64>();
    let probability = |odds: f64| (odds - top).exp() / total;

    let id = example.id.clone();
    let no_answer_probability = probability(0.0);
    match best(&spans).filter(|best| threshold.is_none_or(|threshold| -best.odds <= threshold)) {
        None => Answer {
            id,
            text: String::new(),
            start: None,
            end: None,
            score: no_answer_probability,
            no_answer_probability,
        },
        Some(best) => {
            let (start, end) = place(example, &characters, best);
            Answer {
                id,
                text: characters[start..end].iter().collect(),
                start: Some(start),
                end: Some(end),
                score: probability(best.odds),
                no_answer_probability,
            }
        }
    }
}

/// By how much the log-odds of no answer exceed those of the best span, and that span; `None` where there is no span.
pub(crate) fn margin(example: &Example, scores: &[[Vec<f64>; 2]], config: &Config) -> Option<(f64, String)> {
    let characters: Vec<char> = example.context.chars().collect();
    let best = best(&spans(example, &characters, scores, config))?;
    let (start, end) = place(example, &characters, best);
    Some((-best.odds, characters[start..end].iter().collect()))
}

fn best(spans: &[Span]) -> Option<Span> {
    spans.iter().copied().reduce(|best, span| if span.odds > best.odds { span } else { best })
}

fn place(example: &Example, characters: &[char], span: Span) -> (usize, usize) {
    trimmed(characters, example.places[span.first].0, example.places[span.last].1)
}

/// All spans that may be an answer, each once.
///
/// A window's scores mean something beside the score of its own `[bos]` only, so spans of different windows are
/// compared by their odds against it. A token that several windows hold begins spans in the one that shows most of
/// what is around it; spans that end behind that one begin in the last that holds them.
fn spans(example: &Example, characters: &[char], scores: &[[Vec<f64>; 2]], config: &Config) -> Vec<Span> {
    let inked: Vec<bool> = example
        .places
        .iter()
        .map(|&(start, end)| characters[start..end].iter().any(|character| !character.is_whitespace()))
        .collect();
    let owners = owners(&example.windows, example.places.len());

    let mut spans = Vec::new();
    for (index, (window, [start, end])) in example.windows.iter().zip(scores).enumerate() {
        let candidate = |token: usize| 1 + token - window.tokens.start;
        for first in window.tokens.clone().filter(|&token| inked[token]) {
            let own = owners[first] == index;
            if !own && example.windows.get(index + 1).is_some_and(|next| next.tokens.contains(&first)) {
                continue;
            }
            let nearest = if own { first } else { example.windows[owners[first]].tokens.end };
            let longest = window.tokens.end.min(first + config.max_answer_tokens);
            for last in (nearest..longest).filter(|&token| inked[token]) {
                let odds = start[candidate(first)] + end[candidate(last)] - start[0] - end[0];
                spans.push(Span { first, last, odds });
            }
        }
    }
    spans
}

/// For each token of the passage the window in which the nearer edge is farthest.
fn owners(windows: &[Window], tokens: usize) -> Vec<usize> {
    let mut owners = vec![(0, 0); tokens];
    for (index, window) in windows.iter().enumerate() {
        for token in window.tokens.clone() {
            let around = 1 + (token - window.tokens.start).min(window.tokens.end - 1 - token);
            if around > owners[token].1 {
                owners[token] = (index, around);
            }
        }
    }
    owners.into_iter().map(|(index, _)| index).collect()
}

/// The range without the white space at its ends: byte-level tokens carry the space before a word.
fn trimmed(characters: &[char], start: usize, end: usize) -> (usize, usize) {
    let inked = |&at: &usize| !characters[at].is_whitespace();
    let first = (start..end).find(inked).unwrap_or(start);
    (first, (first..end).rev().find(inked).map_or(first, |last| last + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use cimiento_core::tokens::{Attend, Sequence};

    /// A passage whose tokens are its words with the space before them.
    fn example(context: &str, windows: &[(usize, usize)]) -> Example {
        let mut places: Vec<(usize, usize)> = Vec::new();
        for (at, character) in context.chars().enumerate() {
            if places.is_empty() || character == ' ' {
                places.push((at, at));
            }
            places.last_mut().unwrap().1 = at + 1;
        }
        let window = |&(start, end): &(usize, usize)| Window {
            sequence: Sequence::new(vec![], Attend::Both),
            tokens: start..end,
            offset: 0,
        };
        let windows = windows.iter().map(window).collect();
        let (id, question, context) = (None, String::new(), context.to_owned());
        Example { id, question, context, references: None, windows, places, spans: Vec::new() }
    }

    fn spike(candidates: usize, at: usize, height: f64) -> Vec<f64> {
        (0..candidates).map(|candidate| if candidate == at { height } else { 0.0 }).collect()
    }

    #[test]
    fn the_span_is_a_slice_of_the_passage_in_characters() {
        let example = example("Die Mühle am Bach", &[(0, 4)]);
        let answer = choose(&example, &[[spike(5, 2, 9.0), spike(5, 4, 9.0)]], &Config::default(), Some(0.0));
        assert_eq!((answer.text.as_str(), answer.start, answer.end), ("Mühle am Bach", Some(4), Some(17)));
        assert!(answer.score > 0.99 && answer.no_answer_probability < 0.01, "{answer:?}");
    }

    #[test]
    fn an_end_before_the_start_or_too_far_away_is_no_answer() {
        let example = example("a b c d", &[(0, 4)]);
        let scores = [[spike(5, 3, 9.0), spike(5, 1, 8.0)]];
        let answer = choose(&example, &scores, &Config::default(), Some(0.0));
        assert_eq!(answer.text, "c");
        let scores = [[spike(5, 1, 9.0), spike(5, 4, 8.0)]];
        let short = Config { max_answer_tokens: 3, ..Default::default() };
        assert_eq!(choose(&example, &scores, &Config::default(), Some(0.0)).text, "a b c d");
        assert_eq!(choose(&example, &scores, &short, Some(0.0)).text, "a");
    }

    #[test]
    fn no_answer_wins_past_the_threshold() {
        let example = example("a b", &[(0, 2)]);
        let scores = [[spike(3, 0, 2.0), spike(3, 0, 1.0)]];
        let answer = choose(&example, &scores, &Config::default(), Some(0.0));
        assert_eq!((answer.text.as_str(), answer.start, answer.end), ("", None, None));
        // Three spans (a, a b, b) of odds exp(-3).
        let expected = 1.0 / (1.0 + 3.0 * (-3f64).exp());
        assert!((answer.score - expected).abs() < 1e-12, "{answer:?}");
        let with = |threshold| choose(&example, &scores, &Config::default(), threshold).text;
        assert_eq!([with(Some(2.9)), with(Some(3.0)), with(None)], ["", "a", "a"]);
        assert_eq!(margin(&example, &scores, &Config::default()), Some((3.0, "a".to_owned())));
    }

    #[test]
    fn windows_are_compared_by_their_odds_and_count_each_span_once() {
        let example = example("a b c d e f", &[(0, 4), (2, 6)]);
        assert_eq!(owners(&example.windows, 6), [0, 0, 0, 1, 1, 1]);
        let raised = [[vec![5.0; 5], vec![5.0; 5]], [spike(5, 4, 1.0), spike(5, 4, 1.0)]];
        let single = Config { max_answer_tokens: 1, ..Default::default() };
        let answer = choose(&example, &raised, &single, Some(0.0));
        assert_eq!(answer.text, "f");
        let expected = 2f64.exp() / (6.0 + 2f64.exp());
        assert!((answer.score - expected).abs() < 1e-12, "{answer:?}");
    }

    #[test]
    fn a_span_that_its_first_tokens_window_cuts_is_found_in_the_next() {
        let example = example("a b c d e f", &[(0, 4), (2, 6)]);
        // `c` is seen best in the first window, which ends before `e`.
        assert_eq!(owners(&example.windows, 6)[2], 0);
        let scores = [[vec![0.0; 5], vec![0.0; 5]], [spike(5, 1, 9.0), spike(5, 3, 9.0)]];
        assert_eq!(choose(&example, &scores, &Config::default(), None).text, "c d e");
        let all = spans(&example, &"a b c d e f".chars().collect::<Vec<_>>(), &scores, &Config::default());
        let mut places: Vec<(usize, usize)> = all.iter().map(|span| (span.first, span.last)).collect();
        let found = places.len();
        places.sort_unstable();
        places.dedup();
        assert_eq!((found, places.contains(&(2, 5)), places.contains(&(1, 4))), (places.len(), true, false));
    }
}
