//! What every command is given: where things are, and what the user said about runs that already exist.

mod course;
mod sources;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use cimiento_core::checkpoint::{self, Checkpoint};
use cimiento_core::objective::{Model, Objective};
use cimiento_core::trainer::Trainer;
use cimiento_data::files::{self, Lock};
use miette::{IntoDiagnostic, Result, miette};
use serde::{Deserialize, Serialize};

use crate::paths::{self, Folders};
use crate::progress::Watch;

pub use course::{Course, Inputs};

/// What to do with a run folder that already holds something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// Refuse.
    Refuse,
    /// Go on from the newest checkpoint.
    Resume,
    /// Start over.
    Overwrite,
    /// As a pipeline does: skip what is finished and unchanged, go on with what is unchanged, redo what changed.
    Update,
}

/// Where things are and how to treat them.
#[derive(Clone, Debug)]
pub struct Session {
    /// Folder of all runs.
    pub runs: PathBuf,
    /// Folders that paths in configs are relative to.
    pub folders: Folders,
    /// What to do with a run folder that already holds something.
    pub existing: Existing,
    /// Set when the user asks to stop.
    pub interrupt: Arc<AtomicBool>,
}

/// The one who writes in a run's folder, until dropped.
pub struct Writer {
    _lock: Lock,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It did what it was asked to.
    Finished,
    /// It was interrupted, and saved where it stood.
    Interrupted,
    /// It compared two things, which differ.
    Different,
    /// It did what it was asked to, but for records that could not be used.
    Partly,
}

/// Where a run begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// From its newest checkpoint, of this step.
    Resume(u64),
    /// From nothing.
    Fresh,
}

/// The mark a finished run leaves.
#[derive(Serialize, Deserialize)]
struct Finished {
    identity: String,
}

/// File of the mark of a finished run.
pub const FINISHED: &str = "finished.json";

impl Session {
    /// The folder of a run.
    pub fn run(&self, name: &str) -> PathBuf {
        self.runs.join(name)
    }

    /// The same for the paths of a config.
    pub fn of_config(&self, config: &Path) -> Self {
        Self { folders: self.folders.of_config(config), ..self.clone() }
    }

    /// A run by name, or a checkpoint by path.
    pub fn checkpoint(&self, name: &str) -> Result<Checkpoint> {
        Checkpoint::open(&self.place(name)?).into_diagnostic()
    }

    /// Where a run or checkpoint is: under the runs folder, or a path, which is relative to the working folder, or to that
    /// of the config or (of more than a name) one above it.
    pub fn place(&self, name: &str) -> Result<PathBuf> {
        let run = self.run(name);
        if run.exists() {
            return Ok(run);
        }
        let path = paths::expanded(Path::new(name)).map_err(|why| miette!("{why}"))?;
        if path.exists() {
            return Ok(path);
        }
        let folder = self.folders.config.clone().and_then(|folder| std::path::absolute(folder).ok());
        let folders = folder.iter().flat_map(|folder| folder.ancestors());
        let depth = if path.components().count() > 1 { usize::MAX } else { 1 };
        folders.take(depth).map(|folder| folder.join(&path)).find(|path| path.exists()).ok_or_else(|| self.no_run(name))
    }

    /// That there is no such run, and which there are.
    pub fn no_run(&self, name: &str) -> miette::Report {
        const SHOWN: usize = 12;
        let mut names = Vec::new();
        trained(&self.runs, "", &mut names);
        names.sort();
        let more = if names.len() > SHOWN { ", …" } else { "" };
        names.truncate(SHOWN);
        let there = if names.is_empty() { "none is there yet".into() } else { names.join(", ") + more };
        let help = format!("a run is named by its folder under --runs-dir ({there}), a checkpoint by its path");
        miette!(help = help, "no run {name:?} in {} and no checkpoint at that path", self.runs.display())
    }

    /// Refuses a folder that a training has made: what has no weights must not take its place.
    pub fn without_weights(&self, name: &str) -> Result<()> {
        let folder = self.run(name);
        if !is_trained(&folder) {
            return Ok(());
        }
        Err(miette!(
            help = "choose another `run` name",
            "{} holds a trained model, which results must not replace",
            folder.display()
        ))
    }

    /// Takes a run's folder for this process, and removes what killed ones have left half-done there.
    ///
    /// # Errors
    /// If another process is at work there.
    pub fn writer(&self, folder: &Path) -> Result<Writer> {
        let note = format!("process {}", std::process::id());
        match Lock::try_new(&folder.join(".lock"), &note).into_diagnostic()? {
            Ok(lock) => {
                files::sweep(folder);
                Ok(Writer { _lock: lock })
            }
            Err(holder) => Err(miette!(
                help = "wait for it, stop it, or choose another `run` name",
                "{}: another process is at work in this folder ({holder})",
                folder.display()
            )),
        }
    }

    /// The identity under which a run was finished, if it was.
    pub fn finished(&self, name: &str) -> Option<String> {
        read_finished(&self.run(name))
    }

    /// Whether a run has already been finished just so, and is not to be made again.
    pub fn is_done(&self, folder: &Path, identity: &str) -> bool {
        matches!(self.existing, Existing::Update | Existing::Resume)
            && read_finished(folder).as_deref() == Some(identity)
    }

    /// Where a run would begin; `None` if it has already been finished just so.
    ///
    /// # Errors
    /// A folder that belongs to another course, which is refused (or, in a pipeline, done again).
    pub fn decide(&self, folder: &Path, course: &Course) -> Result<Option<Start>> {
        self.may_begin(folder)?;
        if self.is_done(folder, &course.identity) {
            return Ok(None);
        }
        let finished = read_finished(folder);
        Ok(Some(match self.existing {
            Existing::Resume if finished.is_some() => return Err(another_course(folder, course, "finished")),
            Existing::Resume | Existing::Update if finished.is_none() => match self.newest(folder)? {
                Start::Resume(step) if newest_identity(folder)? == course.identity => Start::Resume(step),
                Start::Resume(_) if self.existing == Existing::Resume => {
                    return Err(another_course(folder, course, "begun"));
                }
                _ => Start::Fresh,
            },
            _ => Start::Fresh,
        }))
    }

    /// Decides where a run begins, and makes room for it; `None` if it has already been finished just so.
    ///
    /// # Errors
    /// As [`Self::decide`].
    pub fn begin(&self, folder: &Path, course: &Course) -> Result<Option<Start>> {
        let Some(start) = self.decide(folder, course)? else { return Ok(None) };
        if start == Start::Fresh {
            let is_there = read_finished(folder).is_some() || !checkpoint::steps(folder).is_empty();
            if self.existing == Existing::Update && is_there {
                eprintln!(
                    "{}: made anew, because of what is other than when it was made:{}",
                    folder.display(),
                    course.told(folder)
                );
            }
            clear(folder)?;
        }
        course.write(folder)?;
        self.folders.keep(folder)?;
        Ok(Some(start))
    }

    /// Says on stderr where a run would begin that goes on, and does nothing.
    ///
    /// # Errors
    /// As [`Self::decide`], and if another process is at work there.
    pub fn check_resume(&self, folder: &Path, course: &Course) -> Result<()> {
        if Lock::is_held(&folder.join(".lock")) {
            return Err(miette!("{}: another process is at work in this folder", folder.display()));
        }
        match self.decide(folder, course)? {
            None => eprintln!("{}: already finished", folder.display()),
            Some(Start::Resume(step)) => eprintln!("{}: would go on from step {step}", folder.display()),
            Some(Start::Fresh) => eprintln!("{}: nothing to go on from; would begin", folder.display()),
        }
        Ok(())
    }

    /// Refuses a folder that already holds a run, if the user has not said what becomes of it.
    pub fn may_begin(&self, folder: &Path) -> Result<()> {
        if self.existing == Existing::Refuse && !self.is_blank(folder) {
            return Err(miette!(
                help = "--resume goes on from the newest checkpoint, --overwrite starts over, and another `run` keeps both",
                "{} already holds a run",
                folder.display()
            ));
        }
        Ok(())
    }

    /// Whether a folder holds nothing of a run.
    pub fn is_blank(&self, folder: &Path) -> bool {
        !folder.join(FINISHED).is_file() && checkpoint::steps(folder).is_empty()
    }

    fn newest(&self, folder: &Path) -> Result<Start> {
        let found = Checkpoint::latest(folder).into_diagnostic()?;
        Ok(found.map_or(Start::Fresh, |checkpoint| Start::Resume(checkpoint.manifest().progress.step)))
    }

    /// Trains from `start` on, watched under `name`, and says how it ended. A run whose data are no longer `sound` at its
    /// end is not a finished one.
    pub fn train<O: Objective>(
        &self,
        trainer: &Trainer<O>,
        model: Model<O::Head>,
        name: &str,
        start: Start,
        sound: impl FnOnce() -> Result<()>,
    ) -> Result<Ended> {
        let (resume, step) = match start {
            Start::Resume(step) => (true, step),
            Start::Fresh => (false, 0),
        };
        let mut watch = Watch::new(trainer.folder, name, step, self.interrupt.clone()).into_diagnostic()?;
        let outcome = trainer.train(model, resume, &mut watch).into_diagnostic()?;
        if outcome.interrupted {
            eprintln!("{name}: interrupted after step {}, and saved", outcome.step);
            return Ok(Ended::Interrupted);
        }
        sound()?;
        self.finish(trainer.folder, &trainer.card.identity)?;
        if let Some(ending) = outcome.ending {
            eprintln!("{name}: {ending}");
        }
        Ok(Ended::Finished)
    }

    /// Leaves the mark of a finished run.
    pub fn finish(&self, folder: &Path, identity: &str) -> Result<()> {
        let text = serde_json::to_string(&Finished { identity: identity.to_string() }).into_diagnostic()?;
        files::write_atomic(&folder.join(FINISHED), text.as_bytes()).into_diagnostic()
    }
}

/// Whether a training has left weights in this folder.
fn is_trained(folder: &Path) -> bool {
    ["best", "final"].iter().any(|name| folder.join(name).is_dir()) || !checkpoint::steps(folder).is_empty()
}

/// Adds the names of the runs with weights in `folder`, and in folders of it, as `--runs-dir` has them.
fn trained(folder: &Path, above: &str, names: &mut Vec<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), format!("{above}{}", entry.file_name().to_string_lossy()));
        if is_trained(&path) {
            names.push(name);
        } else if path.is_dir() && above.is_empty() {
            trained(&path, &format!("{name}/"), names);
        }
    }
}

/// That the run in a folder cannot be gone on with, and what is other about it.
fn another_course(folder: &Path, course: &Course, state: &str) -> miette::Report {
    miette!(
        help = "put back what was changed, choose another `run` name, or start over with --overwrite; \
                `from.run` of a new run goes on from the weights of this one",
        "{}: this run was {state} with something else than what is asked for now:{}",
        folder.display(),
        course.told(folder)
    )
}

fn read_finished(folder: &Path) -> Option<String> {
    let bytes = fs::read(folder.join(FINISHED)).ok()?;
    serde_json::from_slice::<Finished>(&bytes).ok().map(|mark| mark.identity)
}

fn newest_identity(folder: &Path) -> Result<String> {
    let found = Checkpoint::latest(folder).into_diagnostic()?;
    Ok(found.map(|checkpoint| checkpoint.manifest().identity.clone()).unwrap_or_default())
}

/// Removes what a run leaves, and nothing else that may lie in its folder.
fn clear(folder: &Path) -> Result<()> {
    let steps = checkpoint::steps(folder).into_iter().map(|(_, path)| path);
    for path in steps.chain(
        ["best", "final", "tensorboard", "answers", "classes", "figures", "mistakes"].map(|name| folder.join(name)),
    ) {
        if path.is_dir() {
            files::remove_dir(&path).into_diagnostic()?;
        }
    }
    for name in [
        FINISHED,
        course::INPUTS,
        paths::FOLDERS,
        "metrics.jsonl",
        "results.json",
        "report.html",
        "findings.json",
        "comparisons.json",
        "cloze.jsonl",
    ] {
        let path = folder.join(name);
        if path.is_file() {
            fs::remove_file(&path).into_diagnostic()?;
        }
    }
    Ok(())
}
