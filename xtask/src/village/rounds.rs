//! Rounds: names, goods, days and sums that are said in turn and said again, as children, carters and clerks do.

use super::world::{ANIMALS, Dice, PEOPLE, PLACES, Person, THINGS, TOWNS, day, sum, with_article};

/// One round. Mostly names: what is to be copied must vary while all else stays the same, or a small model learns
/// the frames and never finds out that it could copy.
pub fn round(dice: &mut Dice) -> String {
    match dice.below(10) {
        0 => said_again(&goods(dice), &LOADS, dice),
        1 => said_again(&stops(dice), &WAYS, dice),
        2 => said_again(&days(dice), &DATES, dice),
        3 => said_again(&sums(dice), &DEBTS, dice),
        _ => said_again(&names(dice), &CALLS, dice),
    }
}

/// The first saying, the second in the same order, and one that asks for what comes after something.
type Saying = [&'static str; 3];

const CALLS: [Saying; 4] = [
    ["The children called the names in turn: {}.", "And once more: {}.", "After {x} came {y}."],
    ["To the meeting came {}.", "They left as they had come: {}.", "Next to {x} sat {y}."],
    ["The clerk read out the list: {}.", "The list was read again: {}.", "Below {x} stood {y}."],
    ["In the round they sang of {}.", "Again they sang of {}.", "{x} was followed by {y}."],
];

const LOADS: [Saying; 3] = [
    ["Onto the cart went {}.", "Off the cart came {}.", "After {x} came {y}."],
    ["The notice said: for sale are {}.", "Sold were {}.", "Next to {x} stood {y}."],
    ["The child had to fetch {}.", "All the way it said: {}.", "After {x} came {y}."],
];

const WAYS: [Saying; 2] = [
    ["The carter went to {}.", "The next week the same way again: {}.", "After {x} came {y}."],
    ["The game was to run to {}.", "Then all over again: {}.", "From {x} they ran to {y}."],
];

const DATES: [Saying; 2] = [
    ["The children said: {}.", "And once more: {}.", "After {x} came {y}."],
    ["The ferry sails on {}.", "It comes back on {}.", "After {x} comes {y}."],
];

const DEBTS: [Saying; 2] = [
    ["The clerk called out the debts: {}.", "The debts were read again: {}.", "After {x} came {y}."],
    ["Bids were made: {}.", "The clerk wrote down: {}.", "Above {x} stood {y}."],
];

/// Some of the items of a list, each once.
fn some(count: usize, total: usize, dice: &mut Dice) -> Vec<usize> {
    let mut all: Vec<usize> = (0..total).collect();
    dice.shuffle(&mut all);
    all.truncate(count);
    all
}

fn names(dice: &mut Dice) -> Vec<String> {
    let count = dice.between(4, 8);
    some(count, PEOPLE, dice).into_iter().map(|at| Person(at).name().to_string()).collect()
}

fn distinct(count: usize, item: impl Fn(&mut Dice) -> String, dice: &mut Dice) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    while all.len() < count {
        let next = item(dice);
        if !all.contains(&next) {
            all.push(next);
        }
    }
    all
}

fn days(dice: &mut Dice) -> Vec<String> {
    distinct(dice.between(3, 5), day, dice)
}

fn sums(dice: &mut Dice) -> Vec<String> {
    distinct(dice.between(3, 5), sum, dice)
}

fn goods(dice: &mut Dice) -> Vec<String> {
    let count = dice.between(4, 7);
    let noun = |at: usize| THINGS.get(at).or_else(|| ANIMALS.get(at - THINGS.len()));
    let all = some(count, THINGS.len() + ANIMALS.len(), dice);
    all.into_iter().filter_map(noun).map(|noun| with_article(noun)).collect()
}

fn stops(dice: &mut Dice) -> Vec<String> {
    let count = dice.between(4, 6);
    if dice.chance(40) {
        some(count, TOWNS.len(), dice).into_iter().map(|at| TOWNS[at].to_string()).collect()
    } else {
        some(count, PLACES.len(), dice).into_iter().map(|at| PLACES[at].name.to_string()).collect()
    }
}

fn said_again(items: &[String], sayings: &[Saying], dice: &mut Dice) -> String {
    let [first, again, after] = *dice.pick_ref(sayings);
    let list = items.join(", ");
    let mut text = format!("{} {}", first.replace("{}", &list), again.replace("{}", &list));
    for _ in 0..dice.below(3) {
        text = format!("{text} {}", again.replace("{}", &list));
    }
    for _ in 0..2 {
        let at = dice.below(items.len() - 1);
        text = format!("{text} {}", after.replace("{x}", &items[at]).replace("{y}", &items[at + 1]));
    }
    super::tell::capitalise(&mut text, 0);
    text
}
