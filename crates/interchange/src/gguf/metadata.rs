//! The keys and values at the head of a file.

use std::collections::HashSet;

use super::error::GgufError;
use super::source::{Precision, Source};
use super::stretch;
use super::value::{ALIGNMENT, Value};
use crate::class::Family;
use cimiento_data::tokenizer::{Contents, Kind, Pattern, Tokenizer};

/// A key and its value.
pub(super) struct Entry {
    key: String,
    value: Value,
}

impl Entry {
    /// Appends it as the file has it: the key, the number of the value's type, the value.
    pub fn put(&self, out: &mut Vec<u8>) {
        put_text(&self.key, out);
        match &self.value {
            Value::Flag(flag) => {
                out.extend(7u32.to_le_bytes());
                out.push(u8::from(*flag));
            }
            Value::Count(count) => {
                out.extend(4u32.to_le_bytes());
                // All counts but the context are of things in memory.
                out.extend(u32::try_from(*count).unwrap_or(u32::MAX).to_le_bytes());
            }
            Value::Number(number) => {
                out.extend(6u32.to_le_bytes());
                out.extend((*number as f32).to_le_bytes());
            }
            Value::Text(text) => {
                out.extend(8u32.to_le_bytes());
                put_text(text, out);
            }
            Value::Texts(texts) => {
                put_array(8, texts.len(), out);
                texts.iter().for_each(|text| put_text(text, out));
            }
            Value::Integers(integers) => {
                put_array(5, integers.len(), out);
                integers.iter().for_each(|integer| out.extend(integer.to_le_bytes()));
            }
        }
    }
}

/// A text with its length before it.
pub(super) fn put_text(text: &str, out: &mut Vec<u8>) {
    out.extend((text.len() as u64).to_le_bytes());
    out.extend(text.as_bytes());
}

fn put_array(of: u32, length: usize, out: &mut Vec<u8>) {
    out.extend(9u32.to_le_bytes());
    out.extend(of.to_le_bytes());
    out.extend((length as u64).to_le_bytes());
}

/// All metadata of a model.
pub(super) fn entries(source: &Source, precision: Precision) -> Result<Vec<Entry>, GgufError> {
    use Value::{Count, Number, Text};
    let config = source.config;
    let file_type = match precision {
        Precision::F16 => 1,
        Precision::Q8_0 => 7,
    };
    let arch = source.family.model_type();
    let mut entries = Vec::new();
    let mut add = |key: &str, value| entries.push(Entry { key: key.replace('*', arch), value });
    add("general.architecture", Text(arch.into()));
    add("general.type", Text("model".into()));
    add("general.name", Text(source.name.into()));
    add("general.file_type", Count(file_type));
    add("general.quantization_version", Count(2));
    add("general.alignment", Count(ALIGNMENT));
    add("*.vocab_size", Count(config.vocab_size));
    add("*.context_length", Count(config.context));
    add("*.embedding_length", Count(config.d_model));
    add("*.block_count", Count(config.layers));
    add("*.feed_forward_length", Count(config.d_ff));
    add("*.attention.head_count", Count(config.heads));
    add("*.attention.head_count_kv", Count(config.kv_heads));
    add("*.attention.key_length", Count(config.head_dim));
    add("*.attention.value_length", Count(config.head_dim));
    add("*.attention.layer_norm_rms_epsilon", Number(config.norm_epsilon));
    add("*.rope.freq_base", Number(config.rope_theta));
    if source.family == Family::Llama {
        add("*.rope.dimension_count", Count(config.head_dim));
    }
    stretch::entries(source.family, config)?.into_iter().for_each(|(key, value)| add(key, value));
    tokenizer(source, &mut add)?;
    Ok(entries)
}

/// The tokenizer's part of it.
fn tokenizer(source: &Source, add: &mut dyn FnMut(&str, Value)) -> Result<(), GgufError> {
    use Value::{Count, Flag, Integers, Text, Texts};
    let contents = source.tokenizer.contents()?;
    let rows = source.config.vocab_size;
    if contents.tokens.len() > rows {
        return Err(GgufError::Vocabulary { tokens: contents.tokens.len(), rows });
    }
    if contents.ignore_merges && contents.pattern != Pattern::Llama3 {
        return Err(GgufError::IgnoreMerges);
    }
    let pre = match contents.pattern {
        Pattern::Gpt2 => "gpt-2",
        Pattern::Qwen2 => "qwen2",
        Pattern::Llama3 => "llama-bpe",
        Pattern::SmolLm => "smollm",
    };
    let special = source.tokenizer.special();
    let bos = contents.opens_with.unwrap_or(special.bos);
    let ours = || source.tokenizer.token(bos).as_deref() == Some("[bos]");
    let opens_with_bos = source.opens_with_bos.unwrap_or_else(|| contents.opens_with.is_some() || ours());
    let (texts, types) = tokens(&contents, rows);
    add("tokenizer.ggml.model", Text("gpt2".into()));
    add("tokenizer.ggml.pre", Text(pre.into()));
    add("tokenizer.ggml.tokens", Texts(texts));
    add("tokenizer.ggml.token_type", Integers(types));
    add("tokenizer.ggml.merges", Texts(contents.merges.iter().map(|(a, b)| format!("{a} {b}")).collect()));
    // Without this key llama.cpp takes token 11; nothing opens with it unless `add_bos_token` says so.
    add("tokenizer.ggml.bos_token_id", Count(bos as usize));
    for (key, end) in ENDS.into_iter().zip(ends(source.tokenizer)?) {
        add(key, Count(end as usize));
    }
    if padded(source.tokenizer) {
        add("tokenizer.ggml.padding_token_id", Count(special.pad as usize));
    }
    add("tokenizer.ggml.add_bos_token", Flag(opens_with_bos));
    add("tokenizer.ggml.add_eos_token", Flag(contents.closes_with == Some(special.eos)));
    if let Some(template) = source.chat_template {
        add("tokenizer.chat_template", Text(template.into()));
    }
    Ok(())
}

/// Keys of tokens that end a text: of the text, of a turn, of a message.
const ENDS: [&str; 3] = ["tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"];

/// Names of tokens at which llama.cpp ends a text wherever they are in a vocabulary.
const KNOWN_ENDS: [&str; 7] =
    ["<|eot_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<|endoftext|>", "<|eom_id|>", "<EOT>"];

/// The tokens that end a text and have a key of their own: the first, and where these would be more than there are keys,
/// of the others only those that llama.cpp does not know by name.
fn ends(tokenizer: &Tokenizer) -> Result<Vec<u32>, GgufError> {
    let mut ends = tokenizer.ends();
    let all = ends.len();
    if all > ENDS.len() {
        let known = |id: u32| tokenizer.token(id).is_some_and(|name| KNOWN_ENDS.contains(&name.as_str()));
        let first = ends[0];
        ends.retain(|&id| id == first || !known(id));
    }
    if ends.len() > ENDS.len() { Err(GgufError::Ends { ends: all }) } else { Ok(ends) }
}

/// Whether the padding token is one that the model's files name, and no guess.
fn padded(tokenizer: &Tokenizer) -> bool {
    let assigned = tokenizer.assigned();
    tokenizer.named().contains_key("pad_token") || assigned.is_some_and(|a| a.ids.contains_key("pad_token_id"))
}

/// The text and type of each of `rows` tokens.
fn tokens(contents: &Contents, rows: usize) -> (Vec<String>, Vec<i32>) {
    let taken: HashSet<&str> = contents.tokens.iter().flatten().map(|token| token.text.as_str()).collect();
    let entry = |id: usize| match contents.tokens.get(id).into_iter().flatten().next() {
        Some(token) => {
            let kind = match token.kind {
                Kind::ByteLevel => 1,
                Kind::Special => 3,
                Kind::Plain => 4,
            };
            (token.text.clone(), kind)
        }
        None => {
            // llama.cpp ends at once where two tokens are alike.
            let mut text = format!("[PAD{id}]");
            while taken.contains(text.as_str()) {
                text.push('_');
            }
            (text, 5)
        }
    };
    (0..rows).map(entry).unzip()
}
