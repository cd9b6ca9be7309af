//! The first sentences of a document: the baseline every summary has to beat.

use cimiento_data::sentences;

/// The first `count` units of a document.
pub fn lead(document: &str, count: usize) -> String {
    let lines = lines(document);
    if lines.len() > 1 {
        return lines[..count.min(lines.len())].join("\n");
    }
    let text = lines.first().copied().unwrap_or_default();
    let end = sentences::ends(text).nth(count.saturating_sub(1)).unwrap_or(text.len());
    text[..end].to_owned()
}

/// What a document is made of: its lines where it has several, such as the turns of a dialogue, else its sentences.
pub(crate) fn units(document: &str) -> Vec<&str> {
    let lines = lines(document);
    if let &[text] = &lines[..] { sentences::sentences(text) } else { lines }
}

fn lines(document: &str) -> Vec<&str> {
    document.lines().map(str::trim).filter(|line| !line.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(document: &str, count: usize, expected: &str) {
        assert_eq!(lead(document, count), expected);
    }

    #[test]
    fn sentences_end_where_a_reader_would_end_them() {
        let text = "Mr. T. Miller (b. 1850) said: \"Come in!\" Nobody came. Was it 3.5 miles? ¡Sí! The end.";
        check(text, 1, "Mr. T. Miller (b. 1850) said: \"Come in!\"");
        check(text, 2, "Mr. T. Miller (b. 1850) said: \"Come in!\" Nobody came.");
        check(text, 3, "Mr. T. Miller (b. 1850) said: \"Come in!\" Nobody came. Was it 3.5 miles?");
        check(text, 9, text);
        check("So did I. She left.", 1, "So did I.");
        check("", 2, "");
        assert_eq!(units(text)[1..3], ["Nobody came.", "Was it 3.5 miles?"]);
        assert_eq!(units(text).join(" "), text);
        assert_eq!(units("a\nb.  C"), ["a", "b.  C"]);
        assert!(units(" \n").is_empty());
    }

    #[test]
    fn lines_are_units_where_there_are_several() {
        let dialogue = "#Person1#: Hello. How are you?\n\n#Person2#: Fine. And you?\n#Person1#: Fine.";
        check(dialogue, 2, "#Person1#: Hello. How are you?\n#Person2#: Fine. And you?");
        check(dialogue, 8, &dialogue.replace("\n\n", "\n"));
    }
}
