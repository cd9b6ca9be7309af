//! Scores of predicted numbers.

use super::bootstrap::bootstrap;
use super::curves::counts;
use super::score::{Score, Scores};

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
    let ranks = [Ranks::new(predicted), Ranks::new(gold)];
    Scores(vec![
        bootstrap("rmse", n, |indices| root_mean_square(indices.iter().map(|&i| predicted[i] - gold[i])))
            .lower_is_better(),
        bootstrap("mae", n, |indices| mean(indices.iter().map(|&i| (predicted[i] - gold[i]).abs()))).lower_is_better(),
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

/// Mean and standard deviation of all `values`; NaN of none. Where all are the same they are exactly that and 0: neither is
/// lost to rounding beside a large mean, nor the deviation to squares that are no longer numbers.
pub fn mean_and_std(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let first = values.clone().next().unwrap_or(f64::NAN);
    let deviations = values.map(|value| value - first);
    let shift = mean(deviations.clone());
    (first + shift, root_mean_square(deviations.map(|value| value - shift)))
}

fn r2(pairs: impl Iterator<Item = (f64, f64)> + Clone) -> f64 {
    let left = root_mean_square(pairs.clone().map(|(predicted, gold)| predicted - gold));
    let (_, all) = mean_and_std(pairs.map(|(_, gold)| gold));
    match (left == 0.0, all == 0.0) {
        (_, false) => 1.0 - (left / all).powi(2),
        (true, true) => 1.0,
        (false, true) => 0.0,
    }
}

/// Pearson's correlation.
fn correlation(pairs: impl Iterator<Item = (f64, f64)> + Clone) -> f64 {
    let Some((left, right)) = pairs.clone().next() else { return 0.0 };
    // From the first pair on, so that what is constant is exactly 0.
    let shifted = pairs.map(|(x, y)| (x - left, y - right));
    let (x, x_std) = mean_and_std(shifted.clone().map(|(x, _)| x));
    let (y, y_std) = mean_and_std(shifted.clone().map(|(_, y)| y));
    if x_std == 0.0 || y_std == 0.0 {
        return 0.0;
    }
    mean(shifted.map(|(one, other)| (one - x) / x_std * ((other - y) / y_std))).clamp(-1.0, 1.0)
}

/// The root of the mean square, of values whose squares may be too large or too small for a number.
fn root_mean_square(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let largest = values.clone().fold(0.0, |largest: f64, value| largest.max(value.abs()));
    if largest == 0.0 {
        return mean(values);
    }
    largest * mean(values.map(|value| (value / largest).powi(2))).sqrt()
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
