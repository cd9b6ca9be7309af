//! BLEU of a corpus (Papineni et al., 2002), equal to sacreBLEU's (Post, 2018): 4-grams, exponential smoothing, the effective
//! order off.

mod tokenize;

#[cfg(test)]
mod tests;

pub use tokenize::BleuTokens;

use super::bootstrap::bootstrap;
use super::ngrams::{ngrams, references_signed, shared, summed, words};
use super::score::Score;

/// Length of the longest run that is compared.
const ORDER: usize = 4;
/// The numbers of one text that the score is made of: lengths of hypothesis and reference, matches and runs of each order.
type Statistics = [u64; 2 + 2 * ORDER];

/// BLEU from 0 to 100, with an interval over texts. A text may have any number of references; without one, none of its
/// words is right.
///
/// # Panics
/// When the slices differ in length.
pub fn bleu<S: AsRef<str>>(hypotheses: &[S], references: &[Vec<S>], tokens: BleuTokens) -> Score {
    assert_eq!(hypotheses.len(), references.len(), "bleu: references for each hypothesis");
    let pairs = hypotheses.iter().zip(references);
    let rows: Vec<Statistics> = pairs.map(|(text, references)| statistics(text.as_ref(), references, tokens)).collect();
    bootstrap("bleu", rows.len(), |indices| of_sums(&summed(&rows, indices)))
}

/// What was computed, in the form of sacreBLEU's signatures.
pub fn bleu_signature<S>(references: &[Vec<S>], tokens: BleuTokens) -> String {
    let (count, tokens, version) = (references_signed(references), tokens.name(), env!("CARGO_PKG_VERSION"));
    format!("nrefs:{count}|case:mixed|eff:no|tok:{tokens}|smooth:exp|version:cimiento-{version}")
}

fn statistics<S: AsRef<str>>(hypothesis: &str, references: &[S], tokens: BleuTokens) -> Statistics {
    let hypothesis = tokens.tokenize(hypothesis);
    let hypothesis = words(&hypothesis);
    let references: Vec<String> = references.iter().map(|reference| tokens.tokenize(reference.as_ref())).collect();
    let references: Vec<Vec<&str>> = references.iter().map(|reference| words(reference)).collect();
    let mut found = [0; 2 + 2 * ORDER];
    found[0] = hypothesis.len() as u64;
    let closest = references.iter().map(Vec::len).min_by_key(|&length| (length.abs_diff(hypothesis.len()), length));
    found[1] = closest.unwrap_or(0) as u64;
    for n in 1..=ORDER {
        let runs = ngrams(&hypothesis, n);
        // A run counts as often as the reference that has it most.
        let mut allowed = ngrams(&[], n);
        for reference in &references {
            for (run, count) in ngrams(reference, n) {
                let most = allowed.entry(run).or_insert(0);
                *most = count.max(*most);
            }
        }
        found[1 + n] = shared(&runs, &allowed);
        found[1 + ORDER + n] = runs.values().sum();
    }
    found
}

fn of_sums(sums: &Statistics) -> f64 {
    let (lengths, counts) = sums.split_at(2);
    let (matches, runs) = counts.split_at(ORDER);
    if matches.iter().all(|&count| count == 0) || runs.contains(&0) {
        return 0.0;
    }
    let mut smoothed = 1.0;
    let logs = matches.iter().zip(runs).map(|(&matches, &runs)| {
        if matches > 0 {
            return libm::log(100.0 * matches as f64 / runs as f64);
        }
        smoothed *= 2.0;
        libm::log(100.0 / (smoothed * runs as f64))
    });
    let mean = logs.sum::<f64>() / ORDER as f64;
    let (ours, theirs) = (lengths[0] as f64, lengths[1] as f64);
    let brevity = if ours < theirs { libm::exp(1.0 - theirs / ours) } else { 1.0 };
    brevity * libm::exp(mean)
}
