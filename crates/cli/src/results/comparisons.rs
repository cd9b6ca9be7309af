//! Which variants differ on the same examples: every pair of a table, each metric by itself. `comparisons.json` holds them
//! all; a table has those with its best variant beneath it.

use std::path::Path;

use cimiento_core::metrics::{Comparison, compare};
use cimiento_data::files;
use serde::{Deserialize, Serialize};

use super::{Group, ResultsError, Row, decimals, fixed, groups};

/// Beneath a table of text stand at most so many comparisons.
const BENEATH: usize = 8;

/// Two variants of one table, compared by one metric.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Compared {
    /// As in a row.
    pub task: String,
    /// As in a row.
    pub dataset: String,
    /// As in a row.
    pub split: String,
    /// As in a row.
    pub metric: String,
    /// The variant whose value comes first in the difference.
    pub first: String,
    /// The variant whose value is taken from it.
    pub second: String,
    /// Difference, interval and significance.
    #[serde(flatten)]
    pub comparison: Comparison,
    /// Whether the examples cannot tell the two apart.
    pub tie: bool,
}

/// Compares all pairs of variants that were scored on the same examples, metric by metric. Rows that were read from a file
/// have lost what that takes; parts of a data set are not compared.
pub fn comparisons(rows: &[Row]) -> Vec<Compared> {
    let mut all = Vec::new();
    for group in groups(rows).iter().filter(|group| !group.parts) {
        for column in 0..group.columns.len() {
            let found: Vec<&Row> = group.lines.iter().filter_map(|(_, rows)| rows[column]).collect();
            for (at, first) in found.iter().enumerate() {
                all.extend(found[at + 1..].iter().filter_map(|second| compared(first, second)));
            }
        }
    }
    all
}

fn compared(first: &Row, second: &Row) -> Option<Compared> {
    let comparison = compare(&first.score, &second.score)?;
    let Row { task, dataset, split, variant, score } = first.clone();
    let tie = comparison.is_tie();
    Some(Compared {
        task,
        dataset,
        split,
        metric: score.metric,
        first: variant,
        second: second.variant.clone(),
        comparison,
        tie,
    })
}

/// Writes a JSON array, a comparison a line.
///
/// # Errors
/// When the file cannot be written.
pub fn write(path: &Path, all: &[Compared]) -> Result<(), ResultsError> {
    let lines: Vec<String> = all.iter().map(|one| serde_json::to_string(one).expect("plain data")).collect();
    let text = if lines.is_empty() { "[]\n".into() } else { format!("[\n  {}\n]\n", lines.join(",\n  ")) };
    Ok(files::write_atomic(path, text.as_bytes())?)
}

/// Reads what [`write()`] wrote; nothing where there is no such file, as an earlier program left none.
///
/// # Errors
/// When the file cannot be read or is something else.
pub fn read(path: &Path) -> Result<Vec<Compared>, ResultsError> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let bytes = files::read(path)?;
    serde_json::from_slice(&bytes).map_err(|source| ResultsError::Format { path: path.to_path_buf(), source })
}

/// The comparisons of a table's best variant by its main metric with each of its others, as `(best, other)`.
pub fn with_best(group: &Group, all: &[Compared]) -> Vec<Compared> {
    let Some(best) = group.best(group.main()).filter(|_| !group.parts) else { return Vec::new() };
    let metric = group.columns[group.main()];
    let of_group = all.iter().filter(|one| {
        (one.task.as_str(), one.metric.as_str()) == (group.task, metric)
            && (one.dataset.as_str(), one.split.as_str()) == (best.dataset.as_str(), best.split.as_str())
    });
    let turned = |one: &Compared| match &best.variant {
        variant if *variant == one.first => Some(one.clone()),
        variant if *variant == one.second => Some(one.turned()),
        _ => None,
    };
    of_group.filter_map(turned).collect()
}

/// What stands beneath a table of text.
pub fn foot(group: &Group, all: &[Compared]) -> String {
    let found = with_best(group, all);
    let mut out: String = found.iter().take(BENEATH).map(|one| format!("  {}\n", one.told())).collect();
    if found.len() > BENEATH {
        out.push_str(&format!("  … and {} more comparisons, in comparisons.json\n", found.len() - BENEATH));
    }
    out
}

impl Compared {
    /// The same with the two variants in each other's place.
    fn turned(&self) -> Self {
        let Comparison { difference, low, high, p, n, mcnemar } = self.comparison.clone();
        let mcnemar = mcnemar.map(|test| cimiento_core::metrics::McNemar {
            only_first: test.only_second,
            only_second: test.only_first,
            p: test.p,
        });
        Self {
            first: self.second.clone(),
            second: self.first.clone(),
            comparison: Comparison { difference: -difference, low: -high, high: -low, p, n, mcnemar },
            ..self.clone()
        }
    }

    /// `accuracy: a − b = 0.031 [0.012, 0.050], p = 0.004, McNemar p = 0.003`, or that it is a tie.
    fn told(&self) -> String {
        let Self { metric, first, second, tie, .. } = self;
        let tie = if *tie { ": a tie" } else { "" };
        format!("{metric}: {first} − {second} = {}, {}{tie}", self.difference(), self.significance())
    }

    /// `0.031 [0.012, 0.050]`.
    pub fn difference(&self) -> String {
        let Comparison { difference, low, high, .. } = self.comparison;
        let digits = decimals([low, high].map(f64::abs).into_iter().fold(0.0, f64::max));
        format!("{} [{}, {}]", fixed(difference, digits), fixed(low, digits), fixed(high, digits))
    }

    /// `p = 0.004, McNemar p = 0.003`.
    pub fn significance(&self) -> String {
        let Comparison { p, mcnemar, .. } = &self.comparison;
        let test = mcnemar.as_ref().map(|test| format!(", McNemar {}", probability(test.p))).unwrap_or_default();
        format!("{}{test}", probability(*p))
    }
}

fn probability(p: f64) -> String {
    if p < 0.001 { "p < 0.001".into() } else { format!("p = {p:.3}") }
}

#[cfg(test)]
mod tests {
    use cimiento_core::metrics::{Scores, bootstrap_mean};

    use super::*;
    use crate::results::rows;

    fn hits(right: usize) -> Scores {
        let values: Vec<f64> = (0..100).map(|i| f64::from(i < right)).collect();
        Scores(vec![bootstrap_mean("accuracy", &values), bootstrap_mean("f1", &values)])
    }

    fn sample() -> Vec<Row> {
        let of = |dataset: &str, variant: &str, right| rows("mood", dataset, "test", variant, &hits(right));
        [of("a", "one", 70), of("a", "two", 90), of("a", "three", 89), of("a/part", "one", 9), of("b", "one", 70)]
            .concat()
    }

    #[test]
    fn every_pair_of_a_table_is_compared_by_every_metric() {
        let found = comparisons(&sample());
        let names: Vec<(&str, &str, &str)> =
            found.iter().map(|one| (one.metric.as_str(), one.first.as_str(), one.second.as_str())).collect();
        let pairs = [("one", "two"), ("one", "three"), ("two", "three")];
        let expected: Vec<_> = ["accuracy", "f1"].iter().flat_map(|m| pairs.map(|(a, b)| (*m, a, b))).collect();
        assert_eq!(names, expected);
        assert!(found.iter().all(|one| one.dataset == "a"));
        assert_eq!(found.iter().map(|one| one.tie).collect::<Vec<_>>(), [false, false, true].repeat(2));
        let test = found[0].comparison.mcnemar.as_ref().unwrap();
        assert_eq!((test.only_first, test.only_second), (0, 20));
    }

    #[test]
    fn they_come_back_from_their_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("comparisons.json");
        assert_eq!(read(&path).unwrap(), []);
        let found = comparisons(&sample());
        write(&path, &found).unwrap();
        assert_eq!(read(&path).unwrap(), found);
        // Rows of a file have no resamples: nothing can be compared any more.
        let text = serde_json::to_string(&sample()).unwrap();
        assert_eq!(comparisons(&serde_json::from_str::<Vec<Row>>(&text).unwrap()), []);
    }

    #[test]
    fn beneath_a_table_the_best_is_compared_with_the_others() {
        let (rows, found) = (sample(), comparisons(&sample()));
        let groups = groups(&rows);
        let told = foot(&groups[0], &found);
        let lines: Vec<&str> = told.lines().map(str::trim).collect();
        assert_eq!(lines.len(), 2, "{told}");
        assert!(
            lines[0].starts_with("accuracy: two − one = 0.200 [0.1") && lines[0].contains("McNemar p < 0.001"),
            "{told}"
        );
        assert!(!lines[0].contains("tie") && lines[1].starts_with("accuracy: two − three = 0.010 ["), "{told}");
        assert!(lines[1].ends_with("McNemar p = 1.000: a tie"), "{told}");
        assert_eq!((foot(&groups[1], &found), foot(&groups[2], &found)), (String::new(), String::new()));
    }
}
