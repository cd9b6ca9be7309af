//! Texts that are written after their source: one layout, one loss, one way to decode.
//!
//! ```text
//! record ──Write::source, references──▶ [bos] source [sep] │ target [eos]
//!                                       all sees all of it │ sees what came before
//! ```
//!
//! A task implements [`Write`]; [`Writer`] makes an objective and a task of it.

mod encode;
mod example;
mod kind;
mod writer;

pub use example::Example;
pub use kind::{Limits, Settings, Write, remark};
pub use writer::Writer;
