//! What a config says about records: sources here or on the hub.

use std::fmt;
use std::path::PathBuf;

use cimiento_data::records::Source;
use cimiento_data::unusable::{OnBad, Tolerance, is_usual, max_skipped};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::hub;

/// Labelled records for training and for choosing the best weights. A config may also write `data = "hub:sst2"`: the
/// train and validation splits of a known data set.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields, remote = "Self")]
pub struct TaskData {
    /// Learned from.
    pub train: Vec<Source>,
    /// Validated on; absent holds a share of `train` out.
    #[serde(default)]
    pub validation: Vec<Source>,
    /// The share held out where there is no `validation`; absent holds [`HELD_OUT`] out, and no more than
    /// [`MOST_HELD_OUT`] records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_out: Option<f64>,
    /// What becomes of a record that cannot be read or used.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub on_bad: OnBad,
    /// Share of records that may be left out: bad ones, if they may be skipped, and those whose answer does not occur in
    /// their passage.
    #[serde(default = "max_skipped", alias = "max_misaligned")]
    pub max_skipped: f64,
}

/// Share of the training records that is validated on where a config names neither records nor a share.
pub const HELD_OUT: f64 = 0.1;
/// Records held out at most where a config names no share: more would cost time and hardly sharpen the score.
pub const MOST_HELD_OUT: usize = 1000;

impl TaskData {
    /// How many records may be left out.
    pub fn tolerance(&self) -> Tolerance {
        Tolerance { on_bad: self.on_bad, max_skipped: self.max_skipped }
    }

    /// Checks `held_out`; the message names the key.
    pub fn validate_held_out(&self) -> Result<(), String> {
        match self.held_out {
            Some(_) if !self.validation.is_empty() => {
                Err("data.held_out takes validation records out of data.train, but data.validation names some: remove one of them".into())
            }
            Some(share) if !(share > 0.0 && share < 1.0) => Err(format!("data.held_out = {share} must lie between 0 and 1")),
            _ => Ok(()),
        }
    }

    /// How many of `records` training records are held out.
    pub fn number_held_out(&self, records: usize) -> usize {
        match self.held_out {
            Some(share) => (share * records as f64).round() as usize,
            None => ((HELD_OUT * records as f64).round() as usize).min(MOST_HELD_OUT),
        }
    }
}

/// A config as text to be hashed, as it was before `max_misaligned` had a better name: what was made then is still known.
pub fn to_hash(text: &str) -> String {
    text.replace("\"max_skipped\":", "\"max_misaligned\":")
}

impl Serialize for TaskData {
    fn serialize<S: Serializer>(&self, output: S) -> Result<S::Ok, S::Error> {
        // The derived one, which `remote` makes a function of the type.
        Self::serialize(self, output)
    }
}

impl<'de> Deserialize<'de> for TaskData {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(NameOrSources)
    }
}

struct NameOrSources;

impl<'de> Visitor<'de> for NameOrSources {
    type Value = TaskData;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`train`, and perhaps `validation`, or the name of a known data set such as \"hub:sst2\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<TaskData, E> {
        let (train, validation) = hub::to_learn_from(text).map_err(E::custom)?;
        let (train, validation) = (vec![Source::new(train)], vec![Source::new(validation)]);
        let (on_bad, max_skipped) = (OnBad::default(), max_skipped());
        Ok(TaskData { train, validation, held_out: None, on_bad, max_skipped })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<TaskData, A::Error> {
        TaskData::deserialize(MapAccessDeserializer::new(map))
    }
}

/// What begins as a reference to the hub must be one.
pub fn paths<'a>(key: &str, paths: impl Iterator<Item = &'a PathBuf>) -> Result<(), String> {
    for (index, path) in paths.enumerate() {
        hub::Data::of(path).map_err(|why| format!("{key}[{index}].path: {why}"))?;
    }
    Ok(())
}
