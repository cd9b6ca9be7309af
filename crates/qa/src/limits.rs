//! Answers that can never be given, or never be scored as they should be.

use cimiento_data::content::Remark;
use cimiento_data::segments::is_without_spaces;

use crate::config::Config;
use crate::score::{Tokens, normalize};

/// No span as long is ever given.
const TOO_LONG: Remark = Remark {
    what: "have an answer of more tokens than max_answer_tokens, which can never be given",
    advice: "raise task.qa.max_answer_tokens",
    tolerated: 0.0,
    needs: None,
};

/// The end of the question is not read.
const QUESTION_CUT: Remark = Remark {
    what: "have a question of which only the beginning is read",
    advice: "raise task.qa.max_question_tokens, which half of a window limits too",
    tolerated: 0.01,
    needs: None,
};

/// No window holds the answer whole.
const CUT: Remark = Remark {
    what: "have an answer that no window holds whole, so that it can never be given",
    advice: "raise task.qa.window_tokens, or take a backbone with a longer context",
    tolerated: 0.0,
    needs: None,
};

/// Found by its look.
const RESPELLED: Remark = Remark {
    what: "have an answer that their passage spells otherwise (composed letters, spaces, quotation marks, dashes)",
    advice: "the spelling of the passage is learned, and counts as right too; give both in one Unicode form (NFC)",
    tolerated: 0.0,
    needs: None,
};

/// F1 is exact match.
const ONE_WORD: Remark = Remark {
    what: "have an answer in a script without spaces between words, which F1 counts as one word",
    advice: "set task.qa.f1_tokens = \"words\" to count each of its letters",
    tolerated: 0.01,
    needs: None,
};

/// What is left of the answer is the answer of a question without one.
const NOTHING: Remark = Remark {
    what: "have an answer of which exact match and F1 see nothing (articles or punctuation alone), so that only no answer scores",
    advice: "leave such records out, or choose other rules: task.qa.articles, task.qa.f1_tokens",
    tolerated: 0.01,
    needs: None,
};

/// What was found out about a record's answers.
pub(crate) struct Found<'a> {
    /// First and last token of each.
    pub whole: &'a [(usize, usize)],
    /// Whether a window holds one of them whole.
    pub held: bool,
    /// Tokens of the question, and how many of them are read.
    pub question: (usize, usize),
    /// Whether the passage spells one otherwise.
    pub respelled: bool,
}

/// What is odd about the answers `texts` of a record.
pub(crate) fn remarks(found: &Found, texts: Option<&[String]>, config: &Config) -> Vec<Remark> {
    let mut remarks = Vec::new();
    let (asked, kept) = found.question;
    if kept < asked {
        remarks.push(QUESTION_CUT.needing(asked));
    }
    if let Some(shortest) = found.whole.iter().map(|(first, last)| last + 1 - first).min() {
        if shortest > config.max_answer_tokens {
            remarks.push(TOO_LONG.needing(shortest));
        }
        if !found.held {
            // Beside [bos], [sep] and [eos].
            remarks.push(CUT.needing(shortest + kept + 3));
        }
    }
    if found.respelled {
        remarks.push(RESPELLED);
    }
    let Some(texts) = texts.filter(|texts| !texts.is_empty()) else { return remarks };
    let rules = config.rules();
    if texts.iter().all(|text| normalize(text, rules).is_empty()) {
        remarks.push(NOTHING);
    }
    let one_word = |text: &String| {
        text.split_whitespace()
            .any(|word| word.chars().filter(|c| c.is_alphanumeric() && is_without_spaces(*c)).count() > 1)
    };
    if rules.tokens == Tokens::Official && texts.iter().all(one_word) {
        remarks.push(ONE_WORD);
    }
    remarks
}
