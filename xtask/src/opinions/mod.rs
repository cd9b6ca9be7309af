//! `datasets/opinions`: what people say of films, books, plays, meals, rooms and tools, labelled by its verdict.
//!
//! Data flow: `lexicon` (words, and which are kept back from train) with `praise` and `blame`, `domains` (what is spoken
//! of) with `facets`, `things` and `outings` → `frames` with `plain`, `turns`, `wishes` (constructions) → `teller`
//! (fills them) → three files.

mod blame;
mod domains;
mod facets;
mod frames;
mod lexicon;
mod outings;
mod plain;
mod praise;
mod scenery;
mod teller;
mod things;
mod turns;
mod verbs;
mod wishes;

use std::collections::BTreeSet;

use serde_json::json;

use crate::dice::Dice;
use frames::{FAMILIES, Family};
use lexicon::{Vocabulary, has_kept, key};
use teller::Teller;
use verbs::{american, contracted, with_articles};

/// Longer texts are not told.
const LONGEST: usize = 27;

/// How often a family may fail before another has its turn.
const TRIES: usize = 200;

/// One opinion, in small letters and without a full stop, or nothing where the words would not fit.
fn opinion(family: &Family, praise: bool, vocabulary: Vocabulary, dice: &mut Dice) -> Option<String> {
    let only = if praise { family.praise } else { family.blame };
    let form = dice.below(family.both.len() + only.len());
    let form = family.both.get(form).copied().unwrap_or_else(|| only[form - family.both.len()]);
    let mut whole = form.to_string();
    if dice.chance(10) {
        whole.insert_str(0, dice.pick(&frames::BEFORE));
    } else if form.contains("{be}") && !form.contains(['.', '?', '!']) && dice.chance(8) {
        whole = format!("{}, {form}", scenery::OPENERS.pick(vocabulary, dice)?);
    }
    if !form.ends_with(['?', '!']) && dice.chance(15) {
        whole.push_str(dice.pick(&frames::AFTER));
    }
    let text = Teller::new(vocabulary, dice).fill(&whole, praise)?;
    let text = with_articles(&text);
    (text.split(' ').count() <= LONGEST).then_some(text)
}

/// The text as its writer happens to write: sloppy or neat, from this side of the ocean or the other.
fn polished(text: &str, dice: &mut Dice) -> String {
    let mut text = text.to_string();
    if dice.chance(50) {
        text = contracted(&text);
    }
    if dice.chance(50) {
        text = american(&text);
    }
    let sentences = text.contains(". ");
    let (capital, stop) = match dice.below(100) {
        _ if sentences => (true, true),
        0..=44 => (false, false),
        45..=54 => (false, true),
        55..=89 => (true, true),
        _ => (true, false),
    };
    let marked = text.ends_with(['?', '!', '.']);
    if capital {
        text = capitalised(&text);
    }
    if stop && !marked {
        text.push(if dice.chance(6) { '!' } else { '.' });
    }
    text
}

/// Capital letters at the beginnings of sentences.
fn capitalised(text: &str) -> String {
    let mut at_start = true;
    let raise = |c: char| {
        let c = if at_start { c.to_ascii_uppercase() } else { c };
        at_start = matches!(c, '.' | '?' | '!') || at_start && c == ' ';
        c
    };
    text.chars().map(raise).collect()
}

/// One split: half praise, half blame; no text that was told before, be it spelt otherwise.
fn split(count: usize, vocabulary: Vocabulary, seen: &mut BTreeSet<String>, dice: &mut Dice) -> String {
    let mut rows = Vec::new();
    while rows.len() < count {
        let praise = rows.len() % 2 == 0;
        let family = dice.pick_weighted(&FAMILIES, |family| family.weight);
        // A family gets its share, however often its constructions fail.
        let told = (0..TRIES).find_map(|_| {
            let text = opinion(family, praise, vocabulary, dice)?;
            let allowed = vocabulary == Vocabulary::HeldOut || !has_kept(&text) && !has_kept(&american(&text));
            (allowed && seen.insert(key(&text))).then_some(text)
        });
        if let Some(text) = told {
            rows.push((polished(&text, dice), praise));
        }
    }
    dice.shuffle(&mut rows);
    let line = |(text, praise): &(String, bool)| {
        let label = if *praise { "positive" } else { "negative" };
        format!("{}\n", json!({"text": text, "label": label}))
    };
    rows.iter().map(line).collect()
}

/// Every generated file: its path below `datasets/opinions` and its text.
pub fn files() -> Vec<(String, String)> {
    let mut seen = BTreeSet::new();
    let sets = [
        ("train", 12_000, Vocabulary::Known, 1),
        ("dev", 1000, Vocabulary::HeldOut, 2),
        ("test", 1000, Vocabulary::HeldOut, 3),
    ];
    let mut file = |(name, count, vocabulary, seed)| {
        (format!("{name}.jsonl"), split(count, vocabulary, &mut seen, &mut Dice::new(seed)))
    };
    sets.map(&mut file).into()
}

#[cfg(test)]
mod tests;
