//! The course of a run, as a config file has it.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::device::Precision;
use crate::optimizer::ScheduleConfig;

/// Which weights a run ends with.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "lowercase")]
pub enum Keep {
    /// Those of the last step (their average over the tail, if there is one).
    #[default]
    Last,
    /// Those that validated best.
    Best,
}

/// What becomes of a step whose loss or gradients are no numbers.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "lowercase")]
pub enum OnDivergence {
    /// The run ends with an error; its checkpoints stay.
    #[default]
    Stop,
    /// Weights and optimizer stay as they are, and the next step is taken; after ten in a row the run ends.
    Skip,
}

/// The course of a run.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct TrainConfig {
    /// Decides fresh weights, order, masks and dropout.
    pub seed: u64,
    /// Optimizer steps. 0 leaves it to whoever starts the run: fine-tuning counts epochs, pretraining refuses.
    pub steps: u64,
    /// Steps between validations; 0 validates only at the end.
    pub validate_every: u64,
    /// Steps between checkpoints; 0 saves only when interrupted and at the end.
    pub save_every: u64,
    /// Checkpoints kept; the newest ones, and the last of [`Self::level`].
    pub keep_last: usize,
    /// Which weights the run ends with.
    pub keep: Keep,
    /// Share of the steps, at the end, over which the weights are averaged; 0 averages none.
    pub average: f64,
    /// Share of every sub-layer's output that is dropped while training.
    pub dropout: f64,
    /// Stop after this many validations without a better one; 0 never stops early.
    pub patience: usize,
    /// What becomes of a step whose loss or gradients are no numbers.
    pub on_divergence: OnDivergence,
    /// What the products of a step are made with.
    #[serde(skip_serializing_if = "is_usual")]
    pub precision: Precision,
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self {
            seed: 1,
            steps: 0,
            validate_every: 200,
            save_every: 200,
            keep_last: 2,
            keep: Keep::Last,
            average: 0.2,
            dropout: 0.0,
            patience: 0,
            on_divergence: OnDivergence::default(),
            precision: Precision::default(),
        }
    }
}

/// Left out where it is as it was before there was a choice, so that runs begun then go on.
fn is_usual(precision: &Precision) -> bool {
    *precision == Precision::default()
}

impl TrainConfig {
    /// The numbers of steps after which the rate has risen and neither its fall nor the average has begun: from a checkpoint
    /// of these a run can be made longer. Empty where the rate is never level.
    pub fn level(&self, schedule: &ScheduleConfig) -> RangeInclusive<u64> {
        let steps = self.steps as f64;
        let falls = (steps - schedule.decay * steps).floor();
        let averages = steps - (self.average * steps).round();
        let rises = (schedule.warmup * steps).ceil();
        if falls.min(averages) <= rises { RangeInclusive::new(1, 0) } else { rises as u64..=falls.min(averages) as u64 }
    }

    /// The step after which to save so that a run can be made longer, where none of those that `save_every` names will do.
    /// None where nothing is to be saved on the way.
    pub fn branch(&self, schedule: &ScheduleConfig) -> Option<u64> {
        let level = self.level(schedule);
        let (first, last) = ((*level.start()).max(1), *level.end());
        let saved = |every: u64| last / every * every >= first;
        (first <= last && last < self.steps && self.save_every > 0 && !saved(self.save_every)).then_some(last)
    }

    /// Whether validation scores decide which weights the run ends with.
    pub fn chooses(&self) -> bool {
        self.keep == Keep::Best || self.patience > 0
    }

    /// Checks every number.
    ///
    /// # Errors
    /// What is wrong, naming the key.
    pub fn validate(&self) -> Result<(), String> {
        if self.steps == 0 {
            return Err("train.steps is 0: give a positive number".into());
        }
        if self.keep_last == 0 {
            return Err("train.keep_last is 0: a run needs a checkpoint to go on from".into());
        }
        if self.patience > 0 && self.validate_every == 0 {
            return Err(format!(
                "train.patience = {} counts validations, but train.validate_every = 0 validates at the end only: give the \
                 steps between two validations",
                self.patience
            ));
        }
        if !(0.0..=1.0).contains(&self.average) {
            return Err(format!("train.average = {} must lie in [0, 1]", self.average));
        }
        if !(0.0..1.0).contains(&self.dropout) {
            return Err(format!("train.dropout = {} must lie in [0, 1)", self.dropout));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_the_level_part_is_saved_where_no_other_step_of_it_is() {
        let branch = |steps, save_every, warmup, decay, average| {
            let config = TrainConfig { steps, save_every, average, ..TrainConfig::default() };
            config.branch(&ScheduleConfig { warmup, decay, ..ScheduleConfig::default() })
        };
        assert_eq!(branch(100, 200, 0.02, 0.25, 0.2), Some(75));
        assert_eq!(branch(1000, 200, 0.02, 0.25, 0.2), None, "600 is saved");
        assert_eq!(branch(100, 30, 0.65, 0.25, 0.2), Some(75), "60 lies before it, 90 behind it");
        // The average begins before the rate falls.
        assert_eq!(branch(100, 200, 0.0, 0.25, 0.4), Some(60));
        assert_eq!(branch(100, 200, 0.0, 0.0, 0.0), None, "the end is saved anyway");
        assert_eq!(branch(100, 200, 0.5, 0.5, 0.0), None, "never level");
        assert_eq!(branch(100, 0, 0.02, 0.25, 0.2), None, "nothing is to be saved on the way");
    }
}
