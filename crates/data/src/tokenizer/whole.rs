//! Text made one id at a time where a token's text depends on its neighbours: SentencePiece and WordPiece.

use std::ops::Range;
use std::sync::Arc;

use tokenizers::{DecoderWrapper, Tokenizer as Inner};

use super::sound;

/// Turns the ids of a tokenizer that is not byte-level into text as they come: the pieces, put together, are what decoding
/// all ids at once gives, behind what decoding those before them gives.
#[derive(Clone)]
pub(super) struct Whole {
    inner: Arc<Inner>,
    ids: Vec<u32>,
    /// Ids that the new text is decoded behind, so that it begins as it does within the whole.
    context: Range<usize>,
    /// Whether bytes that are not in the vocabulary are tokens of their own.
    byte_fallback: bool,
}

impl Whole {
    /// A stream whose text follows that of `before`.
    pub fn new(inner: Arc<Inner>, before: &[u32]) -> Self {
        let byte_fallback = match inner.get_decoder() {
            Some(DecoderWrapper::ByteFallback(_)) => true,
            Some(DecoderWrapper::Sequence(parts)) => {
                parts.get_decoders().iter().any(|part| matches!(part, DecoderWrapper::ByteFallback(_)))
            }
            _ => false,
        };
        Self { inner, ids: before.to_vec(), context: 0..before.len(), byte_fallback }
    }

    /// Takes the next id; returns the text that is now complete.
    pub fn push(&mut self, id: u32) -> Option<String> {
        self.ids.push(id);
        // What bytes stand for is settled by the first token after them.
        if self.byte_fallback && self.is_byte(id) {
            return None;
        }
        self.rest(true)
    }

    /// What has not been shown.
    pub fn finish(mut self) -> Option<String> {
        self.rest(false)
    }

    fn is_byte(&self, id: u32) -> bool {
        let token = self.inner.id_to_token(id).unwrap_or_default();
        let digits = token.strip_prefix("<0x").and_then(|rest| rest.strip_suffix('>'));
        digits.is_some_and(|digits| digits.len() == 2 && u8::from_str_radix(digits, 16).is_ok())
    }

    fn text(&self, from: usize, to: usize) -> String {
        sound::attempt(|| self.inner.decode(&self.ids[from..to], true)).unwrap_or_default()
    }

    /// The text of the ids behind the context; with `hold`, none that ends in half a character.
    fn rest(&mut self, hold: bool) -> Option<String> {
        let Range { start, end } = self.context;
        if end == self.ids.len() {
            return None;
        }
        let (known, text) = (self.text(start, end), self.text(start, self.ids.len()));
        // Other byte-level vocabularies show half a character as U+FFFD until the rest of it comes.
        if hold && text.ends_with('\u{fffd}') {
            return None;
        }
        // Bytes after the bytes that the context ends with may make another text of both.
        let alike = known.chars().zip(text.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
        let rest = text[alike..].to_string();
        if rest.is_empty() {
            return None;
        }
        // Text to stand before the next: without any, the next piece would begin as a whole text does.
        self.context = end..self.ids.len();
        Some(rest)
    }
}
