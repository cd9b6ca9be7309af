//! Trainings and evaluations described on the command line alone: they become the config that a file would hold, which is
//! what is then parsed, printed by `--dry-run`, and kept with the run.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf, absolute};

use cimiento_core::backbone::ShapeConfig;
use cimiento_core::checkpoint::{Checkpoint, PRETRAINING};
use cimiento_core::feed::BatchConfig;
use cimiento_data::fields::Field;
use cimiento_data::quality::usual;
use cimiento_data::records::Source;
use cimiento_data::shell::quoted;
use miette::{IntoDiagnostic, Result, miette};
use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::pretrain::passes;
use super::{init, session};
use crate::args::{self, Global, OnBad};
use crate::columns::completed;
use crate::config::{Evaluate, Finetune, Pretrain, Validate, Variant};
use crate::diagnostic::{self, Loaded};
use crate::hub;
use crate::overrides;
use crate::session::{Existing, Session};
use crate::typed::{self, Typed};

/// The model that ships with the program, as a path below the folder it was unpacked or built in.
const BOX: &str = "models/cimiento-nano";
/// Where the program was built: one that `cargo install` has put elsewhere finds the model there.
const BUILT_IN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../");
/// The most steps of a pretraining that no config describes: minutes on a laptop for the smallest sizes.
const STEPS: u64 = 1000;
/// Share of them, the last ones, whose rows are as long as the backbone's context.
const LONG: f64 = 0.1;

/// The config of `cimiento finetune --task … --train …`.
///
/// # Errors
/// When there is no model to start from, or the options make no config.
pub fn finetune(arguments: &args::Finetune, global: &Global) -> Result<Loaded<Finetune>> {
    typed::instead_of_a_config(Typed::Training);
    let task = arguments.task.as_deref().unwrap_or_default();
    let fields = init::fields(task);
    let name = match &arguments.name {
        Some(name) => name.clone(),
        None => format!("{}-{task}", stem(&arguments.train[0])),
    };
    let from = match &arguments.from {
        Some(run) => run.clone(),
        None => from_the_box(task)?,
    };
    let mut data =
        table([("train", sources(&arguments.train, &arguments.field, arguments.separator.as_deref(), fields)?)]);
    if !arguments.valid.is_empty() {
        data.insert(
            "validation".into(),
            sources(&arguments.valid, &arguments.field, arguments.separator.as_deref(), fields)?,
        );
    }
    if arguments.on_bad == Some(OnBad::Skip) {
        data.insert("on_bad".into(), "skip".into());
    }
    let config = table([
        ("run", name.into()),
        ("from", table([("run", from.into())]).into()),
        ("task", table([(task, Table::new().into())]).into()),
        ("data", data.into()),
    ]);
    parse(&config, &training_sets(global))
}

/// The config of `cimiento pretrain --text …`.
///
/// # Errors
/// When the options make no config.
pub fn pretrain(arguments: &args::Pretrain, global: &Global) -> Result<Loaded<Pretrain>> {
    typed::instead_of_a_config(Typed::Pretraining);
    // Shells hand on what is typed.
    let separator = arguments.separator.as_ref().map(|text| text.replace("\\n", "\n").replace("\\t", "\t"));
    let sources = arguments.text.iter().map(|path| {
        let mut source = table([("path", here(path)?.into())]);
        source.extend(separator.iter().map(|text| ("separator".to_owned(), text.as_str().into())));
        if arguments.on_bad == Some(OnBad::Skip) {
            source.insert("on_bad".into(), "skip".into());
        }
        Ok(source.into())
    });
    let sources: Vec<Value> = sources.collect::<Result<_>>()?;
    let mut config = table([
        ("run", arguments.name.clone().unwrap_or_else(|| stem(&arguments.text[0])).into()),
        ("corpus", table([("sources", sources.into())]).into()),
        ("train", table([("steps", steps(&arguments.text)?.into())]).into()),
    ]);
    if let Some(run) = &arguments.from {
        config.insert("from".into(), table([("run", run.clone().into())]).into());
    }
    if let Some(preset) = arguments.preset {
        let preset = Value::try_from(preset).into_diagnostic()?;
        config.insert("backbone".into(), table([("preset", preset)]).into());
    }
    let (sets, session) = (training_sets(global), session(global, Existing::Refuse));
    if let Some(stages) = stages(&config, &sets, &session)? {
        config.insert("batch".into(), table([("stages", stages)]).into());
    }
    parse(&config, &sets)
}

/// Steps that suit these texts; the most where they are not here yet.
fn steps(texts: &[PathBuf]) -> Result<i64> {
    let sources = texts.iter().map(|path| Ok(Source::new(here(path)?))).collect::<Result<Vec<_>>>()?;
    let bytes = sources.iter().map(|source| passes::bytes([source])).sum::<Result<u64>>();
    Ok(bytes.map_or(STEPS, |bytes| passes::suited(bytes, STEPS).steps) as i64)
}

/// Row lengths of a pretraining that reach the backbone's whole context, as far as a step holds such a row: most steps read short
/// rows, which cost less, and the last ones long rows. None where `sets` name their own.
fn stages(config: &Table, sets: &[String], session: &Session) -> Result<Option<Value>> {
    let document = toml::to_string(config).into_diagnostic()?.parse().into_diagnostic()?;
    let Ok(edited) = toml::from_str::<Table>(&overrides::apply(document, sets)?.to_string()) else { return Ok(None) };
    let value = |group: &str, key: &str| edited.get(group).and_then(|group| group.get(key));
    let number = |group: &str, key: &str| value(group, key).and_then(Value::as_integer);
    if value("batch", "stages").is_some() {
        return Ok(None);
    }
    let run = value("from", "run").and_then(Value::as_str);
    let context = match (number("backbone", "context"), run) {
        (Some(context), _) => context,
        (None, Some(run)) => session.checkpoint(run)?.manifest().backbone.context as i64,
        (None, None) => ShapeConfig::default().context as i64,
    };
    let usual = BatchConfig::default();
    let most = number("batch", "tokens_per_step").unwrap_or(usual.tokens_per_step as i64);
    let (short, long) = (usual.stages[0].length as i64, context.min(most));
    let stage = |share: f64, length: i64| Value::from(table([("share", share.into()), ("length", length.into())]));
    Ok(Some(
        match long > short {
            true => vec![stage(1.0 - LONG, short), stage(LONG, long)],
            false => vec![stage(1.0, long)],
        }
        .into(),
    ))
}

/// The config of `cimiento evaluate RUN --data …`.
///
/// # Errors
/// When there is no such run, or the options make no config.
pub fn evaluate(arguments: &args::Evaluate, global: &Global) -> Result<Loaded<Evaluate>> {
    let session = session(global, Existing::Refuse);
    let checkpoint = super::find(&session, &arguments.what, None)?;
    let kind = checkpoint.manifest().kind.as_str();
    let (list, fields) = if kind == PRETRAINING { ("texts", &[][..]) } else { ("tasks", init::fields(kind)) };
    typed::instead_of_a_config(Typed::Evaluation(list));
    let run = run_of(&checkpoint, &session);
    let data = &arguments.data;
    let name = match &arguments.name {
        Some(name) => name.clone(),
        None => format!("evaluation/{}-{}", plain(&arguments.what), stem(&data[0])),
    };
    let variant = table([("variant", plain(&arguments.what).into()), ("run", run.into())]);
    let mut entry = table([
        ("dataset", stem(&data[0]).into()),
        ("split", "test".into()),
        ("data", sources(data, &arguments.field, arguments.separator.as_deref(), fields)?),
        ("runs", vec![Value::from(variant)].into()),
    ]);
    if arguments.on_bad == Some(OnBad::Skip) {
        entry.insert("on_bad".into(), "skip".into());
    }
    let config = table([("run", name.into()), (list, vec![Value::from(entry)].into())]);
    let device = global.device.map(|device| format!("device = \"{device}\""));
    let loaded = parse(&config, &global.set.iter().cloned().chain(device).collect::<Vec<_>>())?;
    if arguments.name.is_none() && !arguments.overwrite {
        not_of_others(&loaded.config, &session)?;
    }
    Ok(loaded)
}

/// Refuses to put results in the place of those of other data or another run, whose names only happen to be alike.
fn not_of_others(config: &Evaluate, session: &Session) -> Result<()> {
    let folder = session.run(&config.run);
    let Ok(kept) = diagnostic::load::<Evaluate>(&folder.join("config.toml"), &[]) else { return Ok(()) };
    let read = |config: &Evaluate| -> String {
        let of = |(_, _, _, data, runs): (_, _, _, &[Source], &[Variant])| {
            let paths = data.iter().map(|source| source.path.display().to_string());
            let runs = runs.iter().flat_map(Variant::names).cloned();
            format!("{} on {}", runs.collect::<Vec<_>>().join(", "), paths.collect::<Vec<_>>().join(", "))
        };
        config.entries().map(of).collect::<Vec<_>>().join("; ")
    };
    let (there, now) = (read(&kept.config), read(config));
    if there == now {
        return Ok(());
    }
    Err(miette!(
        help = "--as NAME keeps both, --overwrite replaces those that are there",
        "{} holds the results of {there}; those of {now} would take their place",
        folder.display()
    ))
}

/// What to do with a run that was trained without a config.
pub fn after_training(
    run: &str,
    task: Option<&str>,
    (fields, separator): (&[(String, String)], Option<&str>),
    session: &Session,
) -> String {
    let separator = separator.map(|sign| format!(" --separator {}", quoted(&sign.replace('\t', "\\t"))));
    // What is asked has no targets.
    let options = |targets: bool| -> String {
        let is_target = |name: &str| {
            task.is_some_and(|task| init::fields(task).iter().any(|field| field.target && field.name == name))
        };
        let asked = fields.iter().filter(|(field, _)| targets || !is_target(field));
        let asked = asked.map(|(field, column)| format!(" --field {}", quoted(&format!("{field}={column}"))));
        asked.chain(separator.clone()).collect()
    };
    let name = quoted(run);
    let next = match task {
        Some(task) => format!(
            "`cimiento evaluate {name} --data FILE{}` scores it, `cimiento predict {name} --task {task} --input \
             FILE{}` asks it",
            options(true),
            options(false)
        ),
        None => format!(
            "`cimiento generate {name} --prompt TEXT` asks it, `cimiento finetune --from {name} --task TASK --train FILE` \
             goes on with it"
        ),
    };
    let page = session.run(run).join("report.html");
    format!("{next}; `cimiento report {name}` draws how it was trained, into {}", page.display())
}

/// The config as text, edited by `--set`.
fn parse<C: DeserializeOwned + Validate>(config: &Table, sets: &[String]) -> Result<Loaded<C>> {
    let text = toml::to_string(config).into_diagnostic()?;
    diagnostic::parse(Path::new("config.toml made of the command line"), text, sets)
}

fn training_sets(global: &Global) -> Vec<String> {
    global.set.iter().cloned().chain(global.shared_sets()).collect()
}

fn table<const N: usize>(entries: [(&str, Value); N]) -> Table {
    entries.into_iter().map(|(key, value)| (key.to_string(), value)).collect()
}

/// Sources of a config for files that were typed, and the columns of those `fields` that files call otherwise.
fn sources(paths: &[PathBuf], typed: &[(String, String)], separator: Option<&str>, fields: &[Field]) -> Result<Value> {
    let typed: BTreeMap<String, String> = typed.iter().cloned().collect();
    let sources = paths.iter().map(|path| {
        let path = here(path)?;
        // What is on the hub, or will be made, is not looked into.
        let written = Source { separator: separator.map(str::to_owned), ..Source::new(&path) };
        let columns = if Path::new(&path).is_absolute() { usual::names(&written) } else { Vec::new() };
        let columns = completed(fields, &columns, &typed)?;
        let mut source = table([("path", path.into())]);
        source.extend(separator.map(|sign| ("separator".to_owned(), sign.into())));
        if !columns.is_empty() {
            let columns: Table = columns.into_iter().map(|(field, column)| (field, column.into())).collect();
            source.insert("fields".into(), columns.into());
        }
        Ok(source.into())
    });
    Ok(Value::Array(sources.collect::<Result<_>>()?))
}

/// A path as a config means it wherever it lies: what is typed is relative to the working directory.
pub fn here(path: &Path) -> Result<String> {
    let text = path.to_str().ok_or_else(|| {
        miette!(help = "rename it", "{}: a config can only hold names that are Unicode", path.display())
    })?;
    if text.starts_with("run:") || hub::Data::of(path).map_err(|why| miette!("{why}"))?.is_some() {
        return Ok(text.to_string());
    }
    Ok(absolute(path).into_diagnostic()?.display().to_string())
}

/// The head of the model in the box for a task, or else one of its heads, whose backbone serves any.
pub fn from_the_box(task: &str) -> Result<String> {
    let executable = std::env::current_exe().ok();
    let above = executable.iter().flat_map(|path| path.ancestors().skip(1));
    let known = [Path::new(""), Path::new(BUILT_IN)].into_iter().chain(above).map(|folder| folder.join(BOX));
    let Some(folder) = known.filter_map(|folder| folder.canonicalize().ok()).find(|folder| folder.is_dir()) else {
        return Err(miette!(
            help = "name a run or checkpoint to start from: --from RUN (`cimiento list` shows the runs)",
            "{BOX} is neither here, nor above the program, nor where it was built"
        ));
    };
    let heads = fs::read_dir(&folder).into_diagnostic()?.flatten().map(|entry| entry.path());
    let mut heads: Vec<PathBuf> = heads.filter(|path| path.is_dir()).collect();
    heads.sort();
    let head = heads.iter().find(|head| head.ends_with(task)).or(heads.first());
    let head =
        head.ok_or_else(|| miette!(help = "name another model: --from RUN", "{}: no model in it", folder.display()))?;
    eprintln!("starting from {} (--from names another model)", head.display());
    head.to_str().map(String::from).ok_or_else(|| miette!("{}: not a Unicode path", head.display()))
}

/// How a config names the run of a checkpoint: below the runs folder by its name, elsewhere by its path.
fn run_of(checkpoint: &Checkpoint, session: &Session) -> String {
    let folder = checkpoint.folder();
    let inside = folder.strip_prefix(&session.runs).ok();
    inside.unwrap_or(folder).display().to_string()
}

/// The name of a file without its folder and endings, as part of a run's name.
pub fn stem(path: &Path) -> String {
    let text = path.to_string_lossy();
    let last = text.trim_end_matches('/').rsplit(['/', ':']).next().unwrap_or_default();
    plain(last.split('.').find(|part| !part.is_empty()).unwrap_or("data"))
}

/// A text as part of a run's name.
fn plain(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_alphanumeric() || "_-".contains(c) { c } else { '-' }).collect();
    let text = text.trim_matches('-');
    if text.is_empty() { "data".into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_files() {
        for (path, name) in [
            ("a/reviews.csv", "reviews"),
            ("reviews.jsonl.zst", "reviews"),
            ("my reviews (2).csv", "my-reviews--2"),
            ("folder/", "folder"),
            ("hub:sst2/train", "train"),
            (".csv", "csv"),
            ("*.csv", "data"),
            ("größe.csv", "größe"),
        ] {
            assert_eq!(stem(Path::new(path)), name, "{path}");
        }
        assert_eq!(plain("models/cimiento-nano/first"), "models-cimiento-nano-first");
    }
}
