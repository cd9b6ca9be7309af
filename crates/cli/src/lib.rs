//! The command line: commands, config files, diagnostics. Everything that is computed is computed in the libraries.
//!
//! A library only so that the fuzzers reach what reads a user's text; the program is [`main`].

mod answers;
mod args;
mod chat;
mod columns;
mod commands;
mod config;
mod diagnostic;
#[doc(hidden)]
pub mod fuzzing;
mod hub;
mod input;
mod memory;
mod overrides;
mod paths;
mod progress;
mod report;
mod results;
mod session;
mod tasks;
mod tensorboard;
mod terminal;
mod typed;

use std::process::ExitCode;

use tracing_subscriber::EnvFilter;

use crate::args::Global;
use crate::input::ReaderGone;
use crate::session::Ended;

/// What the program does: reads the command line, does what it says, and tells how that went.
pub fn main() -> ExitCode {
    memory::keep();
    let arguments = args::parse();
    log(&arguments.global);
    cimiento_core::device::work_along();
    match commands::dispatch(&arguments) {
        Ok(Ended::Finished) => ExitCode::SUCCESS,
        Ok(Ended::Interrupted) => ExitCode::from(3),
        Ok(Ended::Different) => ExitCode::from(4),
        Ok(Ended::Partly) => ExitCode::from(5),
        Err(report) if report.is::<ReaderGone>() => ExitCode::SUCCESS,
        Err(report) => {
            eprint!("{}", diagnostic::render(&report));
            ExitCode::FAILURE
        }
    }
}

fn log(global: &Global) {
    if global.quiet {
        progress::silence();
    }
    let level = match (global.quiet, global.verbose) {
        (true, _) => "error",
        (false, 0) => "warn",
        (false, 1) => "warn,cimiento=debug,cimiento_core=debug",
        (false, _) => "debug,cimiento=trace,cimiento_core=trace",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(terminal::coloured())
        .with_target(false)
        .without_time()
        .init();
}
