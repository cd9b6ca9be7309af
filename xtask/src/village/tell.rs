//! Sentences with named gaps: `{a}` is whoever fills gap `a`, mentioned in full the first time, by name
//! later, by pronoun where the person leads two sentences in a row.
//!
//! A form may follow the gap: `{a:he}`, `{a:him}`, `{a:his}`, `{a:n}` (name only), `{a:full}`; `{o}` is
//! "a mule" and `{o:the}` "the mule"; `{p}` is "at the mill" and `{p:n}` "the mill"; `{t}` is "on Monday".

use std::collections::BTreeMap;
use std::ops::Range;

use super::world::{Dice, Person, Place, with_article};

/// What fills a gap.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Person(Person),
    Thing(&'static str),
    Place(Place),
    Day(String),
    Text(String),
}

/// The gaps of a sentence and what fills them.
pub type Fill = BTreeMap<char, Value>;

/// A text under way.
pub struct Teller {
    pub text: String,
    pronouns: bool,
    /// Whether a first mention tells the trade too.
    full: bool,
    named: BTreeMap<usize, Range<usize>>,
    lead: Option<Person>,
}

/// Where in the text each gap of a told sentence can be read, in bytes (the world is ASCII, so also in
/// characters). A pronoun points back to the name it stands for.
pub type Told = BTreeMap<char, Range<usize>>;

impl Teller {
    /// A new text; with `pronouns`, a person who leads two sentences in a row becomes "he" or "she".
    pub fn new(pronouns: bool) -> Self {
        Teller { text: String::new(), pronouns, full: true, named: BTreeMap::new(), lead: None }
    }

    /// A text that goes on from `opening` and calls everybody by name alone.
    pub fn by_name(opening: &str) -> Self {
        Teller { text: opening.to_string(), full: false, ..Teller::new(true) }
    }

    /// Adds a sentence (or several) and says where its gaps ended up.
    pub fn say(&mut self, template: &str, fill: &Fill, dice: &mut Dice) -> Told {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push(' ');
        }
        let start = self.text.len();
        let mut told = Told::new();
        let mut rest = template;
        let leader = leading_person(template, fill);
        while let Some(open) = rest.find('{') {
            self.text.push_str(&rest[..open]);
            let close = open + rest[open..].find('}').expect("gap is closed");
            let (gap, form) = parse_gap(&rest[open + 1..close]);
            rest = &rest[close + 1..];
            let value = fill.get(&gap).unwrap_or_else(|| panic!("no `{gap}` for: {template}"));
            let at_start = self.text.len() == start;
            let span = self.fill(value, form, at_start && leader.is_some(), dice);
            if let Some(span) = span {
                told.entry(gap).or_insert(span);
            }
        }
        self.text.push_str(rest);
        self.lead = leader;
        capitalise(&mut self.text, start);
        told
    }

    fn fill(&mut self, value: &Value, form: &str, leads: bool, dice: &mut Dice) -> Option<Range<usize>> {
        let start = self.text.len();
        match (value, form) {
            (Value::Person(person), "") if leads && self.pronouns && self.lead == Some(*person) => {
                if dice.chance(70) {
                    self.text.push_str(person.he());
                    return self.named.get(&person.0).cloned();
                }
                self.text.push_str(person.name());
            }
            (Value::Person(person), "") if self.full && !self.named.contains_key(&person.0) => {
                self.text.push_str(&person.full());
            }
            (Value::Person(person), "full") => self.text.push_str(&person.full()),
            (Value::Person(person), "" | "n") => self.text.push_str(person.name()),
            (Value::Person(person), _) => {
                self.text.push_str(pronoun(*person, form));
                return None;
            }
            (Value::Thing(noun), "the") => self.text.push_str(&format!("the {noun}")),
            (Value::Thing(noun), "n") => self.text.push_str(noun),
            (Value::Thing(noun), _) => self.text.push_str(&with_article(noun)),
            (Value::Place(place), "n") => self.text.push_str(place.name),
            (Value::Place(place), _) => {
                self.text.push_str(&format!("{} {}", place.prep, place.name));
                return Some(self.text.len() - place.name.len()..self.text.len());
            }
            (Value::Day(day), "n") => self.text.push_str(day),
            (Value::Day(day), _) => {
                self.text.push_str(&format!("on {day}"));
                return Some(self.text.len() - day.len()..self.text.len());
            }
            (Value::Text(text), "the") => {
                let noun = text.trim_start_matches("an ").trim_start_matches("a ");
                self.text.push_str(&format!("the {noun}"));
            }
            (Value::Text(text), _) => self.text.push_str(text),
        }
        let span = start..self.text.len();
        if let Value::Person(person) = value {
            self.named.insert(person.0, span.clone());
        }
        Some(span)
    }
}

/// A single sentence on its own, with everybody named in full.
pub fn sentence(template: &str, fill: &Fill, dice: &mut Dice) -> String {
    let mut teller = Teller::new(false);
    teller.say(template, fill, dice);
    teller.text
}

/// Fills the gaps of a clause that goes inside a sentence: nothing is capitalised.
pub fn clause(template: &str, fill: &Fill, dice: &mut Dice) -> String {
    let mut text = sentence(template, fill, dice);
    if !template.starts_with('{') || template.starts_with("{a:h") || template.starts_with("{b:h") {
        text[..1].make_ascii_lowercase();
    }
    text
}

/// The gaps a template mentions.
pub fn gaps(template: &str) -> Vec<char> {
    template.split('{').skip(1).filter_map(|part| part.chars().next()).collect()
}

fn parse_gap(inside: &str) -> (char, &str) {
    let gap = inside.chars().next().expect("gap has a letter");
    (gap, inside[1..].trim_start_matches(':'))
}

fn leading_person(template: &str, fill: &Fill) -> Option<Person> {
    let inside = template.strip_prefix('{')?;
    let (gap, form) = parse_gap(&inside[..inside.find('}')?]);
    match fill.get(&gap) {
        Some(Value::Person(person)) if form.is_empty() => Some(*person),
        _ => None,
    }
}

fn pronoun(person: Person, form: &str) -> &'static str {
    match form {
        "he" => person.he(),
        "him" => person.him(),
        "his" => person.his(),
        "spouse" => {
            if person.is_woman() {
                "husband"
            } else {
                "wife"
            }
        }
        "sibling" => {
            if person.is_woman() {
                "brother"
            } else {
                "sister"
            }
        }
        other => panic!("no such form: {other}"),
    }
}

/// Capitalises the first letter of each sentence from `start` on.
pub fn capitalise(text: &mut String, start: usize) {
    let mut bytes = std::mem::take(text).into_bytes();
    let mut fresh = true;
    for byte in &mut bytes[start..] {
        match *byte {
            b'.' | b'?' | b'!' | b'\n' => fresh = true,
            b' ' | b'"' => {}
            _ => {
                if fresh {
                    byte.make_ascii_uppercase();
                }
                fresh = false;
            }
        }
    }
    *text = String::from_utf8(bytes).expect("only letters of ASCII changed case");
}
