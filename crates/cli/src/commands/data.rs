//! `cimiento data`: data looked over or made, what is known by name on the hub, and files from there.

mod check;
pub mod cloze;
mod corrupt;

use std::path::PathBuf;

use miette::{Result, miette};

use super::{dry, preflight, session};
use crate::args::{DataAction, Global};
use crate::config::Cloze;
use crate::diagnostic::{self, Loaded};
use crate::hub::known::KNOWN;
use crate::hub::{self, Ask, Reference};
use crate::input;
use crate::session::{Ended, Existing};

/// Looks data over, lists the known data sets, or fetches files and prints their paths, one a line.
///
/// # Errors
/// What [`check::check`] says; a name that means nothing, before anything is fetched; then whatever keeps a file from being fetched.
pub fn data(action: &DataAction, global: &Global) -> Result<Ended> {
    let (names, split) = match action {
        DataAction::Check(arguments) => return check::check(arguments, global),
        DataAction::Cloze { config, overwrite } => {
            let seed = global.seed.map(|seed| format!("seed = {seed}"));
            let sets: Vec<String> = global.set.iter().cloned().chain(seed).collect();
            let loaded: Loaded<Cloze> = diagnostic::load(config, &sets)?;
            let existing = if *overwrite { Existing::Overwrite } else { Existing::Update };
            let session = session(global, existing);
            if global.dry_run {
                preflight::corpus(&loaded.config.corpus, &session.of_config(config))?;
                return dry(&loaded.text, &format!("would make {} questions", loaded.config.questions));
            }
            return cloze::write(&loaded, &session);
        }
        DataAction::Corrupt(arguments) => return corrupt::write(arguments, global),
        DataAction::List => {
            input::print(&list())?;
            return Ok(Ended::Finished);
        }
        DataAction::Get { names, split } => (names, split.as_deref()),
    };
    let wanted = names.iter().map(|name| reference(name, split)).collect::<Result<Vec<_>, _>>();
    let wanted = wanted.map_err(|why| miette!(help = "`cimiento data list` shows the known data sets", "{why}"))?;
    if global.dry_run {
        let lines: String = wanted.iter().flat_map(parts).map(|part| part + "\n").collect();
        return dry(&lines, "would fetch these into the hub's cache");
    }
    for reference in &wanted {
        let paths = fetch(reference)?;
        input::print(&paths.iter().map(|path| format!("{}\n", path.display())).collect::<String>())?;
    }
    Ok(Ended::Finished)
}

fn reference(name: &str, split: Option<&str>) -> Result<Reference, String> {
    let plain = !Reference::is_meant(name);
    let mut text = if plain { format!("hub:{name}") } else { name.to_string() };
    match (split, text.parse()?) {
        (None, found) => return Ok(found),
        (Some(split), Reference::Known { split: None, .. }) => text.push_str(&format!("/{split}")),
        (Some(split), _) => return Err(format!("--split {split}: {text} is no data set known by name")),
    }
    text.parse()
}

fn parts(reference: &Reference) -> Vec<String> {
    match reference {
        Reference::Model(repo) => vec![repo.to_string()],
        files => files.data().unwrap_or_default().iter().map(ToString::to_string).collect(),
    }
}

fn fetch(reference: &Reference) -> Result<Vec<PathBuf>> {
    if let Reference::Model(repo) = reference {
        return Ok(vec![hub::model(repo)?]);
    }
    let mut paths = Vec::new();
    for part in reference.data().map_err(|why| miette!("{why}"))? {
        paths.extend(part.fetch(Ask::Hub)?.files);
    }
    Ok(paths)
}

fn list() -> String {
    let mut rows = vec![["name", "task", "splits", "licence", "repository"].map(String::from)];
    for set in KNOWN {
        let splits: Vec<&str> = set.splits.iter().map(|(name, _)| *name).collect();
        rows.push([set.name, set.task, &splits.join(" "), set.licence, set.repo].map(String::from));
    }
    let widths: [usize; 5] = std::array::from_fn(|i| rows.iter().map(|row| row[i].len()).max().unwrap_or(0));
    let line = |row: [String; 5]| {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        format!("{}\n", cells.join("  ").trim_end())
    };
    rows.into_iter().map(line).collect()
}
