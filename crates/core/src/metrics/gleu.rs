//! GLEU of corrections (Napoles et al., 2015; "GLEU without tuning", 2016): BLEU that also takes points off for what should
//! have been changed and was not. It is not Google's GLEU.

#[cfg(test)]
mod tests;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::bootstrap::bootstrap;
use super::ngrams::{ngrams, shared, words};
use super::score::Score;

/// Length of the longest run that is compared.
const ORDER: usize = 4;
/// Draws of one reference a sentence; the score is the mean over them.
const DRAWS: usize = 500;
/// Draws for each resample of sentences.
const DRAWS_RESAMPLED: usize = 10;
/// Lengths of hypothesis and reference; then, of each order, the matches less the penalties, and the runs.
type Statistics = [u64; 2 + 2 * ORDER];

/// GLEU from 0 to 100 of `(source, hypothesis, references)`, all of words between spaces.
///
/// As the authors' script it is the mean over 500 draws of one reference for each sentence. The draws are seeded, but not
/// those of Python, which moves the second decimal where references differ; with one reference the value is the script's.
/// The interval is over sentences. A sentence without references counts as one whose reference is empty.
pub fn gleu<S: AsRef<str>>(sentences: &[(S, S, Vec<S>)]) -> Score {
    let rows: Vec<Vec<Statistics>> = sentences
        .iter()
        .map(|(source, hypothesis, references)| against_each(source.as_ref(), hypothesis.as_ref(), references))
        .collect();
    let all: Vec<usize> = (0..rows.len()).collect();
    let score = bootstrap("gleu", rows.len(), |indices| mean(&rows, indices, DRAWS_RESAMPLED));
    if rows.is_empty() {
        return score;
    }
    let value = mean(&rows, &all, DRAWS);
    Score { value, low: score.low.min(value), high: score.high.max(value), ..score }
}

/// The mean over draws of a reference for each of the sentences at `indices`.
fn mean(rows: &[Vec<Statistics>], indices: &[usize], draws: usize) -> f64 {
    if rows.iter().all(|each| each.len() == 1) {
        return of_draw(rows, indices, |_| 0);
    }
    let each = (0..draws).map(|draw| {
        let mut rng = StdRng::seed_from_u64(draw as u64 * 101);
        of_draw(rows, indices, |count| rng.random_range(0..count))
    });
    each.sum::<f64>() / draws as f64
}

/// GLEU against the references that `pick` chooses, told how many there are.
fn of_draw(rows: &[Vec<Statistics>], indices: &[usize], mut pick: impl FnMut(usize) -> usize) -> f64 {
    let mut sums = [0; 2 + 2 * ORDER];
    for &index in indices {
        let row = &rows[index][pick(rows[index].len())];
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum += value;
        }
    }
    of_sums(&sums)
}

fn of_sums(sums: &Statistics) -> f64 {
    if sums.contains(&0) {
        return 0.0;
    }
    let logs = sums[2..].chunks_exact(2).map(|counts| libm::log(counts[0] as f64 / counts[1] as f64));
    let mean = logs.sum::<f64>() / ORDER as f64;
    let brevity = (1.0 - sums[1] as f64 / sums[0] as f64).min(0.0);
    100.0 * libm::exp(brevity + mean)
}

fn against_each<S: AsRef<str>>(source: &str, hypothesis: &str, references: &[S]) -> Vec<Statistics> {
    let (source, hypothesis) = (words(source), words(hypothesis));
    let mut rows: Vec<Statistics> =
        references.iter().map(|reference| statistics(&source, &hypothesis, &words(reference.as_ref()))).collect();
    if rows.is_empty() {
        rows.push(statistics(&source, &hypothesis, &[]));
    }
    rows
}

fn statistics(source: &[&str], hypothesis: &[&str], reference: &[&str]) -> Statistics {
    let mut found = [0; 2 + 2 * ORDER];
    found[0] = hypothesis.len() as u64;
    found[1] = reference.len() as u64;
    for n in 1..=ORDER {
        let (ours, right) = (ngrams(hypothesis, n), ngrams(reference, n));
        // Runs of the source that the reference has nowhere had to go.
        let mut wrong = ngrams(source, n);
        wrong.retain(|run, _| !right.contains_key(run));
        found[2 * n] = shared(&ours, &right).saturating_sub(shared(&ours, &wrong));
        found[2 * n + 1] = (hypothesis.len() + 1).saturating_sub(n) as u64;
    }
    found
}
