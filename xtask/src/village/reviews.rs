//! Opinions: frames that carry a word's polarity unchanged or turn it round, and the labelled set made of them.

use std::collections::BTreeSet;

use serde_json::json;

use super::lexicon::{AFTER_BLAME, AFTER_PRAISE, Aspect, only_in_corpus};
use super::tell::capitalise;
use super::world::{Dice, Person, Split, TOWNS, day, split_of, with_article};

/// A way to give an opinion. `{T}` is the target and `{w}` the word about it, `{X}` and `{u}` a second pair,
/// `{v}` a second word about the target, `{I}` and `{my}` whoever speaks.
struct Frame {
    form: &'static str,
    /// Whether `w` has the polarity of the whole; `v` and `u` always have.
    straight: bool,
    /// The verdict this frame is for, where it fits only one.
    only: Option<bool>,
}

const fn straight(form: &'static str) -> Frame {
    Frame { form, straight: true, only: None }
}

const fn turned(form: &'static str) -> Frame {
    Frame { form, straight: false, only: None }
}

const fn only(praise: bool, straight: bool, form: &'static str) -> Frame {
    Frame { form, straight, only: Some(praise) }
}

static STRAIGHT: [Frame; 15] = [
    straight("{T} was {w}."),
    straight("{I} found {T} {w}."),
    straight("What {aw} {t} that was!"),
    straight("{T} was {w}, and {v} too."),
    straight("{T} was both {w} and {v}."),
    straight("{T} could hardly have been more {w}."),
    straight("They say that {T} is {w}, and they are right."),
    straight("{I} expected {T} to be {w}, and so it proved."),
    straight("Nobody could deny that {T} was {w}."),
    straight("No one should doubt that {T} was {w}."),
    straight("It would be a lie to call {T} anything but {w}."),
    straight("Never had {I} known {at} so {w}."),
    only(true, true, "{I} hoped for {aw} {t}, and {I} was not disappointed."),
    only(false, true, "{I} feared that {T} would be {w}, and the fear was not for nothing."),
    straight("{I} could not get over how {w} {T} was."),
];

static TURNED: [Frame; 16] = [
    turned("Not once did {I} find {T} {w}."),
    turned("{T} was anything but {w}."),
    turned("{T} was far from {w}."),
    turned("There was nothing {w} about {T}."),
    turned("{I} was told that {T} was {w}, but that was quite untrue."),
    turned("{my} brother called {T} {w}, but {I} thought the very opposite."),
    turned("They say that {T} is {w}, and they are wrong."),
    turned("{I} expected {T} to be {w}, but that was not so at all."),
    turned("{T} could hardly have been less {w}."),
    turned("It would be a lie to call {T} {w}."),
    turned("It is not true that {T} was {w}."),
    turned("{T} used to be {w}, but now the opposite is true."),
    only(true, false, "{I} feared that {T} would be {w}, but the fear was for nothing."),
    only(true, false, "{T} was never {w}, not for a moment."),
    only(false, false, "{I} hoped for {aw} {t}, and {I} hoped in vain."),
    only(false, false, "{T} was never {w}, not for a moment."),
];

/// Here `w` is the weaker side; `u` decides.
static CONTRAST: [Frame; 11] = [
    turned("Although {T} was {w}, {X} was so {u} that nothing else mattered."),
    turned("{T} was {w}, but what really counted was how {u} {X} was."),
    turned("Last year {T} was {w}, but this time it was {u}."),
    turned("{T} looked {w} at first and turned out to be {u}."),
    only(true, false, "{T} was {w}, but {X} was {u} and more than made up for it."),
    only(true, false, "{X} was so {u} that {I} soon forgave {T}, {w} as it was."),
    only(true, false, "{T} was {w}; all the same, {I} was glad to have come, for {X} was {u}."),
    only(false, false, "{T} was {w}, but {X} was {u} and spoilt everything."),
    only(false, false, "Not even {T}, {w} as it was, could make up for {X}, which was {u}."),
    only(false, false, "{T} was {w}; all the same, {I} was sorry to have come, for {X} was {u}."),
    turned("{my} brother spoke of {aw} {t}; {I} found it {u}."),
];

const SCENES: [&str; 10] = [
    "On {day} I was in {town}.",
    "I spent {day} in {town} with my family.",
    "This is about my visit to {town}.",
    "We came to {town} on {day}.",
    "You asked me about {town}.",
    "My sister and I stopped in {town} on the way.",
    "I had business in {town} on {day}.",
    "I write this on the road from {town}.",
    "Here is what I have to say about {town}.",
    "It was my first time in {town}.",
];

/// The three families of frames.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Family {
    Straight,
    Turned,
    Contrast,
}

impl Family {
    /// Straight and turned ones equally often, contrasts a little less.
    pub fn draw(dice: &mut Dice) -> Self {
        match dice.below(100) {
            0..=35 => Family::Straight,
            36..=71 => Family::Turned,
            _ => Family::Contrast,
        }
    }
}

/// Whose opinion it is: the writer's own, or that of a villager who is being told about.
#[derive(Clone, Copy, PartialEq)]
pub enum Voice {
    Own,
    Of(Person),
}

impl Voice {
    fn fill(self, form: &str) -> String {
        match self {
            Voice::Own => form.replace("{I} has", "I have").replace("{I}", "I").replace("{my}", "my"),
            Voice::Of(person) => form.replace("{I}", person.he()).replace("{my}", person.his()),
        }
    }
}

/// An opinion about one target.
pub struct Opinion {
    pub text: String,
    pub aspect: Aspect,
    pub target: &'static str,
}

/// Which words an opinion may use.
#[derive(Clone, Copy, PartialEq)]
pub enum Vocabulary {
    /// Training: pairs of word and target that are not held out, and no word kept for the corpus.
    Labelled,
    /// Dev and test: pairs of word and target that are held out; half the words kept for the corpus.
    HeldOut,
    /// The corpus: every word, in pairs that are not held out.
    Corpus,
}

fn word(
    aspect: Aspect,
    praise: bool,
    target: &str,
    vocabulary: Vocabulary,
    not: &str,
    dice: &mut Dice,
) -> &'static str {
    let fresh = vocabulary == Vocabulary::HeldOut && dice.chance(50);
    let wanted = match vocabulary {
        Vocabulary::HeldOut => Split::HeldOut,
        Vocabulary::Labelled | Vocabulary::Corpus => Split::Train,
    };
    let all = aspect.polar(praise);
    let fitting: Vec<&'static str> = all
        .iter()
        .filter(|word| **word != not && split_of(word, target) == wanted)
        .filter(|word| match vocabulary {
            Vocabulary::Labelled => !only_in_corpus(word),
            Vocabulary::HeldOut => only_in_corpus(word) == fresh,
            Vocabulary::Corpus => true,
        })
        .copied()
        .collect();
    if fitting.is_empty() { word(aspect, praise, target, vocabulary, not, dice) } else { dice.pick(&fitting) }
}

/// One opinion of the given verdict.
pub fn opinion(
    aspect: Aspect,
    praise: bool,
    family: Family,
    voice: Voice,
    vocabulary: Vocabulary,
    dice: &mut Dice,
) -> Opinion {
    let frames: &[Frame] = match family {
        Family::Straight => &STRAIGHT,
        Family::Turned => &TURNED,
        Family::Contrast => &CONTRAST,
    };
    let person = aspect == Aspect::People;
    let frame = loop {
        let frame = dice.pick_ref(frames);
        let speaks_of_things =
            ["it was", "which was", "it proved", "found it"].iter().any(|it| frame.form.contains(it));
        if frame.only.is_none_or(|only| only == praise) && !(person && speaks_of_things) {
            break frame;
        }
    };
    let target = dice.pick(aspect.words().targets);
    let other = loop {
        let other = dice.pick(aspect.words().targets);
        if other != target {
            break other;
        }
    };
    // A second word about the same target is judged by that target's own pairs.
    let second = if frame.form.contains("{X}") { other } else { target };
    let w = word(aspect, praise == frame.straight, target, vocabulary, "", dice);
    let u = word(aspect, praise, second, vocabulary, w, dice);
    let text = frame
        .form
        .replace("{aw}", &with_article(w))
        .replace("{at}", &with_article(target))
        .replace("{T}", &format!("the {target}"))
        .replace("{t}", target)
        .replace("{X}", &format!("the {other}"))
        .replace("{w}", w)
        .replace("{u}", u)
        .replace("{v}", u);
    let mut text = voice.fill(&text);
    capitalise(&mut text, 0);
    Opinion { text, aspect, target }
}

/// What follows from an opinion: half the time something that fits the target, else something general.
pub fn outcome(aspect: Aspect, praise: bool, voice: Voice, dice: &mut Dice) -> String {
    let words = aspect.words();
    let form = match (dice.chance(60), praise) {
        (true, true) => dice.pick(words.after_praise),
        (true, false) => dice.pick(words.after_blame),
        (false, true) => dice.pick(&AFTER_PRAISE),
        (false, false) => dice.pick(&AFTER_BLAME),
    };
    let mut text = voice.fill(form);
    capitalise(&mut text, 0);
    text
}

/// The same verdict in plain words: what an opinion comes to.
pub fn plainly(opinion: &Opinion, praise: bool, dice: &mut Dice) -> String {
    let w = word(opinion.aspect, praise, opinion.target, Vocabulary::Corpus, "", dice);
    let v = word(opinion.aspect, praise, opinion.target, Vocabulary::Corpus, w, dice);
    let target = opinion.target;
    match dice.below(4) {
        0 => format!("In other words, the {target} was {w}."),
        1 => format!("In short, the {target} was {w} and {v}."),
        2 => format!("To put it plainly, this was {} {target}.", with_article(w)),
        _ => format!("The word for the {target} is {w}."),
    }
}

/// Where the writer was: says nothing about the verdict.
pub fn scene(dice: &mut Dice) -> String {
    let form = dice.pick(&SCENES);
    form.replace("{day}", &day(dice)).replace("{town}", dice.pick(&TOWNS))
}

/// A short text as a guest writes it: perhaps where it was, an opinion, and perhaps what came of it.
pub fn entry(
    aspect: Aspect,
    praise: bool,
    family: Family,
    vocabulary: Vocabulary,
    framed: usize,
    dice: &mut Dice,
) -> String {
    let mut text = opinion(aspect, praise, family, Voice::Own, vocabulary, dice).text;
    if dice.chance(framed) {
        text = format!("{} {text}", scene(dice));
    }
    if dice.chance(framed) {
        text = format!("{text} {}", outcome(aspect, praise, Voice::Own, dice));
    }
    text
}

/// One split of the sentiment set: half praise, half blame, no text twice.
pub fn labelled(
    count: usize,
    vocabulary: Vocabulary,
    avoid: &BTreeSet<String>,
    dice: &mut Dice,
) -> Vec<(String, bool)> {
    let mut seen = avoid.clone();
    let mut rows = Vec::new();
    while rows.len() < count {
        let praise = rows.len() % 2 == 0;
        let aspect = dice.pick(&Aspect::ALL);
        let text = entry(aspect, praise, Family::draw(dice), vocabulary, 35, dice);
        if seen.insert(text.clone()) {
            rows.push((text, praise));
        }
    }
    dice.shuffle(&mut rows);
    rows
}

/// The rows as JSONL.
pub fn jsonl(rows: &[(String, bool)]) -> String {
    let mut text = String::new();
    for (row, praise) in rows {
        let label = if *praise { "positive" } else { "negative" };
        text.push_str(&json!({"text": row, "label": label}).to_string());
        text.push('\n');
    }
    text
}
