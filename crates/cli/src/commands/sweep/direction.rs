//! Whether a sweep ranks the best first: which way its goal is better, known before the first trial where that can be.

use cimiento_core::masked::Pretraining;
use cimiento_core::metrics::{Better, Scores};
use cimiento_core::objective::Task;
use cimiento_data::records;
use miette::{Result, miette};

use crate::config::Finetune;
use crate::config::sweep::Goal;
use crate::session::Session;
use crate::tasks::{ForTask, for_task};

/// Records of each source that are looked at.
const LOOKED_AT: usize = 100;

/// Refuses a goal that runs the other way than its metric.
///
/// # Errors
/// How it is written right.
pub fn agrees(goal: &Goal, better: Better) -> Result<()> {
    let less = better == Better::Lower;
    if less == matches!(goal, Goal::Minimize(_)) {
        return Ok(());
    }
    let (metric, (better, right)) = (goal.metric(), if less { ("less", "minimize") } else { ("more", "maximize") });
    Err(miette!(
        help = format!("write goal = {{ {right} = {metric:?} }}"),
        "the goal would rank the worst first: of {metric} {better} is better"
    ))
}

/// Which way all scores of pretraining are better.
pub const OF_PRETRAINING: Better = Pretraining::BETTER;

/// Which way a metric of a fine-tuning is better; `None` where only a trial will tell.
pub fn of_finetuning(metric: &str, config: &Finetune, session: &Session) -> Option<Better> {
    let scores = for_task(config.task.name(), Measured { config, session })??;
    scores.get(metric).map(|score| score.better)
}

/// What the validation of a fine-tuning measures: its scores of no answers at all.
struct Measured<'a> {
    config: &'a Finetune,
    session: &'a Session,
}

impl ForTask for Measured<'_> {
    type Output = Option<Scores>;

    fn run<T: Task>(self) -> Option<Scores> {
        let Self { config, session } = self;
        if !session.is_here(config.data.train.iter()).ok()? {
            return None;
        }
        let checkpoint = session.checkpoint(&config.from.run).ok()?;
        let settings: T::Config = serde_json::from_value(config.task.settings()).ok()?;
        let mut found = Vec::new();
        for source in &config.data.train {
            let first = records::read::<T::Record>(&session.source(source).ok()?).ok()?.take(LOOKED_AT);
            found.extend(first.flatten().map(|located| located.record));
        }
        let state = T::survey(&settings, &found).ok()?;
        let task = T::new(settings, state, checkpoint.tokenizer().ok()?, checkpoint.manifest().backbone.context);
        Some(task.score(&[], &[]))
    }
}
