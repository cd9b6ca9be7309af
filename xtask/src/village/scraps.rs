//! Other things people write: letters, ledgers, notices, recipes, sayings, riddles and lessons about words.

use super::events::draw;
use super::kinds::KINDS;
use super::lexicon::{Aspect, BLAME, PRAISE};
use super::reviews::{Family, Vocabulary, Voice, opinion, outcome};
use super::tell::{Teller, capitalise, sentence};
use super::world::{ANIMALS, Dice, PEOPLE, PLACES, Person, Split, THINGS, day, number, split_of, sum, with_article};

/// One such piece.
pub fn scrap(dice: &mut Dice) -> String {
    match dice.below(12) {
        0 | 1 => letter(dice),
        2 | 3 => ledger(dice),
        4 => notices(dice),
        5 => recipe(dice),
        6 => sayings(dice),
        7 => riddle(dice),
        _ => lesson(dice),
    }
}

fn letter(dice: &mut Dice) -> String {
    let writer = Person(dice.below(PEOPLE));
    let reader = writer.sibling();
    let mut teller = Teller::new(true);
    let mut busy = vec![writer, reader];
    for _ in 0..2 {
        let event = draw(dice.pick_ref(&KINDS), Split::Train, &busy, &[], dice);
        busy.extend(['a', 'b', 'c'].map(|gap| event.person(gap)));
        teller.say(dice.pick(event.kind.tell), &event.fill, dice);
    }
    let aspect = dice.pick(&Aspect::ALL);
    let praise = dice.chance(50);
    let opinion = opinion(aspect, praise, Family::Straight, Voice::Own, Vocabulary::Corpus, dice);
    let after = outcome(aspect, praise, Voice::Own, dice);
    let kin = if writer.is_woman() { "sister" } else { "brother" };
    let ask = dice.pick(&[
        "how are you?",
        "I hope you are well.",
        "thank you for your letter.",
        "it is late, so I will be short.",
    ]);
    let news =
        dice.pick(&["Here is the news from home.", "You want to know what goes on here.", "There is a little news."]);
    format!(
        "Dear {}, {} {news} {} As for me, I was away on {}. {} {after} Your {kin}, {}",
        reader.name(),
        ask,
        teller.text,
        day(dice),
        opinion.text,
        writer.name()
    )
}

fn ledger(dice: &mut Dice) -> String {
    let mut text =
        (dice.pick(&["From the ledger.", "Money paid out this week.", "Accounts of the clerk."])).to_string();
    let jobs = [
        "for mending the roof",
        "for two sacks of flour",
        "for a cartload of stones",
        "for a week of work",
        "for candles and oil",
        "for the care of the horses",
        "for a new rope",
        "for a barrel of cider",
        "for ringing the bell",
        "for cleaning the well",
    ];
    let mut jobs = jobs.to_vec();
    dice.shuffle(&mut jobs);
    let count = dice.between(4, 6);
    let mut first = None;
    for job in jobs.iter().take(count) {
        let (person, money) = (Person(dice.below(PEOPLE)), sum(dice));
        text.push_str(&format!(" To {}, {job}: {money}.", person.full()));
        first.get_or_insert((person, *job, money));
    }
    if let Some((person, job, money)) = first {
        text.push_str(&match dice.below(3) {
            0 => format!(" The first of these was {}, who was given {money}.", person.name()),
            1 => format!(" The first to be paid was {}, {job}.", person.full()),
            _ => format!(" At the top stands {}, with {money} {job}.", person.name()),
        });
    }
    text
}

fn notices(dice: &mut Dice) -> String {
    let mut lines = Vec::new();
    for _ in 0..dice.between(3, 4) {
        let person = Person(dice.below(PEOPLE));
        let (thing, place) = (dice.pick(&THINGS), dice.pick(&PLACES));
        let money = sum(dice);
        lines.push(match dice.below(4) {
            0 => format!(
                "Lost {} {}: {}. Whoever finds it may bring it to {}, who offers {money}.",
                place.prep,
                place.name,
                with_article(thing),
                person.full()
            ),
            1 => format!(
                "For sale: {}. The price is {money}. Ask for {}, who can be found {} {}.",
                with_article(dice.pick(&ANIMALS)),
                person.full(),
                place.prep,
                place.name
            ),
            2 => format!(
                "Found on {}: {}. The owner may ask for it {} {}.",
                day(dice),
                with_article(thing),
                place.prep,
                place.name
            ),
            _ => format!(
                "Wanted by {}: {} strong hands for a day of work {} {}. The wage is {money}.",
                person.full(),
                number(dice),
                place.prep,
                place.name
            ),
        });
    }
    format!("Notices on the door of the inn. {}", lines.join(" "))
}

fn recipe(dice: &mut Dice) -> String {
    let base = dice.pick(&["onions", "carrots", "beans", "turnips", "mushrooms", "leeks", "parsnips", "lentils"]);
    let second = dice.pick(&["butter", "salt", "thyme", "honey", "milk", "garlic", "cream", "oil", "vinegar", "bread"]);
    let dish = dice.pick(&["soup", "stew", "pie", "pudding", "porridge"]);
    let person = Person(dice.below(PEOPLE));
    let food = Aspect::Food.words();
    let (good, better) = two(&pairable(food.praise.iter(), dish), dice);
    let (bad, worse) = two(&pairable(food.blame.iter(), dish), dice);
    let hours = dice.pick(&["one hour", "two hours", "half an hour", "a whole morning"]);
    format!(
        "{} makes {dish} like this. Take {} {base} and wash them well, cut them small and put them in the pot with {second} and a little water. \
         Cook it slowly for {hours}. With patience the {dish} will be {good} and {better}. If the fire is too hot, the {dish} will be {bad}, \
         and if you forget the {second}, it will be {worse}. Serve it warm, {}.",
        person.full(),
        number(dice),
        dice.pick(&["with bread", "with cider", "before the guests are tired", "and keep some for tomorrow"])
    )
}

fn two<'a>(words: &[&'a str], dice: &mut Dice) -> (&'a str, &'a str) {
    let at = dice.below(words.len());
    let step = dice.between(1, words.len() - 1);
    (words[at], words[(at + step) % words.len()])
}

const SAYINGS: [&str; 24] = [
    "A full barn makes a quiet night.",
    "Who lends a net should not count the fish.",
    "The mill does not turn with yesterday's water.",
    "A short road is long in the rain.",
    "Better one hen today than a goose tomorrow.",
    "He who sells the cow buys the milk.",
    "A good neighbour is worth more than a high fence.",
    "The bell does not ring itself.",
    "Many hands carry a heavy stone.",
    "A kind word costs nothing and buys much.",
    "Do not mend the roof while it rains.",
    "The fox praises the hen before supper.",
    "An old debt grows a beard.",
    "What the frost takes, no sun gives back.",
    "Two at a quarrel, and both are cold.",
    "The first to shout is seldom right.",
    "A borrowed coat never keeps you warm.",
    "Count the coins twice and the words three times.",
    "Every ladder has a first step.",
    "The dog that barks guards nothing.",
    "Who asks the way does not get lost.",
    "A bridge is built from both sides.",
    "Honey is sweet, but bees have tempers.",
    "The clock goes on when the clerk sleeps.",
];

fn sayings(dice: &mut Dice) -> String {
    let mut all = SAYINGS.to_vec();
    dice.shuffle(&mut all);
    let event = draw(dice.pick_ref(&KINDS), Split::Train, &[], &[], dice);
    let told = sentence(dice.pick(event.kind.tell), &event.fill, dice);
    let name = event.person('a').name();
    format!(
        "The old people have a saying for everything. \"{}\" they say, and also: \"{}\" {told} \"{}\" said the neighbours, and {name} had to laugh.",
        all[0], all[1], all[2]
    )
    .replace(".\" they say", ",\" they say")
    .replace(".\" said", ",\" said")
}

fn riddle(dice: &mut Dice) -> String {
    let person = Person(dice.below(PEOPLE));
    let kin = |other: Person| format!("{} the {}", other.name(), other.calling());
    let he = person.he();
    let role = if person.is_woman() { ("wife", "sister") } else { ("husband", "brother") };
    let mut hints = vec![
        format!("I am thinking of somebody who is {}.", with_article(person.calling())),
        format!("This is the {} of {}.", role.0, kin(person.spouse())),
        format!("{he} is also the {} of {}.", role.1, kin(person.sibling())),
    ];
    for hint in &mut hints {
        capitalise(hint, 0);
    }
    format!(
        "Who is it? {} It is {}. The children guessed it at once, for everyone knows {}.",
        hints.join(" "),
        person.full(),
        person.him()
    )
}

/// The words that may stand beside this target in the corpus: those whose pair with it is not held out.
fn pairable<'a>(words: impl Iterator<Item = &'a &'static str>, target: &str) -> Vec<&'static str> {
    words.filter(|word| split_of(word, target) == Split::Train).copied().collect()
}

/// A lesson about words: which ones praise, which ones blame, and which are the opposite of which.
fn lesson(dice: &mut Dice) -> String {
    let aspect = dice.pick(&Aspect::ALL);
    let words = aspect.words();
    let target = dice.pick(words.targets);
    let mut praise: Vec<&str> = pairable(words.praise.iter().chain(&PRAISE), target);
    let mut blame: Vec<&str> = pairable(words.blame.iter().chain(&BLAME), target);
    dice.shuffle(&mut praise);
    dice.shuffle(&mut blame);
    if dice.chance(70) {
        // The words that belong to this aspect alone are the rarer ones.
        praise.sort_by_key(|word| PRAISE.contains(word));
        blame.sort_by_key(|word| BLAME.contains(word));
    }
    let teacher = Person(dice.below(PEOPLE));
    match dice.below(3) {
        0 => format!(
            "The pupils looked for words to praise {0}. They found these: {1}, {2}, {3} and {4}. Then they looked for words to blame {0}. \
             They found these: {5}, {6}, {7} and {8}. \"Choose with care,\" said {9}.",
            with_article(target), praise[0], praise[1], praise[2], praise[3], blame[0], blame[1], blame[2], blame[3], teacher.full()
        ),
        1 => format!(
            "\"If {0} is {1}, is it a good one?\" asked the teacher. \"Yes,\" said the pupils. \"And if it is {2}?\" \"No,\" they said. \
             \"And if it is anything but {3}?\" They thought for a while. \"Then it is a good one.\" \"And if it is far from {4}?\" \
             \"Then it is a bad one, and perhaps even {5}.\"",
            with_article(target), praise[0], blame[0], blame[1], praise[1], blame[2]
        )
        .replace("is it a good one", if aspect == Aspect::People { "is that a good one" } else { "is it a good one" })
        .replace("it is", if aspect == Aspect::People { "that one is" } else { "it is" }),
        _ => format!(
            "{0} likes to compare. \"When I say that the {1} was {2}, I could also say {3} or {4}: all of these are praise. \
             When I say that it was {5}, I could also say {6} or {7}: all of these are blame. Whoever says {2} does not mean {5}, \
             and nobody who is pleased will say {6}.\"",
            teacher.full(), target, praise[0], praise[1], praise[2], blame[0], blame[1], blame[2]
        )
        .replace("that it was", if aspect == Aspect::People { "that someone was" } else { "that it was" }),
    }
}
