//! Scores of a classifier: accuracy, macro-averaged F1, Matthews correlation, areas under curves and expected calibration
//! error.
//!
//! Everywhere `probabilities` holds one row an example, `[n, classes]`, and `gold` the index of its class. The class
//! of highest probability is the prediction, the first of several. A gold class beyond the row's end, a label the
//! model does not know, is an example nobody can get right.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::bootstrap::bootstrap;
use super::curves::{Ranking, macro_area};
use super::score::{Score, Scores};

/// Classes are unbalanced where the largest has more than this many times the examples of the smallest.
const UNBALANCED: usize = 3;

/// Bins of equal width that the confidences are sorted into, as in Guo et al. 2017.
pub const BINS: usize = 15;

/// Examples of like confidence: one point of a calibration plot.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Bin {
    /// Lower end of the confidences, exclusive (inclusive in the first bin).
    pub low: f64,
    /// Upper end of the confidences, inclusive.
    pub high: f64,
    /// Mean confidence, 0 in an empty bin.
    pub confidence: f64,
    /// Share of right predictions, 0 in an empty bin.
    pub accuracy: f64,
    /// Number of examples.
    pub count: usize,
}

/// `accuracy`, `macro_f1`, `mcc`, `roc_auc`, `macro_ap` and `ece`, in that order, each with its interval. Where the classes
/// of gold are unbalanced, so that accuracy says little, `macro_f1` stands first.
///
/// The areas under the ROC curve and under that of precision over recall are means over the classes, each against all
/// others, for which they are defined.
///
/// # Panics
/// When there is not one row of probabilities, with at least one class, for each gold class.
pub fn classification(probabilities: &[Vec<f64>], gold: &[usize]) -> Scores {
    let (predicted, confidence) = predictions(probabilities, gold);
    let labels = Labels::new(&predicted, gold);
    let correct = matches(&predicted, gold);
    let n = gold.len();
    let classes = probabilities.first().map_or(0, Vec::len);
    let rankings = Ranking::each(probabilities, classes, |example, class| gold[example] == class);
    let accuracy = bootstrap("accuracy", n, |indices| labels.tally(indices).accuracy());
    let mut scores = vec![
        Score { each: correct.iter().copied().map(f64::from).collect(), ..accuracy },
        bootstrap("macro_f1", n, |indices| labels.tally(indices).macro_f1()),
        bootstrap("mcc", n, |indices| labels.tally(indices).mcc()),
    ];
    // With one class in gold no area is defined.
    if labels.in_gold().count() > 1 {
        scores.push(bootstrap("roc_auc", n, |indices| macro_area(&rankings, indices, Ranking::roc_auc)));
        scores.push(bootstrap("macro_ap", n, |indices| macro_area(&rankings, indices, Ranking::average_precision)));
    }
    let error = |indices: &[usize]| calibration_error(&bins(indices.iter().map(|&i| (confidence[i], correct[i]))));
    scores.push(bootstrap("ece", n, error).lower_is_better());
    let largest = labels.in_gold().max().unwrap_or(0);
    if labels.in_gold().any(|count| count * UNBALANCED < largest) {
        scores.swap(0, 1);
    }
    Scores(scores)
}

/// Share of predictions equal to gold, 0 without examples.
///
/// # Panics
/// When the slices differ in length, as do [`macro_f1`] and [`mcc`].
pub fn accuracy(predicted: &[usize], gold: &[usize]) -> f64 {
    Labels::new(predicted, gold).tally_all().accuracy()
}

/// Mean of the F1 of each class that occurs in gold or among the predictions, as scikit-learn's
/// `f1_score(average="macro")`.
pub fn macro_f1(predicted: &[usize], gold: &[usize]) -> f64 {
    Labels::new(predicted, gold).tally_all().macro_f1()
}

/// Matthews correlation for any number of classes (Gorodkin 2004, *Comparing two K-category assignments by a
/// K-category correlation coefficient*), in `[-1, 1]`; 0 where gold or the predictions are all of one class.
pub fn mcc(predicted: &[usize], gold: &[usize]) -> f64 {
    Labels::new(predicted, gold).tally_all().mcc()
}

/// Expected calibration error: the gap between confidence and accuracy in each of [`BINS`] bins, weighted by the
/// bin's share of the examples (Guo et al. 2017, *On Calibration of Modern Neural Networks*, equation 3).
pub fn ece(probabilities: &[Vec<f64>], gold: &[usize]) -> f64 {
    calibration_error(&calibration_bins(probabilities, gold))
}

/// The [`BINS`] bins behind [`ece`], in ascending order, empty ones included.
pub fn calibration_bins(probabilities: &[Vec<f64>], gold: &[usize]) -> Vec<Bin> {
    let (predicted, confidence) = predictions(probabilities, gold);
    bins(confidence.into_iter().zip(matches(&predicted, gold))).to_vec()
}

/// The likeliest class of each row, and its probability.
fn predictions(probabilities: &[Vec<f64>], gold: &[usize]) -> (Vec<usize>, Vec<f64>) {
    assert_eq!(probabilities.len(), gold.len(), "one row of probabilities for each gold class");
    probabilities
        .iter()
        .map(|row| {
            let first = *row.first().expect("a row of probabilities has at least one class");
            row.iter().copied().enumerate().fold((0, first), |best, (class, probability)| {
                // A NaN gives way to anything and displaces nothing.
                if probability > best.1 || best.1.is_nan() { (class, probability) } else { best }
            })
        })
        .unzip()
}

fn matches(predicted: &[usize], gold: &[usize]) -> Vec<bool> {
    predicted.iter().zip(gold).map(|(predicted, gold)| predicted == gold).collect()
}

fn bins(examples: impl Iterator<Item = (f64, bool)>) -> [Bin; BINS] {
    let end = |bin: usize| bin as f64 / BINS as f64;
    let mut bins: [Bin; BINS] =
        std::array::from_fn(|bin| Bin { low: end(bin), high: end(bin + 1), confidence: 0.0, accuracy: 0.0, count: 0 });
    for (confidence, correct) in examples {
        // The cast saturates: 0 and NaN fall into the first bin, as does what lies below it.
        let bin = ((confidence * BINS as f64).ceil() as usize).clamp(1, BINS) - 1;
        bins[bin].confidence += confidence;
        bins[bin].accuracy += f64::from(correct);
        bins[bin].count += 1;
    }
    for bin in bins.iter_mut().filter(|bin| bin.count > 0) {
        bin.confidence /= bin.count as f64;
        bin.accuracy /= bin.count as f64;
    }
    bins
}

fn calibration_error(bins: &[Bin]) -> f64 {
    let total: usize = bins.iter().map(|bin| bin.count).sum();
    let gaps: f64 = bins.iter().map(|bin| bin.count as f64 * (bin.accuracy - bin.confidence).abs()).sum();
    gaps / total.max(1) as f64
}

/// Pairs of predicted and gold class, renumbered from 0 without gaps.
struct Labels {
    pairs: Vec<(u32, u32)>,
    classes: usize,
}

impl Labels {
    fn new(predicted: &[usize], gold: &[usize]) -> Self {
        assert_eq!(predicted.len(), gold.len(), "one prediction for each gold class");
        let present: BTreeSet<usize> = predicted.iter().chain(gold).copied().collect();
        let present: Vec<usize> = present.into_iter().collect();
        let number = |class: &usize| present.partition_point(|other| other < class) as u32;
        let pairs = predicted.iter().zip(gold).map(|(predicted, gold)| (number(predicted), number(gold))).collect();
        Labels { pairs, classes: present.len() }
    }

    /// Examples of each class that occurs in gold.
    fn in_gold(&self) -> impl Iterator<Item = usize> {
        self.tally_all().classes.into_iter().map(|class| class.gold).filter(|count| *count > 0)
    }

    fn tally(&self, indices: &[usize]) -> Tally {
        self.tally_over(indices.iter().map(|&i| self.pairs[i]))
    }

    fn tally_all(&self) -> Tally {
        self.tally_over(self.pairs.iter().copied())
    }

    fn tally_over(&self, pairs: impl Iterator<Item = (u32, u32)>) -> Tally {
        let mut tally = Tally { classes: vec![Class::default(); self.classes], n: 0 };
        for (predicted, gold) in pairs {
            tally.n += 1;
            tally.classes[predicted as usize].predicted += 1;
            tally.classes[gold as usize].gold += 1;
            tally.classes[gold as usize].both += usize::from(predicted == gold);
        }
        tally
    }
}

/// The margins and the diagonal of a confusion matrix: all that these metrics need.
struct Tally {
    classes: Vec<Class>,
    n: usize,
}

#[derive(Clone, Default)]
struct Class {
    predicted: usize,
    gold: usize,
    both: usize,
}

impl Tally {
    fn correct(&self) -> usize {
        self.classes.iter().map(|class| class.both).sum()
    }

    fn accuracy(&self) -> f64 {
        self.correct() as f64 / self.n.max(1) as f64
    }

    fn macro_f1(&self) -> f64 {
        let present = self.classes.iter().filter(|class| class.predicted + class.gold > 0);
        let (sum, count) = present.fold((0.0, 0), |(sum, count), class| {
            (sum + 2.0 * class.both as f64 / (class.predicted + class.gold) as f64, count + 1)
        });
        sum / f64::from(count.max(1))
    }

    fn mcc(&self) -> f64 {
        let dot = |left: fn(&Class) -> usize, right: fn(&Class) -> usize| -> f64 {
            self.classes.iter().map(|class| left(class) as f64 * right(class) as f64).sum()
        };
        let square = (self.n as f64).powi(2);
        let covariance = self.correct() as f64 * self.n as f64 - dot(|c| c.predicted, |c| c.gold);
        let predicted = square - dot(|c| c.predicted, |c| c.predicted);
        let gold = square - dot(|c| c.gold, |c| c.gold);
        if predicted == 0.0 || gold == 0.0 {
            return 0.0;
        }
        // Rounding can leave the interval by a hair.
        (covariance / (predicted.sqrt() * gold.sqrt())).clamp(-1.0, 1.0)
    }
}
