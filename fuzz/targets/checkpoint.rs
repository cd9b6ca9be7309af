//! See the function `check`.
#![no_main]

#[macro_use]
#[path = "target.rs"]
mod target;
#[path = "../../crates/core/tests/hostile/checkpoint.rs"]
mod checkpoint;
#[path = "../../crates/data/tests/hostile/scratch.rs"]
mod scratch;

target!(checkpoint);
