//! Questions made of plain text: something to practise pointing on before the real ones.
//!
//! A run of words of a passage becomes the answer; a question word and some of the words around it, a few left out or
//! out of place, become the question (the noisy clozes of Lewis et al. 2019, "Unsupervised Question Answering by Cloze
//! Translation", section 2.2). They are hardly English, yet what they train is what any question needs: find the
//! place where the same words stand, and point at what is missing.

use cimiento_data::segments::is_without_spaces;
use cimiento_data::sentences::sentences;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, RngExt};
use serde::Serialize;

/// A question in the fields of SQuAD.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Cloze {
    /// The passage.
    pub context: String,
    /// What is asked.
    pub question: String,
    /// The one answer.
    pub answers: [Span; 1],
}

/// A piece of the passage.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Span {
    /// Its words.
    pub text: String,
    /// Its first character in the passage.
    pub answer_start: usize,
}

/// Questions about one passage.
const PER_PASSAGE: usize = 3;
/// How many sentences a passage has: short ones are as common as they are in sets of questions.
const PASSAGES: [usize; 6] = [1, 1, 2, 3, 4, 6];
/// Bytes of a sentence: what is shorter is a heading, what is longer a table.
const SENTENCE: std::ops::Range<usize> = 30..300;
/// Words of an answer at most.
const LONGEST: usize = 4;
/// Words of the sentence that a question may hold.
const QUESTION: std::ops::RangeInclusive<usize> = 4..=11;
/// Share of a question's words that are left out.
const LEFT_OUT: f64 = 0.15;
/// Share of questions whose words change places, and of their words that do.
const OUT_OF_PLACE: f64 = 0.3;

/// Words that carry no content: no answer holds one, and a question needs others too.
const FUNCTION_WORDS: &[&str] = &[
    "a", "about", "after", "also", "an", "and", "any", "are", "as", "at", "be", "because", "been", "before", "being",
    "between", "but", "by", "can", "could", "did", "do", "does", "during", "each", "for", "from", "had", "has", "have",
    "he", "her", "here", "his", "if", "in", "into", "is", "it", "its", "may", "might", "more", "most", "no", "not",
    "of", "on", "one", "or", "other", "over", "she", "so", "some", "such", "than", "that", "the", "their", "then",
    "there", "these", "they", "this", "those", "to", "under", "very", "was", "were", "when", "where", "which", "while",
    "who", "whom", "whose", "will", "with", "would",
];

/// The paragraphs of `text` that can be asked about, sentence by sentence.
pub fn paragraphs(text: &str) -> Vec<Vec<&str>> {
    // Where no spaces stand between words, none can be taken out.
    let fit = |sentence: &&str| SENTENCE.contains(&sentence.len()) && !sentence.contains(is_without_spaces);
    let sentences = text.lines().map(|line| sentences(line).into_iter().filter(fit).collect::<Vec<_>>());
    sentences.filter(|sentences| sentences.len() > 1).collect()
}

/// Questions about one passage of the [`paragraphs`] of a text, drawn by `rng`; none if there is no paragraph.
pub fn cloze(paragraphs: &[Vec<&str>], rng: &mut StdRng) -> Vec<Cloze> {
    let Some(paragraph) = paragraphs.choose(rng) else { return Vec::new() };
    let count = PASSAGES.choose(rng).map_or(1, |&count| count.min(paragraph.len()));
    let first = rng.random_range(0..=paragraph.len() - count);
    let passage = &paragraph[first..first + count];
    let context = passage.join(" ");
    let ask = |_| {
        let at = rng.random_range(0..passage.len());
        let before: usize = passage[..at].iter().map(|sentence| sentence.chars().count() + 1).sum();
        let (question, text, start) = question(passage[at], rng)?;
        let answers = [Span { text, answer_start: before + start }];
        Some(Cloze { context: context.clone(), question, answers })
    };
    (0..PER_PASSAGE).filter_map(ask).collect()
}

/// A question about a sentence, its answer, and the answer's first character.
fn question(sentence: &str, rng: &mut impl Rng) -> Option<(String, String, usize)> {
    let words = words(sentence);
    let answers = answers(sentence, &words);
    let &(first, last) = answers.choose(rng)?;
    let answer = &sentence[words[first].start..words[last].end];
    let room = rng.random_range(QUESTION);
    let left = rng.random_range(0..=room);
    let before = &words[first.saturating_sub(left)..first];
    let after = &words[last + 1..(last + 1 + room - left).min(words.len())];
    let (one, other) = if rng.random_bool(0.5) { (before, after) } else { (after, before) };
    let mut kept: Vec<&str> = one.iter().chain(other).map(|word| &sentence[word.start..word.end]).collect();
    kept.retain(|_| !rng.random_bool(LEFT_OUT));
    if rng.random_bool(OUT_OF_PLACE) {
        for at in 1..kept.len() {
            if rng.random_bool(OUT_OF_PLACE) {
                kept.swap(at - 1, at);
            }
        }
    }
    // With fewer words of content it could be about anything.
    if kept.iter().filter(|word| !is_function_word(word)).count() < 2 {
        return None;
    }
    let mut text = format!("{} {}?", question_word(answer, rng), kept.join(" "));
    if rng.random_bool(0.5) {
        text[..1].make_ascii_uppercase();
    }
    Some((text, answer.to_owned(), sentence[..words[first].start].chars().count()))
}

/// What one asks for something of the answer's look with.
fn question_word(answer: &str, rng: &mut impl Rng) -> &'static str {
    let first = answer.chars().next().unwrap_or(' ');
    let year = answer.len() == 4 && answer.bytes().all(|byte| byte.is_ascii_digit());
    let candidates: &[&str] = match first {
        _ if year => &["when", "what year", "in what year"],
        '0'..='9' => &["how many", "how much", "what", "when"],
        _ if first.is_uppercase() => &["who", "what", "where", "who", "which"],
        _ => &["what", "what", "what", "how", "which", "why"],
    };
    candidates.choose(rng).copied().unwrap_or("what")
}

/// Where the words of a text stand, in bytes. Signs within a word or a number belong to it.
fn words(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut words: Vec<std::ops::Range<usize>> = Vec::new();
    let mut previous = ' ';
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        let next = letters.peek().map_or(' ', |(_, next)| *next);
        let inside = match letter {
            '-' | '\'' | '’' => previous.is_alphanumeric() && next.is_alphanumeric(),
            '.' | ',' => previous.is_ascii_digit() && next.is_ascii_digit(),
            _ => letter.is_alphanumeric(),
        };
        let end = at + letter.len_utf8();
        match words.last_mut() {
            Some(word) if inside && word.end == at => word.end = end,
            _ if inside => words.push(at..end),
            _ => {}
        }
        previous = letter;
    }
    words
}

/// First and last word of whatever may be asked for: runs of words of content with nothing but a space between them, and
/// the last word of each.
fn answers(text: &str, words: &[std::ops::Range<usize>]) -> Vec<(usize, usize)> {
    let content = |at: usize| words.get(at).is_some_and(|word| !is_function_word(&text[word.clone()]));
    let joined = |at: usize| content(at) && &text[words[at - 1].end..words[at].start] == " ";
    let mut answers = Vec::new();
    let mut first = 0;
    while first < words.len() {
        let mut last = first;
        if content(first) {
            while last + 1 - first < LONGEST && joined(last + 1) {
                last += 1;
            }
            answers.push((first, last));
            if last > first {
                answers.push((last, last));
            }
        }
        first = last + 1;
    }
    answers
}

fn is_function_word(word: &str) -> bool {
    FUNCTION_WORDS.binary_search(&word.to_lowercase().as_str()).is_ok()
}

#[cfg(test)]
mod tests {
    use cimiento_data::order;

    use super::*;

    const TEXT: &str = "Heading\n\
        In 1871 the old mill at Ålesund was sold to the Hale brothers. They paid 3,500 crowns for it, and a mule came with \
        the bargain. Nobody else in the valley had made an offer!\n\
        Short. Lines. Here.";

    #[test]
    fn every_answer_stands_where_it_says() {
        let made: Vec<Cloze> =
            (0..200).flat_map(|step| cloze(&paragraphs(TEXT), &mut order::rng(1, step, 0))).collect();
        assert!(made.len() > 250, "{}", made.len());
        for Cloze { context, question, answers: [Span { text, answer_start }] } in &made {
            let found: String = context.chars().skip(*answer_start).take(text.chars().count()).collect();
            assert_eq!(&found, text, "{context}");
            assert!(TEXT.contains(context.split_at(context.find(". ").unwrap_or(context.len())).0));
            assert!(question.ends_with('?') && text.split(' ').count() <= LONGEST, "{question} {text}");
            let first = text.split(' ').next().unwrap();
            assert!(!is_function_word(first), "{text}");
        }
        assert!(made.iter().any(|made| made.answers[0].text == "paid 3,500 crowns"));
        assert!(
            made.iter().any(|made| made.answers[0].text == "1871" && made.question.to_lowercase().contains("year"))
        );
    }

    #[test]
    fn the_same_draw_makes_the_same_questions() {
        let draw = |seed| cloze(&paragraphs(TEXT), &mut order::rng(seed, 0, 0));
        assert_eq!(draw(4), draw(4));
        assert_ne!(draw(4), draw(5));
        assert!(cloze(&paragraphs("Too short. To ask."), &mut order::rng(1, 0, 0)).is_empty());
        assert!(paragraphs("今天天气很好，我们去公园散步。孩子们在湖边玩，大家都很高兴。").is_empty());
    }

    #[test]
    fn function_words_are_in_order() {
        assert!(FUNCTION_WORDS.is_sorted());
        assert!(is_function_word("The") && !is_function_word("mill"));
    }
}
