//! Tokens with a role, and the names they go by.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::error::TokenizerError;

/// The ids of the tokens with a role. Their texts in a user's input are plain text.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Special {
    /// Fills a row up; never attended to.
    pub pad: u32,
    /// Opens a document.
    pub bos: u32,
    /// Closes a document.
    pub eos: u32,
    /// Hides a token in pretraining; the same as `eos` where no token is for that.
    pub mask: u32,
    /// Stands between parts of an input, such as question and passage.
    pub sep: u32,
}

impl Special {
    /// The five ids, in the order pad, bos, eos, mask, sep.
    pub fn all(&self) -> [u32; 5] {
        [self.pad, self.bos, self.eos, self.mask, self.sep]
    }

    /// Whether there is a token to hide others with.
    pub fn hides(&self) -> bool {
        self.mask != self.eos
    }
}

/// The roles of the tokens of a model made elsewhere, as its files give them.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Assigned {
    /// See [`Special::pad`].
    pub pad: u32,
    /// See [`Special::bos`].
    pub bos: u32,
    /// See [`Special::eos`].
    pub eos: u32,
    /// See [`Special::mask`].
    pub mask: u32,
    /// See [`Special::sep`].
    pub sep: u32,
    /// All tokens that end a text; none: `eos` alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ends: Vec<u32>,
    /// The tokens that the files name, by the key of `tokenizer_config.json` (`bos_token`). All other roles are guesses,
    /// for use within this program alone. Not known of models that earlier versions imported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub named: Option<BTreeMap<String, String>>,
    /// Ids of tokens that `config.json` gives, by its key (`pad_token_id`).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ids: BTreeMap<String, u32>,
    /// Other settings of `tokenizer_config.json` that an export hands on, by its key (`padding_side`).
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub settings: Map<String, Value>,
}

impl Assigned {
    /// The ids alone.
    pub fn special(&self) -> Special {
        let Self { pad, bos, eos, mask, sep, .. } = *self;
        Special { pad, bos, eos, mask, sep }
    }
}

impl From<Special> for Assigned {
    fn from(Special { pad, bos, eos, mask, sep }: Special) -> Self {
        Self { pad, bos, eos, mask, sep, ends: Vec::new(), named: None, ids: BTreeMap::new(), settings: Map::new() }
    }
}

/// The names under which a role is found, the likeliest first. The first is what training uses.
pub(super) const ROLES: [(&str, &[&str]); 5] = [
    ("pad", &["[pad]", "[PAD]", "<pad>", "<|pad|>", "<|padding|>", "<|endoftext|>", "<|end_of_text|>", "</s>"]),
    (
        "bos",
        &[
            "[bos]",
            "[BOS]",
            "<s>",
            "<bos>",
            "<|bos|>",
            "<|begin_of_text|>",
            "<|startoftext|>",
            "[CLS]",
            "<|im_start|>",
            "<|endoftext|>",
        ],
    ),
    ("eos", &["[eos]", "[EOS]", "</s>", "<eos>", "<|eos|>", "<|end_of_text|>", "<|endoftext|>", "[SEP]", "<|im_end|>"]),
    ("mask", &["[mask]", "[MASK]", "<mask>", "<|mask|>", "<|MASK|>", "<|fim_middle|>", "<|reserved_special_token_0|>"]),
    ("sep", &["[sep]", "[SEP]", "<sep>", "<|sep|>", "</s>", "<|file_sep|>", "<|reserved_special_token_1|>"]),
];

/// The roles as the names of the tokens tell them.
pub(super) fn find_special(inner: &tokenizers::Tokenizer, origin: &str) -> Result<Special, TokenizerError> {
    let find = |(role, names): (&'static str, &'static [&'static str])| {
        names.iter().find_map(|name| inner.token_to_id(name)).ok_or_else(|| TokenizerError::MissingRole {
            origin: origin.into(),
            role,
            looked_for: names.to_vec(),
        })
    };
    let [pad, bos, eos, mask, sep] = ROLES.map(find);
    let special = Special { pad: pad?, bos: bos?, eos: eos?, mask: mask?, sep: sep? };
    if [special.pad, special.bos, special.eos, special.sep].contains(&special.mask) {
        return Err(TokenizerError::SharedMask { origin: origin.into(), id: special.mask });
    }
    Ok(special)
}
