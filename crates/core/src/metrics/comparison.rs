//! Whether two systems that were scored on the same examples differ, and by how much.
//!
//! Scores of the same examples are resampled alike, so their difference on each resample has a percentile interval of its
//! own: the paired bootstrap (Efron and Tibshirani, *An Introduction to the Bootstrap*, 1993, chapter 13; for scores of
//! texts Koehn 2004, *Statistical Significance Tests for Machine Translation Evaluation*). It is much narrower than two
//! intervals that ignore what is hard for both, and it holds for any metric, whether it is a mean over examples or not.

use serde::{Deserialize, Serialize};

use super::bootstrap::percentiles;
use super::distributions::{fair_coin, student_two_sided};
use super::score::Score;
use super::seeds::{standard_error, student};

/// A metric of one system less that of another.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The first's value less the second's.
    pub difference: f64,
    /// Lower end of its 95 % interval.
    pub low: f64,
    /// Upper end of it.
    pub high: f64,
    /// How likely so large a difference is where there is none, two-sided: below 0.05 where the interval leaves 0 out.
    pub p: f64,
    /// Number of examples.
    pub n: usize,
    /// McNemar's test, where each example is either right or wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mcnemar: Option<McNemar>,
}

impl Comparison {
    /// Whether the examples cannot tell the two systems apart: 0 lies within the interval.
    pub fn is_tie(&self) -> bool {
        self.low <= 0.0 && 0.0 <= self.high
    }
}

/// McNemar's test of two systems that are right or wrong on each example (McNemar 1947, *Note on the Sampling Error of the
/// Difference Between Correlated Proportions or Percentages*).
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct McNemar {
    /// Examples that only the first has right.
    pub only_first: u64,
    /// Examples that only the second has right.
    pub only_second: u64,
    /// Exact and two-sided, from the binomial distribution whatever the number: an example on which they differ is as
    /// likely to be the first's as the second's where they are equally good.
    pub p: f64,
}

impl McNemar {
    /// The test on one value an example, of which all are 0 (wrong) or 1 (right); none where others occur.
    pub fn of(first: &[f64], second: &[f64]) -> Option<Self> {
        if first.is_empty()
            || first.len() != second.len()
            || !first.iter().chain(second).all(|v| [0.0, 1.0].contains(v))
        {
            return None;
        }
        let count = |of: fn(f64, f64) -> bool| first.iter().zip(second).filter(|(a, b)| of(**a, **b)).count() as u64;
        let (only_first, only_second) = (count(|a, b| a > b), count(|a, b| a < b));
        let tail = fair_coin(only_first.min(only_second), only_first + only_second);
        Some(Self { only_first, only_second, p: (2.0 * tail).min(1.0) })
    }
}

/// The fewest examples that can tell two systems apart: of fewer, all in favour of one, as many would be by chance more than
/// one time in twenty (the sign test's `2 / 2ⁿ`), and resamples of them vary too little.
const FEWEST: usize = 6;

/// Compares one metric of two systems on the same examples. None where it is not the same metric, or not the same number
/// of examples, or fewer than six, or where a value is no number.
///
/// For single runs the interval is that of the paired bootstrap, and `p` the level at which it would just reach 0:
/// `2 · min(#{d* ≤ 0} + 1, #{d* ≥ 0} + 1) / (B + 1)` over the `B` resampled differences `d*` (Davison and Hinkley,
/// *Bootstrap Methods and their Application*, 1997, section 4.2). For means over several seeds both also hold what
/// other seeds would give, as in [`over_seeds`](super::over_seeds): `t = d / √(e² + s₁²/k₁ + s₂²/k₂)`, of Student's
/// distribution with Satterthwaite's degrees of freedom. A system of a single run says nothing about its seeds: what is
/// compared then is that run.
pub fn compare(first: &Score, second: &Score) -> Option<Comparison> {
    let difference = first.value - second.value;
    if first.metric != second.metric || first.n != second.n || first.n < FEWEST || !difference.is_finite() {
        return None;
    }
    let count = first.resamples.len().max(second.resamples.len());
    let (of_first, of_second) = (resampled(first, count)?, resampled(second, count)?);
    let resamples: Vec<f64> = of_first.iter().zip(&of_second).map(|(first, second)| first - second).collect();
    let (low, high) = percentiles(difference, &resamples);
    let seeds: Vec<(f64, f64)> = [first, second].into_iter().filter_map(between_seeds).collect();
    let comparison = Comparison { difference, low, high, p: 1.0, n: first.n, mcnemar: None };
    if seeds.is_empty() {
        let p = from_resamples(&resamples);
        return Some(Comparison { p, mcnemar: McNemar::of(&first.each, &second.each), ..comparison });
    }
    let [below, above] = [difference - low, high - difference].map(|examples| standard_error(examples, &seeds));
    let towards_zero = if difference > 0.0 { below } else { above };
    let p = if difference == 0.0 { 1.0 } else { student_two_sided(difference / towards_zero.0, towards_zero.1) };
    let reach = |(error, freedom): (f64, f64)| student(freedom) * error;
    Some(Comparison { low: difference - reach(below), high: difference + reach(above), p, ..comparison })
}

/// Its resamples; those of a constant, which has none, are the constant.
fn resampled(score: &Score, count: usize) -> Option<Vec<f64>> {
    let constant = score.resamples.is_empty() && score.low == score.value && score.high == score.value;
    let resamples = if constant { vec![score.value; count] } else { score.resamples.clone() };
    (count > 0 && resamples.len() == count).then_some(resamples)
}

/// Variance between the runs of a score, and their number, where it tells of any.
fn between_seeds(score: &Score) -> Option<(f64, f64)> {
    Some((score.seed_std?.powi(2), score.seeds? as f64)).filter(|(variance, _)| *variance > 0.0)
}

fn from_resamples(differences: &[f64]) -> f64 {
    let count = |of: fn(f64) -> bool| differences.iter().filter(|d| of(**d)).count() + 1;
    let all = differences.iter().filter(|d| !d.is_nan()).count() + 1;
    let tail = count(|d| d <= 0.0).min(count(|d| d >= 0.0));
    (2.0 * tail as f64 / all as f64).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Scores, bootstrap, bootstrap_mean, classification, over_seeds};

    /// Numbers that look random, in [0, 1).
    fn draws(seed: u64, n: usize) -> Vec<f64> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as f64 / (1u64 << 31) as f64
        };
        (0..n).map(|_| next()).collect()
    }

    fn hits(pattern: &str) -> Vec<f64> {
        pattern.chars().map(|c| f64::from(c == '1')).collect()
    }

    /// Expected values by statsmodels 0.15: `mcnemar([[7, b], [c, 3]], exact=True).pvalue`.
    #[test]
    fn mcnemar_is_that_of_statsmodels() {
        for (b, c, expected) in [
            (0, 0, 1.0),
            (5, 0, 0.0625),
            (1, 9, 0.021_484_375),
            (12, 12, 1.0),
            (10, 25, 0.016_673_847_800_120_715),
            (59, 6, 4.964_650_327_128_616e-12),
            (300, 350, 0.054_529_941_758_923_56),
        ] {
            let first = [vec![1.0; b], vec![0.0; c], vec![1.0; 7], vec![0.0; 3]].concat();
            let second = [vec![0.0; b], vec![1.0; c], vec![1.0; 7], vec![0.0; 3]].concat();
            let test = McNemar::of(&first, &second).unwrap();
            assert_eq!((test.only_first, test.only_second), (b as u64, c as u64));
            assert!((test.p - expected).abs() < 1e-9 * expected, "{b} {c}: {} instead of {expected}", test.p);
        }
        assert_eq!(McNemar::of(&[0.5, 1.0], &[1.0, 1.0]), None);
        assert_eq!(McNemar::of(&[1.0], &[1.0, 1.0]), None);
    }

    #[test]
    fn a_small_advantage_everywhere_shows_where_two_intervals_overlap() {
        let hard = draws(1, 200);
        let better: Vec<f64> =
            hard.iter().zip(draws(2, 200)).map(|(v, noise)| v + 0.02 + 0.02 * (noise - 0.5)).collect();
        let (first, second) = (bootstrap_mean("f1", &better), bootstrap_mean("f1", &hard));
        assert!(first.low < second.high, "the intervals overlap");
        let found = compare(&first, &second).unwrap();
        assert!((found.difference - (first.value - second.value)).abs() < 1e-12 && found.n == 200);
        assert!(found.low > 0.0 && found.p < 0.01 && !found.is_tie(), "{found:?}");
        assert_eq!(found.mcnemar, None);
        let back = compare(&second, &first).unwrap();
        assert_eq!((back.low, back.high, back.p), (-found.high, -found.low, found.p));
    }

    #[test]
    fn the_interval_is_that_of_the_mean_difference() {
        let (one, other) = (draws(3, 80), draws(4, 80));
        let differences: Vec<f64> = one.iter().zip(&other).map(|(a, b)| a - b).collect();
        let alone = bootstrap_mean("f1", &differences);
        let found = compare(&bootstrap_mean("f1", &one), &bootstrap_mean("f1", &other)).unwrap();
        for (got, expected) in [(found.difference, alone.value), (found.low, alone.low), (found.high, alone.high)] {
            assert!((got - expected).abs() < 1e-12, "{got} {expected}");
        }
    }

    #[test]
    fn p_is_below_a_twentieth_just_where_the_interval_leaves_zero_out() {
        let mut outside = 0;
        for seed in 0..60 {
            let values: Vec<f64> = draws(seed, 40).iter().map(|v| v - 0.5 + 0.002 * seed as f64).collect();
            let zero = bootstrap_mean("f1", &vec![0.0; 40]);
            let found = compare(&bootstrap_mean("f1", &values), &zero).unwrap();
            assert_eq!(found.p < 0.05, !found.is_tie(), "{found:?}");
            outside += usize::from(!found.is_tie());
        }
        assert!((10..55).contains(&outside), "{outside}");
    }

    #[test]
    fn equal_systems_tie_and_what_cannot_be_compared_is_not() {
        let score = bootstrap_mean("accuracy", &hits("110100"));
        let same = compare(&score, &score).unwrap();
        assert_eq!((same.difference, same.low, same.high, same.p, same.is_tie()), (0.0, 0.0, 0.0, 1.0, true));
        assert_eq!(same.mcnemar.unwrap().p, 1.0);
        assert_eq!(compare(&score, &bootstrap_mean("f1", &hits("110100"))), None);
        assert_eq!(compare(&score, &bootstrap_mean("accuracy", &hits("1101"))), None);
        let few = |pattern: &str| bootstrap_mean("accuracy", &hits(pattern));
        assert_eq!(compare(&few("11111"), &few("00000")), None, "a coin does so one time in sixteen");
        assert!(compare(&few("111111"), &few("000000")).is_some());
        assert_eq!(compare(&score, &Score { value: f64::NAN, ..score.clone() }), None);
        // One that was read from a file has an interval and no resamples.
        assert_eq!(compare(&score, &Score { resamples: Vec::new(), ..score.clone() }), None);
        let chance = Score { metric: "accuracy".into(), value: 0.5, low: 0.5, high: 0.5, n: 6, ..Score::default() };
        assert_eq!(compare(&score, &chance).unwrap().difference, 0.0);
    }

    #[test]
    fn metrics_that_are_no_means_are_compared_by_resampling_answers() {
        let gold: Vec<usize> = (0..120).map(|i| usize::from(i % 5 == 0)).collect();
        let rows = |right: &dyn Fn(usize) -> bool| -> Vec<Vec<f64>> {
            let row =
                |(i, &class): (usize, &usize)| if right(i) == (class == 1) { vec![0.2, 0.8] } else { vec![0.7, 0.3] };
            gold.iter().enumerate().map(row).collect()
        };
        let (good, bad) =
            (classification(&rows(&|i| i % 12 != 0), &gold), classification(&rows(&|i| i % 3 != 0), &gold));
        for metric in ["accuracy", "macro_f1", "mcc"] {
            let found = compare(good.get(metric).unwrap(), bad.get(metric).unwrap()).unwrap();
            assert!(found.low > 0.0 && found.p < 0.05, "{metric}: {found:?}");
            assert_eq!(found.mcnemar.is_some(), metric == "accuracy");
        }
        // By hand: the difference of the macro F1 on the very same draws.
        let direct = bootstrap("macro_f1", 120, |indices| {
            let f1 = |scores: &[Vec<f64>]| {
                let predicted: Vec<usize> = indices.iter().map(|&i| usize::from(scores[i][1] > 0.5)).collect();
                let gold: Vec<usize> = indices.iter().map(|&i| gold[i]).collect();
                crate::metrics::macro_f1(&predicted, &gold)
            };
            f1(&rows(&|i| i % 12 != 0)) - f1(&rows(&|i| i % 3 != 0))
        });
        let found = compare(good.get("macro_f1").unwrap(), bad.get("macro_f1").unwrap()).unwrap();
        assert!((found.low - direct.low).abs() < 1e-12 && (found.high - direct.high).abs() < 1e-12);
    }

    #[test]
    fn where_only_seeds_matter_it_is_welchs_t_test() {
        let variant = |values: &[f64]| {
            let runs: Vec<Scores> = values.iter().map(|v| Scores(vec![bootstrap_mean("f1", &[*v; 40])])).collect();
            over_seeds(&runs).unwrap().0.remove(0)
        };
        let (first, second) = (variant(&[0.70, 0.72, 0.77, 0.75]), variant(&[0.66, 0.71, 0.64]));
        let found = compare(&first, &second).unwrap();
        // scipy.stats.ttest_ind([0.70, 0.72, 0.77, 0.75], [0.66, 0.71, 0.64], equal_var=False) and its interval.
        assert!((found.p - 0.066_335_022_997_581_04).abs() < 1e-9, "{found:?}");
        assert!((found.low - -0.006_997).abs() < 1e-3 && (found.high - 0.136_997).abs() < 1e-3, "{found:?}");
        assert!(found.is_tie());
        // Against a single run, of whose seeds nothing is known.
        let single = bootstrap_mean("f1", &[0.6; 40]);
        let found = compare(&first, &single).unwrap();
        assert!(!found.is_tie() && found.mcnemar.is_none(), "{found:?}");
    }
}
