//! Exact match and F1 as the official scorers of SQuAD compute them.
//!
//! Both compare answers after [`normalize`]. Several references count as their best. No answer is the empty string:
//! as the scorer of SQuAD 2.0 does, references that normalise to nothing are dropped while others remain, no
//! references at all mean that there is no answer, and against no answer only no answer scores. On SQuAD 1.1, where
//! each reference has words, this is the scorer of 1.1 (Rajpurkar et al. 2016; Rajpurkar, Jia and Liang 2018).
//!
//! ```
//! use cimiento_qa::score::{exact_match, f1};
//!
//! let references = ["the Nile".to_string(), "River Nile".to_string()];
//! assert_eq!(exact_match("The Nile.", &references), 1.0);
//! assert_eq!(f1("Blue Nile", &references), 2.0 / 3.0);
//! assert_eq!(f1("", &[]), 1.0);
//! ```

#[cfg(test)]
mod tests;

use std::collections::HashMap;

/// 1 where the prediction equals a reference after [`normalize`], else 0.
pub fn exact_match(prediction: &str, references: &[String]) -> f64 {
    let prediction = normalize(prediction);
    best(references, |reference| f64::from(prediction == reference))
}

/// The best F1, over references, of the words that prediction and reference share, counted with repetition.
pub fn f1(prediction: &str, references: &[String]) -> f64 {
    let prediction = normalize(prediction);
    best(references, |reference| word_f1(&prediction, reference))
}

/// Lower case, without ASCII punctuation, without the words "a", "an" and "the", with single spaces between words.
pub fn normalize(text: &str) -> String {
    let plain: String = text.to_lowercase().chars().filter(|c| !c.is_ascii_punctuation()).collect();
    without_articles(&plain).split(is_space).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Puts a space for each maximal run of letters and digits that is an article. Such a run need not stand between
/// spaces: a dash or a quotation mark beyond ASCII ends a word too.
fn without_articles(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_word = first.is_alphanumeric();
        let run = rest.find(|c: char| c.is_alphanumeric() != is_word).unwrap_or(rest.len());
        let (head, tail) = rest.split_at(run);
        out.push_str(if matches!(head, "a" | "an" | "the") { " " } else { head });
        rest = tail;
    }
    out
}

/// White space as Python has it, which counts the separators U+001C to U+001F in.
fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// The highest score over the normalised references that are not empty, or that against no answer.
fn best(references: &[String], score: impl Fn(&str) -> f64) -> f64 {
    references
        .iter()
        .map(|reference| normalize(reference))
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
