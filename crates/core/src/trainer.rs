//! The loop: examples of a step → batches → loss → gradients → optimizer → the next model.
//!
//! Order, masks and dropout are functions of (seed, step), and a checkpoint holds everything else a step depends
//! on, so a run that was interrupted goes on as if it had not been.

mod config;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use burn::module::{Module, ModuleDisplay};
use burn::tensor::{Device, Tensor};

use crate::checkpoint::{self, Card, Checkpoint, CheckpointError, Ending, Progress, TaskCard, TrainingState};
use crate::feed::Feed;
use crate::metrics::{Score, Scores};
use crate::objective::{Model, Objective};
use crate::observer::{Observer, StepReport};
use crate::optimizer::{Optimizer, OptimizerConfig, ScheduleConfig};
use crate::params::{self, Grads};
use cimiento_data::files;
use cimiento_data::order;
use cimiento_data::vocabulary::Vocabulary;

pub use config::{Keep, OnDivergence, TrainConfig};

/// Steps that may be skipped one after the other: more is no accident.
const SKIPPED_IN_A_ROW: u64 = 10;

/// A run that cannot go on.
#[derive(thiserror::Error, Debug)]
pub enum TrainError {
    /// The loss or the gradients are no longer numbers.
    #[error(
        "training diverged at step {step}{}: loss {loss}, gradient norm {norm}; {} (a lower learning rate or \
         clip_norm usually helps)",
        if *.skipped > 0 { format!(", after {} steps in a row that were skipped", .skipped) } else { String::new() },
        .last.as_ref().map_or("no checkpoint was written before".to_string(), |p| format!("the last good checkpoint is {}", p.display()))
    )]
    Diverged {
        /// From 1.
        step: u64,
        /// Mean loss.
        loss: f64,
        /// Global norm of the gradients.
        norm: f64,
        /// Steps skipped just before it.
        skipped: u64,
        /// The newest checkpoint.
        last: Option<PathBuf>,
    },
    /// The run folder was written under other settings.
    #[error(
        "{run}: this folder belongs to a run with another configuration or other data (see {checkpoint}): choose another \
         `run` name, or remove the folder to start over"
    )]
    OtherRun {
        /// The run.
        run: PathBuf,
        /// Its newest checkpoint.
        checkpoint: PathBuf,
    },
    /// A checkpoint cannot be written or read.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
}

/// How a run ended.
pub struct Outcome<H: Module + ModuleDisplay> {
    /// The weights to keep.
    pub model: Model<H>,
    /// Steps taken.
    pub step: u64,
    /// Whether it was asked to stop before its end; a checkpoint to go on from has been written.
    pub interrupted: bool,
    /// Validation scores of the weights kept.
    pub scores: Scores,
    /// How it ended, where not after its last step with the last weights.
    pub ending: Option<Ending>,
}

/// What a task has learned after its weights: the card with it, and the scores by it.
pub type Fitted = (TaskCard, Scores);

/// Everything a run needs beside the model.
pub struct Trainer<'a, O: Objective> {
    /// What to minimise.
    pub objective: &'a O,
    /// The examples of each step.
    pub feed: &'a dyn Feed<O::Example>,
    /// The run's folder.
    pub folder: &'a Path,
    /// What its checkpoints say of themselves.
    pub card: Card,
    /// Saved with every checkpoint.
    pub vocabulary: &'a Vocabulary,
    /// The course.
    pub config: &'a TrainConfig,
    /// The rule of a step.
    pub optimizer: &'a OptimizerConfig,
    /// The learning rate's course.
    pub schedule: &'a ScheduleConfig,
    /// Scores a model on held-out data.
    pub judge: &'a dyn Fn(&Model<O::Head>) -> Scores,
    /// The name of the score that tells better weights from worse.
    pub criterion: String,
    /// Whether a run of this kind can be made longer: the state from which it could be is always kept then.
    pub lengthens: bool,
    /// What the task learns from the weights that are kept, for the card of the last checkpoint, and their scores by it.
    pub fit: &'a dyn Fn(&Model<O::Head>) -> Option<Fitted>,
}

/// What changes from step to step.
struct State<H: Module + ModuleDisplay> {
    model: Model<H>,
    optimizer: Optimizer,
    average: BTreeMap<String, Tensor<1>>,
    progress: Progress,
}

impl<O: Objective> Trainer<'_, O> {
    /// Trains `model` (on an autodiff device), from the run's newest checkpoint if `resume` and there is one.
    ///
    /// # Errors
    /// [`TrainError`]. Checkpoints written before it stay.
    pub fn train(
        &self,
        model: Model<O::Head>,
        resume: bool,
        observer: &mut dyn Observer,
    ) -> Result<Outcome<O::Head>, TrainError> {
        let device = model.devices().pop().expect("a backbone has parameters");
        self.config.precision.warn();
        let mut state = self.begin(model, resume, &device)?;
        let steps = self.config.steps;
        let mut last_scores = None;
        let branch = if self.lengthens { self.config.branch(self.schedule) } else { None };
        while state.progress.step < steps {
            state = self.step(state, &device, observer)?;
            let step = state.progress.step;
            let every = |n: u64| n > 0 && step.is_multiple_of(n);
            if every(self.config.validate_every) && step < steps {
                let scores = self.validate(&mut state, observer)?;
                // Before anything is saved: whoever goes on from a checkpoint comes to the same end.
                if self.out_of_patience(&state) {
                    last_scores = Some(scores);
                    break;
                }
            }
            let stop = observer.stop() && step < steps;
            if stop || every(self.config.save_every) && step < steps || branch == Some(step) {
                self.save(&state, observer)?;
            }
            if stop {
                let scores = Scores::default();
                return Ok(Outcome { model: state.model.valid(), step, interrupted: true, scores, ending: None });
            }
        }
        let scores = match last_scores {
            Some(scores) => scores,
            None => self.validate(&mut state, observer)?,
        };
        let State { model, average, mut progress, .. } = state;
        let (model, scores, kept) = match self.config.keep {
            Keep::Last => {
                let last = candidate(&model, &average);
                // A large model must not be held twice while factors are taken up.
                drop((model, average));
                (plain(last), scores, progress.step)
            }
            Keep::Best => {
                let best = Checkpoint::open(&self.folder.join("best"))?;
                let inner = device.without_autodiff();
                let manifest = best.manifest();
                (best.model(self.objective, &inner)?, manifest.scores.clone(), manifest.progress.step)
            }
        };
        progress.ending = Ending::of(progress.step, steps, kept, self.config.patience);
        let last = self.folder.join("final");
        let mut card = self.plain_card();
        let scores = match (self.fit)(&model) {
            Some((task, fitted)) => {
                card.task = Some(task);
                observer.validation(progress.step, &fitted);
                fitted
            }
            None => scores,
        };
        checkpoint::write(&last, &card, self.vocabulary, &model, &progress, &scores, None)?;
        observer.saved(progress.step, &last);
        Ok(Outcome { model, step: progress.step, interrupted: false, scores, ending: progress.ending })
    }

    fn begin(&self, model: Model<O::Head>, resume: bool, device: &Device) -> Result<State<O::Head>, TrainError> {
        let fresh = |model| State {
            model,
            optimizer: Optimizer::new(self.optimizer.clone()),
            average: BTreeMap::new(),
            progress: Progress::default(),
        };
        let Some(found) = Checkpoint::latest(self.folder)?.filter(|_| resume) else { return Ok(fresh(model)) };
        if found.manifest().identity != self.card.identity {
            return Err(TrainError::OtherRun {
                run: self.folder.to_path_buf(),
                checkpoint: found.folder().to_path_buf(),
            });
        }
        // Into the model given, which knows what is frozen and what is dropped.
        let model = found.restore(model)?;
        let progress = found.manifest().progress.clone();
        let TrainingState { optimizer, average } = found.training_state(&device.clone().without_autodiff())?;
        let damaged = |name: String| CheckpointError::Damaged {
            path: found.folder().to_path_buf(),
            why: format!("the optimizer has no use for {name}"),
            other: None,
        };
        let taken = progress.step.saturating_sub(progress.skipped_in_all);
        let optimizer = Optimizer::import(self.optimizer.clone(), taken, optimizer).map_err(damaged)?;
        tracing::info!(step = progress.step, folder = %found.folder().display(), "resuming");
        Ok(State { model, optimizer, average, progress })
    }

    /// One optimizer step. It takes the state by value, so that no second copy of the weights stands in the optimizer's way.
    fn step(
        &self,
        mut state: State<O::Head>,
        device: &Device,
        observer: &mut dyn Observer,
    ) -> Result<State<O::Head>, TrainError> {
        let (step, steps, seed) = (state.progress.step, self.config.steps, self.config.seed);
        let products = self.config.precision.begin();
        let progress = step as f64 / steps as f64;
        let batches: Vec<O::Batch> = (1..)
            .zip(self.feed.at(step))
            .map(|(stream, examples)| {
                self.objective.collate(&examples, progress, &mut order::rng(seed, step, stream), device)
            })
            .filter(|batch| self.objective.targets(batch) > 0)
            .collect();
        let targets: usize = batches.iter().map(|batch| self.objective.targets(batch)).sum();
        let mut loss = 0.0;
        let mut grads = Grads::new();
        for (stream, batch) in (1..).zip(&batches) {
            state.model.backbone.seed_dropout(order::mix64(seed ^ order::mix64(step) ^ stream));
            let part = self.objective.loss(&state.model, batch).div_scalar(targets as f64);
            loss += f64::from(part.clone().into_scalar::<f32>());
            for (path, grad) in params::gradients(&state.model, &mut part.backward()) {
                let sum = match grads.remove(&path) {
                    Some(sum) => sum + grad,
                    None => grad,
                };
                grads.insert(path, sum);
            }
        }
        let (norm, scale) = state.optimizer.norm(&grads);
        let finite = loss.is_finite() && norm.is_finite();
        let factor = self.schedule.factor(step, steps);
        if finite {
            state.model = state.optimizer.step(state.model, grads, factor, scale);
            state.progress.skipped = 0;
        } else {
            let skipped = state.progress.skipped;
            if self.config.on_divergence == OnDivergence::Stop || skipped == SKIPPED_IN_A_ROW {
                let last = checkpoint::steps(self.folder).pop().map(|(_, folder)| folder);
                return Err(TrainError::Diverged { step: step + 1, loss, norm, skipped, last });
            }
            tracing::warn!(step = step + 1, loss, norm, "not finite: the step is skipped");
            state.progress.skipped += 1;
            state.progress.skipped_in_all += 1;
        }
        state.progress.step += 1;
        state.progress.tokens += batches.iter().map(|batch| self.objective.tokens(batch) as u64).sum::<u64>();
        self.take_average(&mut state);
        drop(products);
        observer.step(&StepReport {
            step: step + 1,
            steps,
            loss,
            grad_norm: norm,
            lr: self.optimizer.lr * factor,
            targets,
            tokens: state.progress.tokens,
        });
        Ok(state)
    }

    /// Takes the current weights into the running mean over the tail.
    fn take_average(&self, state: &mut State<O::Head>) {
        let tail = (self.config.average * self.config.steps as f64).round() as u64;
        if state.progress.step + tail <= self.config.steps {
            return;
        }
        state.progress.averaged += 1;
        let share = 1.0 / state.progress.averaged as f64;
        for (path, value) in params::trainable(&state.model) {
            let mean = match state.average.remove(&path) {
                Some(mean) => mean.clone() + (value - mean).mul_scalar(share),
                None => value,
            };
            state.average.insert(path, mean);
        }
    }

    /// What checkpoints of [`plain`] models say of themselves.
    fn plain_card(&self) -> Card {
        Card { lora: None, ..self.card.clone() }
    }

    fn validate(&self, state: &mut State<O::Head>, observer: &mut dyn Observer) -> Result<Scores, TrainError> {
        let step = state.progress.step;
        let model = candidate(&state.model, &state.average);
        let scores = (self.judge)(&model);
        // Without held-out data there is nothing to tell.
        if !scores.0.is_empty() {
            observer.validation(step, &scores);
        }
        // A missing score is never best.
        let value = scores.get(&self.criterion).map_or(f64::NEG_INFINITY, Score::worth);
        // A model whose score is no number is not better than any other.
        let better = value.is_finite() && state.progress.best.is_none_or(|(_, best)| value > best);
        if better {
            state.progress.best = Some((step, value));
            state.progress.stale = 0;
        } else {
            state.progress.stale += 1;
        }
        let folder = self.folder.join("best");
        if self.config.keep == Keep::Best && (better || !folder.exists()) {
            let model = plain(model);
            checkpoint::write(&folder, &self.plain_card(), self.vocabulary, &model, &state.progress, &scores, None)?;
            observer.saved(step, &folder);
        }
        Ok(scores)
    }

    fn out_of_patience(&self, state: &State<O::Head>) -> bool {
        self.config.patience > 0 && state.progress.stale >= self.config.patience
    }

    /// Writes a checkpoint to go on from, then lets go of the oldest.
    fn save(&self, state: &State<O::Head>, observer: &mut dyn Observer) -> Result<(), TrainError> {
        let folder = checkpoint::step_folder(self.folder, state.progress.step);
        let training = TrainingState { optimizer: state.optimizer.export(), average: state.average.clone() };
        let (card, model) = (&self.card, &state.model);
        let none = Scores::default();
        checkpoint::write(&folder, card, self.vocabulary, model, &state.progress, &none, Some(&training))?;
        observer.saved(state.progress.step, &folder);
        let kept = checkpoint::steps(self.folder);
        // The last one before the rate falls stays: from there the run can be made longer.
        let level = self.config.level(self.schedule);
        let branch = kept.iter().map(|(step, _)| *step).filter(|step| level.contains(step)).max();
        let old = kept.iter().take(kept.len().saturating_sub(self.config.keep_last));
        for (_, old) in old.filter(|(step, _)| Some(*step) != branch) {
            if let Err(error) = files::remove_dir(old) {
                tracing::warn!(folder = %old.display(), %error, "an old checkpoint could not be removed");
            }
        }
        Ok(())
    }
}

/// The model that would be kept now, ready to be asked: of the average once there is one.
fn candidate<H: Module + ModuleDisplay>(model: &Model<H>, average: &BTreeMap<String, Tensor<1>>) -> Model<H> {
    params::replace(model.valid(), average)
}

/// A model whose factors, if it has any, are part of its weights.
fn plain<H: Module + ModuleDisplay>(model: Model<H>) -> Model<H> {
    Model { backbone: model.backbone.merged(), ..model }
}

#[cfg(test)]
mod tests;
