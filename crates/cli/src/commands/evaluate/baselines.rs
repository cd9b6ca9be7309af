//! What baselines learn from: what the config names, or else what the first run itself has learned from.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use cimiento_core::evaluate::Gathered;
use cimiento_core::objective::Task;
use cimiento_data::content::Content;
use cimiento_data::records::{Located, Source};
use cimiento_data::unusable::{OnBad, Tolerance};
use miette::Result;

use crate::commands::finetune;
use crate::config::{Finetune, TaskEvaluation, Variant};
use crate::diagnostic;
use crate::session::Session;

/// Where the records come from.
pub enum Training {
    /// The config names them; an empty list means that there are to be no baselines.
    Named(Vec<Source>),
    /// Those of the first run.
    OfRun(Box<Finetune>),
    /// Nothing was named and nothing found; why not.
    Unknown(String),
}

impl Training {
    /// Finds them for an entry.
    pub fn of(entry: &TaskEvaluation, session: &Session) -> Self {
        match &entry.baseline_train {
            Some(sources) => Self::Named(sources.clone()),
            None => {
                let first = entry.runs.iter().flat_map(Variant::names).next().expect("every variant has a run");
                of_run(first, session).unwrap_or_else(Self::Unknown)
            }
        }
    }

    /// How many of them may be left out, where that is another run's decision.
    pub fn tolerance(&self) -> Option<Tolerance> {
        match self {
            Self::OfRun(config) => Some(config.data.tolerance()),
            Self::Named(_) | Self::Unknown(_) => None,
        }
    }

    /// All of them.
    pub fn sources(&self) -> &[Source] {
        match self {
            Self::Named(sources) => sources,
            Self::OfRun(config) => &config.data.train,
            Self::Unknown(_) => &[],
        }
    }

    /// Reads them; `None` where there are to be no baselines, or can be none.
    ///
    /// # Errors
    /// Named records that cannot be read.
    pub fn records<T: Task>(&self, on_bad: OnBad, session: &Session) -> Result<Option<Gathered<T::Record>>> {
        match self {
            Self::Named(sources) if sources.is_empty() => Ok(None),
            Self::Named(sources) => finetune::records::<T>(sources, on_bad, session).map(Some),
            // What was held out of them for validation was not learned from.
            Self::OfRun(config) => {
                let data = &config.data;
                if !data.validation.is_empty() {
                    return Ok(finetune::records::<T>(&data.train, data.on_bad, session).ok());
                }
                let settings = serde_json::from_value(config.task.settings()).ok();
                let found = settings.and_then(|settings| finetune::labelled::<T>(&settings, data, session).ok());
                Ok(found.map(|found| found.train))
            }
            Self::Unknown(_) => Ok(None),
        }
    }

    /// Warns of records whose texts the first run has learned from, if these are what was `found`.
    pub fn warn_of_known<T: Task>(
        &self,
        entry: &TaskEvaluation,
        records: &Gathered<T::Record>,
        found: Option<&Gathered<T::Record>>,
    ) {
        let (Self::OfRun(config), Some(found)) = (self, found) else { return };
        let hash = |located: &Located<T::Record>| {
            let Content { text, shared, .. } = T::content(&located.record);
            let mut hasher = DefaultHasher::new();
            (text.trim(), shared.as_deref().map(str::trim)).hash(&mut hasher);
            hasher.finish()
        };
        let learned: HashSet<u64> = found.records.iter().map(hash).collect();
        let known = records.records.iter().filter(|located| learned.contains(&hash(located))).count();
        if known > 0 {
            let TaskEvaluation { dataset, split, .. } = entry;
            eprintln!(
                "warning: {dataset} {split}: {known} of {} records are among the training records of {}: scores on them do \
                 not say how well it does on new ones",
                records.records.len(),
                config.run
            );
        }
    }

    /// Says on stderr what was decided where the config does not say it, and whether it could be read.
    pub fn tell(&self, entry: &TaskEvaluation, readable: bool) {
        let TaskEvaluation { dataset, split, .. } = entry;
        let paths: Vec<String> = self.sources().iter().map(|source| source.path.display().to_string()).collect();
        let paths = paths.join(", ");
        let remedy = "name records with `baseline_train`, or set baseline_train = [] for none";
        match self {
            Self::Named(_) => {}
            Self::OfRun(..) if readable => {
                eprintln!("{dataset} {split}: baselines learn from the first run's own training data, {paths}");
            }
            Self::OfRun(..) => {
                eprintln!(
                    "{dataset} {split}: no baselines, as the first run's training data, {paths}, cannot be read: {remedy}"
                );
            }
            Self::Unknown(why) => eprintln!("{dataset} {split}: no baselines, as {why}: {remedy}"),
        }
    }
}

/// The training data of a run, by the config in its folder.
fn of_run(run: &str, session: &Session) -> Result<Training, String> {
    let checkpoint = session.checkpoint(run).map_err(|e| e.to_string())?;
    let folder = checkpoint.folder();
    let mut folders = std::iter::once(folder).chain(folder.parent());
    let config = folders.find_map(|folder| Some(folder.join("config.toml")).filter(|path| path.is_file()));
    let config = config.ok_or_else(|| format!("{run} keeps no config.toml that names its training data"))?;
    let loaded = diagnostic::load::<Finetune>(&config, &[]);
    let mut loaded = loaded.map_err(|_| format!("{} does not name training data", config.display()))?.config;
    // Its paths are another config's than that of the evaluation.
    let session = session.of_config(&config);
    let train = &mut loaded.data.train;
    if !session.is_here(train.iter()).unwrap_or(false) {
        return Err(format!("the training data of {run} are not here"));
    }
    for source in train {
        let found = session.source(source).map_err(|e| e.to_string())?;
        *source = Source { path: std::path::absolute(&found.path).map_err(|e| e.to_string())?, ..found };
    }
    Ok(Training::OfRun(Box::new(loaded)))
}
