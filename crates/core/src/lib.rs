//! The foundation: one backbone, the objectives that train it, and everything they share.
//!
//! Text flows **Record → Example → Batch → loss** to learn, and **Record → Example → Answer → Scores** to judge.
//! [`feed`] says which examples a step sees, [`objective`] is the waist between what is learned and how, [`trainer`] is the loop,
//! [`checkpoint`] what it leaves on disk. [`masked`] is pretraining; tasks live in crates of their own.
//!
//! Nothing here knows a task's name, a config file's syntax or a terminal.

pub mod attention;
pub mod backbone;
pub mod bag_of_words;
pub mod bench;
pub mod block;
pub mod checkpoint;
mod context;
pub mod decoder;
pub mod device;
pub mod embed;
pub mod embeddings;
pub mod encoder;
pub mod evaluate;
pub mod feed;
pub mod generate;
pub mod heads;
pub mod init;
pub mod language;
pub mod layers;
pub mod lora;
pub mod masked;
pub mod memory;
pub mod metrics;
pub mod objective;
pub mod observer;
pub mod optimizer;
pub mod params;
pub mod tensors;
pub mod tokens;
pub mod trainer;
