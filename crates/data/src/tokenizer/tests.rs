use super::*;
use proptest::prelude::*;
use std::path::Path;
use std::sync::LazyLock;

const TEXTS: [&str; 4] = [
    "The miller's daughter didn't see the river rise; the miller did, and he'll tell it again and again.",
    "In the market the baker sells bread, the weaver sells cloth, and the baker's bread is the better one.",
    "Čapek, naïve café, 東京の天気, погода 12.5 °C — 100 % 🌦️\n\n\tdef f(x):\n\t\treturn x\r\n",
    "the the the the bread bread bread cloth cloth cloth river river river 1234 1234 2026",
];

static TOKENIZER: LazyLock<Tokenizer> = LazyLock::new(|| train(400));

fn train(size: usize) -> Tokenizer {
    Tokenizer::train(TEXTS.iter().map(|t| t.to_string()), size).unwrap()
}

fn check_round_trip(text: &str) {
    let encoded = TOKENIZER.encode_with_offsets(text);
    assert_eq!(TOKENIZER.decode(&encoded.ids), text);
    // The quick way and the library's own agree.
    assert_eq!(TOKENIZER.encode(text), encoded.ids);
    let special = TOKENIZER.special().all();
    assert!(encoded.ids.iter().all(|id| !special.contains(id)), "{text:?} gave a special token");
    let lengths = TOKENIZER.byte_lengths();
    assert_eq!(encoded.ids.iter().map(|id| lengths[*id as usize] as usize).sum::<usize>(), text.len());
    let mut stream = TOKENIZER.stream();
    let mut streamed: String = encoded.ids.iter().filter_map(|id| stream.push(*id)).collect();
    assert_eq!(streamed.find('\u{fffd}'), text.find('\u{fffd}'));
    streamed.extend(stream.finish());
    assert_eq!(streamed, text);
    // The offsets cover the text in order, without gaps.
    let characters = text.chars().count();
    let mut reached = 0;
    for (start, end) in &encoded.offsets {
        assert!(*start <= reached && *end >= reached && start < end, "{:?} of {text:?}", encoded.offsets);
        reached = *end;
    }
    assert_eq!(reached, characters);
}

proptest! {
    #[test]
    fn any_text_survives_the_round_trip(text in any::<String>()) {
        check_round_trip(&text);
    }

    #[test]
    fn so_does_text_near_special_tokens_and_control_characters(
        parts in prop::collection::vec(prop::sample::select(vec![
            "[mask]", "[pad]", "[sep]", "[eos]", "[bos]", " ", "  ", "\n", "\r\n", "\t", "\0", "\u{7f}", "\u{feff}",
            "\u{200d}", "\u{301}", "e", "don't", "Ġ", "Ċ", "<|endoftext|>", "🌦️", "\u{fffd}", "İ", "7",
            "'s", "'ll", "'", "'S", "\u{a0}", "\u{2028}", "\u{3000}", "٣", "²", "ʼ", "a", "\u{903}", "Ⅷ",
        ]), 0..24),
    ) {
        check_round_trip(&parts.concat());
    }
}

#[test]
fn long_texts_are_cut_without_changing_a_token() {
    let long: String = (0..9000).map(|i| format!("{} {i}, ", TEXTS[i % 4])).collect();
    assert!(pieces::split(&long).count() > 10);
    assert_eq!(pieces::split(&long).collect::<String>(), long);
    assert!(TOKENIZER.fast.is_some());
    let whole = TOKENIZER.inner.encode_fast(long.as_str(), false).unwrap();
    assert_eq!(TOKENIZER.encode(&long), whole.get_ids());
    let whole = TOKENIZER.inner.encode_char_offsets(long.as_str(), false).unwrap();
    assert_eq!(TOKENIZER.encode_with_offsets(&long).offsets, whole.get_offsets());
    // Nowhere to cut well: still lossless.
    for text in ["東".repeat(200_000), "\n".repeat(300_000), "a".repeat(600_000), "。\n".repeat(200_000)] {
        assert_eq!(TOKENIZER.decode(&TOKENIZER.encode(&text)), text);
    }
}

#[test]
fn special_tokens_come_first_and_every_byte_follows() {
    let t = &*TOKENIZER;
    assert_eq!(t.special(), Special { pad: 0, bos: 1, eos: 2, mask: 3, sep: 4 });
    assert_eq!(
        ["[pad]", "[bos]", "[eos]", "[mask]", "[sep]"].map(|s| s.to_owned()),
        [0, 1, 2, 3, 4].map(|id| t.token(id).unwrap())
    );
    assert_eq!(t.byte_lengths()[..5], [0; 5]);
    assert_eq!(t.byte_lengths()[5..261], [1; 256]);
    assert_eq!(t.decode(&[1, 3, 2, 0, 4, 999_999]), "");
    assert!(t.vocab_size() > 300 && t.vocab_size() <= 400, "{}", t.vocab_size());
}

#[test]
fn offsets_count_characters_not_bytes() {
    let text = "naïve 🌦️ the";
    let encoded = TOKENIZER.encode_with_offsets(text);
    let the = encoded.offsets.last().unwrap();
    let characters: Vec<char> = text.chars().collect();
    assert_eq!(characters[the.0..the.1].iter().collect::<String>(), " the");
}

#[test]
fn a_stream_never_emits_half_a_character() {
    let ids: Vec<u32> = TOKENIZER.encode("天🌦");
    assert!(ids.len() >= 4, "the test needs characters of several tokens");
    let mut stream = TOKENIZER.stream();
    let emitted: Vec<String> = ids.iter().filter_map(|id| stream.push(*id)).collect();
    assert_eq!(emitted.concat(), "天🌦");
    assert!(emitted.iter().all(|s| !s.contains('\u{fffd}')));
    let mut stream = TOKENIZER.stream();
    let half: Vec<String> = ids[..ids.len() - 1].iter().filter_map(|id| stream.push(*id)).collect();
    assert_eq!((half.concat().as_str(), stream.finish().as_deref()), ("天", Some("\u{fffd}")));
}

#[test]
fn training_repeats_exactly_and_survives_its_file() {
    let (a, b) = (train(300), train(300));
    assert_eq!(a.to_json(), b.to_json());
    assert_ne!(a.hash(), TOKENIZER.hash());
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tokenizer.json");
    a.save(&path).unwrap();
    let opened = Tokenizer::open(&path, None).unwrap();
    assert_eq!((opened.hash(), opened.encode(TEXTS[2])), (a.hash(), a.encode(TEXTS[2])));
    assert_eq!(a.encode_batch(&TEXTS), TEXTS.map(|t| opened.encode(t)));
}

fn refused(result: Result<Tokenizer, TokenizerError>, parts: &[&str]) {
    let message = result.unwrap_err().to_string();
    assert!(parts.iter().all(|part| message.contains(part)), "{message}");
}

#[test]
fn what_cannot_work_is_refused_with_the_reason() {
    refused(Tokenizer::train(["a".to_string()].into_iter(), 260), &["260", "at least 261"]);
    refused(Tokenizer::train(std::iter::empty(), 300), &["no text"]);
    refused(Tokenizer::open(Path::new("/no/such/tokenizer.json"), None), &["/no/such/tokenizer.json: no such file"]);
    refused(Tokenizer::from_json("{\"model\": 3", "x.json"), &["x.json", "not a tokenizer.json"]);
    // Here the library would panic.
    refused(Tokenizer::from_json("{\"decoder\":", "x.json"), &["x.json", "not a tokenizer.json", "EOF"]);
    let changed = |id: u32| {
        let mut json: serde_json::Value = serde_json::from_str(TOKENIZER.to_json()).unwrap();
        json["model"]["vocab"]["zz"] = id.into();
        Tokenizer::from_json(&json.to_string(), "x.json")
    };
    refused(changed(u32::MAX), &["x.json", "\"zz\" has the id 4294967295"]);
    refused(changed(7), &["x.json", "two tokens have the id 7"]);
    let other = TOKENIZER.to_json().replace("[mask]", "[hidden]");
    refused(Tokenizer::from_json(&other, "x.json"), &["x.json", "role `mask`", "[mask], [MASK], <mask>"]);
    let other = TOKENIZER.to_json().replace("\"decoder\":{\"type\":\"ByteLevel\"", "\"decoder\":{\"type\":\"Fuse\"");
    refused(Tokenizer::from_json(&other, "x.json"), &["x.json", "decoder is not ByteLevel"]);
}

#[test]
fn a_tokenizer_with_other_names_is_understood() {
    let names =
        [("[pad]", "<pad>"), ("[bos]", "<s>"), ("[eos]", "</s>"), ("[mask]", "<mask>"), ("[sep]", "<|file_sep|>")];
    let json = names.iter().fold(TOKENIZER.to_json().to_owned(), |json, (ours, theirs)| json.replace(ours, theirs));
    let other = Tokenizer::from_json(&json, "x.json").unwrap();
    // "</s>" is a known name for the separator too, and comes before "<|file_sep|>".
    assert_eq!(other.special(), Special { pad: 0, bos: 1, eos: 2, mask: 3, sep: 2 });
    assert_eq!(other.decode(&other.encode("a <mask> </s>")), "a <mask> </s>");
}

#[test]
fn a_tokenizer_with_another_pattern_takes_the_general_way() {
    // Qwen's pattern: line ends stick to the punctuation before them, digits stand alone.
    let pattern = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    let mut json: serde_json::Value = serde_json::from_str(TOKENIZER.to_json()).unwrap();
    json["pre_tokenizer"] = serde_json::json!({"type": "Sequence", "pretokenizers": [
        {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": false},
        {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": false},
    ]});
    let other = Tokenizer::from_json(&json.to_string(), "x.json").unwrap();
    assert!(other.fast.is_none());
    let long: String = (0..9000).map(|i| format!("{} {i}.\n\n", TEXTS[i % 4])).collect();
    let ids = other.encode(&long);
    assert_eq!(other.decode(&ids), long);
    assert_eq!(ids, other.inner.encode_fast(long.as_str(), false).unwrap().get_ids());
    assert_ne!(ids, TOKENIZER.encode(&long));
}

#[test]
fn text_that_the_pattern_fails_on_is_encoded_by_the_byte() {
    let mut json: serde_json::Value = serde_json::from_str(TOKENIZER.to_json()).unwrap();
    // Takes more steps on a run of letters than the library allows.
    json["pre_tokenizer"] = serde_json::json!({"type": "Sequence", "pretokenizers": [
        {"type": "Split", "pattern": {"Regex": "(?:a|aa|a?)+b"}, "behavior": "Isolated", "invert": false},
        {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": false},
    ]});
    let slow = Tokenizer::from_json(&json.to_string(), "x.json").unwrap();
    let text = "é".to_string() + &"a".repeat(60);
    assert_eq!(slow.encode(&text).len(), text.len());
    assert_eq!(slow.decode(&slow.encode(&text)), text);
    let placed = slow.encode_with_offsets(&text);
    assert_eq!((placed.ids, &placed.offsets[..3]), (slow.encode(&text), &[(0, 1), (0, 1), (1, 2)][..]));
}

#[test]
fn a_letter_that_a_vocabulary_lacks_takes_no_other_with_it() {
    // Without a token for what is unknown the library refuses the whole text.
    let json = serde_json::json!({
        "version": "1.0", "truncation": null, "padding": null, "normalizer": null, "post_processor": null,
        "added_tokens": [{"id": 6, "content": "</s>", "single_word": false, "lstrip": false, "rstrip": false,
            "normalized": false, "special": true}],
        "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "."}, "behavior": "Isolated", "invert": false},
        "decoder": {"type": "Fuse"},
        "model": {"type": "WordLevel", "unk_token": "[UNK]",
            "vocab": {"a": 0, "b": 1, " ": 2, "\u{e9}": 3, "\n": 4, "1": 5, "</s>": 6}},
    });
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tokenizer.json");
    std::fs::write(&path, json.to_string()).unwrap();
    let letters = Tokenizer::import(&path, &Hints::default(), |_| ()).unwrap();
    assert!(letters.inner.encode_fast("abzab", false).is_err());
    assert_eq!(letters.encode("abzab"), [0, 1, 0, 1]);
    assert_eq!(letters.encode("z"), [0; 0]);
    assert_eq!(letters.encode("ab"), [0, 1]);
}

/// What the contents are after `change` of the file.
fn contents(change: impl FnOnce(&mut serde_json::Value)) -> Result<Contents, Unnamed> {
    let mut json: serde_json::Value = serde_json::from_str(TOKENIZER.to_json()).unwrap();
    change(&mut json);
    Tokenizer::from_json(&json.to_string(), "x.json").unwrap().contents()
}

#[test]
fn the_contents_are_those_of_the_file() {
    let own = contents(|_| {}).unwrap();
    assert_eq!((own.pattern, own.opens_with, own.closes_with), (Pattern::Gpt2, None, None));
    let json: serde_json::Value = serde_json::from_str(TOKENIZER.to_json()).unwrap();
    assert_eq!(own.merges.len(), json["model"]["merges"].as_array().unwrap().len());
    assert_eq!(own.tokens.len(), TOKENIZER.vocab_size());
    for (id, token) in (0..).zip(&own.tokens) {
        let token = token.as_ref().unwrap();
        assert_eq!((Some(token.text.clone()), token.kind == Kind::Special), (TOKENIZER.token(id), id < 5));
    }
    let holes = contents(|json| {
        let mut hat = json["added_tokens"][0].clone();
        (hat["id"], hat["content"], hat["special"]) = (600.into(), "<hat>".into(), false.into());
        json["model"]["vocab"]["<hat>"] = 600.into();
        json["added_tokens"].as_array_mut().unwrap().push(hat);
        json["post_processor"] = serde_json::json!({"type": "Sequence", "processors": [
            {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": true},
            {"type": "TemplateProcessing", "pair": [], "special_tokens": {
                "[bos]": {"id": "[bos]", "ids": [1], "tokens": ["[bos]"]},
            }, "single": [
                {"SpecialToken": {"id": "[bos]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
            ]},
        ]});
    });
    let holes = holes.unwrap();
    assert_eq!((holes.tokens[599].clone(), holes.opens_with, holes.closes_with), (None, Some(1), None));
    assert_eq!(holes.tokens[600], Some(Token { text: "<hat>".into(), kind: Kind::Plain }));
}

#[test]
fn patterns_are_known_by_name_and_others_refused() {
    let split = |pattern: &str| {
        serde_json::json!({"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": false},
            {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": false},
        ]})
    };
    let mut digits = split("x");
    digits["pretokenizers"][0] = serde_json::json!({"type": "Digits", "individual_digits": true});
    digits["pretokenizers"][1]["use_regex"] = true.into();
    let named = [
        (split(contents::QWEN2), Pattern::Qwen2),
        (split(contents::LLAMA3), Pattern::Llama3),
        (digits, Pattern::SmolLm),
    ];
    for (step, pattern) in named {
        assert_eq!(contents(|json| json["pre_tokenizer"] = step).unwrap().pattern, pattern);
    }
    assert!(contents(|json| json["normalizer"] = serde_json::json!({"type": "NFC"})).is_ok());
    for (part, value, message) in [
        ("pre_tokenizer", split(r"\d+"), r"pre_tokenizer is {"),
        ("normalizer", serde_json::json!({"type": "Lowercase"}), r#"normalizer is {"type":"Lowercase"}"#),
    ] {
        let error = contents(|json| json[part] = value).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}

#[test]
fn roles_that_earlier_versions_kept_are_read_and_no_guess_among_them_is_handed_on() {
    let old: Assigned = serde_json::from_str(r#"{"pad": 0, "bos": 1, "eos": 2, "mask": 3, "sep": 100}"#).unwrap();
    assert_eq!(serde_json::to_value(&old).unwrap().as_object().unwrap().len(), 5);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tokenizer.json");
    TOKENIZER.save(&path).unwrap();
    let opened = Tokenizer::open(&path, Some(old)).unwrap();
    assert_eq!((opened.ends(), opened.never_written()), (vec![2], vec![]));
    assert!(!opened.decode(&[100]).is_empty());
    assert_eq!(opened.byte_lengths()[100], 1);
    let named = opened.named();
    assert!(named.contains_key("pad_token") && !named.contains_key("sep_token"), "{named:?}");
    // One that was trained here forbids what its names tell.
    assert_eq!((TOKENIZER.ends(), TOKENIZER.never_written()), (vec![2], vec![0, 1, 3, 4]));
    assert_eq!(TOKENIZER.special_names_in("a [sep] and a [sep], a [mask"), ["[sep]"]);
    assert_eq!(TOKENIZER.parsing_special().encode("a[sep]b")[1], 4);
    assert!(!TOKENIZER.encode("a[sep]b").contains(&4));
}
