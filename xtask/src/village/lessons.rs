//! Reading lessons: a passage, and many short questions about it, each answered in the passage's own words.

use super::questions::{Passage, Question, choose, passage};
use super::world::{Dice, Split};

/// One lesson. Now and then a question stands before the passage, and its answer comes first.
pub fn lesson(dice: &mut Dice) -> String {
    let passage = passage(Split::Train, dice);
    let count = dice.between(7, 12);
    let mut chosen = choose(&passage, count, 12, true, dice).into_iter();
    let mut text = String::new();
    let first = if dice.chance(30) { chosen.next() } else { None };
    if let Some(at) = first {
        text = format!("{} ", passage.questions[at].text);
    }
    text.push_str(&passage.text);
    if let Some(at) = first {
        text.push_str(&answer(&passage, &passage.questions[at]));
    }
    for at in chosen {
        let question = &passage.questions[at];
        text.push_str(&format!(" {}{}", question.text, answer(&passage, question)));
    }
    text
}

fn answer(passage: &Passage, question: &Question) -> String {
    format!(" {}.", passage.answer(question).unwrap_or("it does not say"))
}
