//! Records of any kind as the texts in them.

use std::fmt;

use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::Tally;
use super::collection::Collection;
use super::profile::Entry;
use crate::records::{self, RecordError, Source};

/// Every string in a record, however deep, fields in the order of their names; keys, numbers and truth values are none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Strings(pub Vec<String>);

impl<'de> Deserialize<'de> for Strings {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Strings;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Strings, E> {
        Ok(Strings(vec![text.to_owned()]))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Strings, E> {
        Ok(Strings::default())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Strings, E> {
        Ok(Strings::default())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Strings, E> {
        Ok(Strings::default())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Strings, E> {
        Ok(Strings::default())
    }

    fn visit_unit<E: Error>(self) -> Result<Strings, E> {
        Ok(Strings::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Strings, A::Error> {
        let mut all = Strings::default();
        while let Some(Strings(texts)) = list.next_element()? {
            all.0.extend(texts);
        }
        Ok(all)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Strings, A::Error> {
        let mut all = Strings::default();
        while let Some((_, Strings(texts))) = map.next_entry::<String, Strings>()? {
            all.0.extend(texts);
        }
        Ok(all)
    }
}

/// Records of any kind, with how many could not be read, and how many rows each source has.
///
/// # Errors
/// When there is no such file, or it is in another encoding.
pub fn collect(sources: &[Source]) -> Result<(Collection, Tally, Vec<usize>), RecordError> {
    let (mut collection, mut unreadable, mut rows) = (Collection::default(), Tally::default(), Vec::new());
    for source in sources {
        let mut count = 0;
        for located in records::read::<Strings>(source)? {
            count += 1;
            match located {
                Ok(located) => {
                    let Strings(texts) = &located.record;
                    let entry = Entry::of(&texts.join("\n"));
                    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
                    collection.push(&located.path, located.line, entry.words.len(), &entry, &texts);
                }
                Err(error @ RecordError::Encoding { .. }) => return Err(error),
                Err(error) => unreadable.add(|| error.to_string()),
            }
        }
        rows.push(count);
    }
    Ok((collection, unreadable, rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_strings_of_any_record_are_found() {
        let dir = tempfile::tempdir().unwrap();
        let check = |name: &str, content: &str, expected: &[&str]| {
            std::fs::write(dir.path().join(name), content).unwrap();
            let mut records = records::read::<Strings>(&Source::new(dir.path().join(name))).unwrap();
            assert_eq!(records.next().unwrap().unwrap().record.0, expected, "{name}");
        };
        check("a.jsonl", r#"{"a": "x", "b": 1.5, "c": [true, {"d": ["y", null]}]}"#, &["x", "y"]);
        check("a.tsv", "text\tlabel\na b\t1\n", &["1", "a b"]);
        check("a.txt", "a b\n", &["a b"]);
        let squad = r#"{"data": [{"title": "t", "paragraphs": [{"context": "c", "qas":
            [{"id": "1", "question": "q", "answers": [{"text": "c", "answer_start": 0}]}]}]}]}"#;
        check("a.json", squad, &["c", "c", "1", "q", "t"]);
    }
}
