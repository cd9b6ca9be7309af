//! Which folder is whose: trials that were made under another base config, or under other names, stay as they are.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use cimiento_data::files;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::config::sweep::Training;
use crate::config::{Finetune, Pretrain};

/// All that a config says about a training but for the name of its run and how often it is saved.
#[derive(Clone, Debug, PartialEq)]
pub struct Course(Value);

impl Course {
    /// That of a config.
    pub fn of(config: &impl Serialize) -> Self {
        let mut value = serde_json::to_value(config).expect("a config is plain data");
        if let Value::Object(keys) = &mut value {
            keys.remove("run");
        }
        // How often it is saved decides nothing about its end.
        if let Some(Value::Object(train)) = value.get_mut("train") {
            train.retain(|key, _| !["save_every", "keep_last"].contains(&key.as_str()));
        }
        Self(value)
    }

    fn read<C: DeserializeOwned + Serialize>(text: &str) -> Option<Self> {
        toml::from_str::<C>(text).ok().map(|config| Self::of(&config))
    }
}

/// The folders of a sweep.
pub struct Folders {
    /// By name; none where the config in it is no longer understood.
    found: BTreeMap<String, Option<Course>>,
    /// Those of this sweep, by name.
    taken: Vec<(String, Course)>,
}

impl Folders {
    /// Those in the folder of a sweep that hold a training.
    pub fn of(sweep: &Path, training: Training) -> Self {
        let mut found = BTreeMap::new();
        for entry in fs::read_dir(sweep).into_iter().flatten().flatten() {
            let Ok(text) = fs::read_to_string(entry.path().join("config.toml")) else { continue };
            let course = match training {
                Training::Pretrain => Course::read::<Pretrain>(&text),
                Training::Finetune => Course::read::<Finetune>(&text),
            };
            found.insert(entry.file_name().to_string_lossy().into_owned(), course);
        }
        Self { found, taken: Vec::new() }
    }

    /// The folder of a trial: the one that holds just this training, `name` where it is free, or `name` and a hash.
    ///
    /// # Errors
    /// The name of an earlier trial that is the same training.
    pub fn take(&mut self, name: &str, course: Course) -> Result<String, String> {
        if let Some((other, _)) = self.taken.iter().find(|(_, other)| *other == course) {
            return Err(other.clone());
        }
        let own = |name: &str| self.found.get(name).is_some_and(|found| found.as_ref() == Some(&course));
        let made = || self.found.keys().find(|name| own(name)).cloned();
        let hashed = || format!("{name}-{}", &files::hash_bytes(course.0.to_string().as_bytes())[..8]);
        let free = !self.found.contains_key(name) && self.taken.iter().all(|(taken, _)| taken != name);
        let folder = if own(name) {
            name.to_string()
        } else {
            made().unwrap_or_else(|| if free { name.to_string() } else { hashed() })
        };
        self.taken.push((folder.clone(), course));
        Ok(folder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str =
        "[backbone]\npreset = \"micro\"\n[train]\nsteps = 3\n[corpus]\nsources = [{ path = \"a.txt\" }]\n";

    fn course(steps: u64) -> Course {
        let text = format!("run = \"x\"\n{}", BASE.replace("steps = 3", &format!("steps = {steps}")));
        Course::of(&toml::from_str::<Pretrain>(&text).unwrap())
    }

    fn sweep(folders: &[(&str, &str)]) -> (tempfile::TempDir, Folders) {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in folders {
            fs::create_dir(dir.path().join(name)).unwrap();
            fs::write(dir.path().join(name).join("config.toml"), text).unwrap();
        }
        fs::create_dir(dir.path().join("logs")).unwrap();
        let found = Folders::of(dir.path(), Training::Pretrain);
        (dir, found)
    }

    #[test]
    fn a_training_keeps_its_folder_whatever_it_is_called_now() {
        let commented = format!("# as it was\nrun = \"s/lr=6e-4\"\n{BASE}");
        let (_dir, mut folders) = sweep(&[
            ("lr=6e-4", &commented),
            ("old", "run = 3"),
            ("other", &format!("run = \"o\"\n{}", BASE.replace('3', "9"))),
        ]);
        assert_eq!(folders.take("lr=0.0006", course(3)).unwrap(), "lr=6e-4");
        assert_eq!(folders.take("new", course(4)).unwrap(), "new");
        // Folders of other trainings, understood or not, are nobody else's.
        for (at, name) in ["old", "other", "new", "lr=6e-4"].into_iter().enumerate() {
            let folder = folders.take(name, course(10 + at as u64)).unwrap();
            assert!(folder.starts_with(&format!("{name}-")) && folder.len() == name.len() + 9, "{folder}");
        }
        assert_eq!(folders.take("again", course(4)).unwrap_err(), "new");
    }

    #[test]
    fn the_name_of_the_run_does_not_matter_and_all_else_does() {
        let read = |text: &str| Course::read::<Pretrain>(text);
        assert_eq!(read(&format!("run = \"a\"\n{BASE}")), read(&format!("run = \"b\"\n{BASE}")));
        assert_ne!(course(3), course(4));
        assert_eq!(read("run = 3"), None);
    }
}
