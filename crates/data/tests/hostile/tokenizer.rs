//! Tokenizer files: any bytes are a tokenizer that works or a message.

use cimiento_data::tokenizer::{Hint, Hints, Tokenizer};
use serde_json::Value;

use crate::scratch::Scratch;

const TEXTS: [&str; 4] = [
    "",
    "The miller's mule didn't\tmove.\r\n\n",
    "naïve 東京 🌦️ e\u{301}\u{200d} [mask] </s>",
    "\0\u{1}\u{feff}\u{fffd}",
];

/// What stands behind the last NUL of the input is encoded with the tokenizer that stands before it.
pub fn check(input: &[u8]) {
    let (file, text) = match input.iter().rposition(|byte| *byte == 0) {
        Some(at) => (&input[..at], String::from_utf8_lossy(&input[at + 1..])),
        None => (input, "a b".into()),
    };
    let folder = Scratch::new("tokenizer");
    let path = folder.file("tokenizer.json", file);
    let name = |name: &str| vec![Hint::Name(name.to_string()), Hint::Id(3)];
    let hints = Hints { bos: name("[CLS]"), eos: name("[SEP]"), pad: name("<pad>"), ..Hints::default() };
    for opened in [Tokenizer::open(&path, None), Tokenizer::import(&path, &hints, |_| ())] {
        match opened {
            Ok(tokenizer) => works(&tokenizer, &text),
            Err(e) => assert!(e.to_string().contains("tokenizer.json"), "{e} does not name the file"),
        }
    }
}

fn works(tokenizer: &Tokenizer, text: &str) {
    let size = tokenizer.vocab_size();
    assert!(tokenizer.special().all().iter().all(|id| (*id as usize) < size), "a role beyond the vocabulary");
    let lossless = lossless(tokenizer);
    for text in TEXTS.into_iter().chain([text]) {
        let ids = tokenizer.encode(text);
        assert!(ids.iter().all(|id| (*id as usize) < size), "an id beyond the vocabulary");
        let placed = tokenizer.encode_with_offsets(text);
        let length = text.chars().count();
        assert_eq!(placed.ids.len(), placed.offsets.len());
        assert!(placed.offsets.iter().all(|(start, end)| start <= end && *end <= length), "an offset beyond the text");
        let decoded = tokenizer.decode(&ids);
        let mut stream = tokenizer.stream();
        let mut streamed: Vec<String> = ids.iter().filter_map(|id| stream.push(*id)).collect();
        streamed.extend(stream.finish());
        if lossless {
            assert_eq!(decoded, text, "the text is another one when it has been encoded");
            assert_eq!(placed.ids, ids, "ids depend on whether offsets are wanted");
            assert_eq!(streamed.concat(), text, "the text is another one in a stream");
        }
        tokenizer.opened(ids);
    }
    (0..size.min(2000) as u32).for_each(|id| drop(tokenizer.token(id)));
    assert_eq!(tokenizer.byte_lengths().len(), size);
    let special = || tokenizer.assigned().cloned();
    let folder = Scratch::new("again");
    let again = |json: &str| Tokenizer::open(&folder.file("tokenizer.json", json.as_bytes()), special());
    let same = again(tokenizer.to_json()).expect("what was read is written and read again");
    assert_eq!(same.hash(), tokenizer.hash());
    again(&tokenizer.to_json_with_template(Some(&tokenizer.question_pair()), false))
        .expect("what goes out is a tokenizer");
    let _ = tokenizer.contents().map_err(|e| assert!(!e.to_string().is_empty()));
}

/// Whether a byte-level tokenizer has nothing that changes a text before it is cut, nor gives its tokens other meanings.
fn lossless(tokenizer: &Tokenizer) -> bool {
    let Ok(file) = serde_json::from_str::<Value>(tokenizer.to_json()) else { return false };
    let added: Vec<u64> =
        file["added_tokens"].as_array().into_iter().flatten().filter_map(|token| token["id"].as_u64()).collect();
    let taken = |(token, id): (&String, &Value)| {
        let also = |added: &Value| added["id"] == *id && added["content"] != token.as_str();
        file["added_tokens"].as_array().is_some_and(|all| all.iter().any(also))
    };
    if !tokenizer.special().all().iter().all(|id| added.contains(&u64::from(*id)))
        || file["model"]["vocab"].as_object().is_some_and(|vocab| vocab.iter().any(taken))
    {
        return false;
    }
    let model = &file["model"];
    let plain = ["dropout", "continuing_subword_prefix", "end_of_word_suffix", "unk_token"];
    file["normalizer"].is_null()
        && file["pre_tokenizer"]["type"] == "ByteLevel"
        && file["pre_tokenizer"]["add_prefix_space"] == false
        && file["decoder"]["type"] == "ByteLevel"
        && model["type"] == "BPE"
        && plain.iter().all(|key| model[key].is_null())
        && model["ignore_merges"] == false
        && file["added_tokens"].as_array().is_some_and(|added| added.iter().all(|token| token["special"] == true))
}
