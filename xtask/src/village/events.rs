//! What happens between villagers: a kind of event, and drawing one (the kinds themselves are in `kinds`).
//!
//! Gaps: `a` and `b` are the people, `c` a third; `o` the object; `p` place, `t` day, `n` a sum of money,
//! `r` a reason; `x` and `y` what is particular to the kind.

use super::tell::{Fill, Value, clause};
use super::world::{ANIMALS, Dice, PEOPLE, PLACES, Person, Split, THINGS, day, split_of, sum};

/// What may fill the gap `o`.
#[derive(Clone, Copy, PartialEq)]
pub enum Object {
    None,
    Any,
    Thing,
    /// Something the agent's own trade makes.
    Product,
}

/// A kind of event.
pub struct Kind {
    pub name: &'static str,
    pub object: Object,
    pub x: &'static [&'static str],
    pub y: &'static [&'static str],
    pub why: &'static [&'static str],
    pub tell: &'static [&'static str],
    /// Questions, each with the gap that answers it.
    pub asks: &'static [(char, &'static str)],
    /// Questions no telling answers.
    pub open: &'static [&'static str],
}

/// Something that happened: a kind and what fills its gaps.
#[derive(Clone)]
pub struct Event {
    pub kind: &'static Kind,
    pub fill: Fill,
}

impl Event {
    pub fn person(&self, gap: char) -> Person {
        match self.fill.get(&gap) {
            Some(Value::Person(person)) => *person,
            other => panic!("gap {gap} of {} holds {other:?}", self.kind.name),
        }
    }
}

/// Draws an event of this kind whose agent belongs to `split`, with nobody in `busy` and nothing in `used`.
pub fn draw(kind: &'static Kind, split: Split, busy: &[Person], used: &[Value], dice: &mut Dice) -> Event {
    for attempt in 0.. {
        // Where all who could act are busy, one of them acts again.
        let busy = if attempt < 500 { busy } else { &[] };
        let mut people: Vec<Person> = Vec::new();
        while people.len() < 3 {
            let person = Person(dice.below(PEOPLE));
            let same_trade = people.iter().any(|other| other.trade().name == person.trade().name);
            if !same_trade && !busy.contains(&person) {
                people.push(person);
            }
        }
        let [a, b, c] = [people[0], people[1], people[2]];
        if split_of(kind.name, a.name()) != split {
            continue;
        }
        let object = draw_object(kind.object, a, b, dice);
        if object.is_none() && kind.object != Object::None {
            continue;
        }
        let mut fill = Fill::from([
            ('a', Value::Person(a)),
            ('b', Value::Person(b)),
            ('c', Value::Person(c)),
            ('p', Value::Place(dice.pick(&PLACES))),
            ('t', Value::Day(day(dice))),
            ('n', Value::Text(sum(dice))),
        ]);
        if let Some(noun) = object {
            fill.insert('o', Value::Thing(noun));
        }
        for (gap, list) in [('x', kind.x), ('y', kind.y)] {
            if !list.is_empty() {
                fill.insert(gap, Value::Text(dice.pick(list).to_string()));
            }
        }
        if !kind.why.is_empty() {
            let reason = clause(dice.pick(kind.why), &fill, dice);
            fill.insert('r', Value::Text(reason));
        }
        if fill.iter().any(|(gap, value)| !matches!(gap, 'a' | 'b' | 'c') && used.contains(value)) {
            continue;
        }
        return Event { kind, fill };
    }
    unreachable!("every kind of event has people who may act in it")
}

fn draw_object(object: Object, a: Person, b: Person, dice: &mut Dice) -> Option<&'static str> {
    let noun = match object {
        Object::None => return None,
        Object::Thing => dice.pick(&THINGS),
        Object::Any if dice.chance(40) => dice.pick(&ANIMALS),
        Object::Any => dice.pick(&THINGS),
        Object::Product if a.trade().products.is_empty() => return None,
        Object::Product => dice.pick(a.trade().products),
    };
    // Nobody needs from others what is made in their own workshop.
    let own = |person: Person| person.trade().products.contains(&noun);
    (!own(b) && (object == Object::Product || !own(a))).then_some(noun)
}
