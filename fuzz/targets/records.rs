//! See the function `check`.
#![no_main]

#[macro_use]
#[path = "target.rs"]
mod target;
#[path = "../../crates/data/tests/hostile/records.rs"]
mod records;
#[path = "../../crates/data/tests/hostile/scratch.rs"]
mod scratch;

target!(records);
