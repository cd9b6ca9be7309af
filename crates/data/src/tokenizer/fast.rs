//! Encoding for GPT-2's pattern without the library's regular expressions, which keep several objects for each
//! character: about ten times as fast, and the same ids (a test compares them).
//!
//! The pattern `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+` cuts a text in words; a
//! word's ids depend on nothing else, so that each thread remembers those of the words it has met.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, OnceLock};

use tokenizers::models::bpe::BPE;
use tokenizers::utils::SysRegex;
use tokenizers::{Model, ModelWrapper, PreTokenizerWrapper};

use super::bytes::char_of;

/// Words remembered by each thread, a few MB of them.
const WORDS: usize = 1 << 16;
/// Longer words rarely come again.
const LONGEST: usize = 48;

/// A tokenizer whose words can be told apart by [`words`].
#[derive(Debug)]
pub(super) struct Fast {
    /// Tells the tokenizers of a process apart.
    id: u64,
}

thread_local! {
    static SEEN: RefCell<Seen> = RefCell::default();
}

/// The ids of the words a thread has met with one tokenizer.
#[derive(Default)]
struct Seen {
    tokenizer: u64,
    words: HashMap<Box<str>, Box<[u32]>>,
}

impl Fast {
    /// `None` if `inner` works in another way than plain byte-level BPE after GPT-2's pattern.
    pub fn new(inner: &tokenizers::Tokenizer) -> Option<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let gpt2 = match inner.get_pre_tokenizer()? {
            PreTokenizerWrapper::ByteLevel(b) => b.use_regex && !b.add_prefix_space,
            _ => false,
        };
        let bpe = model(inner)?;
        let plain = bpe.dropout.is_none_or(|p| p == 0.0)
            && bpe.continuing_subword_prefix.is_none()
            && bpe.end_of_word_suffix.is_none()
            && inner.get_normalizer().is_none()
            && inner.get_added_tokens_decoder().values().all(|token| token.special);
        (gpt2 && plain).then(|| Self { id: NEXT.fetch_add(1, Ordering::Relaxed) })
    }

    /// Appends the ids of `text` to `ids`.
    pub fn encode(&self, inner: &tokenizers::Tokenizer, text: &str, ids: &mut Vec<u32>) -> tokenizers::Result<()> {
        let Some(bpe) = model(inner) else {
            return Err("the model is not BPE".into());
        };
        SEEN.with_borrow_mut(|seen| {
            if seen.tokenizer != self.id {
                *seen = Seen { tokenizer: self.id, words: HashMap::new() };
            }
            for word in words(text) {
                if let Some(known) = seen.words.get(word) {
                    ids.extend_from_slice(known);
                    continue;
                }
                let written: String = word.bytes().map(char_of).collect();
                let start = ids.len();
                ids.extend(bpe.tokenize(&written)?.iter().map(|token| token.id));
                if word.len() <= LONGEST && seen.words.len() < WORDS {
                    seen.words.insert(word.into(), ids[start..].into());
                }
            }
            Ok(())
        })
    }
}

fn model(inner: &tokenizers::Tokenizer) -> Option<&BPE> {
    match inner.get_model() {
        ModelWrapper::BPE(bpe) => Some(bpe),
        _ => None,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Letter,
    Number,
    Space,
    Other,
}

/// Characters whose classes are found out together.
const BLOCK: usize = 256;

/// The classes of some characters that follow each other.
type Block = OnceLock<Box<[Class; BLOCK]>>;

/// The class of each character. It comes from the library's own regular expressions, because what counts as a letter
/// depends on the version of Unicode; for all of Unicode they take a tenth of a second, so each block waits until it is met.
static CLASSES: LazyLock<Vec<Block>> =
    LazyLock::new(|| std::iter::repeat_with(Block::new).take(char::MAX as usize / BLOCK + 1).collect());

/// What tells the classes apart.
static PATTERNS: LazyLock<[(Class, SysRegex); 3]> = LazyLock::new(|| {
    // The patterns are constants that a test compiles.
    let compiled = |(class, pattern)| (class, SysRegex::new(pattern).expect("a valid pattern"));
    [(Class::Letter, r"\p{L}+"), (Class::Number, r"\p{N}+"), (Class::Space, r"\s+")].map(compiled)
});

fn class(classes: &[Block], c: char) -> Class {
    let (block, at) = (c as usize / BLOCK, c as usize % BLOCK);
    classes[block].get_or_init(|| found_out(block))[at]
}

fn found_out(block: usize) -> Box<[Class; BLOCK]> {
    let first = (block * BLOCK) as u32;
    let all: String = (first..first + BLOCK as u32).filter_map(char::from_u32).collect();
    let mut classes = Box::new([Class::Other; BLOCK]);
    for (class, regex) in PATTERNS.iter() {
        for (start, end) in regex.find_iter(&all) {
            all[start..end].chars().for_each(|c| classes[c as usize % BLOCK] = *class);
        }
    }
    classes
}

/// The matches of GPT-2's pattern in `text`, which cover it.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    let classes = &**CLASSES;
    let mut rest = text;
    std::iter::from_fn(move || {
        let (word, after) = rest.split_at(word_end(classes, rest)?);
        rest = after;
        Some(word)
    })
}

/// Where the first match ends; `None` in an empty text.
fn word_end(classes: &[Block], text: &str) -> Option<usize> {
    let first = text.chars().next()?;
    if first == '\'' {
        let contraction = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"].iter().find(|c| text.starts_with(**c));
        if let Some(contraction) = contraction {
            return Some(contraction.len());
        }
    }
    let run = |from: usize, wanted: Class| {
        let length = text[from..].char_indices().find(|(_, c)| class(classes, *c) != wanted).map(|(i, _)| i);
        length.map_or(text.len(), |length| from + length)
    };
    let kind = class(classes, first);
    if kind != Class::Space {
        return Some(run(0, kind));
    }
    // One space belongs to the word behind it.
    if first == ' '
        && let Some(next) = text[1..].chars().next()
        && class(classes, next) != Class::Space
    {
        return Some(run(1, class(classes, next)));
    }
    // White space before a word leaves its last character to that word, unless it is the only one.
    let end = run(0, Class::Space);
    let last = text[..end].char_indices().next_back().map_or(0, |(i, _)| i);
    Some(if end == text.len() || last == 0 { end } else { last })
}
