//! What a word is to BLEU: the tokenizations of sacreBLEU.

use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

use crate::metrics::ngrams::is_space;

/// How texts are cut into words before BLEU counts them.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BleuTokens {
    /// As the campaigns of WMT do (`mteval-v13a`): punctuation of ASCII is cut off, but not within numbers.
    #[default]
    #[serde(rename = "13a")]
    V13a,
    /// Each Chinese character is a word, the rest as in `13a`.
    #[serde(rename = "zh")]
    Zh,
    /// Punctuation and symbols of all scripts are cut off (`mteval-v14`).
    #[serde(rename = "intl")]
    Intl,
    /// Each character is a word.
    #[serde(rename = "char")]
    Char,
    /// Words are what stands between white space.
    #[serde(rename = "none")]
    None,
}

impl fmt::Display for BleuTokens {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl BleuTokens {
    /// Its name in signatures.
    pub fn name(self) -> &'static str {
        match self {
            Self::V13a => "13a",
            Self::Zh => "zh",
            Self::Intl => "intl",
            Self::Char => "char",
            Self::None => "none",
        }
    }

    /// The text with white space around each word.
    pub(super) fn tokenize(self, text: &str) -> String {
        let text = text.trim_end_matches(is_space);
        match self {
            Self::V13a => v13a(text),
            Self::Zh => zh(text),
            Self::Intl => intl(text),
            Self::Char => text.chars().flat_map(|c| [c, ' ']).collect(),
            Self::None => text.to_owned(),
        }
    }
}

fn v13a(text: &str) -> String {
    let mut text = text.replace("<skipped>", "").replace("-\n", "").replace('\n', " ");
    if text.contains('&') {
        text = text.replace("&quot;", "\"").replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">");
    }
    latin(&format!(" {text} "))
}

fn zh(text: &str) -> String {
    let mut spaced = String::with_capacity(2 * text.len());
    for c in text.trim_start_matches(is_space).chars() {
        if is_chinese(c) { spaced.extend([' ', c, ' ']) } else { spaced.push(c) }
    }
    latin(&spaced)
}

fn intl(text: &str) -> String {
    let is = |c: char, group| c.general_category_group() == group;
    let number = |c| is(c, GeneralCategoryGroup::Number);
    let mark = |c| is(c, GeneralCategoryGroup::Punctuation);
    let text = pairs(text.chars(), |a, b| !number(a) && mark(b), |a, b| [a, ' ', b, ' ']);
    let text = pairs(text.chars(), |a, b| mark(a) && !number(b), |a, b| [' ', a, ' ', b]);
    spaced(&text, |c| is(c, GeneralCategoryGroup::Symbol))
}

/// Cuts off ASCII's punctuation; full stops, commas and hyphens by what stands beside them.
fn latin(text: &str) -> String {
    let text = spaced(text, |c| matches!(c, '{'..='~' | '['..='`' | ' '..='&' | '('..='+' | ':'..='@' | '/'));
    let point = |c| matches!(c, '.' | ',');
    let text = pairs(text.chars(), |a, b| !a.is_ascii_digit() && point(b), |a, b| [a, ' ', b, ' ']);
    let text = pairs(text.chars(), |a, b| point(a) && !b.is_ascii_digit(), |a, b| [' ', a, ' ', b]);
    pairs(text.chars(), |a, b| a.is_ascii_digit() && b == '-', |a, b| [a, ' ', b, ' '])
}

fn spaced(text: &str, alone: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(2 * text.len());
    for c in text.chars() {
        if alone(c) { out.extend([' ', c, ' ']) } else { out.push(c) }
    }
    out
}

/// Rewrites pairs of neighbours from left to right; a character is in one pair at most.
fn pairs(
    text: impl Iterator<Item = char>,
    found: impl Fn(char, char) -> bool,
    rewritten: impl Fn(char, char) -> [char; 4],
) -> String {
    let (mut text, mut out) = (text.peekable(), String::new());
    while let Some(first) = text.next() {
        match text.next_if(|&second| found(first, second)) {
            Some(second) => out.extend(rewritten(first, second)),
            None => out.push(first),
        }
    }
    out
}

/// The ranges of sacreBLEU as Python reads them: two that were meant for signs beyond U+FFFF begin within general punctuation,
/// so that typographic quotes and dashes are words too.
fn is_chinese(c: char) -> bool {
    matches!(c,
        '\u{2001}'..='\u{2a6d}' | '\u{2e80}'..='\u{2fdf}' | '\u{2ff0}'..='\u{303f}' | '\u{3100}'..='\u{312f}'
        | '\u{31a0}'..='\u{31ef}' | '\u{3200}'..='\u{4db5}' | '\u{4e00}'..='\u{9fbb}' | '\u{f900}'..='\u{fa2d}'
        | '\u{fa30}'..='\u{fa6a}' | '\u{fa70}'..='\u{fad9}' | '\u{fe10}'..='\u{fe1f}' | '\u{fe30}'..='\u{fe4f}'
        | '\u{ff00}'..='\u{ffef}')
}
