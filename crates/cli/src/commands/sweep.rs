//! `cimiento sweep`: one training with many settings, side by side, ranked by how they validate.

mod direction;
mod folders;
mod plan;
mod pool;
mod ranking;
mod trials;
mod written;

use std::fs;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use cimiento_core::checkpoint::Checkpoint;
use miette::{IntoDiagnostic, Result, miette};

pub use plan::Plan;
use pool::{Done, End, Pool};
use ranking::{Entry, State, ranked};

use crate::args::Global;
use crate::config::sweep::Goal;
use crate::diagnostic::nearest;
use crate::input;
use crate::progress::{duration, say};
use crate::report::{self, Curve, Report, Trials};
use crate::results;
use crate::session::{Ended, Session};

/// How often processes are looked at.
const PAUSE: Duration = Duration::from_millis(20);

/// Makes every trial that is not finished and unchanged, then writes `results.json` and `report.html`.
///
/// # Errors
/// A goal that would rank the worst first. If a trial has failed; the others are made nevertheless.
pub fn sweep(plan: &Plan, session: &Session, global: &Global, json: bool) -> Result<Ended> {
    plan.check_goal(session)?;
    let folder = session.run(&plan.sweep().run);
    let _writer = session.writer(&folder)?;
    let path = folder.join("results.json");
    let mut made = Made { plan, session, entries: entries(plan, session, global, &path), settled: 0 };
    let (at_once, threads) = plan.side_by_side();
    say(&format!(
        "{}: {} trials, at once: {at_once}, threads of each: {threads}; their logs are in {}",
        plan.sweep().run,
        plan.trials.len(),
        folder.join(LOGS).display()
    ));
    let mut pool = Pool::new(threads)?;
    let mut waiting = 0..plan.trials.len();
    let stopped = || session.interrupt.load(Ordering::Relaxed);
    loop {
        let go_on = !stopped();
        if !go_on {
            pool.stop();
        }
        while go_on
            && pool.len() < at_once
            && let Some(trial) = waiting.next()
        {
            let log = folder.join(LOGS).join(format!("{}.log", plan.trials[trial].name));
            let before = session.finished(&plan.run(trial));
            pool.start(trial, before, &plan.arguments(trial, session, global), log)?;
        }
        if pool.len() == 0 {
            break;
        }
        for done in pool.ended()? {
            made.settle(done, stopped());
            ranking::write(&path, &ranked(&made.entries, &plan.sweep().goal))?;
            made.check_goal()?;
        }
        thread::sleep(PAUSE);
    }
    if made.settled < made.entries.len() {
        eprintln!("{}: stopped after {} of {} trials", plan.sweep().run, made.settled, made.entries.len());
        return Ok(Ended::Interrupted);
    }
    let ranked = ranked(&made.entries, &plan.sweep().goal);
    ranking::write(&path, &ranked)?;
    report::write(&report(plan, &ranked, &folder)?, &folder).into_diagnostic()?;
    input::print(&if json { ranking::json(&ranked) } else { page_of_text(plan, &ranked, &folder) })?;
    say(&format!("results and report in {}", folder.display()));
    match ranked.iter().filter(|entry| entry.state == State::Failed).count() {
        0 => Ok(Ended::Finished),
        failed => Err(miette!(
            help = "the same command tries them again, and leaves the others as they are",
            "{failed} of {} trials failed; their logs are in {}",
            ranked.len(),
            folder.join(LOGS).display()
        )),
    }
}

/// The folder of the logs, beside the trials.
const LOGS: &str = "logs";

/// What is known of each trial before it is made: all of it where its config has not changed since.
fn entries(plan: &Plan, session: &Session, global: &Global, path: &Path) -> Vec<Entry> {
    let mut earlier = ranking::read(path);
    let entry = |trial: usize| {
        let run = plan.run(trial);
        let mut entry = Entry::new(&plan.trials[trial], run.clone(), plan.command(trial, global));
        if let Some(found) = earlier.remove(&run) {
            let config = fs::read_to_string(session.run(&run).join("config.toml"));
            if config.is_ok_and(|text| text == plan.texts[trial]) {
                entry = Entry { command: entry.command, shown: entry.shown, ..found };
            } else {
                entry.seconds = found.seconds;
            }
        }
        entry
    };
    (0..plan.trials.len()).map(entry).collect()
}

/// Trials on their way.
struct Made<'a> {
    plan: &'a Plan<'a>,
    session: &'a Session,
    entries: Vec<Entry>,
    settled: usize,
}

impl Made<'_> {
    /// Takes note of a process that has ended, and tells it.
    fn settle(&mut self, done: Done, stopped: bool) {
        let goal = &self.plan.sweep().goal;
        let best = |entries: &[Entry]| ranked(entries, goal).first().and_then(|entry| entry.goal(goal));
        let before = best(&self.entries);
        let entry = &mut self.entries[done.trial];
        let after = self.session.finished(&entry.run);
        let skipped = after.is_some() && after == done.before;
        if !skipped {
            // One that had been finished was made anew.
            let spent = if done.before.is_some() { 0.0 } else { entry.seconds };
            entry.seconds = spent + done.time.as_secs_f64();
        }
        (entry.steps, entry.scores, entry.error) = Default::default();
        let ended = match done.end {
            End::Stopped(_) if stopped => {
                entry.state = State::Unfinished;
                return;
            }
            End::Stopped(words) => Err(format!("stopped before its end: {words}")),
            End::Failed(words) => Err(words),
            End::Finished => {
                Checkpoint::open(&self.session.run(&entry.run).join("final")).map_err(|error| error.to_string())
            }
        };
        self.settled += 1;
        let place = format!("[{}/{}] {}", self.settled, self.plan.trials.len(), entry.name());
        match ended {
            Ok(checkpoint) => {
                let manifest = checkpoint.manifest();
                entry.state = State::Finished;
                (entry.steps, entry.scores) = (manifest.progress.step, manifest.scores.clone());
                let value = entry.goal(goal).map_or("none".to_string(), results::number);
                let time = if skipped { "made before".into() } else { format!("in {}", duration(done.time)) };
                let text = format!("{place}: {} {value} after {} steps, {time}", goal.metric(), entry.steps);
                let first = best(&self.entries) != before;
                say(&if first { text + ", best so far" } else { text });
            }
            Err(words) => {
                entry.state = State::Failed;
                eprintln!("{place}: failed: {words}");
                entry.error = Some(words);
            }
        }
    }

    /// Refuses a goal that is no metric of a finished trial, or runs the other way, before all others are made for nothing.
    fn check_goal(&self) -> Result<()> {
        let goal = self.plan.sweep().goal.metric();
        if let Some(score) = self.entries.iter().find_map(|entry| entry.scores.get(goal)) {
            direction::agrees(&self.plan.sweep().goal, score.better)?;
        }
        let finished = self.entries.iter().filter(|entry| entry.state == State::Finished);
        let Some(entry) = finished.into_iter().find(|entry| entry.scores.get(goal).is_none()) else { return Ok(()) };
        let metrics: Vec<&str> = entry.scores.0.iter().map(|score| score.metric.as_str()).collect();
        let help = match nearest(goal, metrics.iter().copied()) {
            Some(metric) => format!("did you mean {metric}?"),
            None => "rank by one that is measured".into(),
        };
        Err(miette!(
            help = help,
            "the goal {goal:?} is not measured: the validation of {} has {}",
            entry.run,
            metrics.join(", ")
        ))
    }
}

/// The table, what failed, and who is best.
fn page_of_text(plan: &Plan, ranked: &[Entry], folder: &Path) -> String {
    let goal = &plan.sweep().goal;
    let mut lines = ranking::table(ranked, &plan.sweep().keys(), goal);
    let best = ranked.first().filter(|entry| entry.goal(goal).is_some());
    for (at, line) in lines.iter_mut().enumerate() {
        let mark = match at.checked_sub(1) {
            Some(0) if best.is_some() => "*",
            Some(trial) if ranked[trial].tie => "=",
            _ => "",
        };
        line.insert(0, mark.into());
    }
    let mut text = format!("{} · {}\n{}", plan.sweep().run, by(ranked.len(), goal), results::aligned(&lines));
    let ties = ranked.iter().filter(|entry| entry.tie).count();
    if ties > 0 {
        text.push_str(&format!(
            "= cannot be told apart from the best (*) by their intervals: {ties} of {}\n",
            ranked.len() - 1
        ));
    }
    for (entry, error) in ranked.iter().filter_map(|entry| Some((entry, entry.error.as_ref()?))) {
        text.push_str(&format!("{} failed: {error}\n", entry.name()));
    }
    if let Some(best) = best {
        let name = best.name();
        text.push_str(&format!("best: {}; as a run of its own:\n  {}\n", folder.join(name).display(), best.command));
    }
    text
}

fn by(trials: usize, goal: &Goal) -> String {
    format!("{trials} trials by {}, {}", goal.metric(), goal.direction())
}

fn report(plan: &Plan, ranked: &[Entry], folder: &Path) -> Result<Report> {
    let goal = &plan.sweep().goal;
    let best = ranked.first().filter(|entry| entry.goal(goal).is_some());
    let mut facts = vec![("Trials".to_string(), by(ranked.len(), goal))];
    let mut config = plan.loaded.text.clone();
    let ties: Vec<&str> = ranked.iter().filter(|entry| entry.tie).map(Entry::name).collect();
    if let Some(best) = best {
        facts.push(("Best".into(), best.name().into()));
        if !ties.is_empty() {
            facts.push(("Cannot be told apart from it".into(), ties.join(" · ")));
        }
        facts.push(("The best as a run of its own".into(), best.command.clone()));
        let text = fs::read_to_string(folder.join(best.name()).join("config.toml")).into_diagnostic()?;
        config.push_str(&format!("\n# ── {} ──\n{text}", best.name()));
    }
    facts.push(("Program".into(), format!("cimiento {}", env!("CARGO_PKG_VERSION"))));
    let curve = |entry: &Entry| {
        let metrics = folder.join(entry.name()).join("metrics.jsonl");
        Curve { name: entry.name().to_string(), metrics }
    };
    Ok(Report {
        title: plan.sweep().run.clone(),
        facts,
        curves: ranked.iter().map(curve).filter(|curve| curve.metrics.is_file()).collect(),
        trials: Some(Trials { lines: ranking::table(ranked, &plan.sweep().keys(), goal), best: best.is_some() }),
        config,
        ..Report::default()
    })
}
