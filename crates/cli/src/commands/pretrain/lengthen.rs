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
use cimiento_core::files;
use cimiento_core::trainer::{Keep, TrainConfig};
use miette::{IntoDiagnostic, Result, miette};

use crate::config::Pretrain;
use crate::diagnostic::Loaded;
use crate::session::{Existing, FINISHED, Session};

/// If `loaded` is the run in `folder` with more steps, and it is to be resumed: drops what was trained after the rate began
/// to fall, so that the run goes on from there. `identity` is the identity of a config.
///
/// # Errors
/// When there is no checkpoint from which that could be done.
pub fn lengthen(
    loaded: &Loaded<Pretrain>,
    session: &Session,
    folder: &Path,
    identity: &dyn Fn(&Pretrain) -> String,
) -> Result<()> {
    let config = &loaded.config;
    if session.existing != Existing::Resume {
        return Ok(());
    }
    let Some((_, manifest)) = Manifest::glance(folder) else { return Ok(()) };
    let Some(before) = former_config(folder) else { return Ok(()) };
    let (old, new) = (before.train.steps, config.train.steps);
    let same = Pretrain { train: TrainConfig { steps: old, ..config.train.clone() }, ..config.clone() };
    if new <= old || identity(&same) != manifest.identity || identity(config) == manifest.identity {
        return Ok(());
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
    eprintln!(
        "{}: made longer, from {old} to {new} steps; it goes on from step {step}, its last checkpoint before the learning \
         rate fell. Steps until then are those of the shorter run: a run of {new} steps from the start would have others.",
        config.run
    );
    rewind(folder, &steps, step)?;
    Manifest::rename(&checkpoint::step_folder(folder, step), identity(config)).into_diagnostic()
}

fn former_config(folder: &Path) -> Option<Pretrain> {
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
