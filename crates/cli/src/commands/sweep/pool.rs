//! Trials side by side: each a process of this program, with its share of the threads and a log of its own.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use cimiento_data::files;
use miette::{IntoDiagnostic, Result, WrapErr};

/// The processes under way. Dropping it stops them, and waits until they have saved.
pub struct Pool {
    program: PathBuf,
    threads: usize,
    running: Vec<Running>,
}

/// One process.
struct Running {
    trial: usize,
    before: Option<String>,
    child: Child,
    /// The other end of its stdin: once this is closed, by us or because we are dead, it saves and stops.
    hold: Option<ChildStdin>,
    begun: Instant,
    log: PathBuf,
    /// Where its own words begin in the log.
    logged: u64,
}

/// A process that has ended.
pub struct Done {
    /// Whose it was.
    pub trial: usize,
    /// The identity under which the trial had been finished before.
    pub before: Option<String>,
    /// How.
    pub end: End,
    /// How long it took.
    pub time: Duration,
}

/// How a process ended.
pub enum End {
    /// Well.
    Finished,
    /// It has saved, and stopped; these are its last words.
    Stopped(String),
    /// With an error, of which these are the words.
    Failed(String),
}

impl Pool {
    /// An empty one, each of whose processes will use so many threads.
    ///
    /// # Errors
    /// If the system does not tell where this program is.
    pub fn new(threads: usize) -> Result<Self> {
        let program = std::env::current_exe().into_diagnostic().wrap_err("this program cannot find itself")?;
        Ok(Self { program, threads, running: Vec::new() })
    }

    /// How many are running.
    pub fn len(&self) -> usize {
        self.running.len()
    }

    /// Starts the program with `arguments` for a trial that has been finished as `before`, if at all. What it says is
    /// added to `log`.
    ///
    /// # Errors
    /// If there can be no log, or no process.
    pub fn start(&mut self, trial: usize, before: Option<String>, arguments: &[OsString], log: PathBuf) -> Result<()> {
        let (out, logged) = open(&log)?;
        let mut command = Command::new(&self.program);
        command.args(arguments).env("RAYON_NUM_THREADS", self.threads.to_string()).stdin(Stdio::piped());
        command.stdout(out.try_clone().into_diagnostic()?).stderr(out);
        let mut child = command.spawn().into_diagnostic().wrap_err("a trial cannot be started")?;
        let hold = child.stdin.take();
        self.running.push(Running { trial, before, child, hold, begun: Instant::now(), log, logged });
        Ok(())
    }

    /// Asks all to save and stop.
    pub fn stop(&mut self) {
        self.running.iter_mut().for_each(|running| drop(running.hold.take()));
    }

    /// Those that have ended since the last call.
    ///
    /// # Errors
    /// If the system does not tell.
    pub fn ended(&mut self) -> Result<Vec<Done>> {
        let mut done = Vec::new();
        let mut at = 0;
        while at < self.running.len() {
            match self.running[at].child.try_wait().into_diagnostic()? {
                None => at += 1,
                Some(status) => {
                    let Running { trial, before, begun, log, logged, .. } = self.running.remove(at);
                    done.push(Done { trial, before, end: end(status, &log, logged), time: begun.elapsed() });
                }
            }
        }
        Ok(done)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.stop();
        // Whoever comes next must not find their folders taken.
        self.running.iter_mut().for_each(|running| drop(running.child.wait()));
    }
}

fn open(log: &Path) -> Result<(File, u64)> {
    let error = |e| files::FileError::new(log, "writing", e);
    files::create_dirs(log.parent().unwrap_or(Path::new(""))).into_diagnostic()?;
    let file = OpenOptions::new().create(true).append(true).open(log).map_err(error).into_diagnostic()?;
    let length = file.metadata().map_err(error).into_diagnostic()?.len();
    Ok((file, length))
}

fn end(status: ExitStatus, log: &Path, logged: u64) -> End {
    let words = last_words(log, logged).unwrap_or("nothing".into());
    match status.code() {
        Some(0) => End::Finished,
        Some(1) => End::Failed(words),
        Some(3) => End::Stopped(words),
        // Killed, or a mistake of the program: the last words are not the reason.
        _ => End::Failed(format!("{status}; it said last: {words}")),
    }
}

/// The message of the last error in a log, or its last line.
fn last_words(log: &Path, logged: u64) -> Option<String> {
    let bytes = fs::read(log).ok()?;
    let text = String::from_utf8_lossy(bytes.get(logged as usize..)?);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    // An excerpt and advice follow the message.
    let message = lines.iter().rev().find_map(|line| line.strip_prefix('×'));
    message.or(lines.last().copied()).map(|line| line.trim().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_is_told_and_not_what_follows_it() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("a.log");
        let check = |text: &str, from: usize, expected: Option<&str>| {
            fs::write(&log, text).unwrap();
            assert_eq!(last_words(&log, from as u64).as_deref(), expected, "{text}");
        };
        let old = "  × an earlier one\n";
        let new = "a: step 3\n  × it diverged\n   ╭─[a.toml]\n  help: less\n";
        check(&format!("{old}{new}"), old.len(), Some("it diverged"));
        check(&format!("{old}thread 'main' panicked\n\n"), old.len(), Some("thread 'main' panicked"));
        check(old, old.len(), None);
        assert_eq!(last_words(&folder.path().join("none"), 0), None);
    }
}
