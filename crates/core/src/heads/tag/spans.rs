//! What is marked in a text, as spans of its words.

use std::ops::Range;

use cimiento_data::content::Remark;
use cimiento_data::encode::EncodeError;

use super::reading::{Mark, Reading, Target};
use super::scheme::{self, Asked, Fault, Scheme};
use super::state::State;
use super::words::Words;

/// A span of words.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Span {
    /// The words.
    pub words: Range<usize>,
    /// Its characters, as marked.
    pub characters: Range<usize>,
    /// Its type.
    pub kind: String,
}

/// Spans, rising, and what is odd about them.
type Found = (Vec<Span>, Vec<Remark>);

const NOT_BEGUN: Remark = Remark {
    what: "have an I- tag that goes on with nothing; an entity is taken to begin there",
    advice: "correct the tags, or set `scheme` to iob1 if they are meant so",
    tolerated: 0.0,
    needs: None,
};

const NOT_ENDED: Remark = Remark {
    what: "have an entity that its tags do not end as their scheme says; it ends where the next tag is another",
    advice: "correct the tags, or set `scheme`",
    tolerated: 0.0,
    needs: None,
};

const WITHIN: Remark = Remark {
    what: "have an entity that begins or ends within a word: the whole word is learned, and an answer cannot be right there",
    advice: "give such records as `tokens` and `tags`, cut where entities begin and end",
    tolerated: 0.02,
    needs: None,
};

/// The spans of a record, rising, and what is odd about them.
///
/// # Errors
/// Spans that overlap, lie outside the text, or are none; tags that are none, or not as many as words; with a scheme that the user
/// named, tags that break it.
pub(super) fn spans(reading: &Reading, asked: Asked, state: Option<&State>) -> Result<Option<Found>, EncodeError> {
    let words = &reading.words;
    match &reading.target {
        None => Ok(None),
        Some(Target::Tags(tags)) => of_tags(words, tags, asked, state.and_then(|state| state.scheme)).map(Some),
        Some(Target::Marks(marks)) => of_marks(words, marks).map(Some),
    }
}

fn refused(why: String) -> EncodeError {
    EncodeError::Target { why }
}

fn of_tags(words: &Words, tags: &[String], asked: Asked, told: Option<Scheme>) -> Result<Found, EncodeError> {
    if tags.len() != words.len() {
        let (tags, words) = (tags.len(), words.len());
        return Err(refused(format!("{tags} tags for {words} words: give each word one")));
    }
    let scheme = asked.named().or(told);
    let (found, fault) = scheme::spans(tags, scheme);
    let at = |at: usize| format!("the tag {:?} of word {} ({:?})", tags[at], at + 1, words.all()[at]);
    let named = scheme.map_or_else(String::new, |scheme| scheme.to_string());
    let mut remarks = Vec::new();
    match fault {
        None => {}
        Some(Fault::NoTag(place)) => {
            return Err(refused(format!("{} is none: tags are O or a prefix and a type, as in B-place", at(place))));
        }
        Some(Fault::Foreign(place)) if asked == Asked::Auto => {
            // The tags of this record say more than those of training.
            return of_tags(words, tags, asked, None)
                .map(|(spans, _)| (spans, Vec::new()))
                .map_err(|_| refused(at(place)));
        }
        Some(Fault::Foreign(place)) => {
            return Err(refused(format!("{} is none of {named}: correct it, or set `scheme`", at(place))));
        }
        Some(Fault::NotBegun(_)) if asked == Asked::Auto => remarks.push(NOT_BEGUN),
        Some(Fault::NotBegun(place)) => {
            let how = format!("{} goes on with nothing, which {named} does not allow", at(place));
            return Err(refused(format!("{how}: correct it, or set `scheme` to iob1 or auto")));
        }
        Some(Fault::NotEnded(_)) if asked == Asked::Auto => remarks.push(NOT_ENDED),
        Some(Fault::NotEnded(place)) => {
            let how = format!("{} does not end its entity, as {named} must", at(place));
            return Err(refused(format!("{how}: correct it, or set `scheme` to iob2 or auto")));
        }
    }
    // What goes on with nothing is seen without a scheme too.
    if scheme.is_none()
        && remarks.is_empty()
        && scheme::spans(tags, Some(Scheme::Iob2)).1.is_some_and(|fault| matches!(fault, Fault::NotBegun(_)))
    {
        remarks.push(NOT_BEGUN);
    }
    let span = |(range, kind): scheme::Span| Span {
        characters: words.places[range.start].start..words.places[range.end - 1].end,
        words: range,
        kind: kind.to_owned(),
    };
    Ok((found.into_iter().map(span).collect(), remarks))
}

fn of_marks(words: &Words, marks: &[Mark]) -> Result<Found, EncodeError> {
    let letters: Vec<char> = words.text.chars().collect();
    let mut sorted: Vec<&Mark> = marks.iter().collect();
    sorted.sort_by_key(|mark| (mark.start, mark.end));
    let (mut found, mut remarks): (Vec<Span>, Vec<Remark>) = (Vec::new(), Vec::new());
    for mark in sorted {
        let Mark { start, end, kind, text } = mark;
        let name = format!("the entity {start}..{end} ({kind})");
        let length = letters.len();
        if start >= end {
            return Err(refused(format!("{name} is empty: `end` is the character after its last")));
        }
        if *end > length {
            let advice = "offsets count characters (Unicode scalar values), not bytes";
            return Err(refused(format!("{name} ends behind the text, which has {length} characters; {advice}")));
        }
        let said: String = letters[*start..*end].iter().collect();
        if let Some(text) = text.as_ref().filter(|text| **text != said) {
            let advice = "offsets count characters (Unicode scalar values) from 0, and `end` is the one after the last";
            return Err(refused(format!("{name} is {said:?} in the text and {text:?} by its own `text`: {advice}")));
        }
        let touches = |place: &Range<usize>| place.start < *end && *start < place.end;
        let Some(first) = words.places.iter().position(touches) else {
            return Err(refused(format!("{name} holds no word: it is {said:?}")));
        };
        let last = words.places.iter().rposition(touches).unwrap_or(first);
        if let Some(before) = found.last().filter(|before| before.words.end > first) {
            let Range { start: from, end: to } = before.characters;
            let how = if to > *start { "overlap" } else { "share a word" };
            let both = format!("the entities {from}..{to} ({}) and {start}..{end} ({kind}) {how}", before.kind);
            return Err(refused(format!("{both}, which is not supported: leave one out")));
        }
        let whole = |at: usize| !letters[at].is_whitespace();
        let trimmed = (*start..*end).find(|at| whole(*at)).unwrap_or(*start)
            ..(*start..*end).rev().find(|at| whole(*at)).map_or(*end, |at| at + 1);
        if trimmed != (words.places[first].start..words.places[last].end) && !remarks.contains(&WITHIN) {
            remarks.push(WITHIN);
        }
        found.push(Span { words: first..last + 1, characters: trimmed, kind: kind.clone() });
    }
    Ok((found, remarks))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(start: usize, end: usize, kind: &str) -> Mark {
        Mark { start, end, kind: kind.into(), text: None }
    }

    fn marked(text: &str, marks: Vec<Mark>) -> Result<(Vec<Span>, Vec<Remark>), String> {
        let reading = Reading { words: Words::of(text), target: Some(Target::Marks(marks)) };
        spans(&reading, Asked::Auto, None).map(Option::unwrap).map_err(|e| e.to_string())
    }

    fn tagged(tags: &str, asked: Asked) -> Result<(Vec<Span>, Vec<Remark>), String> {
        let tags: Vec<String> = tags.split(' ').map(str::to_owned).collect();
        let words = Words::separated(&["a", "b", "c"].map(String::from));
        let reading = Reading { words, target: Some(Target::Tags(tags)) };
        spans(&reading, asked, None).map(Option::unwrap).map_err(|e| e.to_string())
    }

    #[test]
    fn characters_become_words() {
        let (found, remarks) =
            marked("Zoë Müller lives in Köln.", vec![mark(20, 24, "place"), mark(0, 10, "person")]).unwrap();
        assert_eq!((found[0].words.clone(), found[1].words.clone(), remarks.len()), (0..2, 4..5, 0));
        // White space at the edges is none of it.
        assert_eq!(marked("a bc d", vec![mark(1, 5, "x")]).unwrap().0[0].characters, 2..4);
    }

    #[test]
    fn marks_that_mean_nothing_are_refused() {
        for (marks, why) in [
            (vec![mark(3, 3, "x")], "is empty"),
            (vec![mark(5, 3, "x")], "is empty"),
            (vec![mark(0, 99, "x")], "has 9 characters"),
            (vec![mark(2, 3, "x")], "holds no word"),
            (vec![mark(0, 5, "x"), mark(3, 9, "y")], "overlap"),
            (vec![mark(0, 9, "x"), mark(3, 5, "y")], "overlap"),
            (vec![mark(6, 7, "x"), mark(7, 9, "y")], "share a word"),
            (vec![Mark { text: Some("nowhere".into()), ..mark(0, 2, "x") }], "by its own `text`"),
        ] {
            let message = marked("ab cd efg", marks).unwrap_err();
            assert!(message.contains(why), "{message}");
        }
        assert_eq!(marked("ab cd efg", vec![mark(6, 8, "x")]).unwrap().1, [WITHIN]);
    }

    #[test]
    fn tags_are_strict_where_their_scheme_is_named() {
        assert_eq!(tagged("O I-x I-x", Asked::Auto).unwrap().1, [NOT_BEGUN]);
        assert_eq!(tagged("O I-x I-x", Asked::Iob1).unwrap().1, []);
        let message = tagged("O I-x I-x", Asked::Iob2).unwrap_err();
        assert!(message.contains(r#""I-x" of word 2 ("b")"#) && message.contains("iob1"), "{message}");
        assert!(tagged("O S-x O", Asked::Iob2).unwrap_err().contains("none of IOB2"));
        assert!(tagged("O B-x O", Asked::Iobes).unwrap_err().contains("does not end"));
        assert!(tagged("O PER O", Asked::Auto).unwrap_err().contains("is none"));
        assert!(tagged("O O", Asked::Auto).unwrap_err().contains("2 tags for 3 words"));
    }
}
