//! Passages with questions, in SQuAD v2.0's JSON: every answer can be read in the passage, and about a
//! fifth of the questions ask for something of the right sort that the passage does not tell.

use std::ops::Range;

use serde_json::{Value as Json, json};

use super::events::{Event, Kind, draw};
use super::kinds::KINDS;
use super::tell::{Fill, Teller, Told, gaps, sentence};
use super::world::{Dice, Person, Split};

/// A question about a passage; without an answer where the passage does not tell.
pub struct Question {
    pub text: String,
    pub answer: Option<Range<usize>>,
    gap: char,
}

/// A passage and what can be asked about it.
pub struct Passage {
    pub text: String,
    pub questions: Vec<Question>,
}

impl Passage {
    /// The words that answer a question.
    pub fn answer(&self, question: &Question) -> Option<&str> {
        question.answer.clone().map(|span| &self.text[span])
    }
}

/// How a passage begins.
const OPENINGS: [&str; 6] = [
    "News of the day:",
    "Heard at the well:",
    "This was told at the inn:",
    "The clerk wrote down:",
    "They say:",
    "It was so:",
];

/// Remarks that can stand anywhere.
const ASIDES: [&str; 16] = [
    "It was a cold week, and the wind came down from the hills.",
    "The rain had stopped at last, and the roads were dry again.",
    "It had been a quiet month.",
    "The bells rang at noon, as they always did.",
    "There was mist over the river all morning.",
    "The sun was warm, and the bees were busy.",
    "Snow lay on the roofs, and few people went out.",
    "The geese made a great noise and then fell silent.",
    "The storks had come back, and spring was not far off.",
    "Smoke rose from every chimney.",
    "The feast was only a few days away.",
    "The river was high that week, but it kept to its bed.",
    "The dogs barked at every stranger.",
    "A market was held that week, and many people came.",
    "The apples were ripe, and the cellars were full.",
    "The nights were getting longer.",
];

/// Remarks on what was told just before.
const REMARKS: [&str; 8] = [
    "Nobody in the village talked of anything else.",
    "The children heard of it before their parents did.",
    "The old women on the bench had much to say about it.",
    "All this was soon forgotten, for the harvest was near.",
    "Some were pleased with the news, and others were not.",
    "No one was surprised.",
    "Nothing else of note took place.",
    "Everyone was home before dark.",
];

/// Two or three events, told in one breath, with every question that fits; the caller chooses among them.
pub fn passage(split: Split, dice: &mut Dice) -> Passage {
    let events = events(split, dice);
    let mut teller = Teller::by_name(dice.pick(&OPENINGS));
    let mut told: Vec<Told> = Vec::new();
    let mut asides: Vec<&str> = Vec::new();
    if dice.chance(10) {
        aside(&mut teller, &mut asides, dice);
    }
    for event in &events {
        told.push(teller.say(dice.pick(event.kind.tell), &event.fill, dice));
        if dice.chance(10) {
            aside(&mut teller, &mut asides, dice);
        }
    }
    while teller.text.split(' ').count() < 24 {
        aside(&mut teller, &mut asides, dice);
    }
    let mut questions = Vec::new();
    for (event, told) in events.iter().zip(&told) {
        ask(event, told, &mut questions, dice);
    }
    dice.shuffle(&mut questions);
    Passage { text: teller.text, questions }
}

fn aside(teller: &mut Teller, used: &mut Vec<&'static str>, dice: &mut Dice) {
    let remarks: &[&str] = if used.is_empty() { &[] } else { &REMARKS };
    let fresh: Vec<&'static str> = ASIDES.iter().chain(remarks).filter(|line| !used.contains(*line)).copied().collect();
    let line = dice.pick(&fresh);
    used.push(line);
    teller.say(line, &Fill::new(), dice);
}

/// Draws the events of one passage. Some passages hold two of one kind, so that a question cannot
/// be answered by its verb alone; now and then somebody acts in two.
fn events(split: Split, dice: &mut Dice) -> Vec<Event> {
    let count = dice.between(2, 3);
    let mut kinds: Vec<&'static Kind> = Vec::new();
    if dice.chance(30) {
        let twice = dice.pick_ref(&KINDS);
        kinds.extend([twice, twice]);
    }
    while kinds.len() < count {
        let kind = dice.pick_ref(&KINDS);
        if kinds.iter().all(|other| other.name != kind.name) {
            kinds.push(kind);
        }
    }
    dice.shuffle(&mut kinds);
    let mut events: Vec<Event> = Vec::new();
    for kind in kinds {
        let busy: Vec<Person> = events.iter().flat_map(|event| ['a', 'b', 'c'].map(|gap| event.person(gap))).collect();
        let used: Vec<_> = events.iter().flat_map(|event| event.fill.values().cloned()).collect();
        events.push(draw(kind, split, &busy, &used, dice));
    }
    events
}

/// Adds what can be asked about an event: what was told, what another telling would have told, and what
/// none tells.
fn ask(event: &Event, told: &Told, questions: &mut Vec<Question>, dice: &mut Dice) {
    let known = |form: &str| gaps(form).iter().all(|gap| told.contains_key(gap));
    for (gap, form) in event.kind.asks {
        // A day or a place left out might be guessed from the sentence before: no fair question.
        let guessable = matches!(gap, 't' | 'p');
        let answer = told.get(gap).cloned();
        if known(form) && (answer.is_some() || !guessable) {
            questions.push(Question { text: sentence(form, &event.fill, dice), answer, gap: *gap });
        }
    }
    for form in event.kind.open.iter().filter(|form| known(form)) {
        questions.push(Question { text: sentence(form, &event.fill, dice), answer: None, gap: '-' });
    }
}

/// Chooses up to `count` questions, no two with the same answer or asking for the same thing; each is
/// left without an answer with the given chance in a hundred.
pub fn choose(passage: &Passage, count: usize, unanswerable: usize, again: bool, dice: &mut Dice) -> Vec<usize> {
    let mut chosen: Vec<usize> = Vec::new();
    for _ in 0..count {
        let want_none = dice.chance(unanswerable);
        let want_open = dice.chance(35);
        let fits = |(at, question): &(usize, &Question)| {
            question.answer.is_none() == want_none
                && (!want_none || (question.gap == '-') == want_open)
                && !chosen.iter().any(|other| {
                    let other = &passage.questions[*other];
                    other.text == question.text || (!again && other.answer.is_some() && other.answer == question.answer)
                })
                && !chosen.contains(at)
        };
        if let Some((at, _)) = passage.questions.iter().enumerate().find(fits) {
            chosen.push(at);
        }
    }
    chosen
}

/// One split of the question-answering set.
pub fn squad(name: &str, split: Split, questions: usize, dice: &mut Dice) -> String {
    let mut paragraphs: Vec<Json> = Vec::new();
    let mut written = 0;
    while written < questions {
        let passage = passage(split, dice);
        let count = dice.between(2, 4).min(questions - written);
        let mut entries: Vec<Json> = Vec::new();
        for at in choose(&passage, count, 16, false, dice) {
            let question = &passage.questions[at];
            let answers: Vec<Json> = match &question.answer {
                Some(span) => vec![json!({"text": &passage.text[span.clone()], "answer_start": span.start})],
                None => Vec::new(),
            };
            entries.push(json!({
                "id": format!("{name}-{written:04}"),
                "question": question.text,
                "answers": answers,
                "is_impossible": question.answer.is_none(),
            }));
            written += 1;
        }
        paragraphs.push(json!({"context": passage.text, "qas": entries}));
    }
    let data: Vec<Json> = paragraphs
        .chunks(10)
        .enumerate()
        .map(|(at, group)| json!({"title": format!("Village, part {}", at + 1), "paragraphs": group}))
        .collect();
    let mut text = serde_json::to_string_pretty(&json!({"version": "v2.0", "data": data})).expect("plain data");
    text.push('\n');
    text
}
