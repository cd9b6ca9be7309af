//! Questions and passages as tokens: a passage that does not fit is read in windows that share some tokens.

use std::ops::Range;

use cimiento_core::tokens::{Attend, Sequence};
use cimiento_data::encode::{EncodeError, Encoded};
use cimiento_data::tokenizer::Tokenizer;

use crate::config::Config;
use crate::limits;
use crate::locate::locate;
use crate::record::{Record, UNLABELLED};

/// A question and its passage, ready to be read.
#[derive(Clone, Debug)]
pub struct Example {
    /// Comes back with the answer.
    pub id: Option<String>,
    /// The question as it was written.
    pub question: String,
    /// The passage as it was written.
    pub context: String,
    /// The answers that count, empty where the passage does not answer; `None` where they were not asked for. Where the
    /// passage spells one otherwise, its spelling counts too.
    pub references: Option<Vec<String>>,
    /// The windows, in the order of the passage.
    pub windows: Vec<Window>,
    /// The characters `start..end` of the passage that each of its tokens stands for.
    pub(crate) places: Vec<(usize, usize)>,
    /// The first and the last token of each answer.
    pub(crate) spans: Vec<(usize, usize)>,
}

/// One reading: `[bos] question [sep] part-of-the-passage [eos]`, or as the tokenizer's own template for two texts says.
#[derive(Clone, Debug)]
pub struct Window {
    /// Its tokens.
    pub sequence: Sequence,
    /// The tokens of the passage it holds.
    pub tokens: Range<usize>,
    /// Where in the sequence they begin.
    pub offset: usize,
}

impl Window {
    /// Whether an answer lies in it, whole.
    pub(crate) fn holds(&self, &(first, last): &(usize, usize)) -> bool {
        self.tokens.contains(&first) && self.tokens.contains(&last)
    }
}

/// An example, and what is odd about it; what it calls cut is its question.
pub(crate) fn example(
    record: &Record,
    labelled: bool,
    config: &Config,
    tokenizer: &Tokenizer,
    context: usize,
) -> Result<Encoded<Example>, EncodeError> {
    let references = if labelled { record.references() } else { None };
    if labelled && references.is_none() {
        return Err(UNLABELLED);
    }
    let asked = record.question.trim();
    for (what, text) in [("question", asked), ("context", record.context.trim())] {
        if text.is_empty() {
            return Err(EncodeError::Empty { what });
        }
    }
    let mut question = tokenizer.encode(asked);
    let limit = if config.window_tokens == 0 { context } else { config.window_tokens.min(context) };
    // A short window is shared: half of it at least is for the passage.
    let kept = question.len().min(config.max_question_tokens).min(limit / 2);
    let pair = tokenizer.question_pair();
    let room = limit.saturating_sub(kept + pair.overhead());
    if room == 0 {
        return Err(EncodeError::TooLong { what: "question", tokens: question.len(), room });
    }
    let (length, truncated) = (question.len(), kept < question.len());
    question.truncate(kept);

    let passage = tokenizer.encode_with_offsets(&record.context);
    let offset = pair.second(question.len());
    let windows: Vec<Window> = windows(passage.ids.len(), room, config.stride_tokens)
        .map(|tokens| {
            let (ids, types) = pair.join(&question, &passage.ids[tokens.clone()]);
            Window { sequence: Sequence::new(ids, Attend::Both).with_types(types), tokens, offset }
        })
        .collect();

    let mut texts: Option<Vec<String>> =
        references.as_ref().map(|all| all.iter().map(|reference| reference.text.clone()).collect());
    let (mut spans, mut whole, mut respelled) = (Vec::new(), Vec::new(), Vec::new());
    for reference in references.iter().flatten() {
        let Some(place) = locate(&record.context, &reference.text, reference.answer_start) else { continue };
        let Some(span) = covering(&passage.offsets, &place.characters) else { continue };
        whole.push(span);
        let span = (span.0, fitted(span, &windows));
        if !spans.contains(&span) {
            spans.push(span);
        }
        if !place.literal {
            respelled.push(record.context.chars().skip(place.characters.start).take(place.characters.len()).collect());
        }
    }
    if let (Some(first), true) = (references.iter().flatten().next(), spans.is_empty()) {
        return Err(EncodeError::Misaligned { answer: first.text.clone() });
    }
    let held = whole.iter().any(|span| windows.iter().any(|window| window.holds(span)));
    let found = limits::Found { whole: &whole, held, question: (length, kept), respelled: !respelled.is_empty() };
    let remarks = limits::remarks(&found, texts.as_deref(), config);
    texts.iter_mut().for_each(|texts| texts.append(&mut respelled));
    let example = Example {
        id: record.id.clone(),
        question: asked.to_owned(),
        context: record.context.clone(),
        references: texts,
        windows,
        places: passage.offsets,
        spans,
    };
    Ok(Encoded { example, truncated, remarks })
}

/// Ranges of at most `room` tokens that cover `0..length`, neighbours sharing at least `stride` tokens (half a window
/// where that is less). The last one is as long as the others, so that its tokens too see what is around them.
fn windows(length: usize, room: usize, stride: usize) -> impl Iterator<Item = Range<usize>> {
    let step = room - stride.min(room / 2);
    let count = 1 + length.saturating_sub(room).div_ceil(step);
    (0..count).map(move |index| {
        let start = (index * step).min(length.saturating_sub(room));
        start..(start + room).min(length)
    })
}

/// The last token of a span: its own, or, where no window holds it whole, the last that fits.
fn fitted(span: (usize, usize), windows: &[Window]) -> usize {
    if windows.iter().any(|window| window.holds(&span)) {
        return span.1;
    }
    let begun = windows.iter().rfind(|window| window.tokens.contains(&span.0));
    begun.map_or(span.1, |window| span.1.min(window.tokens.end - 1))
}

/// The first and the last token that stand for some of the characters.
fn covering(places: &[(usize, usize)], characters: &Range<usize>) -> Option<(usize, usize)> {
    let touches = |&(start, end): &(usize, usize)| start < characters.end && characters.start < end;
    Some((places.iter().position(touches)?, places.iter().rposition(touches)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_cover_everything_and_share_the_stride() {
        for (length, room, stride) in [(1, 8, 3), (8, 8, 3), (9, 8, 3), (100, 8, 3), (100, 7, 50), (5, 1, 9), (0, 4, 1)]
        {
            let all: Vec<_> = windows(length, room, stride).collect();
            assert_eq!((all[0].start, all[all.len() - 1].end), (0, length));
            assert!(all.iter().all(|window| window.len() == room.min(length)), "{all:?}");
            let shared = stride.min(room / 2);
            assert!(all.windows(2).all(|w| w[0].start < w[1].start && w[0].end >= w[1].start + shared), "{all:?}");
        }
    }

    #[test]
    fn a_span_too_long_for_any_window_ends_with_the_window() {
        let window = |tokens| Window { sequence: Sequence::new(vec![], Attend::Both), tokens, offset: 0 };
        let windows = [window(0..8), window(5..13)];
        assert_eq!(fitted((6, 10), &windows), 10);
        assert_eq!(fitted((2, 20), &windows), 7);
        assert_eq!(fitted((6, 20), &windows), 12);
    }
}
