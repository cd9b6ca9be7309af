//! See the function `check`.
#![no_main]

#[macro_use]
#[path = "target.rs"]
mod target;
#[path = "../../crates/data/tests/hostile/scratch.rs"]
mod scratch;
#[path = "../../crates/core/tests/hostile/tensors.rs"]
mod tensors;

target!(tensors);
