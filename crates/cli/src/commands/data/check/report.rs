//! What was found: as a page to read, and as JSON.

use std::collections::BTreeMap;
use std::fmt::Write;

use cimiento_data::quality::Tally;
use cimiento_data::quality::classes::is_gap;
use cimiento_data::quality::profile::{Lengths, Pair, Profile};
use serde::Serialize;

/// Everything that was found.
#[derive(Serialize, Default)]
pub struct Report {
    /// The config's path.
    pub config: String,
    /// Findings that are warnings.
    pub warnings: usize,
    /// What was looked over.
    pub sets: Vec<Set>,
    /// What there is to say about it, the graver first.
    pub findings: Vec<Finding>,
    /// Sets of which nothing can be used.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub useless: Vec<String>,
}

/// A set, or one source of a corpus.
#[derive(Serialize, Default)]
pub struct Set {
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub purpose: &'static str,
    /// Its files, as the config has them, with their rows.
    pub sources: Vec<Rows>,
    /// Rows, readable or not.
    pub rows: usize,
    /// What lengths are counted in: tokens or words.
    pub unit: &'static str,
    /// Why they are not counted in tokens.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// How long the texts are.
    pub lengths: Lengths,
    /// Documents held out for validation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_out: Option<usize>,
    /// Texts that would be cut to fit; absent where that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut: Option<usize>,
    /// Rows of each class.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub classes: BTreeMap<String, usize>,
}

/// A source and its rows.
#[derive(Serialize)]
pub struct Rows {
    /// Its path, as the config has it.
    pub path: String,
    /// Its rows.
    pub rows: usize,
}

/// How grave a finding is.
#[derive(Serialize, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// Scores or training suffer.
    Warning,
    /// Worth knowing.
    Note,
}

/// One thing to say about a set.
#[derive(Serialize)]
pub struct Finding {
    /// How grave it is.
    pub grade: Grade,
    /// Which set it is about.
    pub set: String,
    /// What was found.
    pub message: String,
    /// What to do.
    pub advice: String,
    /// Where, with file and line.
    pub examples: Vec<String>,
}

impl Report {
    /// Adds a finding.
    pub fn say(&mut self, grade: Grade, set: &str, message: String, advice: &str, examples: Vec<String>) {
        self.findings.push(Finding { grade, set: set.into(), message, advice: advice.into(), examples });
    }

    /// Adds that `tally` of `rows` things are so, if any is: a note up to the share `tolerated`, beyond it a warning.
    pub fn count(&mut self, set: &str, (tally, rows): (&Tally, usize), tolerated: f64, what: &str, advice: &str) {
        if tally.count > 0 {
            let grade = if tally.count as f64 > tolerated * rows as f64 { Grade::Warning } else { Grade::Note };
            let message = format!("{} of {rows} {what} ({})", tally.count, percent(tally.count, rows));
            self.say(grade, set, message, advice, tally.first.clone());
        }
    }

    /// Sorts the findings, and counts the warnings.
    pub fn finish(&mut self) {
        self.findings.sort_by_key(|finding| finding.grade);
        self.warnings = self.findings.iter().filter(|finding| finding.grade == Grade::Warning).count();
    }

    /// The page.
    pub fn page(&self) -> String {
        let mut page = String::new();
        for set in &self.sets {
            set.write(&mut page);
        }
        for finding in &self.findings {
            let grade = if finding.grade == Grade::Warning { "warning" } else { "note" };
            _ = writeln!(page, "{grade}: {}: {}", finding.set, finding.message);
            for example in &finding.examples {
                _ = writeln!(page, "    {example}");
            }
            _ = writeln!(page, "    → {}\n", finding.advice);
        }
        let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
        let notes = self.findings.len() - self.warnings;
        _ = writeln!(page, "{}, {}", count(self.warnings, "warning"), count(notes, "note"));
        page
    }
}

impl Set {
    fn write(&self, page: &mut String) {
        let Lengths { median, p95, longest, total } = self.lengths;
        _ = writeln!(page, "{} ({}): {} rows", self.name, self.purpose, self.rows);
        for Rows { path, rows } in &self.sources {
            let rows = if self.sources.len() > 1 { format!(" ({rows})") } else { String::new() };
            _ = writeln!(page, "    {path}{rows}");
        }
        let why = if self.why.is_empty() { String::new() } else { format!(" ({})", self.why) };
        _ = writeln!(
            page,
            "    {total} {}; a text: median {median}, 95 of 100 up to {p95}, longest {longest}{why}",
            self.unit
        );
        if let Some(held_out) = self.held_out {
            _ = writeln!(page, "    {held_out} of them held out for validation");
        }
        if let Some(cut) = self.cut {
            _ = writeln!(page, "    {cut} would be cut to fit");
        }
        let all: usize = self.classes.values().sum();
        let classes: Vec<_> = self.classes.iter().map(|(name, n)| format!("{name} {}", percent(*n, all))).collect();
        if !classes.is_empty() {
            let gaps: Vec<&str> = self.classes.keys().map(String::as_str).filter(|name| is_gap(name)).collect();
            let gaps = if gaps.is_empty() { String::new() } else { format!(" (missing labels? {})", gaps.join(", ")) };
            _ = writeln!(page, "    classes: {}{gaps}", classes.join(", "));
        }
        page.push('\n');
    }
}

/// A share in words.
pub fn percent(part: usize, whole: usize) -> String {
    format!("{:.1} %", 100.0 * part as f64 / whole.max(1) as f64)
}

/// Pairs of texts as a tally, told with their places.
pub fn pairs(pairs: &[Pair], texts: &Profile, relation: &str, others: &Profile) -> Tally {
    let place = |(text, other): &Pair| format!("{} {relation} {}", texts.place(*text), others.place(*other));
    Tally { count: pairs.len(), first: pairs.iter().take(Tally::KEPT).map(place).collect() }
}
