//! When there is no answer: the threshold that "no answer" has to pass, given, fitted, or none at all.

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What a user may say about "no answer".
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub enum NullThreshold {
    /// Given where the model has learned from questions without an answer, and then where it is likelier than the best
    /// span; else never.
    #[default]
    Auto,
    /// As the validation records answer best, after training.
    Fit,
    /// Given where its log-odds against the best span are above this number.
    At(f64),
}

impl Serialize for NullThreshold {
    fn serialize<S: Serializer>(&self, output: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Auto => output.serialize_str("auto"),
            Self::Fit => output.serialize_str("fit"),
            Self::At(number) => output.serialize_f64(*number),
        }
    }
}

impl<'de> Deserialize<'de> for NullThreshold {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct NameOrNumber;

        impl Visitor<'_> for NameOrNumber {
            type Value = NullThreshold;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(r#""auto", "fit" or a number"#)
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<NullThreshold, E> {
                match name {
                    "auto" => Ok(NullThreshold::Auto),
                    "fit" => Ok(NullThreshold::Fit),
                    _ => Err(E::invalid_value(serde::de::Unexpected::Str(name), &self)),
                }
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<NullThreshold, E> {
                Ok(NullThreshold::At(number))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<NullThreshold, E> {
                Ok(NullThreshold::At(number as f64))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<NullThreshold, E> {
                Ok(NullThreshold::At(number as f64))
            }
        }

        input.deserialize_any(NameOrNumber)
    }
}

/// What training has found out about questions without an answer.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(from = "Option<Known>", into = "Known")]
pub struct State {
    /// Whether some were learned from; `None` for a model that comes from elsewhere or from before this was kept.
    pub unanswerable: Option<bool>,
    /// The threshold that answers the validation records best, where it was fitted.
    pub null_threshold: Option<f64>,
}

/// A [`State`] in a file, where nothing at all is one too.
#[derive(Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Known {
    unanswerable: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    null_threshold: Option<f64>,
}

impl From<Option<Known>> for State {
    fn from(known: Option<Known>) -> Self {
        let Known { unanswerable, null_threshold } = known.unwrap_or_default();
        Self { unanswerable, null_threshold }
    }
}

impl From<State> for Known {
    fn from(State { unanswerable, null_threshold }: State) -> Self {
        Self { unanswerable, null_threshold }
    }
}

impl NullThreshold {
    /// The number that counts for a model in this state; `None` where a span is always given.
    pub(crate) fn of(self, state: &State) -> Option<f64> {
        match self {
            Self::At(number) => Some(number),
            Self::Fit => Some(state.null_threshold.unwrap_or(0.0)),
            Self::Auto => state.unanswerable.unwrap_or(false).then_some(0.0),
        }
    }
}

/// The threshold under which answers score best. `margins` has for each example by how much the log-odds of no answer
/// exceed those of its best span, what that span scores, and what no answer scores. Of several as good it is the one
/// nearest to 0, and halfway between the examples that it parts.
pub(crate) fn best(margins: &[(f64, f64, f64)]) -> f64 {
    let mut sorted = margins.to_vec();
    sorted.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (Some(first), Some(last)) = (sorted.first(), sorted.last()) else { return 0.0 };
    let mut total: f64 = sorted.iter().map(|(_, _, null)| null).sum();
    let mut candidates = vec![(total, first.0 - 1.0)];
    for (at, (margin, span, null)) in sorted.iter().enumerate() {
        total += span - null;
        match sorted.get(at + 1) {
            Some((next, _, _)) if next > margin => candidates.push((total, (margin + next) / 2.0)),
            Some(_) => {}
            None => candidates.push((total, last.0 + 1.0)),
        }
    }
    let better = |one: &(f64, f64), other: &(f64, f64)| {
        // Sums of the same shares in another order differ in their last bits.
        if (one.0 - other.0).abs() > 1e-9 { one.0.total_cmp(&other.0) } else { other.1.abs().total_cmp(&one.1.abs()) }
    };
    candidates.into_iter().max_by(better).map_or(0.0, |(_, threshold)| threshold)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_auto_fit_or_a_number() {
        let read = |json: &str| serde_json::from_str::<NullThreshold>(json);
        assert_eq!(read("\"auto\"").unwrap(), NullThreshold::Auto);
        assert_eq!(read("\"fit\"").unwrap(), NullThreshold::Fit);
        assert_eq!((read("-1.5").unwrap(), read("2").unwrap()), (NullThreshold::At(-1.5), NullThreshold::At(2.0)));
        assert!(read("\"never\"").unwrap_err().to_string().contains(r#""auto", "fit" or a number"#));
        for value in [NullThreshold::Auto, NullThreshold::Fit, NullThreshold::At(0.5)] {
            assert_eq!(read(&serde_json::to_string(&value).unwrap()).unwrap(), value);
        }
    }

    #[test]
    fn a_model_that_never_saw_such_a_question_always_gives_a_span() {
        let [unknown, never, seen] =
            [None, Some(false), Some(true)].map(|unanswerable| State { unanswerable, null_threshold: None });
        let auto = NullThreshold::Auto;
        assert_eq!([&unknown, &never, &seen].map(|state| auto.of(state)), [None, None, Some(0.0)]);
        assert_eq!(NullThreshold::At(1.0).of(&never), Some(1.0));
        let fitted = State { null_threshold: Some(2.5), ..seen };
        assert_eq!((NullThreshold::Fit.of(&fitted), auto.of(&fitted)), (Some(2.5), Some(0.0)));
    }

    #[test]
    fn checkpoints_from_before_there_was_a_state_are_read() {
        assert_eq!(serde_json::from_str::<State>("null").unwrap(), State::default());
        let state = State { unanswerable: Some(true), null_threshold: Some(0.5) };
        assert_eq!(serde_json::from_str::<State>(&serde_json::to_string(&state).unwrap()).unwrap(), state);
    }

    #[test]
    fn the_best_threshold_parts_what_is_better_answered() {
        // A span where it is right, and no answer where that is.
        assert_eq!(best(&[(-4.0, 1.0, 0.0), (1.0, 0.5, 0.0), (3.0, 0.0, 1.0), (9.0, 0.0, 1.0)]), 2.0);
        // Always, or never, a span.
        assert_eq!(best(&[(-4.0, 1.0, 0.0), (-2.0, 1.0, 0.0)]), -1.0);
        assert_eq!(best(&[(2.0, 0.0, 1.0), (4.0, 0.0, 1.0)]), 1.0);
        // Where all are as good, nothing is changed for nothing.
        assert_eq!(best(&[(-3.0, 0.0, 0.0), (-1.0, 0.0, 0.0), (1.0, 0.0, 0.0)]), 0.0);
        assert_eq!(best(&[]), 0.0);
        // What is equally likely is answered alike.
        assert_eq!(best(&[(1.0, 1.0, 0.0), (1.0, 0.0, 1.0), (1.0, 0.0, 1.0)]), 0.0);
    }
}
