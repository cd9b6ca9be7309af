//! What the ids of a model stand for: pieces of text, or names of a closed list.
//!
//! A tokenizer cuts any text into pieces. Items of a shop and the values of a table's columns are not cut: each name is one
//! id. A model has one vocabulary of either kind, and its checkpoint holds it.
//!
//! ```
//! use cimiento_data::vocabulary::Names;
//! let names = Names::new(["mule".to_string(), "cart".to_string()])?;
//! let cart = names.id("cart").unwrap();
//! assert_eq!(names.name(cart), Some("cart"));
//! assert_eq!(names.id("plough"), None);
//! # Ok::<(), String>(())
//! ```

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::files;
use crate::tokenizer::{Special, Tokenizer};

/// What the ids of a model stand for.
#[derive(Clone, Debug)]
pub enum Vocabulary {
    /// Pieces of text.
    Text(Tokenizer),
    /// Names of a closed list.
    Names(Names),
}

/// Which of the two a vocabulary is.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum VocabularyKind {
    /// [`Vocabulary::Text`].
    Text,
    /// [`Vocabulary::Names`].
    Names,
}

impl Vocabulary {
    /// Which of the two it is.
    pub fn kind(&self) -> VocabularyKind {
        match self {
            Self::Text(_) => VocabularyKind::Text,
            Self::Names(_) => VocabularyKind::Names,
        }
    }

    /// Ids, the special ones among them.
    pub fn size(&self) -> usize {
        match self {
            Self::Text(tokenizer) => tokenizer.vocab_size(),
            Self::Names(names) => names.size(),
        }
    }

    /// The ids with a role.
    pub fn special(&self) -> Special {
        match self {
            Self::Text(tokenizer) => tokenizer.special(),
            Self::Names(names) => names.special(),
        }
    }

    /// The text of its file.
    pub fn to_json(&self) -> String {
        match self {
            Self::Text(tokenizer) => tokenizer.to_json().to_string(),
            Self::Names(names) => names.to_json(),
        }
    }

    /// BLAKE3 of the text of its file: two vocabularies with the same hash give the same ids.
    pub fn hash(&self) -> String {
        match self {
            Self::Text(tokenizer) => tokenizer.hash(),
            Self::Names(names) => names.hash(),
        }
    }
}

impl From<Tokenizer> for Vocabulary {
    fn from(tokenizer: Tokenizer) -> Self {
        Self::Text(tokenizer)
    }
}

impl From<Names> for Vocabulary {
    fn from(names: Names) -> Self {
        Self::Names(names)
    }
}

/// A closed list of names, each with an id. The first five ids are special, in the order pad, bos, eos, mask, sep; the
/// names follow in the order of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    names: Vec<String>,
    ids: HashMap<String, u32>,
}

/// Ids before that of the first name.
const SPECIAL: u32 = 5;
/// The layout of the file that is written.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    names: Vec<String>,
}

impl Names {
    /// A list of names in the order of their ids.
    ///
    /// # Errors
    /// If there is no name, one is empty, or one stands there twice.
    pub fn new(names: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let names: Vec<String> = names.into_iter().collect();
        let mut ids = HashMap::with_capacity(names.len());
        for (index, name) in names.iter().enumerate() {
            if name.is_empty() {
                return Err(format!("name {} of the list is empty", index + 1));
            }
            let id = u32::try_from(index).ok().and_then(|index| index.checked_add(SPECIAL));
            let id = id.ok_or_else(|| format!("{} names are more than there are ids", names.len()))?;
            if let Some(first) = ids.insert(name.clone(), id) {
                return Err(format!("{name:?} is name {} and name {} of the list", first - SPECIAL + 1, index + 1));
            }
        }
        if names.is_empty() {
            return Err("the list has no name".into());
        }
        Ok(Self { names, ids })
    }

    /// Reads the text of a file that [`Names::to_json`] made.
    ///
    /// # Errors
    /// If it is not such a text, is of another version, or is not a list of names.
    pub fn from_json(text: &str) -> Result<Self, String> {
        let File { version, names } = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if version != VERSION {
            return Err(format!("list of names of format {version}, this program reads format {VERSION}"));
        }
        Self::new(names)
    }

    /// The text of its file.
    pub fn to_json(&self) -> String {
        let file = File { version: VERSION, names: self.names.clone() };
        serde_json::to_string(&file).expect("names are plain data")
    }

    /// BLAKE3 of the text of its file.
    pub fn hash(&self) -> String {
        files::hash_bytes(self.to_json().as_bytes())
    }

    /// The id of a name, if it is in the list.
    pub fn id(&self, name: &str) -> Option<u32> {
        self.ids.get(name).copied()
    }

    /// The name of an id; none for special ids and those beyond the list.
    pub fn name(&self, id: u32) -> Option<&str> {
        let index = id.checked_sub(SPECIAL)? as usize;
        self.names.get(index).map(String::as_str)
    }

    /// Ids, the special ones among them.
    pub fn size(&self) -> usize {
        self.names.len() + SPECIAL as usize
    }

    /// The ids with a role.
    pub fn special(&self) -> Special {
        Special { pad: 0, bos: 1, eos: 2, mask: 3, sep: 4 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names(list: &[&str]) -> Result<Names, String> {
        Names::new(list.iter().map(|name| name.to_string()))
    }

    #[test]
    fn lists_that_are_not_closed_lists_of_names_are_refused() {
        assert_eq!(names(&[]).unwrap_err(), "the list has no name");
        assert_eq!(names(&["a", ""]).unwrap_err(), "name 2 of the list is empty");
        assert_eq!(names(&["a", "b", "a"]).unwrap_err(), "\"a\" is name 1 and name 3 of the list");
    }

    #[test]
    fn files_of_another_make_are_refused() {
        let refused = |text: &str, why: &str| {
            let found = Names::from_json(text).unwrap_err();
            assert!(found.contains(why), "{text}: {found}");
        };
        refused("[]", "invalid");
        refused(r#"{"version":2,"names":["a"]}"#, "format 2, this program reads format 1");
        refused(r#"{"version":1,"names":["a"],"sizes":[1]}"#, "sizes");
        refused(r#"{"version":1,"names":["a","a"]}"#, "name 1 and name 2");
    }

    #[test]
    fn special_ids_are_no_names() {
        let names = names(&["[pad]"]).unwrap();
        assert!(names.special().all().iter().all(|&id| names.name(id).is_none()));
        assert_eq!((names.id("[pad]"), names.size(), names.name(6)), (Some(5), 6, None));
    }

    proptest! {
        #[test]
        fn every_name_survives_the_file(list in prop::collection::hash_set(".{1,12}", 1..20)) {
            let names = Names::new(list.iter().cloned()).unwrap();
            let back = Names::from_json(&names.to_json()).unwrap();
            prop_assert_eq!(back.hash(), names.hash());
            for name in &list {
                prop_assert_eq!(back.name(names.id(name).unwrap()), Some(name.as_str()));
            }
        }
    }
}
