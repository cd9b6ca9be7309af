//! Extraction: the names of people, places and other things in a text, each with its type, its characters and how sure it is.
//!
//! ```text
//! Record {text, entities} or {tokens, tags} ──encode──▶ words, their tokens and features ──backbone, table──▶ scores of tags
//! Scores {precision, recall, f1} ◀──score── Answer {entities: [{text, type, start, end, score}]} ◀──best path──┘
//! ```
//!
//! ```
//! use cimiento_core::objective::Task;
//! use cimiento_extraction::{Config, Extraction, Record};
//!
//! let marked = r#"{"text": "Ada lives in Turin", "entities": [{"start": 13, "end": 18, "type": "place"}]}"#;
//! let tagged = r#"{"tokens": ["Ada", "sings"], "tags": ["B-person", "O"]}"#;
//! let records = [marked, tagged].map(|json| serde_json::from_str::<Record>(json).unwrap());
//! let state = Extraction::survey(&Config::default(), &records)?;
//! assert_eq!(state.types, ["person", "place"]);
//! # Ok::<(), cimiento_data::encode::EncodeError>(())
//! ```

mod config;
mod record;
mod task;

pub use cimiento_core::heads::tag::{Answer, Entity, Example, State, TagHead};
pub use config::Config;
pub use record::{Record, Targets, Text};
pub use task::Names;

/// The task.
pub type Extraction = cimiento_core::heads::tag::Tagger<Names>;
