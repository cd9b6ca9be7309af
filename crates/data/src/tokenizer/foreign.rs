//! Tokenizers of models that were made elsewhere: which of their tokens have which role, and what they put around a text.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use tokenizers::{Encoding, Token, Tokenizer as Inner};

use super::error::TokenizerError;
use super::pair::Pair;
use super::roles::{Assigned, ROLES};
use super::sound;

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
    /// Further ids that end a text.
    pub ends: Vec<u32>,
    /// The tokens that the files name, by the key of `tokenizer_config.json`.
    pub named: BTreeMap<String, String>,
    /// Ids of tokens that `config.json` gives, by its key.
    pub ids: BTreeMap<String, u32>,
    /// See [`Assigned::settings`].
    pub settings: Map<String, Value>,
}

/// A token by its name or its id.
#[derive(Clone, Debug, PartialEq)]
pub enum Hint {
    /// As `tokenizer.json` writes it.
    Name(String),
    /// Its id.
    Id(u32),
}

/// The roles of the tokens of `inner`: the first hint that is a token, else a usual name, else the end of a text. A token
/// that has its role by a guess is used within this program, and nowhere forbidden, hidden or handed on.
pub(super) fn assign(inner: &Inner, hints: &Hints, origin: &str) -> Result<Assigned, TokenizerError> {
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
    // A vocabulary of letters or k-mers may have nothing that ends a text; any token that is no text then does.
    let some_special = || {
        let added = inner.get_added_tokens_decoder();
        added.iter().filter(|(_, token)| token.special).map(|(id, _)| *id).min()
    };
    let eos = hinted(&hints.eos).or_else(|| usual("eos")).or_else(|| hinted(&hints.pad)).or_else(some_special);
    let eos = eos.ok_or_else(|| TokenizerError::MissingRole {
        origin: origin.into(),
        role: "eos",
        looked_for: ROLES[2].1.to_vec(),
    })?;
    let find = |hints: &[Hint], role: &str| hinted(hints).or_else(|| usual(role)).unwrap_or(eos);
    let (pad, bos, sep) = (find(&hints.pad, "pad"), find(&hints.bos, "bos"), find(&hints.sep, "sep"));
    // What is not called a mask was not learned as one.
    let is_mask = |id: &u32| inner.id_to_token(*id).is_some_and(|name| name.to_lowercase().contains("mask"));
    let mask = hinted(&hints.mask).or_else(|| usual("mask").filter(is_mask)).unwrap_or(eos);
    // A mask that is something else too hides nothing.
    let mask = if [pad, bos, sep].contains(&mask) { eos } else { mask };
    let named_end = hinted(&hints.eos);
    let known = hints.ends.iter().copied().filter(|&id| inner.id_to_token(id).is_some());
    let mut ends: Vec<u32> = Vec::new();
    for id in named_end.into_iter().chain(known) {
        if !ends.contains(&id) {
            ends.push(id);
        }
    }
    let is_token = |(_, name): &(&String, &String)| inner.token_to_id(name).is_some();
    let named = hints.named.iter().filter(is_token).map(|(key, name)| (key.clone(), name.clone())).collect();
    let (ids, settings) = (hints.ids.clone(), hints.settings.clone());
    Ok(Assigned { pad, bos, eos, mask, sep, ends, named: Some(named), ids, settings })
}

/// What the post-processor of `inner` puts before and after a text.
pub(super) fn around(inner: &Inner) -> Option<[Vec<u32>; 2]> {
    // Stands for the text: the id of no token.
    const TEXT: u32 = u32::MAX;
    let text = Encoding::from_tokens(vec![Token::new(TEXT, "a".into(), (0, 1))], 0);
    let whole = sound::attempt(|| inner.post_process(text, None, true)).ok()?;
    let at = whole.get_ids().iter().position(|&id| id == TEXT)?;
    Some([whole.get_ids()[..at].to_vec(), whole.get_ids()[at + 1..].to_vec()])
}

/// The text of a `tokenizer.json` that puts around a text, and around two, what this program does. Where `typed`, tokens are
/// told apart by the part they belong to.
pub(super) fn with_template(
    json: &str,
    pair: &Pair,
    around: &[Vec<u32>; 2],
    typed: bool,
    name: impl Fn(u32) -> String,
) -> String {
    let Ok(mut document) = serde_json::from_str::<Value>(json) else { return json.to_string() };
    let part = |part: u8| if typed { part } else { 0 };
    let token = |id: u32, kind: u8| json!({ "SpecialToken": { "id": name(id), "type_id": part(kind) } });
    let text = |text: &str, kind: u8| json!({ "Sequence": { "id": text, "type_id": part(kind) } });
    let plain = |ids: &[u32]| ids.iter().map(|&id| token(id, 0)).collect::<Vec<Value>>();
    let single = [plain(&around[0]), vec![text("A", 0)], plain(&around[1])].concat();
    let ([before, between, behind], [first, second]) = pair.parts();
    let tokens = |tokens: &[(u32, u8)]| tokens.iter().map(|&(id, kind)| token(id, kind)).collect::<Vec<Value>>();
    let both =
        [tokens(before), vec![text("A", first)], tokens(between), vec![text("B", second)], tokens(behind)].concat();
    let used = around.concat().into_iter().chain(pair.ids());
    let table: serde_json::Map<String, Value> =
        used.map(|id| (name(id), json!({ "id": name(id), "ids": [id], "tokens": [name(id)] }))).collect();
    document["post_processor"] =
        json!({ "type": "TemplateProcessing", "single": single, "pair": both, "special_tokens": table });
    serde_json::to_string_pretty(&document).unwrap_or_else(|_| json.to_string())
}
