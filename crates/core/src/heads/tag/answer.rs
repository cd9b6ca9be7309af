//! What is found in a text.

use std::ops::Range;

use serde::Serialize;

use super::chain::{self, Chain};
use super::example::Example;
use super::state::State;

/// The spans of a text.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Answer {
    /// In the order of the text; none overlaps another.
    pub entities: Vec<Entity>,
}

/// A span of a text.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Entity {
    /// What it says, letter by letter.
    pub text: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its first character, from 0: Unicode scalar values are counted.
    pub start: usize,
    /// The character after its last.
    pub end: usize,
    /// The probability that just this is a span of this type, in `[0, 1]`.
    pub score: f64,
}

impl Answer {
    /// The best path through the scores `[words, tags]` of a text.
    pub(super) fn of(example: &Example, chain: &Chain, scores: &[f64], state: &State) -> Self {
        let sums = chain.sums(scores);
        let found = chain::spans(&chain.best(scores));
        Self::new(example, found.into_iter().map(|(words, kind)| (sums.span(&words, kind), words, kind)), state)
    }

    /// Of spans of words, with how sure they are.
    pub(super) fn new(
        example: &Example,
        spans: impl Iterator<Item = (f64, Range<usize>, usize)>,
        state: &State,
    ) -> Self {
        let entity = |(score, words, kind): (f64, Range<usize>, usize)| {
            let characters = example.words[words.start].start..example.words[words.end - 1].end;
            Entity {
                text: example.part(&characters),
                kind: state.types[kind].clone(),
                start: characters.start,
                end: characters.end,
                score,
            }
        };
        Self { entities: spans.map(entity).collect() }
    }

    /// The spans of characters with their types.
    pub(super) fn spans(&self, state: &State) -> Vec<(Range<usize>, usize)> {
        let kind = |name: &String| state.types.iter().position(|known| known == name);
        self.entities.iter().filter_map(|entity| Some((entity.start..entity.end, kind(&entity.kind)?))).collect()
    }
}
