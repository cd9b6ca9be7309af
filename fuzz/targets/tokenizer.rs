//! See the function `check`.
#![no_main]

#[macro_use]
#[path = "target.rs"]
mod target;
#[path = "../../crates/data/tests/hostile/scratch.rs"]
mod scratch;
#[path = "../../crates/data/tests/hostile/tokenizer.rs"]
mod tokenizer;

target!(tokenizer);
