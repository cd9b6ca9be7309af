//! The foundation: one backbone, the objectives that train it, and everything they share.
//!
//! Text flows **Record → Example → Batch → loss** to learn, and **Record → Example → Answer → Scores** to judge.
//! [`records`] reads files, [`tokenizer`] and [`corpus`] make token ids of them, [`order`] and [`feed`] say which of
//! them a step sees, [`objective`] is the waist between what is learned and how, [`trainer`] is the loop,
//! [`checkpoint`] what it leaves on disk. [`masked`] is pretraining; tasks live in crates of their own.
//!
//! Nothing here knows a task's name, a config file's syntax or a terminal.

pub mod attention;
pub mod backbone;
pub mod bag_of_words;
pub mod bench;
pub mod block;
pub mod checkpoint;
pub mod corpus;
pub mod decoder;
pub mod device;
pub mod embed;
pub mod encoder;
pub mod evaluate;
pub mod feed;
pub mod files;
pub mod generate;
mod guard;
pub mod init;
pub mod interchange;
pub mod language;
pub mod lora;
pub mod masked;
pub mod memory;
pub mod metrics;
pub mod objective;
pub mod observer;
pub mod optimizer;
pub mod order;
pub mod params;
pub mod quality;
pub mod records;
pub mod segments;
pub mod sentences;
pub mod tensors;
pub mod tokenizer;
pub mod tokens;
pub mod trainer;
pub mod turns;
pub mod unusable;
