//! From a config, or the stages of a pipeline, to the sets there are: each once, whoever names it how often.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use cimiento_data::corpus::CorpusConfig;
use cimiento_data::records::Source;
use cimiento_data::unusable::Tolerance;
use miette::{IntoDiagnostic, Result, miette};
use serde_json::json;

use crate::commands::run;
use crate::config::{Cloze, Evaluate, Finetune, Pipeline, Pretrain, TaskData, Variant, Verb};
use crate::diagnostic;
use crate::session::Session;
use crate::tasks::TaskConfig;

/// All sets that a config names, and which are learned from.
#[derive(Default)]
pub struct Plan {
    /// Text to pretrain on.
    pub corpora: Vec<(String, CorpusConfig)>,
    /// Records to fine-tune on, with those that judge it.
    pub groups: Vec<Group>,
    /// Texts that backbones are judged by.
    pub texts: Vec<(String, Vec<Source>, Tolerance)>,
    /// What `--against` names.
    pub against: Vec<(String, Vec<Source>)>,
    /// Sets that cannot be checked, and why.
    pub skipped: Vec<(String, String)>,
}

/// A training set of a task and the sets that judge what was learned.
pub struct Group {
    /// What the run is called.
    pub name: String,
    /// The task and its settings.
    pub task: TaskConfig,
    /// A run whose tokenizer and context it has, if it exists.
    pub run: String,
    /// Records to learn from.
    pub train: Vec<Source>,
    /// How many of them may be left out.
    pub tolerance: Tolerance,
    /// Records to be judged by.
    pub exams: Vec<Exam>,
    /// Where training holds some of its records out for validation.
    pub held_out: Option<TaskData>,
}

/// Records to be judged by.
pub struct Exam {
    /// What they are called.
    pub name: String,
    /// Validated on while training, rather than reported.
    pub validation: bool,
    /// Where they are.
    pub sources: Vec<Source>,
    /// How many of them may be left out.
    pub tolerance: Tolerance,
}

impl Plan {
    /// What the config at `path`, edited by `sets`, names.
    ///
    /// # Errors
    /// When it is no config, or a wrong one.
    pub fn new(path: &Path, sets: &[String], against: &[PathBuf], session: &Session) -> Result<Self> {
        let mut plan = Self::default();
        for path in against {
            let mut sources = vec![Source::new(path)];
            // On the command line a path is relative to the working folder, as ever, or else as in a config.
            if path.exists() {
                sources[0].path = std::path::absolute(path).into_diagnostic()?;
            } else {
                session.settle(&mut sources)?;
            }
            plan.against.push((path.display().to_string(), sources));
        }
        match kind(path)? {
            Kind::Stage(verb) => plan.stage(verb, path, sets, session, &mut BTreeMap::new())?,
            Kind::Pipeline => {
                let loaded = diagnostic::load::<Pipeline>(path, sets)?;
                let mut runs = BTreeMap::new();
                for stage in &loaded.config.stages {
                    let (path, sets) = run::stage_config(&loaded.config, path, stage, &[]);
                    plan.stage(stage.verb, &path, &sets, session, &mut runs)?;
                }
            }
        }
        Ok(plan)
    }

    /// Takes up one stage. `runs` says which group each run of an earlier stage belongs to.
    fn stage(
        &mut self,
        verb: Verb,
        path: &Path,
        sets: &[String],
        session: &Session,
        runs: &mut BTreeMap<String, usize>,
    ) -> Result<()> {
        let session = &session.of_config(path);
        match verb {
            Verb::Pretrain => {
                let mut config = diagnostic::load::<Pretrain>(path, sets)?.config;
                session.settle_corpus(&mut config.corpus)?;
                if self.corpora.iter().all(|(_, known)| *known != config.corpus) {
                    self.corpora.push((last(&config.run), config.corpus));
                }
            }
            Verb::Finetune => {
                let mut config = diagnostic::load::<Finetune>(path, sets)?.config;
                let name = last(&config.run);
                // What an earlier stage is yet to make is not there to be looked at.
                config.data.train.retain(|source| session.made(source).is_none_or(|path| path.exists()));
                session.settle(&mut config.data.train)?;
                session.settle(&mut config.data.validation)?;
                let tolerance = config.data.tolerance();
                let held_out = config.data.validation.is_empty().then(|| config.data.clone());
                let validation = Exam {
                    name: format!("{name} validation"),
                    validation: true,
                    sources: config.data.validation,
                    tolerance,
                };
                let group = Group {
                    name,
                    task: config.task,
                    run: config.from.run,
                    train: config.data.train,
                    tolerance,
                    exams: if held_out.is_none() { vec![validation] } else { Vec::new() },
                    held_out,
                };
                let index = self.group(group);
                runs.insert(config.run, index);
            }
            Verb::Cloze => {
                let mut config = diagnostic::load::<Cloze>(path, sets)?.config;
                session.settle_corpus(&mut config.corpus)?;
                if self.corpora.iter().all(|(_, known)| *known != config.corpus) {
                    self.corpora.push((last(&config.run), config.corpus));
                }
            }
            Verb::Evaluate => {
                let mut config = diagnostic::load::<Evaluate>(path, sets)?.config;
                config.sources().try_for_each(|sources| session.settle(sources))?;
                self.evaluation(config, session, runs);
            }
        }
        Ok(())
    }

    fn evaluation(&mut self, config: Evaluate, session: &Session, runs: &BTreeMap<String, usize>) {
        for (_, dataset, split, sources, tolerance) in config.zero_shot() {
            if self.texts.iter().all(|(_, known, _)| known != sources) {
                self.texts.push((format!("{dataset} {split}"), sources.to_vec(), tolerance));
            }
        }
        for entry in config.tasks {
            let name = format!("{} {}", entry.dataset, entry.split);
            let exam = || Exam {
                name: name.clone(),
                validation: false,
                sources: entry.data.clone(),
                tolerance: entry.tolerance(),
            };
            let planned: Vec<usize> =
                entry.runs.iter().flat_map(Variant::names).filter_map(|run| runs.get(run).copied()).collect();
            planned.iter().for_each(|index| self.groups[*index].add(exam()));
            if !planned.is_empty() {
                continue;
            }
            match entry.runs.iter().flat_map(Variant::names).find_map(|run| Some((run, trained(run, session)?))) {
                Some((run, task)) => {
                    let group = Group {
                        name: entry.dataset.clone(),
                        task,
                        run: run.clone(),
                        train: entry.baseline_train.clone().unwrap_or_default(),
                        tolerance: entry.tolerance(),
                        exams: vec![exam()],
                        held_out: None,
                    };
                    self.group(group);
                }
                None => {
                    let names: Vec<&str> = entry.runs.iter().flat_map(Variant::names).map(String::as_str).collect();
                    self.skipped.push((name, names.join(", ")));
                }
            }
        }
    }

    /// Takes up a group, and says where: where its task and training set are already, or at the end.
    fn group(&mut self, group: Group) -> usize {
        let same = |known: &Group| {
            !group.train.is_empty() && known.task.name() == group.task.name() && known.train == group.train
        };
        match self.groups.iter().position(same) {
            Some(index) => {
                group.exams.into_iter().for_each(|exam| self.groups[index].add(exam));
                index
            }
            None => {
                self.groups.push(group);
                self.groups.len() - 1
            }
        }
    }
}

impl Group {
    fn add(&mut self, exam: Exam) {
        if self.exams.iter().all(|known| known.sources != exam.sources) {
            self.exams.push(exam);
        }
    }
}

/// What a run was fine-tuned for, if it exists.
fn trained(run: &str, session: &Session) -> Option<TaskConfig> {
    let checkpoint = session.checkpoint(run).ok()?;
    let manifest = checkpoint.manifest();
    let settings = manifest.task.as_ref()?.config.clone();
    serde_json::from_value(json!({ manifest.kind.clone(): settings })).ok()
}

/// `quickstart/pretrain` is `pretrain`.
fn last(run: &str) -> String {
    run.rsplit('/').next().unwrap_or(run).to_string()
}

enum Kind {
    Pipeline,
    Stage(Verb),
}

/// Which config it is: each kind has a table that no other has.
fn kind(path: &Path) -> Result<Kind> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let Ok(table) = toml::from_str::<toml::Table>(&text) else {
        // Reading it as any kind tells what is wrong.
        diagnostic::load::<Pipeline>(path, &[])?;
        return Ok(Kind::Pipeline);
    };
    let has = |keys: &[&str]| keys.iter().any(|key| table.contains_key(*key));
    if has(&["stages"]) {
        Ok(Kind::Pipeline)
    } else if has(&["corpus"]) && has(&["questions", "seed"]) {
        Ok(Kind::Stage(Verb::Cloze))
    } else if has(&["corpus"]) {
        Ok(Kind::Stage(Verb::Pretrain))
    } else if has(&["from", "task", "data"]) {
        Ok(Kind::Stage(Verb::Finetune))
    } else if has(&["tasks", "texts", "endings", "pairs"]) {
        Ok(Kind::Stage(Verb::Evaluate))
    } else if table.is_empty() {
        diagnostic::load::<Pipeline>(path, &[])?;
        Ok(Kind::Pipeline)
    } else {
        Err(miette!(
            help = "a config of pretrain has [corpus], one of finetune [data], one of evaluate [[tasks]], [[texts]], [[endings]] or [[pairs]], one of run [[stages]]",
            "{}: this is no config of pretrain, finetune, evaluate or run",
            path.display()
        ))
    }
}
