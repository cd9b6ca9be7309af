//! `cimiento finetune`: a pretraining checkpoint, a fresh head, labelled records.

use std::collections::BTreeMap;

use burn::module::Module;
use cimiento_core::backbone::BackboneConfig;
use cimiento_core::checkpoint::{Card, Checkpoint, PRETRAINING, TaskCard, Texts};
use cimiento_core::device::Device;
use cimiento_core::evaluate::{self, Gathered, Report};
use cimiento_core::feed::ExampleFeed;
use cimiento_core::memory::{self, Training};
use cimiento_core::metrics::Scores;
use cimiento_core::objective::{Model, Task};
use cimiento_core::optimizer::{OptimizerConfig, ScheduleConfig};
use cimiento_core::params;
use cimiento_core::trainer::{Keep, TrainConfig, Trainer};
use cimiento_data::files;
use cimiento_data::order;
use cimiento_data::quality::Warning;
use cimiento_data::quality::hold_out::hold_out;
use cimiento_data::records::Source;
use cimiento_data::tokenizer::Tokenizer;
use cimiento_data::unusable::{LeftOut, OnBad, Tolerance};
use miette::{IntoDiagnostic, Result, miette};

use super::preflight::{self, Made};
use super::{demand, settings};
use crate::config::{Finetune, StartWeights, TaskData, to_hash};
use crate::diagnostic::Loaded;
use crate::session::{self, Ended, Existing, Inputs, Session};
use crate::tasks::{ForTask, for_task};
use crate::typed;

/// Trains a head (and its backbone, unless frozen) as `loaded` says.
pub fn finetune(loaded: &Loaded<Finetune>, session: &Session) -> Result<Ended> {
    finetuning(loaded, session, false)
}

/// Says on stderr what the training would take, and does nothing.
pub fn dry_run(loaded: &Loaded<Finetune>, session: &Session) -> Result<()> {
    let data = &loaded.config.data;
    session.may_begin(&session.run(&loaded.config.run))?;
    let of_config = session.of_config(&loaded.path);
    preflight::finetune(&loaded.config, &of_config, &Made::new())?;
    if !of_config.is_here(data.train.iter().chain(&data.validation))? {
        eprintln!("how much memory it takes, and whether a run can be resumed, is known once its data are here");
        return Ok(());
    }
    finetuning(loaded, session, true).map(|_| ())
}

fn finetuning(loaded: &Loaded<Finetune>, session: &Session, dry_run: bool) -> Result<Ended> {
    let (name, session) = (loaded.config.task.name(), &session.of_config(&loaded.path));
    for_task(name, Finetuning { loaded, session, dry_run }).expect("a config's task is in the list")
}

struct Finetuning<'a> {
    loaded: &'a Loaded<Finetune>,
    session: &'a Session,
    /// Stop before anything is written.
    dry_run: bool,
}

impl ForTask for Finetuning<'_> {
    type Output = Result<Ended>;

    fn run<T: Task>(self) -> Result<Ended> {
        let (config, session) = (&self.loaded.config, self.session);
        let device = config.device.open().into_diagnostic()?.autodiff();
        let start_point = session.checkpoint(&config.from.run)?;
        let tokenizer = start_point.tokenizer().into_diagnostic()?;
        let shape = start_point.manifest().backbone.clone();

        let settings: T::Config = serde_json::from_value(config.task.settings()).into_diagnostic()?;
        T::suits(&settings, &shape).map_err(|why| miette!("task.{}.{why}", T::NAME))?;
        if let Some(unused) = settings::unused::<T>(&settings)? {
            eprintln!("warning: {unused}");
        }
        let data = data_hash(config, session)?;
        let tolerance = config.data.tolerance();
        let Labelled { mut train, validation } = labelled::<T>(&settings, &config.data, session)?;
        let state = evaluate::survey::<T>(&settings, &mut train, tolerance.on_bad).into_diagnostic()?;
        let plain: Vec<T::Record> = train.records.iter().map(|located| located.record.clone()).collect();
        for Warning { what, advice } in T::warnings(&settings, &plain) {
            eprintln!("warning: training data: {what}; {}", typed::remedy(&advice));
        }
        let metric = T::metric(&settings);
        let task = T::new(settings.clone(), state.clone(), tokenizer.clone(), shape.context);
        let records = train;
        let held_out = config.data.validation.is_empty();
        // Of one set of records, the limit is on all together, whatever share of the bad ones is held out.
        let each = if held_out { Tolerance { max_skipped: 1.0, ..tolerance } } else { tolerance };
        let (train, report) = evaluate::encode(&task, &records, each).into_diagnostic()?;
        evaluate::survey_kept::<T>(&settings, &records, &report).into_diagnostic()?;
        drop(records);
        tell("training", &report);
        let learned_from = report;
        let (validation, report) = evaluate::encode(&task, &validation, each).into_diagnostic()?;
        if held_out {
            let mut left_out = learned_from.left_out;
            left_out.extend(report.left_out.clone());
            left_out.at_most(tolerance.max_skipped, learned_from.rows + report.rows).into_diagnostic()?;
        }
        tell(if held_out { "validation, held out of data.train" } else { "validation" }, &report);

        let steps = if config.train.steps == 0 { config.batch.steps(train.len()) } else { config.train.steps };
        let mut course = config
            .train
            .resolve(steps, &config.batch, validation.len())
            .map_err(|why| miette!(help = "validate more often, or remove train.patience", "{why}"))?;
        match task.suit_validation(&validation, course.chooses()) {
            Err(why) if !config.train.says_what_is_kept() && task.suit_validation(&validation, false).is_ok() => {
                eprintln!("warning: {why}. As the config does not say what is kept, the last weights are");
                (course.keep, course.patience) = (Keep::Last, 0);
            }
            suits => suits.map_err(|why| miette!("{why}"))?,
        }
        let beside = config.lora.is_some() || config.from.freeze;
        let optimizer = config.optimizer.resolve(start_point.manifest(), beside);
        let schedule = config.schedule.resolve();
        if data != data_hash(config, session)? {
            return Err(miette!(
                help = "run the command again when they are complete",
                "the data of {} changed while they were being read",
                config.run
            ));
        }
        let batch = &config.batch;
        let micro_batch = if batch.micro_size == 0 { batch.size } else { batch.micro_size };
        let inner = device.clone().without_autodiff();
        let first = &train[..micro_batch.min(train.len())];
        let training = Training {
            backbone: &shape,
            optimizer: &optimizer,
            learned: learned(config, &task, &shape, &inner)?,
            average: course.average > 0.0,
            tokens: task.tokens(&task.collate(first, 0.0, &mut order::rng(0, 0, 0), &inner)),
        };
        let demand = memory::demand(&training);
        demand::check(&demand, config.device)?;
        if self.dry_run {
            eprintln!("{} steps, with {}", course.steps, demand::summary(&demand));
        }
        let fingerprint = start_point.fingerprint().into_diagnostic()?;
        let resolved = (&TrainConfig { steps: config.train.steps, ..course.clone() }, &optimizer, &schedule);
        let identity = identity(config, resolved, &fingerprint, &data)?;
        let folder = session.run(&config.run);
        let inputs = inputs(config, fingerprint, session)?;
        let decisive = session::Course::new(self.loaded, identity.clone(), inputs);
        if self.dry_run {
            if session.existing == Existing::Resume && !session.is_blank(&folder) {
                session.check_resume(&folder, &decisive)?;
            }
            return Ok(Ended::Finished);
        }
        let _writer = session.writer(&folder)?;
        let Some(start) = session.begin(&folder, &decisive)? else {
            eprintln!("{}: already finished", config.run);
            return Ok(Ended::Finished);
        };

        let card = TaskCard { config: config.task.settings(), state: serde_json::to_value(state).into_diagnostic()? };
        let model = model(config, &start_point, &task, &card, &device)?;
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
                origin: start_point
                    .manifest()
                    .origin
                    .clone()
                    .filter(|_| config.from.weights == StartWeights::Pretrained),
                data: Some(data),
                // Its prompts are the task's, and what ends its texts is the tokenizer's.
                texts: Texts::new(),
            },
            vocabulary: &tokenizer.clone().into(),
            config: &course,
            optimizer: &optimizer,
            schedule: &schedule,
            judge: &|model| evaluate::evaluate(&task, model, &validation, &inner).1,
            criterion: metric.into(),
            lengthens: false,
            fit: &|model| fitted(&task, model, &validation, &inner, &settings, &tokenizer),
        };
        session.train(&trainer, model, &config.run, start, || Ok(()))
    }
}

/// What the task learns from trained weights, and the scores by it.
fn fitted<T: Task>(
    task: &T,
    model: &Model<T::Head>,
    validation: &[T::Example],
    device: &Device,
    settings: &T::Config,
    tokenizer: &Tokenizer,
) -> Option<(TaskCard, Scores)> {
    let state = task.fit(model, validation, device)?;
    let (config, kept) = (serde_json::to_value(settings).ok()?, serde_json::to_value(&state).ok()?);
    let task = T::new(settings.clone(), state, tokenizer.clone(), model.backbone.config().context);
    Some((TaskCard { config, state: kept }, evaluate::evaluate(&task, model, validation, device).1))
}

/// The model that training starts with.
fn model<T: Task>(
    config: &Finetune,
    start: &Checkpoint,
    task: &T,
    card: &TaskCard,
    device: &Device,
) -> Result<Model<T::Head>> {
    let shape = &start.manifest().backbone;
    let mut rng = order::rng(config.train.seed, 0, 0);
    let pretrained = config.from.weights == StartWeights::Pretrained;
    let backbone = if pretrained { start.backbone(device).into_diagnostic()? } else { shape.init(&mut rng, device) };
    let backbone = backbone.with_dropout(config.train.dropout);
    let backbone = match &config.lora {
        _ if config.from.freeze => backbone.freeze().with_dropout(0.0),
        Some(lora) => backbone.with_lora(lora, &mut rng, device).map_err(|why| miette!("{why}"))?,
        None => backbone,
    };
    let mut model = Model::of_text(backbone, task.head(shape, &mut rng, device));
    if !pretrained || start.manifest().kind == PRETRAINING {
        return Ok(model);
    }
    // Whoever goes on with the same task goes on with its head, if it is of the same make.
    let found = start.manifest();
    let same = |(_, found): (T::Config, T::State)| {
        serde_json::from_value(card.state.clone()).is_ok_and(|wanted| T::same_head(&found, &wanted))
    };
    if found.kind == T::NAME && start.task::<T>().is_ok_and(same) {
        let (head, taken) = start.head(model.head).into_diagnostic()?;
        if taken {
            return Ok(Model { head, ..model });
        }
        model.head = head;
    }
    eprintln!("{}: a {} model; its backbone is taken, the head is a fresh one", config.from.run, found.kind);
    Ok(model)
}

/// How many weights learn.
fn learned<T: Task>(config: &Finetune, task: &T, shape: &BackboneConfig, device: &Device) -> Result<usize> {
    let count = |shapes: &BTreeMap<String, Vec<usize>>| -> usize {
        shapes.values().map(|shape| shape.iter().product::<usize>()).sum()
    };
    let head = count(&params::shapes(&task.head(shape, &mut order::rng(0, 0, 0), device)));
    if head == 0 && !shape.writes() {
        return Err(miette!(
            help = "name a run that `cimiento generate` can use",
            "the task {} writes, and the backbone of {} {}, and does not",
            T::NAME,
            config.from.run,
            if shape.encoder.is_some() { "is an encoder" } else { "has no lm_head" }
        ));
    }
    if config.from.freeze && head == 0 {
        return Err(miette!(
            help = "remove from.freeze",
            "the task {} has no weights of its own: with the backbone frozen there is nothing to train",
            T::NAME
        ));
    }
    let blank = shape.blank(device);
    let whole = count(&params::shapes(&blank));
    Ok(match &config.lora {
        _ if config.from.freeze => head,
        Some(lora) => {
            let adapted = blank.with_lora(lora, &mut order::rng(0, 0, 0), device).map_err(|why| miette!("{why}"))?;
            count(&params::shapes(&adapted)) - whole + head
        }
        None => whole + head,
    })
}

/// The records of a fine-tuning.
pub struct Labelled<R> {
    /// Learned from.
    pub train: Gathered<R>,
    /// Validated on.
    pub validation: Gathered<R>,
}

/// Reads what a config learns from and validates on: a share of the training records, if it names no others.
///
/// # Errors
/// Records that cannot be read, or of which none can be held out.
pub fn labelled<T: Task>(settings: &T::Config, data: &TaskData, session: &Session) -> Result<Labelled<T::Record>> {
    let Gathered { records, unreadable } = self::records::<T>(&data.train, data.on_bad, session)?;
    if !data.validation.is_empty() {
        let validation = self::records::<T>(&data.validation, data.on_bad, session)?;
        return Ok(Labelled { train: Gathered { records, unreadable }, validation });
    }
    let number = data.number_held_out(records.len());
    let [train, validation] =
        hold_out(records, number, |record| (T::content(record), T::class_names(settings, record)));
    if validation.is_empty() || train.is_empty() {
        return Err(miette!(
            help = "name records to validate on in data.validation (--valid FILE), or give more to learn from",
            "data.train has too few different records to hold some of them out for validation"
        ));
    }
    let validation = Gathered { records: validation, unreadable: LeftOut::default() };
    Ok(Labelled { train: Gathered { records: train, unreadable }, validation })
}

/// All records of some sources.
pub fn records<T: Task>(sources: &[Source], on_bad: OnBad, session: &Session) -> Result<Gathered<T::Record>> {
    let sources = sources.iter().map(|source| session.source(source)).collect::<Result<Vec<_>>>()?;
    evaluate::read_records(&sources, on_bad).into_diagnostic()
}

/// Says what became of a file's records.
pub fn tell(what: &str, report: &Report) {
    eprint!("{what}: {} records", report.rows);
    if report.truncated > 0 {
        eprint!(", {} texts cut to fit the context", report.truncated);
    }
    if report.misaligned > 0 {
        eprint!(", {} left out because their answer does not occur in the passage", report.misaligned);
    }
    eprintln!();
    skipped(what, report);
    for (remark, count) in report.warnings() {
        eprintln!(
            "warning: {what}: {count} of {} records {}: {}",
            report.rows,
            remark.what,
            typed::remedy(&remark.remedy())
        );
    }
}

/// Warns of bad records that are left out.
fn skipped(what: &str, report: &Report) {
    let count = report.left_out.count - report.misaligned;
    if count > 0 {
        let places: Vec<String> = report.left_out.first.iter().map(ToString::to_string).collect();
        let (rows, places) = (report.rows, places.join("; "));
        eprintln!("warning: {what}: {count} of {rows} records cannot be used and are left out: {places}");
    }
}

/// A hash of what is learned from and of what is validated on.
fn data_hash(config: &Finetune, session: &Session) -> Result<String> {
    let hashes = [&config.data.train, &config.data.validation].map(|sources| session.sources_hash(sources));
    let [learned, watched] = hashes;
    Ok(files::hash_bytes(format!("{}\n{}", learned?, watched?).as_bytes()))
}

/// A hash of everything that decides the weights.
fn identity(
    config: &Finetune,
    (train, optimizer, schedule): (&TrainConfig, &OptimizerConfig, &ScheduleConfig),
    fingerprint: &str,
    data: &str,
) -> Result<String> {
    let neutral = TrainConfig::default();
    let train = TrainConfig { save_every: neutral.save_every, keep_last: neutral.keep_last, ..train.clone() };
    let decisive = (
        (&config.task, &config.data, data, &config.from.weights, config.from.freeze, &config.lora),
        (&config.batch, train, optimizer, schedule, fingerprint),
    );
    Ok(files::hash_bytes(to_hash(&serde_json::to_string(&decisive).into_diagnostic()?).as_bytes()))
}

/// What the run reads.
fn inputs(config: &Finetune, fingerprint: String, session: &Session) -> Result<Inputs> {
    let sources = [config.data.train.as_slice(), &config.data.validation].concat();
    let files = session.hashes(&sources)?.into_iter().map(|(path, hash)| (path.display().to_string(), hash));
    Ok(files.chain([("from.run, the weights to start from".into(), fingerprint)]).collect())
}
