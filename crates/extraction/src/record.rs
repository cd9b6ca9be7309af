//! A text and the entities in it, as a data file has them.

use std::fmt;

use cimiento_core::heads::tag::Mark;
use serde::de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// One text, with its entities where they are known: `text` and `entities`, or `tokens` and `tags`.
#[derive(Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct Record {
    /// The text.
    pub text: Option<Text>,
    /// Its words, where the data have it cut.
    pub tokens: Option<Text>,
    /// The entities, with their places among the text's characters.
    pub entities: Option<Targets>,
    /// A tag a word.
    pub tags: Option<Targets>,
    /// The same, as data sets of the hub call it.
    pub ner_tags: Option<Targets>,
}

/// A text, or its words.
#[derive(Clone, Debug, PartialEq)]
pub enum Text {
    /// As it runs.
    Running(String),
    /// Cut into words.
    Words(Vec<String>),
}

/// What is marked in a text.
#[derive(Clone, Debug, PartialEq)]
pub enum Targets {
    /// Spans of characters, with their types.
    Marks(Vec<Mark>),
    /// A tag a word; numbers stand for names.
    Tags(Vec<String>),
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct AnyText;
        impl<'de> Visitor<'de> for AnyText {
            type Value = Text;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a list of words")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Text, E> {
                Ok(Text::Running(text.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Text, A::Error> {
                let mut words = Vec::new();
                while let Some(word) = list.next_element::<String>()? {
                    words.push(word);
                }
                Ok(Text::Words(words))
            }
        }
        input.deserialize_any(AnyText)
    }
}

impl<'de> Deserialize<'de> for Targets {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct AnyTargets;
        impl<'de> Visitor<'de> for AnyTargets {
            type Value = Targets;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of entities ({\"start\", \"end\", \"type\"}) or of tags, one a word")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Targets, A::Error> {
                let (mut marks, mut tags) = (Vec::new(), Vec::new());
                while let Some(one) = list.next_element()? {
                    match one {
                        One::Mark(mark) => marks.push(mark),
                        One::Tag(tag) => tags.push(tag),
                    }
                }
                match (marks.is_empty(), tags.is_empty()) {
                    (false, false) => Err(A::Error::custom("it has entities and tags: give either")),
                    (_, true) => Ok(Targets::Marks(marks)),
                    (true, _) => Ok(Targets::Tags(tags)),
                }
            }
        }
        input.deserialize_seq(AnyTargets)
    }
}

/// One of a list of targets.
enum One {
    Mark(Mark),
    Tag(String),
}

impl<'de> Deserialize<'de> for One {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(AnyOne)
    }
}

struct AnyOne;

impl<'de> Visitor<'de> for AnyOne {
    type Value = One;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an entity {\"start\", \"end\", \"type\"}, a list [start, end, type], or a tag")
    }

    fn visit_str<E: Error>(self, tag: &str) -> Result<One, E> {
        Ok(One::Tag(tag.trim().to_owned()))
    }

    fn visit_i64<E: Error>(self, tag: i64) -> Result<One, E> {
        Ok(One::Tag(tag.to_string()))
    }

    fn visit_u64<E: Error>(self, tag: u64) -> Result<One, E> {
        Ok(One::Tag(tag.to_string()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<One, A::Error> {
        let lacks = || A::Error::custom("an entity in a list has a start, an end and a type");
        let start = list.next_element()?.ok_or_else(lacks)?;
        let end = list.next_element()?.ok_or_else(lacks)?;
        let kind: String = list.next_element()?.ok_or_else(lacks)?;
        if list.next_element::<IgnoredAny>()?.is_some() {
            return Err(lacks());
        }
        mark(start, end, kind, None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<One, A::Error> {
        let (mut start, mut end, mut kind, mut text) = (None, None, None, None);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "start" => start = Some(map.next_value()?),
                "end" => end = Some(map.next_value()?),
                "type" => kind = Some(map.next_value::<String>()?),
                "label" | "entity" | "entity_group" | "entity_type" => {
                    let name = map.next_value::<String>()?;
                    kind.get_or_insert(name);
                }
                "text" => text = map.next_value()?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        let lacks = |what: &str| A::Error::custom(format!("an entity has no `{what}`: it has start, end and type"));
        let (start, end) = (start.ok_or_else(|| lacks("start"))?, end.ok_or_else(|| lacks("end"))?);
        mark(start, end, kind.ok_or_else(|| lacks("type"))?, text)
    }
}

fn mark<E: Error>(start: usize, end: usize, kind: String, text: Option<String>) -> Result<One, E> {
    let kind = kind.trim().to_owned();
    if kind.is_empty() {
        return Err(E::custom("the `type` of an entity is empty"));
    }
    Ok(One::Mark(Mark { start, end, kind, text }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entities(json: &str) -> Result<Targets, String> {
        serde_json::from_str::<Record>(&format!(r#"{{"text": "x", "entities": {json}}}"#))
            .map(|record| record.entities.unwrap())
            .map_err(|e| e.to_string())
    }

    #[test]
    fn entities_are_written_in_several_ways() {
        let mark = |text: Option<&str>| Mark { start: 1, end: 3, kind: "place".into(), text: text.map(str::to_owned) };
        for json in [
            r#"[{"start": 1, "end": 3, "type": "place"}]"#,
            r#"[{"start": 1, "end": 3, "label": " place", "score": 0.5}]"#,
            r#"[[1, 3, "place"]]"#,
        ] {
            assert_eq!(entities(json), Ok(Targets::Marks(vec![mark(None)])), "{json}");
        }
        let said = entities(r#"[{"start": 1, "end": 3, "type": "place", "text": "in"}]"#);
        assert_eq!(said, Ok(Targets::Marks(vec![mark(Some("in"))])));
        assert_eq!(entities(r#"["O", 3]"#), Ok(Targets::Tags(vec!["O".into(), "3".into()])));
        assert_eq!(entities("[]"), Ok(Targets::Marks(vec![])));
    }

    #[test]
    fn what_an_entity_lacks_is_named() {
        for (json, why) in [
            (r#"[{"start": 1, "end": 3}]"#, "no `type`"),
            (r#"[{"end": 3, "type": "x"}]"#, "no `start`"),
            (r#"[{"start": 1, "end": 3, "type": " "}]"#, "is empty"),
            (r#"[{"start": -1, "end": 3, "type": "x"}]"#, "-1"),
            (r#"[[1, 3]]"#, "a start, an end and a type"),
            (r#"["O", {"start": 1, "end": 3, "type": "x"}]"#, "give either"),
            ("[true]", "an entity"),
        ] {
            let message = entities(json).unwrap_err();
            assert!(message.contains(why), "{json}: {message}");
        }
    }
}
