//! See the function `check`.
#![no_main]

#[path = "../../tests/hostile/config.rs"]
mod config;
#[macro_use]
#[path = "target.rs"]
mod target;

target!(config);
