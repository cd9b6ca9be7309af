//! Data, before anything is computed of them: records and corpora out of files, token ids out of texts, the order in
//! which a step sees them, and what is odd about them.
//!
//! [`records`] reads files of any layout into rows, [`corpus`] texts into token files; [`tokenizer`] stands between texts
//! and ids; [`order`] says which examples a step sees, as a function of (seed, step); [`quality`] judges data before they
//! are learned from; [`files`] writes whole files or none.
//!
//! Nothing here knows Burn, or a task.

pub mod content;
pub mod corpus;
pub mod corrupt;
pub mod encode;
pub mod fields;
pub mod files;
mod guard;
pub mod order;
pub mod quality;
pub mod records;
pub mod segments;
pub mod sentences;
pub mod shell;
pub mod tokenizer;
pub mod turns;
pub mod unusable;
pub mod vocabulary;
