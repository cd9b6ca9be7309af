//! Words and characters of any script, as scores count them.

use std::ops::Range;

use unicode_normalization::char::is_combining_mark;

/// What a text is cut into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Runs of letters and digits; in scripts without spaces between words each letter by itself.
    Word,
    /// Each letter or digit by itself.
    Character,
}

/// The units of a text, each with the marks on its letters. Everything else ends a word and is none.
///
/// ```
/// use cimiento_data::segments::{Unit, segments};
/// let words: Vec<&str> = segments("El niño lee 三国, 3 veces.", Unit::Word).collect();
/// assert_eq!(words, ["El", "niño", "lee", "三", "国", "3", "veces"]);
/// assert_eq!(segments("हिन्दी", Unit::Word).count(), 1);
/// assert_eq!(segments("niño", Unit::Character).count(), 4);
/// ```
pub fn segments(text: &str, unit: Unit) -> impl Iterator<Item = &str> {
    let mut letters = text.char_indices().peekable();
    std::iter::from_fn(move || {
        let mut open: Option<Range<usize>> = None;
        let mut single = false;
        while let Some(&(at, letter)) = letters.peek() {
            let end = at + letter.len_utf8();
            match &mut open {
                Some(word) if is_mark(letter) => word.end = end,
                _ if !letter.is_alphanumeric() => {
                    if open.is_some() {
                        break;
                    }
                }
                None => {
                    single = unit == Unit::Character || is_without_spaces(letter);
                    open = Some(at..end);
                }
                Some(word) if !single && !is_without_spaces(letter) => word.end = end,
                Some(_) => break,
            }
            letters.next();
        }
        open.map(|word| &text[word])
    })
}

/// Signs that belong to the letter before them. Some vowel signs are letters too for Unicode, and joiners are neither.
pub fn is_mark(c: char) -> bool {
    is_combining_mark(c) || matches!(c, '\u{200c}' | '\u{200d}')
}

/// Thai, Lao, Tibetan, Burmese, Khmer, kana and Han: no spaces stand between words.
pub fn is_without_spaces(c: char) -> bool {
    matches!(u32::from(c), 0x0e00..=0x0fff | 0x1000..=0x109f | 0x1780..=0x17ff | 0x3040..=0x30ff | 0x31f0..=0x31ff
        | 0x3400..=0x4dbf | 0x4e00..=0x9fff | 0xf900..=0xfaff | 0xff66..=0xff9f | 0x20000..=0x3ffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, words: &[&str], characters: usize) {
        assert_eq!(segments(text, Unit::Word).collect::<Vec<_>>(), words, "{text}");
        assert_eq!(segments(text, Unit::Character).count(), characters, "{text}");
    }

    #[test]
    fn words_are_what_each_script_takes_for_them() {
        check("Привет, мир!", &["Привет", "мир"], 9);
        check("القدس مدينة.", &["القدس", "مدينة"], 10);
        check("मौसम अच्छा है।", &["मौसम", "अच्छा", "है"], 7);
        check("今天iPhone好。", &["今", "天", "iPhone", "好"], 9);
        check("ひらがな", &["ひ", "ら", "が", "な"], 4);
        check("한국어 말", &["한국어", "말"], 4);
        // A vowel sign or a tone stays with its letter.
        check("น้ำดี", &["น้", "ำ", "ดี"], 3);
        check("", &[], 0);
        check("…!? —", &[], 0);
    }

    #[test]
    fn letters_keep_their_marks_however_they_are_written() {
        check("cafe\u{301}s", &["cafe\u{301}s"], 5);
        check("\u{301}a", &["a"], 1);
        check("می\u{200c}خواهم", &["می\u{200c}خواهم"], 7);
    }
}
