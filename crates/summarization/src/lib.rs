//! Summaries: a document is read, and its summary written on after it.
//!
//! ```text
//! Record {document, summary} ──encode──▶ [bos] document [sep] │ summary [eos]
//!                                        all sees all of this │ sees what came before
//!                                                             │ backbone, its own output projection
//! Scores {rouge_1, rouge_2, rouge_l, rouge_lsum} ◀──score── Answer {summary} ◀──generate── key/value cache
//! ```
//!
//! ```
//! use burn::tensor::Device;
//! use cimiento_core::backbone::{Preset, ShapeConfig};
//! use cimiento_core::objective::{Model, NoHead, Task};
//! use cimiento_data::order;
//! use cimiento_data::tokenizer::Tokenizer;
//! use cimiento_summarization::{Config, Record, Summarization};
//!
//! let document = "On Monday the mill burnt down. Nobody was hurt.";
//! let record = Record { document: document.into(), summary: vec!["The mill burnt.".into()], references: vec![] };
//! let tokenizer = Tokenizer::train(std::iter::once(document.to_owned()), 300)?;
//! let shape = ShapeConfig { preset: Preset::Micro, ..Default::default() }.resolve(tokenizer.vocab_size())?;
//! let task = Summarization::new(Config::default(), (), tokenizer, shape.context);
//!
//! let (device, mut rng) = (Device::flex(), order::rng(0, 0, 0));
//! let model = Model::of_text(shape.init(&mut rng, &device), NoHead::default());
//! let examples = [task.encode(&record, true)?.example];
//! let answers = task.answer(&model, &examples, &device);
//! let scores = task.score(&answers, &examples);
//! assert!((0.0..=1.0).contains(&scores.get("rouge_l").unwrap().value));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod config;
mod lead;
mod quote;
mod record;
pub mod rouge;
mod stem;
mod task;

#[cfg(test)]
mod tests;

pub use config::Config;
pub use lead::lead;
pub use record::Record;
pub use task::{Answer, Summaries, Summarization};
