//! What became of trials: `results.json`, and who is best.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use cimiento_core::metrics::{Score, Scores};
use cimiento_data::files;
use cimiento_data::shell::quoted;
use miette::{IntoDiagnostic, Result};
use serde::{Deserialize, Serialize};
use toml::Value;

use super::trials::{Trial, short};
use crate::config::sweep::Goal;
use crate::results;

/// A trial as `results.json` has it.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its run, under the runs folder.
    pub run: String,
    /// How far it came.
    pub state: State,
    /// What it changes.
    pub settings: BTreeMap<String, serde_json::Value>,
    /// Optimizer steps it took; 0 before it has finished.
    pub steps: u64,
    /// Time spent on it, with what was interrupted or failed before.
    pub seconds: f64,
    /// Validation of the weights it ended with.
    pub scores: Scores,
    /// Why it failed.
    pub error: Option<String>,
    /// What trains the same again, as a run of its own.
    pub command: String,
    /// Whether validation cannot tell it apart from the best.
    #[serde(default)]
    pub tie: bool,
    /// What it changes, as the config writes it.
    #[serde(skip)]
    pub shown: BTreeMap<String, String>,
}

/// How far a trial came.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// To its end.
    Finished,
    /// To an error.
    Failed,
    /// Not to its end yet.
    Unfinished,
}

impl Entry {
    /// A trial that has not begun.
    pub fn new(trial: &Trial, run: String, command: String) -> Self {
        let plain = |value: &Value| serde_json::to_value(value).expect("a value of a config is plain data");
        Self {
            run,
            state: State::Unfinished,
            settings: trial.settings.iter().map(|(key, value)| (key.clone(), plain(value))).collect(),
            steps: 0,
            seconds: 0.0,
            scores: Scores::default(),
            error: None,
            command,
            tie: false,
            shown: trial.shown.clone(),
        }
    }

    /// The name of its folder.
    pub fn name(&self) -> &str {
        self.run.rsplit('/').next().unwrap_or(&self.run)
    }

    /// The goal, where it was measured and is a number.
    pub fn goal(&self, goal: &Goal) -> Option<f64> {
        let score = self.scores.get(goal.metric()).filter(|score| self.state == State::Finished && score.n > 0);
        score.map(|score| score.value).filter(|value| value.is_finite())
    }
}

/// Best first, with who ties with it; those without the goal behind all others, in the order of trials.
pub fn ranked(entries: &[Entry], goal: &Goal) -> Vec<Entry> {
    let worth = |entry: &Entry| match (entry.goal(goal), goal) {
        (Some(value), Goal::Minimize(_)) => value,
        (Some(value), Goal::Maximize(_)) => -value,
        (None, _) => f64::INFINITY,
    };
    let mut ranked = entries.to_vec();
    ranked.sort_by(|one, other| worth(one).total_cmp(&worth(other)));
    ranked.sort_by_key(|entry| (entry.goal(goal).is_none(), entry.state != State::Finished));
    let best = ranked.first().and_then(|best| measured(best, goal)).cloned();
    for (at, entry) in ranked.iter_mut().enumerate() {
        let score = measured(entry, goal).zip(best.as_ref()).filter(|_| at > 0);
        entry.tie = score.is_some_and(|(score, best)| overlap(best, score));
    }
    ranked
}

/// The score that the goal is about, where it counts.
fn measured<'a>(entry: &'a Entry, goal: &Goal) -> Option<&'a Score> {
    entry.goal(goal).and(entry.scores.get(goal.metric()))
}

/// Whether 0 lies in the interval of the difference of two scores. A trial keeps no more than the interval of each, so that
/// of their difference is put together from these (Zou and Donner 2008, *Construction of Confidence Limits About Effect
/// Measures*): from the ends that face each other, as of scores of different examples. Those of the same examples differ
/// less by chance, so it calls some a tie that a paired comparison would not, and hardly one the other way.
fn overlap(one: &Score, other: &Score) -> bool {
    let (low, high) = if one.value < other.value { (one, other) } else { (other, one) };
    let reach = (low.high - low.value).hypot(high.value - high.low);
    high.value - low.value <= reach
}

/// `results.json`: a list of entries, best first, one a line.
pub fn json(ranked: &[Entry]) -> String {
    let lines: Vec<String> =
        ranked.iter().map(|entry| serde_json::to_string(entry).expect("an entry is plain data")).collect();
    format!("[\n  {}\n]\n", lines.join(",\n  "))
}

/// Writes [`json()`].
pub fn write(path: &Path, ranked: &[Entry]) -> Result<()> {
    files::write_atomic(path, json(ranked).as_bytes()).into_diagnostic()
}

/// What an earlier call has written, by run; nothing where it has not.
pub fn read(path: &Path) -> BTreeMap<String, Entry> {
    let entries = fs::read(path).ok().and_then(|bytes| serde_json::from_slice::<Vec<Entry>>(&bytes).ok());
    entries.into_iter().flatten().map(|entry| (entry.run.clone(), entry)).collect()
}

/// A line of names, then one a trial: what it changes, the goal with its interval, the other metrics, steps and seconds.
pub fn table(ranked: &[Entry], keys: &[String], goal: &Goal) -> Vec<Vec<String>> {
    let mut metrics = vec![goal.metric().to_string()];
    for score in ranked.iter().flat_map(|entry| &entry.scores.0) {
        if !metrics.contains(&score.metric) {
            metrics.push(score.metric.clone());
        }
    }
    let head = keys.iter().chain(&metrics).cloned().chain(["steps".into(), "seconds".into()]);
    let line = |entry: &Entry| {
        let setting = |key: &String| match (entry.shown.get(key), entry.settings.get(key)) {
            (Some(written), _) => written.clone(),
            (None, found) => found.map_or("–".to_string(), shown),
        };
        let score = |(index, metric): (usize, &String)| match entry.scores.get(metric) {
            _ if entry.state != State::Finished => ["failed", "–"][index.min(1)].to_string(),
            Some(score) if index > 0 => results::number(score.value),
            Some(score) => {
                let rows = results::rows("", "", "", "", &Scores(vec![score.clone()]));
                results::with_interval(&rows[0])
            }
            None => "–".into(),
        };
        let steps = if entry.state == State::Finished { entry.steps.to_string() } else { "–".into() };
        let settings = keys.iter().map(setting).chain(metrics.iter().enumerate().map(score));
        settings.chain([steps, format!("{:.0}", entry.seconds)]).collect()
    };
    std::iter::once(head.collect()).chain(ranked.iter().map(line)).collect()
}

/// A setting as names of trials have it.
fn shown(value: &serde_json::Value) -> String {
    Value::try_from(value).map_or_else(|_| value.to_string(), |value| short(&value))
}

/// A command of several words as a shell reads it.
pub fn shell(words: &[String]) -> String {
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(layers: i64, state: State, scores: &[(&str, f64)]) -> Entry {
        let settings = vec![("backbone.layers".to_string(), Value::Integer(layers))];
        let shown = BTreeMap::from([("backbone.layers".to_string(), layers.to_string())]);
        let trial = Trial { name: format!("layers={layers}"), settings, shown };
        let score = |&(metric, value): &(&str, f64)| Score {
            metric: metric.into(),
            value,
            low: value - 0.5,
            high: value + 0.5,
            n: 9,
            better: if metric == "loss" { cimiento_core::metrics::Better::Lower } else { Default::default() },
            ..Score::default()
        };
        let scores = Scores(scores.iter().map(score).collect());
        Entry { state, scores, ..Entry::new(&trial, format!("s/layers={layers}"), String::new()) }
    }

    fn entries() -> Vec<Entry> {
        vec![
            entry(1, State::Failed, &[]),
            entry(2, State::Finished, &[("f1", 0.5), ("loss", 3.0)]),
            entry(3, State::Finished, &[("f1", f64::NAN), ("loss", f64::NAN)]),
            entry(4, State::Finished, &[("f1", 0.7), ("loss", 4.0)]),
            entry(5, State::Unfinished, &[]),
            entry(6, State::Finished, &[("f1", 0.6), ("loss", 3.0)]),
        ]
    }

    #[test]
    fn the_best_come_first_whichever_way_the_metric_runs() {
        let order = |goal: Goal| ranked(&entries(), &goal).iter().map(|e| e.name().to_string()).collect::<Vec<_>>();
        let expect = |order: [u8; 6]| order.map(|layers| format!("layers={layers}"));
        assert_eq!(order(Goal::Maximize("f1".into())), expect([4, 6, 2, 3, 1, 5]));
        // Equals stay as they are.
        assert_eq!(order(Goal::Minimize("loss".into())), expect([2, 6, 4, 3, 1, 5]));
    }

    #[test]
    fn who_cannot_be_told_apart_from_the_best_ties_with_it() {
        let with = |layers: i64, value: f64, reach: f64| {
            let mut entry = entry(layers, State::Finished, &[("f1", value)]);
            entry.scores.0[0].low = value - reach;
            entry.scores.0[0].high = value + reach;
            entry
        };
        let goal = Goal::Maximize("f1".into());
        let ties = |entries: &[Entry], goal: &Goal| -> Vec<(String, bool)> {
            ranked(entries, goal).into_iter().map(|entry| (entry.name().to_string(), entry.tie)).collect()
        };
        let name = |layers: u8| format!("layers={layers}");
        // The intervals of the first two meet; √(0.03² + 0.04²) is 0.05.
        let all = [with(1, 0.80, 0.03), with(2, 0.751, 0.04), with(3, 0.749, 0.04), with(4, 0.1, 0.0)];
        assert_eq!(ties(&all, &goal), [(name(1), false), (name(2), true), (name(3), false), (name(4), false)]);
        let lowest = Goal::Minimize("f1".into());
        assert_eq!(ties(&all, &lowest), [(name(4), false), (name(3), false), (name(2), false), (name(1), false)]);
        // Without an interval only equals tie, and who failed never does.
        let exact = [with(1, 0.5, 0.0), with(2, 0.5, 0.0), with(3, 0.4, 0.0), entry(4, State::Failed, &[])];
        assert_eq!(ties(&exact, &goal), [(name(1), false), (name(2), true), (name(3), false), (name(4), false)]);
    }

    #[test]
    fn the_table_has_a_column_for_everything() {
        let goal = Goal::Minimize("loss".into());
        let keys = ["backbone.layers".to_string(), "optimizer.lr".to_string()];
        let lines = table(&ranked(&entries(), &goal), &keys, &goal);
        assert_eq!(lines[0], ["backbone.layers", "optimizer.lr", "loss", "f1", "steps", "seconds"]);
        assert_eq!(lines[1], ["2", "–", "3.000 [2.50, 3.50]", "0.500", "0", "0"]);
        assert_eq!(lines[4][2..4], ["not finite", "not finite"]);
        assert_eq!(lines[5], ["1", "–", "failed", "–", "–", "0"]);
    }

    #[test]
    fn results_are_read_back_by_run() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("results.json");
        assert!(read(&path).is_empty());
        write(&path, &entries()).unwrap();
        let back = read(&path);
        assert_eq!(back.len(), 6);
        assert_eq!(back["s/layers=2"], Entry { shown: BTreeMap::new(), ..entries()[1].clone() });
        // What is no number is null, and no goal.
        assert!(fs::read_to_string(&path).unwrap().contains("\"value\":null"));
        assert_eq!(back["s/layers=3"].goal(&Goal::Maximize("f1".into())), None);
        fs::write(&path, "no list").unwrap();
        assert!(read(&path).is_empty());
    }

    #[test]
    fn a_shell_reads_back_what_was_meant() {
        let words = ["cimiento", "a=[\"x y\"]", "it's", ""].map(String::from);
        assert_eq!(shell(&words), "cimiento 'a=[\"x y\"]' 'it'\\''s' ''");
    }
}
