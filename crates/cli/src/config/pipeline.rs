//! `run`: several stages in one file.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Validate, run_name};

/// `run`: stages in order, then one report.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Pipeline {
    /// Folder of the whole, under the runs folder; each stage gets a folder in it.
    pub run: String,
    /// What to do, in order.
    pub stages: Vec<Stage>,
}

/// One stage of a pipeline.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// Its folder's name, `<run>/<name>`.
    pub name: String,
    /// Which command it is.
    pub verb: Verb,
    /// Its config file, relative to the pipeline's.
    pub config: PathBuf,
    /// Keys to change in that file, as `--set` takes them.
    #[serde(default)]
    pub set: Vec<String>,
}

/// What a stage does.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Verb {
    /// `cimiento pretrain`.
    Pretrain,
    /// `cimiento finetune`.
    Finetune,
    /// `cimiento evaluate`.
    Evaluate,
    /// `cimiento data cloze`.
    Cloze,
}

impl Validate for Pipeline {
    fn validate(&self) -> Result<(), String> {
        run_name("run", &self.run)?;
        if self.stages.is_empty() {
            return Err("stages is empty: nothing to do".into());
        }
        for (index, stage) in self.stages.iter().enumerate() {
            if stage.set.iter().any(|set| set.split('=').next().is_some_and(|key| key.trim() == "run")) {
                return Err(format!(
                    "stages[{index}].set changes `run`, but a stage's run is always {:?}: change stages[{index}].name",
                    format!("{}/{}", self.run, stage.name)
                ));
            }
            run_name(&format!("stages[{index}].name"), &stage.name)?;
            if self.stages[..index].iter().any(|other| other.name == stage.name) {
                return Err(format!("stages[{index}].name = {:?} occurs twice: each stage needs its own", stage.name));
            }
        }
        Ok(())
    }
}
