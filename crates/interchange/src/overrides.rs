//! Where `tokenizer_config.json` overrides `tokenizer.json`: classes of `transformers` that are named after a model build
//! parts of the tokenizer anew, from their own settings (`models/bert/tokenization_bert.py` and its like). What is put around
//! a text is always what the post-processor of `tokenizer.json` says: `add_bos_token` and `add_eos_token` count only where
//! there is no such file.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::described::Described;

/// The class that reads the tokenizer: the one that is named, else that of the model.
pub(super) fn class(settings: &Map<String, Value>, described: &Described) -> Option<String> {
    let named = settings.get("tokenizer_class").and_then(Value::as_str).or(described.tokenizer_class.as_deref());
    let of_model = match described.model_type.as_str() {
        "bert" => Some("BertTokenizer"),
        "roberta" => Some("RobertaTokenizer"),
        "xlm-roberta" => Some("XLMRobertaTokenizer"),
        "camembert" => Some("CamembertTokenizer"),
        _ => None,
    };
    named.or(of_model).map(|class| class.strip_suffix("Fast").unwrap_or(class).to_string())
}

/// The token that a class takes for a role where its settings do not say: `[SEP]` for BERT's `sep_token`.
pub(super) fn usual_token(class: Option<&str>, key: &str) -> Option<&'static str> {
    Some(match (class?, key) {
        ("BertTokenizer" | "DistilBertTokenizer" | "ElectraTokenizer", key) => match key {
            "unk_token" => "[UNK]",
            "sep_token" => "[SEP]",
            "pad_token" => "[PAD]",
            "cls_token" => "[CLS]",
            "mask_token" => "[MASK]",
            _ => return None,
        },
        ("RobertaTokenizer" | "XLMRobertaTokenizer" | "CamembertTokenizer", key) => match key {
            "bos_token" | "cls_token" => "<s>",
            "eos_token" | "sep_token" => "</s>",
            "unk_token" => "<unk>",
            "pad_token" => "<pad>",
            _ => "<mask>",
        },
        ("GPT2Tokenizer", "bos_token" | "eos_token" | "unk_token") => "<|endoftext|>",
        ("Qwen2Tokenizer", "eos_token" | "unk_token" | "pad_token") => "<|endoftext|>",
        ("LlamaTokenizer", "bos_token") => "<s>",
        ("LlamaTokenizer", "eos_token") => "</s>",
        ("LlamaTokenizer", "unk_token") => "<unk>",
        _ => return None,
    })
}

/// Changes the text of a `tokenizer.json` as `class` does by its `settings`; `family` is
/// the model's, `named` are tokens by role.
pub(super) fn apply(
    document: &mut Value,
    settings: &Map<String, Value>,
    class: Option<&str>,
    family: &str,
    named: &BTreeMap<String, String>,
) {
    let model = document["model"]["type"].as_str().unwrap_or_default().to_string();
    let prefix_space = settings.get("add_prefix_space").and_then(Value::as_bool);
    match (class.unwrap_or_default(), model.as_str()) {
        ("BertTokenizer" | "DistilBertTokenizer" | "ElectraTokenizer", "WordPiece" | "") => {
            bert(document, settings, named);
        }
        ("RobertaTokenizer" | "GPT2Tokenizer", "BPE") => {
            byte_level_prefix(&mut document["pre_tokenizer"], prefix_space.unwrap_or(false));
        }
        ("XLMRobertaTokenizer" | "CamembertTokenizer", "Unigram") => {
            if let Some(prefix) = prefix_space {
                let scheme = if prefix { "always" } else { "never" };
                metaspace_scheme(&mut document["pre_tokenizer"], scheme);
                metaspace_scheme(&mut document["decoder"], scheme);
            }
        }
        ("LlamaTokenizer", "BPE") if family == "llama" && !has_step(document, "ByteLevel") => {
            let legacy = settings.get("legacy").and_then(Value::as_bool).unwrap_or(false);
            llama(document, prefix_space.unwrap_or(true), legacy);
        }
        _ => {}
    }
}

/// Lower case, accents and Chinese signs as the settings have them, or as BERT has them.
fn bert(document: &mut Value, settings: &Map<String, Value>, named: &BTreeMap<String, String>) {
    let flag = |key: &str| settings.get(key).and_then(Value::as_bool);
    document["normalizer"] = json!({
        "type": "BertNormalizer",
        "clean_text": true,
        "handle_chinese_chars": flag("tokenize_chinese_chars").unwrap_or(true),
        "strip_accents": flag("strip_accents"),
        "lowercase": flag("do_lower_case").unwrap_or(true),
    });
    document["pre_tokenizer"] = json!({ "type": "BertPreTokenizer" });
    document["decoder"] = json!({ "type": "WordPiece", "prefix": "##", "cleanup": true });
    if document["post_processor"].is_null() {
        let token = |key: &str, usual: &str| {
            let name = named.get(key).map_or(usual, String::as_str).to_string();
            Some((document["model"]["vocab"][&name].as_u64()?, name))
        };
        if let (Some((cls_id, cls)), Some((sep_id, sep))) = (token("cls_token", "[CLS]"), token("sep_token", "[SEP]")) {
            document["post_processor"] =
                json!({ "type": "BertProcessing", "sep": [sep, sep_id], "cls": [cls, cls_id] });
        }
    }
}

/// All steps of a part of the tokenizer, those within a sequence too.
fn steps(part: &mut Value) -> Vec<&mut Value> {
    let lists = ["pretokenizers", "normalizers", "decoders", "processors"];
    match lists.iter().find(|list| part[**list].is_array()) {
        Some(list) => part[*list].as_array_mut().into_iter().flatten().flat_map(steps).collect(),
        None => vec![part],
    }
}

fn byte_level_prefix(part: &mut Value, prefix: bool) {
    steps(part).into_iter().filter(|step| step["type"] == "ByteLevel").for_each(|step| {
        step["add_prefix_space"] = json!(prefix);
    });
}

fn metaspace_scheme(part: &mut Value, scheme: &str) {
    for step in steps(part).into_iter().filter(|step| step["type"] == "Metaspace") {
        step["prepend_scheme"] = json!(scheme);
        // As older files say it.
        if let Some(step) = step.as_object_mut() {
            step.remove("add_prefix_space");
        }
    }
}

/// Whether a text is cut into words or put together by a step of this type.
fn has_step(document: &mut Value, kind: &str) -> bool {
    ["pre_tokenizer", "decoder"].iter().any(|part| steps(&mut document[*part]).iter().any(|step| step["type"] == kind))
}

/// SentencePiece as Llama has it: a space before a text (where it is `legacy`, before each part of it between special
/// tokens), unless it begins with one.
fn llama(document: &mut Value, prefix: bool, legacy: bool) {
    let scheme = match (prefix, legacy) {
        (false, _) => "never",
        (true, false) => "first",
        (true, true) => "always",
    };
    document["normalizer"] = Value::Null;
    document["pre_tokenizer"] =
        json!({ "type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": false });
    let mut decoders = vec![
        json!({ "type": "Replace", "pattern": { "String": "▁" }, "content": " " }),
        json!({ "type": "ByteFallback" }),
        json!({ "type": "Fuse" }),
    ];
    decoders.extend(prefix.then(|| json!({ "type": "Strip", "content": " ", "start": 1, "stop": 0 })));
    document["decoder"] = json!({ "type": "Sequence", "decoders": decoders });
}
