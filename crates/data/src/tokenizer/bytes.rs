//! The bytes behind each token id, and text made of them one id at a time.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

/// How a token of the vocabulary is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Stands for no text.
    Special,
    /// Stands for itself.
    Plain,
    /// Written in GPT-2's alphabet, where each character is one byte.
    ByteLevel,
}

pub(super) struct Entry {
    pub token: String,
    pub id: u32,
    pub kind: Kind,
}

/// The bytes of every id, end to end.
#[derive(Debug)]
pub(super) struct Table {
    bytes: Vec<u8>,
    /// Id `i` stands for `bytes[starts[i]..starts[i + 1]]`.
    starts: Vec<u32>,
}

impl Table {
    pub fn new(mut entries: Vec<Entry>, special: &[u32]) -> Self {
        // An added token comes before the one whose place it takes.
        entries.sort_by_key(|entry| (entry.id, entry.kind == Kind::ByteLevel));
        let (mut bytes, mut starts) = (Vec::new(), vec![0]);
        for Entry { token, id, kind } in entries {
            // An id that no token has stands for nothing; of two tokens with one id the first counts.
            starts.resize((id as usize + 1).max(starts.len()), bytes.len() as u32);
            if starts.len() > id as usize + 1 {
                continue;
            }
            match kind {
                _ if special.contains(&id) => {}
                Kind::Special => {}
                Kind::Plain => bytes.extend_from_slice(token.as_bytes()),
                Kind::ByteLevel => match token.chars().map(byte_of).collect::<Option<Vec<u8>>>() {
                    Some(decoded) => bytes.extend(decoded),
                    None => bytes.extend_from_slice(token.as_bytes()),
                },
            }
            starts.push(bytes.len() as u32);
        }
        Self { bytes, starts }
    }

    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    pub fn get(&self, id: u32) -> &[u8] {
        match self.starts.get(id as usize..id as usize + 2) {
            Some(&[start, end]) => &self.bytes[start as usize..end as usize],
            _ => &[],
        }
    }

    pub fn lengths(&self) -> Vec<u32> {
        self.starts.windows(2).map(|pair| pair[1] - pair[0]).collect()
    }
}

/// GPT-2's alphabet: printable Latin-1 stands for itself, the other bytes are U+0100 onwards in order (Radford et al.
/// 2019, `encoder.py`).
static ALPHABET: LazyLock<[char; 256]> = LazyLock::new(|| {
    let mut others = '\u{100}'..;
    std::array::from_fn(|b| match b {
        0x21..=0x7e | 0xa1..=0xac | 0xae..=0xff => char::from(b as u8),
        _ => others.next().unwrap_or_default(),
    })
});

/// The character that a byte is written as.
pub(super) fn char_of(byte: u8) -> char {
    ALPHABET[byte as usize]
}

/// The byte that a character stands for.
fn byte_of(c: char) -> Option<u8> {
    static BYTES: LazyLock<HashMap<char, u8>> = LazyLock::new(|| (0..=255).map(|b| (char_of(b), b)).collect());
    BYTES.get(&c).copied()
}

/// Turns the ids of a byte-level tokenizer into text as they come.
#[derive(Clone, Debug)]
pub(super) struct Stream {
    table: Arc<Table>,
    pending: Vec<u8>,
}

impl Stream {
    pub fn new(table: Arc<Table>) -> Self {
        Self { table, pending: Vec::new() }
    }

    /// Takes the next id; returns the text that is now complete, if any.
    pub fn push(&mut self, id: u32) -> Option<String> {
        self.pending.extend_from_slice(self.table.get(id));
        let complete = complete_prefix(&self.pending);
        let text = String::from_utf8_lossy(&self.pending[..complete]).into_owned();
        self.pending.drain(..complete);
        (!text.is_empty()).then_some(text)
    }

    /// What is left at the end: half a character becomes U+FFFD.
    pub fn finish(self) -> Option<String> {
        (!self.pending.is_empty()).then(|| String::from_utf8_lossy(&self.pending).into_owned())
    }
}

/// The length of the longest prefix that does not end within a character.
fn complete_prefix(bytes: &[u8]) -> usize {
    let mut at = 0;
    loop {
        match std::str::from_utf8(&bytes[at..]) {
            Ok(_) => return bytes.len(),
            Err(e) => match e.error_len() {
                Some(bad) => at += e.valid_up_to() + bad,
                None => return at + e.valid_up_to(),
            },
        }
    }
}
