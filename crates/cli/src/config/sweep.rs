//! `sweep`: one training, tried with many settings.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use toml::{Table, Value};

use super::{Validate, run_name};
use crate::overrides;

/// More trials than anyone waits for: such a number is a mistake.
pub const MOST: usize = 10_000;

/// `sweep`: trials of one training under changed keys, ranked by how they validate.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Sweep {
    /// Folder of the whole, under the runs folder; each trial gets a folder in it.
    pub run: String,
    /// Which command a trial is.
    pub verb: Training,
    /// Its config file, relative to the sweep's.
    pub config: PathBuf,
    /// Keys to change in that file for every trial, as `--set` takes them.
    #[serde(default)]
    pub set: Vec<String>,
    /// Which of the possible trials are made.
    #[serde(default)]
    pub search: Search,
    /// What they are ranked by.
    pub goal: Goal,
    /// Trials at once, each on its share of the cores. 0 decides: on the processor as many as there are cores, or as
    /// their memory allows; one on any other device.
    #[serde(default)]
    pub parallel: usize,
    /// What is tried, by key.
    pub axes: Axes,
}

/// What a trial is.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Training {
    /// `cimiento pretrain`.
    Pretrain,
    /// `cimiento finetune`.
    Finetune,
}

/// Which trials are made.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Default)]
#[serde(rename_all = "lowercase")]
pub enum Search {
    /// All combinations.
    #[default]
    Grid,
    /// So many, drawn by chance.
    Random(Random),
}

/// Trials drawn by chance.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Random {
    /// How many. Those of a smaller number come first in a larger one.
    pub trials: usize,
    /// Decides what is drawn.
    #[serde(default = "one")]
    pub seed: u64,
}

fn one() -> u64 {
    1
}

/// A metric of validation, and which way it runs.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Goal {
    /// Less is better.
    Minimize(String),
    /// More is better.
    Maximize(String),
}

impl Goal {
    /// The metric's name.
    pub fn metric(&self) -> &str {
        match self {
            Self::Minimize(metric) | Self::Maximize(metric) => metric,
        }
    }

    /// Which way it runs, in words.
    pub fn direction(&self) -> &'static str {
        match self {
            Self::Minimize(_) => "less is better",
            Self::Maximize(_) => "more is better",
        }
    }
}

/// What is tried, by key. A key may be written as `--set` takes it, in quotes, or as TOML's own path.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Axes(pub BTreeMap<String, Axis>);

/// What is tried of one key.
// Which of the two it is shows in its shape; it is read by `axes_in`.
#[derive(Serialize, Clone, Debug, PartialEq)]
#[serde(untagged)]
pub enum Axis {
    /// These values. Where they are tables, the keys of a table are set together, and the axis is no key but a name.
    List(Vec<Value>),
    /// A number between two others, drawn by chance.
    Range(Range),
}

/// Numbers to draw from: whole ones if both ends are.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// The least.
    pub from: Value,
    /// The largest.
    pub to: Value,
    /// What is drawn evenly.
    #[serde(default)]
    pub scale: Scale,
}

/// What is drawn evenly between the ends of a range.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "lowercase")]
pub enum Scale {
    /// The number.
    #[default]
    Linear,
    /// Its logarithm.
    Log,
}

impl<'de> Deserialize<'de> for Axes {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let mut axes = BTreeMap::new();
        for (key, Part(part)) in BTreeMap::<String, Part>::deserialize(input)? {
            for (rest, axis) in part {
                let key = format!("{key}{rest}");
                if axes.insert(key.clone(), axis).is_some() {
                    return Err(D::Error::custom(format!("axes has {key} twice")));
                }
            }
        }
        Ok(Self(axes))
    }
}

/// The axes behind one key of `axes`, each with the rest of its name.
struct Part(Vec<(String, Axis)>);

impl<'de> Deserialize<'de> for Part {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        axes_in(Value::deserialize(input)?).map(Self).map_err(D::Error::custom)
    }
}

fn axes_in(value: Value) -> Result<Vec<(String, Axis)>, String> {
    match value {
        Value::Array(values) => Ok(vec![(String::new(), Axis::List(values))]),
        Value::Table(table) if ["from", "to", "scale"].iter().any(|key| table.contains_key(*key)) => {
            let range = Range::deserialize(table).map_err(|e| e.message().to_string())?;
            Ok(vec![(String::new(), Axis::Range(range))])
        }
        Value::Table(table) if !table.is_empty() => {
            let mut axes = Vec::new();
            for (key, value) in table {
                axes.extend(axes_in(value)?.into_iter().map(|(rest, axis)| (format!(".{key}{rest}"), axis)));
            }
            Ok(axes)
        }
        other => Err(format!(
            "invalid type: {}, expected a list of values, or a range such as {{ from = 1e-4, to = 1e-2, scale = \"log\" }}",
            other.type_str()
        )),
    }
}

impl Range {
    /// Both ends.
    pub fn ends(&self) -> Option<(f64, f64)> {
        let number = |value: &Value| value.as_float().or(value.as_integer().map(|whole| whole as f64));
        Some((number(&self.from)?, number(&self.to)?))
    }

    fn validate(&self, key: &str) -> Result<(), String> {
        let Some((from, to)) = self.ends() else {
            return Err(format!("{key}: a range goes from one number to another"));
        };
        if !(from < to && (to - from).is_finite()) {
            return Err(format!("{key}: {from} must be below {to}"));
        }
        if self.scale == Scale::Log && from <= 0.0 {
            return Err(format!("{key}: on a logarithmic scale from = {from} must be above 0"));
        }
        Ok(())
    }
}

impl Axis {
    /// What one of a list's values sets.
    pub fn settings(key: &str, value: &Value) -> Vec<(String, Value)> {
        match value {
            Value::Table(table) => flat(table),
            value => vec![(key.to_string(), value.clone())],
        }
    }

    /// The keys it sets.
    fn keys(&self, name: &str) -> Vec<String> {
        let mut keys: Vec<String> = match self {
            Self::List(values) => values.iter().flat_map(|v| Self::settings(name, v)).map(|(key, _)| key).collect(),
            Self::Range(_) => vec![name.to_string()],
        };
        keys.sort();
        keys.dedup();
        keys
    }

    fn validate(&self, name: &str, search: &Search) -> Result<(), String> {
        let at = format!("axes.{name}");
        let values = match (self, search) {
            (Self::Range(range), Search::Random(_)) => return range.validate(&at),
            (Self::Range(_), Search::Grid) => {
                return Err(format!(
                    "{at} is a range, which a grid cannot go through: list the values to try, or draw them with \
                     search = {{ random = {{ trials = 12 }} }}"
                ));
            }
            (Self::List(values), _) => values,
        };
        if values.is_empty() {
            return Err(format!("{at} is empty: list the values to try"));
        }
        let tables = values.iter().filter(|value| value.is_table()).count();
        if ![0, values.len()].contains(&tables) {
            return Err(format!("{at} mixes tables, whose keys are set together, with plain values"));
        }
        for (index, value) in values.iter().enumerate() {
            if !finite(value) {
                return Err(format!("{at}[{index}] is no finite number"));
            }
            if Self::settings(name, value).is_empty() {
                return Err(format!("{at}[{index}] sets nothing"));
            }
            if values[..index].contains(value) {
                return Err(format!("{at}[{index}] = {value} is there twice"));
            }
        }
        Ok(())
    }
}

/// The values of a table by their whole keys.
fn flat(table: &Table) -> Vec<(String, Value)> {
    let inner = |(key, value): (&String, &Value)| match value {
        Value::Table(table) => flat(table).into_iter().map(|(rest, value)| (format!("{key}.{rest}"), value)).collect(),
        value => vec![(key.clone(), value.clone())],
    };
    table.iter().flat_map(inner).collect()
}

fn finite(value: &Value) -> bool {
    match value {
        Value::Float(number) => number.is_finite(),
        Value::Array(values) => values.iter().all(finite),
        Value::Table(table) => table.values().all(finite),
        _ => true,
    }
}

impl Sweep {
    /// All keys that trials set, without repetition, in order.
    pub fn keys(&self) -> Vec<String> {
        let mut keys: Vec<String> = self.axes.0.iter().flat_map(|(name, axis)| axis.keys(name)).collect();
        keys.sort();
        keys
    }

    /// How many combinations the lists have; `None` if that is beyond counting.
    fn combinations(&self) -> Option<usize> {
        let lengths = self.axes.0.values().map(|axis| match axis {
            Axis::List(values) => values.len(),
            Axis::Range(_) => 1,
        });
        lengths.into_iter().try_fold(1_usize, usize::checked_mul)
    }

    /// Every key is set in one place only.
    fn validate_keys(&self) -> Result<(), String> {
        let fixed = self.set.iter().enumerate().filter_map(|(index, set)| Some((index, set.split_once('=')?.0.trim())));
        let mut taken: BTreeMap<String, String> = BTreeMap::new();
        for (index, key) in fixed {
            if key == "run" {
                return Err(format!("set[{index}] changes `run`, which each trial has its own of"));
            }
            taken.insert(key.to_string(), format!("set[{index}]"));
        }
        for (name, axis) in &self.axes.0 {
            for key in axis.keys(name) {
                if overrides::steps(&key).is_none() {
                    return Err(format!(
                        "axes.{name}: {key:?} is not a key such as optimizer.lr or data.train[0].path"
                    ));
                }
                if key == "run" {
                    return Err(format!("axes.{name} changes `run`, which each trial has its own of"));
                }
                if let Some(other) = taken.insert(key.clone(), format!("axes.{name}")) {
                    return Err(format!("axes.{name} changes {key}, and so does {other}: remove one of them"));
                }
            }
        }
        Ok(())
    }
}

impl Validate for Sweep {
    fn validate(&self) -> Result<(), String> {
        run_name("run", &self.run)?;
        if self.axes.0.is_empty() {
            return Err(
                "axes is empty: name a key and the values to try, such as \"optimizer.lr\" = [1e-3, 3e-3]".into()
            );
        }
        for (name, axis) in &self.axes.0 {
            axis.validate(name, &self.search)?;
        }
        self.validate_keys()?;
        match &self.search {
            Search::Grid if self.combinations().is_none_or(|count| count > MOST) => Err(format!(
                "axes has more than {MOST} combinations: draw some of them with search = {{ random = {{ trials = 12 }} }}"
            )),
            Search::Random(Random { trials, .. }) if !(1..=MOST).contains(trials) => {
                Err(format!("search.random.trials = {trials} must lie in [1, {MOST}]"))
            }
            _ => Ok(()),
        }
    }
}
