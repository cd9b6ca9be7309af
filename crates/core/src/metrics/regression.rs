//! Scores of predicted numbers.

use super::curves::counts;
use super::{Score, Scores, bootstrap};

/// `rmse`, `mae`, `r2`, `pearson` and `spearman`, in that order, each with its interval.
///
/// R² is `1 − Σ (y − ŷ)² / Σ (y − ȳ)²`, 0 where all numbers of `gold` are the same and not all are met, 1 where all are.
/// A correlation is 0 where either side is constant. Spearman's is Pearson's of the ranks, ties having their mean rank.
///
/// # Panics
/// When the slices differ in length.
pub fn regression(predicted: &[f64], gold: &[f64]) -> Scores {
    assert_eq!(predicted.len(), gold.len(), "one prediction for each number");
    let n = gold.len();
    let mean = |indices: &[usize], of: &dyn Fn(f64) -> f64| {
        indices.iter().map(|&i| of(predicted[i] - gold[i])).sum::<f64>() / indices.len() as f64
    };
    let ranks = [Ranks::new(predicted), Ranks::new(gold)];
    Scores(vec![
        bootstrap("rmse", n, |indices| mean(indices, &|error| error * error).sqrt()).lower_is_better(),
        bootstrap("mae", n, |indices| mean(indices, &f64::abs)).lower_is_better(),
        bootstrap("r2", n, |indices| r2(indices.iter().map(|&i| (predicted[i], gold[i])))),
        bootstrap("pearson", n, |indices| correlation(indices.iter().map(|&i| (predicted[i], gold[i])))),
        spearman(n, &ranks),
    ])
}

fn spearman(n: usize, ranks: &[Ranks; 2]) -> Score {
    bootstrap("spearman", n, |indices| {
        let counts = counts(indices, n);
        let [predicted, gold] = ranks.each_ref().map(|ranks| ranks.mean(&counts));
        correlation(indices.iter().map(|&i| (predicted[i], gold[i])))
    })
}

fn r2(pairs: impl Iterator<Item = (f64, f64)> + Clone) -> f64 {
    let mean = mean(pairs.clone().map(|(_, gold)| gold));
    let (mut left, mut all) = (0.0, 0.0);
    for (predicted, gold) in pairs {
        left += (gold - predicted).powi(2);
        all += (gold - mean).powi(2);
    }
    match (left == 0.0, all == 0.0) {
        (_, false) => 1.0 - left / all,
        (true, true) => 1.0,
        (false, true) => 0.0,
    }
}

/// Pearson's correlation.
fn correlation(pairs: impl Iterator<Item = (f64, f64)> + Clone) -> f64 {
    let (x, y) = (mean(pairs.clone().map(|(x, _)| x)), mean(pairs.clone().map(|(_, y)| y)));
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (one, other) in pairs {
        let (one, other) = (one - x, other - y);
        xx += one * one;
        yy += other * other;
        xy += one * other;
    }
    // What is left by rounding of a side that is constant is no variation.
    let constant = |sum: f64, mean: f64| sum <= f64::EPSILON * mean * mean;
    if constant(xx, x) || constant(yy, y) { 0.0 } else { (xy / (xx.sqrt() * yy.sqrt())).clamp(-1.0, 1.0) }
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    sum / count
}

/// Values in rising order, from which the ranks in any resample follow.
struct Ranks {
    order: Vec<u32>,
    /// Whether the value at a place differs from the next.
    ends: Vec<bool>,
}

impl Ranks {
    fn new(values: &[f64]) -> Self {
        let mut order: Vec<u32> = (0..values.len() as u32).collect();
        order.sort_by(|&a, &b| values[a as usize].total_cmp(&values[b as usize]));
        let differs = |pair: &[u32]| values[pair[0] as usize] != values[pair[1] as usize];
        let ends = order.windows(2).map(differs).chain([true]).take(order.len()).collect();
        Self { order, ends }
    }

    /// The rank of each value where it counts as often as `counts` says, ties having their mean rank.
    fn mean(&self, counts: &[u32]) -> Vec<f64> {
        let mut ranks = vec![0.0; self.order.len()];
        let (mut before, mut group, mut from) = (0.0, 0.0, 0);
        for (place, (&at, &end)) in self.order.iter().zip(&self.ends).enumerate() {
            group += f64::from(counts[at as usize]);
            if end {
                let rank = before + (group + 1.0) / 2.0;
                self.order[from..=place].iter().for_each(|&at| ranks[at as usize] = rank);
                before += std::mem::take(&mut group);
                from = place + 1;
            }
        }
        ranks
    }
}
