//! The families of constructions, how often each is used, and the small parts that all share.

use super::{plain, turns, wishes};

/// Ways to give an opinion: `both` fit either verdict.
pub struct Family {
    /// Out of a hundred.
    pub weight: usize,
    pub both: &'static [&'static str],
    pub praise: &'static [&'static str],
    pub blame: &'static [&'static str],
}

pub static FAMILIES: [Family; 11] = [
    plain::FRAGMENTS,
    plain::PHRASES,
    plain::SENTENCES,
    plain::LONG,
    turns::NEGATED,
    turns::CONTRAST,
    wishes::COMPARISON,
    wishes::EXPECTATION,
    wishes::CONDITIONAL,
    wishes::RECOMMENDATION,
    wishes::UNDERSTATEMENT,
];

/// What the opinion is about, where a sentence begins with it.
pub static SUBJECTS: [&str; 7] =
    ["the {item}", "this {item}", "it", "the whole thing", "the {kind}", "this", "our {item}"];
pub static STORY_SUBJECTS: [&str; 9] = [
    "the {item}",
    "the {item}",
    "this {item}",
    "this {kind}",
    "it",
    "{name}'s {item}",
    "{name}'s {kind}",
    "{title}",
    "the whole thing",
];

/// Short statements, for use within others.
pub static CLAUSES: [&str; 14] = [
    "it {verb}",
    "it {verb}",
    "it {be} {adj}",
    "it {be} {adj} and {adj}",
    "it {be} {int} {adj1}",
    "it {be} {deg} {sadj}",
    "the {asp} {is} {aadj}",
    "the {asp} {is} {aadj}",
    "it {be} a {noun}",
    "it {be} {verdict}",
    "the result {be} {adj}",
    "it {be} {crafted}",
    "the whole thing {feels} {adj}",
    "it {be} full of {qual}",
];

/// What may come first: it says nothing about the verdict.
pub static BEFORE: [&str; 8] = [
    "{title} tells of {person} {situation}. ",
    "{title} is about {person} {situation}. ",
    "in {title}, {name} plays {person} {situation}. ",
    "{companion} told me of {title}, {fact}. ",
    "{companion} recommended {title} to me. ",
    "this {kind} is {fact}. ",
    "{title} is a {kind} about {theme}. ",
    "when {person} meets {person}, both lives change. ",
];

/// What may follow.
pub static AFTER: [&str; 6] = ["; {cl}", ". {cl}", ". {remark}", ". {advice}", ". {cl}, and {cl}", ". {opener}, {cl}"];
