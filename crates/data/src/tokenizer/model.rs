//! A tokenizer: learned, opened, and what it says of itself.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;
use tokenizers::AddedToken;
use tokenizers::models::bpe::{BPE, BpeTrainer};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;

use super::error::TokenizerError;
use super::foreign::Hints;
use super::pair::Pair;
use super::roles::{Assigned, ROLES, Special, find_special};
use super::vocabulary::byte_level;
use super::{bytes, fast, foreign, pieces, sound};
use crate::files::{self, FileError};

/// Token ids and the places in the text that they stand for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Encoded {
    /// Token ids.
    pub ids: Vec<u32>,
    /// For each token the characters (Unicode scalar values) `start..end` of the text. Tokens that each stand for a
    /// part of one character all have that character's place.
    pub offsets: Vec<(usize, usize)>,
}

/// A tokenizer. Cloning is cheap.
#[derive(Clone)]
pub struct Tokenizer {
    pub(super) inner: Arc<tokenizers::Tokenizer>,
    pub(super) json: Arc<str>,
    pub(super) special: Special,
    /// The roles of a model made elsewhere; none where the names of the tokens tell them.
    pub(super) assigned: Option<Arc<Assigned>>,
    /// Whether it is byte-level, so that every text survives the round trip.
    pub(super) lossless: bool,
    /// What stands before and after a text that is read.
    pub(super) around: Arc<[Vec<u32>; 2]>,
    /// What its own template sets around two texts, if it has one.
    pub(super) pair: Option<Arc<Pair>>,
    /// The bytes that each id stands for; none for special tokens.
    pub(super) bytes: Arc<bytes::Table>,
    /// The quick way to encode, where it is the same.
    pub(super) fast: Option<Arc<fast::Fast>>,
    /// Whether names of special tokens within a text stand for these tokens.
    pub(super) parse_special: bool,
}

impl std::fmt::Debug for Tokenizer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tokenizer {{ vocab_size: {}, special: {:?} }}", self.vocab_size(), self.special)
    }
}

impl Tokenizer {
    /// Learns a vocabulary of up to `vocab_size` tokens (fewer when the text has too few frequent pairs): five
    /// special tokens, 256 bytes, then merges. The same texts in the same order give the same tokenizer.
    pub fn train(texts: impl Iterator<Item = String> + Send, vocab_size: usize) -> Result<Self, TokenizerError> {
        let least = 256 + ROLES.len();
        if vocab_size < least {
            return Err(TokenizerError::TooSmall { asked: vocab_size, special: ROLES.len(), least });
        }
        let failed = |e: tokenizers::Error| TokenizerError::Training { message: e.to_string() };
        let byte_level = ByteLevel::new(false, true, true);
        let mut inner = tokenizers::Tokenizer::new(BPE::default());
        inner.with_pre_tokenizer(Some(byte_level)).with_decoder(Some(byte_level));
        let mut trainer = tokenizers::models::TrainerWrapper::BpeTrainer(
            BpeTrainer::builder()
                .show_progress(false)
                .vocab_size(vocab_size)
                // A pair that occurs once says nothing about other texts.
                .min_frequency(2)
                .initial_alphabet(ByteLevel::alphabet().into_iter().collect())
                .special_tokens(ROLES.iter().map(|(_, names)| AddedToken::from(names[0], true)).collect())
                .build(),
        );
        let mut seen = false;
        // Cut long texts as encoding does: the library holds many times a text's size while it works on it.
        let pieces = texts
            .inspect(|text| seen |= !text.is_empty())
            .flat_map(|text| pieces::split(&text).map(str::to_owned).collect::<Vec<_>>());
        inner.train(&mut trainer, pieces).map_err(failed)?;
        if !seen {
            return Err(TokenizerError::NoText);
        }
        Self::from_json(&inner.to_string(false).map_err(failed)?, "the trained tokenizer")
    }

    /// Opens a `tokenizer.json`, made here or elsewhere. Without `assigned` roles the names of the tokens must tell
    /// them, and it must be byte-level.
    pub fn open(path: &Path, assigned: Option<Assigned>) -> Result<Self, TokenizerError> {
        let (json, origin) = read(path)?;
        match assigned {
            None => Self::from_json(&json, &origin),
            Some(assigned) => Self::with_roles(&json, &origin, |_| Ok((assigned.special(), Some(assigned)))),
        }
    }

    /// Opens the `tokenizer.json` of a model made elsewhere, of whatever kind; `hints` are what the files beside it say.
    /// `edit` changes the document where those files say that it is read in another way.
    pub fn import(path: &Path, hints: &Hints, edit: impl FnOnce(&mut Value)) -> Result<Self, TokenizerError> {
        let (json, origin) = read(path)?;
        let mut document: Value = serde_json::from_str(&json)
            .map_err(|e| TokenizerError::Format { origin: origin.clone(), message: e.to_string() })?;
        let before = document.clone();
        edit(&mut document);
        let json = if document == before { json } else { document.to_string() };
        Self::with_roles(&json, &origin, |inner| {
            let assigned = foreign::assign(inner, hints, &origin)?;
            let special = assigned.special();
            // One that was trained here needs nothing to be remembered.
            let names = ROLES.map(|(_, names)| inner.token_to_id(names[0]));
            let own = names == special.all().map(Some) && byte_level(inner).is_ok() && assigned.ends == [special.eos];
            Ok((special, (!own).then_some(assigned)))
        })
    }

    /// Reads the text of a `tokenizer.json`; `origin` is what errors call it.
    pub fn from_json(json: &str, origin: &str) -> Result<Self, TokenizerError> {
        Self::with_roles(json, origin, |inner| {
            byte_level(inner).map_err(|lacks| TokenizerError::NotByteLevel { origin: origin.into(), lacks })?;
            Ok((find_special(inner, origin)?, None))
        })
    }

    /// `roles` gives the roles of the tokens, and what of them has to be remembered.
    fn with_roles(
        json: &str,
        origin: &str,
        roles: impl FnOnce(&tokenizers::Tokenizer) -> Result<(Special, Option<Assigned>), TokenizerError>,
    ) -> Result<Self, TokenizerError> {
        let format = |message: String| TokenizerError::Format { origin: origin.into(), message };
        let (inner, json, entries) = sound::parse(json).map_err(format)?;
        let (special, assigned) = roles(&inner)?;
        // Of a model made elsewhere nothing is hidden but what its files call special.
        let hidden = match &assigned {
            None => special.all().to_vec(),
            Some(assigned) => assigned.named.iter().flatten().filter_map(|(_, name)| inner.token_to_id(name)).collect(),
        };
        let bytes = bytes::Table::new(entries, &hidden);
        if let Some(id) = special.all().into_iter().find(|&id| id as usize >= bytes.len()) {
            return Err(format(format!("there is no token {id}, which should have a role")));
        }
        let fast = fast::Fast::new(&inner).map(Arc::new);
        let lossless = byte_level(&inner).is_ok();
        // Those trained here leave it to whoever reads a text to open it.
        let own = inner.get_post_processor().is_none() && inner.token_to_id("[bos]") == Some(special.bos);
        let around = if own { [vec![special.bos], Vec::new()] } else { foreign::around(&inner).unwrap_or_default() };
        let pair = if own { Some(Pair::new(&around[0], &[special.sep], &[])) } else { Pair::of(&inner) };
        let (inner, bytes, around, pair) = (Arc::new(inner), Arc::new(bytes), Arc::new(around), pair.map(Arc::new));
        let (json, assigned) = (json.into(), assigned.map(Arc::new));
        Ok(Self { inner, json, special, assigned, lossless, around, pair, bytes, fast, parse_special: false })
    }

    /// The same tokenizer, but names of special tokens within a text stand for these tokens.
    pub fn parsing_special(&self) -> Self {
        let mut inner = (*self.inner).clone();
        inner.set_encode_special_tokens(false);
        Self { inner: Arc::new(inner), fast: None, parse_special: true, ..self.clone() }
    }

    /// The roles of its tokens, if they have to be remembered beside its file.
    pub fn assigned(&self) -> Option<&Assigned> {
        self.assigned.as_deref()
    }

    /// The tokens that end a text: one at least.
    pub fn ends(&self) -> Vec<u32> {
        match &self.assigned {
            Some(assigned) if !assigned.ends.is_empty() => assigned.ends.clone(),
            _ => vec![self.special.eos],
        }
    }

    /// The tokens that are never written: those with a role, where the model was trained here. Models made elsewhere may
    /// write any.
    pub fn never_written(&self) -> Vec<u32> {
        let Special { pad, bos, mask, sep, eos } = self.special;
        let roles = if self.assigned.is_some() { Vec::new() } else { vec![pad, bos, mask, sep] };
        roles.into_iter().filter(|&id| id != eos && self.is_special(id)).collect()
    }

    /// Whether `tokenizer.json` calls a token special: it is no text.
    pub fn is_special(&self, id: u32) -> bool {
        self.inner.get_added_tokens_decoder().get(&id).is_some_and(|token| token.special)
    }

    /// The names of tokens as the files give them, by the key of `tokenizer_config.json` (`bos_token`); those with a role
    /// where the model was trained here.
    pub fn named(&self) -> BTreeMap<String, String> {
        if let Some(Assigned { named: Some(named), .. }) = self.assigned.as_deref() {
            return named.clone();
        }
        let Special { pad, bos, eos, mask, sep } = self.special;
        let opens = !self.around[0].is_empty();
        // Of models that earlier versions imported it is not known which roles were guesses.
        let sure = |id: u32| self.assigned.is_none() || self.is_special(id);
        let roles = [
            ("bos_token", opens.then_some(bos)),
            ("eos_token", Some(eos)),
            ("pad_token", Some(pad).filter(|&id| sure(id))),
            ("sep_token", Some(sep).filter(|&id| sure(id))),
            ("mask_token", self.special.hides().then_some(mask).filter(|&id| sure(id))),
        ];
        roles.into_iter().filter_map(|(role, id)| Some((role.to_string(), self.token(id?)?))).collect()
    }

    /// A text as a classifier reads it: to models made elsewhere the white space around it is text too.
    pub fn classified<'a>(&self, text: &'a str) -> &'a str {
        if self.assigned.is_some() { text } else { text.trim() }
    }

    /// After how many tokens the files of a model made elsewhere say that texts are cut, those around them included.
    pub fn limit(&self) -> Option<usize> {
        let limit = self.assigned.as_deref()?.settings.get("model_max_length")?.as_u64()?;
        usize::try_from(limit).ok()
    }

    /// The names of special tokens that occur in `text`, each once.
    pub fn special_names_in(&self, text: &str) -> Vec<String> {
        let added = self.inner.get_added_tokens_decoder();
        let mut found: Vec<(u32, &str)> = added
            .iter()
            .filter(|(_, token)| token.special && text.contains(token.content.as_str()))
            .map(|(id, token)| (*id, token.content.as_str()))
            .collect();
        found.sort_unstable();
        found.into_iter().map(|(_, name)| name.to_string()).collect()
    }

    /// `ids` of a text to be read, or continued, with what opens it: nothing in models that were not taught any such
    /// token, but for a text without tokens.
    pub fn opened(&self, ids: Vec<u32>) -> Vec<u32> {
        match &*self.around[0] {
            [] if ids.is_empty() => vec![self.special.bos],
            [] => ids,
            before => [before, &ids].concat(),
        }
    }

    /// What follows a text that is only read, as BERT's `[SEP]` does.
    pub fn closing(&self) -> &[u32] {
        &self.around[1]
    }

    /// Tokens that [`opened`](Self::opened) and [`closing`](Self::closing) add to a text.
    pub fn overhead(&self) -> usize {
        self.around[0].len() + self.around[1].len()
    }

    /// The text of `tokenizer.json`, the same for the same tokenizer.
    pub fn to_json(&self) -> &str {
        &self.json
    }

    /// Writes `tokenizer.json`, whole or not at all.
    pub fn save(&self, path: &Path) -> Result<(), FileError> {
        files::write_atomic(path, self.json.as_bytes())
    }

    /// The ids of the special tokens.
    pub fn special(&self) -> Special {
        self.special
    }

    /// One more than the largest id.
    pub fn vocab_size(&self) -> usize {
        self.bytes.len()
    }

    /// BLAKE3 of [`to_json`](Self::to_json) in hexadecimal: equal for tokenizers that give equal ids.
    pub fn hash(&self) -> String {
        files::hash_bytes(self.json.as_bytes())
    }

    /// For each id of a byte-level tokenizer the number of UTF-8 bytes it stands for, 0 for special tokens.
    pub fn byte_lengths(&self) -> Vec<u32> {
        self.bytes.lengths()
    }

    /// The text of a token as `tokenizer.json` writes it.
    pub fn token(&self, id: u32) -> Option<String> {
        self.inner.id_to_token(id)
    }
}

/// The text of a file, and what errors call it.
fn read(path: &Path) -> Result<(String, String), TokenizerError> {
    let bytes = files::read(path)?;
    let origin = path.display().to_string();
    match String::from_utf8(bytes) {
        Ok(json) => Ok((json, origin)),
        Err(e) => {
            let message = format!("invalid UTF-8 at byte {}", e.utf8_error().valid_up_to());
            Err(TokenizerError::Format { origin, message })
        }
    }
}
