//! The whole program as a user meets it: its command line, its files, its errors. Offline, in seconds.

mod answers;
mod bad_data;
mod bad_runs;
mod circles;
mod data_check;
mod decoding;
mod evaluation;
mod exchange;
mod findings;
mod going_on;
mod hostile;
mod hub;
mod kills;
mod labels;
mod mistakes;
mod oneline;
mod pairs;
mod predict;
mod remarks;
mod support;
mod sweep;
mod tidy;
mod train;
mod trust;
mod typed;
mod verbs;
