//! `cimiento export`: a run as files that other programs open.

use std::fs;
use std::path::{Path, PathBuf};

use cimiento_core::checkpoint::{Checkpoint, PRETRAINING};
use cimiento_core::evaluate;
use cimiento_core::heads::{Exported, NoClass};
use cimiento_core::objective::Task;
use cimiento_core::tensors::Dtype;
use cimiento_data::unusable::Tolerance;
use cimiento_interchange::gguf::{self, Precision};
use cimiento_interchange::{self as interchange, Class, Export as Given, Note};
use miette::{IntoDiagnostic, Result, miette};

use super::{dry, find, finetune, session};
use crate::args::{Export, Format, Global, Stored};
use crate::config::Finetune;
use crate::diagnostic::{self, Loaded};
use crate::session::{Ended, Existing, Session};
use crate::tasks::{ForTask, for_task};

/// Gives a model out.
///
/// # Errors
/// If the other program's format cannot express it, or its files cannot be written.
pub fn export(arguments: &Export, global: &Global) -> Result<Ended> {
    let session = session(global, Existing::Refuse);
    let checkpoint = find(&session, &arguments.run, None)?;
    let target = &arguments.target;
    if !arguments.overwrite && (target.is_file() || fs::read_dir(target).is_ok_and(|mut files| files.next().is_some()))
    {
        return Err(miette!(help = "--overwrite replaces it", "{} is already there", target.display()));
    }
    replaceable(target, checkpoint.folder())?;
    let name = target.file_stem().map_or_else(|| arguments.run.clone(), |name| name.to_string_lossy().into_owned());
    if global.dry_run {
        return dry("", &format!("would write {} to {}", checkpoint.folder().display(), target.display()));
    }
    match arguments.format {
        Format::Transformers => {
            let (class, notes) = class(&checkpoint, &session)?;
            notes.iter().for_each(|note| eprintln!("note: {note}"));
            let dtype = dtype(arguments.dtype.unwrap_or(Stored::F32))?;
            let shard_bytes = arguments.shard_mb.saturating_mul(1_000_000);
            let given = Given { checkpoint: &checkpoint, class, dtype, shard_bytes, name, notes };
            interchange::export(target, &given).into_diagnostic()?;
        }
        Format::Gguf => {
            let precision = precision(arguments.dtype.unwrap_or(Stored::F16))?;
            gguf::export(target, &checkpoint, &name, precision).into_diagnostic()?;
        }
        Format::Cimiento => {
            let dtype = dtype(arguments.dtype.unwrap_or(Stored::F16))?;
            checkpoint.copy(target, dtype).into_diagnostic()?;
        }
    }
    eprintln!("{}: {}", target.display(), checkpoint.folder().display());
    Ok(Ended::Finished)
}

/// The folder of an export in which chat templates with names lie.
const NAMED_TEMPLATES: &str = "additional_chat_templates";

/// Refuses a folder whose replacement would take more with it than an export of before.
fn replaceable(target: &Path, source: &Path) -> Result<()> {
    let Ok(files) = fs::read_dir(target) else { return Ok(()) };
    let entries: Vec<PathBuf> = files.flatten().map(|entry| entry.path()).collect();
    let has = |name: &str| entries.iter().any(|entry| entry.ends_with(name));
    let tensors = entries.iter().any(|entry| entry.extension().is_some_and(|extension| extension == "safetensors"));
    // The modules of sentence-transformers have folders of their own, and so do chat templates with names.
    let module = |entry: &Path| {
        let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let kinds = ["_Pooling", "_Dense", "_Normalize"];
        has("modules.json") && kinds.iter().any(|kind| name.ends_with(kind)) || name == NAMED_TEMPLATES
    };
    let exported = (has("manifest.json") || has("config.json"))
        && tensors
        && entries.iter().all(|entry| entry.is_file() || module(entry));
    // A run keeps its checkpoints beside its course.
    let of_a_run = target.parent().is_some_and(|run| run.join("metrics.jsonl").is_file());
    let around = matches!((target.canonicalize(), source.canonicalize()), (Ok(target), Ok(source)) if source.starts_with(&target));
    if entries.is_empty() || exported && !of_a_run && !around {
        return Ok(());
    }
    Err(miette!(
        help = "choose another folder, or remove this one yourself",
        "{}: this holds other things than an export of before, and all of it would be replaced",
        target.display()
    ))
}

fn dtype(stored: Stored) -> Result<Dtype> {
    match stored {
        Stored::F32 => Ok(Dtype::F32),
        Stored::Bf16 => Ok(Dtype::Bf16),
        Stored::F16 => Ok(Dtype::F16),
        Stored::Q8_0 => Err(miette!(help = "use --format gguf, or f32, bf16 or f16", "q8_0 is a type of GGUF alone")),
    }
}

fn precision(stored: Stored) -> Result<Precision> {
    match stored {
        Stored::F16 => Ok(Precision::F16),
        Stored::Q8_0 => Ok(Precision::Q8_0),
        Stored::F32 | Stored::Bf16 => {
            Err(miette!(help = "give --dtype f16 or --dtype q8_0", "GGUF files are written of f16 and q8_0"))
        }
    }
}

/// The class of `transformers` that a run of this kind becomes, and what its user should know.
fn class(checkpoint: &Checkpoint, session: &Session) -> Result<(Class, Vec<Note>)> {
    let manifest = checkpoint.manifest();
    let both = !manifest.backbone.causal && manifest.backbone.writes();
    let encoder = manifest.backbone.encoder.is_some();
    Ok(match manifest.kind.as_str() {
        PRETRAINING if !manifest.backbone.writes() => {
            let note =
                "The states are the model's; `pooler_output` is not, since transformers makes a fresh layer for it.";
            (Class::Base, if encoder { vec![note.into()] } else { Vec::new() })
        }
        PRETRAINING => {
            let note = "The model reads both ways too, as it was trained to: with `\"is_causal\": false` in `config.json` \
                        the same class lets every token see all others. A token hidden by the mask token at place i is \
                        then predicted from the output at i - 1.";
            (Class::CausalLm, if both { vec![note.into()] } else { Vec::new() })
        }
        task => for_task(task, TaskClass { checkpoint, session }).ok_or_else(|| {
            miette!("{}: a checkpoint of kind {task:?}, which is no task", checkpoint.folder().display())
        })??,
    })
}

/// The class of a task's model. One that writes says how much worse it does where it can only look back.
struct TaskClass<'a> {
    checkpoint: &'a Checkpoint,
    session: &'a Session,
}

impl ForTask for TaskClass<'_> {
    type Output = Result<(Class, Vec<Note>)>;

    fn run<T: Task>(self) -> Self::Output {
        let (config, state) = self.checkpoint.task::<T>().into_diagnostic()?;
        let exported = T::exported(&config, &state, &self.checkpoint.manifest().backbone);
        let Exported { class, mut notes } = exported.map_err(|NoClass { why, help }| miette!(help = help, "{why}"))?;
        if class == Class::CausalLm {
            let figures = self.causal_only::<T>().map_or_else(
                |_| "By how much was not measured: the run's validation data are not here.".to_string(),
                |([here, there], examples)| {
                    format!(
                        "On {examples} of the run's validation examples the mean loss a token is {here:.3} as it reads \
                         here and {there:.3} looking back."
                    )
                },
            );
            notes = vec![notes.into_iter().chain([figures]).collect::<Vec<_>>().join(" ")];
        }
        Ok((class, notes))
    }
}

/// Examples that the difference is measured on.
const MEASURED: usize = 64;

impl TaskClass<'_> {
    /// The mean loss of validation examples as the model reads and causal only, and how many they are.
    fn causal_only<T: Task>(&self) -> Result<([f64; 2], usize)> {
        let Self { checkpoint, session } = self;
        let config = checkpoint.folder().with_file_name("config.toml");
        let loaded: Loaded<Finetune> = diagnostic::load(&config, &[])?;
        let session = &session.of_config(&config);
        let device = loaded.config.device.open().into_diagnostic()?;
        let (settings, state) = checkpoint.task::<T>().into_diagnostic()?;
        let context = checkpoint.manifest().backbone.context;
        let task = T::new(settings.clone(), state, checkpoint.tokenizer().into_diagnostic()?, context);
        let mut found = finetune::labelled::<T>(&settings, &loaded.config.data, session)?.validation;
        found.records.truncate(MEASURED);
        let (examples, _) = evaluate::encode(&task, &found, Tolerance::ALL).into_diagnostic()?;
        let model = checkpoint.model(&task, &device).into_diagnostic()?;
        Ok((evaluate::losses_looking_back(&task, &model, &examples, &device), examples.len()))
    }
}
