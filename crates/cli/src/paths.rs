//! What the paths of a config mean. One rule for all of them: `~`, `$NAME` and `${NAME}` are replaced; a path that is not
//! absolute is relative to the folder of the config that names it, or else to the folder of `--data-dir`.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use cimiento_data::files;
use cimiento_data::records::Source;
use miette::{IntoDiagnostic, Result as Told};
use serde::{Deserialize, Serialize};

/// The rule in words, for errors about a path.
pub const RULE: &str = "paths in a config are relative to the config's folder, or else to the data folder: --data-dir, or \
                        $CIMIENTO_DATA, or `datasets` here or above the config";

/// The data folder where nothing names one.
const DATASETS: &str = "datasets";

/// The config that a run keeps.
const KEPT: &str = "config.toml";
/// File beside it that says what its paths are relative to: the folders of the config that it was made of.
pub const FOLDERS: &str = "folders.json";

/// What [`Folders::keep`] writes.
#[derive(Serialize, Deserialize)]
struct Kept {
    config: PathBuf,
    data: PathBuf,
}

/// The folders that paths are relative to, in this order.
#[derive(Clone, Debug)]
pub struct Folders {
    /// That of the config, if there is one.
    pub config: Option<PathBuf>,
    /// That of the data.
    pub data: PathBuf,
    /// Whether the user has named it.
    pub given: bool,
}

impl Folders {
    /// The data folder that the option or the variable `CIMIENTO_DATA` names, or `datasets`.
    pub fn new(option: Option<PathBuf>) -> Self {
        // An empty variable is what scripts leave behind: as good as none.
        let variable = env::var_os("CIMIENTO_DATA").filter(|path| !path.is_empty()).map(PathBuf::from);
        let named = option.or(variable);
        Self { config: None, given: named.is_some(), data: named.unwrap_or_else(|| DATASETS.into()) }
    }

    /// The same for the paths of a config. Those of a config that a run keeps mean what they meant to the run, as long as
    /// its folders are there. `datasets` that is not here may be above the config, so that the configs of this repository
    /// mean the same wherever they are run.
    pub fn of_config(&self, config: &Path) -> Self {
        let own = config.parent().unwrap_or(Path::new("")).to_path_buf();
        let kept = kept(config, &own);
        let there = |path: Option<PathBuf>| path.filter(|path| path.is_dir());
        let (folder, data) = kept.map_or((None, None), |kept| (there(Some(kept.config)), there(Some(kept.data))));
        let folder = folder.unwrap_or(own);
        let mut found = Self { config: Some(folder.clone()), ..self.clone() };
        if self.given {
            return found;
        }
        if let Some(data) = data {
            found.data = data;
        } else if !Path::new(DATASETS).is_dir() {
            let above = std::path::absolute(&folder).unwrap_or(folder);
            if let Some(data) = above.ancestors().map(|folder| folder.join(DATASETS)).find(|folder| folder.is_dir()) {
                found.data = data;
            }
        }
        found
    }

    /// Writes into a run's folder what the paths of its config are relative to, if it has a config.
    ///
    /// # Errors
    /// What the system says.
    pub fn keep(&self, run: &Path) -> Told<()> {
        let Some(config) = &self.config else { return Ok(()) };
        let kept = Kept { config: whole(config)?, data: whole(&self.data)? };
        let text = serde_json::to_string_pretty(&kept).into_diagnostic()?;
        files::write_atomic(&run.join(FOLDERS), text.as_bytes()).into_diagnostic()
    }

    /// What a path of a config stands for. A path that is in both folders is that beside the config, with a warning.
    ///
    /// # Errors
    /// Where it was looked for.
    pub fn find(&self, path: &Path) -> Result<PathBuf, String> {
        let path = expanded(path)?;
        if path.is_absolute() {
            return if is_there(&path) { Ok(path) } else { Err(format!("{}: no such file or folder", path.display())) };
        }
        let places: Vec<PathBuf> = self.config.iter().chain([&self.data]).map(|folder| folder.join(&path)).collect();
        let mut there = places.iter().filter(|place| is_there(place));
        let Some(first) = there.next() else {
            let places: Vec<String> = places.iter().map(|place| place.display().to_string()).collect();
            return Err(format!("{}: no such file or folder; looked for {}", path.display(), places.join(" and ")));
        };
        if let Some(other) = there.next().filter(|other| !same(first, other)) {
            let (first, other) = (first.display(), other.display());
            crate::diagnostic::say_once(format!("{}: taken for {first}; there is {other} too", path.display()));
        }
        Ok(first.clone())
    }
}

/// What the paths of a config are relative to, if it is one that a run keeps.
fn kept(config: &Path, folder: &Path) -> Option<Kept> {
    let text = fs::read_to_string(folder.join(FOLDERS)).ok().filter(|_| config.ends_with(KEPT))?;
    serde_json::from_str(&text).ok()
}

/// A folder from the root on; an empty path is the working folder.
fn whole(folder: &Path) -> Told<PathBuf> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    std::path::absolute(folder).into_diagnostic()
}

fn same(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

/// Whether there is such a file or folder, or something that the pattern means.
fn is_there(path: &Path) -> bool {
    path.exists() || path.to_string_lossy().contains('*') && Source::new(path).files().is_ok()
}

/// A path with `~` at its beginning, and `$NAME` and `${NAME}` anywhere, replaced.
///
/// # Errors
/// A variable that is not set.
pub fn expanded(path: &Path) -> Result<PathBuf, String> {
    expand(path, |name| env::var(name).ok())
}

fn expand(path: &Path, variable: impl Fn(&str) -> Option<String>) -> Result<PathBuf, String> {
    let Some(text) = path.to_str() else { return Ok(path.to_path_buf()) };
    let value = |name: &str| {
        variable(name).ok_or_else(|| format!("{}: the environment variable {name} is not set", path.display()))
    };
    let mut found = String::new();
    let mut rest = text;
    if let Some(below) = text.strip_prefix('~').filter(|below| below.is_empty() || below.starts_with('/')) {
        found.push_str(&value("HOME")?);
        rest = below;
    }
    while let Some((before, after)) = rest.split_once('$') {
        found.push_str(before);
        let letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let name = match after.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
            Some((name, behind)) if !name.is_empty() && name.chars().all(letter) => {
                rest = behind;
                name
            }
            _ => {
                let end = after.find(|c| !letter(c)).unwrap_or(after.len());
                rest = &after[end..];
                &after[..end]
            }
        };
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
            // No variable has such a name: the sign is a sign.
            found.push('$');
            found.push_str(name);
        } else {
            found.push_str(&value(name)?);
        }
    }
    found.push_str(rest);
    Ok(found.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn homes_and_variables_are_replaced() {
        let variable = |name: &str| match name {
            "HOME" => Some("/home/ada".to_owned()),
            "DATA" => Some("/data".to_owned()),
            _ => None,
        };
        let check =
            |text: &str, expected: &str| assert_eq!(expand(text.as_ref(), variable).unwrap(), Path::new(expected));
        check("~/a.csv", "/home/ada/a.csv");
        check("~", "/home/ada");
        check("~ada/a", "~ada/a");
        check("$DATA/x/${DATA}b", "/data/x//datab");
        check("a$1/b$", "a$1/b$");
        check("a/~/b", "a/~/b");
        let why = expand("$NONE/a".as_ref(), variable).unwrap_err();
        assert!(why.contains("$NONE/a") && why.contains("NONE is not set"), "{why}");
    }

    #[test]
    fn a_path_is_beside_its_config_or_in_the_data_folder() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        for name in ["configs/deep", "data"] {
            fs::create_dir_all(at(name)).unwrap();
        }
        for name in ["configs/beside.csv", "configs/both.csv", "data/both.csv", "data/only.csv", "above.csv"] {
            fs::write(at(name), "x").unwrap();
        }
        let folders = Folders::new(Some(at("data"))).of_config(&at("configs/c.toml"));
        let find = |name: &str| folders.find(Path::new(name));
        assert_eq!(find("beside.csv"), Ok(at("configs/beside.csv")));
        assert_eq!(find("only.csv"), Ok(at("data/only.csv")));
        assert_eq!(find("on*.csv"), Ok(at("data/on*.csv")));
        assert_eq!(find("both.csv"), Ok(at("configs/both.csv")));
        assert_eq!(find("../above.csv"), Ok(at("configs/../above.csv")));
        let why = find("gone.csv").unwrap_err();
        let places = [at("configs/gone.csv"), at("data/gone.csv")].map(|path| path.display().to_string());
        assert!(places.iter().all(|place| why.contains(place)), "{why}");
    }
    #[test]
    fn paths_of_a_config_that_a_run_keeps_mean_what_they_meant_to_the_run() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        for name in ["mine", "data", "other", "runs/a"] {
            fs::create_dir_all(at(name)).unwrap();
        }
        for name in ["mine/a.csv", "data/b.csv", "other/b.csv", "runs/a/a.csv", "runs/a/config.toml"] {
            fs::write(at(name), "x").unwrap();
        }
        let run = Folders { given: false, ..Folders::new(Some(at("data"))) };
        run.of_config(&at("mine/c.toml")).keep(&at("runs/a")).unwrap();
        let later = Folders { given: false, ..Folders::new(Some(at("nowhere"))) };
        let find = |folders: &Folders, config: &str, name: &str| {
            folders.of_config(&at(config)).find(Path::new(name)).map_err(|_| "not there")
        };
        assert_eq!(find(&later, "runs/a/config.toml", "a.csv"), Ok(at("mine/a.csv")));
        assert_eq!(find(&later, "runs/a/config.toml", "b.csv"), Ok(at("data/b.csv")));
        // A data folder that is named goes before, and another config of that folder is as any other.
        assert_eq!(find(&Folders::new(Some(at("other"))), "runs/a/config.toml", "b.csv"), Ok(at("other/b.csv")));
        assert_eq!(find(&later, "runs/a/changed.toml", "a.csv"), Ok(at("runs/a/a.csv")));
        // Folders that are gone tell nothing.
        fs::remove_dir_all(at("mine")).unwrap();
        assert_eq!(find(&later, "runs/a/config.toml", "a.csv"), Ok(at("runs/a/a.csv")));
    }
}
