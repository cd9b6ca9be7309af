//! Where sentences end, without a model: punctuation, white space, no small letter after it.

/// Words before whose full stop a sentence goes on.
const ABBREVIATIONS: [&str; 12] = ["mr", "mrs", "ms", "dr", "st", "prof", "sr", "jr", "vs", "e.g", "i.e", "etc"];

/// The sentences of a text, without the white space between them.
///
/// ```
/// use cimiento_core::sentences::sentences;
/// assert_eq!(sentences("Mr. Hale left.  Who stays?"), ["Mr. Hale left.", "Who stays?"]);
/// ```
pub fn sentences(text: &str) -> Vec<&str> {
    let mut start = 0;
    let parts = ends(text).chain([text.len()]).map(|end| text[std::mem::replace(&mut start, end)..end].trim());
    parts.filter(|sentence| !sentence.is_empty()).collect()
}

/// Byte offsets behind each sentence that another follows: behind `.`, `!` or `?` and closing quotes or brackets,
/// where white space comes next and then no small letter.
pub fn ends(text: &str) -> impl Iterator<Item = usize> {
    text.char_indices().filter(|(_, c)| matches!(c, '.' | '!' | '?')).filter_map(|(at, mark)| {
        let behind = &text[at + 1..];
        let rest = behind.trim_start_matches(['"', '\'', '”', '’', ')', ']', '»']);
        let next = rest.trim_start();
        let follows = next.len() < rest.len() && next.chars().next().is_some_and(|c| !c.is_lowercase());
        (follows && !(mark == '.' && abbreviated(&text[..at]))).then_some(text.len() - rest.len())
    })
}

/// Whether the word before a full stop is an abbreviation or an initial.
fn abbreviated(text: &str) -> bool {
    let word = text.rsplit(|c: char| c.is_whitespace() || c == '(').next().unwrap_or_default();
    let mut letters = word.chars();
    let initial = letters.next().is_some_and(char::is_alphabetic) && letters.next().is_none();
    // "I." ends a sentence more often than it starts a name.
    (initial && word != "I") || ABBREVIATIONS.contains(&word.to_lowercase().as_str())
}
