//! Areas under curves over all thresholds: how well scores put what belongs to a class before what does not.

use rayon::prelude::*;

/// The examples of a set in the order of falling scores for one class.
///
/// Areas are functions of how often each example counts, so that a resample needs no sorting.
pub(super) struct Ranking {
    /// Examples, best first.
    order: Vec<u32>,
    /// Whether the example at a place has another score than the next.
    ends: Vec<bool>,
    /// Whether each example, in the order given, is of the class.
    positive: Vec<bool>,
}

impl Ranking {
    /// Of one score an example; a score that is no number ranks last.
    pub fn new(scores: &[f64], positive: Vec<bool>) -> Self {
        let worth = |&at: &u32| if scores[at as usize].is_nan() { f64::NEG_INFINITY } else { scores[at as usize] };
        let mut order: Vec<u32> = (0..scores.len() as u32).collect();
        order.sort_by(|a, b| worth(b).total_cmp(&worth(a)));
        let differs = |pair: &[u32]| worth(&pair[0]) != worth(&pair[1]);
        let ends = order.windows(2).map(differs).chain([true]).take(order.len()).collect();
        Self { order, ends, positive }
    }

    /// One for each class, by the column of `probabilities` `[n, classes]` and whether an example `is` of the class.
    pub fn each(probabilities: &[Vec<f64>], classes: usize, is: impl Fn(usize, usize) -> bool) -> Vec<Self> {
        let ranking = |class: usize| {
            let scores: Vec<f64> = probabilities.iter().map(|row| row[class]).collect();
            Self::new(&scores, (0..probabilities.len()).map(|example| is(example, class)).collect())
        };
        (0..classes).map(ranking).collect()
    }

    /// Groups of equal scores, best first: how many of the class and how many others, each as often as `counts` says.
    fn groups<'a>(&'a self, counts: &'a [u32]) -> impl Iterator<Item = (f64, f64)> + 'a {
        let (mut inside, mut outside) = (0.0, 0.0);
        self.order.iter().zip(&self.ends).filter_map(move |(&at, &end)| {
            let count = f64::from(counts[at as usize]);
            if self.positive[at as usize] {
                inside += count
            } else {
                outside += count
            }
            end.then(|| (std::mem::take(&mut inside), std::mem::take(&mut outside)))
        })
    }

    /// Area under the ROC curve: the share of pairs of one of the class and one other in which the former scores higher,
    /// ties counting one half (Fawcett 2006, *An introduction to ROC analysis*). NaN where there is no such pair.
    pub fn roc_auc(&self, counts: &[u32]) -> f64 {
        let (mut above, mut others, mut area) = (0.0, 0.0, 0.0);
        for (inside, outside) in self.groups(counts) {
            area += outside * (above + inside / 2.0);
            above += inside;
            others += outside;
        }
        area / (above * others)
    }

    /// Average precision: the mean, over those of the class, of the precision at their place, as scikit-learn's
    /// `average_precision_score`. NaN where there is none of the class.
    pub fn average_precision(&self, counts: &[u32]) -> f64 {
        let (mut right, mut all, mut sum) = (0.0, 0.0, 0.0);
        for (inside, outside) in self.groups(counts) {
            right += inside;
            all += inside + outside;
            if inside > 0.0 {
                sum += inside * right / all;
            }
        }
        sum / right
    }
}

/// The mean of an area over the classes for which it is defined, where examples count as often as they are among `indices`;
/// NaN where it is for none.
pub(super) fn macro_area(rankings: &[Ranking], indices: &[usize], area: fn(&Ranking, &[u32]) -> f64) -> f64 {
    let counts = counts(indices, rankings.first().map_or(0, |ranking| ranking.order.len()));
    let areas: Vec<f64> = rankings.par_iter().with_min_len(4).map(|ranking| area(ranking, &counts)).collect();
    let defined = areas.into_iter().filter(|area| !area.is_nan());
    let (sum, count) = defined.fold((0.0, 0.0), |(sum, count), area| (sum + area, count + 1.0));
    sum / count
}

/// How often each of `n` examples is among `indices`.
pub(super) fn counts(indices: &[usize], n: usize) -> Vec<u32> {
    let mut counts = vec![0; n];
    indices.iter().for_each(|&at| counts[at] += 1);
    counts
}
