//! Texts as data files have them: one string, a list of sentences, or the turns of a dialogue.
//!
//! Turns become lines: `{"speaker": "Ada", "text": "Who?"}` is `Ada: Who?`, and so is `{"role": …, "content": …}` and
//! `{"from": …, "value": …}`.

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// Keys of who speaks.
const SPEAKERS: [&str; 7] = ["speaker", "role", "from", "name", "author", "user", "sender"];
/// Keys of what is said.
const WORDS: [&str; 7] = ["text", "content", "value", "utterance", "message", "sentence", "dialogue"];

/// One text; for `#[serde(deserialize_with = …)]`. Sentences of a list are joined by spaces, turns by line breaks.
///
/// # Errors
/// What is no text.
pub fn text<'de, D: Deserializer<'de>>(input: D) -> Result<String, D::Error> {
    one(Value::deserialize(input)?).map_err(D::Error::custom)
}

/// Several texts: of a list each element is one, which may be a list itself; but turns are one text together. None
/// where there is no value.
///
/// # Errors
/// What is no text.
pub fn texts<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<String>, D::Error> {
    match Value::deserialize(input)? {
        Value::Null => Ok(Vec::new()),
        Value::Array(list) if !list.iter().any(Value::is_object) => list.into_iter().map(one).collect(),
        value => one(value).map(|text| vec![text]),
    }
    .map_err(D::Error::custom)
}

fn one(value: Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text),
        Value::Null => Ok(String::new()),
        Value::Object(map) => match columns(&map) {
            Some(turns) => one(Value::Array(turns)),
            None => turn(map),
        },
        Value::Array(list) => {
            let between = if list.iter().any(Value::is_object) { "\n" } else { " " };
            let parts = list.into_iter().map(one).collect::<Result<Vec<_>, _>>()?;
            Ok(parts.into_iter().filter(|part| !part.trim().is_empty()).collect::<Vec<_>>().join(between))
        }
        other => Err(format!(
            "a text was expected: a string, a list of strings, or of turns such as {{\"speaker\": \"Ada\", \"text\": \"Who?\"}}; this is {other}"
        )),
    }
}

/// A turn as a line; empty where nothing is said.
fn turn(mut map: Map<String, Value>) -> Result<String, String> {
    let Some(key) = WORDS.into_iter().find(|key| map.contains_key(*key)) else {
        let keys: Vec<&str> = map.keys().map(String::as_str).collect();
        return Err(format!(
            "a turn says what is said under {}, and who says it under {}; this one has {}",
            WORDS.join(", "),
            SPEAKERS.join(", "),
            if keys.is_empty() { "nothing".to_owned() } else { keys.join(", ") }
        ));
    };
    let said = match map.remove(key) {
        Some(Value::Number(number)) => number.to_string(),
        said => one(said.unwrap_or_default())?,
    };
    let speaker = SPEAKERS.into_iter().find_map(|key| match map.get(key)? {
        Value::String(name) if !name.trim().is_empty() => Some(name.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    });
    Ok(match speaker {
        Some(speaker) if !said.trim().is_empty() => format!("{speaker}: {}", said.trim()),
        _ => said,
    })
}

/// The rows of `{"speaker": ["A", "B"], "text": ["x", "y"]}`, as columnar files have turns.
fn columns(map: &Map<String, Value>) -> Option<Vec<Value>> {
    let lists: Vec<&Vec<Value>> = map.values().map(Value::as_array).collect::<Option<_>>()?;
    let length = lists.first()?.len();
    let row = |at: usize| Value::Object(map.iter().map(|(key, list)| (key.clone(), list[at].clone())).collect());
    lists.iter().all(|list| list.len() == length).then(|| (0..length).map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<String, String> {
        one(serde_json::from_str(json).unwrap())
    }

    #[track_caller]
    fn check(json: &str, expected: &str) {
        assert_eq!(read(json).as_deref(), Ok(expected), "{json}");
    }

    #[test]
    fn turns_are_lines_and_sentences_are_one_text() {
        check(r#""a b""#, "a b");
        check(r#"["A.", "B."]"#, "A. B.");
        check(r#"[{"speaker": "Ada", "text": "Who? "}, {"speaker": "Tom", "text": "I."}]"#, "Ada: Who?\nTom: I.");
        check(r#"[{"role": "user", "content": "Hi"}, {"role": "assistant", "content": null}]"#, "user: Hi");
        check(r#"[{"role": "user", "content": [{"type": "text", "text": "Hi"}]}]"#, "user: Hi");
        check(r#"[{"from": "human", "value": "Hi"}, {"text": "no one says this"}]"#, "human: Hi\nno one says this");
        check(r#"{"speaker": [1, 2], "text": ["x", "y"]}"#, "1: x\n2: y");
        check(r#"["A.", null, ""]"#, "A.");
    }

    #[test]
    fn what_is_no_text_is_said() {
        assert!(read("3").unwrap_err().ends_with("this is 3"));
        assert!(read(r#"[{"id": 1, "words": "x"}]"#).unwrap_err().contains("this one has id, words"));
        let image = r#"[{"role": "user", "content": [{"type": "image_url", "image_url": "x"}]}]"#;
        assert!(read(image).unwrap_err().contains("image_url"));
    }

    #[test]
    fn several_texts_are_those_of_a_list() {
        #[derive(Deserialize)]
        struct Some(#[serde(deserialize_with = "texts")] Vec<String>);
        let check = |json: &str, expected: &[&str]| {
            assert_eq!(serde_json::from_str::<Some>(json).unwrap().0, expected, "{json}");
        };
        check("null", &[]);
        check(r#""a""#, &["a"]);
        check(r#"["a", "b"]"#, &["a", "b"]);
        check(r#"[["a.", "b."], "c"]"#, &["a. b.", "c"]);
        check(r#"[{"speaker": "A", "text": "x"}, {"speaker": "B", "text": "y"}]"#, &["A: x\nB: y"]);
    }
}
