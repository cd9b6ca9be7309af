//! Words as tokens: a text that does not fit is read in windows that share some tokens.

use std::ops::Range;

use cimiento_data::encode::{EncodeError, Encoded};
use cimiento_data::tokenizer::Tokenizer;

use super::reading::Reading;
use super::settings::Settings;
use super::spans::{self, Span};
use super::state::State;
use super::words::Words;
use super::{chain, features};
use crate::tokens::{Attend, Sequence};

/// A text, ready to be read.
#[derive(Clone, Debug)]
pub struct Example {
    /// The text as it was written, or its words with a space between them.
    pub text: String,
    /// The characters of each word.
    pub(super) words: Vec<Range<usize>>,
    /// The rows of each word's features.
    pub(super) features: Vec<Vec<u32>>,
    /// The windows, in the order of the text.
    pub(super) windows: Vec<Sequence>,
    /// Where each word is read.
    pub(super) places: Vec<Place>,
    /// What is marked in the text; `None` where it was not asked for.
    pub(super) gold: Option<Gold>,
}

/// The tokens of a word.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// The window in which it is read.
    pub window: usize,
    /// Its first token in the sequence of the window,
    pub first: usize,
    /// and its last there.
    pub last: usize,
}

/// What is marked in a text.
#[derive(Clone, Debug)]
pub(super) struct Gold {
    /// The spans of characters with their types.
    pub spans: Vec<(Range<usize>, usize)>,
    /// The tag of each word.
    pub path: Vec<usize>,
}

impl Example {
    /// How many words.
    pub fn words(&self) -> usize {
        self.words.len()
    }

    /// How many tokens, over all windows.
    pub(super) fn tokens(&self) -> usize {
        self.windows.iter().map(|window| window.ids.len()).sum()
    }

    /// A part of the text.
    pub(super) fn part(&self, characters: &Range<usize>) -> String {
        self.text.chars().skip(characters.start).take(characters.len()).collect()
    }
}

/// An example, and what is odd about it.
pub(super) fn example(
    reading: &Reading,
    labelled: bool,
    settings: &Settings,
    state: &State,
    tokenizer: &Tokenizer,
    context: usize,
) -> Result<Encoded<Example>, EncodeError> {
    let words = &reading.words;
    let (gold, remarks) = if labelled {
        let found = spans::spans(reading, settings.scheme, Some(state))?;
        let (spans, remarks) = found.ok_or(EncodeError::Unlabelled { what: "entities (or `tags`)" })?;
        (Some(gold(words, &spans, state)?), remarks)
    } else {
        (None, Vec::new())
    };
    let encoded = tokenizer.encode_with_offsets(&words.text);
    if words.is_empty() || encoded.ids.is_empty() {
        return Err(EncodeError::Empty { what: "text" });
    }
    let room = context.saturating_sub(tokenizer.overhead());
    if room < 2 {
        return Err(EncodeError::TooLong { what: "text", tokens: encoded.ids.len(), room });
    }
    let opening = tokenizer.opened(Vec::new()).len();
    let ranges = windows(encoded.ids.len(), room);
    let read = |range: &Range<usize>| {
        let ids = [&tokenizer.opened(encoded.ids[range.clone()].to_vec()), tokenizer.closing()].concat();
        Sequence::new(ids, Attend::Both)
    };
    let place = |characters: &Range<usize>| place(characters, &encoded.offsets, &ranges, opening);
    let example = Example {
        text: words.text.clone(),
        words: words.places.clone(),
        features: features::rows(&words.all(), settings.buckets),
        places: words.places.iter().map(place).collect(),
        windows: ranges.iter().map(read).collect(),
        gold,
    };
    Ok(Encoded { example, truncated: false, remarks })
}

fn gold(words: &Words, spans: &[Span], state: &State) -> Result<Gold, EncodeError> {
    let kind = |span: &Span| {
        let unknown = || EncodeError::UnknownLabel { label: span.kind.clone(), known: state.types.clone() };
        state.types.iter().position(|known| *known == span.kind).ok_or_else(unknown)
    };
    let kinds: Vec<usize> = spans.iter().map(kind).collect::<Result<_, _>>()?;
    let each = || spans.iter().zip(&kinds);
    Ok(Gold {
        spans: each().map(|(span, kind)| (span.characters.clone(), *kind)).collect(),
        path: chain::path(words.len(), each().map(|(span, kind)| (span.words.clone(), *kind))),
    })
}

/// Ranges of at most `room` tokens that cover `0..length`, neighbours sharing a quarter. The last one is as long as the others, so
/// that its words too see what is around them.
fn windows(length: usize, room: usize) -> Vec<Range<usize>> {
    let step = (room - room / 4).max(1);
    let count = 1 + length.saturating_sub(room).div_ceil(step);
    let window = |index: usize| {
        let start = (index * step).min(length.saturating_sub(room));
        start..(start + room).min(length)
    };
    (0..count).map(window).collect()
}

/// Where a word is read: in the window in which it is farthest from an edge.
fn place(characters: &Range<usize>, offsets: &[(usize, usize)], windows: &[Range<usize>], opening: usize) -> Place {
    // Tokens may carry the space before a word. A word that no token stands for is read where it would be.
    let first = offsets.partition_point(|(_, end)| *end <= characters.start).min(offsets.len() - 1);
    let last = offsets.partition_point(|(start, _)| *start < characters.end).max(first + 1) - 1;
    let around = |window: &Range<usize>| {
        let edges = (first - window.start).min(window.end - 1 - first);
        // All of it before most of what is around it.
        (window.contains(&last), edges)
    };
    let holding = windows.iter().enumerate().filter(|(_, window)| window.contains(&first));
    // Of equals the first.
    let (index, window) = holding.rev().max_by_key(|(_, window)| around(window)).expect("windows cover all tokens");
    let at = |token: usize| opening + token.min(window.end - 1) - window.start;
    Place { window: index, first: at(first), last: at(last) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_cover_everything() {
        for (length, room) in [(1, 8), (8, 8), (9, 8), (100, 8), (100, 7), (5, 2)] {
            let all = windows(length, room);
            assert_eq!((all[0].start, all[all.len() - 1].end), (0, length));
            assert!(all.iter().all(|window| window.len() == room.min(length)), "{all:?}");
            assert!(all.windows(2).all(|two| two[0].end >= two[1].start), "{all:?}");
        }
    }

    #[test]
    fn a_word_is_read_where_most_of_its_surroundings_are() {
        // Words of two letters and a space, in tokens of the space and each letter.
        let offsets: Vec<(usize, usize)> = (0..30).map(|at| (at, at + 1)).collect();
        let windows = windows(30, 12);
        assert_eq!(windows, [0..12, 9..21, 18..30]);
        let place = |start: usize| place(&(start..start + 2), &offsets, &windows, 1);
        assert_eq!((place(0).window, place(0).first, place(0).last), (0, 1, 2));
        // The first window holds its beginning only.
        assert_eq!((place(11).window, place(11).first), (1, 3));
        assert_eq!(place(28).window, 2);
    }
}
