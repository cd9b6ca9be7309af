//! Scores of a classifier that may give a text any number of labels, or none.

use super::bootstrap::{bootstrap, bootstrap_mean};
use super::curves::{Ranking, macro_area};
use super::score::Scores;

/// `micro_f1`, `macro_f1`, `samples_f1`, `subset_accuracy`, `macro_ap` and `macro_roc_auc`, in that order, each with its
/// interval.
///
/// `probabilities` holds one row an example, `[n, labels]`; `predicted` and `gold` hold the labels of each, by index. F1
/// is over all decisions (micro), the mean over the labels that occur in gold or among the predictions (macro), or the
/// mean over examples (samples), where one without labels that is given none counts 1. Areas are means over the labels
/// for which they are defined: those that some examples have, and, under the ROC curve, some have not.
///
/// # Panics
/// When the slices differ in length.
pub fn multi_label(probabilities: &[Vec<f64>], predicted: &[Vec<usize>], gold: &[Vec<usize>]) -> Scores {
    let n = gold.len();
    let labels = probabilities.first().map_or(0, Vec::len);
    let rankings = Ranking::each(probabilities, labels, |example, label| gold[example].contains(&label));
    let overlap: Vec<[usize; 3]> = predicted
        .iter()
        .zip(gold)
        .map(|(predicted, gold)| {
            [predicted.iter().filter(|label| gold.contains(label)).count(), predicted.len(), gold.len()]
        })
        .collect();
    assert!(probabilities.len() == n && overlap.len() == n, "one prediction for each example");
    let samples: Vec<f64> = overlap.iter().map(|&[both, predicted, gold]| f1(both, predicted + gold, 1.0)).collect();
    let exact: Vec<f64> =
        overlap.iter().map(|&[both, predicted, gold]| f64::from(both == predicted && both == gold)).collect();
    Scores(vec![
        bootstrap("micro_f1", n, |indices| {
            let sum = |at: usize| indices.iter().map(|&i| overlap[i][at]).sum::<usize>();
            f1(sum(0), sum(1) + sum(2), 0.0)
        }),
        bootstrap("macro_f1", n, |indices| {
            let tallies = tallies(labels, indices.iter().map(|&i| (&predicted[i], &gold[i])));
            let present = tallies.iter().filter(|[_, predicted, gold]| predicted + gold > 0);
            let present: Vec<f64> = present.map(|&[both, predicted, gold]| f1(both, predicted + gold, 0.0)).collect();
            present.iter().sum::<f64>() / present.len().max(1) as f64
        }),
        bootstrap_mean("samples_f1", &samples),
        bootstrap_mean("subset_accuracy", &exact),
        bootstrap("macro_ap", n, |indices| macro_area(&rankings, indices, Ranking::average_precision)),
        bootstrap("macro_roc_auc", n, |indices| macro_area(&rankings, indices, Ranking::roc_auc)),
    ])
}

/// The threshold, among those that change a decision, at which F1 over `scores` and whether each is true is highest; 0.5
/// where nothing is true. A score at or above it counts as yes. It lies half way between two scores, so that a score that
/// is computed otherwise by a hair falls on the same side.
pub fn best_threshold(scores: &[f64], truth: &[bool]) -> f64 {
    assert_eq!(scores.len(), truth.len(), "one truth for each score");
    let positives = truth.iter().filter(|&&truth| truth).count();
    let mut sorted: Vec<(f64, bool)> = scores.iter().copied().zip(truth.iter().copied()).collect();
    sorted.retain(|(score, _)| !score.is_nan());
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut right, mut best) = (0, (0.0, 0.5));
    for (place, &(score, truth)) in sorted.iter().enumerate() {
        right += usize::from(truth);
        let next = sorted.get(place + 1).map_or(0.0, |next| next.0);
        let value = f1(right, place + 1 + positives, 0.0);
        if next < score && value > best.0 {
            best = (value, f64::midpoint(score, next));
        }
    }
    best.1
}

/// `2 both / all`, `empty` where there is nothing.
fn f1(both: usize, all: usize, empty: f64) -> f64 {
    if all == 0 { empty } else { 2.0 * both as f64 / all as f64 }
}

/// How often each label is predicted and right, predicted, and right.
fn tallies<'a>(labels: usize, pairs: impl Iterator<Item = (&'a Vec<usize>, &'a Vec<usize>)>) -> Vec<[usize; 3]> {
    let mut tallies = vec![[0; 3]; labels];
    for (predicted, gold) in pairs {
        for &label in predicted {
            tallies[label][0] += usize::from(gold.contains(&label));
            tallies[label][1] += 1;
        }
        gold.iter().for_each(|&label| tallies[label][2] += 1);
    }
    tallies
}
