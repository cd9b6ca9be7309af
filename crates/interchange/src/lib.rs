//! Models in the files of other programs: `transformers` in and out, GGUF out.
//!
//! Decoders of the families Qwen3, Qwen2 and Llama and encoders of BERT's family come in as checkpoints, and decoders go
//! out as what they are there. What cannot be said in the other program's terms is refused by name: a model that is
//! read wrongly would still answer.

mod card;
mod class;
mod config;
mod described;
mod error;
mod export;
mod exported;
mod generation;
pub mod gguf;
mod heads;
mod import;
mod json;
mod names;
mod overrides;
mod scoring;
mod sentence;
mod shards;
mod source;
mod templates;
#[cfg(test)]
mod tests;
mod tokens;

pub use class::{Class, Classes, Family, Problem};
pub use described::Own;
pub use error::InterchangeError;
pub use export::export;
pub use exported::{Export, Note};
pub use generation::{Followed, Generation};
pub use import::{Import, Opened, open};
