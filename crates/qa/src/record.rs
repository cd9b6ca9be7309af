//! A question, the passage that may answer it, and the answers, as a data file has them.

use std::fmt;

use cimiento_data::content::{Content, Remark};
use cimiento_data::encode::EncodeError;
use cimiento_data::turns;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// What is wrong with a record that does not say whether there is an answer.
pub(crate) const UNLABELLED: EncodeError =
    EncodeError::Unlabelled { what: "answers (an empty list, `[]`, says that the passage does not answer)" };

/// Questions without an answer are wanted, but worth knowing about.
const UNANSWERABLE: Remark = Remark {
    what: "ask what their passage does not tell",
    advice: "nothing to do if that is meant; `task.qa.null_threshold` decides how readily \"no answer\" is given",
    tolerated: 1.0,
    needs: None,
};

/// The answer is found, but not where the record says.
const ELSEWHERE: Remark = Remark {
    what: "have an answer_start that is not where the answer stands",
    advice: "the nearest place in the passage where the answer occurs is learned; count characters, not bytes",
    tolerated: 0.02,
    needs: None,
};

/// One question about one passage. The fields are those of SQuAD.
#[derive(Deserialize, Clone, Debug, PartialEq)]
#[serde(from = "Fields")]
pub struct Record {
    /// Comes back with the answer.
    pub id: Option<String>,
    /// The question.
    pub question: String,
    /// The passage; a list of sentences or of turns is one.
    pub context: String,
    /// Answers that count as right; an empty list says that the passage does not answer.
    pub answers: Option<Vec<Reference>>,
    /// Whether the passage does not answer, whatever `answers` holds.
    pub is_impossible: Option<bool>,
}

/// A record as a file has it: the places of answers may be a column of their own.
#[derive(Deserialize)]
struct Fields {
    #[serde(default)]
    id: Option<String>,
    question: String,
    #[serde(deserialize_with = "turns::text")]
    context: String,
    #[serde(default)]
    answers: Option<Vec<Reference>>,
    #[serde(default)]
    answer_start: Option<Vec<i64>>,
    #[serde(default)]
    is_impossible: Option<bool>,
}

impl From<Fields> for Record {
    fn from(fields: Fields) -> Self {
        let Fields { id, question, context, mut answers, answer_start, is_impossible } = fields;
        for (answer, start) in answers.iter_mut().flatten().zip(answer_start.into_iter().flatten()) {
            answer.answer_start = answer.answer_start.or(usize::try_from(start).ok());
        }
        Self { id, question, context, answers, is_impossible }
    }
}

impl Record {
    /// The answers, empty where the passage does not answer; `None` where the record does not say.
    pub fn references(&self) -> Option<Vec<&Reference>> {
        match (&self.answers, self.is_impossible) {
            (_, Some(true)) => Some(Vec::new()),
            (None, _) => None,
            (Some(answers), said) => {
                let found: Vec<_> = answers.iter().filter(|answer| !answer.text.trim().is_empty()).collect();
                (said.is_none() || !found.is_empty()).then_some(found)
            }
        }
    }

    /// What the record says.
    pub(crate) fn content(&self) -> Content {
        let answers = self.references();
        let mut remarks = Vec::new();
        match answers.as_deref() {
            Some([]) => remarks.push(UNANSWERABLE),
            Some(answers) if answers.iter().any(|answer| answer.is_elsewhere(&self.context)) => remarks.push(ELSEWHERE),
            _ => {}
        }
        Content {
            text: self.question.clone(),
            shared: Some(self.context.clone()),
            targets: answers.into_iter().flatten().map(|answer| answer.text.clone()).collect(),
            remarks,
        }
    }
}

/// An answer: a piece of the passage. A bare string is one too, found by looking for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The piece.
    pub text: String,
    /// Its first character in the passage.
    pub answer_start: Option<usize>,
}

impl Reference {
    /// Whether it says where it stands in the passage, and stands only elsewhere.
    fn is_elsewhere(&self, context: &str) -> bool {
        let bare = self.text.trim();
        let lead = self.text.chars().take_while(|c| c.is_whitespace()).count();
        let there = |start: usize| {
            context.char_indices().nth(start + lead).is_some_and(|(at, _)| context[at..].starts_with(bare))
        };
        self.answer_start.is_some_and(|start| !there(start)) && context.contains(bare)
    }
}

impl<'de> Deserialize<'de> for Reference {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(TextOrSpan)
    }
}

struct TextOrSpan;

impl<'de> Visitor<'de> for TextOrSpan {
    type Value = Reference;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(r#"an answer: a string, or {"text": …, "answer_start": …}"#)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Reference, E> {
        Ok(Reference { text: text.to_owned(), answer_start: None })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Reference, A::Error> {
        #[derive(Deserialize)]
        struct Span {
            text: String,
            #[serde(default)]
            answer_start: Option<i64>,
        }
        let Span { text, answer_start } = Span::deserialize(MapAccessDeserializer::new(map))?;
        // Some sets write -1 where they do not know.
        Ok(Reference { text, answer_start: answer_start.and_then(|start| usize::try_from(start).ok()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_spans_or_strings() {
        let json = r#"{"id": "7", "question": "Who?", "context": "Ada did.",
                       "answers": ["Ada", {"text": "Ada did", "answer_start": 0}, {"text": "did", "answer_start": -1}]}"#;
        let record: Record = serde_json::from_str(json).unwrap();
        let answers: Vec<_> = record.references().unwrap().iter().map(|r| (r.text.as_str(), r.answer_start)).collect();
        assert_eq!(answers, [("Ada", None), ("Ada did", Some(0)), ("did", None)]);
        let error = serde_json::from_str::<Reference>("3").unwrap_err().to_string();
        assert!(error.contains("an answer: a string"), "{error}");
    }

    #[test]
    fn places_may_be_a_column_of_their_own_and_passages_turns() {
        let json = r#"{"question": "Who?", "context": [{"speaker": "Tom", "text": "Ada."}, {"speaker": "Ada", "text": "I."}],
                       "answers": ["Ada", {"text": "Ada", "answer_start": 5}], "answer_start": [10, 0]}"#;
        let record: Record = serde_json::from_str(json).unwrap();
        let starts: Vec<_> = record.references().unwrap().iter().map(|answer| answer.answer_start).collect();
        assert_eq!((record.context.as_str(), starts), ("Tom: Ada.\nAda: I.", vec![Some(10), Some(5)]));
    }

    #[test]
    fn what_is_odd_about_a_record_is_remarked() {
        let check = |answers: &str, expected: &[Remark]| {
            let json = format!(r#"{{"question": "q", "context": "Ada did it.", "answers": {answers}}}"#);
            let content = serde_json::from_str::<Record>(&json).unwrap().content();
            assert_eq!((content.text.as_str(), content.remarks.as_slice()), ("q", expected), "{answers}");
        };
        check("[]", &[UNANSWERABLE]);
        check(r#"["Ada"]"#, &[]);
        check(r#"[{"text": "did", "answer_start": 4}, {"text": " did", "answer_start": 3}]"#, &[]);
        check(r#"[{"text": "did", "answer_start": 5}]"#, &[ELSEWHERE]);
        check(r#"[{"text": "Ben", "answer_start": 5}]"#, &[]);
    }

    #[test]
    fn no_answer_is_told_from_no_information() {
        let check = |fields: &str, expected: Option<usize>| {
            let json = format!(r#"{{"question": "q", "context": "c"{fields}}}"#);
            let record: Record = serde_json::from_str(&json).unwrap();
            assert_eq!(record.references().map(|found| found.len()), expected, "{fields}");
        };
        check("", None);
        check(r#", "is_impossible": false"#, None);
        check(r#", "answers": [], "is_impossible": false"#, None);
        check(r#", "answers": []"#, Some(0));
        check(r#", "is_impossible": true"#, Some(0));
        check(r#", "answers": ["c"], "is_impossible": true"#, Some(0));
        check(r#", "answers": ["c", " "], "is_impossible": false"#, Some(1));
    }
}
