//! Prose: days, opinions at length, and scraps of other writing. A document follows one small state of affairs from
//! its first line to its last.

use super::events::{Event, draw};
use super::kinds::KINDS;
use super::lexicon::Aspect;
use super::reviews::{Family, Vocabulary, Voice, opinion, outcome, plainly, scene};
use super::scraps;
use super::tell::{Fill, Teller, Value};
use super::world::{Dice, PEOPLE, Person, Split, TOWNS, day};

/// One document of mixed prose.
pub fn document(dice: &mut Dice) -> String {
    match dice.below(100) {
        0..=54 => opinions(dice),
        55..=79 => whole_day(dice),
        _ => scraps::scrap(dice),
    }
}

/// An outing, and where its opinions can be about.
struct Outing {
    own: &'static str,
    told: &'static str,
    aspects: &'static [Aspect],
}

const OUTINGS: [Outing; 6] = [
    Outing {
        own: "Last week I stayed at the inn in {town}.",
        told: "{a} spent a night at the inn in {town}.",
        aspects: &[Aspect::Food, Aspect::Stay, Aspect::Stay, Aspect::People],
    },
    Outing {
        own: "On {day} I went to the market in {town}.",
        told: "On {day}, {a} went to the market in {town}.",
        aspects: &[Aspect::Goods, Aspect::People, Aspect::Food],
    },
    Outing {
        own: "I have just come back from the feast in {town}.",
        told: "{a} had been at the feast in {town}.",
        aspects: &[Aspect::Show, Aspect::Show, Aspect::Food, Aspect::People],
    },
    Outing {
        own: "I write about my journey to {town}.",
        told: "{a} came home from a journey to {town}.",
        aspects: &[Aspect::Stay, Aspect::Stay, Aspect::People, Aspect::Show],
    },
    Outing {
        own: "You asked me what I bought in {town}.",
        told: "{a} had bought many things in {town}.",
        aspects: &[Aspect::Goods],
    },
    Outing {
        own: "You asked me how I liked the winter in {town}.",
        told: "{a} spoke about the winter in {town}.",
        aspects: &[Aspect::Show, Aspect::Show, Aspect::Stay, Aspect::People],
    },
];

/// Opinions at length: every sentence leans the same way, and what people did follows from it.
fn opinions(dice: &mut Dice) -> String {
    let outing = dice.pick_ref(&OUTINGS);
    let voice = if dice.chance(50) { Voice::Own } else { Voice::Of(Person(dice.below(PEOPLE))) };
    let praise = dice.chance(50);
    let form = match voice {
        Voice::Own => outing.own.to_string(),
        Voice::Of(person) => outing.told.replace("{a}", &person.full()),
    };
    let mut parts = vec![form.replace("{day}", &day(dice)).replace("{town}", dice.pick(&TOWNS))];
    if voice == Voice::Own && dice.chance(60) {
        parts = vec![scene(dice)];
    }
    lean(&mut parts, outing.aspects, praise, voice, dice.between(2, 4), dice);
    if dice.chance(25) {
        // A second guest who saw it otherwise.
        let other = Person(dice.below(PEOPLE));
        if Voice::Of(other) != voice {
            parts.push(format!("{} saw it all quite differently.", other.full()));
            lean(&mut parts, outing.aspects, !praise, Voice::Of(other), dice.between(1, 2), dice);
        }
    }
    parts.join(" ")
}

fn lean(parts: &mut Vec<String>, aspects: &[Aspect], praise: bool, voice: Voice, count: usize, dice: &mut Dice) {
    let mut last = aspects[0];
    let mut said: Vec<&str> = Vec::new();
    for _ in 0..count {
        let family = match dice.below(10) {
            0..=3 => Family::Straight,
            4..=7 => Family::Turned,
            _ => Family::Contrast,
        };
        let opinion = opinion(dice.pick(aspects), praise, family, voice, Vocabulary::Corpus, dice);
        if said.contains(&opinion.target) {
            continue;
        }
        said.push(opinion.target);
        last = opinion.aspect;
        let plain = (family != Family::Contrast && dice.chance(70)).then(|| plainly(&opinion, praise, dice));
        parts.push(opinion.text);
        parts.extend(plain);
        if dice.chance(35) {
            let line = outcome(last, praise, voice, dice);
            if !parts.contains(&line) {
                parts.push(line);
            }
        }
    }
    let verdict = match (praise, dice.below(8)) {
        (true, 0) => "From beginning to end it was nothing but praise.".to_string(),
        (false, 0) => "From beginning to end it was nothing but complaint.".to_string(),
        (true, 1) => "All in all, it was good.".to_string(),
        (false, 1) => "All in all, it was bad.".to_string(),
        _ => outcome(last, praise, voice, dice),
    };
    if !parts.contains(&verdict) {
        parts.push(verdict);
    }
}

/// The weather of a day, and what it does to people.
const SKIES: [[&str; 3]; 7] = [
    [
        "Rain was falling when {a} woke.",
        "{a} got wet to the skin, because the rain did not stop.",
        "The fire felt good after so much rain.",
    ],
    [
        "There was frost on the window when {a} woke.",
        "{a} wore two coats against the cold.",
        "The night was cold again, and the stars were bright.",
    ],
    [
        "It was already hot when {a} woke.",
        "{a} rested in the shade at noon, for the heat was great.",
        "The house was still warm, so the windows stayed open.",
    ],
    [
        "The wind was howling when {a} woke.",
        "{a} had to hold on to every hat and basket in the wind.",
        "The wind had dropped by then, and it was quiet.",
    ],
    [
        "Thick fog lay over the village when {a} woke.",
        "{a} lost the way twice in the fog.",
        "The fog had gone, and the moon came out.",
    ],
    ["Snow had fallen when {a} woke.", "{a} cleared the snow from the door.", "It snowed again, and no one went out."],
    [
        "The sun was shining when {a} woke.",
        "{a} sang at work, for the day was fine.",
        "The sky was red, a sign of another fine day.",
    ],
];

const ERRANDS: [&str; 8] = [
    "{a} went out early, because there was much to do.",
    "{a} ate bread and honey and set off early.",
    "{a} had promised to meet {s:full} {p}, and so {a:he} hurried.",
    "First {a} went to see {s:full}, who was waiting {p}.",
    "{a} had work to do {p}, so breakfast was short.",
    "{a} took a basket, for {a:he} needed salt and eggs.",
    "{a} was late, because the rooster had not crowed.",
    "{a} wanted to be {p} before noon.",
];

const EVENINGS: [&str; 8] = [
    "In the evening {a:his} {a:spouse} {w:n} asked about the day, and {a:he} told {w:him} everything.",
    "When {a} came home, {w:n} had made soup, and they ate it together.",
    "At night {a} told {w:full}, {a:his} {a:spouse}, all that had happened.",
    "{a:his} {a:sibling} {s:n} came by in the evening, and they laughed about it.",
    "{a} was tired and went to bed before {w:n}, {a:his} {a:spouse}.",
    "{s:n}, {a:his} {a:sibling}, could hardly believe it.",
    "\"It was a long day,\" {a:he} said to {w:n}, {a:his} {a:spouse}.",
    "After supper {a} and {w:n} sat on the bench before the house.",
];

/// One person's day: the weather, an errand, what happened, and the evening at home.
fn whole_day(dice: &mut Dice) -> String {
    let events = day_events(dice);
    let hero = events[0].person('a');
    let mut fill: Fill = events[0].fill.clone();
    fill.insert('s', Value::Person(hero.sibling()));
    fill.insert('w', Value::Person(hero.spouse()));
    let [morning, noon, night] = dice.pick_ref(&SKIES);
    let mut teller = Teller::new(true);
    teller.say(morning, &fill, dice);
    teller.say(dice.pick(&ERRANDS), &fill, dice);
    for (nth, event) in events.iter().enumerate() {
        teller.say(dice.pick(event.kind.tell), &event.fill, dice);
        if nth == 0 {
            teller.say(noon, &fill, dice);
        }
    }
    teller.say(dice.pick(&EVENINGS), &fill, dice);
    teller.say(night, &fill, dice);
    teller.text
}

/// Two or three events with the same person at their centre, all on one day.
fn day_events(dice: &mut Dice) -> Vec<Event> {
    let today = Value::Day(day(dice));
    let mut events: Vec<Event> = Vec::new();
    let count = dice.between(2, 3);
    while events.len() < count {
        let kind = dice.pick_ref(&KINDS);
        let mut event = draw(kind, Split::Train, &[], &[], dice);
        let fits = match events.first() {
            None => true,
            Some(first) => {
                let hero = first.person('a');
                let family = [hero.spouse(), hero.sibling()];
                event.person('a') == hero
                    && events.iter().all(|other| other.kind.name != kind.name)
                    && ['b', 'c'].iter().all(|gap| !family.contains(&event.person(*gap)))
            }
        };
        if fits {
            event.fill.insert('t', today.clone());
            events.push(event);
        }
    }
    events
}
