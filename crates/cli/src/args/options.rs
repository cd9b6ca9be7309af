//! Which of the common options each command obeys: help shows those, and of the others it is said that they change nothing.

use clap::{ArgAction, Command, CommandFactory, FromArgMatches};

use super::{Arguments, Global};

/// The common options that a command obeys, by the names it is typed by; all of them for one that is not listed.
fn obeyed(command: &str) -> Option<&'static [&'static str]> {
    Some(match command {
        "tokenizer" => &["set", "dry_run", "runs_dir", "data_dir"],
        "evaluate" => &["set", "dry_run", "device", "runs_dir", "data_dir"],
        "predict" | "generate" => &["set", "dry_run", "device", "seed", "runs_dir"],
        "score" | "embed" | "rerank" | "bench" => &["dry_run", "device", "runs_dir"],
        "inspect" | "diff" | "import" | "report" | "init" => &["dry_run", "runs_dir"],
        "list" => &["runs_dir"],
        "export" => &["dry_run", "runs_dir", "data_dir"],
        "data check" => &["set", "dry_run", "runs_dir", "data_dir"],
        "data cloze" => &["set", "dry_run", "seed", "runs_dir", "data_dir"],
        "data corrupt" => &["dry_run", "seed", "data_dir", "runs_dir"],
        "data get" => &["dry_run"],
        "data list" | "data" | "completions" => &[],
        _ => return None,
    })
}

/// Every common option that may be obeyed or not.
const COMMON: [&str; 6] = ["set", "dry_run", "device", "seed", "runs_dir", "data_dir"];

/// Reads the command line, or says what is wrong with it and ends the program.
pub fn parse() -> Arguments {
    let mut matches = command().get_matches();
    let mut names = Vec::new();
    let mut inner = Some(&matches);
    while let Some((name, below)) = inner.and_then(|matches| matches.subcommand()) {
        names.push(name.to_owned());
        inner = Some(below);
    }
    let arguments = Arguments::from_arg_matches_mut(&mut matches).unwrap_or_else(|e| e.exit());
    Arguments { command: names.join(" "), ..arguments }
}

/// The command line, whose help is short and shows what is obeyed.
fn command() -> Command {
    let command = Arguments::command();
    let common = command.clone();
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    // What may be given before the command is in the help of the commands that obey it.
    let command = COMMON.iter().fold(command, |command, id| command.mut_arg(id, |arg| arg.hide(true)));
    names.iter().fold(short(command), |command, name| command.mut_subcommand(name, |sub| adapted(sub, name, &common)))
}

fn adapted(command: Command, path: &str, common: &Command) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    let command = names.iter().fold(short(command), |command, name| {
        command.mut_subcommand(name, |sub| adapted(sub, &format!("{path} {name}"), common))
    });
    let shown = obeyed(path).unwrap_or(&COMMON);
    let options = common.get_arguments().filter(|arg| COMMON.contains(&arg.get_id().as_str()));
    options.fold(command, |command, option| {
        let hidden = !shown.contains(&option.get_id().as_str());
        command.arg(option.clone().hide(hidden))
    })
}

/// `--help` as `-h`: a screen.
fn short(command: Command) -> Command {
    let help = clap::Arg::new("help").short('h').long("help").help("Print help").action(ArgAction::HelpShort);
    command.disable_help_flag(true).arg(help)
}

/// The common options that were given to a command that has no use for them. Folders are left out: scripts give them to
/// every command alike.
pub fn unused(arguments: &Arguments) -> Vec<&'static str> {
    let Global { set, dry_run, device, seed, .. } = &arguments.global;
    let Some(obeyed) = obeyed(&arguments.command) else { return Vec::new() };
    let given = [
        ("set", "--set", !set.is_empty()),
        ("dry_run", "--dry-run", *dry_run),
        ("device", "--device", device.is_some()),
        ("seed", "--seed", seed.is_some()),
    ];
    given.into_iter().filter(|(id, _, given)| *given && !obeyed.contains(id)).map(|(_, name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The help of every command, by the names it is typed by.
    fn helps() -> Vec<(String, String)> {
        fn collect(command: &mut Command, path: &str, found: &mut Vec<(String, String)>) {
            found.push((path.to_owned(), command.render_help().to_string()));
            for sub in command.get_subcommands_mut().filter(|sub| sub.get_name() != "help") {
                let path = format!("{path} {}", sub.get_name());
                collect(sub, path.trim(), found);
            }
        }
        let mut found = Vec::new();
        let mut command = command();
        command.build();
        collect(&mut command, "", &mut found);
        found
    }

    #[test]
    fn help_fits_a_screen_and_shows_what_is_obeyed() {
        for (path, help) in helps() {
            assert!(help.lines().count() <= 45, "{path}: {} lines\n{help}", help.lines().count());
            if path.is_empty() || path == "data" {
                continue;
            }
            assert!(help.contains("Example"), "{path}\n{help}");
            let shown = obeyed(&path).unwrap_or(&COMMON);
            for id in COMMON {
                let option = format!("--{} ", id.replace('_', "-"));
                assert_eq!(help.contains(&option), shown.contains(&id), "{path} {option}\n{help}");
            }
        }
    }
}
