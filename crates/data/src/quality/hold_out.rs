//! Records set aside for validation: the same ones each time, and none of which the rest has a copy of.

use std::collections::{BTreeMap, BTreeSet};

use super::words::{identity, words};
use crate::content::Content;
use crate::order::mix64;
use crate::records::Located;

/// Splits about `number` records off for validation, each class in proportion; returns the rest and those split off, both
/// in the order of `records`. Records with the same words, or about the same passage, stay together, so that what validates
/// is not known from training. Which are taken depends on their words alone. Too few different records give an empty part.
///
/// `says` gives what a record says, and its classes.
pub fn hold_out<R>(
    records: Vec<Located<R>>,
    number: usize,
    says: impl Fn(&R) -> (Content, Vec<String>),
) -> [Vec<Located<R>>; 2] {
    let known = |located: &Located<R>| {
        let (content, mut classes) = says(&located.record);
        // Texts of several classes, or of none, are one kind: few have the same ones.
        (content, classes.pop().filter(|_| classes.is_empty()))
    };
    let known: Vec<(Content, Option<String>)> = records.iter().map(known).collect();
    let chosen = choose(&known, number);
    let (mut rest, mut held) = (Vec::new(), Vec::new());
    for (index, located) in records.into_iter().enumerate() {
        if chosen.contains(&index) { held.push(located) } else { rest.push(located) }
    }
    [rest, held]
}

/// The places of those that are held out, given what they say and their class.
fn choose(contents: &[(Content, Option<String>)], number: usize) -> BTreeSet<usize> {
    let number = number.max(1);
    // Groups that stay together, by a number that looks random, within the class of their first record.
    let mut classes: BTreeMap<&Option<String>, Vec<u64>> = BTreeMap::new();
    let mut groups: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for (index, (content, class)) in contents.iter().enumerate() {
        let text = content.shared.as_ref().unwrap_or(&content.text);
        let group = mix64(identity(text, &words(text)));
        let members = groups.entry(group).or_default();
        if members.is_empty() {
            classes.entry(class).or_default().push(group);
        }
        members.push(index);
    }
    let mut chosen = BTreeSet::new();
    // Shares are rounded over all classes, so that many rare ones make up for each other.
    let mut wanted = 0.0;
    for groups_of_class in classes.values_mut() {
        groups_of_class.sort_unstable();
        let size: usize = groups_of_class.iter().map(|group| groups[group].len()).sum();
        wanted += number as f64 * size as f64 / contents.len() as f64;
        // The last group of a class is left to learn from.
        for group in &groups_of_class[..groups_of_class.len() - 1] {
            let members = &groups[group];
            if chosen.len() as f64 + members.len() as f64 / 2.0 > wanted + 1e-9 {
                break;
            }
            chosen.extend(members);
        }
    }
    if chosen.is_empty() {
        let smallest =
            classes.values().filter(|groups| groups.len() > 1).flatten().min_by_key(|group| groups[group].len());
        chosen.extend(smallest.map(|group| &groups[group]).into_iter().flatten());
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(text: &str, shared: Option<&str>, class: Option<&str>) -> (Content, Option<String>) {
        let content = Content { text: text.into(), shared: shared.map(String::from), ..Content::default() };
        (content, class.map(String::from))
    }

    #[test]
    fn classes_are_held_out_in_proportion_whatever_their_order() {
        let mut contents: Vec<_> =
            (0..200).map(|i| content(&format!("text {i}"), None, Some(if i < 160 { "a" } else { "b" }))).collect();
        let chosen = choose(&contents, 20);
        let of = |class: &str| chosen.iter().filter(|i| contents[**i].1.as_deref() == Some(class)).count();
        assert_eq!((of("a"), of("b")), (16, 4));
        let texts: BTreeSet<String> = chosen.iter().map(|i| contents[*i].0.text.clone()).collect();
        contents.reverse();
        let again: BTreeSet<String> = choose(&contents, 20).iter().map(|i| contents[*i].0.text.clone()).collect();
        assert_eq!(texts, again);
    }

    #[test]
    fn copies_and_questions_about_one_passage_stay_together() {
        let passages: Vec<String> = (0..30).map(|p| format!("passage number {p}")).collect();
        let contents: Vec<_> = (0..120)
            .map(|i| content(&format!("question {i}"), Some(&passages[i % 30]), None))
            .chain((0..120).map(|i| content(&format!("Copy {}.", i % 30), None, None)))
            .collect();
        let chosen = choose(&contents, 24);
        assert!((20..=28).contains(&chosen.len()), "{}", chosen.len());
        for i in 0..120 {
            assert_eq!(chosen.contains(&i), chosen.contains(&((i + 30) % 120)), "{i}");
            assert_eq!(chosen.contains(&(120 + i)), chosen.contains(&(120 + (i + 30) % 120)), "{i}");
        }
    }

    #[test]
    fn something_is_left_on_both_sides_where_that_can_be() {
        let two = [content("one", None, Some("a")), content("two", None, Some("a")), content("x", None, Some("b"))];
        let chosen = choose(&two, 0);
        assert_eq!(chosen.len(), 1);
        assert!(!chosen.contains(&2), "the only one of its class is learned from");
        assert!(choose(&two[1..], 1).is_empty(), "each is the only one of its class");
        assert!(choose(&[content("q", Some("p"), None), content("r", Some("p"), None)], 1).is_empty());
    }
}
