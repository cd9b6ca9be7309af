//! What the task says of itself.

use cimiento_core::heads::About;
use cimiento_core::heads::tag::{Reading, Settings, Tag, Target, Words};
use cimiento_data::content::Content;
use cimiento_data::encode::EncodeError;
use cimiento_data::fields::{Field, FieldKind};

use crate::config::Config;
use crate::record::{Record, Targets, Text};

/// Named entities.
pub struct Names;

impl About for Names {
    const NAME: &'static str = "extraction";
    const PLAIN: Option<&'static str> = Some("text");
    const FIELDS: &'static [Field] = &[
        Field { name: "text", kind: FieldKind::Text, also: &["tokens", "words", "sentence", "content"], target: false },
        Field { name: "entities", kind: FieldKind::Part, also: &["tags", "ner_tags", "spans", "ner"], target: true },
    ];
    type Config = Config;
    type Record = Record;

    fn validate(config: &Config) -> Result<(), String> {
        config.validate()
    }

    fn unused(config: &Config) -> Option<(&'static str, &'static str)> {
        let why = "does nothing without word features: set word_features = true to have them";
        (!config.word_features).then_some(("buckets", why))
    }

    fn of_training(_trained: &Config, _asked: &Config) -> Vec<&'static str> {
        vec!["word_features", "buckets", "transitions", "word_dropout", "feature_dropout"]
    }

    fn content(record: &Record) -> Content {
        let text = match record.text.as_ref().or(record.tokens.as_ref()) {
            Some(Text::Running(text)) => text.clone(),
            Some(Text::Words(words)) => words.join(" "),
            None => String::new(),
        };
        Content { text, ..Content::default() }
    }
}

impl Tag for Names {
    fn settings(config: &Config) -> Settings {
        config.settings()
    }

    fn read(config: &Config, record: &Record) -> Result<Reading, EncodeError> {
        let Record { text, tokens, entities, tags, ner_tags } = record;
        let target = [tags, ner_tags, entities].into_iter().flatten().next();
        let by_word = matches!(target, Some(Targets::Tags(_)));
        // Places among characters are those of the text, tags those of the words.
        let source = if by_word { tokens.as_ref().or(text.as_ref()) } else { text.as_ref().or(tokens.as_ref()) };
        let words = match source {
            None => return Err(refused("there is no `text` and there are no `tokens`")),
            Some(Text::Running(_)) if by_word => {
                return Err(refused("tags are given, but no `tokens` that they could be of: give the words as a list"));
            }
            Some(Text::Running(text)) => Words::of(text),
            Some(Text::Words(words)) => {
                let gap = |word: &String| word.trim().is_empty();
                if let Some(at) = words.iter().position(gap) {
                    return Err(refused(&format!("word {} is empty: leave it out, and its tag", at + 1)));
                }
                Words::separated(words)
            }
        };
        if words.is_empty() {
            return Err(EncodeError::Empty { what: "text" });
        }
        // An empty list is of what its field is called by; beside words it is no tag for each of them.
        let of_tags = tags.is_some() || ner_tags.is_some() || matches!(source, Some(Text::Words(_)));
        let target = target.map(|target| match target {
            Targets::Marks(marks) if marks.is_empty() && of_tags => Ok(Target::Tags(Vec::new())),
            Targets::Marks(marks) => Ok(Target::Marks(marks.clone())),
            Targets::Tags(tags) => named(tags, &config.tag_names).map(Target::Tags),
        });
        Ok(Reading { words, target: target.transpose()? })
    }
}

/// Tags by their names, where they are numbers.
fn named(tags: &[String], names: &[String]) -> Result<Vec<String>, EncodeError> {
    let name = |tag: &String| match tag.parse::<usize>() {
        Err(_) => Ok(tag.clone()),
        Ok(number) => names.get(number).cloned().ok_or_else(|| {
            let known = if names.is_empty() { "it is not set".to_owned() } else { format!("it has {}", names.len()) };
            refused(&format!(
                "the tag {number} is a number, and `tag_names` names none such ({known}): list the names from 0 on"
            ))
        }),
    };
    tags.iter().map(name).collect()
}

fn refused(why: &str) -> EncodeError {
    EncodeError::Target { why: why.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str, config: &Config) -> Result<Reading, String> {
        Names::read(config, &serde_json::from_str(json).unwrap()).map_err(|e| e.to_string())
    }

    #[test]
    fn tags_are_of_words_and_marks_of_the_text() {
        let config = Config { tag_names: ["O", "B-x"].map(String::from).into(), ..Config::default() };
        let both = r#"{"text": "a,b", "tokens": ["a", ",", "b"], "ner_tags": [1, 0, 1]}"#;
        let reading = read(both, &config).unwrap();
        assert_eq!(reading.words.text, "a , b");
        assert_eq!(reading.target, Some(Target::Tags(["B-x", "O", "B-x"].map(String::from).into())));
        let marked = r#"{"text": "a,b", "tokens": ["a", ",", "b"], "entities": [[2, 3, "x"]]}"#;
        assert_eq!(read(marked, &config).unwrap().words.text, "a,b");
        assert_eq!(read(r#"{"text": ["a", "b"]}"#, &config).unwrap().target, None);
        for empty in [r#"{"text": ["a", "b"], "entities": []}"#, r#"{"tokens": ["a", "b"], "tags": []}"#] {
            assert_eq!(read(empty, &config).unwrap().target, Some(Target::Tags(Vec::new())), "{empty}");
        }
        assert_eq!(
            read(r#"{"text": "a b", "entities": []}"#, &config).unwrap().target,
            Some(Target::Marks(Vec::new()))
        );
    }

    #[test]
    fn what_a_record_lacks_is_named() {
        for (json, why) in [
            ("{}", "no `text`"),
            (r#"{"text": "a b", "tags": ["O", "O"]}"#, "as a list"),
            (r#"{"tokens": ["a", " "], "tags": ["O", "O"]}"#, "word 2 is empty"),
            (r#"{"tokens": ["a"], "ner_tags": [3]}"#, "`tag_names`"),
            (r#"{"tokens": [], "tags": []}"#, "is empty"),
            (r#"{"text": " "}"#, "is empty"),
        ] {
            let message = read(json, &Config::default()).unwrap_err();
            assert!(message.contains(why), "{json}: {message}");
        }
    }

    #[test]
    fn settings_are_checked() {
        let wrong = |config: Config| config.validate().unwrap_err();
        assert!(wrong(Config { word_dropout: 1.0, ..Config::default() }).starts_with("word_dropout"));
        assert!(wrong(Config { buckets: 0, ..Config::default() }).starts_with("buckets"));
        assert!(wrong(Config { tag_names: vec!["PER".into()], ..Config::default() }).contains("no tag"));
        assert!(wrong(Config { tag_names: vec!["O".into(), "O".into()], ..Config::default() }).contains("twice"));
        let plain = Config { word_features: false, ..Config::default() };
        assert_eq!((Names::unused(&plain).unwrap().0, Names::unused(&Config::default())), ("buckets", None));
        assert_eq!(Config { word_features: false, ..Config::default() }.settings().buckets, 0);
    }
}
