//! Scores of several runs that differ in nothing but their seed, as one.

use super::bootstrap::percentiles;
use super::score::{Score, Scores};

/// 97.5 % quantile of the standard normal distribution.
const NORMAL: f64 = 1.959_963_985;
/// The same of Student's t with 1 to 10 degrees of freedom.
const STUDENT: [f64; 10] =
    [12.706_205, 4.302_653, 3.182_446, 2.776_445, 2.570_582, 2.446_912, 2.364_624, 2.306_004, 2.262_157, 2.228_139];

/// The least and the largest value that a metric can have; those not named are shares.
fn range(metric: &str) -> (f64, f64) {
    match metric {
        "mcc" | "pearson" | "spearman" => (-1.0, 1.0),
        "r2" => (f64::NEG_INFINITY, 1.0),
        "perplexity" | "word_perplexity" => (1.0, f64::INFINITY),
        "bits_per_byte" | "rmse" | "mae" => (0.0, f64::INFINITY),
        _ => (0.0, 1.0),
    }
}

/// The mean over runs of each metric, with an interval for what other seeds and other examples would give. One run is
/// left as it is; `None` where runs were scored by other metrics, or on other numbers of examples.
///
/// Runs scored on the same examples are resampled alike, so the mean over runs on each resample has the percentile
/// interval `[L, H]` of their mean `m` on other examples, for these seeds. The other part is the standard error
/// `s / √k` of a mean over `k` seeds, where `s` is the standard deviation between runs. The lower end is
///
/// `m − t(ν) · √(e² + s²/k)` with `e = (m − L) / 1.96`,
///
/// and the upper one likewise. `t` is the 97.5 % quantile of Student's distribution with as many degrees of freedom as
/// Satterthwaite's approximation gives (1946, *An Approximate Distribution of Estimates of Variance Components*), that
/// of the examples being taken as infinite: `ν = (k − 1) · ((e² + s²/k) / (s²/k))²`. Where all runs agree it is `[L, H]`,
/// where only seeds matter the t-interval of `k` values. `s` also holds what single runs have of luck with the
/// examples, which `e` has once more: the interval errs on the wide side. With two runs that differ much it errs on
/// the narrow side, as nothing else could be told from two numbers.
pub fn over_seeds(runs: &[Scores]) -> Option<Scores> {
    let (first, others) = runs.split_first()?;
    if others.is_empty() {
        return Some(first.clone());
    }
    let same = |score: &Score| {
        let found = runs.iter().map(|run| run.get(&score.metric).filter(|other| other.n == score.n));
        found.collect::<Option<Vec<&Score>>>()
    };
    let all_known = others.iter().all(|run| run.0.len() == first.0.len());
    let scores = first.0.iter().map(|score| same(score).map(|runs| mean(&runs)));
    scores.collect::<Option<_>>().filter(|_| all_known).map(Scores)
}

fn mean(runs: &[&Score]) -> Score {
    let k = runs.len() as f64;
    let mean = |of: &dyn Fn(&Score) -> f64| runs.iter().map(|run| of(run)).sum::<f64>() / k;
    let value = mean(&|run| run.value);
    let variance = mean(&|run| (run.value - value).powi(2)) * k / (k - 1.0);
    let drawn = runs.iter().map(|run| run.resamples.len()).min().unwrap_or(0);
    let resamples: Vec<f64> = (0..drawn).map(|at| mean(&|run| run.resamples[at])).collect();
    let (mut low, mut high) = (value, value);
    if value.is_finite() {
        let ends = percentiles(value, &resamples);
        low = value - margin(value - ends.0, variance, k);
        high = value + margin(ends.1 - value, variance, k);
        let (least, largest) = range(&runs[0].metric);
        (low, high) = (low.max(least), high.min(largest));
    }
    let seed_std = Some(variance.sqrt());
    let of_example = |at: usize| mean(&|run| run.each[at]);
    let counted = runs.iter().map(|run| run.each.len()).min().unwrap_or(0);
    let each = (0..counted).map(of_example).collect();
    Score { value, low, high, seeds: Some(runs.len()), seed_std, resamples, each, ..runs[0].clone() }
}

/// How far the interval reaches to one side: `examples` for examples alone, with `variance` between `k` seeds.
fn margin(examples: f64, variance: f64, k: f64) -> f64 {
    let of_examples = (examples / NORMAL).powi(2);
    let of_seeds = variance / k;
    let sum = of_examples + of_seeds;
    if of_seeds == 0.0 { examples } else { student((k - 1.0) * (sum / of_seeds).powi(2)) * sum.sqrt() }
}

/// The standard error of a difference, and its degrees of freedom, where `examples` is the distance to one end of its
/// interval over examples and `seeds` holds the variance between runs, and their number, of each side that has several.
/// The degrees are Satterthwaite's, as in [`over_seeds`], with a term for each side.
pub(super) fn standard_error(examples: f64, seeds: &[(f64, f64)]) -> (f64, f64) {
    let parts = seeds.iter().map(|(variance, k)| (variance / k, k - 1.0));
    let sum = (examples / NORMAL).powi(2) + parts.clone().map(|(part, _)| part).sum::<f64>();
    let below: f64 = parts.map(|(part, freedom)| (part / sum).powi(2) / freedom).sum();
    (sum.sqrt(), below.recip())
}

/// 97.5 % quantile of Student's t with `freedom` of 1 or above: from the table, between its entries by `1 / freedom`,
/// and beyond it by Fisher's expansion (Abramowitz and Stegun, 26.7.5).
pub(super) fn student(freedom: f64) -> f64 {
    let below = freedom.floor().max(1.0);
    if let (Some(high), Some(low)) = (STUDENT.get(below as usize - 1), STUDENT.get(below as usize)) {
        let share = (below.recip() - freedom.max(1.0).recip()) / (below.recip() - (below + 1.0).recip());
        return high + share * (low - high);
    }
    let z = NORMAL;
    let terms = [
        z,
        (z.powi(3) + z) / 4.0,
        (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / 96.0,
        (3.0 * z.powi(7) + 19.0 * z.powi(5) + 17.0 * z.powi(3) - 15.0 * z) / 384.0,
    ];
    terms.iter().rev().fold(0.0, |sum, term| sum / freedom + term)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{bootstrap_mean, perplexity};

    #[track_caller]
    fn check(got: f64, expected: f64, within: f64) {
        assert!((got - expected).abs() < within, "{got}, expected {expected}");
    }

    fn accuracy(values: &[f64]) -> Scores {
        Scores(vec![bootstrap_mean("accuracy", values)])
    }

    #[test]
    fn quantiles_are_those_of_the_tables() {
        for (freedom, expected) in
            [(1.0, 12.706), (2.0, 4.303), (4.0, 2.776), (10.0, 2.228), (11.0, 2.201), (30.0, 2.042), (120.0, 1.980)]
        {
            check(student(freedom), expected, 0.002);
        }
        check(student(1e12), 1.960, 1e-3);
        // Between the table's entries a little more than it should be.
        assert!((3.55..3.65).contains(&student(2.5)) && student(4.5) < student(4.4));
    }

    #[test]
    fn where_all_runs_agree_the_seeds_change_nothing() {
        let one = accuracy(&[1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 0.0]);
        let three = over_seeds(&[one.clone(), one.clone(), one.clone()]).unwrap().0.remove(0);
        let one = &one.0[0];
        assert_eq!((three.value, three.low, three.high, three.n), (one.value, one.low, one.high, one.n));
        assert_eq!((three.seeds, three.seed_std), (Some(3), Some(0.0)));
    }

    #[test]
    fn where_only_seeds_matter_it_is_their_t_interval() {
        // Every example of a run scores alike, so that resampling examples changes nothing.
        let runs = [0.5, 0.6, 0.7].map(|value| accuracy(&[value; 50]));
        let score = over_seeds(&runs).unwrap().0.remove(0);
        // A mean of 0.6, a standard deviation of 0.1, two degrees of freedom: 4.3027 · 0.1 / √3 = 0.2484.
        check(score.value, 0.6, 1e-12);
        check(score.seed_std.unwrap(), 0.1, 1e-12);
        check(score.low, 0.6 - 0.2484, 1e-4);
        check(score.high, 0.6 + 0.2484, 1e-4);
    }

    #[test]
    fn both_parts_are_put_together_by_hand() {
        // Examples alone: 0.5 ± 0.098. Seeds: s = 0.08, s²/k = 0.0016, e² = 0.0025. ν = 3 · (0.0041 / 0.0016)² = 19.70,
        // t = 2.088, and √0.0041 = 0.06403.
        check(margin(0.05 * NORMAL, 0.0064, 4.0), 2.088 * 0.06403, 1e-4);
        assert_eq!(margin(0.098, 0.0, 4.0), 0.098);
    }

    #[test]
    fn shares_stay_shares_and_perplexities_do_not() {
        let runs = [0.9, 1.0].map(|value| accuracy(&[value; 9]));
        let score = over_seeds(&runs).unwrap().0.remove(0);
        check(score.low, 0.95 - 12.706_205 * 0.05, 1e-9);
        assert_eq!(score.high, 1.0);
        let runs = [10.0, 12.0].map(|nll| Scores(vec![perplexity(&[nll, nll], &[10, 10])]));
        let score = over_seeds(&runs).unwrap().0.remove(0);
        assert!(score.high > 3.0);
        // Two values far apart: half the interval would lie where no perplexity can.
        assert_eq!(score.low, 1.0);
    }

    #[test]
    fn runs_that_cannot_be_averaged_are_none() {
        assert_eq!(over_seeds(&[]), None);
        assert_eq!(over_seeds(&[accuracy(&[1.0]), accuracy(&[1.0, 0.0])]), None);
        assert_eq!(over_seeds(&[accuracy(&[1.0]), Scores(vec![bootstrap_mean("f1", &[1.0])])]), None);
        assert_eq!(over_seeds(&[Scores::default(), accuracy(&[1.0])]), None);
        let one = accuracy(&[1.0, 0.0]);
        assert_eq!(over_seeds(std::slice::from_ref(&one)), Some(one));
        let diverged = over_seeds(&[accuracy(&[f64::NAN]), accuracy(&[0.5])]).unwrap().0.remove(0);
        assert!(diverged.value.is_nan() && diverged.low.is_nan());
    }

    #[test]
    fn the_interval_covers_the_truth_about_95_times_in_100() {
        // 0.5 + one effect a seed + one an example + one of both together, each uniform around 0.
        let mut state = 11u64;
        let mut draw = |width: f64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((state >> 33) as f64 / (1u64 << 31) as f64 - 0.5) * width
        };
        let covered = (0..300).filter(|_| {
            let examples: Vec<f64> = (0..60).map(|_| draw(0.5)).collect();
            let mut run = || {
                let seed = draw(0.1);
                accuracy(&examples.iter().map(|example| 0.5 + seed + example + draw(0.4)).collect::<Vec<_>>())
            };
            let score = over_seeds(&[run(), run(), run()]).unwrap().0.remove(0);
            score.low <= 0.5 && 0.5 <= score.high
        });
        let covered = covered.count();
        assert!((276..=297).contains(&covered), "{covered} of 300");
    }
}
