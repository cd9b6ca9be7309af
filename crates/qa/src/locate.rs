//! Where an answer stands in its passage: letter by letter, or, where it does not, in another spelling of the same.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

/// The place of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Its characters in the passage.
    pub characters: Range<usize>,
    /// Whether the passage has it letter by letter.
    pub literal: bool,
}

/// The place in `context` where `text` occurs nearest to character `start`; the first one where no start is known. White
/// space around it does not count. Where it does not occur, a spelling of it that looks the same does: letters composed
/// or with marks behind them, any kind of space, quotation mark or dash, soft hyphens and signs without width left out.
pub(crate) fn locate(context: &str, text: &str, start: Option<usize>) -> Option<Place> {
    let lead = text.chars().take_while(|c| c.is_whitespace()).count();
    let wanted = start.map_or(0, |start| start + lead);
    let bare = text.trim();
    match literal(context, bare, wanted) {
        Some(characters) => Some(Place { characters, literal: true }),
        None => alike(context, bare, wanted).map(|characters| Place { characters, literal: false }),
    }
}

fn literal(context: &str, bare: &str, wanted: usize) -> Option<Range<usize>> {
    let length = bare.chars().count();
    if context.char_indices().nth(wanted).is_some_and(|(at, _)| context[at..].starts_with(bare)) {
        return Some(wanted..wanted + length);
    }
    let (mut byte, mut character) = (0, 0);
    let occurrences = context.match_indices(bare).map(|(at, _)| {
        character += context[byte..at].chars().count();
        byte = at;
        character
    });
    let nearest = occurrences.min_by_key(|at| at.abs_diff(wanted))?;
    Some(nearest..nearest + length)
}

fn alike(context: &str, bare: &str, wanted: usize) -> Option<Range<usize>> {
    let (letters, sought) = (folded(context), folded(bare));
    if sought.is_empty() || sought.len() > letters.len() {
        return None;
    }
    let fits = |at: &usize| {
        let end = at + sought.len();
        // Whole characters of the passage, with their marks.
        let whole = |edge: usize| {
            edge == 0
                || edge == letters.len()
                || letters[edge - 1].1 != letters[edge].1 && canonical_combining_class(letters[edge].0) == 0
        };
        letters[*at..end].iter().zip(&sought).all(|(one, other)| one.0 == other.0) && whole(*at) && whole(end)
    };
    let starts = (0..=letters.len() - sought.len()).filter(fits);
    let nearest = starts.min_by_key(|at| letters[*at].1.abs_diff(wanted))?;
    // Marks may stand in another order in the passage.
    let last = letters[nearest..nearest + sought.len()].iter().map(|letter| letter.1).max()?;
    Some(letters[nearest].1..last + 1)
}

/// The letters of a text without what only spelling decides, each with the number of the character that it comes from.
fn folded(text: &str) -> Vec<(char, usize)> {
    let mut letters: Vec<(char, usize)> = Vec::with_capacity(text.len());
    for (at, c) in text.chars().enumerate() {
        let c = match c {
            '‘' | '’' | '‚' | '‛' | 'ʼ' | '`' | '´' | '′' | '＇' => '\'',
            '“' | '”' | '„' | '‟' | '″' | '«' | '»' | '＂' => '"',
            '‐' | '‑' | '‒' | '–' | '—' | '−' | '－' => '-',
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' => continue,
            c if c.is_whitespace() => ' ',
            c => c,
        };
        match c {
            // Several spaces are one.
            ' ' if letters.last().is_some_and(|last| last.0 == ' ') => {}
            ' ' => letters.push((' ', at)),
            c => letters.extend(std::iter::once(c).nfd().map(|part| (part, at))),
        }
    }
    // Marks on one letter in the order that Unicode gives them.
    let class = |letter: &(char, usize)| canonical_combining_class(letter.0);
    letters.chunk_by_mut(|_, next| class(next) != 0).for_each(|letter| letter[1..].sort_by_key(class));
    letters
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(context: &str, text: &str, start: Option<usize>) -> Option<(Range<usize>, bool)> {
        locate(context, text, start).map(|place| (place.characters, place.literal))
    }

    #[test]
    fn an_answer_is_found_where_it_is_nearest() {
        let context = "Ñandú — la mula, la mula y la mula";
        let check = |text, start, expected: Range<usize>| {
            assert_eq!(found(context, text, start), Some((expected, true)), "{text} {start:?}");
        };
        check("la mula", Some(17), 17..24);
        check("la mula", Some(20), 17..24);
        check("la mula", Some(999), 27..34);
        check("la mula", None, 8..15);
        check(" la mula", Some(16), 17..24);
        check("Ñandú", None, 0..5);
        assert_eq!(found(context, "el burro", Some(0)), None);
    }

    #[test]
    fn another_spelling_of_the_same_is_found() {
        let check = |context: &str, text: &str, start, piece: &str| {
            let (place, literal) = found(context, text, start).unwrap_or_else(|| panic!("{text} in {context}"));
            let told: String = context.chars().skip(place.start).take(place.len()).collect();
            assert_eq!((told.as_str(), literal), (piece, false), "{text} in {context}");
        };
        check("Un cafe\u{301} noir.", "café", None, "cafe\u{301}");
        check("Un café noir.", "cafe\u{301} noir", None, "café noir");
        check("It is Ada’s “new” mill.", "Ada's \"new\"", Some(6), "Ada’s “new”");
        check("about 5\u{a0}000\u{202f}km away", "5 000 km", None, "5\u{a0}000\u{202f}km");
        check("1914–1918", "1914-1918", None, "1914–1918");
        check("the co\u{ad}operation", "cooperation", None, "co\u{ad}operation");
        check("wide   space and wide space", "wide \n space", Some(17), "wide space");
        check("한글", "\u{1112}\u{1161}\u{11ab}글", None, "한글");
        check("a\u{323}\u{307} b", "a\u{307}\u{323}", None, "a\u{323}\u{307}");
    }

    #[test]
    fn part_of_a_letter_is_not_found() {
        assert_eq!(found("cafe\u{301}", "e", None).map(|found| found.1), Some(true));
        assert_eq!(found("café", "cafe", None), None);
        assert_eq!(found("caf\u{e9}", "\u{301}", None), None);
        assert_eq!(found("한", "\u{1112}\u{1161}", None), None);
        assert_eq!(found("x", "\u{ad}", None), None);
    }
}
