//! `cimiento import`: a model of `transformers` as a run.

use std::path::PathBuf;

use cimiento_core::checkpoint::{PRETRAINING, TaskCard};
use cimiento_core::device::DeviceName;
use cimiento_core::heads::Imported;
use cimiento_core::objective::Task;
use cimiento_data::files;
use cimiento_interchange::{self as interchange, Class, Import as Taken, Opened};
use miette::{IntoDiagnostic, Result, miette};

use super::{dry, session};
use crate::args::{Global, Import};
use crate::config;
use crate::hub::{self, Reference};
use crate::session::{Course, Ended, Existing, Start};
use crate::tasks::{ForTask, NAMES, for_task};

/// Takes a model in.
///
/// # Errors
/// If it cannot be had, is damaged, or is of a kind that is not supported.
pub fn import(arguments: &Import, global: &Global) -> Result<Ended> {
    config::run_name("--as", &arguments.name).map_err(|why| miette!("{why}"))?;
    let existing = if arguments.overwrite { Existing::Overwrite } else { Existing::Refuse };
    let session = session(global, existing);
    let folder = session.run(&arguments.name);
    let source = folder_of(&arguments.source)?;
    let device = DeviceName::default().open().into_diagnostic()?;
    let opened = interchange::open(&source, &device).into_diagnostic()?;
    let (kind, task) = part(&opened);
    let shape = opened.backbone();
    let what = format!(
        "{}: {} as a {kind} run, {} layers, d_model {}, {} tokens in the vocabulary, context {}",
        arguments.name,
        opened.class_name(),
        shape.layers,
        shape.d_model,
        shape.vocab_size,
        shape.context
    );
    opened.notes().iter().for_each(|note| eprintln!("note: {note}"));
    if !opened.left_out().is_empty() {
        eprintln!("left out, since a run has no place for it: {}", opened.left_out().join(", "));
    }
    if global.dry_run {
        session.may_begin(&folder)?;
        return dry("", &format!("would import {what}"));
    }
    let origin = format!("{} ({})", arguments.source, opened.class_name());
    let command = format!("# cimiento import {} --as {}\n", arguments.source, arguments.name);
    let identity = files::hash_bytes(origin.as_bytes());
    let _writer = session.writer(&folder)?;
    if session.begin(&folder, &Course::of_command(command, identity.clone()))? == Some(Start::Fresh) {
        opened.save(&folder.join("final"), &Taken { kind, task, origin }).into_diagnostic()?;
        session.finish(&folder, &identity)?;
    }
    eprintln!("{what}");
    Ok(Ended::Finished)
}

/// Where the model's files are: here, or in the hub's cache once they have been fetched.
fn folder_of(source: &str) -> Result<PathBuf> {
    if !Reference::is_meant(source) {
        let path = PathBuf::from(source);
        if !path.exists() && names_a_repository(source) {
            return Err(miette!(
                help = format!("a model of the hub is hf://{source}"),
                "{source}: no such file or folder; check the path and the folder it is relative to"
            ));
        }
        return Ok(path);
    }
    match source.parse::<Reference>().map_err(|why| miette!("{why}"))? {
        Reference::Model(repo) => hub::model(&repo),
        _ => Err(miette!("{source} is a data set; a model is hf://owner/name[@revision]")),
    }
}

/// Whether a text looks like `owner/name`, as the hub calls its models.
fn names_a_repository(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let part = |part: &str| part.starts_with(|c: char| c.is_ascii_alphanumeric()) && part.chars().all(allowed);
    text.split_once('/').is_some_and(|(owner, name)| part(owner) && part(name))
}

/// What kind of run a model becomes, and its task if it has one.
fn part(opened: &Opened) -> (String, Option<TaskCard>) {
    if let Some(own) = opened.own() {
        return (own.kind.clone(), own.task.clone());
    }
    let class = opened.class();
    let task = NAMES.iter().find_map(|name| Some((name.to_string(), for_task(name, Taking(class))??)));
    task.map_or((PRETRAINING.into(), None), |(name, Imported { config, state })| {
        (name, Some(TaskCard { config, state }))
    })
}

/// What a task makes of a model of a class.
struct Taking<'a>(&'a Class);

impl ForTask for Taking<'_> {
    type Output = Option<Imported>;

    fn run<T: Task>(self) -> Self::Output {
        T::imported(self.0)
    }
}
