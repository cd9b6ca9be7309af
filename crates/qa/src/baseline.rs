//! Answers that need no model.

use cimiento_data::segments::{Unit, segments};

use crate::answer::Answer;
use crate::score::{Rules, Tokens, f1};
use crate::window::Example;

/// Training examples on which the constant span is chosen: more would not change it.
const SURVEYED: usize = 500;

/// The longest constant span tried, in words.
const LONGEST: usize = 20;

/// `first-words` (the passage's first words, as many as score best in training) and, where some passages do not
/// answer, `no-answer`.
pub(crate) fn all(train: &[Example], examples: &[Example], rules: Rules) -> Vec<(String, Vec<Answer>)> {
    let count = best_count(train, rules);
    let mut all = vec![("first-words".to_owned(), examples.iter().map(|e| first_words(e, count, rules)).collect())];
    if examples.iter().any(|example| example.references.as_ref().is_some_and(Vec::is_empty)) {
        all.push(("no-answer".to_owned(), examples.iter().map(no_answer).collect()));
    }
    all
}

/// How many first words of a passage score best on its answer.
fn best_count(train: &[Example], rules: Rules) -> usize {
    let answered: Vec<(&Example, &Vec<String>)> = train
        .iter()
        .filter_map(|example| Some((example, example.references.as_ref()?)))
        .filter(|(_, references)| !references.is_empty())
        .take(SURVEYED)
        .collect();
    let mut best = (1, 0.0);
    for count in 1..=LONGEST {
        let score =
            |(example, wanted): &(&Example, &Vec<String>)| f1(&first_words(example, count, rules).text, wanted, rules);
        let total: f64 = answered.iter().map(score).sum();
        if total > best.1 {
            best = (count, total);
        }
    }
    best.0
}

fn first_words(example: &Example, count: usize, rules: Rules) -> Answer {
    let context = &example.context;
    let lead = context.len() - context.trim_start().len();
    let last = match rules.tokens {
        Tokens::Official => context.split_whitespace().take(count).last(),
        Tokens::Words => segments(context, Unit::Word).take(count).last(),
        Tokens::Characters => segments(context, Unit::Character).take(count).last(),
    };
    let bytes = last.map_or(lead, |word| word.as_ptr().addr() - context.as_ptr().addr() + word.len());
    let text = &context[lead..bytes];
    let start = context[..lead].chars().count();
    Answer {
        id: example.id.clone(),
        text: text.to_owned(),
        start: Some(start),
        end: Some(start + text.chars().count()),
        score: 1.0,
        no_answer_probability: 0.0,
    }
}

fn no_answer(example: &Example) -> Answer {
    Answer {
        id: example.id.clone(),
        text: String::new(),
        start: None,
        end: None,
        score: 1.0,
        no_answer_probability: 1.0,
    }
}
