//! Results: one row a metric, as `results.json` holds them and as a table on stdout.

mod comparisons;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use cimiento_core::metrics::{Better, Score, Scores};
use cimiento_data::files::{self, FileError};
use serde::{Deserialize, Serialize};

pub use comparisons::{Compared, comparisons, read as read_comparisons, with_best, write as write_comparisons};

/// One number: what was measured, on what, of which model, and how sure it is.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Row {
    /// The name of the task.
    pub task: String,
    /// Name of the data.
    pub dataset: String,
    /// Its part.
    pub split: String,
    /// `pretrained`, `from-scratch`, `baseline:<name>`.
    pub variant: String,
    /// The metric, its value and interval, and on how many examples.
    #[serde(flatten)]
    pub score: Score,
}

/// Results that cannot be read or written.
#[derive(thiserror::Error, Debug)]
pub enum ResultsError {
    /// The file.
    #[error(transparent)]
    File(#[from] FileError),
    /// What it holds.
    #[error("{path}: not a list of results: {source}; remove it and evaluate again")]
    Format {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
}

/// One row for each score.
pub fn rows(task: &str, dataset: &str, split: &str, variant: &str, scores: &Scores) -> Vec<Row> {
    let row = |score: &Score| Row {
        task: task.into(),
        dataset: dataset.into(),
        split: split.into(),
        variant: variant.into(),
        score: score.clone(),
    };
    scores.0.iter().map(row).collect()
}

/// Writes a JSON array, a row a line.
///
/// # Errors
/// When the file cannot be written; what stood there is untouched.
pub fn write(path: &Path, rows: &[Row]) -> Result<(), ResultsError> {
    let lines: Vec<String> = rows.iter().map(|row| serde_json::to_string(row).expect("a row is plain data")).collect();
    let text = if lines.is_empty() { "[]\n".into() } else { format!("[\n  {}\n]\n", lines.join(",\n  ")) };
    Ok(files::write_atomic(path, text.as_bytes())?)
}

/// Reads what [`write()`] wrote.
///
/// # Errors
/// When the file cannot be read or is something else.
pub fn read(path: &Path) -> Result<Vec<Row>, ResultsError> {
    let bytes = files::read(path)?;
    serde_json::from_slice(&bytes).map_err(|source| ResultsError::Format { path: path.to_path_buf(), source })
}

/// The first row that has all the names of one before it.
pub fn twice(rows: &[Row]) -> Option<&Row> {
    let mut seen = BTreeSet::new();
    let names =
        |row: &'_ Row| [&row.task, &row.dataset, &row.split, &row.variant, &row.score.metric].map(String::clone);
    rows.iter().find(|row| !seen.insert(names(row)))
}

/// Rows that belong in one table: those of a task on one part of one data set, a variant a line and a metric a
/// column. Where a data set is scored in parts too (`blimp/anaphor_agreement` beside `blimp`), the parts share one
/// table a metric, a part a line and a variant a column; parts of a kind of their own (`blimp/field/syntax`) share
/// another.
pub struct Group<'a> {
    /// Its task.
    pub task: &'a str,
    /// Data set and split, and the metric where the lines are parts.
    pub title: String,
    /// The columns, in the order of their first appearance.
    pub columns: Vec<&'a str>,
    /// The lines, in the order of their first appearance: a name, and the row in each column.
    pub lines: Vec<(&'a str, Vec<Option<&'a Row>>)>,
    /// The number of examples, where it is the same throughout.
    pub n: Option<usize>,
    /// Whether the lines are parts.
    pub parts: bool,
}

/// Examples from which on a bootstrap over them tells how sure a score is.
const FEW: usize = 30;

/// Metrics that say the most of a group, the most telling first.
const MAIN: [&str; 9] =
    ["accuracy", "f1", "micro_f1", "rmse", "rouge_l", "bleu", "bits_per_byte", "perplexity", "exact_match"];

impl<'a> Group<'a> {
    /// The column of the metric that says the most. Macro F1 does where it leads: classes are unbalanced then.
    pub fn main(&self) -> usize {
        let usual = MAIN.iter().find_map(|main| self.columns.iter().position(|column| column == main));
        usual.filter(|_| self.columns.first() != Some(&"macro_f1")).unwrap_or(0)
    }

    /// Whether less is better in a column; that of the first score in it, which has the metric of all.
    pub fn lower_is_better(&self, column: usize) -> bool {
        let first = self.lines.iter().find_map(|(_, rows)| rows[column]);
        first.is_some_and(|row| row.score.better == Better::Lower)
    }

    /// The row with the best value of a column, where several are compared.
    pub fn best(&self, column: usize) -> Option<&'a Row> {
        if self.parts || self.lines.len() < 2 {
            return None;
        }
        let rows = self.lines.iter().filter_map(|(_, rows)| rows[column]);
        let measured = rows.filter(|row| row.score.n > 0 && row.score.value.is_finite());
        measured.reduce(|best, row| if row.score.worth() > best.score.worth() { row } else { best })
    }

    /// What to say where there are too few examples for intervals to say much.
    pub fn few(&self) -> Option<String> {
        let rows = self.lines.iter().flat_map(|(_, rows)| rows).flatten();
        let few = |row: &&&Row| row.score.n < FEW && interval(row).is_some();
        let n = rows.filter(few).map(|row| row.score.n).min()?;
        Some(format!("{n} examples are fewer than {FEW}: the intervals say little"))
    }

    /// The name of a line or column, with the number of its seeds if it is a variant of several.
    pub fn label(&self, name: &str) -> String {
        let mut rows = self.lines.iter().flat_map(|(_, rows)| rows).flatten();
        match rows.find(|row| row.variant == name).and_then(|row| row.score.seeds) {
            Some(seeds) => format!("{name} ({seeds} seeds)"),
            None => name.into(),
        }
    }
}

/// Task, data set and split, and of parts the metric and the kind.
type Key<'a> = (&'a str, &'a str, &'a str, Option<(&'a str, &'a str)>);

/// Where a row stands.
#[derive(PartialEq)]
struct Place<'a> {
    group: Key<'a>,
    line: &'a str,
    column: &'a str,
}

/// Sorts rows into tables, each in the order of its first row.
pub fn groups(rows: &[Row]) -> Vec<Group<'_>> {
    let mut wholes = Vec::new();
    rows.iter().for_each(|row| remember(&mut wholes, (row.task.as_str(), row.dataset.as_str(), row.split.as_str())));
    let place = |row| place(row, &wholes);
    let mut keys = Vec::new();
    rows.iter().for_each(|row| remember(&mut keys, place(row).group));
    let members = |key| rows.iter().map(|row| (place(row), row)).filter(|(at, _)| at.group == key).collect();
    keys.into_iter().map(|key| group(key, members(key))).collect()
}

fn place<'a>(row: &'a Row, wholes: &[(&str, &str, &str)]) -> Place<'a> {
    let Row { task, dataset, split, variant, score: Score { metric, .. } } = row;
    match dataset.split_once('/').filter(|(whole, _)| wholes.contains(&(task, whole, split))) {
        Some((whole, part)) => {
            let (kind, line) = part.split_once('/').unwrap_or(("part", part));
            Place { group: (task, whole, split, Some((metric, kind))), line, column: variant }
        }
        None => Place { group: (task, dataset, split, None), line: variant, column: metric },
    }
}

fn group<'a>(key: Key<'a>, rows: Vec<(Place<'a>, &'a Row)>) -> Group<'a> {
    let (mut columns, mut lines) = (Vec::new(), Vec::new());
    for (at, _) in &rows {
        remember(&mut columns, at.column);
        remember(&mut lines, at.line);
    }
    let find = |line: &str, column: &str| {
        rows.iter().find(|(at, _)| (at.line, at.column) == (line, column)).map(|&(_, row)| row)
    };
    let (task, dataset, split, parts) = key;
    let metric_by_part = parts.map(|(metric, kind)| format!(" · {metric} by {kind}")).unwrap_or_default();
    let n = rows.first().map(|(_, row)| row.score.n);
    Group {
        task,
        title: format!("{dataset} · {split}{metric_by_part}"),
        lines: lines
            .into_iter()
            .map(|line| (line, columns.iter().map(|column| find(line, column)).collect()))
            .collect(),
        columns,
        n: n.filter(|&n| rows.iter().all(|(_, row)| row.score.n == n)),
        parts: parts.is_some(),
    }
}

fn remember<T: PartialEq>(seen: &mut Vec<T>, item: T) {
    if !seen.contains(&item) {
        seen.push(item);
    }
}

/// Parts that are listed one by one where rows are plain text.
const LISTED: usize = 24;

/// The rows as plain text, a table for each [`Group`], with what comparisons say of its best variant beneath it. One of
/// more than 24 parts is only mentioned.
pub fn table(rows: &[Row], compared: &[Compared]) -> String {
    let whole = |group: &Group| text(group) + &comparisons::foot(group, compared);
    groups(rows).iter().map(whole).collect::<Vec<_>>().join("\n")
}

fn text(group: &Group) -> String {
    if group.parts && group.lines.len() > LISTED {
        return format!("{} · {}: {} parts, in results.json\n", group.task, group.title, group.lines.len());
    }
    let cell = |row: &Option<&Row>| match row {
        Some(row) if group.n.is_some() => with_interval(row),
        Some(row) => format!("{} n={}", with_interval(row), row.score.n),
        None => "–".into(),
    };
    let mut lines = vec![vec![String::new()]];
    lines[0].extend(group.columns.iter().map(|column| group.label(column)));
    for (name, rows) in &group.lines {
        lines.push(std::iter::once(group.label(name)).chain(rows.iter().map(cell)).collect());
    }
    let mut out = format!("{} · {}", group.task, group.title);
    if let Some(n) = group.n {
        out.push_str(&format!("  (n = {n})"));
    }
    let few = group.few().map(|few| format!("  {few}\n")).unwrap_or_default();
    out + "\n" + &aligned(&lines) + &few
}

/// Lines of as many cells each, one column below the other.
pub fn aligned(lines: &[Vec<String>]) -> String {
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..lines.first().map_or(0, Vec::len)).map(width).collect();
    let mut out = String::new();
    for line in lines {
        let padded: Vec<String> = line.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}")).collect();
        out.push_str(format!("  {}", padded.join("  ")).trim_end());
        out.push('\n');
    }
    out
}

/// `0.853 [0.83, 0.87]`: the value, and its 95 % interval as finely as it deserves.
pub fn with_interval(row: &Row) -> String {
    match interval(row) {
        Some(interval) => format!("{} {interval}", number(row.score.value)),
        None => number(row.score.value),
    }
}

/// `[0.83, 0.87]`: a row's interval, where there is one.
pub fn interval(row: &Row) -> Option<String> {
    if row.score.n == 0 || ![row.score.value, row.score.low, row.score.high].iter().all(|v| v.is_finite()) {
        return None;
    }
    let digits = decimals(row.score.value);
    // A wide interval needs no third digit; a narrow one would look like a point without it.
    let coarse = digits.saturating_sub(1);
    let digits = if row.score.high - row.score.low >= 2.0 * 0.1_f64.powi(coarse as i32) { coarse } else { digits };
    Some(format!("[{}, {}]", fixed(row.score.low, digits), fixed(row.score.high, digits)))
}

/// A value to about four significant digits, three after the point at most.
pub fn number(value: f64) -> String {
    fixed(value, decimals(value))
}

fn decimals(value: f64) -> usize {
    match value.abs() {
        v if v < 10.0 => 3,
        v if v < 100.0 => 2,
        v if v < 1000.0 => 1,
        _ => 0,
    }
}

fn fixed(value: f64, digits: usize) -> String {
    match value {
        v if !v.is_finite() => "not finite".into(),
        // Beyond this, digits would only be noise (the perplexity of a model that learned nothing).
        v if v.abs() >= 1e7 => format!("{v:.2e}"),
        v => {
            let text = format!("{v:.digits$}");
            // What rounds to zero has no sign.
            if text.bytes().all(|byte| b"-0.".contains(&byte)) { text.replace('-', "") } else { text }
        }
    }
}

#[cfg(test)]
mod tests;
