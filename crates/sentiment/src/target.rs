//! Targets out of labels as they are written.

use std::collections::BTreeMap;

use cimiento_data::encode::EncodeError;
use cimiento_data::quality::Warning;
use cimiento_data::quality::classes;
use cimiento_data::records::{canonical, decimal_comma, literal};
use serde_json::Value;

use crate::config::{ClassWeights, Config, ProblemType, Scale, State, WeightRule};
use crate::record::{Label, Record};

/// So many classes that are all numbers may be meant as numbers.
const NUMBERS: usize = 20;
/// What may stand between labels in one string.
const SEPARATORS: [char; 4] = ['|', ';', ',', '/'];

const LABEL: EncodeError = EncodeError::Unlabelled { what: "label" };

/// What a text is to be answered with.
#[derive(Clone, Debug, PartialEq)]
pub enum Gold {
    /// Index of its class.
    Class(usize),
    /// Indices of its labels, rising.
    Labels(Vec<usize>),
    /// Its number, in the unit of the data.
    Number(f64),
}

/// The class of a record.
fn class(label: Option<&Label>) -> Result<String, EncodeError> {
    match label {
        None => Err(LABEL),
        Some(Label::One(name)) if name.is_empty() => Err(LABEL),
        Some(Label::One(name)) => Ok(name.clone()),
        Some(Label::Several(names)) => match names.as_slice() {
            [only] => Ok(only.clone()),
            names => Err(EncodeError::Target {
                why: format!(
                    "the label is a list of {}, and one class is expected: problem_type = \"multi_label_classification\" \
                     takes any number",
                    names.len()
                ),
            }),
        },
    }
}

/// The labels of a record. An empty text is none; a list may be written as text, as Python and JSON do.
pub(crate) fn labels(config: &Config, label: Option<&Label>) -> Result<Vec<String>, EncodeError> {
    let mut names: Vec<String> = match label {
        None => return Err(LABEL),
        Some(Label::Several(names)) => names.clone(),
        Some(Label::One(text)) => match (listed(text), &config.separator) {
            (Some(names), _) => names,
            (None, Some(separator)) => text.split(separator.as_str()).map(canonical).collect(),
            (None, None) => vec![text.clone()],
        },
    };
    names.retain(|name| !name.is_empty());
    names.sort();
    names.dedup();
    Ok(names)
}

/// The members of a list that is written as `["a", "b"]` or `['a', 'b']`.
fn listed(text: &str) -> Option<Vec<String>> {
    let list = text.starts_with('[').then(|| serde_json::from_str(text).ok().or_else(|| literal(text)))??;
    let name = |value: &Value| value.as_str().map_or_else(|| canonical(&value.to_string()), canonical);
    Some(list.as_array()?.iter().map(name).collect())
}

/// The number of a record.
fn number(label: Option<&Label>) -> Result<f64, EncodeError> {
    let text = class(label)?;
    let pointed = decimal_comma(&text).transpose();
    let pointed = pointed.map_err(|why| EncodeError::Target { why: format!("the label {why}") })?;
    let number = text.parse::<f64>().ok().or(pointed).filter(|number| number.is_finite());
    number.ok_or_else(|| EncodeError::Target {
        why: format!(
            "the label {text:?} is no number, which problem_type = \"regression\" expects: write it as 1234.5"
        ),
    })
}

/// Where a class is among the labels of a state: by name, or by its value if it was named as files write it.
fn place(state: &State, name: &str) -> Result<usize, EncodeError> {
    let exact = state.labels.iter().position(|known| known == name);
    let found = exact.or_else(|| state.labels.iter().position(|known| canonical(known) == *name));
    found.ok_or_else(|| EncodeError::UnknownLabel { label: name.to_owned(), known: state.labels.clone() })
}

/// The target of a record.
pub(crate) fn gold(config: &Config, state: &State, record: &Record) -> Result<Gold, EncodeError> {
    let label = record.label.as_ref();
    Ok(match config.problem_type {
        ProblemType::SingleLabelClassification => Gold::Class(place(state, &class(label)?)?),
        ProblemType::MultiLabelClassification => {
            let places = labels(config, label)?.into_iter().map(|name| place(state, &name));
            let mut places = places.collect::<Result<Vec<usize>, _>>()?;
            places.sort_unstable();
            Gold::Labels(places)
        }
        ProblemType::Regression => Gold::Number(number(label)?),
    })
}

/// The classes that a record names, whatever it is to be taken for.
pub(crate) fn named(config: &Config, record: &Record) -> Vec<String> {
    let label = record.label.as_ref();
    match config.problem_type {
        ProblemType::SingleLabelClassification => class(label).into_iter().collect(),
        ProblemType::MultiLabelClassification => labels(config, label).unwrap_or_default(),
        ProblemType::Regression => Vec::new(),
    }
}

/// What is learned of the training records before any weight is.
pub(crate) fn survey(config: &Config, records: &[Record]) -> Result<State, EncodeError> {
    match config.problem_type {
        ProblemType::Regression => scale(records),
        problem => {
            let counts = counts(config, records);
            let labels: Vec<String> = counts.keys().cloned().collect();
            match labels.as_slice() {
                [] => Err(LABEL),
                [only] if problem == ProblemType::SingleLabelClassification => {
                    Err(EncodeError::SingleClass { label: only.clone() })
                }
                all if problem == ProblemType::MultiLabelClassification
                    && counts.values().all(|count| *count == records.len()) =>
                {
                    Err(EncodeError::Constant { what: "labels", value: all.join(", ") })
                }
                _ => {
                    let counts: Vec<usize> = counts.into_values().collect();
                    let weights = weights(config, &labels, &counts, records.len())?;
                    Ok(State { labels, weights, ..State::default() })
                }
            }
        }
    }
}

fn scale(records: &[Record]) -> Result<State, EncodeError> {
    // Those without a number are told of with their place, when they are encoded.
    let numbers: Vec<f64> = records.iter().filter_map(|record| number(record.label.as_ref()).ok()).collect();
    let Some(first) = numbers.first() else {
        let any = records.iter().any(|record| class(record.label.as_ref()) != Err(LABEL));
        let unknown =
            State { labels: vec!["value".into()], scale: Some(Scale { mean: 0.0, std: 1.0 }), ..State::default() };
        return if any { Ok(unknown) } else { Err(LABEL) };
    };
    let mean = numbers.iter().sum::<f64>() / numbers.len() as f64;
    let std = (numbers.iter().map(|number| (number - mean).powi(2)).sum::<f64>() / numbers.len() as f64).sqrt();
    // The deviation of equal numbers may be a little above 0.
    if numbers.len() == records.len() && numbers.iter().all(|number| number == first) {
        return Err(EncodeError::Constant { what: "number", value: first.to_string() });
    }
    let std = if std > 0.0 && std.is_finite() { std } else { 1.0 };
    Ok(State { labels: vec!["value".into()], scale: Some(Scale { mean, std }), ..State::default() })
}

/// How many records name each class.
fn counts(config: &Config, records: &[Record]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for name in records.iter().flat_map(|record| named(config, record)) {
        *counts.entry(name).or_default() += 1;
    }
    counts
}

/// How much each class counts. Of one class a text, so that all texts together count as many as they are; of several
/// labels, how much a text that has the label counts beside one that has not.
fn weights(config: &Config, labels: &[String], counts: &[usize], records: usize) -> Result<Vec<f64>, EncodeError> {
    let single = config.problem_type == ProblemType::SingleLabelClassification;
    let each: Vec<f64> = match &config.class_weights {
        ClassWeights::Rule(WeightRule::None) => return Ok(Vec::new()),
        ClassWeights::Rule(WeightRule::Balanced) if single => counts.iter().map(|&count| 1.0 / count as f64).collect(),
        ClassWeights::Rule(WeightRule::Balanced) => {
            counts.iter().map(|&count| (records - count).max(1) as f64 / count as f64).collect()
        }
        ClassWeights::Given(given) => {
            let mut each = vec![1.0; labels.len()];
            for (name, weight) in given {
                let label = canonical(name);
                let at = labels.iter().position(|known| *known == label).ok_or_else(|| EncodeError::Target {
                    why: format!(
                        "class_weights names {name:?}, which no record has: the classes are {}",
                        labels.iter().take(20).cloned().collect::<Vec<_>>().join(", ")
                    ),
                })?;
                each[at] = *weight;
            }
            each
        }
    };
    if !single {
        return Ok(each);
    }
    let sum: f64 = each.iter().zip(counts).map(|(weight, &count)| weight * count as f64).sum();
    let all = counts.iter().sum::<usize>() as f64;
    Ok(each.into_iter().map(|weight| weight * all / sum).collect())
}

/// What may be wrong with the labels of a set.
pub(crate) fn warnings(config: &Config, records: &[Record]) -> Vec<Warning> {
    let counts = counts(config, records);
    let mut found = classes::warnings(&counts, "label");
    let single = config.problem_type == ProblemType::SingleLabelClassification;
    let is_number = |name: &String| name.parse::<f64>().is_ok() || matches!(decimal_comma(name), Some(Ok(_)));
    let numbers = counts.keys().all(is_number);
    // Classes have no fractions: `1,00` is a number in any number of classes.
    if single && numbers && (counts.len() > NUMBERS || counts.keys().any(|name| name.contains(','))) {
        found.push(Warning {
            what: format!("all {} classes are numbers, and their order is not known to a classifier", counts.len()),
            advice: "if they are quantities, set task.sentiment.problem_type = \"regression\"".into(),
        });
    }
    if single
        && !numbers
        && let Some((separator, several)) = several(&counts)
    {
        found.push(Warning {
            what: format!(
                "{} of {} labels look like several in one, such as {:?}",
                several.len(),
                counts.len(),
                several[0]
            ),
            advice: format!(
                "if they are, set task.sentiment.problem_type = \"multi_label_classification\" and \
                 task.sentiment.separator = \"{separator}\""
            ),
        });
    }
    let joined = |name: &&String| name.contains(SEPARATORS);
    if !single
        && config.separator.is_none()
        && let Some(example) = counts.keys().find(joined)
    {
        let count = counts.keys().filter(joined).count();
        found.push(Warning {
            what: format!("{count} labels look like several in one, such as {example:?}"),
            advice: "if they are, set task.sentiment.separator to what stands between them".into(),
        });
    }
    found
}

/// The labels that are made of others, and what stands between those. A class may have such a sign in its name
/// (`Sci/Tech`): all its parts must be met in other labels too.
fn several(counts: &BTreeMap<String, usize>) -> Option<(char, Vec<&String>)> {
    let of = |separator: char| {
        let mut met: BTreeMap<&str, usize> = BTreeMap::new();
        for part in counts.keys().flat_map(|name| name.split(separator)) {
            *met.entry(part.trim()).or_default() += 1;
        }
        let known = |part: &str| !part.trim().is_empty() && met[part.trim()] > 1;
        let made = |name: &&String| name.contains(separator) && name.split(separator).all(known);
        counts.keys().filter(made).collect::<Vec<_>>()
    };
    let all = SEPARATORS.into_iter().map(|separator| (separator, of(separator)));
    all.filter(|(_, found)| !found.is_empty()).max_by_key(|(_, found)| found.len())
}
