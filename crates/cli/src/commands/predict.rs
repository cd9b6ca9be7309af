//! `cimiento predict`: records in, answers out, in the same order.

use cimiento_core::checkpoint::Checkpoint;
use cimiento_core::objective::Task;
use cimiento_data::fields::Field;
use cimiento_data::records::Located;
use miette::{IntoDiagnostic, Result, miette};

use super::answering::Answering;
use super::{dry, find, find_one_of, named_device, session, settings};
use crate::args::{Global, Predict};
use crate::input::{self, Asking};
use crate::session::{Ended, Existing};
use crate::tasks::{self, ForTask, for_task};

/// Answers every record of the input.
///
/// # Errors
/// As [`input::answer`], and settings that make no sense.
pub fn predict(arguments: &Predict, global: &Global) -> Result<Ended> {
    let session = session(global, Existing::Refuse);
    let checkpoint = match &arguments.task {
        Some(task) => find(&session, &arguments.run, Some(task))?,
        None => find_one_of(&session, &arguments.run, tasks::NAMES, "--task")?,
    };
    let task = arguments.task.clone().unwrap_or_else(|| checkpoint.manifest().kind.clone());
    let folder = checkpoint.folder().to_path_buf();
    for_task(&task, Predicting { checkpoint, arguments, global }).unwrap_or_else(|| {
        Err(miette!(
            help = format!("`cimiento finetune` makes a run that answers: {}", tasks::NAMES.join(", ")),
            "{}: this is a {task} run, which answers no records",
            folder.display()
        ))
    })
}

struct Predicting<'a> {
    checkpoint: Checkpoint,
    arguments: &'a Predict,
    global: &'a Global,
}

impl ForTask for Predicting<'_> {
    type Output = Result<Ended>;

    fn run<T: Task>(self) -> Result<Ended> {
        let Self { checkpoint, arguments, global } = self;
        let (settings, state) = checkpoint.task::<T>().into_diagnostic()?;
        let what = format!("settings of {}", checkpoint.folder().display());
        let backbone = &checkpoint.manifest().backbone;
        let settings = settings::edited::<T>(&settings, &global.set, &what, backbone)?;
        let device = named_device(global).open().into_diagnostic()?;
        if global.dry_run {
            input::check::<T::Record>(&arguments.input, T::PLAIN, T::FIELDS)?;
            let text = toml::to_string(&settings).into_diagnostic()?;
            return dry(&text, &format!("would answer with {}", checkpoint.folder().display()));
        }
        let mut answering = Answering::<T>::open(&checkpoint, settings, state, &arguments.input, device)?;
        if let Some(seed) = global.seed
            && !answering.task.reseed(seed)
        {
            tracing::warn!("--seed changes nothing: with these settings {} draws nothing by chance", T::NAME);
        }
        let ended = input::answer(&arguments.input, arguments.batch as usize, &mut answering)?;
        answering.tell(&arguments.input);
        if answering.truncated > 0 {
            eprintln!("{} texts were cut to fit the context", answering.truncated);
        }
        Ok(ended)
    }
}

impl<T: Task> Asking for Answering<T> {
    type Record = T::Record;
    type Example = T::Example;
    type Answer = T::Answer;
    const PLAIN: Option<&'static str> = T::PLAIN;
    const FIELDS: &'static [Field] = T::FIELDS;

    fn prepare(&mut self, located: Located<T::Record>) -> Result<T::Example, String> {
        self.example(&located.record)
    }

    fn answer(&mut self, examples: &[T::Example]) -> Vec<T::Answer> {
        self.answers(examples)
    }
}
