//! What a sweep would do: its trials, each with a checked config, and the commands that make them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::thread;

use cimiento_core::device::DeviceName;
use cimiento_core::memory;
use miette::{IntoDiagnostic, Result, WrapErr, miette};
use toml::Value;

use super::direction;
use super::folders::{Course, Folders};
use super::ranking::shell;
use super::trials::{Trial, assignments, trials};
use super::written::Written;
use crate::args::Global;
use crate::commands::preflight::{self, Made};
use crate::commands::pretrain;
use crate::config::sweep::Training;
use crate::config::{Finetune, Pretrain, Sweep};
use crate::diagnostic::{self, Loaded};
use crate::results::aligned;
use crate::session::Session;

/// Trials that can be made.
pub struct Plan<'a> {
    /// The sweep.
    pub loaded: &'a Loaded<Sweep>,
    /// What is tried.
    pub trials: Vec<Trial>,
    /// The config of each, as its run will keep it.
    pub texts: Vec<String>,
    /// The config they are made from.
    config: PathBuf,
    /// Where they are computed.
    devices: Vec<DeviceName>,
    /// Memory that the largest of them takes, as far as that is known before the data are read.
    memory: u64,
}

impl<'a> Plan<'a> {
    /// Works out all trials and checks the config of each. `shared` is what the command line sets for all, `runs` the
    /// folder of all runs: a trial whose folder is there keeps it, and one whose name is taken by another gets a name of
    /// its own, so that a sweep which was changed replaces nothing.
    ///
    /// # Errors
    /// As those of the trials' own command, naming the trial.
    pub fn new(loaded: &'a Loaded<Sweep>, shared: &[String], runs: &Path) -> Result<Self> {
        let sweep = &loaded.config;
        for key in shared.iter().filter_map(|set| Some(set.split_once('=')?.0.trim())) {
            if sweep.keys().iter().any(|other| other == key) {
                return Err(miette!("axes.{key}: the command line sets {key} for all trials (--device, --seed)"));
            }
        }
        let mut plan = Self {
            loaded,
            trials: trials(sweep, &Written::of_text(&loaded.text))?,
            texts: Vec::new(),
            config: loaded.path.parent().unwrap_or(Path::new("")).join(&sweep.config),
            devices: Vec::new(),
            memory: 0,
        };
        let mut folders = Folders::of(&runs.join(&sweep.run), sweep.verb);
        for trial in 0..plan.trials.len() {
            let sets =
                |plan: &Self| plan.sets(trial).into_iter().chain(shared.iter().cloned()).collect::<Vec<String>>();
            let name = plan.trials[trial].name.clone();
            let (course, text) = plan.resolve(&sets(&plan)).wrap_err_with(|| format!("trial {name}"))?;
            let folder = folders.take(&name, course).map_err(|other| {
                miette!(help = "remove one of them", "two trials are the same training: {other} and {name}")
            })?;
            let same = folder == name;
            plan.trials[trial].name = folder;
            let text = if same { text } else { plan.resolve(&sets(&plan))?.1 };
            plan.texts.push(text);
        }
        Ok(plan)
    }

    /// Whether the first trial finds what it needs; the others need the same, but for what an axis changes.
    ///
    /// # Errors
    /// What is missing or cannot be read.
    pub fn check(&self, session: &Session) -> Result<()> {
        self.check_goal(session)?;
        let sets = self.sets(0);
        match self.sweep().verb {
            Training::Pretrain => pretrain::check(&diagnostic::load(&self.config, &sets)?, session).map(|_| ()),
            Training::Finetune => {
                let loaded = diagnostic::load::<Finetune>(&self.config, &sets)?;
                preflight::finetune(&loaded.config, &session.of_config(&self.config), &Made::new())
            }
        }
    }

    /// Whether the goal runs the way its metric does, as far as that is known before the first trial.
    ///
    /// # Errors
    /// How it is written right.
    pub fn check_goal(&self, session: &Session) -> Result<()> {
        let goal = &self.sweep().goal;
        let better = match self.sweep().verb {
            Training::Pretrain => Some(direction::OF_PRETRAINING),
            Training::Finetune => {
                let config = diagnostic::load::<Finetune>(&self.config, &self.sets(0))?.config;
                direction::of_finetuning(goal.metric(), &config, &session.of_config(&self.config))
            }
        };
        better.map_or(Ok(()), |better| direction::agrees(goal, better))
    }

    /// Takes up one more config: what training it means, and its text.
    fn resolve(&mut self, sets: &[String]) -> Result<(Course, String)> {
        let (course, text, device) = match self.sweep().verb {
            Training::Pretrain => {
                let loaded = diagnostic::load::<Pretrain>(&self.config, sets)?;
                self.memory = self.memory.max(pretrain::memory_estimate(&loaded.config)?.total());
                let device = loaded.config.device;
                (Course::of(&loaded.config), loaded.text, device)
            }
            Training::Finetune => {
                let loaded = diagnostic::load::<Finetune>(&self.config, sets)?;
                let device = loaded.config.device;
                (Course::of(&loaded.config), loaded.text, device)
            }
        };
        if !self.devices.contains(&device) {
            device.open().into_diagnostic()?;
            self.devices.push(device);
        }
        Ok((course, text))
    }

    /// Its config.
    pub fn sweep(&self) -> &'a Sweep {
        &self.loaded.config
    }

    /// The run of a trial.
    pub fn run(&self, trial: usize) -> String {
        format!("{}/{}", self.sweep().run, self.trials[trial].name)
    }

    /// What a trial changes in its config.
    fn sets(&self, trial: usize) -> Vec<String> {
        let own = format!("run={}", Value::String(self.run(trial)));
        std::iter::once(own).chain(self.changes(trial)).collect()
    }

    /// The same but for its name.
    fn changes(&self, trial: usize) -> Vec<String> {
        [self.sweep().set.clone(), assignments(&self.trials[trial].settings)].concat()
    }

    /// What this program is called with to make a trial.
    pub fn arguments(&self, trial: usize, session: &Session, global: &Global) -> Vec<OsString> {
        let mut arguments: Vec<OsString> = vec![self.verb().into(), self.config.clone().into(), "--trial".into()];
        arguments.extend(options("--set", self.sets(trial)).map(OsString::from));
        arguments.extend(self.shared(global).map(OsString::from));
        arguments.extend(["--runs-dir".into(), session.runs.clone().into()]);
        if session.folders.given {
            arguments.extend(["--data-dir".into(), session.folders.data.clone().into()]);
        }
        arguments.extend(global.quiet.then_some("--quiet".into()));
        arguments.extend((0..global.verbose).map(|_| "--verbose".into()));
        arguments
    }

    /// What a person types to train the same as a run of its own.
    pub fn command(&self, trial: usize, global: &Global) -> String {
        let mut words = vec!["cimiento".into(), self.verb().into(), self.config.display().to_string()];
        // The config's own name may be taken, by the run that is to be bettered.
        let run = Value::String(format!("{}-{}", self.sweep().run, self.trials[trial].name));
        words.extend(options("--set", [format!("run={run}")]));
        words.extend(options("--set", self.changes(trial)));
        words.extend(self.shared(global));
        if global.runs_dir != Path::new("runs") {
            words.extend(["--runs-dir".into(), global.runs_dir.display().to_string()]);
        }
        words.extend(options("--data-dir", global.data_dir.iter().map(|path| path.display().to_string())));
        shell(&words)
    }

    fn verb(&self) -> &'static str {
        match self.sweep().verb {
            Training::Pretrain => "pretrain",
            Training::Finetune => "finetune",
        }
    }

    fn shared(&self, global: &Global) -> impl Iterator<Item = String> + use<> {
        let device = options("--device", global.device.map(|device| device.to_string()));
        device.chain(options("--seed", global.seed.map(|seed| seed.to_string())))
    }

    /// How many trials are made at once, and how many threads each has.
    pub fn side_by_side(&self) -> (usize, usize) {
        let asked = std::env::var("RAYON_NUM_THREADS").ok().and_then(|number| number.parse().ok());
        let cores = asked.filter(|cores| *cores > 0);
        let cores = cores.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from));
        let on_processor = |device: &DeviceName| matches!(device, DeviceName::Cpu | DeviceName::Ndarray);
        let at_once = match self.sweep().parallel {
            0 if !self.devices.iter().all(on_processor) => 1,
            0 => {
                let fit = memory::available().and_then(|free| free.checked_div(self.memory));
                fit.map_or(cores, |fit| cores.min(fit as usize).max(1))
            }
            wanted => wanted,
        };
        let at_once = at_once.min(self.trials.len());
        (at_once, (cores / at_once).max(1))
    }

    /// The sweep's config, and its trials as comments beneath it.
    pub fn text(&self) -> String {
        let line = |trial: &Trial| vec![trial.name.clone(), assignments(&trial.settings).join("  ")];
        let list = aligned(&self.trials.iter().map(line).collect::<Vec<_>>());
        let list: String = list.lines().map(|line| format!("#{line}\n")).collect();
        format!("{}\n# ── {} trials ──\n{list}", self.loaded.text.trim_end(), self.trials.len())
    }
}

/// An option before each of its values.
fn options(name: &'static str, values: impl IntoIterator<Item = String>) -> impl Iterator<Item = String> {
    values.into_iter().flat_map(move |value| [name.to_string(), value])
}
