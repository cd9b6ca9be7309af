//! Short chronicles and their summaries. What concerns the village as a whole is worth a line in the clerk's
//! book; who sold what to whom is not, and neither is the weather.

use serde_json::json;

use super::affairs::AFFAIRS;
use super::events::draw;
use super::kinds::KINDS;
use super::tell::{Fill, Teller, Value, sentence};
use super::world::{Dice, OPEN_PLACES, PEOPLE, Person, Split, day, large_sum, number, split_of, sum};

/// A kind of public affair.
pub struct Affair {
    pub name: &'static str,
    pub x: &'static [&'static str],
    pub y: &'static [&'static str],
    /// Three parts, each told in one of several ways.
    pub parts: [&'static [&'static str]; 3],
    /// The clerk's line: whoever acted, what it was, what it cost or how it ended.
    pub brief: &'static str,
}

/// What an affair leaves out is empty.
pub const EMPTY: Affair = Affair { name: "", x: &[], y: &[], parts: [&[], &[], &[]], brief: "" };

/// A chronicle and the clerk's line about it.
pub struct Chronicle {
    pub document: String,
    pub summary: String,
}

/// What wear and weather can break.
pub const WORKS: &[&str] = &[
    "the bridge",
    "the mill wheel",
    "the school roof",
    "the town oven",
    "the river wall",
    "the north gate",
    "the chapel bell",
    "the market hall",
    "the old well",
    "the ferry",
];

const WEATHER: [&str; 14] = [
    "It rained for most of the week.",
    "The first swallows were seen over the river.",
    "There was frost on the windows in the morning.",
    "A warm wind blew from the south.",
    "The fog did not lift until noon.",
    "The nights were clear and cold.",
    "The children went skating on the pond.",
    "The cherry trees were in bloom.",
    "The leaves began to fall.",
    "The roads were dusty and the days were long.",
    "Somebody played a fiddle late at night.",
    "The cats were seen asleep in the sun.",
    "There was a smell of bread in every street.",
    "The river was full of boats.",
];

/// A chronicle of one public affair among private ones.
pub fn chronicle(split: Split, dice: &mut Dice) -> Chronicle {
    let (affair, fill) = draw_affair(split, dice);
    let cast: Vec<Person> = fill
        .values()
        .filter_map(|value| if let Value::Person(person) = value { Some(*person) } else { None })
        .collect();
    // The affair's parts stay in order, and something stands before them more often than not.
    let mut order = vec![true, true, true];
    for _ in 0..dice.between(2, 3) {
        let earliest = usize::from(order.len() > 3 && dice.chance(30));
        let at = if order.len() == 3 { 0 } else { dice.between(earliest, order.len()) };
        order.insert(at, false);
    }
    let mut teller = Teller::new(false);
    let mut parts = affair.parts.iter();
    let mut busy = cast;
    let mut used: Vec<Value> = fill.values().cloned().collect();
    let mut weather: Vec<&str> = WEATHER.to_vec();
    dice.shuffle(&mut weather);
    for public in order {
        if public {
            let ways = parts.next().expect("three parts");
            teller.say(dice.pick(ways), &fill, dice);
        } else if dice.chance(70) {
            let event = draw(dice.pick_ref(&KINDS), split, &busy, &used, dice);
            busy.extend(['a', 'b', 'c'].map(|gap| event.person(gap)));
            used.extend(event.fill.values().cloned());
            teller.say(dice.pick(event.kind.tell), &event.fill, dice);
        } else if let Some(line) = weather.pop() {
            teller.say(line, &Fill::new(), dice);
        }
    }
    while teller.text.split(' ').count() < 48
        && let Some(line) = weather.pop()
    {
        teller.say(line, &Fill::new(), dice);
    }
    let named = teller.text.clone();
    if !tells_all(affair, &fill, &named) {
        // A way of telling left out what the clerk must know: tell it again in other words.
        return chronicle(split, dice);
    }
    Chronicle { document: teller.text, summary: sentence(affair.brief, &fill, dice) }
}

/// Whether everything that the clerk's line names has been told.
fn tells_all(affair: &Affair, fill: &Fill, text: &str) -> bool {
    let text = text.to_lowercase();
    super::tell::gaps(affair.brief).iter().all(|gap| {
        let words = match &fill[gap] {
            Value::Person(person) => person.full(),
            Value::Thing(noun) => (*noun).to_string(),
            Value::Place(place) => place.name.to_string(),
            Value::Day(words) | Value::Text(words) => words.clone(),
        };
        text.contains(&words.to_lowercase())
    })
}

fn draw_affair(split: Split, dice: &mut Dice) -> (&'static Affair, Fill) {
    loop {
        let affair = dice.pick_ref(&AFFAIRS);
        let mut people: Vec<Person> = Vec::new();
        while people.len() < 3 {
            let person = Person(dice.below(PEOPLE));
            if people.iter().all(|other| other.trade().name != person.trade().name) {
                people.push(person);
            }
        }
        if split_of(affair.name, people[0].name()) != split {
            continue;
        }
        let place = dice.pick(&OPEN_PLACES);
        let mut fill = Fill::from([
            ('a', Value::Person(people[0])),
            ('b', Value::Person(people[1])),
            ('c', Value::Person(people[2])),
            ('p', Value::Place(place)),
            ('t', Value::Day(day(dice))),
            ('n', Value::Text(large_sum(dice))),
            ('k', Value::Text(sum(dice))),
            ('m', Value::Text(number(dice).to_string())),
        ]);
        for (gap, list) in [('x', affair.x), ('y', affair.y)] {
            if !list.is_empty() {
                fill.insert(gap, Value::Text(dice.pick(list).to_string()));
            }
        }
        // No tower beside the tower.
        let last = place.name.rsplit(' ').next();
        if matches!(&fill.get(&'x'), Some(Value::Text(x)) if x.rsplit(' ').next() == last) {
            continue;
        }
        return (affair, fill);
    }
}

/// One split of the summarization set, as JSONL.
pub fn jsonl(count: usize, split: Split, dice: &mut Dice) -> String {
    let mut text = String::new();
    for _ in 0..count {
        let Chronicle { document, summary } = chronicle(split, dice);
        text.push_str(&json!({"document": document, "summary": summary}).to_string());
        text.push('\n');
    }
    text
}

/// A chronicle and the clerk's entry.
pub fn entry(dice: &mut Dice) -> String {
    let Chronicle { document, summary } = chronicle(Split::Train, dice);
    format!("{document} The clerk wrote: {summary}")
}
