//! Exact match and F1 as the official scorers of SQuAD compute them, and of MLQA where a language asks for it.
//!
//! Both compare answers after [`normalize`]. Several references count as their best. No answer is the empty string:
//! as the scorer of SQuAD 2.0 does, references that normalise to nothing are dropped while others remain, no
//! references at all mean that there is no answer, and against no answer only no answer scores. On SQuAD 1.1, where
//! each reference has words, this is the scorer of 1.1 (Rajpurkar et al. 2016; Rajpurkar, Jia and Liang 2018).
//!
//! That scorer cuts words at spaces and knows English articles and ASCII punctuation. [`Rules`] can say otherwise: what
//! MLQA's scorer (Lewis et al. 2020) does in its seven languages is [`Tokens::Words`] with the language's [`Articles`].
//!
//! ```
//! use cimiento_qa::score::{Articles, Rules, Tokens, exact_match, f1};
//!
//! let squad = Rules::default();
//! let references = ["the Nile".to_string(), "River Nile".to_string()];
//! assert_eq!(exact_match("The Nile.", &references, squad), 1.0);
//! assert_eq!(f1("Blue Nile", &references, squad), 2.0 / 3.0);
//! assert_eq!(f1("", &[], squad), 1.0);
//!
//! let chinese = Rules { tokens: Tokens::Words, articles: Articles::None };
//! assert_eq!(f1("北京", &["北京大学".to_string()], squad), 0.0);
//! assert_eq!(f1("北京", &["北京大学".to_string()], chinese), 2.0 / 3.0);
//! ```

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use cimiento_data::segments::is_without_spaces;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

/// What F1 counts. Official is what stands between spaces, without ASCII punctuation; words and characters (letters,
/// digits, symbols) are without any punctuation, letters composed (NFC).
pub use cimiento_core::metrics::Counted as Tokens;

/// The language whose articles do not count.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "lowercase")]
pub enum Articles {
    /// English, as the scorers of SQuAD and MLQA.
    #[default]
    En,
    /// Arabic, as the scorer of MLQA: the letters of the article wherever they stand.
    Ar,
    /// German, as the scorer of MLQA.
    De,
    /// Spanish, as the scorer of MLQA.
    Es,
    /// Vietnamese, as the scorer of MLQA.
    Vi,
    /// A language without articles: Chinese or Hindi, say.
    None,
}

/// How answers are compared; by default as the scorer of SQuAD does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Rules {
    /// What F1 counts.
    pub tokens: Tokens,
    /// What is left out before.
    pub articles: Articles,
}

/// 1 where the prediction equals a reference after [`normalize`], else 0.
pub fn exact_match(prediction: &str, references: &[String], rules: Rules) -> f64 {
    let prediction = normalize(prediction, rules);
    best(references, rules, |reference| f64::from(prediction == reference))
}

/// The best F1, over references, of the words that prediction and reference share, counted with repetition.
pub fn f1(prediction: &str, references: &[String], rules: Rules) -> f64 {
    let prediction = normalize(prediction, rules);
    best(references, rules, |reference| word_f1(&prediction, reference))
}

/// Lower case, without punctuation and articles, with single spaces between the tokens that count.
pub fn normalize(text: &str, rules: Rules) -> String {
    let lower = text.to_lowercase();
    let plain: String = match rules.tokens {
        Tokens::Official => lower.chars().filter(|c| !c.is_ascii_punctuation()).collect(),
        Tokens::Words | Tokens::Characters => lower.nfc().filter(|c| !is_punctuation(*c)).collect(),
    };
    let plain = without_articles(&plain, rules.articles);
    let mut tokens: Vec<String> = Vec::new();
    for word in plain.split(is_space).filter(|word| !word.is_empty()) {
        // Whether the next letter begins a token.
        let mut begins = true;
        for c in word.chars() {
            let alone = match rules.tokens {
                Tokens::Official => false,
                Tokens::Words => is_without_spaces(c),
                Tokens::Characters => true,
            };
            match tokens.last_mut() {
                Some(open) if is_combining_mark(c) && (!begins || alone) => open.push(c),
                Some(open) if !begins && !alone => open.push(c),
                _ => tokens.push(c.to_string()),
            }
            begins = alone;
        }
    }
    tokens.join(" ")
}

/// Any script's punctuation, and what ASCII has besides (`$`, `+`, …).
fn is_punctuation(c: char) -> bool {
    c.is_ascii_punctuation() || c.general_category_group() == GeneralCategoryGroup::Punctuation
}

/// Puts a space for each maximal run of letters and digits that is an article. Such a run need not stand between
/// spaces: a dash or a quotation mark beyond ASCII ends a word too.
fn without_articles(text: &str, articles: Articles) -> String {
    let known: &[&str] = match articles {
        Articles::En => &["a", "an", "the"],
        Articles::De => &["ein", "eine", "einen", "einem", "eines", "einer", "der", "die", "das", "den", "dem", "des"],
        Articles::Es => &["un", "una", "unos", "unas", "el", "la", "los", "las"],
        Articles::Vi => &["của", "là", "cái", "chiếc", "những"],
        Articles::Ar => return text.replace("ال", " "),
        Articles::None => return text.to_owned(),
    };
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_word = first.is_alphanumeric();
        let run = rest.find(|c: char| c.is_alphanumeric() != is_word).unwrap_or(rest.len());
        let (head, tail) = rest.split_at(run);
        out.push_str(if known.contains(&head) { " " } else { head });
        rest = tail;
    }
    out
}

/// White space as Python has it, which counts the separators U+001C to U+001F in.
fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// The highest score over the normalised references that are not empty, or that against no answer.
fn best(references: &[String], rules: Rules, score: impl Fn(&str) -> f64) -> f64 {
    references
        .iter()
        .map(|reference| normalize(reference, rules))
        .filter(|reference| !reference.is_empty())
        .map(|reference| score(&reference))
        .reduce(f64::max)
        .unwrap_or_else(|| score(""))
}

fn word_f1(prediction: &str, reference: &str) -> f64 {
    if prediction.is_empty() || reference.is_empty() {
        return f64::from(prediction == reference);
    }
    let mut left: HashMap<&str, usize> = HashMap::new();
    for word in reference.split(' ') {
        *left.entry(word).or_default() += 1;
    }
    let mut predicted = 0;
    let mut shared = 0;
    for word in prediction.split(' ') {
        predicted += 1;
        if let Some(count) = left.get_mut(word).filter(|count| **count > 0) {
            *count -= 1;
            shared += 1;
        }
    }
    2.0 * f64::from(shared) / (f64::from(predicted) + reference.split(' ').count() as f64)
}
