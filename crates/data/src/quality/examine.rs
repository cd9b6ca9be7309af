//! The records of a task as they would be learned from, judged before they are.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use rayon::prelude::*;
use serde::de::DeserializeOwned;

use super::Tally;
use super::collection::Collection;
use super::profile::Entry;
use crate::content::{Content, Remark};
use crate::encode::EncodeError;
use crate::records::{self, Located, PassedOver, RecordError, Source};
use crate::tokenizer::Tokenizer;

/// Records, and what could not be read.
#[derive(Clone, Debug)]
pub struct Read<R> {
    /// Those that could.
    pub records: Vec<Located<R>>,
    /// Those that could not.
    pub unreadable: Tally,
    /// Empty rows of tables.
    pub passed_over: Tally,
    /// Rows of each source, readable or not.
    pub sources: Vec<(PathBuf, usize)>,
}

/// Reads what can be read.
///
/// # Errors
/// When there is no such file, or it is in another encoding.
pub fn read<R: DeserializeOwned>(sources: &[Source]) -> Result<Read<R>, RecordError> {
    let none = Tally::default;
    let mut found = Read { records: Vec::new(), unreadable: none(), passed_over: none(), sources: Vec::new() };
    for source in sources {
        let mut rows = 0;
        let mut records = records::read::<R>(source)?;
        for located in records.by_ref() {
            rows += 1;
            match located {
                Ok(located) => found.records.push(located),
                Err(error @ RecordError::Encoding { .. }) => return Err(error),
                Err(error) => found.unreadable.add(|| error.to_string()),
            }
        }
        let PassedOver { count, first } = records.passed_over();
        found.passed_over.count += count;
        found.passed_over.first.extend(first.map(|place| place.to_string()));
        found.sources.push((source.path.clone(), rows));
    }
    found.passed_over.first.truncate(Tally::KEPT);
    Ok(found)
}

/// What a set of records came to.
#[derive(Clone, Debug, Default)]
pub struct Examined {
    /// What they say.
    pub collection: Collection,
    /// Without a text.
    pub empty: Tally,
    /// Without the answer in their passage.
    pub misaligned: Tally,
    /// Otherwise of no use, for the reason that stands at the place.
    pub unusable: Tally,
    /// Cut to fit.
    pub cut: Tally,
    /// Odd in some way.
    pub remarks: Vec<(Remark, Tally)>,
    /// Records of each class.
    pub classes: BTreeMap<String, usize>,
    /// The same text as before, in another class.
    pub contradictions: Tally,
}

/// What a task says of a record.
pub struct Said {
    /// What the record says.
    pub content: Content,
    /// The classes that it names.
    pub classes: Vec<String>,
    /// Whether it was cut, and what encoding it as training would has found out; `None` where it can't be encoded yet.
    pub encoded: Option<Result<(bool, Vec<Remark>), EncodeError>>,
}

/// What is found out about one record alone.
struct One {
    content: Content,
    classes: Vec<String>,
    entry: Entry,
    length: usize,
    encoded: Result<(bool, Vec<Remark>), EncodeError>,
}

/// Examines records by what a task says of each; lengths are in tokens of `tokenizer`, in words without one.
pub fn examine<R: Sync>(
    records: &[Located<R>],
    tokenizer: Option<&Tokenizer>,
    says: impl Fn(&R) -> Said + Sync,
) -> Examined {
    let mut all = Examined::default();
    let mut classes: HashMap<u64, (u32, String)> = HashMap::new();
    for part in records.chunks(1 << 14) {
        let examined: Vec<One> = part.par_iter().map(|located| one(says(&located.record), tokenizer)).collect();
        for (located, one) in part.iter().zip(examined) {
            let place = || format!("{}:{}", located.path.display(), located.line);
            match &one.encoded {
                Ok((cut, _)) => (0..usize::from(*cut)).for_each(|_| all.cut.add(place)),
                Err(EncodeError::Empty { .. }) => {
                    all.empty.add(place);
                    continue;
                }
                // Classes are compared as a whole.
                Err(EncodeError::UnknownLabel { .. }) => {}
                Err(why @ EncodeError::Misaligned { .. }) => all.misaligned.add(|| format!("{}: {why}", place())),
                Err(why) => all.unusable.add(|| format!("{}: {why}", place())),
            }
            let content = one.content;
            let mut found = one.encoded.map(|(_, remarks)| remarks).unwrap_or_default();
            // Limits count tokens, and without a tokenizer there are none.
            found.retain(|remark| tokenizer.is_some() || remark.needs.is_none());
            for remark in content.remarks.iter().chain(&found) {
                match all.remarks.iter_mut().find_map(|(known, tally)| known.merge(remark).then_some(tally)) {
                    Some(tally) => tally.add(place),
                    None => {
                        let mut tally = Tally::default();
                        tally.add(place);
                        all.remarks.push((*remark, tally));
                    }
                }
            }
            for class in &one.classes {
                *all.classes.entry(class.clone()).or_default() += 1;
            }
            let said: Vec<&str> = [&content.text]
                .into_iter()
                .chain(&content.shared)
                .chain(&content.targets)
                .map(String::as_str)
                .collect();
            let number = all.collection.profile.len() as u32;
            all.collection.push(&located.path, located.line, one.length, &one.entry, &said);
            if one.classes.is_empty() {
                continue;
            }
            let class = one.classes.join(", ");
            let (first, expected) = classes.entry(one.entry.identity).or_insert_with(|| (number, class.clone()));
            if *expected != class {
                let (first, expected) = (all.collection.profile.place(*first), expected.clone());
                all.contradictions.add(|| format!("{} says {class:?}, {first} says {expected:?}", place()));
            }
        }
    }
    all
}

fn one(said: Said, tokenizer: Option<&Tokenizer>) -> One {
    let Said { content, classes, encoded } = said;
    let entry = match &content.shared {
        Some(shared) => Entry::beside(&content.text, shared),
        None => Entry::of(&content.text),
    };
    let read = [Some(&content.text), content.shared.as_ref()].into_iter().flatten();
    let length = match tokenizer {
        Some(tokenizer) => read.map(|text| tokenizer.encode(text).len()).sum(),
        None => read.map(|text| super::words::words(text).len()).sum(),
    };
    let encoded = match encoded {
        Some(encoded) => encoded,
        None if content.text.trim().is_empty() => Err(EncodeError::Empty { what: "text" }),
        None => Ok((false, Vec::new())),
    };
    One { content, classes, entry, length, encoded }
}
