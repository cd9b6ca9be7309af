//! What a set to be judged by has in common with a set to learn from.

use super::collection::Collection;
use super::overlap::{Overlap, Shared};
use super::profile::Pair;

/// Records that are known from training, by their numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leaks {
    /// The same record.
    pub same: Vec<Pair>,
    /// Records that share at least half of their runs of words with training, and are none of the above.
    pub most: Vec<Pair>,
    /// Records that share fewer.
    pub some: Vec<Pair>,
}

impl Leaks {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.same.is_empty() && self.most.is_empty() && self.some.is_empty()
    }

    /// Sorts the records of `judged` by how much of them is known: `same` are, and `shared` says for each what else is.
    pub fn sorted(same: Vec<Pair>, shared: &[Shared]) -> Self {
        let mut leaks = Self::default();
        let mut known = same.iter().map(|(record, _)| *record).peekable();
        for (record, shared) in (0..).zip(shared) {
            if known.next_if_eq(&record).is_some() {
                continue;
            }
            if let Some(first) = shared.first {
                let kind = if shared.is_most() { &mut leaks.most } else { &mut leaks.some };
                kind.push((record, first));
            }
        }
        Self { same, ..leaks }
    }
}

/// What `judged` has in common with `learned`.
pub fn leaks(judged: &Collection, learned: &Collection) -> Leaks {
    let mut overlap = Overlap::default();
    judged.insert_into(&mut overlap);
    learned.mark(&mut overlap);
    Leaks::sorted(judged.profile.known_to(&learned.profile), &judged.shared(&overlap))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quality::profile::Entry;
    use std::path::Path;
    use std::sync::Arc;

    fn collection(records: &[(&str, &str)]) -> Collection {
        let (mut all, path) = (Collection::default(), Arc::from(Path::new("a.jsonl")));
        for (line, (question, passage)) in (1..).zip(records) {
            all.push(&path, line, 1, &Entry::beside(question, passage), &[question, passage]);
        }
        all
    }

    #[test]
    fn records_are_sorted_by_how_much_of_them_is_known() {
        let words = |from: usize, to: usize| (from..to).map(|n| format!("w{n}")).collect::<Vec<_>>().join(" ");
        let (passage, unknown) = (words(0, 30), words(100, 130));
        let partly = format!("{} {}", words(0, 13), words(200, 260));
        let learned = collection(&[("Who?", &passage), ("When?", &passage)]);
        let judged = collection(&[("Who?", &unknown), ("when", &passage), ("Why?", &passage), ("Where?", &partly)]);
        let found = leaks(&judged, &learned);
        assert_eq!(found, Leaks { same: vec![(1, 1)], most: vec![(2, 0)], some: vec![(3, 0)] });
        assert!(leaks(&collection(&[("Who?", &unknown)]), &learned).is_empty());
    }
}
