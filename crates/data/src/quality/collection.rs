//! The texts of records, kept as words: for sets small enough to be held in memory and compared with others.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use super::overlap::{Overlap, Shared};
use super::profile::{Entry, Profile};
use super::words::{identity, words};

/// Records and all that they say. A text that several records share is kept once.
#[derive(Clone, Debug, Default)]
pub struct Collection {
    /// The records, told from each other by what is theirs alone.
    pub profile: Profile,
    /// The words of each text, and the first record that has it.
    texts: Vec<(Vec<u64>, u32)>,
    numbers: HashMap<u64, u32>,
    /// The texts of each record.
    members: Vec<Vec<u32>>,
}

impl Collection {
    /// Takes up a record at a place, `length` long, which is told from others by `entry` and says `texts`.
    pub fn push(&mut self, path: &Arc<Path>, line: usize, length: usize, entry: &Entry, texts: &[&str]) {
        let record = self.profile.len() as u32;
        self.profile.push(path, line, length, entry);
        let members = texts.iter().map(|text| {
            let words = words(text);
            let next = self.texts.len() as u32;
            let number = *self.numbers.entry(identity(text, &words)).or_insert(next);
            if number == next {
                self.texts.push((words, record));
            }
            number
        });
        let members = members.collect();
        self.members.push(members);
    }

    /// Takes up all runs of all texts, to be looked for elsewhere.
    pub fn insert_into(&self, overlap: &mut Overlap) {
        self.texts.iter().for_each(|(words, _)| overlap.insert(words));
    }

    /// Streams all texts past `overlap`; what is found is found in the first record that has it.
    pub fn mark(&self, overlap: &mut Overlap) {
        for (words, record) in &self.texts {
            let found = overlap.found(words);
            overlap.mark(&found, *record);
        }
    }

    /// How much of each record is in what `overlap` saw.
    pub fn shared(&self, overlap: &Overlap) -> Vec<Shared> {
        let texts: Vec<Shared> = self.texts.iter().map(|(words, _)| overlap.shared(words)).collect();
        let whole = |members: &Vec<u32>| {
            members.iter().fold(Shared::default(), |shared, member| shared.and(texts[*member as usize]))
        };
        self.members.iter().map(whole).collect()
    }
}
