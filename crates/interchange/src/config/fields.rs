//! The keys of a `config.json`, each with what may stand there.

use std::path::PathBuf;

use serde_json::{Map, Value};

use crate::class::{Classes, Problem};
use crate::error::InterchangeError;
use crate::scoring::Scoring;

/// The keys of a `config.json`.
pub(super) struct Fields {
    pub path: PathBuf,
    pub map: Map<String, Value>,
}

impl Fields {
    /// A key that is there and not null.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.map.get(key).filter(|value| !value.is_null())
    }

    pub fn wrong(&self, why: &str) -> InterchangeError {
        InterchangeError::Format { path: self.path.clone(), why: why.to_string() }
    }

    pub fn refuse(&self, key: &str, value: &Value, instead: &str) -> InterchangeError {
        let (path, key, instead) = (self.path.clone(), key.to_string(), instead.to_string());
        InterchangeError::Unsupported { path, key, value: value.to_string(), instead }
    }

    /// Refuses any value but one; a key that is not there has that one.
    pub fn only(&self, key: &str, value: &Value, instead: &str) -> Result<(), InterchangeError> {
        match self.get(key) {
            Some(found) if found != value && found.as_f64().is_none_or(|found| Some(found) != value.as_f64()) => {
                Err(self.refuse(key, found, instead))
            }
            _ => Ok(()),
        }
    }

    pub fn text(&self, key: &str) -> Result<String, InterchangeError> {
        let text = self.get(key).and_then(Value::as_str);
        text.map(str::to_string).ok_or_else(|| self.wrong(&format!("`{key}` is missing or no text")))
    }

    /// A number above 0 that a size can be.
    pub fn number(&self, key: &str) -> Result<usize, InterchangeError> {
        let value = self.get(key).ok_or_else(|| self.wrong(&format!("`{key}` is missing")))?;
        let number = value.as_u64().filter(|number| (1..=1 << 32).contains(number));
        let number =
            number.ok_or_else(|| self.wrong(&format!("`{key}` is {value}, and not a whole number above 0")))?;
        Ok(number as usize)
    }

    /// Refuses any but these values; returns which one it is, or the first where the key is not there.
    pub fn one_of<T: Copy>(&self, key: &str, known: &[(&str, T)]) -> Result<T, InterchangeError> {
        let Some(value) = self.get(key) else { return Ok(known[0].1) };
        let found = known.iter().find(|(name, _)| value.as_str() == Some(name));
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        found.map(|(_, meant)| *meant).ok_or_else(|| self.refuse(key, value, &format!("{} are", names.join(", "))))
    }

    pub fn number_or(&self, key: &str, default: usize) -> Result<usize, InterchangeError> {
        if self.get(key).is_some() { self.number(key) } else { Ok(default) }
    }

    pub fn float_or(&self, key: &str, default: f64) -> Result<f64, InterchangeError> {
        let Some(value) = self.get(key) else { return Ok(default) };
        let number = value.as_f64().filter(|number| *number > 0.0 && number.is_finite());
        number.ok_or_else(|| self.wrong(&format!("`{key}` is {value}, and not a number above 0")))
    }

    pub fn flag_or(&self, key: &str, default: bool) -> Result<bool, InterchangeError> {
        let Some(value) = self.get(key) else { return Ok(default) };
        value.as_bool().ok_or_else(|| self.wrong(&format!("`{key}` is {value}, and neither true nor false")))
    }

    /// An id, or the first of several.
    pub fn id(&self, key: &str) -> Option<u32> {
        self.ids(key).first().copied()
    }

    /// An id, or several.
    pub fn ids(&self, key: &str) -> Vec<u32> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let ids = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        ids.iter().filter_map(|id| u32::try_from(id.as_u64()?).ok()).collect()
    }

    /// What the head of classes computes, as the text-classification pipeline of transformers has it: one output is a
    /// probability of its own unless the problem is a regression. Of a cross-encoder it is what `scoring` makes of it.
    pub fn classes(&self, scoring: Option<Scoring>) -> Result<Classes, InterchangeError> {
        let labels = self.labels()?;
        let one = labels.len() == 1;
        match scoring.filter(|_| self.get("function_to_apply").is_none()) {
            Some(Scoring::Identity) if one => {
                return Ok(Classes { labels, problem: Problem::Regression, sigmoid: false });
            }
            Some(Scoring::Sigmoid) if one => {
                return Ok(Classes { labels, problem: Problem::MultiLabelClassification, sigmoid: false });
            }
            Some(Scoring::Softmax) if one => {
                let value = Value::from("Softmax");
                return Err(self.refuse("activation_fn", &value, "Identity and Sigmoid are, for one output"));
            }
            _ => {}
        }
        let problem = match self.get("problem_type") {
            Some(named) => serde_json::from_value(named.clone()).map_err(|_| {
                let known = "single_label_classification, multi_label_classification and regression are";
                self.refuse("problem_type", named, known)
            })?,
            None => Problem::default(),
        };
        let function = self.get("function_to_apply");
        let refuse = |instead| Err(self.refuse("function_to_apply", function.unwrap_or(&Value::Null), instead));
        // Where several outputs are left as they are, their probabilities are those of softmax, whose order is the same.
        let name = match (function, scoring) {
            (Some(function), _) => function.as_str(),
            (None, Some(Scoring::Sigmoid)) => Some("sigmoid"),
            (None, Some(Scoring::Softmax)) => Some("softmax"),
            (None, _) => None,
        };
        let (problem, sigmoid) = match (problem, name) {
            (Problem::Regression, _) if !one => {
                return Err(self.refuse("problem_type", &Value::from("regression"), "regression of one number is"));
            }
            (Problem::Regression, None | Some("none")) => (Problem::Regression, false),
            (_, Some("none")) if one => (Problem::Regression, false),
            (Problem::MultiLabelClassification, None | Some("sigmoid")) => (Problem::MultiLabelClassification, false),
            (Problem::SingleLabelClassification, None | Some("sigmoid")) if one => {
                (Problem::MultiLabelClassification, false)
            }
            (Problem::SingleLabelClassification, Some("sigmoid")) => (Problem::SingleLabelClassification, true),
            (Problem::SingleLabelClassification, Some("softmax")) if !one => {
                (Problem::SingleLabelClassification, false)
            }
            (Problem::SingleLabelClassification, None) if function.is_none() => {
                (Problem::SingleLabelClassification, false)
            }
            _ => {
                return refuse(
                    "softmax or sigmoid for one class of several, sigmoid for labels and none for a number are",
                );
            }
        };
        Ok(Classes { labels, problem, sigmoid })
    }

    /// Names of the classes, in the order of their ids. Names that several have are told apart by these.
    fn labels(&self) -> Result<Vec<String>, InterchangeError> {
        let count = match self.get("id2label").and_then(Value::as_object) {
            Some(labels) => labels.len(),
            None => self.number_or("num_labels", 2)?,
        };
        // Names are made up for so many.
        if count > 1 << 16 && self.get("id2label").is_none() {
            return Err(self.wrong(&format!("`num_labels` is {count}, and `id2label` names none of them")));
        }
        let label = |id: usize| {
            let named = self.get("id2label").and_then(|labels| labels.get(id.to_string()));
            match named {
                Some(label) => {
                    label.as_str().map(str::to_string).ok_or_else(|| self.wrong("a name in `id2label` is no text"))
                }
                None if self.get("id2label").is_some() => Err(self.wrong(&format!("`id2label` has no {id}"))),
                None => Ok(format!("LABEL_{id}")),
            }
        };
        let names = (0..count).map(label).collect::<Result<Vec<String>, _>>()?;
        let mut apart: Vec<String> = Vec::with_capacity(count);
        for (id, name) in names.iter().enumerate() {
            let mut own = name.clone();
            while names.iter().filter(|other| **other == own).count() > 1 || apart.contains(&own) {
                own = format!("{own} (id {id})");
            }
            apart.push(own);
        }
        Ok(apart)
    }
}
