//! Sentences in which people, places and prices are marked. Half of the people and towns of the test split never stand in train: what
//! surrounds a name has to tell what it is.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::world::{Dice, PEOPLE, PLACES, Person, Split, THINGS, TOWNS, day, split_of, sum};

/// What is said: `{P}` is a person, `{T}` a town, `{L}` a place in the village, `{M}` a sum of money, `{g}` a thing, `{d}` a day,
/// `{c}` a calling.
static SENTENCES: [&str; 22] = [
    "{P} sold a {g} to {P} for {M}.",
    "On {d} {P} walked from {T} to {T} and back.",
    "The {c} met {P} {L}, and they spoke of {T}.",
    "{M} was too much for the {g}, said {P}.",
    "Nobody {L} had seen {P} since {d}.",
    "A {c} from {T} asked {M} for a {g}.",
    "{P}'s {g} was found {L}.",
    "Did {P} pay {M}, or was it {P}?",
    "In {T} a {g} costs {M}; here it costs {M}.",
    "The road to {T} begins {L}.",
    "\"Come to {T},\" wrote {P}, \"and bring {M}.\"",
    "{P}, {P} and {P} stood {L}.",
    "It rained {L} until {d}.",
    "The old {g} was worth nothing, and the {c} knew it.",
    "Give the {c} {M} and nothing more.",
    "{P} of {T} owes {P} {M}.",
    "The {c} carried the {g} home and slept.",
    "Who lent {P} the {g}?",
    "On {d} the carter leaves for {T}, {T} and {T}.",
    "{P} lost {M} {L} on {d}.",
    "At {T} they say that {P} found {M}.",
    "Every {d} the {c} mends a {g} {L}.",
];

/// A text and its entities: first character, the one after the last, and type.
type Marked = (String, Vec<(usize, usize, &'static str)>);

/// A record a line.
pub fn jsonl(count: usize, split: Split, dice: &mut Dice) -> String {
    let (mut text, mut seen) = (String::new(), BTreeSet::new());
    while seen.len() < count {
        let (said, marks) = marked(split, dice);
        if seen.insert(said.clone()) {
            let entity = |(start, end, kind): (usize, usize, &str)| json!({"start": start, "end": end, "type": kind});
            let entities: Vec<Value> = marks.into_iter().map(entity).collect();
            text.push_str(&json!({"text": said, "entities": entities}).to_string());
            text.push('\n');
        }
    }
    text
}

/// One or two sentences.
fn marked(split: Split, dice: &mut Dice) -> Marked {
    let (mut text, mut marks) = (String::new(), Vec::new());
    for _ in 0..dice.between(1, 2) {
        if !text.is_empty() {
            text.push(' ');
        }
        let mut rest = dice.pick(&SENTENCES);
        while let Some((before, behind)) = rest.split_once('{') {
            let (slot, after) = behind.split_once('}').expect("a slot ends");
            text.push_str(before);
            fill(slot, &mut text, &mut marks, split, dice);
            rest = after;
        }
        text.push_str(rest);
    }
    (text, marks)
}

fn fill(slot: &str, text: &mut String, marks: &mut Vec<(usize, usize, &'static str)>, split: Split, dice: &mut Dice) {
    let mut mark = |text: &mut String, said: &str, kind| {
        let start = text.len();
        text.push_str(said);
        marks.push((start, text.len(), kind));
    };
    match slot {
        "P" => mark(text, known(split, dice, |dice| Person(dice.below(PEOPLE)).name()), "person"),
        "T" => mark(text, known(split, dice, |dice| dice.pick(&TOWNS)), "place"),
        "L" => {
            let place = dice.pick(&PLACES);
            text.push_str(place.prep);
            text.push(' ');
            mark(text, place.name, "place");
        }
        "M" => mark(text, &sum(dice), "price"),
        "g" => text.push_str(dice.pick(&THINGS)),
        "d" => text.push_str(&day(dice)),
        "c" => text.push_str(Person(dice.below(PEOPLE)).calling()),
        other => unreachable!("no slot is called {other}"),
    }
}

/// A name; in train none of those that are held out, elsewhere one of them every other time.
fn known(split: Split, dice: &mut Dice, draw: impl Fn(&mut Dice) -> &'static str) -> &'static str {
    let wanted = if split == Split::HeldOut && dice.chance(50) { Split::HeldOut } else { Split::Train };
    loop {
        let name = draw(dice);
        if split_of("entities", name) == wanted {
            return name;
        }
    }
}
