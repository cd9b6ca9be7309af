//! An answer without a model: the phrases of the training data, found again.

use std::collections::BTreeMap;
use std::ops::Range;

use super::answer::Answer;
use super::example::Example;
use super::state::State;

/// Each text's longest phrases that are marked in training, with the type that they have most often there.
pub(super) fn answers(train: &[Example], examples: &[Example], state: &State) -> Vec<Answer> {
    let mut counts: BTreeMap<Vec<String>, Vec<usize>> = BTreeMap::new();
    for example in train {
        let words = words(example);
        let Some(gold) = &example.gold else { continue };
        for (range, kind) in super::chain::spans(&gold.path) {
            let kinds = counts.entry(words[range].to_vec()).or_insert_with(|| vec![0; state.types.len()]);
            kinds[kind] += 1;
        }
    }
    let longest = counts.keys().map(Vec::len).max().unwrap_or(0);
    let answer = |example: &Example| {
        let words = words(example);
        let mut found: Vec<(f64, Range<usize>, usize)> = Vec::new();
        let mut at = 0;
        while at < words.len() {
            let phrase = (1..=longest.min(words.len() - at)).rev().find_map(|length| {
                let kinds = counts.get(&words[at..at + length])?;
                // Of equals the first.
                let best = (0..kinds.len()).rev().max_by_key(|kind| kinds[*kind])?;
                Some((length, best, kinds[best] as f64 / kinds.iter().sum::<usize>() as f64))
            });
            match phrase {
                Some((length, kind, share)) => {
                    found.push((share, at..at + length, kind));
                    at += length;
                }
                None => at += 1,
            }
        }
        Answer::new(example, found.into_iter(), state)
    };
    examples.iter().map(answer).collect()
}

fn words(example: &Example) -> Vec<String> {
    let letters: Vec<char> = example.text.chars().collect();
    example.words.iter().map(|place| letters[place.clone()].iter().collect()).collect()
}
