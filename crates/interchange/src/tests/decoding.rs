//! Tokens with a role, ends of texts, settings beside a tokenizer, templates: against `tests/interchange/make_decoding.py`.

use std::collections::BTreeMap;

use serde_json::{Map, json};

use super::refusals::refused;
use super::*;
use crate::generation::Generation;
use crate::tokens;
use cimiento_core::checkpoint::{CHAT_TEMPLATES, GENERATION};
use cimiento_data::tokenizer::{Contents, Kind, Tokenizer};

fn cases<T: for<'a> Deserialize<'a>>(name: &str) -> Vec<T> {
    serde_json::from_slice(&fs::read(golden("decoding").join(name)).unwrap()).unwrap()
}

/// Changes keys of a JSON file; null takes one out, an object within an object is merged into it.
fn edit(path: &Path, changes: &Value) {
    let mut document: Map<String, Value> =
        fs::read(path).map(|text| serde_json::from_slice(&text).unwrap()).unwrap_or_default();
    for (key, value) in changes.as_object().unwrap() {
        match (document.get_mut(key), value) {
            (_, Value::Null) => drop(document.remove(key)),
            (Some(Value::Object(there)), Value::Object(more)) => there.extend(more.clone()),
            _ => drop(document.insert(key.clone(), value.clone())),
        }
    }
    fs::write(path, serde_json::to_vec(&document).unwrap()).unwrap();
}

/// A copy of a golden model whose files are changed.
fn copy(name: &str, dir: &TempDir, changes: &[(&str, Value)]) -> PathBuf {
    let folder = dir.path().join("model");
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    super::variants::copy(&golden(name), &folder);
    changes.iter().for_each(|(file, changes)| edit(&folder.join(file), changes));
    folder
}

fn tokenizer_of(folder: &Path) -> Tokenizer {
    let described = config::read(folder, folder, &mut Vec::new()).unwrap();
    let generation = Generation::read(&folder.join(GENERATION)).unwrap();
    tokens::open(folder, &described, &generation, &mut Vec::new()).unwrap()
}

#[derive(Deserialize)]
struct Override {
    model: String,
    settings: Value,
    parts: Value,
    texts: Vec<String>,
    ids: Vec<Vec<u32>>,
}

#[test]
fn settings_beside_a_tokenizer_count_as_in_transformers() {
    let mut wrong = Vec::new();
    for case in cases::<Override>("overrides.json") {
        let dir = TempDir::new().unwrap();
        let changes = [("tokenizer_config.json", case.settings.clone()), ("tokenizer.json", case.parts.clone())];
        let tokenizer = tokenizer_of(&copy(&case.model, &dir, &changes));
        for (text, ids) in case.texts.iter().zip(&case.ids) {
            let bare = tokenizer.encode(text);
            let found = if bare.is_empty() && tokenizer.overhead() == 0 { bare } else { tokenizer.opened(bare) };
            let found = [&found, tokenizer.closing()].concat();
            if found != *ids {
                wrong.push(format!("{} {} {} {text:?}: {found:?}, not {ids:?}", case.model, case.settings, case.parts));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[derive(Deserialize)]
struct Stream {
    model: String,
    prompt: Vec<u32>,
    ids: Vec<u32>,
    text: String,
}

#[test]
fn text_in_pieces_is_the_text_that_follows_the_prompt() {
    let mut tokenizers: BTreeMap<String, Tokenizer> = BTreeMap::new();
    for Stream { model, prompt, ids, text } in cases("streams.json") {
        let tokenizer = tokenizers.entry(model).or_insert_with_key(|model| tokenizer_of(&golden(model)));
        let mut stream = tokenizer.stream_after(&prompt);
        let mut pieces: Vec<String> = ids.iter().filter_map(|&id| stream.push(id)).collect();
        assert!(text.starts_with(&pieces.concat()), "{pieces:?} do not begin {text:?}");
        pieces.extend(stream.finish());
        assert_eq!(pieces.concat(), text);
    }
}

#[derive(Deserialize)]
struct Sequences {
    texts: Vec<String>,
    ids: Vec<Vec<u32>>,
    states: Vec<Vec<Vec<f32>>>,
}

#[test]
fn dna_is_read_by_the_letter_and_by_the_word() {
    let dir = TempDir::new().unwrap();
    for name in ["decoding/letters", "decoding/3-mers"] {
        let expected: Sequences = expected(name);
        let checkpoint = take_in(&golden(name), &dir.path().join("run"), false);
        let tokenizer = checkpoint.tokenizer().unwrap();
        let backbone = checkpoint.backbone(&Device::flex()).unwrap();
        for ((text, ids), wanted) in expected.texts.iter().zip(&expected.ids).zip(&expected.states) {
            let found = [&tokenizer.opened(tokenizer.encode(text)), tokenizer.closing()].concat();
            assert_eq!(found, *ids, "{name} {text:?}");
            let found = rows(states(&backbone, ids, Attend::Both));
            found.iter().zip(wanted).for_each(|(found, wanted)| assert_close(name, found, wanted));
        }
    }
}

/// A class that takes no token for a role unless it is named.
const PLAIN: &str = "PreTrainedTokenizerFast";

/// The first token of qwen's vocabulary, which is text.
const BANG: (u32, &str) = (0, "!");

#[test]
fn a_guess_is_neither_hidden_nor_forbidden_nor_handed_on() {
    let dir = TempDir::new().unwrap();
    // The padding token by its id alone; nothing opens a text, nothing hides a token.
    let changes = [
        ("config.json", json!({ "pad_token_id": BANG.0, "bos_token_id": null })),
        ("tokenizer_config.json", json!({ "pad_token": null, "bos_token": null, "tokenizer_class": PLAIN })),
        (GENERATION, json!({ "pad_token_id": null, "bos_token_id": null, "eos_token_id": 296 })),
    ];
    let first = take_in(&copy("qwen3-gqa", &dir, &changes), &dir.path().join("run"), false);
    let tokenizer = first.tokenizer().unwrap();
    assert_eq!((tokenizer.special().pad, tokenizer.ends(), tokenizer.never_written()), (BANG.0, vec![296], vec![]));
    assert_eq!(tokenizer.decode(&tokenizer.encode("the mill! good!")), "the mill! good!");
    assert_eq!(tokenizer.byte_lengths()[BANG.0 as usize], 1);
    assert_eq!(
        tokenizer.named().into_iter().collect::<Vec<_>>(),
        [("eos_token".to_string(), "<|im_end|>".to_string())]
    );
    let Contents { tokens, .. } = tokenizer.contents().unwrap();
    assert_eq!(tokens[BANG.0 as usize].as_ref().unwrap().kind, Kind::ByteLevel);

    let out = dir.path().join("out");
    give_out(&first, Class::CausalLm, &out, usize::MAX).unwrap();
    let read = |file: &str| -> Value { serde_json::from_slice(&fs::read(out.join(file)).unwrap()).unwrap() };
    assert_eq!(read("special_tokens_map.json"), json!({ "eos_token": "<|im_end|>" }));
    let settings = read("tokenizer_config.json");
    assert!(settings["pad_token"].is_null() && settings.get("pad_token").is_some(), "{settings}");
    let config = read("config.json");
    assert_eq!((&config["pad_token_id"], config.get("bos_token_id")), (&json!(0), None));
    // Nothing ends a text of BERT's.
    let bert = take_in(&golden("bert"), &dir.path().join("bert"), false);
    give_out(&bert, Class::Base, &out, usize::MAX).unwrap();
    let config: Value = serde_json::from_slice(&fs::read(out.join("config.json")).unwrap()).unwrap();
    assert_eq!(
        (config.get("bos_token_id"), config.get("eos_token_id"), &config["pad_token_id"]),
        (None, None, &json!(0))
    );
    // A class that fills rows up gets a token for that which is no text.
    assert_eq!(tokens::padding(&tokenizer), 296);
}

#[test]
fn a_class_names_the_tokens_that_its_settings_leave_out() {
    let dir = TempDir::new().unwrap();
    let folder = copy("bert", &dir, &[]);
    let named = |settings: Value| {
        fs::write(folder.join("tokenizer_config.json"), settings.to_string()).unwrap();
        tokenizer_of(&folder).named()
    };
    // As the files of bert-base-uncased have it.
    let usual = named(json!({ "do_lower_case": true }));
    let expected = ["cls_token", "mask_token", "pad_token", "sep_token", "unk_token"];
    assert!(usual.keys().eq(expected), "{usual:?}");
    assert_eq!((usual["pad_token"].as_str(), usual["cls_token"].as_str()), ("[PAD]", "[CLS]"));
    let without = named(json!({ "mask_token": null }));
    assert!(!without.contains_key("mask_token") && without.contains_key("sep_token"), "{without:?}");
    assert!(named(json!({ "tokenizer_class": PLAIN })).is_empty());
}

#[test]
fn texts_end_at_any_of_the_ends_that_the_files_name() {
    let written: Writes = expected("qwen3-gqa");
    let (first, second) = (written.greedy[9], written.greedy[4]);
    let at = |end: u32| written.greedy.iter().position(|&id| id == end).unwrap();
    for (generation, config, expected) in [
        (json!([first, second]), json!(296), vec![296, first, second]),
        (json!(second), json!(null), vec![296, second]),
        (json!(null), json!([296, second]), vec![296, second]),
    ] {
        let dir = TempDir::new().unwrap();
        let changes =
            [(GENERATION, json!({ "eos_token_id": generation })), ("config.json", json!({ "eos_token_id": config }))];
        let imported = take_in(&copy("qwen3-gqa", &dir, &changes), &dir.path().join("run"), false);
        let tokenizer = imported.tokenizer().unwrap();
        assert_eq!(tokenizer.ends(), expected);
        let backbone = imported.backbone(&Device::flex()).unwrap();
        let prompt = [Sequence::new(written.prompt.clone(), Attend::Causal)];
        let config = GenerateConfig { max_tokens: 64, ..Default::default() };
        let found = generate(&backbone, &prompt, &config, &Control::of(&tokenizer), 0, |_, _| {}).remove(0);
        let stop = expected.iter().filter(|&&end| end != 296).map(|&end| at(end)).min().unwrap();
        assert_eq!(found, written.greedy[..stop]);
        // Out and in again, they are the same.
        let (out, back) = (dir.path().join("out"), dir.path().join("back"));
        give_out(&imported, Class::CausalLm, &out, usize::MAX).unwrap();
        for file in ["config.json", GENERATION] {
            let json: Value = serde_json::from_slice(&fs::read(out.join(file)).unwrap()).unwrap();
            assert_eq!(json["eos_token_id"], json!(expected), "{file}");
        }
        assert_eq!(take_in(&out, &back, false).tokenizer().unwrap().ends(), expected);
    }
}

#[test]
fn settings_of_generation_and_templates_with_names_come_out_as_they_came_in() {
    let dir = TempDir::new().unwrap();
    let settings = json!({ "do_sample": true, "temperature": 0.6, "top_k": 20, "eos_token_id": [296, 294] });
    let templates =
        json!([{ "name": "default", "template": "{{ 1 }}" }, { "name": "tool_use", "template": "{{ 2 }}" }]);
    let changes = [(GENERATION, settings), ("tokenizer_config.json", json!({ "chat_template": templates }))];
    let folder = copy("qwen3-gqa", &dir, &changes);
    fs::remove_file(folder.join(CHAT_TEMPLATE)).unwrap();
    let before: Value = serde_json::from_slice(&fs::read(folder.join(GENERATION)).unwrap()).unwrap();
    let first = take_in(&folder, &dir.path().join("run"), false);
    let (out, back) = (dir.path().join("out"), dir.path().join("back"));
    give_out(&first, Class::CausalLm, &out, usize::MAX).unwrap();
    let after: Value = serde_json::from_slice(&fs::read(out.join(GENERATION)).unwrap()).unwrap();
    assert_eq!(after, before);
    let second = take_in(&out, &back, false);
    for checkpoint in [&first, &second] {
        assert_eq!(checkpoint.text(CHAT_TEMPLATE).unwrap().as_deref(), Some("{{ 1 }}"));
        let named: Value = serde_json::from_str(&checkpoint.text(CHAT_TEMPLATES).unwrap().unwrap()).unwrap();
        assert_eq!(named, json!({ "tool_use": "{{ 2 }}" }));
    }
    // A file goes before the key, and an object is as good as a list.
    fs::write(folder.join(CHAT_TEMPLATE), "{{ 3 }}").unwrap();
    edit(&folder.join("tokenizer_config.json"), &json!({ "chat_template": { "default": "{{ 4 }}" } }));
    let third = take_in(&folder, &dir.path().join("third"), false);
    assert_eq!(third.text(CHAT_TEMPLATE).unwrap().as_deref(), Some("{{ 3 }}"));
    refused(
        "qwen3-gqa",
        |folder| edit(&folder.join("tokenizer_config.json"), &json!({ "chat_template": [3] })),
        &["tokenizer_config.json", "`chat_template` is neither"],
    );
}

/// A number at the head of a GGUF file.
fn number(file: &[u8], key: &str) -> Option<u32> {
    let at = file.windows(key.len()).position(|window| window == key.as_bytes())? + key.len();
    let word = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap());
    assert_eq!(word(at), 4, "{key} is no unsigned number");
    Some(word(at + 4))
}

#[test]
fn llama_cpp_hears_of_every_end_and_of_no_guess() {
    let dir = TempDir::new().unwrap();
    let file = |changes: &[(&str, Value)]| {
        let imported = take_in(&copy("qwen3-gqa", &dir, changes), &dir.path().join("run"), false);
        let path = dir.path().join("model.gguf");
        let written = gguf::export(&path, &imported, "a test", gguf::Precision::F16);
        written.map(|()| fs::read(path).unwrap())
    };
    let known = file(&[]).unwrap();
    let ends = ["eos", "eot", "eom"].map(|end| number(&known, &format!("tokenizer.ggml.{end}_token_id")));
    assert_eq!(ends, [Some(296), Some(294), None]);
    assert_eq!(number(&known, "tokenizer.ggml.padding_token_id"), Some(294));
    let guessed = file(&[
        ("config.json", json!({ "pad_token_id": null, "eos_token_id": 296 })),
        ("tokenizer_config.json", json!({ "pad_token": null, "tokenizer_class": PLAIN })),
        (GENERATION, json!({ "pad_token_id": null, "eos_token_id": 296 })),
    ]);
    let guessed = guessed.unwrap();
    assert_eq!(number(&guessed, "tokenizer.ggml.padding_token_id"), None);
    assert_eq!(number(&guessed, "tokenizer.ggml.eot_token_id"), None);
    // What has a name that llama.cpp knows needs no key.
    let more = file(&[(GENERATION, json!({ "eos_token_id": [296, 294, 1, 2] }))]).unwrap();
    let ends = ["eos", "eot", "eom"].map(|end| number(&more, &format!("tokenizer.ggml.{end}_token_id")));
    assert_eq!(ends, [Some(296), Some(1), Some(2)]);
    let many = file(&[(GENERATION, json!({ "eos_token_id": [1, 2, 3, 4] }))]).unwrap_err().to_string();
    assert!(many.contains("5 tokens end a text"), "{many}");
}

#[test]
fn sides_and_limits_of_batches_come_out_as_they_came_in() {
    let dir = TempDir::new().unwrap();
    let keys = ["padding_side", "truncation_side", "model_max_length"];
    for (model, class, settings, expected) in [
        ("qwen3-gqa", Class::CausalLm, json!(["left", "left", 100]), json!(["left", "left", 100])),
        // Numbers without end, and beyond the context, are none; sides that are none are not handed on.
        ("qwen3-gqa", Class::CausalLm, json!(["up", "right", 1e30]), json!([null, "right", 128])),
        ("llama-untied", Class::CausalLm, json!([null, null, null]), json!(["left", null, 128])),
        ("bert", Class::Base, json!([null, null, 12]), json!([null, null, 12])),
    ] {
        let mut changes = json!({});
        keys.iter().zip(settings.as_array().unwrap()).for_each(|(key, value)| changes[*key] = value.clone());
        if model == "llama-untied" {
            // This class fills rows up at the left.
            changes["tokenizer_class"] = json!("LlamaTokenizer");
        }
        let changes = [("tokenizer_config.json", changes)];
        let imported = take_in(&copy(model, &dir, &changes), &dir.path().join("run"), false);
        let (out, back) = (dir.path().join("out"), dir.path().join("back"));
        give_out(&imported, class.clone(), &out, usize::MAX).unwrap();
        give_out(&take_in(&out, &back, false), class, &out, usize::MAX).unwrap();
        let found: Value = serde_json::from_slice(&fs::read(out.join("tokenizer_config.json")).unwrap()).unwrap();
        let found: Vec<Value> = keys.iter().map(|key| found.get(key).cloned().unwrap_or_default()).collect();
        assert_eq!(json!(found), expected, "{model} {settings}");
    }
}

#[test]
fn texts_are_cut_where_the_tokenizers_settings_say() {
    let dir = TempDir::new().unwrap();
    let (long, short) = ("the bread ".repeat(30), "the bread ".repeat(5));
    for (limit, expected) in [(json!(12), 12), (json!(1e30), 40), (json!(900), 40)] {
        let changes = [("tokenizer_config.json", json!({ "model_max_length": limit }))];
        let imported = take_in(&copy("bert", &dir, &changes), &dir.path().join("run"), false);
        let tokenizer = imported.tokenizer().unwrap();
        let backbone = imported.backbone(&Device::flex()).unwrap();
        let config = cimiento_core::embed::EmbedConfig { max_tokens: None, ..Default::default() };
        let embedder =
            cimiento_core::embed::Embedder { backbone: &backbone, tokenizer: &tokenizer, config: &config, dense: &[] };
        let cut = "the bread ".repeat(expected / 2 - 1);
        let (vectors, which) = embedder.embed(&[&long, &cut, &short], "");
        assert_eq!(which, [0], "{limit}");
        assert_close("cut", &vectors[0], &vectors[1]);
    }
}

#[test]
fn white_space_around_a_text_is_text_to_models_made_elsewhere() {
    let elsewhere = tokenizer_of(&golden("roberta"));
    assert_eq!(elsewhere.classified(" good\n"), " good\n");
    let here = Tokenizer::train(std::iter::once("a good text".to_string()), 320).unwrap();
    assert_eq!(here.classified(" good\n"), "good");
}

#[derive(Deserialize)]
struct Beam {
    model: String,
    prompt: Vec<u32>,
    width: usize,
    length_penalty: f64,
    max_tokens: usize,
    ends: Vec<u32>,
    ids: Vec<u32>,
}

#[test]
fn beams_choose_the_texts_that_transformers_chooses() {
    let dir = TempDir::new().unwrap();
    let mut models: BTreeMap<String, Backbone> = BTreeMap::new();
    let mut wrong = Vec::new();
    let cases: Vec<Beam> = cases("beams.json");
    assert!(cases.iter().any(|case| case.ids.len() == case.max_tokens));
    assert!(cases.iter().any(|case| !case.ids.is_empty() && case.ids.len() < case.max_tokens));
    for case in cases {
        let Beam { model, prompt, width, length_penalty, max_tokens, ends, ids } = case;
        let backbone =
            models.entry(model.clone()).or_insert_with(|| imported(&model, &dir).backbone(&Device::flex()).unwrap());
        let strategy = Strategy::Beam(BeamConfig { width, length_penalty });
        let config = GenerateConfig { max_tokens, strategy, ..Default::default() };
        let control = Control { pad: 0, ends: ends.clone(), never: Vec::new(), tokenizer: None };
        let prompt = [Sequence::new(prompt, Attend::Causal)];
        let found = generate(backbone, &prompt, &config, &control, 0, |_, _| {}).remove(0);
        if found != ids {
            wrong.push(format!(
                "{model}, {width} beams, penalty {length_penalty}, {} ends: {found:?}, not {ids:?}",
                ends.len()
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
