//! Text made of ids one at a time.

use super::{bytes, whole};

/// Turns ids into text as they come, holding back a character until all of its bytes are there.
#[derive(Clone)]
pub struct TextStream(pub(super) Streaming);

#[derive(Clone)]
pub(super) enum Streaming {
    Bytes(bytes::Stream),
    Whole(whole::Whole),
}

impl TextStream {
    /// Takes the next id; returns the text that is now complete, if any. Bytes that cannot become UTF-8 any more turn
    /// into U+FFFD, as in [`Tokenizer::decode`](super::Tokenizer::decode).
    pub fn push(&mut self, id: u32) -> Option<String> {
        match &mut self.0 {
            Streaming::Bytes(stream) => stream.push(id),
            Streaming::Whole(whole) => whole.push(id),
        }
    }

    /// What is left at the end: half a character becomes U+FFFD.
    pub fn finish(self) -> Option<String> {
        match self.0 {
            Streaming::Bytes(stream) => stream.finish(),
            Streaming::Whole(whole) => whole.finish(),
        }
    }
}
