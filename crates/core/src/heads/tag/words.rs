//! The words of a text, and where they stand in it.

use std::ops::Range;

use cimiento_data::segments::{is_mark, is_without_spaces};

/// A text and its words.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Words {
    /// The text.
    pub text: String,
    /// The characters (Unicode scalar values, from 0) of each word.
    pub places: Vec<Range<usize>>,
}

impl Words {
    /// Words that stand separated in the data; a space stands between them.
    pub fn separated(words: &[String]) -> Self {
        let mut at = 0;
        let place = |word: &String| {
            let start = at;
            at += word.chars().count() + 1;
            start..at - 1
        };
        let places = words.iter().map(place).collect();
        Self { text: words.join(" "), places }
    }

    /// The words of a running text: runs of letters and digits with what joins them (`U.S.`, `O'Brien`, `co-op`, `3,5`), and
    /// every other sign by itself. In scripts without spaces between words each letter is one.
    pub fn of(text: &str) -> Self {
        let letters: Vec<char> = text.chars().collect();
        let mut places = Vec::new();
        let mut at = 0;
        while at < letters.len() {
            if letters[at].is_whitespace() || letters[at].is_control() {
                at += 1;
                continue;
            }
            let end = end(&letters, at);
            match clitic(&letters[at..end]) {
                Some(cut) => places.extend([at..at + cut, at + cut..end]),
                None => places.push(at..end),
            }
            at = end;
        }
        Self { text: text.to_owned(), places }
    }

    /// How many words.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is no word.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The words.
    pub fn all(&self) -> Vec<String> {
        let letters: Vec<char> = self.text.chars().collect();
        self.places.iter().map(|place| letters[place.clone()].iter().collect()).collect()
    }
}

/// Where the word ends that begins at `start`.
fn end(letters: &[char], start: usize) -> usize {
    let (mut at, mut dotted) = (start + 1, false);
    // A sign that is no letter keeps the marks on it, if it has any.
    if !letters[start].is_alphanumeric() || is_without_spaces(letters[start]) {
        while at < letters.len() && is_mark(letters[at]) {
            at += 1;
        }
        return at;
    }
    let joins = |sign: char, before: char, behind: char| match sign {
        '.' | '&' | '\'' | '’' | '-' | '_' => behind.is_alphanumeric() && !is_without_spaces(behind),
        ',' | ':' => before.is_ascii_digit() && behind.is_ascii_digit(),
        _ => false,
    };
    while let Some(&letter) = letters.get(at) {
        let inner = letter.is_alphanumeric() && !is_without_spaces(letter) || is_mark(letter);
        let joined = letters.get(at + 1).is_some_and(|&behind| joins(letter, letters[at - 1], behind));
        if !inner && !joined {
            break;
        }
        dotted |= letter == '.';
        at += if inner { 1 } else { 2 };
    }
    let initial = at == start + 1 && letters[start].is_uppercase();
    let closed = letters.get(at) == Some(&'.') && (dotted && letters[at - 1].is_alphabetic() || initial);
    at + usize::from(closed)
}

/// Where the `'s` of a word begins.
fn clitic(word: &[char]) -> Option<usize> {
    let cut = word.len().checked_sub(2).filter(|cut| *cut > 0)?;
    (matches!(word[cut], '\'' | '’') && matches!(word[cut + 1], 's' | 'S')).then_some(cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let words = Words::of(text);
        assert_eq!(words.all(), expected, "{text}");
    }

    #[test]
    fn signs_stand_alone_and_what_joins_letters_does_not() {
        check("Peter Blackburn, of Leeds.", &["Peter", "Blackburn", ",", "of", "Leeds", "."]);
        check(
            "the U.S. and J. Smith's co-op (AT&T)",
            &["the", "U.S.", "and", "J.", "Smith", "'s", "co-op", "(", "AT&T", ")"],
        );
        check("It cost 3,500.25, or 4:30.", &["It", "cost", "3,500.25", ",", "or", "4:30", "."]);
        check("O'Brien  –\tno", &["O'Brien", "–", "no"]);
        check("三国 iPhone好", &["三", "国", "iPhone", "好"]);
        check("cafe\u{301} 😀", &["cafe\u{301}", "😀"]);
        check(" \n", &[]);
    }

    #[test]
    fn places_count_characters() {
        assert_eq!(Words::of("Mühle am Bach").places, [0..5, 6..8, 9..13]);
        let words = Words::separated(&["Mühle".into(), "😀".into(), "x".into()]);
        assert_eq!((words.text.as_str(), words.places.clone()), ("Mühle 😀 x", vec![0..5, 6..7, 8..9]));
        assert_eq!(words.all(), ["Mühle", "😀", "x"]);
    }
}
