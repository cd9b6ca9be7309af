//! Translations: a text is read in one language, and written on after it in another.
//!
//! ```
//! use burn::tensor::Device;
//! use cimiento_core::backbone::{Preset, ShapeConfig};
//! use cimiento_core::objective::{Model, NoHead, Task};
//! use cimiento_data::order;
//! use cimiento_data::tokenizer::Tokenizer;
//! use cimiento_translation::{Config, Record, Translation};
//!
//! let record = Record { source: "The mill is old.".into(), target: vec!["Die Mühle ist alt.".into()] };
//! let tokenizer = Tokenizer::train(["The mill is old.", "Die Mühle ist alt."].map(String::from).into_iter(), 300)?;
//! let shape = ShapeConfig { preset: Preset::Micro, ..Default::default() }.resolve(tokenizer.vocab_size())?;
//! let task = Translation::new(Config::default(), (), tokenizer, shape.context);
//!
//! let (device, mut rng) = (Device::flex(), order::rng(0, 0, 0));
//! let model = Model::of_text(shape.init(&mut rng, &device), NoHead::default());
//! let examples = [task.encode(&record, true)?.example];
//! let answers = task.answer(&model, &examples, &device);
//! let scores = task.score(&answers, &examples);
//! assert!((0.0..=100.0).contains(&scores.get("bleu").unwrap().value));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod config;
mod nearest;
mod record;
mod task;

#[cfg(test)]
mod tests;

pub use config::Config;
pub use record::Record;
pub use task::{Answer, Pairs, Translation};
