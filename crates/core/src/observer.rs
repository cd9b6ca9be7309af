//! What a run tells whoever watches it: the loop reports, and knows nothing of terminals or files.

use std::path::Path;

use serde::Serialize;

use crate::metrics::Scores;

/// One optimizer step.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct StepReport {
    /// From 1.
    pub step: u64,
    /// Steps in all.
    pub steps: u64,
    /// Mean loss of the step's targets, in nats.
    pub loss: f64,
    /// Global norm of the gradients before clipping.
    pub grad_norm: f64,
    /// Peak learning rate times the schedule's factor (that of AdamW).
    pub lr: f64,
    /// Targets the loss is a mean over.
    pub targets: usize,
    /// Tokens read so far, padding left out.
    pub tokens: u64,
}

/// Hears of a run's events. All methods but `step` may be left out.
pub trait Observer {
    /// A step was taken.
    fn step(&mut self, report: &StepReport);

    /// The model was validated after `step`.
    fn validation(&mut self, step: u64, scores: &Scores) {
        let _ = (step, scores);
    }

    /// A checkpoint was written.
    fn saved(&mut self, step: u64, folder: &Path) {
        let _ = (step, folder);
    }

    /// Asked after each step: whether to save and stop here.
    fn stop(&self) -> bool {
        false
    }
}

/// Hears nothing.
impl Observer for () {
    fn step(&mut self, _report: &StepReport) {}
}
