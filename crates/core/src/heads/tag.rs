//! Answers that are a tag a word: spans of a text, each with a type.
//!
//! A task says what a record is ([`Tag`]); the rest is here: words, windows of a long text, features of words, scores of tags,
//! their chain, the best path through it, and what that scores.

mod answer;
mod batch;
mod chain;
mod dictionary;
mod example;
mod features;
mod head;
mod reading;
mod scheme;
mod settings;
mod spans;
mod state;
mod tagger;
mod words;

#[cfg(test)]
mod tests;

pub use answer::{Answer, Entity};
pub use batch::Batch;
pub use example::Example;
pub use head::TagHead;
pub use reading::{Mark, Reading, Target};
pub use scheme::{Asked, Scheme};
pub use settings::{Settings, Tag};
pub use state::State;
pub use tagger::Tagger;
pub use words::Words;
