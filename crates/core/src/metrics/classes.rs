//! How well each class is found, and which is taken for which.

use serde::{Deserialize, Serialize};

use super::curves::Ranking;

/// Precision, recall and F1 of each class, and the confusion matrix behind them where an example has one class.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
pub struct ClassReport {
    /// In the order of the model's labels.
    pub classes: Vec<ClassScore>,
    /// `confusion[gold][predicted]`: examples of each class by the class they were taken for. Absent where an example may
    /// have several classes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confusion: Option<Vec<Vec<usize>>>,
}

/// How well one class is found.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
pub struct ClassScore {
    /// Its name.
    pub label: String,
    /// Share of the answers with this class that are right; 0 where no answer has it, as scikit-learn's `zero_division=0`.
    pub precision: f64,
    /// Share of the examples of this class that are found; 0 where there are none.
    pub recall: f64,
    /// Harmonic mean of both: `2 · right / (given + support)`; 0 where the class occurs nowhere.
    pub f1: f64,
    /// Examples of this class.
    pub support: usize,
    /// Answers with this class.
    pub given: usize,
    /// Area under the curve of precision over recall; absent where it is not known, or nothing is of this class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub average_precision: Option<f64>,
}

impl ClassScore {
    /// From the numbers of answers with the class that are right, of answers with it, and of examples of it.
    pub fn of(label: &str, right: usize, given: usize, support: usize) -> Self {
        let share = |of: usize| if of == 0 { 0.0 } else { right as f64 / of as f64 };
        let f1 = if given + support == 0 { 0.0 } else { 2.0 * right as f64 / (given + support) as f64 };
        let (precision, recall) = (share(given), share(support));
        Self { label: label.into(), precision, recall, f1, support, given, average_precision: None }
    }
}

impl ClassReport {
    /// Of examples that have one class each, given by their index in `labels`. A gold class beyond them, which the model
    /// does not know, counts among the answers only.
    ///
    /// # Panics
    /// When the slices differ in length, or a predicted class has no label.
    pub fn of(labels: &[String], predicted: &[usize], gold: &[usize]) -> Self {
        assert_eq!(predicted.len(), gold.len(), "one prediction for each gold class");
        let mut confusion = vec![vec![0; labels.len()]; labels.len()];
        let mut given = vec![0; labels.len()];
        for (&predicted, &gold) in predicted.iter().zip(gold) {
            given[predicted] += 1;
            if let Some(row) = confusion.get_mut(gold) {
                row[predicted] += 1;
            }
        }
        let score = |(class, label): (usize, &String)| {
            ClassScore::of(label, confusion[class][class], given[class], confusion[class].iter().sum())
        };
        let classes = labels.iter().enumerate().map(score).collect();
        Self { classes, confusion: Some(confusion) }
    }

    /// Of examples that have any number of classes each, given by their indices in `labels`.
    ///
    /// # Panics
    /// When the slices differ in length, or a class has no label.
    pub fn of_several(labels: &[String], predicted: &[Vec<usize>], gold: &[Vec<usize>]) -> Self {
        assert_eq!(predicted.len(), gold.len(), "a prediction for each example");
        let mut counts = vec![[0; 3]; labels.len()];
        for (predicted, gold) in predicted.iter().zip(gold) {
            for &class in predicted {
                counts[class][0] += usize::from(gold.contains(&class));
                counts[class][1] += 1;
            }
            gold.iter().for_each(|&class| counts[class][2] += 1);
        }
        let score =
            |(label, [right, given, support]): (&String, [usize; 3])| ClassScore::of(label, right, given, support);
        Self { classes: labels.iter().zip(counts).map(score).collect(), confusion: None }
    }

    /// With the average precision of each class, from probabilities `[n, classes]` and whether an example `is` of a class.
    pub fn with_average_precision(mut self, probabilities: &[Vec<f64>], is: impl Fn(usize, usize) -> bool) -> Self {
        let once = vec![1; probabilities.len()];
        let rankings = Ranking::each(probabilities, self.classes.len(), is);
        for (class, ranking) in self.classes.iter_mut().zip(rankings) {
            class.average_precision = Some(ranking.average_precision(&once)).filter(|area| !area.is_nan());
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_scored_as_scikit_learn_scores_them() {
        let labels = ["a", "b", "c", "d"].map(String::from);
        let gold = [0, 0, 0, 0, 1, 1, 2, 2, 2, 9];
        let predicted = [0, 0, 1, 2, 1, 0, 2, 2, 0, 1];
        let report = ClassReport::of(&labels, &predicted, &gold);
        // precision_recall_fscore_support(gold, predicted, labels=[0, 1, 2, 3], zero_division=0).
        let expected = [
            ("a", 0.5, 0.5, 0.5, 4, 4),
            ("b", 1.0 / 3.0, 0.5, 0.4, 2, 3),
            ("c", 2.0 / 3.0, 2.0 / 3.0, 2.0 / 3.0, 3, 3),
            ("d", 0.0, 0.0, 0.0, 0, 0),
        ];
        for (class, (label, precision, recall, f1, support, given)) in report.classes.iter().zip(expected) {
            assert_eq!((class.label.as_str(), class.support, class.given), (label, support, given));
            for (got, expected) in [(class.precision, precision), (class.recall, recall), (class.f1, f1)] {
                assert!((got - expected).abs() < 1e-12, "{label}: {got}, expected {expected}");
            }
        }
        let confusion = [[2, 1, 1, 0], [1, 1, 0, 0], [1, 0, 2, 0], [0; 4]].map(Vec::from);
        assert_eq!(report.confusion.unwrap(), confusion);
    }
}
