//! What decides the course of a run: its settings and the files it reads. They are kept in the run's folder, so that a
//! run which cannot be gone on with can say which of them are others now.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use cimiento_data::files;
use miette::{IntoDiagnostic, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::diagnostic::Loaded;

/// Hashes of what a run reads, by the name of each: a file's path, or a key of the config.
pub type Inputs = BTreeMap<String, String>;

/// File of [`Inputs`] in a run's folder.
pub const INPUTS: &str = "inputs.json";
/// Settings that change where a run computes and what it leaves behind, not its weights.
const NEUTRAL: [&str; 4] = ["run", "device", "train.save_every", "train.keep_last"];
/// Differences that are listed.
const LISTED: usize = 8;

/// What decides the course of a run.
pub struct Course {
    /// A hash of all of it.
    pub identity: String,
    text: String,
    inputs: Inputs,
    resolve: fn(&str) -> Option<Value>,
}

impl Course {
    /// That of a config and of the files it names.
    pub fn new<C: Serialize + DeserializeOwned>(loaded: &Loaded<C>, identity: String, inputs: Inputs) -> Self {
        Self { identity, text: loaded.text.clone(), inputs, resolve: resolved::<C> }
    }

    /// That of a command which is not described by a config.
    pub fn of_command(command: String, identity: String) -> Self {
        Self { identity, text: command, inputs: Inputs::new(), resolve: |_| None }
    }

    /// Writes `config.toml` and the list of inputs into a run's folder.
    pub fn write(&self, folder: &Path) -> Result<()> {
        files::write_atomic(&folder.join("config.toml"), self.text.as_bytes()).into_diagnostic()?;
        if !self.inputs.is_empty() {
            let text = serde_json::to_string_pretty(&self.inputs).into_diagnostic()?;
            files::write_atomic(&folder.join(INPUTS), text.as_bytes()).into_diagnostic()?;
        }
        Ok(())
    }

    /// What differs from the course of the run in `folder`, a line each: a key with its value there and its value now, or
    /// a file whose content is another. Empty where the folder does not tell.
    pub fn differences(&self, folder: &Path) -> Vec<String> {
        let mut found = self.settings_that_differ(folder).unwrap_or_default();
        let read = fs::read(folder.join(INPUTS)).ok();
        let then: Option<Inputs> = read.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        for (name, hash) in then.iter().flatten() {
            match self.inputs.get(name) {
                Some(now) if now != hash => found.push(format!("{name}: its content has changed")),
                // Under another name it is the same.
                None if !self.inputs.values().any(|now| now == hash) => found.push(format!("{name}: no longer read")),
                _ => {}
            }
        }
        for (name, hash) in &self.inputs {
            if then.as_ref().is_some_and(|then| !then.contains_key(name) && !then.values().any(|then| then == hash)) {
                found.push(format!("{name}: was not read"));
            }
        }
        found
    }

    /// The same as text to be put behind a colon.
    pub fn told(&self, folder: &Path) -> String {
        let mut found = self.differences(folder);
        if found.is_empty() {
            return " its data, or the program's defaults (the folder keeps no list of them)".into();
        }
        if found.len() > LISTED {
            let more = format!("and {} more", found.len() - LISTED + 1);
            found.truncate(LISTED - 1);
            found.push(more);
        }
        found.iter().map(|line| format!("\n  {line}")).collect()
    }

    fn settings_that_differ(&self, folder: &Path) -> Option<Vec<String>> {
        let text = fs::read_to_string(folder.join("config.toml")).ok()?;
        let plain = |text: &str| toml::from_str::<Value>(text).ok();
        // With defaults filled in where both can be read so: what is spelled out is then no difference.
        let (then, now) = match ((self.resolve)(&text), (self.resolve)(&self.text)) {
            (Some(then), Some(now)) => (then, now),
            _ => (plain(&text)?, plain(&self.text)?),
        };
        let (then, now) = (flat(&then), flat(&now));
        let keys = then.keys().chain(now.keys().filter(|key| !then.contains_key(*key)));
        let value = |settings: &BTreeMap<String, String>, key: &String| {
            settings.get(key).cloned().unwrap_or_else(|| "not set".into())
        };
        let differing = keys.filter(|key| !NEUTRAL.contains(&key.as_str()) && then.get(*key) != now.get(*key));
        Some(differing.map(|key| format!("{key}: {} → {}", value(&then, key), value(&now, key))).collect())
    }
}

fn resolved<C: Serialize + DeserializeOwned>(text: &str) -> Option<Value> {
    serde_json::to_value(toml::from_str::<C>(text).ok()?).ok()
}

/// Every value by its dotted key.
fn flat(value: &Value) -> BTreeMap<String, String> {
    fn put(at: String, value: &Value, found: &mut BTreeMap<String, String>) {
        match value {
            Value::Object(entries) => entries.iter().for_each(|(key, value)| {
                put(if at.is_empty() { key.clone() } else { format!("{at}.{key}") }, value, found);
            }),
            Value::Array(values) if !values.is_empty() => {
                values.iter().enumerate().for_each(|(index, value)| put(format!("{at}[{index}]"), value, found));
            }
            // What is absent from a config is not `null` to its author.
            Value::Null => {}
            value => {
                found.insert(at, value.to_string());
            }
        }
    }
    let mut found = BTreeMap::new();
    put(String::new(), value, &mut found);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize, serde::Deserialize)]
    struct Config {
        run: String,
        #[serde(default)]
        steps: u64,
        #[serde(default)]
        list: Vec<BTreeMap<String, f64>>,
    }

    fn course(text: &str, inputs: &[(&str, &str)]) -> Course {
        let config: Config = toml::from_str(text).unwrap();
        let inputs = inputs.iter().map(|(name, hash)| (name.to_string(), hash.to_string())).collect();
        Course::new(&Loaded { config, text: text.into(), path: "a.toml".into() }, String::new(), inputs)
    }

    #[test]
    fn differences_name_the_key_both_values_and_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let then =
            course("run = 'a'\nlist = [{ x = 1.5 }, { x = 2.0 }]\n", &[("a.csv", "1"), ("b.csv", "2"), ("c.csv", "3")]);
        then.write(folder.path()).unwrap();
        assert!(then.differences(folder.path()).is_empty());
        let renamed = course(
            "steps = 0\nrun = 'b'\nlist = [{ x = 1.5 }, { x = 2 }]\n",
            &[("a.csv", "1"), ("b.csv", "2"), ("d.csv", "3")],
        );
        assert!(renamed.differences(folder.path()).is_empty(), "{:?}", renamed.differences(folder.path()));
        let now =
            course("run = 'a'\nsteps = 7\nlist = [{ x = 1.5 }]\n", &[("a.csv", "1"), ("b.csv", "9"), ("e.csv", "5")]);
        assert_eq!(
            now.differences(folder.path()),
            [
                "list[1].x: 2.0 → not set",
                "steps: 0 → 7",
                "b.csv: its content has changed",
                "c.csv: no longer read",
                "e.csv: was not read",
            ]
        );
    }

    #[test]
    fn a_folder_that_keeps_no_list_is_said_to_keep_none() {
        let folder = tempfile::tempdir().unwrap();
        assert!(course("run = 'a'", &[("a.csv", "1")]).told(folder.path()).contains("keeps no list"));
    }
}
