//! What would end a command badly, found before it begins: sources that are not there, first records that cannot be read,
//! runs that nobody has made.

use std::collections::BTreeMap;
use std::path::Path;

use cimiento_core::objective::Task;
use cimiento_data::corpus::CorpusConfig;
use cimiento_data::quality::strings::Strings;
use cimiento_data::records::{self, RecordError, Source};
use cimiento_data::unusable::{LeftOut, OnBad, Unusable};
use miette::{IntoDiagnostic, Result, miette};
use serde::de::DeserializeOwned;

use crate::config::{Evaluate, Finetune, Variant};
use crate::session::Session;
use crate::tasks::{ForTask, for_task};

/// Records of each source that are read.
const FIRST: usize = 100;

/// The task of each run that earlier stages of a pipeline will have made.
pub type Made = BTreeMap<String, String>;

/// What a fine-tuning needs: its backbone and its records.
///
/// # Errors
/// What is missing or cannot be read.
pub fn finetune(config: &Finetune, session: &Session, made: &Made) -> Result<()> {
    let data = &config.data;
    if !made.contains_key(&config.from.run) {
        session.checkpoint(&config.from.run)?;
    }
    task_records(config.task.name(), data.train.iter().chain(&data.validation), data.on_bad, session)
}

/// What an evaluation needs: its runs and its records.
///
/// # Errors
/// What is missing or cannot be read.
pub fn evaluate(config: &Evaluate, session: &Session, made: &Made) -> Result<()> {
    for (_, _, _, _, runs) in config.entries() {
        for run in runs.iter().flat_map(Variant::names).filter(|run| !made.contains_key(*run)) {
            session.checkpoint(run)?;
        }
    }
    for entry in &config.tasks {
        let Some(run) = entry.runs.iter().flat_map(Variant::names).next() else { continue };
        let kind = match made.get(run) {
            Some(task) => task.clone(),
            None => session.checkpoint(run)?.manifest().kind.clone(),
        };
        task_records(&kind, entry.data.iter().chain(entry.baseline_train.iter().flatten()), entry.on_bad, session)?;
    }
    let mut all = config.zero_shot().flat_map(|(_, _, _, data, tolerance)| data.iter().map(move |d| (d, tolerance)));
    all.try_for_each(|(source, tolerance)| first::<Strings>(source, Some(tolerance.on_bad), session))
}

/// The text of a corpus.
///
/// # Errors
/// What is missing or cannot be read.
pub fn corpus(config: &CorpusConfig, session: &Session) -> Result<()> {
    let as_it_is = Path::new("");
    let mut sources = config.sources.iter().map(|source| (source.records(as_it_is), source.on_bad));
    sources.try_for_each(|(source, on_bad)| first::<Document>(&source, Some(on_bad), session))?;
    config.exclude.iter().try_for_each(|source| first::<Strings>(source, None, session))
}

#[derive(serde::Deserialize)]
struct Document {
    #[serde(rename = "text")]
    _text: String,
}

/// The first records of sources of the task called `task`, if there is such a task.
fn task_records<'a>(
    task: &str,
    sources: impl Iterator<Item = &'a Source>,
    on_bad: OnBad,
    session: &Session,
) -> Result<()> {
    struct Records<'a> {
        sources: Vec<&'a Source>,
        on_bad: OnBad,
        session: &'a Session,
    }
    impl ForTask for Records<'_> {
        type Output = Result<()>;

        fn run<T: Task>(self) -> Result<()> {
            self.sources.into_iter().try_for_each(|source| first::<T::Record>(source, Some(self.on_bad), self.session))
        }
    }
    for_task(task, Records { sources: sources.collect(), on_bad, session }).unwrap_or(Ok(()))
}

/// Reads the first records of a source, unless the hub has it or a run will have made it; all of them, once one is bad, so
/// that all are told. Without `on_bad` a bad one can only be mended.
fn first<R: DeserializeOwned>(source: &Source, on_bad: Option<OnBad>, session: &Session) -> Result<()> {
    if session.made(source).is_some_and(|path| !path.exists()) || session.is_remote(source)? {
        return Ok(());
    }
    let (mut rows, mut bad) = (0, LeftOut::default());
    for record in records::read::<R>(&session.source(source)?).into_diagnostic()? {
        rows += 1;
        match record {
            Err(error) => match error.record().map(ToString::to_string) {
                Some(place) if on_bad == Some(OnBad::Error) => {
                    let why = error.to_string();
                    let why = why.strip_prefix(&format!("{place}: ")).unwrap_or(&why).to_owned();
                    bad.add(Unusable { place, why });
                }
                Some(_) if on_bad == Some(OnBad::Skip) => {}
                // What is wrong with records explains more than what that does to their file.
                _ if bad.count > 0 && !matches!(error, RecordError::Encoding { .. }) => break,
                _ => return Err(error).into_diagnostic(),
            },
            Ok(_) if rows >= FIRST && bad.count == 0 => break,
            Ok(_) => {}
        }
    }
    match bad.none(rows) {
        Err(only) if only.left_out.count == 1 => {
            Err(miette!(help = "mend it, or leave such records out with `on_bad = \"skip\"`", "{only}"))
        }
        told => told.into_diagnostic(),
    }
}
