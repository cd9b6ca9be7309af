//! What the files beside a `tokenizer.json` say of it: the roles of tokens, and where it is read in another way.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::described::{Described, Own};
use super::error::InterchangeError;
use super::generation::Generation;
use super::json::{id_or_list, object};
use super::overrides;
use cimiento_data::tokenizer::{Hint, Hints, Pair, Tokenizer};

/// Keys of `tokenizer_config.json` that name tokens; chat templates see them under these names.
const NAMED: [&str; 7] = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

/// After how many tokens texts are cut.
const LIMIT: &str = "model_max_length";

/// The tokenizer of a folder of `transformers`. Added tokens beyond the rows of the model's embedding are left out, which
/// `notes` then says.
///
/// # Errors
/// [`InterchangeError`] if it is missing, damaged or contradicts itself.
pub(super) fn open(
    folder: &Path,
    described: &Described,
    generation: &Generation,
    notes: &mut Vec<String>,
) -> Result<Tokenizer, InterchangeError> {
    let path = folder.join("tokenizer.json");
    if !path.is_file() {
        let why =
            "no tokenizer.json; `AutoTokenizer.from_pretrained(…).save_pretrained(…)` of `transformers` writes one";
        return Err(InterchangeError::Format { path: folder.to_path_buf(), why: why.into() });
    }
    let settings = object(&folder.join("tokenizer_config.json"))?;
    let map = object(&folder.join("special_tokens_map.json"))?;
    let class = overrides::class(&settings, described);
    let name = |key: &str| {
        let says = [&settings, &map].into_iter().filter_map(|says| says.get(key)).collect::<Vec<_>>();
        match says.iter().find(|token| !token.is_null()) {
            Some(token) => Some(token.as_str().or_else(|| token.get("content")?.as_str())?.to_string()),
            None if says.is_empty() => overrides::usual_token(class.as_deref(), key).map(str::to_string),
            // There is none, and this is said.
            None => None,
        }
    };
    let named: BTreeMap<String, String> = NAMED.iter().filter_map(|key| Some((key.to_string(), name(key)?))).collect();
    let ends: Vec<u32> = generation.ids("eos_token_id").into_iter().chain(described.ends.iter().copied()).collect();
    let hints = match &described.own {
        Some(Own { special, .. }) => {
            let [bos, eos, pad, mask, sep] =
                [special.bos, special.eos, special.pad, special.mask, special.sep].map(|id| vec![Hint::Id(id)]);
            Hints { bos, eos, pad, mask, sep, ..Hints::default() }
        }
        None => {
            let hint = |key: &str| named.get(key).cloned().map(Hint::Name);
            let [bos, eos, pad] = described.ids.map(|id| id.map(Hint::Id));
            let list = |hints: [Option<Hint>; 3]| hints.into_iter().flatten().collect();
            Hints {
                bos: list([hint("bos_token"), hint("cls_token"), bos]),
                eos: list([hint("eos_token"), eos.or(ends.first().copied().map(Hint::Id)), hint("sep_token")]),
                pad: list([hint("pad_token"), pad, None]),
                mask: list([hint("mask_token"), None, None]),
                sep: list([hint("sep_token"), None, None]),
                ..Hints::default()
            }
        }
    };
    let [bos, eos, pad] = described.ids;
    let eos = eos.or(ends.first().copied());
    let ids = [("bos_token_id", bos), ("eos_token_id", eos), ("pad_token_id", pad)].into_iter();
    let ids = ids.filter_map(|(key, id)| Some((key.to_string(), id?))).collect();
    let hints = Hints { ends, named: named.clone(), ids, settings: handed_on(&settings, class.as_deref()), ..hints };
    let family = &described.model_type;
    let (rows, mut beyond) = (described.backbone.vocab_size, Vec::new());
    let tokenizer = Tokenizer::import(&path, &hints, |document| {
        overrides::apply(document, &settings, class.as_deref(), family, &named);
        beyond = leave_out_beyond(document, rows);
    })?;
    let around = tokenizer.pair().into_iter().flat_map(Pair::ids).chain(tokenizer.opened(Vec::new()));
    let last = around.chain(tokenizer.closing().iter().copied()).max();
    let tokens = tokenizer.vocab_size().max(last.map_or(0, |id| id as usize + 1));
    if tokens > rows {
        let why = format!("the tokenizer has {tokens} tokens and the model {rows}: they do not belong together");
        return Err(InterchangeError::Format { path: folder.to_path_buf(), why });
    }
    if !beyond.is_empty() {
        let names = beyond.join(", ");
        notes.push(format!("left out of the tokenizer, since the model has only {rows} rows of embeddings: {names}"));
    }
    Ok(tokenizer)
}

/// Takes the added tokens whose ids are `rows` or more out of a `tokenizer.json`, and returns their names: the model has no
/// embedding for them. Texts then hold these names as any other words. Where the vocabulary itself is larger, nothing is
/// taken out: the two do not belong together.
fn leave_out_beyond(document: &mut Value, rows: usize) -> Vec<String> {
    let own = match &document["model"]["vocab"] {
        Value::Object(tokens) => tokens.values().filter_map(Value::as_u64).max().map_or(0, |id| id as usize + 1),
        Value::Array(tokens) => tokens.len(),
        _ => 0,
    };
    if own > rows {
        return Vec::new();
    }
    let Some(added) = document.get_mut("added_tokens").and_then(Value::as_array_mut) else { return Vec::new() };
    let mut beyond = Vec::new();
    added.retain(|token| {
        let known = token.get("id").and_then(Value::as_u64).is_none_or(|id| id < rows as u64);
        if !known {
            beyond.push(token.get("content").and_then(Value::as_str).unwrap_or_default().to_string());
        }
        known
    });
    beyond
}

/// The settings of a `tokenizer_config.json` that count where `transformers` makes batches: at which side rows are filled
/// up and texts are cut, and after how many tokens.
fn handed_on(settings: &Map<String, Value>, class: Option<&str>) -> Map<String, Value> {
    let mut kept = Map::new();
    for key in ["padding_side", "truncation_side"] {
        let side = settings.get(key).filter(|side| **side == "left" || **side == "right").cloned();
        // The only class among those that are read here with a side of its own.
        let usual = (key == "padding_side" && class == Some("LlamaTokenizer")).then(|| json!("left"));
        kept.extend(side.or(usual).map(|side| (key.to_string(), side)));
    }
    // Numbers without end stand for none.
    let limit = settings.get(LIMIT).and_then(Value::as_u64).filter(|limit| (1..1 << 32).contains(limit));
    kept.extend(limit.map(|limit| (LIMIT.to_string(), json!(limit))));
    kept
}

/// Ids of tokens in a `config.json` as the files had them that the model came with; all of those of a model that was
/// trained here. Guesses are not handed on.
pub(super) fn put_ids(config: &mut Value, tokenizer: &Tokenizer) {
    let special = tokenizer.special();
    config["eos_token_id"] = id_or_list(&tokenizer.ends());
    let Some(assigned) = tokenizer.assigned() else { return };
    for (key, name, id) in [
        ("bos_token_id", "bos_token", special.bos),
        ("eos_token_id", "eos_token", special.eos),
        ("pad_token_id", "pad_token", special.pad),
    ] {
        let named = assigned.named.as_ref().is_some_and(|named| named.contains_key(name));
        match (assigned.ids.get(key).copied().or(named.then_some(id)), config.as_object_mut()) {
            (Some(id), _) if key != "eos_token_id" => config[key] = json!(id),
            (None, Some(config)) => drop(config.remove(key)),
            _ => {}
        }
    }
}

/// `tokenizer_config.json` and `special_tokens_map.json`. The class is the one that takes `tokenizer.json` as it is: those
/// named after a model build parts of it anew. With a head, rows are filled up.
pub(super) fn settings(tokenizer: &Tokenizer, context: usize, typed: bool, has_head: bool) -> (Value, Value) {
    let mut named = tokenizer.named();
    if has_head && let Some(pad) = tokenizer.token(padding(tokenizer)) {
        named.entry("pad_token".into()).or_insert(pad);
    }
    let map: Map<String, Value> = named.into_iter().map(|(role, name)| (role, json!(name))).collect();
    let mut settings = map.clone();
    // Where a role has no token, the class of the model must not think of one.
    if tokenizer.assigned().is_some_and(|assigned| assigned.named.is_some()) {
        for role in NAMED {
            settings.entry(role).or_insert(Value::Null);
        }
    }
    settings.insert("tokenizer_class".into(), json!("PreTrainedTokenizerFast"));
    settings.insert(LIMIT.into(), json!(context));
    for (key, value) in tokenizer.assigned().into_iter().flat_map(|assigned| &assigned.settings) {
        // A model may be trained on with a smaller context.
        if key != LIMIT || value.as_u64().is_some_and(|limit| limit < context as u64) {
            settings.insert(key.clone(), value.clone());
        }
    }
    let inputs = ["input_ids", "token_type_ids", "attention_mask"].into_iter();
    settings.insert("model_input_names".into(), inputs.filter(|name| typed || *name != "token_type_ids").collect());
    settings.insert("clean_up_tokenization_spaces".into(), json!(false));
    (settings.into(), map.into())
}

/// What fills rows up where a class needs that: the token that the files name, else one that is no text.
pub(super) fn padding(tokenizer: &Tokenizer) -> u32 {
    let special = tokenizer.special();
    let named = tokenizer.named().contains_key("pad_token");
    if named || tokenizer.is_special(special.pad) { special.pad } else { special.eos }
}

/// The ids of a `generation_config.json`, where the model came with none.
pub(super) fn generation_ids(tokenizer: &Tokenizer) -> Value {
    let special = tokenizer.special();
    let mut ids = json!({ "bos_token_id": special.bos, "pad_token_id": special.pad });
    put_ids(&mut ids, tokenizer);
    ids
}
