//! A document and its summaries, as a data file has them.

use cimiento_data::content::{Content, Remark};
use cimiento_data::quality::words::words;
use cimiento_data::turns;
use serde::Deserialize;

use crate::lead::lead;

/// A summary that leaves nothing out.
const LONGER: Remark = Remark {
    what: "have a summary that is longer than the document",
    advice: "look whether document and summary are mixed up (`fields`), or leave such records out",
    tolerated: 0.01,
    needs: None,
};

/// A summary that says what the document begins with.
const FIRST_SENTENCE: Remark = Remark {
    what: "have the document's first sentence as their summary",
    advice: "a model learns to copy it: leave such records out, or compare with the lead-1 baseline",
    tolerated: 0.05,
    needs: None,
};

/// One document, with its summaries where they are known.
#[derive(Deserialize, Clone, Debug, PartialEq)]
pub struct Record {
    /// What to summarise. A list of sentences or of turns is one document.
    #[serde(deserialize_with = "turns::text")]
    pub document: String,
    /// A summary. A list is several, each one alone a summary of the whole; turns are one.
    #[serde(default, deserialize_with = "turns::texts")]
    pub summary: Vec<String>,
    /// More summaries.
    #[serde(default, deserialize_with = "turns::texts")]
    pub references: Vec<String>,
}

impl Record {
    /// All summaries that say something, without the white space around them.
    pub fn summaries(&self) -> Vec<&str> {
        let all = self.summary.iter().chain(&self.references);
        all.map(|summary| summary.trim()).filter(|summary| !summary.is_empty()).collect()
    }

    /// What the record says.
    pub(crate) fn content(&self) -> Content {
        let document = self.document.trim();
        let (whole, first) = (words(document), words(&lead(document, 1)));
        let summaries: Vec<Vec<u64>> = self.summaries().into_iter().map(words).collect();
        let any = |wrong: &dyn Fn(&Vec<u64>) -> bool| summaries.iter().any(wrong);
        let found = [
            (LONGER, any(&|summary| summary.len() > whole.len())),
            (FIRST_SENTENCE, any(&|summary| !summary.is_empty() && *summary == first)),
        ];
        Content {
            text: self.document.clone(),
            targets: self.summaries().into_iter().map(str::to_owned).collect(),
            remarks: found.into_iter().filter(|(_, is)| *is).map(|(remark, _)| remark).collect(),
            ..Content::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_and_lists_are_both_read() {
        let check = |json: &str, document: &str, summaries: &[&str]| {
            let record: Record = serde_json::from_str(json).unwrap();
            assert_eq!((record.document.as_str(), record.summaries()), (document, summaries.to_vec()), "{json}");
        };
        check(r#"{"document": "a b"}"#, "a b", &[]);
        check(r#"{"document": ["A.", "B."], "summary": " c "}"#, "A. B.", &["c"]);
        check(r#"{"document": "a", "summary": ["b", "", "c"]}"#, "a", &["b", "c"]);
        check(
            r#"{"document": [{"speaker": "A", "text": "Hi."}, {"speaker": "B", "text": "Ho."}]}"#,
            "A: Hi.\nB: Ho.",
            &[],
        );
        check(r#"{"document": "a", "summary": null, "references": ["b"]}"#, "a", &["b"]);
    }

    #[test]
    fn what_is_odd_about_a_record_is_remarked() {
        let check = |summary: &str, expected: &[Remark]| {
            let document = "It rained. Ada sold a mule.".to_owned();
            let record = Record { document, summary: vec![summary.to_owned()], references: Vec::new() };
            assert_eq!(record.content().remarks, expected, "{summary}");
        };
        check("A mule was sold.", &[]);
        check("it rained", &[FIRST_SENTENCE]);
        check("It rained and Ada sold a mule.", &[LONGER]);
    }

    #[test]
    fn anything_else_is_refused() {
        let error = serde_json::from_str::<Record>(r#"{"document": 3}"#).unwrap_err().to_string();
        assert!(error.contains("a string, a list of strings, or of turns"), "{error}");
        let error = serde_json::from_str::<Record>(r#"{"summary": "a"}"#).unwrap_err().to_string();
        assert!(error.contains("missing field `document`"), "{error}");
    }
}
