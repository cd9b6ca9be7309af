//! `cimiento pretrain`: text → tokenizer → token file → backbone.

mod from;
mod held_out;
mod lengthen;
pub mod passes;
mod resumed;

pub use held_out::settled;

use cimiento_core::backbone::BackboneConfig;
use cimiento_core::checkpoint::{self, Card, Checkpoint};
use cimiento_core::feed::{BatchConfig, CorpusFeed};
use cimiento_core::masked::Pretraining;
use cimiento_core::memory::{self, Demand, Training};
use cimiento_core::metrics::Scores;
use cimiento_core::objective::{Model, Objective};
use cimiento_core::trainer::{TrainConfig, Trainer};
use cimiento_data::corpus::{self, Corpus, CorpusConfig, LeftOut, Split, Stage};
use cimiento_data::files;
use cimiento_data::order;
use cimiento_data::tokenizer::Tokenizer;
use miette::{IntoDiagnostic, Result, WrapErr, miette};

use self::from::Origin;
use super::{demand, preflight};
use crate::config::Pretrain;
use crate::diagnostic::Loaded;
use crate::progress::Bar;
use crate::session::{Course, Ended, Inputs, Session};

/// Trains a backbone as `loaded` says.
pub fn pretrain(loaded: &Loaded<Pretrain>, session: &Session) -> Result<Ended> {
    let (config, session) = (&loaded.config, &session.of_config(&loaded.path));
    let device = config.device.open().into_diagnostic()?.autodiff();
    let folder = session.run(&config.run);
    check(loaded, session)?;
    let origin = Origin::of(loaded, session)?;
    let tokenizer = match origin.tokenizer()? {
        Some(tokenizer) => tokenizer,
        None => tokenizer(config, session)?,
    };
    let (local, _) = settled(&config.corpus, session)?;
    let corpus = prepare(&local, &tokenizer, session)?;
    let shape = match &origin.start {
        Some(_) => origin.shape.clone(),
        None => config.backbone.resolve(tokenizer.vocab_size()).into_diagnostic()?,
    };
    let fingerprint = origin.start.as_ref().map(Checkpoint::fingerprint).transpose().into_diagnostic()?;
    let identity = identity(config, &tokenizer, &corpus.hash(), fingerprint.as_deref());
    // Once more: a tokenizer from a file may be larger than the settings say.
    demand::check(&self::demand(config, &shape), config.device)?;
    let _writer = session.writer(&folder)?;
    let inputs = inputs(corpus.files(), &tokenizer, fingerprint.clone());
    let course = Course::new(loaded, identity.clone(), inputs);
    let of = |config: &Pretrain| self::identity(config, &tokenizer, &corpus.hash(), fingerprint.as_deref());
    if let Some(longer) = lengthen::plan(loaded, session, &folder, &of)? {
        longer.tell(&config.run);
        longer.apply(&folder, identity.clone())?;
    }
    let Some(start) = session.begin(&folder, &course)? else {
        eprintln!("{}: already finished", config.run);
        return Ok(Ended::Finished);
    };
    describe(config, &shape, &corpus);
    let objective = Pretraining::new(config.objective.clone(), &tokenizer);
    let seed = config.train.seed;
    let feed = CorpusFeed::new(&corpus, &config.batch, config.train.steps, seed)
        .ok_or_else(|| miette!("the training split of the corpus is empty"))?;
    let longest = config.batch.stages.last().map_or(128, |stage| stage.length);
    let held_out = corpus.windows(Split::Validation, longest, config.batch.open_rows);
    if held_out.is_empty() && local.validation > 0.0 {
        held_out::compares_nothing(config)?;
        tracing::warn!(
            "all documents in the held-out share of {} are left out: there is no validation; raise corpus.validation to have one",
            local.validation
        );
    }
    let byte_lengths = tokenizer.byte_lengths();
    let mut rng = order::rng(seed, 0, 0);
    let backbone = match &origin.start {
        Some(start) => start.backbone(&device).into_diagnostic()?,
        None => shape.init(&mut rng, &device),
    };
    let backbone = backbone.with_dropout(config.train.dropout);
    let model = Model::of_text(backbone, objective.head(&shape, &mut rng, &device));
    let trainer = Trainer {
        objective: &objective,
        feed: &feed,
        folder: &folder,
        card: Card {
            kind: checkpoint::PRETRAINING.into(),
            identity,
            backbone: shape,
            task: None,
            lora: None,
            origin: origin.start.as_ref().and_then(|start| start.manifest().origin.clone()),
            data: Some(corpus.hash()),
            texts: origin
                .start
                .as_ref()
                .map(Checkpoint::writing_texts)
                .transpose()
                .into_diagnostic()?
                .unwrap_or_default(),
        },
        vocabulary: &tokenizer.clone().into(),
        config: &config.train,
        optimizer: &config.optimizer,
        schedule: &config.schedule,
        judge: &|model| match held_out.is_empty() {
            true => Scores::default(),
            false => objective.validate(&model.backbone, &held_out, config.validation.rows, &byte_lengths),
        },
        criterion: criterion(config),
        lengthens: true,
        fit: &|_| None,
    };
    session.train(&trainer, model, &config.run, start, || corpus.verify().into_diagnostic())
}

/// Tells what would keep the training from beginning, as far as that can be known before its text is read: its files, its
/// memory, its folder. Returns what it takes.
pub fn check(loaded: &Loaded<Pretrain>, session: &Session) -> Result<Demand> {
    let (config, session) = (&loaded.config, &session.of_config(&loaded.path));
    preflight::corpus(&config.corpus, session)?;
    held_out::check(config, session)?;
    if let Some(path) = &config.tokenizer.path {
        session.data(path).wrap_err("tokenizer.path")?;
    }
    let Origin { start, shape } = Origin::of(loaded, session)?;
    let longest = config.batch.stages.iter().map(|stage| stage.length).max().unwrap_or(shape.context);
    // A model that is gone on from has its own positions, which are trained already.
    let known = start.map_or(0, |start| start.manifest().backbone.context);
    if longest < shape.context && known < shape.context {
        tracing::warn!(
            "backbone.context = {}, but no row is longer than {longest} tokens (batch.stages): what lies beyond is never \
             trained; add a stage of longer rows, such as {{ share = 0.1, length = {} }}, or lower backbone.context",
            shape.context,
            shape.context
        );
    }
    let demand = demand(config, &shape);
    demand::check(&demand, config.device)?;
    session.may_begin(&session.run(&config.run))?;
    Ok(demand)
}

/// What a training takes, told before it: as [`check`], and whether a run that is to be gone on with may be.
pub fn dry_run(loaded: &Loaded<Pretrain>, session: &Session) -> Result<Demand> {
    let demand = check(loaded, session)?;
    resumed::check(loaded, &session.of_config(&loaded.path))?;
    Ok(demand)
}

/// What training a backbone of this shape takes.
fn demand(config: &Pretrain, shape: &BackboneConfig) -> Demand {
    let BatchConfig { tokens_per_step, micro_batch_tokens, .. } = config.batch;
    memory::demand(&Training {
        backbone: shape,
        optimizer: &config.optimizer,
        learned: memory::parameters(shape),
        average: config.train.average > 0.0,
        tokens: if micro_batch_tokens == 0 { tokens_per_step } else { micro_batch_tokens },
    })
}

/// What it takes, told before there is a tokenizer.
pub fn memory_estimate(config: &Pretrain) -> Result<Demand> {
    let shape = config.backbone.resolve(config.tokenizer.vocab_size).into_diagnostic()?;
    Ok(demand(config, &shape))
}

/// The tokenizer a config names, or a new one trained on its corpus.
pub fn tokenizer(config: &Pretrain, session: &Session) -> Result<Tokenizer> {
    let settings = &config.tokenizer;
    match &settings.path {
        Some(path) => Tokenizer::open(&session.data(path)?, None).into_diagnostic(),
        None => {
            let sample = settings.sample_mb as u64 * 1_000_000;
            let (corpus, _) = settled(&config.corpus, session)?;
            let (size, cache) = (settings.vocab_size, session.runs.join("cache"));
            let mut announce = || eprintln!("training a tokenizer of {size} tokens");
            let trained =
                corpus::find_or_train_tokenizer(&corpus, &session.folders.data, size, sample, &cache, &mut announce);
            trained.into_diagnostic().wrap_err("the tokenizer cannot be trained")
        }
    }
}

fn prepare(config: &CorpusConfig, tokenizer: &Tokenizer, session: &Session) -> Result<Corpus> {
    let bar = Bar::bytes("tokenising");
    let mut comparing = false;
    let mut report = |progress: corpus::Progress| match progress.stage {
        Stage::Tokenising => bar.set(progress.read, progress.total),
        Stage::Comparing if !std::mem::replace(&mut comparing, true) => {
            eprintln!("looking through all sources for documents to leave out");
        }
        _ => {}
    };
    Corpus::prepare(config, &session.folders.data, tokenizer, &session.runs.join("cache"), &mut report)
        .into_diagnostic()
}

/// A hash of everything that decides the weights: settings, text, tokenizer. Where it runs and what it saves on
/// the way do not.
fn identity(config: &Pretrain, tokenizer: &Tokenizer, corpus: &str, from: Option<&str>) -> String {
    let neutral = TrainConfig::default();
    let train = TrainConfig { save_every: neutral.save_every, keep_last: neutral.keep_last, ..config.train.clone() };
    let decisive = (
        (&config.backbone, &config.objective, &config.batch, train),
        (&config.optimizer, &config.schedule, &config.validation),
        (tokenizer.hash(), corpus),
    );
    let text = match from {
        None => serde_json::to_string(&decisive),
        Some(fingerprint) => serde_json::to_string(&(decisive, fingerprint)),
    };
    files::hash_bytes(text.expect("settings are plain data").as_bytes())
}

/// What the run reads: the files of its corpus, its tokenizer, and the weights it starts from.
fn inputs(files: Vec<(String, String)>, tokenizer: &Tokenizer, from: Option<String>) -> Inputs {
    let named = [("the tokenizer".to_string(), tokenizer.hash())].into_iter();
    let named = named.chain(from.map(|hash| ("from.run, the weights to start from".to_string(), hash)));
    files.into_iter().chain(named).collect()
}

/// The loss of the objective with the largest share decides between weights.
fn criterion(config: &Pretrain) -> String {
    let mix = &config.objective;
    let shares = [("loss_masked", mix.masked), ("loss_causal", mix.causal), ("loss_prefix", mix.prefix)];
    let largest = shares.into_iter().fold(shares[0], |best, next| if next.1 > best.1 { next } else { best });
    largest.0.into()
}

fn describe(config: &Pretrain, shape: &BackboneConfig, corpus: &Corpus) {
    let statistics = corpus.statistics();
    let tokens: u64 = statistics.iter().map(|source| source.train.tokens).sum();
    let documents: u64 = statistics.iter().map(|source| source.train.documents).sum();
    let left_out = |count: fn(&LeftOut) -> u64| statistics.iter().map(|source| count(&source.left_out)).sum();
    let reasons: [(u64, &str); 4] = [
        (left_out(|l| l.empty), "empty"),
        (left_out(|l| l.unreadable), "not readable"),
        (left_out(|l| l.near_duplicates), "nearly repeating an earlier one"),
        (left_out(|l| l.excluded), "sharing text with corpus.exclude"),
    ];
    // What is always looked for is always told.
    let told = reasons.iter().enumerate().filter(|(at, (count, _))| *at == 0 || *count > 0);
    let told: Vec<String> = told.map(|(_, (count, why))| format!("{count} {why}")).collect();
    let read = config.train.steps * config.batch.tokens_per_step as u64;
    eprintln!(
        "{}: d_model {}, {} layers, vocabulary {}; {documents} documents, {tokens} tokens (left out: {}), \
         {:.1} passes",
        config.run,
        shape.d_model,
        shape.layers,
        shape.vocab_size,
        told.join(", "),
        read as f64 / tokens.max(1) as f64
    );
    if let Some(warning) = passes::warning(config.train.steps, config.batch.tokens_per_step as u64, tokens) {
        tracing::warn!("{warning}");
    }
}
