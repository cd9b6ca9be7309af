//! `cimiento list`: the runs in the runs folder, newest last.

use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use cimiento_core::checkpoint::{Ending, Manifest, PRETRAINING};
use cimiento_core::metrics::Score;
use cimiento_core::objective::Task;
use cimiento_data::files::Lock;
use miette::{IntoDiagnostic, Result};
use serde::Serialize;

use super::evaluate::FINDINGS;
use super::session;
use crate::args::Global;
use crate::input;
use crate::results::{aligned, number};
use crate::session::{Ended, Existing, Session};
use crate::tasks::{ForTask, for_task};

/// Folders in folders that are looked into: a pipeline's stage lies one deep, a name with a slash may lie deeper.
const DEEPEST: usize = 4;

/// How a run stands.
#[derive(Serialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// A process is at work on it.
    Running,
    /// It has come to its end.
    Finished,
    /// It has been stopped before its end, and left a checkpoint to go on from.
    Unfinished,
}

impl State {
    fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Finished => "finished",
            Self::Unfinished => "unfinished",
        }
    }
}

/// One run.
#[derive(Serialize, Debug)]
pub struct Listed {
    /// As other commands take it.
    run: String,
    /// `pretraining`, a task, or what else made the folder.
    kind: String,
    state: State,
    /// Steps taken; absent where nothing was trained.
    step: Option<u64>,
    /// How training ended, where not after its last step with the last weights.
    ending: Option<Ending>,
    /// The score that the run's weights were chosen by, or would be.
    score: Option<Score>,
    /// When something was last written there, in seconds since 1970.
    written: u64,
}

/// Prints the runs.
///
/// # Errors
/// If stdout cannot be written.
pub fn list(as_json: bool, global: &Global) -> Result<Ended> {
    let session = session(global, Existing::Refuse);
    let mut runs = Vec::new();
    collect(&session, "", 0, &mut runs);
    runs.sort_by(|a: &Listed, b| (a.written, &a.run).cmp(&(b.written, &b.run)));
    if as_json {
        input::print(&(serde_json::to_string_pretty(&runs).into_diagnostic()? + "\n"))?;
    } else if runs.is_empty() {
        eprintln!("no runs in {}", session.runs.display());
    } else {
        input::print(&table(&runs))?;
    }
    Ok(Ended::Finished)
}

fn table(runs: &[Listed]) -> String {
    let mut lines = vec![["run", "kind", "state", "step", "score", "written (UTC)"].map(String::from).to_vec()];
    for run in runs {
        let score = run.score.as_ref().map(|score| format!("{} {}", score.metric, number(score.value)));
        lines.push(vec![
            run.run.clone(),
            run.kind.clone(),
            run.state.name().into(),
            run.step.map_or_else(|| "–".into(), |step| taken(step, run.ending)),
            score.unwrap_or_else(|| "–".into()),
            date(run.written),
        ]);
    }
    aligned(&lines)
}

/// Steps taken, of how many if it stopped early, and those whose weights were kept if not the last.
fn taken(step: u64, ending: Option<Ending>) -> String {
    let Some(Ending { steps, kept, .. }) = ending else { return step.to_string() };
    let of = if step < steps { format!(" of {steps}") } else { String::new() };
    let best = if kept < step { format!(", best {kept}") } else { String::new() };
    format!("{step}{of}{best}")
}

/// Adds the runs below the runs folder's `name`.
fn collect(session: &Session, name: &str, depth: usize, runs: &mut Vec<Listed>) {
    let folder = session.runs.join(name);
    for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
        let (path, below) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        // Hidden folders are half-written; the cache holds tokens.
        if !path.is_dir() || below.starts_with('.') || depth == 0 && below == "cache" {
            continue;
        }
        let below = if name.is_empty() { below } else { format!("{name}/{below}") };
        let found = one(&path, &below);
        let trained = found.as_ref().is_some_and(|found| found.step.is_some());
        runs.extend(found);
        // The folders of a trained run are its checkpoints.
        if !trained && depth < DEEPEST {
            collect(session, &below, depth + 1, runs);
        }
    }
}

/// The run that a folder holds, if it holds one.
fn one(folder: &Path, name: &str) -> Option<Listed> {
    let found = Manifest::glance(folder);
    let finished = folder.join("finished.json");
    let running = Lock::is_held(&folder.join(".lock"));
    let kind = match &found {
        Some((_, manifest)) => manifest.kind.clone(),
        None if folder.join(FINDINGS).is_file() => "evaluation".into(),
        None if folder.join("cloze.jsonl").is_file() => "cloze".into(),
        None if folder.join("report.html").is_file() => "several runs".into(),
        None if running || folder.join("config.toml").is_file() => "not begun".into(),
        None => return None,
    };
    let state = match (running, &found) {
        (true, _) => State::Running,
        (false, Some((at, _))) if finished.is_file() || at.ends_with("final") || at == folder => State::Finished,
        (false, None) if kind != "not begun" => State::Finished,
        _ => State::Unfinished,
    };
    let latest = ["finished.json", "metrics.jsonl", "results.json", "config.toml", "report.html"];
    let times = latest.iter().filter_map(|file| fs::metadata(folder.join(file)).ok()?.modified().ok());
    let times = times.chain(found.iter().filter_map(|(at, _)| fs::metadata(at).ok()?.modified().ok()));
    Some(Listed {
        run: name.into(),
        kind,
        state,
        step: found.as_ref().map(|(_, manifest)| manifest.progress.step),
        ending: found.as_ref().and_then(|(_, manifest)| manifest.progress.ending),
        score: found.as_ref().and_then(|(_, manifest)| score(manifest)),
        written: times.max().map_or(0, seconds),
    })
}

/// The score by which a checkpoint's weights are judged.
fn score(manifest: &Manifest) -> Option<Score> {
    let metric = match manifest.kind.as_str() {
        PRETRAINING => Some("bits_per_byte"),
        task => for_task(task, MetricOf),
    };
    let scores = &manifest.scores;
    metric.and_then(|metric| scores.get(metric)).or(scores.0.first()).cloned()
}

struct MetricOf;

impl ForTask for MetricOf {
    type Output = &'static str;

    fn run<T: Task>(self) -> &'static str {
        T::METRIC
    }
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// `2026-11-30 16:02`, in UTC. Days become a date as in Howard Hinnant's `civil_from_days`.
fn date(seconds: u64) -> String {
    let (days, minutes) = (seconds / 86_400 + 719_468, seconds % 86_400 / 60);
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // Months are counted from March.
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, text) in [
            (0, "1970-01-01 00:00"),
            (951_782_399, "2000-02-28 23:59"),
            (951_782_400, "2000-02-29 00:00"),
            (1_078_099_260, "2004-03-01 00:01"),
            (1_796_054_520, "2026-11-30 16:02"),
            (4_102_444_799, "2099-12-31 23:59"),
        ] {
            assert_eq!(date(seconds), text);
        }
    }
}
