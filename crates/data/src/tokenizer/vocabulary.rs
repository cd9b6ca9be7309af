//! The tokens of a tokenizer, and whether they hold all bytes.

use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::{DecoderWrapper, Model, ModelWrapper};

use super::bytes;

/// Tokens and their ids, with whether the token is of the added ones and whether it is special.
pub(super) fn vocabulary(inner: &tokenizers::Tokenizer) -> Vec<bytes::Entry> {
    let added = inner.get_added_tokens_decoder();
    let entry = |(token, id)| {
        let kind = match added.get(&id) {
            Some(token) if token.special => bytes::Kind::Special,
            Some(_) => bytes::Kind::Plain,
            None => bytes::Kind::ByteLevel,
        };
        bytes::Entry { token, id, kind }
    };
    inner.get_vocab(true).into_iter().map(entry).collect()
}

/// Fails with what `inner` lacks to be a byte-level tokenizer.
pub(super) fn byte_level(inner: &tokenizers::Tokenizer) -> Result<(), String> {
    let decodes = match inner.get_decoder() {
        Some(DecoderWrapper::ByteLevel(_)) => true,
        Some(DecoderWrapper::Sequence(parts)) => {
            parts.get_decoders().iter().any(|part| matches!(part, DecoderWrapper::ByteLevel(_)))
        }
        _ => false,
    };
    if !decodes {
        return Err("decoder is not ByteLevel".into());
    }
    let ModelWrapper::BPE(model) = inner.get_model() else {
        return Err("model is not BPE".into());
    };
    match ByteLevel::alphabet().iter().filter(|c| model.token_to_id(&c.to_string()).is_none()).count() {
        0 => Ok(()),
        missing => Err(format!("vocabulary lacks {missing} of the 256 bytes")),
    }
}
