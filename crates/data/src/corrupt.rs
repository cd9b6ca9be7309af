//! Errors put into sentences, as learners and hasty writers make them: something to practise correcting on.
//!
//! Each kind of error has a rate: the share of the words it could change that it does change. A word has one error at most.
//! Spelling, order and punctuation are of any language whose words stand between spaces; the other kinds are rules of
//! English.
//!
//! ```
//! use cimiento_data::corrupt::{Language, Rates, corrupt};
//! use cimiento_data::order;
//! let sentence = "The children have walked to the old market in the morning.";
//! let worse = corrupt(sentence, &Rates::default().times(5.0), Language::English, &mut order::rng(1, 0, 0));
//! assert_ne!(worse, sentence);
//! ```

mod english;
mod spelling;

#[cfg(test)]
mod tests;

use rand::RngExt;
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};

use crate::segments::is_without_spaces;
use crate::sentences::sentences;

/// Bytes of a sentence that is of use: what is shorter is a heading, what is longer a table.
const BYTES: std::ops::Range<usize> = 20..300;
/// The fewest words of one.
const WORDS: usize = 3;

/// Whose rules are known.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// All kinds of errors.
    #[default]
    English,
    /// Spelling, order and punctuation only.
    Other,
}

/// How often each kind of error occurs: the share of the words it could change that it does.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct Rates {
    /// A letter left out, doubled, exchanged with the next, or hit beside.
    pub spelling: f64,
    /// A word taken for one that sounds or looks like it: there, their.
    pub confusion: f64,
    /// is for are, has for have; an s too many or too few.
    pub agreement: f64,
    /// a, an and the: left out, taken for another, or put in.
    pub articles: f64,
    /// A preposition left out or taken for another.
    pub prepositions: f64,
    /// Another form of a verb.
    pub tense: f64,
    /// A word exchanged with the next.
    pub order: f64,
    /// Marks left out or put in; capitals.
    pub punctuation: f64,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            spelling: 0.05,
            confusion: 0.1,
            agreement: 0.08,
            articles: 0.12,
            prepositions: 0.1,
            tense: 0.1,
            order: 0.01,
            punctuation: 0.1,
        }
    }
}

impl Rates {
    /// All of them more or less often, but never more than always.
    #[must_use]
    pub fn times(mut self, factor: f64) -> Self {
        for (_, rate) in self.named() {
            *rate = (*rate * factor).min(1.0);
        }
        self
    }

    /// Each by its name.
    pub fn named(&mut self) -> [(&'static str, &mut f64); 8] {
        [
            ("spelling", &mut self.spelling),
            ("confusion", &mut self.confusion),
            ("agreement", &mut self.agreement),
            ("articles", &mut self.articles),
            ("prepositions", &mut self.prepositions),
            ("tense", &mut self.tense),
            ("order", &mut self.order),
            ("punctuation", &mut self.punctuation),
        ]
    }
}

/// The sentences of a text that errors can be put into, with one space between words: neither headings nor tables, of words
/// between spaces, and mostly letters.
pub fn usable(text: &str) -> impl Iterator<Item = String> + use<'_> {
    let lines = text.lines().flat_map(sentences);
    lines.map(|sentence| sentence.split_whitespace().collect::<Vec<_>>().join(" ")).filter(|sentence| {
        let letters = sentence.chars().filter(|c| c.is_alphabetic()).count();
        BYTES.contains(&sentence.len())
            && sentence.split(' ').count() >= WORDS
            && 4 * letters >= 3 * sentence.chars().filter(|c| !c.is_whitespace()).count()
            && sentence.ends_with(|c: char| !c.is_alphanumeric())
            && !sentence.contains(is_without_spaces)
    })
}

/// A word between spaces, and the marks around it.
#[derive(Clone, Debug, PartialEq)]
struct Word {
    before: String,
    letters: String,
    after: String,
}

impl Word {
    fn of(text: &str) -> Self {
        let letters = text.trim_matches(|c: char| !c.is_alphanumeric());
        let start = text.find(letters).unwrap_or(0);
        let (before, rest) = text.split_at(start);
        Self { before: before.into(), letters: letters.into(), after: rest[letters.len()..].into() }
    }

    /// In small letters, to be looked up.
    fn small(&self) -> String {
        self.letters.to_lowercase()
    }

    /// Another word in its place, with a capital where it had one.
    fn become_word(&mut self, word: &str) {
        let mut letters = word.chars();
        self.letters = match (self.letters.chars().next().is_some_and(char::is_uppercase), letters.next()) {
            (true, Some(first)) => first.to_uppercase().chain(letters).collect(),
            _ => word.to_owned(),
        };
    }

    fn is_empty(&self) -> bool {
        self.before.is_empty() && self.letters.is_empty() && self.after.is_empty()
    }
}

/// The sentence with errors. It may come out as it was.
pub fn corrupt(sentence: &str, rates: &Rates, language: Language, rng: &mut StdRng) -> String {
    let words: Vec<Word> = sentence.split_whitespace().map(Word::of).collect();
    let mut out: Vec<Word> = Vec::with_capacity(words.len());
    let (last, mut previous) = (words.len().saturating_sub(1), String::new());
    for (at, mut word) in words.into_iter().enumerate() {
        // As it was: an article that was left out is not put in again.
        let this = word.small();
        let changed = language == Language::English && english::change(&mut word, &previous, rates, rng, &mut out)
            || rng.random_bool(rates.spelling) && spelling::misspell(&mut word.letters, rng);
        if !changed && rng.random_bool(rates.punctuation) {
            marks(&mut word, at == 0, at == last, rng);
        }
        if !word.is_empty() {
            out.push(word);
        }
        previous = this;
    }
    for at in 1..out.len() {
        if rng.random_bool(rates.order) {
            let (left, right) = out.split_at_mut(at);
            // Marks and the capital of the first word stay where they are.
            if at > 1 && left[at - 1].after.is_empty() && right[0].before.is_empty() {
                std::mem::swap(&mut left[at - 1].letters, &mut right[0].letters);
            }
        }
    }
    let words: Vec<String> = out.into_iter().map(|word| word.before + &word.letters + &word.after).collect();
    words.join(" ")
}

/// A mark or a capital that is wrong, at one of the places where that is common.
fn marks(word: &mut Word, first: bool, last: bool, rng: &mut StdRng) {
    let capital = word.letters.chars().next().is_some_and(char::is_uppercase);
    if last && !word.after.is_empty() {
        word.after.pop();
    } else if word.after == "," {
        word.after.clear();
    } else if capital {
        word.letters = word.letters.to_lowercase();
    } else if !first && word.after.is_empty() && rng.random_bool(0.1) {
        word.after.push(',');
    }
}
