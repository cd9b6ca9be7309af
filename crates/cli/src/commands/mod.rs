//! One module a command; here is what they share: from arguments to a session and a checkpoint.

mod answering;
mod bench;
mod completions;
pub mod data;
mod demand;
mod diff;
mod embed;
pub mod evaluate;
mod export;
pub mod finetune;
mod generate;
mod import;
mod init;
mod inspect;
mod list;
mod oneline;
mod predict;
mod preflight;
pub mod pretrain;
mod report;
mod rerank;
pub mod run;
mod score;
mod settings;
pub mod sweep;
mod tokenizer;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cimiento_core::backbone::BackboneConfig;
use cimiento_core::checkpoint::{Checkpoint, CheckpointError};
use cimiento_core::device::DeviceName;
use cimiento_core::objective::Task;
use miette::{IntoDiagnostic, MietteDiagnostic, Report, Result, miette};
use serde::de::DeserializeOwned;

use crate::args::{self, Arguments, Course, Global, Verb};
use crate::config::{Evaluate, Finetune, Pipeline, Pretrain, Sweep, Validate};
use crate::diagnostic::{self, Loaded};
use crate::input;
use crate::paths::Folders;
use crate::session::{Ended, Existing, Session};
use crate::tasks::{self, ForTask, for_task};

/// Does what was typed.
///
/// # Errors
/// Whatever stands in its way.
pub fn dispatch(arguments: &Arguments) -> Result<Ended> {
    execute(arguments).map_err(|report| about_runs(report, &arguments.global.runs_dir))
}

/// Adds to an error of a runs folder that cannot be written how to name another.
fn about_runs(report: Report, runs: &Path) -> Report {
    use io::ErrorKind::{AlreadyExists, NotADirectory, PermissionDenied, ReadOnlyFilesystem};
    let message: Vec<String> = report.chain().map(ToString::to_string).collect();
    let message = message.first().cloned().unwrap_or_default();
    let refused = report
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| [AlreadyExists, NotADirectory, PermissionDenied, ReadOnlyFilesystem].contains(&cause.kind()));
    if !(refused || message.contains("permission denied")) || !message.starts_with(&runs.display().to_string()) {
        return report;
    }
    let help = format!("runs are written into {}; --runs-dir names another folder", runs.display());
    Report::new(MietteDiagnostic::new(message).with_help(help))
}

fn execute(arguments: &Arguments) -> Result<Ended> {
    check_options(arguments)?;
    let global = &arguments.global;
    match &arguments.verb {
        Verb::Run { config, overwrite } => {
            let existing = if *overwrite { Existing::Overwrite } else { Existing::Update };
            let loaded: Loaded<Pipeline> = diagnostic::load(config, &global.set)?;
            let sets = global.shared_sets();
            if global.dry_run {
                let text = run::resolve(&loaded, &sets)?;
                run::check(&loaded, &sets, &session(global, existing))?;
                return dry(&text, &format!("would run {} stages", loaded.config.stages.len()));
            }
            let ended = run::run(&loaded, &sets, &stoppable(global, existing)?)?;
            let how = if *overwrite { "the same command without --overwrite" } else { "the same command" };
            Ok(resumable(ended, how))
        }
        Verb::Tokenizer { config, out, overwrite } => tokenizer::tokenizer(global, config, out, *overwrite),
        Verb::Pretrain(arguments) => {
            let course = &arguments.course;
            let loaded: Loaded<Pretrain> = match &arguments.config {
                Some(config) => load(config, global)?,
                None => oneline::pretrain(arguments, global)?,
            };
            let config = &loaded.config;
            if global.dry_run {
                config.device.open().into_diagnostic()?;
                let memory = demand::summary(&pretrain::dry_run(&loaded, &session(global, existing(course)))?);
                let (run, steps) = (&config.run, config.train.steps);
                let tokens = steps as f64 * config.batch.tokens_per_step as f64 / 1e6;
                let what = format!("would pretrain {run} for {steps} steps, {tokens:.1} million tokens, with {memory}");
                return dry(&loaded.text, &what);
            }
            let session = training(course, global)?;
            let ended = pretrain::pretrain(&loaded, &session)?;
            if arguments.config.is_none() && ended == Ended::Finished && !global.quiet {
                eprintln!("{}", oneline::after_training(&config.run, None, (&[], None), &session));
            }
            Ok(resumable(ended, by_resuming(course)))
        }
        Verb::Finetune(arguments) => {
            let course = &arguments.course;
            let loaded: Loaded<Finetune> = match &arguments.config {
                Some(config) => load(config, global)?,
                None => oneline::finetune(arguments, global)?,
            };
            let config = &loaded.config;
            if global.dry_run {
                config.device.open().into_diagnostic()?;
                let what =
                    format!("would fine-tune {} for {} from {}", config.run, config.task.name(), config.from.run);
                finetune::dry_run(&loaded, &session(global, existing(course)))?;
                return dry(&loaded.text, &what);
            }
            let session = training(course, global)?;
            let ended = finetune::finetune(&loaded, &session)?;
            if arguments.config.is_none() && ended == Ended::Finished && !global.quiet {
                let task = Some(config.task.name());
                eprintln!(
                    "{}",
                    oneline::after_training(
                        &config.run,
                        task,
                        (&arguments.field, arguments.separator.as_deref()),
                        &session
                    )
                );
            }
            Ok(resumable(ended, by_resuming(course)))
        }
        Verb::Sweep { config, json } => {
            let loaded: Loaded<Sweep> = diagnostic::load(config, &global.set)?;
            let plan = sweep::Plan::new(&loaded, &global.shared_sets(), &global.runs_dir)?;
            if global.dry_run {
                plan.check(&session(global, Existing::Update))?;
                let at_once = plan.side_by_side().0;
                return dry(&plan.text(), &format!("would make {} trials, {at_once} at once", plan.trials.len()));
            }
            let ended = sweep::sweep(&plan, &stoppable(global, Existing::Update)?, global, *json)?;
            Ok(resumable(ended, "the same command"))
        }
        Verb::Evaluate(arguments) => {
            let sets: Vec<String> = global.set.iter().cloned().chain(device(global)).collect();
            let loaded: Loaded<Evaluate> = match arguments.data.is_empty() {
                true => {
                    not_a_run(&arguments.what, &session(global, Existing::Refuse))?;
                    diagnostic::load(Path::new(&arguments.what), &sets)?
                }
                false => oneline::evaluate(arguments, global)?,
            };
            if global.dry_run {
                loaded.config.device.open().into_diagnostic()?;
                evaluate::check(&loaded.config, &session(global, Existing::Refuse))?;
                let Evaluate { tasks, texts, endings, pairs, .. } = &loaded.config;
                let what = [
                    (tasks.len(), "labelled sets"),
                    (texts.len(), "texts"),
                    (endings.len(), "sets of last words"),
                    (pairs.len(), "minimal-pair suites"),
                ];
                let what = what.map(|(count, name)| format!("{count} {name}")).join(", ");
                return dry(&loaded.text, &format!("would evaluate {what}"));
            }
            let existing = if arguments.overwrite { Existing::Overwrite } else { Existing::Update };
            let session = session(global, existing);
            let ended = evaluate::evaluate(&loaded, &session, arguments.json)?;
            if !arguments.data.is_empty() && !global.quiet {
                let page = session.run(&loaded.config.run).join("report.html");
                eprintln!("{} shows it with curves and single answers", page.display());
            }
            Ok(ended)
        }
        Verb::Predict(predict) => predict::predict(predict, global),
        Verb::Generate(generate) => generate::generate(generate, global),
        Verb::Score(score) => score::score(score, global),
        Verb::Inspect { run, json } => inspect::inspect(run, *json, global),
        Verb::List { json } => list::list(*json, global),
        Verb::Report { run, out } => report::report(run, out.as_deref(), global),
        Verb::Init(arguments) => init::init(arguments, global),
        Verb::Completions { shell } => completions::completions(*shell),
        Verb::Import(import) => import::import(import, global),
        Verb::Export(export) => export::export(export, global),
        Verb::Embed(embed) => embed::embed(embed, global),
        Verb::Rerank(rerank) => rerank::rerank(rerank, global),
        Verb::Data { action } => data::data(action, global),
        Verb::Diff { a, b, json } => diff::diff(a, b, *json, global),
        Verb::Bench(bench) => bench::bench(bench, global),
    }
}

fn load<C: DeserializeOwned + Validate>(config: &Path, global: &Global) -> Result<Loaded<C>> {
    let sets: Vec<String> = global.set.iter().cloned().chain(global.shared_sets()).collect();
    diagnostic::load(config, &sets)
}

/// Refuses a run where a config is to be evaluated.
fn not_a_run(name: &str, session: &Session) -> Result<()> {
    if Path::new(name).is_file() || find(session, name, None).is_err() {
        return Ok(());
    }
    let data = cimiento_data::shell::quoted(name);
    Err(miette!(
        help = format!("`cimiento evaluate {data} --data FILE` scores it; or give a config that names runs and data"),
        "{name}: a run is scored on data, and none are named"
    ))
}

fn existing(course: &Course) -> Existing {
    match course {
        Course { trial: true, .. } => Existing::Update,
        Course { resume: true, .. } => Existing::Resume,
        Course { overwrite: true, .. } => Existing::Overwrite,
        _ => Existing::Refuse,
    }
}

fn dry(text: &str, what: &str) -> Result<Ended> {
    input::print(text)?;
    eprintln!("{what}; nothing was done (--dry-run)");
    Ok(Ended::Finished)
}

/// Says by which command an interrupted one goes on.
fn resumable(ended: Ended, how: &str) -> Ended {
    if ended == Ended::Interrupted {
        eprintln!("{how} goes on from there");
    }
    ended
}

fn by_resuming(course: &Course) -> &'static str {
    if course.overwrite {
        "the same command with --resume in place of --overwrite"
    } else {
        "the same command with --resume"
    }
}

fn session(global: &Global, existing: Existing) -> Session {
    Session {
        runs: global.runs_dir.clone(),
        folders: Folders::new(global.data_dir.clone()),
        existing,
        interrupt: Arc::new(AtomicBool::new(false)),
    }
}

/// A session that Ctrl-C asks to stop after the step; a second Ctrl-C stops at once.
fn stoppable(global: &Global, existing: Existing) -> Result<Session> {
    let session = session(global, existing);
    let interrupt = session.interrupt.clone();
    let asked = AtomicBool::new(false);
    let stop = move || {
        if asked.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
        interrupt.store(true, Ordering::SeqCst);
        eprintln!("finishing this step and saving; Ctrl-C again stops at once");
    };
    ctrlc::set_handler(stop).into_diagnostic()?;
    Ok(session)
}

/// The session of a training. A trial stops, too, once whoever made it lets go of its stdin, or dies.
fn training(course: &Course, global: &Global) -> Result<Session> {
    let session = stoppable(global, existing(course))?;
    if course.trial {
        let interrupt = session.interrupt.clone();
        std::thread::spawn(move || {
            // Nothing is said there; only that it ends matters.
            let _ = io::copy(&mut io::stdin(), &mut io::sink());
            interrupt.store(true, Ordering::SeqCst);
        });
    }
    Ok(session)
}

fn device(global: &Global) -> Option<String> {
    global.device.map(|device| format!("device = \"{device}\""))
}

/// The device of commands that have no config.
fn named_device(global: &Global) -> DeviceName {
    global.device.unwrap_or_default()
}

/// Refuses settings of a command that has none, and warns of options that change nothing in this command.
fn check_options(arguments: &Arguments) -> Result<()> {
    let command = &arguments.command;
    for option in args::unused(arguments) {
        if let ("--set", Some(set)) = (option, arguments.global.set.first()) {
            return Err(miette!("--set {set}: `{command}` has no settings"));
        }
        tracing::warn!("{option} changes nothing: `{command}` has no use for it");
    }
    Ok(())
}

/// Whether a task can be learned on a backbone.
struct Suits<'a>(&'a BackboneConfig);

impl ForTask for Suits<'_> {
    type Output = bool;

    fn run<T: Task>(self) -> bool {
        T::suits(&T::Config::default(), self.0).is_ok()
    }
}

/// Refuses a backbone that only reads.
fn must_write(checkpoint: &Checkpoint) -> Result<()> {
    let backbone = &checkpoint.manifest().backbone;
    if backbone.writes() {
        return Ok(());
    }
    let what = match backbone.encoder {
        Some(_) => "this backbone is an encoder, which reads and does not write",
        None => "this model has no lm_head and its embeddings are not tied; it reads and does not write",
    };
    let tasks: Vec<&str> =
        tasks::NAMES.iter().copied().filter(|name| for_task(name, Suits(backbone)) == Some(true)).collect();
    Err(miette!(
        help =
            format!("it can be fine-tuned for {}, and turns texts into vectors (`cimiento embed`)", tasks.join(", ")),
        "{}: {what}",
        checkpoint.folder().display()
    ))
}

/// A run by name or a checkpoint by path. Of a folder of runs (a pipeline's), the one for `kind` is taken: that of its
/// name, or the only one.
fn find(session: &Session, name: &str, kind: Option<&str>) -> Result<Checkpoint> {
    find_among(session, name, kind, |found| kind.is_none_or(|kind| found == kind), "name one of them")
}

/// The same, of any of these `kinds`; where several are there, `option` names one.
fn find_one_of(session: &Session, name: &str, kinds: &[&str], option: &str) -> Result<Checkpoint> {
    find_among(session, name, None, |found| kinds.contains(&found), &format!("name one of them, or add {option}"))
}

fn find_among(
    session: &Session,
    name: &str,
    kind: Option<&str>,
    wanted: impl Fn(&str) -> bool,
    advice: &str,
) -> Result<Checkpoint> {
    let path = session.place(name)?;
    let nothing = match Checkpoint::open(&path) {
        Err(e @ CheckpointError::None { .. }) => e,
        opened => return opened.into_diagnostic(),
    };
    let folders = std::fs::read_dir(&path).into_iter().flatten().flatten().map(|entry| entry.path());
    // Hidden folders are half-written.
    let hidden = |folder: &Path| folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    let mut stages: Vec<PathBuf> = folders.filter(|folder| folder.is_dir() && !hidden(folder)).collect();
    stages.sort();
    let found = stages.into_iter().filter_map(|folder| Some((Checkpoint::open(&folder).ok()?, folder)));
    let found: Vec<_> = found.filter(|(checkpoint, _)| wanted(&checkpoint.manifest().kind)).collect();
    let named =
        found.iter().find(|(_, folder)| folder.file_name().is_some_and(|name| Some(name) == kind.map(AsRef::as_ref)));
    match (named, found.as_slice()) {
        (Some((checkpoint, _)), _) | (None, [(checkpoint, _)]) => Ok(checkpoint.clone()),
        (None, []) => Err(nothing).into_diagnostic(),
        (None, several) => {
            let names: Vec<String> = several.iter().map(|(_, folder)| folder.display().to_string()).collect();
            Err(miette!(help = advice.to_owned(), "{} holds several runs: {}", path.display(), names.join(", ")))
        }
    }
}
