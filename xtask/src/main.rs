//! What is done for the project and not by the program: `cargo run -p xtask -- <what>`.

mod dice;
mod opinions;
mod soak;
mod village;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use soak::Training;

const USAGE: &str = "usage: cargo run -p xtask -- village [--check] | opinions [--check] | soak <program> [minutes [config runs-dir]]\n\n\
    village    write datasets/village (with --check: only compare, and fail where it differs)\n\
    opinions   the same for datasets/opinions\n\
    soak       train for so many minutes (120) with the program given, and fail if memory or open files grow;\n               \
    with a config and a folder for its run, that pretraining, which may then be resumed";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["village"] => write("village", &village::files()),
        ["village", "--check"] => check("village", &village::files()),
        ["opinions"] => write("opinions", &opinions::files()),
        ["opinions", "--check"] => check("opinions", &opinions::files()),
        ["soak", program] => soak::soak(&absolute(program), &Training::village(&repository()), 120.0),
        ["soak", program, minutes, rest @ ..] => match (minutes.parse(), rest) {
            (Ok(minutes), []) => soak::soak(&absolute(program), &Training::village(&repository()), minutes),
            (Ok(minutes), [config, folder]) => {
                soak::soak(&absolute(program), &Training::of(absolute(config), absolute(folder)), minutes)
            }
            (Err(_), _) => Err(format!("{minutes}: not a number of minutes")),
            _ => Err(USAGE.to_string()),
        },
        _ => Err(USAGE.to_string()),
    };
    match outcome {
        Ok(message) => {
            println!("{message}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// A path as seen from where the command was typed.
fn absolute(path: &str) -> PathBuf {
    std::env::current_dir().map_or_else(|_| PathBuf::from(path), |folder| folder.join(path))
}

/// The repository's root: the folder that holds this package.
fn repository() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).to_path_buf()
}

/// Writes a set of `datasets`: each file beside its place, then renamed, so that no reader ever sees half of one.
fn write(set: &str, files: &[(String, String)]) -> Result<String, String> {
    let folder = repository().join("datasets").join(set);
    let mut bytes = 0;
    for (name, text) in files {
        let path = folder.join(name);
        let parts = path.with_extension("part");
        let parent = path.parent().unwrap_or(&folder);
        std::fs::create_dir_all(parent)
            .and_then(|()| std::fs::write(&parts, text))
            .and_then(|()| std::fs::rename(&parts, &path))
            .map_err(|error| format!("{}: {error}", path.display()))?;
        bytes += text.len();
    }
    let count = files.len();
    Ok(format!("{}: {count} files, {bytes} bytes", folder.display()))
}

/// Compares what is on disk with what would be written, byte for byte.
fn check(set: &str, files: &[(String, String)]) -> Result<String, String> {
    let folder = repository().join("datasets").join(set);
    let mut stale = Vec::new();
    for (name, text) in files {
        match std::fs::read(folder.join(name)) {
            Ok(found) if found == text.as_bytes() => {}
            Ok(_) => stale.push(format!("{name} differs")),
            Err(error) => stale.push(format!("{name}: {error}")),
        }
    }
    if stale.is_empty() {
        return Ok(format!("{}: up to date", folder.display()));
    }
    let list = stale.join("\n  ");
    let place = folder.display();
    Err(format!("{place} is not what the generator writes:\n  {list}\nrun `cargo run -p xtask -- {set}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn committed_sets_are_what_the_generators_write() {
        for (set, files) in [("village", village::files()), ("opinions", opinions::files())] {
            let outcome = check(set, &files);
            assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
        }
    }

    #[test]
    fn check_names_the_file_that_differs() {
        let files = [("absent.txt".to_string(), "text".to_string())];
        let message = check("village", &files).unwrap_err();
        assert!(message.contains("absent.txt"), "{message}");
    }
}
