//! Questions answered with a piece of a passage, or with "it does not say".
//!
//! ```text
//! Record {question, context, answers} ──encode──▶ windows [bos] question [sep] part of the passage [eos]
//!                                                     │ backbone, each token sees all
//!                                                     ▼
//! Scores {exact_match, f1} ◀──score── Answer ◀──best span── start and end logits, from each token and the question
//! ```
//!
//! The ends of an answer are sought among the passage's tokens and `[bos]`, which stands for no answer. A passage that
//! does not fit is read in windows that share some tokens.
//!
//! ```
//! use burn::tensor::Device;
//! use cimiento_core::backbone::{Preset, ShapeConfig};
//! use cimiento_core::objective::{Model, Objective, Task};
//! use cimiento_data::order;
//! use cimiento_data::tokenizer::Tokenizer;
//! use cimiento_qa::{Config, Qa, Record, State};
//!
//! let record = Record {
//!     id: None,
//!     question: "Who keeps bees?".into(),
//!     context: "Ada keeps bees. Tom keeps goats.".into(),
//!     answers: None,
//!     is_impossible: None,
//! };
//! let tokenizer = Tokenizer::train(std::iter::once(record.context.clone()), 300)?;
//! let shape = ShapeConfig { preset: Preset::Micro, ..Default::default() }.resolve(tokenizer.vocab_size())?;
//! let task = Qa::new(Config::default(), State::default(), tokenizer, shape.context);
//!
//! let (device, mut rng) = (Device::flex(), order::rng(0, 0, 0));
//! let model = Model::of_text(shape.init(&mut rng, &device), task.head(&shape, &mut rng, &device));
//! let example = task.encode(&record, false)?.example;
//! let answer = task.answer(&model, &[example], &device).remove(0);
//! let (start, end) = (answer.start.unwrap(), answer.end.unwrap());
//! assert_eq!(answer.text, record.context[start..end]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answer;
mod baseline;
mod batch;
pub mod cloze;
mod config;
mod head;
mod limits;
mod locate;
mod record;
pub mod score;
mod task;
mod threshold;
mod window;

#[cfg(test)]
mod tests;

pub use answer::Answer;
pub use batch::Batch;
pub use config::Config;
pub use head::{Pointer, QaOutputs, SpanHead, Views};
pub use record::{Record, Reference};
pub use task::Qa;
pub use threshold::{NullThreshold, State};
pub use window::{Example, Window};
