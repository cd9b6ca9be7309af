//! The percentile bootstrap over examples (Efron and Tibshirani, *An Introduction to the Bootstrap*, 1993, chapter 13).

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::score::Score;

/// Resamples drawn for an interval.
pub const RESAMPLES: usize = 1000;

/// Fixed, so that a score is a function of its examples alone. As the draws depend on nothing but `n`, two systems
/// scored on the same examples are resampled alike.
const SEED: u64 = 0x5eed_c0de;

/// Rank, from either end, of the interval's ends among the sorted resamples: `⌊(B + 1) · 2.5 %⌋`.
const RANK: usize = (RESAMPLES + 1) / 40;

/// Scores `statistic`, a function of the indices of examples (each below `n`), on all `n` examples and on
/// [`RESAMPLES`] samples of `n` drawn with replacement.
///
/// Resamples on which the statistic is NaN are left out. The interval is widened to hold the value: a statistic that
/// resampling pushes one way, as it does the calibration error, can otherwise fall outside its own interval.
pub fn bootstrap(metric: &str, n: usize, statistic: impl Fn(&[usize]) -> f64) -> Score {
    let score = Score { metric: metric.to_owned(), n, ..Score::default() };
    if n == 0 {
        return score;
    }
    let mut indices: Vec<usize> = (0..n).collect();
    let value = statistic(&indices);
    if value.is_nan() {
        return Score { value, low: value, high: value, ..score };
    }
    let mut rng = StdRng::seed_from_u64(SEED);
    let resamples = (0..RESAMPLES).map(|_| {
        indices.fill_with(|| rng.random_range(0..n));
        statistic(&indices)
    });
    let resamples: Vec<f64> = resamples.collect();
    let (low, high) = percentiles(value, &resamples);
    Score { value, low, high, resamples, ..score }
}

/// The ends of the interval, which hold `value`.
pub(super) fn percentiles(value: f64, resamples: &[f64]) -> (f64, f64) {
    let mut sorted: Vec<f64> = resamples.iter().copied().filter(|value| !value.is_nan()).collect();
    sorted.sort_by(f64::total_cmp);
    let rank = RANK.min(sorted.len());
    let end = |at: Option<usize>| at.and_then(|at| sorted.get(at)).copied().unwrap_or(value);
    (end(rank.checked_sub(1)).min(value), end(sorted.len().checked_sub(rank)).max(value))
}

/// The mean of one value an example.
pub fn bootstrap_mean(metric: &str, values: &[f64]) -> Score {
    let mean = |indices: &[usize]| indices.iter().map(|&i| values[i]).sum::<f64>() / indices.len() as f64;
    Score { each: values.to_vec(), ..bootstrap(metric, values.len(), mean) }
}

/// `f(Σ numerators / Σ denominators)`, for metrics such as perplexity that are no mean over examples.
///
/// Examples with nothing in them (numerator and denominator 0) are neither drawn nor counted in `n`.
///
/// # Panics
/// When the slices differ in length.
pub fn bootstrap_ratio(metric: &str, numerators: &[f64], denominators: &[f64], f: impl Fn(f64) -> f64) -> Score {
    assert_eq!(numerators.len(), denominators.len(), "{metric}: one denominator for each numerator");
    let parts: Vec<(f64, f64)> =
        numerators.iter().copied().zip(denominators.iter().copied()).filter(|part| *part != (0.0, 0.0)).collect();
    bootstrap(metric, parts.len(), |indices| {
        let (above, below) = indices.iter().fold((0.0, 0.0), |(above, below), &i| {
            let (numerator, denominator) = parts[i];
            (above + numerator, below + denominator)
        });
        f(above / below)
    })
}

/// The mean over groups of each group's mean (a macro-average), with an interval over all examples.
pub fn bootstrap_grouped<'a>(metric: &str, groups: impl Iterator<Item = &'a [f64]>) -> Score {
    let labelled: Vec<(usize, f64)> =
        groups.enumerate().flat_map(|(group, values)| values.iter().map(move |&value| (group, value))).collect();
    let count = labelled.last().map_or(0, |(group, _)| group + 1);
    bootstrap(metric, labelled.len(), |indices| {
        let mut sums = vec![(0.0, 0.0); count];
        for &index in indices {
            let (group, value) = labelled[index];
            sums[group].0 += value;
            sums[group].1 += 1.0;
        }
        let means: Vec<f64> = sums.iter().filter(|(_, n)| *n > 0.0).map(|(sum, n)| sum / n).collect();
        means.iter().sum::<f64>() / means.len() as f64
    })
}
