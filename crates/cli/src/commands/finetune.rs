//! `cimiento finetune`: a pretraining checkpoint, a fresh head, labelled records.

use burn::module::Module;
use cimiento_core::checkpoint::{Card, Checkpoint, PRETRAINING, TaskCard};
use cimiento_core::evaluate::{self, ExamplesError, Report};
use cimiento_core::feed::ExampleFeed;
use cimiento_core::files;
use cimiento_core::memory::{self, Training};
use cimiento_core::objective::{Model, Task};
use cimiento_core::order;
use cimiento_core::params;
use cimiento_core::records::{Located, Source};
use cimiento_core::trainer::{Criterion, TrainConfig, Trainer};
use miette::{IntoDiagnostic, Result, miette};

use super::demand;
use crate::config::{Finetune, StartWeights};
use crate::diagnostic::Loaded;
use crate::session::{Ended, Session};
use crate::tasks::{ForTask, for_task};

/// Trains a head (and its backbone, unless frozen) as `loaded` says.
pub fn finetune(loaded: &Loaded<Finetune>, session: &Session) -> Result<Ended> {
    let name = loaded.config.task.name();
    for_task(name, Finetuning { loaded, session }).expect("a config's task is in the list")
}

struct Finetuning<'a> {
    loaded: &'a Loaded<Finetune>,
    session: &'a Session,
}

impl ForTask for Finetuning<'_> {
    type Output = Result<Ended>;

    fn run<T: Task>(self) -> Result<Ended> {
        let (config, session) = (&self.loaded.config, self.session);
        let device = config.device.open().into_diagnostic()?.autodiff();
        let start_point = session.checkpoint(&config.from.run)?;
        if start_point.manifest().kind != PRETRAINING {
            return Err(miette!(
                help = "from.run must name a run of `cimiento pretrain`",
                "{}: this is a {} checkpoint, a pretraining one is needed",
                start_point.folder().display(),
                start_point.manifest().kind
            ));
        }
        let tokenizer = start_point.tokenizer().into_diagnostic()?;
        let shape = start_point.manifest().backbone.clone();

        let data = data_hash(config, session)?;
        let train = records::<T>(&config.data.train, session)?;
        let validation = records::<T>(&config.data.validation, session)?;
        let settings: T::Config = serde_json::from_value(config.task.settings()).into_diagnostic()?;
        let plain: Vec<T::Record> = train.iter().map(|located| located.record.clone()).collect();
        let path = session.source(&config.data.train[0])?.path.display().to_string();
        let unusable = |source| ExamplesError::Survey { path, source };
        let state = T::survey(&settings, &plain).map_err(unusable).into_diagnostic()?;
        let task = T::new(settings, state.clone(), tokenizer.clone(), shape.context);
        let limit = config.data.max_misaligned;
        let (train, report) = evaluate::encode(&task, &train, limit).into_diagnostic()?;
        tell("training", &report);
        let (validation, report) = evaluate::encode(&task, &validation, limit).into_diagnostic()?;
        tell("validation", &report);

        let course = TrainConfig { steps: steps(config, train.len()), ..config.train.clone() };
        if data != data_hash(config, session)? {
            return Err(miette!(
                help = "run the command again when they are complete",
                "the data of {} changed while they were being read",
                config.run
            ));
        }
        let identity = identity(config, &start_point, &data)?;
        let folder = session.run(&config.run);
        let _writer = session.writer(&folder)?;
        let Some(start) = session.begin(&folder, &identity, &self.loaded.text)? else {
            eprintln!("{}: already finished", config.run);
            return Ok(Ended::Finished);
        };

        let mut rng = order::rng(course.seed, 0, 0);
        let backbone = match config.from.weights {
            StartWeights::Pretrained => start_point.backbone(&device).into_diagnostic()?,
            StartWeights::Scratch => shape.init(&mut rng, &device),
        };
        let backbone = backbone.with_dropout(course.dropout);
        let backbone = match &config.lora {
            _ if config.from.freeze => backbone.freeze().with_dropout(0.0),
            Some(lora) => backbone.with_lora(lora, &mut rng, &device).map_err(|why| miette!("{why}"))?,
            None => backbone,
        };
        let model = Model { backbone, head: task.head(&shape, &mut rng, &device) };
        if model.head.num_params() == 0 && !shape.writes() {
            return Err(miette!(
                help = "name a run that `cimiento generate` can use",
                "the task {} writes, and the backbone of {} is an encoder, which does not",
                T::NAME,
                config.from.run
            ));
        }
        if config.from.freeze && model.head.num_params() == 0 {
            return Err(miette!(
                help = "remove from.freeze",
                "the task {} has no weights of its own: with the backbone frozen there is nothing to train",
                T::NAME
            ));
        }
        let batch = &config.batch;
        let micro_batch = if batch.micro_size == 0 { batch.size } else { batch.micro_size };
        let inner = device.clone().without_autodiff();
        let first = &train[..micro_batch.min(train.len())];
        let learned = params::trainable(&model).values().map(|values| values.shape().num_elements()).sum();
        let training = Training {
            backbone: &shape,
            optimizer: &config.optimizer,
            learned,
            average: course.average > 0.0,
            tokens: task.tokens(&task.collate(first, 0.0, &mut order::rng(0, 0, 0), &inner)),
        };
        demand::check(&memory::demand(&training), config.device)?;
        let card = TaskCard { config: config.task.settings(), state: serde_json::to_value(state).into_diagnostic()? };
        let trainer = Trainer {
            objective: &task,
            feed: &ExampleFeed { examples: train, batch: batch.size, micro_batch, seed: course.seed },
            folder: &folder,
            card: Card {
                kind: T::NAME.into(),
                identity,
                backbone: shape,
                task: Some(card),
                lora: config.lora.clone(),
                origin: None,
                data: Some(data),
            },
            tokenizer: &tokenizer,
            config: &course,
            optimizer: &config.optimizer,
            schedule: &config.schedule,
            judge: &|model| evaluate::evaluate(&task, model, &validation, &inner).1,
            criterion: Criterion { metric: T::METRIC.into(), higher_is_better: true },
        };
        session.train(&trainer, model, &config.run, start, || Ok(()))
    }
}

/// All records of some sources.
pub fn records<T: Task>(sources: &[Source], session: &Session) -> Result<Vec<Located<T::Record>>> {
    let mut all = Vec::new();
    for source in sources {
        all.extend(evaluate::read_records::<T>(&session.source(source)?).into_diagnostic()?);
    }
    Ok(all)
}

/// Says what became of a file's records.
fn tell(what: &str, report: &Report) {
    eprint!("{what}: {} records", report.rows);
    if report.truncated > 0 {
        eprint!(", {} texts cut to fit the context", report.truncated);
    }
    if report.misaligned > 0 {
        eprint!(", {} left out because their answer does not occur in the passage", report.misaligned);
    }
    eprintln!();
}

fn steps(config: &Finetune, examples: usize) -> u64 {
    match config.train.steps {
        0 => ((config.batch.epochs * examples as f64 / config.batch.size as f64).ceil() as u64).max(1),
        steps => steps,
    }
}

/// A hash of what is learned from and of what is validated on.
fn data_hash(config: &Finetune, session: &Session) -> Result<String> {
    let hashes = [&config.data.train, &config.data.validation].map(|sources| session.sources_hash(sources));
    let [learned, watched] = hashes;
    Ok(files::hash_bytes(format!("{}\n{}", learned?, watched?).as_bytes()))
}

/// A hash of everything that decides the weights.
fn identity(config: &Finetune, start: &Checkpoint, data: &str) -> Result<String> {
    let neutral = TrainConfig::default();
    let train = TrainConfig { save_every: neutral.save_every, keep_last: neutral.keep_last, ..config.train.clone() };
    let fingerprint = start.fingerprint().into_diagnostic()?;
    let decisive = (
        (&config.task, &config.data, data, &config.from.weights, config.from.freeze, &config.lora),
        (&config.batch, train, &config.optimizer, &config.schedule, fingerprint),
    );
    Ok(files::hash_bytes(serde_json::to_string(&decisive).into_diagnostic()?.as_bytes()))
}
