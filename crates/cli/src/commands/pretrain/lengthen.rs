//! A run made longer: `train.steps` raised, and `--resume`.
//!
//! The learning rate rises, stays level and falls at the end, so what a run with more steps has in common with one of
//! fewer is the level part. The run therefore goes on from its last checkpoint before the rate fell; what was trained
//! behind that is dropped. Steps already taken stay as they were taken: the rise, the mask rate and the row lengths of
//! these followed the former number of steps. So the weights are not, bit for bit, those of a run that had the new number
//! from its first step; the program says so, and the run's `config.toml` too.

use std::fs;
use std::path::{Path, PathBuf};

use cimiento_core::checkpoint::{self, Manifest};
use cimiento_core::trainer::{Keep, TrainConfig};
use cimiento_data::files;
use miette::{IntoDiagnostic, Result, miette};

use crate::config::Pretrain;
use crate::diagnostic::Loaded;
use crate::session::{Existing, FINISHED, Session};

/// How a run is made longer.
pub struct Longer {
    /// From so many steps.
    from: u64,
    /// To so many.
    to: u64,
    /// The checkpoint that it goes on from.
    step: u64,
}

/// How, if `loaded` is the run in `folder` with more steps, and it is to be resumed. `identity` is the identity of a config.
///
/// # Errors
/// When there is no checkpoint from which that could be done.
pub fn plan(
    loaded: &Loaded<Pretrain>,
    session: &Session,
    folder: &Path,
    identity: &dyn Fn(&Pretrain) -> String,
) -> Result<Option<Longer>> {
    let config = &loaded.config;
    if session.existing != Existing::Resume {
        return Ok(None);
    }
    let Some((_, manifest)) = Manifest::glance(folder) else { return Ok(None) };
    let Some(before) = former_config(folder) else { return Ok(None) };
    let (old, new) = (before.train.steps, config.train.steps);
    let same = Pretrain { train: TrainConfig { steps: old, ..config.train.clone() }, ..config.clone() };
    if new <= old || identity(&same) != manifest.identity || identity(config) == manifest.identity {
        return Ok(None);
    }
    let refuse = |why: String| {
        let run = &config.run;
        miette!(
            help = format!("go on from its weights in a new run: from = {{ run = {run:?} }}"),
            "{}: train.steps was {old} and is {new} now, but {why}",
            folder.display()
        )
    };
    if config.train.keep == Keep::Best {
        return Err(refuse(
            "with train.keep = \"best\" the validations so far chose weights that would be dropped".into(),
        ));
    }
    let levels = [&same.train, &config.train].map(|train| train.level(&config.schedule));
    let steps = checkpoint::steps(folder);
    let level = |step: &u64| levels.iter().all(|level| level.contains(step));
    let Some(step) = steps.iter().map(|(step, _)| *step).filter(level).max() else {
        let [first, last] = [levels[0].start().max(levels[1].start()), levels[0].end()];
        return Err(refuse(if levels[0].is_empty() {
            "its learning rate was falling all the time after it had risen".into()
        } else if first > last {
            format!(
                "its learning rate was level until step {last}, and that of {new} steps rises until step {first}: take fewer \
                 steps, or a lower schedule.warmup from the first"
            )
        } else {
            format!(
                "no checkpoint from between step {first} and step {last}, when its learning rate was level, is there (a run \
                 whose train.save_every is above 0 keeps one)"
            )
        }));
    };
    Ok(Some(Longer { from: old, to: new, step }))
}

impl Longer {
    /// Says what becomes of the run.
    pub fn tell(&self, run: &str) {
        let Self { from, to, step } = self;
        eprintln!(
            "{run}: made longer, from {from} to {to} steps; it goes on from step {step}, its last checkpoint before the learning \
             rate fell. Steps until then are those of the shorter run: a run of {to} steps from the start would have others.",
        );
    }

    /// Drops what was trained after the rate began to fall, so that the run in `folder` goes on from there as `identity`.
    pub fn apply(&self, folder: &Path, identity: String) -> Result<()> {
        rewind(folder, &checkpoint::steps(folder), self.step)?;
        Manifest::rename(&checkpoint::step_folder(folder, self.step), identity).into_diagnostic()
    }
}

/// The config that a run's folder keeps.
pub fn former_config(folder: &Path) -> Option<Pretrain> {
    toml::from_str(&fs::read_to_string(folder.join("config.toml")).ok()?).ok()
}

/// Drops what lies behind `step`.
fn rewind(folder: &Path, steps: &[(u64, PathBuf)], step: u64) -> Result<()> {
    let finished = folder.join(FINISHED);
    if finished.is_file() {
        fs::remove_file(&finished).into_diagnostic()?;
    }
    let later = steps.iter().filter(|(at, _)| *at > step).map(|(_, path)| path.clone());
    for path in later.chain([folder.join("final")]).filter(|path| path.is_dir()) {
        files::remove_dir(&path).into_diagnostic()?;
    }
    Ok(())
}
