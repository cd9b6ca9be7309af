//! Columns that are called as files usually call a field: `review` for a text, `answer` for answers.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::fields::Field;
use crate::records::{self, Source};

/// Records that tell the columns.
const LOOKED_AT: usize = 1000;

/// Several columns have a usual name of one field, or one has those of two.
#[derive(thiserror::Error, Clone, Debug, PartialEq, Eq)]
#[error("no column is called {field}, and {} may be meant", .columns.join(" or "))]
pub struct Ambiguous {
    /// The field.
    pub field: &'static str,
    /// The columns.
    pub columns: Vec<String>,
}

/// The columns (or keys) that the first records have, in the order in which they are met: not each object of JSON has all.
/// None where no record can be read. `fields` of the source change nothing.
pub fn names(source: &Source) -> Vec<String> {
    let bare = Source { fields: BTreeMap::new(), values: BTreeMap::new(), ..source.clone() };
    let Ok(records) = records::read::<Map<String, Value>>(&bare) else { return Vec::new() };
    let mut found: Vec<String> = Vec::new();
    for located in records.take(LOOKED_AT).flatten() {
        found.extend(
            located.record.into_iter().map(|(name, _)| name).filter(|name| !found.contains(name)).collect::<Vec<_>>(),
        );
    }
    found
}

/// The column of each field that is not `given` and has no column of its own name, where just one has a usual name of it.
///
/// # Errors
/// Where several do.
pub fn usual(
    fields: &[Field],
    columns: &[String],
    given: &BTreeMap<String, String>,
) -> Result<Vec<(&'static str, String)>, Ambiguous> {
    let is_field = |column: &str| fields.iter().any(|field| field.name.eq_ignore_ascii_case(column));
    let is_given = |column: &str| given.values().any(|named| named.split(',').any(|part| part.trim() == column));
    let mut found: Vec<(&'static str, String)> = Vec::new();
    for field in fields.iter().filter(|field| !given.contains_key(field.name)) {
        if columns.iter().any(|column| column.eq_ignore_ascii_case(field.name)) {
            continue;
        }
        let fits = |column: &&String| {
            let name = column.trim().to_lowercase();
            field.also.contains(&name.as_str()) && !is_field(column) && !is_given(column)
        };
        match columns.iter().filter(fits).collect::<Vec<_>>().as_slice() {
            [] => {}
            [column] if found.iter().all(|(_, taken)| taken != *column) => found.push((field.name, (*column).clone())),
            several => {
                let columns = several.iter().map(|column| (*column).clone()).collect();
                return Err(Ambiguous { field: field.name, columns });
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::FieldKind;

    const FIELDS: &[Field] = &[
        Field { name: "document", kind: FieldKind::Text, also: &["article", "text"], target: false },
        Field { name: "summary", kind: FieldKind::Part, also: &["title", "text"], target: true },
    ];

    fn found(columns: &[&str], given: &[(&str, &str)]) -> Result<Vec<(&'static str, String)>, Ambiguous> {
        let columns: Vec<String> = columns.iter().map(|column| (*column).to_owned()).collect();
        usual(FIELDS, &columns, &given.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect())
    }

    #[test]
    fn a_later_record_may_have_the_name_itself() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mixed.jsonl");
        std::fs::write(&path, "{\"article\": \"a\"}\n{\"document\": \"b\", \"article\": \"x\"}\n").unwrap();
        let columns = names(&Source::new(path));
        assert_eq!(columns, ["article", "document"]);
        assert_eq!(usual(FIELDS, &columns, &BTreeMap::new()).unwrap(), []);
    }

    #[test]
    fn one_usual_name_is_enough_and_two_are_too_many() {
        let both = [("document", "Article".to_owned()), ("summary", "title".to_owned())];
        assert_eq!(found(&["Article", "title", "x"], &[]).unwrap(), both);
        assert_eq!(found(&["document", "article", "title"], &[]).unwrap(), both[1..]);
        assert_eq!(found(&["words", "SUMMARY"], &[]).unwrap(), []);
        // What is given, or is a field itself, is no other field.
        assert_eq!(found(&["article", "text"], &[("document", "text")]).unwrap(), []);
        let several = found(&["article", "text", "summary"], &[]).unwrap_err();
        assert_eq!((several.field, several.columns), ("document", vec!["article".to_owned(), "text".to_owned()]));
        assert_eq!(found(&["text"], &[]).unwrap_err().field, "summary");
    }
}
