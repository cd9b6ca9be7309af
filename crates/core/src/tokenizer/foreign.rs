//! Tokenizers of models that were made elsewhere: which of their tokens have which role, and what they put around a text.

use std::sync::Arc;

use serde_json::{Value, json};
use tokenizers::Tokenizer as Inner;

use super::{ROLES, Special, TokenizerError, sound};

/// What the files beside a tokenizer say about its tokens: names, or ids.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hints {
    /// Opens a text.
    pub bos: Vec<Hint>,
    /// Closes a text.
    pub eos: Vec<Hint>,
    /// Fills a row up.
    pub pad: Vec<Hint>,
    /// Hides a token.
    pub mask: Vec<Hint>,
    /// Stands between parts.
    pub sep: Vec<Hint>,
}

/// A token by its name or its id.
#[derive(Clone, Debug, PartialEq)]
pub enum Hint {
    /// As `tokenizer.json` writes it.
    Name(String),
    /// Its id.
    Id(u32),
}

/// The roles of the tokens of `inner`: the first hint that is a token, else a usual name, else the end of a text.
pub(super) fn assign(inner: &Inner, hints: &Hints, origin: &str) -> Result<Special, TokenizerError> {
    let hinted = |hints: &[Hint]| {
        hints.iter().find_map(|hint| match hint {
            Hint::Name(name) => inner.token_to_id(name),
            Hint::Id(id) => inner.id_to_token(*id).map(|_| *id),
        })
    };
    let usual = |role: &str| {
        let names = ROLES.iter().find(|(name, _)| *name == role).map_or(&[][..], |(_, names)| names);
        names.iter().find_map(|name| inner.token_to_id(name))
    };
    let eos = hinted(&hints.eos).or_else(|| usual("eos")).ok_or_else(|| TokenizerError::MissingRole {
        origin: origin.into(),
        role: "eos",
        looked_for: ROLES[2].1.to_vec(),
    })?;
    let find = |hints: &[Hint], role: &str| hinted(hints).or_else(|| usual(role)).unwrap_or(eos);
    let special = Special {
        pad: find(&hints.pad, "pad"),
        bos: find(&hints.bos, "bos"),
        eos,
        mask: find(&hints.mask, "mask"),
        sep: find(&hints.sep, "sep"),
    };
    // A mask that is something else too hides nothing.
    let shared = [special.pad, special.bos, special.sep].contains(&special.mask);
    Ok(Special { mask: if shared { eos } else { special.mask }, ..special })
}

/// What `inner` puts before and after a text by itself.
pub(super) fn around(inner: &Inner) -> Option<[Vec<u32>; 2]> {
    let bare = sound::attempt(|| inner.encode_fast("a", false)).ok()?;
    let whole = sound::attempt(|| inner.encode_fast("a", true)).ok()?;
    let (bare, whole) = (bare.get_ids(), whole.get_ids());
    let at = whole.windows(bare.len().max(1)).position(|window| window == bare)?;
    Some([whole[..at].to_vec(), whole[at + bare.len()..].to_vec()])
}

/// The text of a `tokenizer.json` that puts around a text, and between two, what this program does. Where `typed`, the
/// second of two texts is marked as such.
pub(super) fn with_template(
    json: &str,
    special: &Special,
    around: &[Vec<u32>; 2],
    typed: bool,
    name: impl Fn(u32) -> String,
) -> String {
    let Ok(mut document) = serde_json::from_str::<Value>(json) else { return json.to_string() };
    let second = u8::from(typed);
    let typed = |id: u32, kind: u8| json!({ "SpecialToken": { "id": name(id), "type_id": kind } });
    let token = |id: u32| typed(id, 0);
    let text = |part: &str, kind: u8| json!({ "Sequence": { "id": part, "type_id": kind } });
    let tokens = |ids: &[u32]| ids.iter().map(|&id| token(id)).collect::<Vec<Value>>();
    let single = [tokens(&around[0]), vec![text("A", 0)], tokens(&around[1])].concat();
    let pair =
        vec![token(special.bos), text("A", 0), token(special.sep), text("B", second), typed(special.eos, second)];
    let mut used: Vec<u32> = around.concat();
    used.extend([special.bos, special.sep, special.eos]);
    let table: serde_json::Map<String, Value> =
        used.into_iter().map(|id| (name(id), json!({ "id": name(id), "ids": [id], "tokens": [name(id)] }))).collect();
    document["post_processor"] =
        json!({ "type": "TemplateProcessing", "single": single, "pair": pair, "special_tokens": table });
    serde_json::to_string_pretty(&document).unwrap_or_else(|_| json.to_string())
}

/// Turns the ids of a tokenizer that is not byte-level into text as they come.
#[derive(Clone)]
pub(super) struct Whole {
    inner: Arc<Inner>,
    ids: Vec<u32>,
    shown: usize,
}

impl Whole {
    pub fn new(inner: Arc<Inner>) -> Self {
        Self { inner, ids: Vec::new(), shown: 0 }
    }

    /// Takes the next id; returns the text that is now complete.
    pub fn push(&mut self, id: u32) -> Option<String> {
        self.ids.push(id);
        let text = self.text();
        // Half a character shows as U+FFFD until the rest of it comes.
        if text.ends_with('\u{fffd}') {
            return None;
        }
        self.rest(&text)
    }

    /// What has not been shown.
    pub fn finish(mut self) -> Option<String> {
        let text = self.text();
        self.rest(&text)
    }

    fn text(&self) -> String {
        sound::attempt(|| self.inner.decode(&self.ids, true)).unwrap_or_default()
    }

    fn rest(&mut self, text: &str) -> Option<String> {
        let rest = text.get(self.shown..).unwrap_or_default().to_string();
        self.shown = self.shown.max(text.len());
        (!rest.is_empty()).then_some(rest)
    }
}
