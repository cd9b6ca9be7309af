//! Marks that programs set between documents and that mean nothing in plain text.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

const MARKS: [&str; 11] = [
    "<|endoftext|>",
    "<|end_of_text|>",
    "<|begin_of_text|>",
    "<|im_end|>",
    "<|eot_id|>",
    "<s>",
    "</s>",
    "<bos>",
    "<eos>",
    "[SEP]",
    "[CLS]",
];

/// How often each mark occurs in some text; those that do not occur are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Marks(BTreeMap<String, u64>);

impl Marks {
    /// Those in `text`.
    pub fn of(text: &str) -> Self {
        let mut found = BTreeMap::new();
        // All of them begin with one of two signs, which most text lacks.
        if text.contains(['<', '[']) {
            for mark in MARKS {
                let count = text.matches(mark).count() as u64;
                if count > 0 {
                    found.insert(mark.to_owned(), count);
                }
            }
        }
        Self(found)
    }

    /// Adds those of more text.
    pub fn add(&mut self, others: Self) {
        for (mark, count) in others.0 {
            *self.0.entry(mark).or_default() += count;
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What there is to say about them, as the beginning of a sentence: `"<|endoftext|>" occurs 60 times`; and the mark that
    /// occurs most.
    pub fn summary(&self) -> Option<(String, &str)> {
        let (most, _) = self.0.iter().max_by_key(|(_, count)| **count)?;
        let all: Vec<String> = self
            .0
            .iter()
            .map(|(mark, count)| format!("{mark:?} occurs {count} {}", if *count == 1 { "time" } else { "times" }))
            .collect();
        Some((all.join(", "), most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_counted_over_texts() {
        let mut marks = Marks::of("One.<|endoftext|>Two.<|endoftext|></s>");
        assert_eq!(Marks::of("a < b, [c]").summary(), None);
        marks.add(Marks::of("Three.</s>\n<|endoftext|>"));
        marks.add(Marks::of("no mark"));
        let (said, most) = marks.summary().unwrap();
        assert_eq!(
            (said.as_str(), most),
            ("\"</s>\" occurs 2 times, \"<|endoftext|>\" occurs 3 times", "<|endoftext|>")
        );
        let json = serde_json::to_string(&marks).unwrap();
        assert_eq!(serde_json::from_str::<Marks>(&json).unwrap(), marks);
    }
}
