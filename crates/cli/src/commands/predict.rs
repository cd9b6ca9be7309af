//! `cimiento predict`: records in, answers out, in the same order.

use cimiento_core::checkpoint::Checkpoint;
use cimiento_core::objective::{EncodeError, Task};
use cimiento_core::records::Located;
use miette::{IntoDiagnostic, Result, miette};

use super::{dry, find, named_device, session, settings};
use crate::args::{Global, Predict};
use crate::input;
use crate::session::{Ended, Existing};
use crate::tasks::{ForTask, for_task};

/// Answers every record of the input.
///
/// # Errors
/// The first record that cannot be read or used, by line; what stands before it has been answered.
pub fn predict(arguments: &Predict, global: &Global) -> Result<Ended> {
    let session = session(global, Existing::Refuse);
    let checkpoint = find(&session, &arguments.run, Some(&arguments.task))?;
    for_task(&arguments.task, Predicting { checkpoint, arguments, global }).expect("clap has checked the task's name")
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
            let text = toml::to_string(&settings).into_diagnostic()?;
            return dry(&text, &format!("would answer with {}", checkpoint.folder().display()));
        }
        let tokenizer = input::tokenizer(&checkpoint, &arguments.input)?;
        let task = T::new(settings, state, tokenizer, backbone.context);
        let model = checkpoint.model(&task, &device).into_diagnostic()?;
        let mut truncated = 0;
        let records = input::records::<T::Record>(&arguments.input, T::PLAIN)?;
        input::in_batches(records, arguments.batch as usize, |batch| {
            let mut examples = Vec::with_capacity(batch.len());
            let mut bad = None;
            for located in &batch {
                match task.encode(&located.record, false) {
                    Ok(encoded) => {
                        truncated += usize::from(encoded.truncated);
                        examples.push(encoded.example);
                    }
                    Err(e) => {
                        bad = Some(unusable(located, &e));
                        break;
                    }
                }
            }
            input::print_lines(&task.answer(&model, &examples, &device))?;
            bad.map_or(Ok(()), Err)
        })?;
        if truncated > 0 {
            eprintln!("{truncated} texts were cut to fit the context");
        }
        Ok(Ended::Finished)
    }
}

fn unusable<R>(located: &Located<R>, error: &EncodeError) -> miette::Report {
    miette!("{}:{}: {error}", located.path.display(), located.line)
}
