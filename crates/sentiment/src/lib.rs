//! Sentiment, and any other classification of texts: as many classes as the training data have, one a text or several; or a
//! number a text.
//!
//! ```text
//! Record {text, text_pair, label} ──encode──▶ [bos] text ──backbone, each token sees all──▶ state of its last token, or the mean
//!                                                                                  │ score: d_model → outputs
//! Scores {accuracy, macro_f1, …} ◀──score── Answer {label, probabilities} ◀──softmax─┘
//! Scores {micro_f1, macro_f1, …} ◀──score── Answer {labels, probabilities} ◀──sigmoid, thresholds
//! Scores {rmse, mae, r2, …}      ◀──score── Answer {value} ◀──mean + std × output
//! ```
//!
//! ```
//! use burn::tensor::Device;
//! use cimiento_core::backbone::{Preset, ShapeConfig};
//! use cimiento_core::objective::{Model, Objective, Task};
//! use cimiento_data::order;
//! use cimiento_data::tokenizer::Tokenizer;
//! use cimiento_sentiment::{Answer, Config, Record, Sentiment};
//!
//! let record = |text: &str, label: &str| Record { text: text.into(), text_pair: None, label: Some(label.into()) };
//! let train = [record("a fine day", "good"), record("a grey day", "bad")];
//!
//! let tokenizer = Tokenizer::train(train.iter().map(|r| r.text.clone()), 300)?;
//! let shape = ShapeConfig { preset: Preset::Micro, ..Default::default() }.resolve(tokenizer.vocab_size())?;
//! let state = Sentiment::survey(&Config::default(), &train)?;
//! let task = Sentiment::new(Config::default(), state, tokenizer, shape.context);
//!
//! let (device, mut rng) = (Device::flex(), order::rng(0, 0, 0));
//! let model = Model::of_text(shape.init(&mut rng, &device), task.head(&shape, &mut rng, &device));
//! let example = task.encode(&record("a day", "good"), true)?.example;
//! let answer = task.answer(&model, &[example], &device).remove(0);
//! let Answer::Class { probabilities, .. } = answer else { unreachable!("one class a text is the default") };
//! assert!((probabilities["good"] + probabilities["bad"] - 1.0).abs() < 1e-6);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answer;
mod baselines;
mod config;
mod example;
mod exchange;
mod head;
mod loss;
mod record;
mod target;
mod task;

#[cfg(test)]
mod tests;

pub use answer::Answer;
pub use config::{Choice, ClassWeights, Config, Function, ProblemType, Scale, State, Threshold, WeightRule};
pub use example::{Batch, Example};
pub use head::Classifier;
pub use record::{Label, Record};
pub use target::Gold;
pub use task::Sentiment;
