//! Names of classes that may not be meant as they stand: one class under several names, and gaps that were given a name.

use std::collections::{BTreeMap, BTreeSet};

use unicode_normalization::UnicodeNormalization;

use super::Warning;

/// What programs write where a value is missing, in lower case.
const GAPS: [&str; 8] = ["nan", "na", "n/a", "#n/a", "<na>", "none", "null", "nil"];
/// Beyond so many classes a mapping is not written out.
const LISTED: usize = 12;

/// What is doubtful about the classes of a set, given how many records each has; `field` holds their names.
pub fn warnings(classes: &BTreeMap<String, usize>, field: &str) -> Vec<Warning> {
    let mut alike: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    classes.keys().for_each(|name| alike.entry(folded(name)).or_default().push(name));
    let count = |name: &str| format!("{} ({} records)", shown(name), classes[name]);
    let mut found = Vec::new();
    for names in alike.values().filter(|names| names.len() > 1) {
        let all: Vec<String> = names.iter().map(|name| count(name)).collect();
        let what =
            format!("{} are different classes, though they differ only in {}", all.join(" and "), difference(names));
        found.push(Warning { what, advice: format!("if they are one, say so: {}", mapping(classes, &alike, field)) });
    }
    let gaps: Vec<&str> = classes.keys().map(String::as_str).filter(|name| is_gap(name)).collect();
    if !gaps.is_empty() {
        let all: Vec<String> = gaps.iter().map(|name| count(name)).collect();
        let (are, look) = if gaps.len() == 1 { ("is a class", "looks") } else { ("are classes", "look") };
        let what = format!("{} {are} here, but {look} like missing labels", all.join(", "));
        let advice = "if they are missing, take these records out, or leave the cell empty where labels may be missing";
        found.push(Warning { what, advice: advice.into() });
    }
    found
}

/// Whether a name is what other programs write for a missing value.
pub fn is_gap(name: &str) -> bool {
    GAPS.contains(&folded(name).as_str())
}

/// What is left of a name without case, form, invisible signs and surplus white space.
pub fn folded(name: &str) -> String {
    let plain: String = name.nfkc().filter(|c| !is_invisible(*c)).flat_map(char::to_lowercase).collect();
    // Lower case may be composed otherwise (İ).
    let words: Vec<String> = plain.split_whitespace().map(|word| word.nfkc().collect()).collect();
    words.join(" ")
}

/// Signs that leave no trace in print: joiners, marks of direction, variation selectors, soft hyphens.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

/// In what names differ that are the same when folded: what, if it alone is left, still tells them apart.
fn difference(names: &[&str]) -> String {
    type Step = fn(&str) -> String;
    let steps: [(&str, Step); 4] = [
        ("Unicode form", |name| name.nfkc().collect()),
        ("invisible signs", |name| name.chars().filter(|c| !is_invisible(*c)).collect()),
        ("case", |name| name.to_lowercase()),
        ("white space", |name| name.split_whitespace().collect::<Vec<_>>().join(" ")),
    ];
    let tells_apart = |way: &&str| {
        let others = steps.iter().filter(|(other, _)| other != way);
        let plain = |name: &&str| others.clone().fold(name.to_string(), |name, (_, step)| step(&name));
        names.iter().map(plain).collect::<BTreeSet<_>>().len() > 1
    };
    let ways: Vec<&str> = steps.iter().map(|(way, _)| *way).filter(tells_apart).collect();
    if ways.is_empty() { "how they are written".into() } else { ways.join(" and ") }
}

/// A name in quotes, with what cannot be seen written out.
fn shown(name: &str) -> String {
    let plain = |c: char| if c == '\'' { c.to_string() } else { c.escape_debug().to_string() };
    format!("\"{}\"", name.chars().map(plain).collect::<String>())
}

/// The setting that makes one class of each group of names: its most frequent.
fn mapping(classes: &BTreeMap<String, usize>, alike: &BTreeMap<String, Vec<&str>>, field: &str) -> String {
    if classes.len() > LISTED {
        return format!(
            "`values = {{ {field} = {{ \"name in the file\" = \"class\", … }} }}`, with all names, beside `path`"
        );
    }
    let one = |names: &Vec<&str>| {
        let most = names.iter().rev().max_by_key(|name| classes[**name]).map_or("", |name| *name);
        names.iter().map(|name| format!("{} = {}", shown(name), shown(most))).collect::<Vec<_>>().join(", ")
    };
    let all: Vec<String> = alike.values().map(one).collect();
    format!("`values = {{ {field} = {{ {} }} }}` beside `path`", all.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(names: &[&str]) -> Vec<Warning> {
        warnings(&(1..).zip(names).map(|(count, name)| (name.to_string(), count)).collect(), "label")
    }

    #[test]
    fn names_that_look_alike_are_told_with_their_difference_and_a_remedy() {
        for (one, other, way) in [
            ("positive", "Positive", "case"),
            ("caf\u{e9}", "cafe\u{301}", "Unicode form"),
            ("bar", "bar\u{200b}", "invisible signs"),
            ("not  good", "not good", "white space"),
            ("１", "1", "Unicode form"),
            ("STRASSE\u{feff}", "strasse", "invisible signs and case"),
        ] {
            let found = of(&[one, other, "else"]);
            assert_eq!(found.len(), 1, "{one} {other}: {found:?}");
            let Warning { what, advice } = &found[0];
            assert!(what.contains(&format!("differ only in {way}")), "{what}");
            assert!(what.contains("(1 records)") && what.contains("(2 records)"), "{what}");
            // Every name is in the mapping, and the two are one class in it.
            assert!(advice.contains(&format!("{} = {}", shown(one), shown(other))), "{advice}");
            assert!(advice.contains(r#""else" = "else""#), "{advice}");
        }
        assert_eq!(of(&["bar", "bar\u{200b}"])[0].what.matches(r"\u{200b}").count(), 1);
    }

    #[test]
    fn gaps_are_told() {
        let found = of(&["0", "1", "nan", "NaN", "N/A", "None", "null", "#N/A"]);
        let what: Vec<&str> = found.iter().map(|warning| warning.what.as_str()).collect();
        assert!(
            what.iter().any(|what| what.ends_with("look like missing labels") && what.contains("\"#N/A\"")),
            "{what:?}"
        );
        assert!(what.iter().any(|what| what.contains("\"NaN\" (4 records) and \"nan\" (3 records)")), "{what:?}");
        assert!(of(&["none"])[0].what.contains("is a class here, but looks like"));
    }

    #[test]
    fn names_of_their_own_are_left_alone() {
        assert_eq!(of(&["good", "bad", "mixed", "0", "1", "❤", "no", "nothing"]), []);
        let many: Vec<String> = (0..20).map(|i| format!("class {i}")).chain(["Class 3".into()]).collect();
        let found = of(&many.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(found.len() == 1 && found[0].advice.contains("with all names"), "{found:?}");
    }
}
