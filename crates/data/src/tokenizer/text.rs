//! Text to ids and back.

use rayon::prelude::*;
use tokenizers::Model;

use super::model::{Encoded, Tokenizer};
use super::stream::{Streaming, TextStream};
use super::{bytes, pieces, sound, whole};

impl Tokenizer {
    /// The ids of `text`, nothing added.
    pub fn encode(&self, text: &str) -> Vec<u32> {
        if !self.lossless {
            return self.encode_whole(text);
        }
        let mut ids = Vec::with_capacity(text.len() / 3);
        for piece in self.pieces(text) {
            let before = ids.len();
            let encoded = sound::attempt(|| match &self.fast {
                Some(fast) => fast.encode(&self.inner, piece, &mut ids),
                None => self.inner.encode_fast(piece, false).map(|encoding| ids.extend_from_slice(encoding.get_ids())),
            });
            if encoded.is_err() {
                ids.truncate(before);
                ids.extend(piece.bytes().filter_map(|byte| self.byte(byte)));
            }
        }
        ids
    }

    /// The ids of a text by the library; one that it fails on, as its patterns may on long ones, in two halves.
    fn encode_whole(&self, text: &str) -> Vec<u32> {
        match sound::attempt(|| self.inner.encode_fast(text, false)) {
            Ok(encoding) => encoding.get_ids().to_vec(),
            Err(_) => {
                let (first, second) = text.split_at(text.ceil_char_boundary(text.len() / 2));
                let halves = [first, second].into_iter().filter(|half| half.len() < text.len());
                halves.flat_map(|half| self.encode_whole(half)).collect()
            }
        }
    }

    /// The ids of `text`, in which the names of special tokens stand for these tokens: for prompts that were put together
    /// from parts, not for what a user has written.
    pub fn encode_with_special(&self, text: &str) -> Vec<u32> {
        self.parsing_special().encode(text)
    }

    /// The ids of `text` and the characters they stand for.
    pub fn encode_with_offsets(&self, text: &str) -> Encoded {
        let mut encoded = Encoded::default();
        if !self.lossless {
            if let Ok(encoding) = sound::attempt(|| self.inner.encode_char_offsets(text, false)) {
                encoded = Encoded { ids: encoding.get_ids().to_vec(), offsets: encoding.get_offsets().to_vec() };
            }
            return encoded;
        }
        let mut start = 0;
        for piece in self.pieces(text) {
            match sound::attempt(|| self.inner.encode_char_offsets(piece, false)) {
                Ok(encoding) => {
                    encoded.ids.extend_from_slice(encoding.get_ids());
                    encoded.offsets.extend(encoding.get_offsets().iter().map(|(a, b)| (start + a, start + b)));
                }
                Err(_) => {
                    for (place, c) in (start..).zip(piece.chars()) {
                        let ids =
                            c.encode_utf8(&mut [0; 4]).bytes().filter_map(|byte| self.byte(byte)).collect::<Vec<_>>();
                        encoded.offsets.extend(ids.iter().map(|_| (place, place + 1)));
                        encoded.ids.extend(ids);
                    }
                }
            }
            start += piece.chars().count();
        }
        encoded
    }

    /// The ids of each text, in parallel.
    pub fn encode_batch<S: AsRef<str> + Sync>(&self, texts: &[S]) -> Vec<Vec<u32>> {
        texts.par_iter().map(|text| self.encode(text.as_ref())).collect()
    }

    /// The text that `ids` stand for. Special tokens and unknown ids stand for none; bytes that are not UTF-8 (a
    /// model may write such) become U+FFFD.
    pub fn decode(&self, ids: &[u32]) -> String {
        if !self.lossless {
            return sound::attempt(|| self.inner.decode(ids, true)).unwrap_or_default();
        }
        let bytes: Vec<u8> = ids.iter().flat_map(|id| self.bytes.get(*id)).copied().collect();
        String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
    }

    /// `text` in pieces that are encoded one by one. A cut may stand within the name of a token.
    fn pieces<'a>(&self, text: &'a str) -> Box<dyn Iterator<Item = &'a str> + 'a> {
        if self.parse_special { Box::new(std::iter::once(text)) } else { Box::new(pieces::split(text)) }
    }

    /// The token of a single byte: what a piece of text is made of that the library cannot cut.
    fn byte(&self, byte: u8) -> Option<u32> {
        self.inner.get_model().token_to_id(bytes::char_of(byte).encode_utf8(&mut [0; 4]))
    }

    /// A decoder that takes one id at a time.
    pub fn stream(&self) -> TextStream {
        self.stream_after(&[])
    }

    /// A decoder that takes one id at a time, for text that follows that of `before`: SentencePiece's tokens lose the
    /// space that they begin with only where a text begins.
    pub fn stream_after(&self, before: &[u32]) -> TextStream {
        if self.lossless {
            TextStream(Streaming::Bytes(bytes::Stream::new(self.bytes.clone())))
        } else {
            TextStream(Streaming::Whole(whole::Whole::new(self.inner.clone(), before)))
        }
    }
}
