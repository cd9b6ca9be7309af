//! The kinds of answer, each with its batch, its loss, its decoding and its scores; a task says what is its own.
//!
//! A task implements [`About`] and the trait of its kind; the kind's wrapper makes an
//! [`Objective`](crate::objective::Objective) and a [`Task`](crate::objective::Task) of it.

mod about;
mod class;
pub mod tag;
pub mod write;

pub use about::About;
pub use class::{Class, Classes, Exported, Imported, NoClass, Problem};
