//! See the function `check`.
#![no_main]

#[allow(unused, reason = "only what this target uses of it")]
#[path = "../../crates/core/tests/hostile/checkpoint.rs"]
mod checkpoint;
#[macro_use]
#[path = "target.rs"]
mod target;
#[path = "../../crates/data/tests/hostile/scratch.rs"]
mod scratch;
#[path = "../../crates/interchange/tests/hostile/transformers.rs"]
mod transformers;

target!(transformers);
