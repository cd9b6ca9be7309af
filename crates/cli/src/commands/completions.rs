//! `cimiento completions`: a script that teaches a shell the commands and their options.

use clap::CommandFactory;
use clap_complete::{Shell, generate};
use miette::Result;

use crate::args::Arguments;
use crate::input;
use crate::session::Ended;

/// Prints the script.
///
/// # Errors
/// If stdout cannot be written.
pub fn completions(shell: Shell) -> Result<Ended> {
    let mut script = Vec::new();
    generate(shell, &mut Arguments::command(), "cimiento", &mut script);
    input::print(&String::from_utf8_lossy(&script))?;
    Ok(Ended::Finished)
}
