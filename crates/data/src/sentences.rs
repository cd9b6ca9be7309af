//! Where sentences end, without a model: by the marks of each script, and what stands around them.

use crate::segments::is_without_spaces;

/// Words before whose full stop a sentence goes on.
const ABBREVIATIONS: [&str; 12] = ["mr", "mrs", "ms", "dr", "st", "prof", "sr", "jr", "vs", "e.g", "i.e", "etc"];

/// Marks that end a sentence whatever follows, since nothing else is written with them: of Han and kana (also half and full
/// width), Devanagari and its neighbours, Arabic and Urdu, Ethiopic, Khmer, Burmese, Tibetan, Armenian, Greek (the
/// question mark that is no semicolon), Mongolian, Santali, Sinhala and Canadian syllabics.
const FULL: [char; 26] = [
    '。', '｡', '．', '！', '？', '।', '॥', '؟', '۔', '።', '፧', '፨', '។', '៕', '။', '།', '༎', '։', '\u{37e}', '᠃', '᠉',
    '᱾', '᱿', '෴', '᙮', '⸮',
];

/// Signs that close what was opened within a sentence.
const CLOSING: [char; 23] = [
    '"', '\'', '”', '’', ')', ']', '»', '」', '』', '）', '】', '》', '〉', '］', '｝', '〕', '〗', '〙', '﹂', '﹄',
    '｣', '〟', '›',
];
/// Those of them that close after `.`, `!` and `?`.
const PLAIN: usize = 7;

/// The sentences of a text, without the white space between them.
///
/// ```
/// use cimiento_data::sentences::sentences;
/// assert_eq!(sentences("Mr. Hale left.  Who stays?"), ["Mr. Hale left.", "Who stays?"]);
/// assert_eq!(sentences("今天天气很好。我们去公园。"), ["今天天气很好。", "我们去公园。"]);
/// ```
pub fn sentences(text: &str) -> Vec<&str> {
    let mut start = 0;
    let parts = ends(text).chain([text.len()]).map(|end| text[std::mem::replace(&mut start, end)..end].trim());
    parts.filter(|sentence| !sentence.is_empty()).collect()
}

/// Byte offsets behind each sentence that another follows. Closing quotes and brackets belong to the sentence they close.
///
/// `.`, `!` and `?` end one where white space comes next and then no small letter, `!` and `?` also before a letter of a
/// script without spaces. The marks of other scripts, `。` or `।` say, end one by themselves. Thai and Lao have no such
/// mark: there a space between two letters ends a clause, and stands for the end of a sentence.
pub fn ends(text: &str) -> impl Iterator<Item = usize> {
    let mut done = 0;
    text.char_indices().filter_map(move |(at, mark)| {
        if at < done {
            return None;
        }
        let behind = &text[at + mark.len_utf8()..];
        let end = match mark {
            '.' | '!' | '?' => plain(text, at, behind),
            ' ' => clause(&text[..at], behind).then_some(at),
            // A full-width decimal point.
            '．' if behind.starts_with(char::is_numeric) => None,
            _ if FULL.contains(&mark) => full(behind).map(|rest| text.len() - rest),
            _ => None,
        };
        done = end.unwrap_or(done);
        end
    })
}

/// Where the sentence that may end with `.`, `!` or `?` at `at` ends.
fn plain(text: &str, at: usize, behind: &str) -> Option<usize> {
    let rest = behind.trim_start_matches(&CLOSING[..PLAIN]);
    let next = rest.trim_start();
    let first = next.chars().next()?;
    let stop = text[at..].starts_with('.');
    let follows = next.len() < rest.len() && !first.is_lowercase() || !stop && is_without_spaces(first);
    (follows && !(stop && abbreviated(&text[..at]))).then_some(text.len() - rest.len())
}

/// How many bytes are left behind the sentence that a mark of [`FULL`] ends: more such marks and what they close are
/// part of it. `None` where nothing follows, or where a quotation is only named (`「行く。」と`).
fn full(behind: &str) -> Option<usize> {
    let mut rest = behind;
    loop {
        let next = rest.trim_start_matches(CLOSING);
        let mark = next.trim_start().strip_prefix(FULL).or_else(|| next.strip_prefix(['!', '?']));
        match mark {
            Some(more) => rest = more,
            None => {
                let named = next.len() < rest.len() && next.starts_with('と');
                return (!named && !next.trim().is_empty()).then_some(next.len());
            }
        }
    }
}

/// Whether a space between these two texts ends a clause of Thai or Lao. What repeats or cuts short a word ends none.
fn clause(before: &str, behind: &str) -> bool {
    let is_letter = |c: char| matches!(c, '\u{e01}'..='\u{e2e}' | '\u{e30}'..='\u{e45}' | '\u{e47}'..='\u{e4e}' | '\u{e81}'..='\u{ece}');
    before.chars().next_back().is_some_and(is_letter) && behind.chars().next().is_some_and(is_letter)
}

/// Whether the word before a full stop is an abbreviation or an initial.
fn abbreviated(text: &str) -> bool {
    let word = text.rsplit(|c: char| c.is_whitespace() || c == '(').next().unwrap_or_default();
    let mut letters = word.chars();
    let initial = letters.next().is_some_and(char::is_alphabetic) && letters.next().is_none();
    // "I." ends a sentence more often than it starts a name.
    (initial && word != "I") || ABBREVIATIONS.contains(&word.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: &[&str]) {
        assert_eq!(sentences(text), expected, "{text}");
    }

    #[test]
    fn every_script_has_its_own_marks() {
        check("今天天气很好。我们去公园散步！去吗？好。", &["今天天气很好。", "我们去公园散步！", "去吗？", "好。"]);
        check("雨だ！！帰ろう｡", &["雨だ！！", "帰ろう｡"]);
        check("आज मौसम अच्छा है। हम बाग में गए॥बच्चे खेले।", &["आज मौसम अच्छा है।", "हम बाग में गए॥", "बच्चे खेले।"]);
        check("الطقس جميل اليوم؟ ذهبنا إلى الحديقة. عدنا.", &["الطقس جميل اليوم؟", "ذهبنا إلى الحديقة.", "عدنا."]);
        check("آج موسم اچھا ہے۔ ہم باغ گئے۔", &["آج موسم اچھا ہے۔", "ہم باغ گئے۔"]);
        check("ዛሬ ጥሩ ነው። ወጣን።", &["ዛሬ ጥሩ ነው።", "ወጣን።"]);
        check("ថ្ងៃនេះល្អ។ យើងទៅ។", &["ថ្ងៃនេះល្អ។", "យើងទៅ។"]);
        check("Այսօր լավ է։ Գնացինք։", &["Այսօր լավ է։", "Գնացինք։"]);
        check("བོད་ཡིག། ། ལེགས་སོ།", &["བོད་ཡིག། །", "ལེགས་སོ།"]);
        check("Сегодня тепло. Мы гуляли.", &["Сегодня тепло.", "Мы гуляли."]);
        check("วันนี้อากาศดี เราไปเดินเล่น ต่างๆ นานา", &["วันนี้อากาศดี", "เราไปเดินเล่น", "ต่างๆ นานา"]);
    }

    proptest! {
        #[test]
        fn sentences_are_the_text_in_order(text in "[ a-cA.!?。！？।؟”」\\)と今กข0\u{a0}\n]{0,40}") {
            let bare = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(bare(&sentences(&text).concat()), bare(&text));
            let ends: Vec<usize> = ends(&text).collect();
            prop_assert!(ends.is_sorted_by(|one, next| one < next) && ends.iter().all(|end| text.is_char_boundary(*end)));
        }
    }

    #[test]
    fn what_closes_belongs_to_what_it_closes() {
        check("他说：“好。”我走了。", &["他说：“好。”", "我走了。"]);
        check("（雨。）終わり。", &["（雨。）", "終わり。"]);
        check("「行く。」と言った。帰った。", &["「行く。」と言った。", "帰った。"]);
        check("真的吗？！是的。", &["真的吗？！", "是的。"]);
    }

    #[test]
    fn marks_of_latin_texts_end_a_sentence_between_han_too() {
        check("你好!我很好?是。", &["你好!", "我很好?", "是。"]);
        check("版本3.5发布。", &["版本3.5发布。"]);
        check("約３．５倍．以上．", &["約３．５倍．", "以上．"]);
        check("Go! now. Then 3.5 of e.g. A. Hale's.", &["Go! now.", "Then 3.5 of e.g. A. Hale's."]);
    }
}
