//! What a tokenizer is made of, for those who write it in the format of another program.

use std::collections::HashMap;

use serde::Deserialize;

use super::bytes::Kind;
use super::model::Tokenizer;
use super::vocabulary::vocabulary;

/// A tokenizer that works in a way for which other programs have no name.
#[derive(thiserror::Error, Debug, Clone, PartialEq)]
#[error("the tokenizer's {part} is {found}, for which other programs have no name (they know {known})")]
pub struct Unnamed {
    /// The part of `tokenizer.json`.
    pub part: &'static str,
    /// What it is.
    pub found: String,
    /// What it may be.
    pub known: &'static str,
}

/// How a text is cut into words before merges join bytes within each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// GPT-2's; what training here uses.
    Gpt2,
    /// That of Qwen2, 2.5 and 3.
    Qwen2,
    /// That of Llama 3.
    Llama3,
    /// GPT-2's after every digit was set apart, as in SmolLM.
    SmolLm,
}

/// A token with an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its text, in GPT-2's alphabet if it is of [`Kind::ByteLevel`].
    pub text: String,
    /// How its text is to be read.
    pub kind: Kind,
}

/// The parts of a tokenizer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// Tokens by id; ids without one are `None`.
    pub tokens: Vec<Option<Token>>,
    /// Merges, the most urgent first.
    pub merges: Vec<(String, String)>,
    /// How words are told apart.
    pub pattern: Pattern,
    /// Words that are tokens are taken as they are, without merging.
    pub ignore_merges: bool,
    /// The token that its post-processor puts before a text.
    pub opens_with: Option<u32>,
    /// The token that its post-processor puts behind a text.
    pub closes_with: Option<u32>,
}

/// Qwen's pattern.
pub(super) const QWEN2: &str =
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
/// Llama 3's, which takes up to three digits at once.
pub(super) const LLAMA3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// The parts of `tokenizer.json` that the library does not tell.
#[derive(Deserialize)]
struct File {
    normalizer: Option<Step>,
    pre_tokenizer: Option<Step>,
    post_processor: Option<Step>,
    model: Model,
}

#[derive(Deserialize)]
struct Model {
    merges: Vec<(String, String)>,
    #[serde(default)]
    ignore_merges: bool,
    continuing_subword_prefix: Option<String>,
    end_of_word_suffix: Option<String>,
}

/// A part of a tokenizer's pipeline.
#[derive(Deserialize)]
#[serde(tag = "type")]
enum Step {
    #[serde(rename = "NFC")]
    Nfc,
    ByteLevel {
        #[serde(default)]
        add_prefix_space: bool,
        #[serde(default)]
        use_regex: bool,
    },
    Digits {
        individual_digits: bool,
    },
    Split {
        pattern: HashMap<String, String>,
        behavior: String,
        invert: bool,
    },
    TemplateProcessing {
        single: Vec<Piece>,
    },
    RobertaProcessing {
        cls: (String, u32),
        sep: (String, u32),
    },
    BertProcessing {
        cls: (String, u32),
        sep: (String, u32),
    },
    Sequence {
        #[serde(alias = "normalizers", alias = "pretokenizers", alias = "processors")]
        steps: Vec<Step>,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
enum Piece {
    Sequence {},
    SpecialToken { id: String },
}

impl Step {
    /// The steps it consists of.
    fn flat(&self) -> Vec<&Step> {
        match self {
            Step::Sequence { steps } => steps.iter().flat_map(Step::flat).collect(),
            step => vec![step],
        }
    }
}

impl Tokenizer {
    /// Its parts.
    ///
    /// # Errors
    /// [`Unnamed`] if it does more than [`Contents`] can say, or does it in another way.
    pub fn contents(&self) -> Result<Contents, Unnamed> {
        let unreadable = |e: serde_json::Error| unnamed("tokenizer.json", e.to_string(), "the parts of byte-level BPE");
        let file: File = serde_json::from_str(&self.json).map_err(unreadable)?;
        for step in file.normalizer.iter().flat_map(Step::flat) {
            if !matches!(step, Step::Nfc) {
                return Err(unnamed("normalizer", self.part("normalizer"), "none and NFC"));
            }
        }
        for (part, affix) in [
            ("continuing_subword_prefix", &file.model.continuing_subword_prefix),
            ("end_of_word_suffix", &file.model.end_of_word_suffix),
        ] {
            if let Some(affix) = affix.as_ref().filter(|affix| !affix.is_empty()) {
                return Err(unnamed(part, format!("{affix:?}"), "none"));
            }
        }
        let cuts: Vec<&Step> = file.pre_tokenizer.iter().flat_map(Step::flat).collect();
        let pattern = pattern(&cuts).ok_or_else(|| {
            let known = "ByteLevel with GPT-2's pattern, the same after Digits, and Qwen2's and Llama 3's patterns";
            unnamed("pre_tokenizer", self.part("pre_tokenizer"), known)
        })?;
        let ends: Vec<&Step> = file.post_processor.iter().flat_map(Step::flat).collect();
        let (opens_with, closes_with) = self.around_text(&ends);
        Ok(Contents {
            tokens: self.tokens(),
            merges: file.model.merges,
            pattern,
            ignore_merges: file.model.ignore_merges,
            opens_with,
            closes_with,
        })
    }

    fn tokens(&self) -> Vec<Option<Token>> {
        let mut tokens = vec![None; self.vocab_size()];
        // Roles in models made elsewhere may be guesses.
        let special = if self.assigned.is_some() { Vec::new() } else { self.special.all().to_vec() };
        for entry in vocabulary(&self.inner) {
            let kind = if special.contains(&entry.id) { Kind::Special } else { entry.kind };
            if let Some(place) = tokens.get_mut(entry.id as usize) {
                *place = Some(Token { text: entry.token, kind });
            }
        }
        tokens
    }

    /// What the post-processor puts before and behind a text.
    fn around_text(&self, steps: &[&Step]) -> (Option<u32>, Option<u32>) {
        let mut ends = (None, None);
        let id = |piece: Option<&Piece>| match piece {
            Some(Piece::SpecialToken { id }) => self.inner.token_to_id(id),
            _ => None,
        };
        for step in steps {
            match step {
                Step::TemplateProcessing { single } => ends = (id(single.first()), id(single.last())),
                Step::RobertaProcessing { cls, sep } | Step::BertProcessing { cls, sep } => {
                    ends = (Some(cls.1), Some(sep.1));
                }
                _ => {}
            }
        }
        ends
    }

    /// A part of the file as it is written there, shortened.
    fn part(&self, name: &str) -> String {
        let file: serde_json::Value = serde_json::from_str(&self.json).unwrap_or_default();
        file[name].to_string().chars().take(300).collect()
    }
}

fn unnamed(part: &'static str, found: String, known: &'static str) -> Unnamed {
    Unnamed { part, found, known }
}

fn pattern(steps: &[&Step]) -> Option<Pattern> {
    use Step::{ByteLevel, Digits, Split};
    match steps {
        [ByteLevel { add_prefix_space: false, use_regex: true }] => Some(Pattern::Gpt2),
        [Digits { individual_digits: true }, ByteLevel { add_prefix_space: false, use_regex: true }] => {
            Some(Pattern::SmolLm)
        }
        [Split { pattern, behavior, invert }, ByteLevel { add_prefix_space: false, use_regex: false }] => {
            // The patterns cover every text, so that what they match is what is kept either way.
            let whole = matches!((behavior.as_str(), invert), ("Isolated", false) | ("Removed", true));
            match pattern.get("Regex").filter(|_| whole)?.as_str() {
                QWEN2 => Some(Pattern::Qwen2),
                LLAMA3 => Some(Pattern::Llama3),
                _ => None,
            }
        }
        _ => None,
    }
}
