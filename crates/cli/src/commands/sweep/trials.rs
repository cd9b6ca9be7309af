//! From what a sweep is to try to its trials: which there are, and what they are called.

use std::collections::BTreeMap;

use cimiento_data::{files, order};
use miette::{Result, miette};
use rand::RngExt;
use rand::rngs::StdRng;
use toml::Value;

use super::written::Written;
use crate::config::Sweep;
use crate::config::sweep::{Axis, Random, Range, Scale, Search};

/// Keys and values, in the order of the keys.
pub type Settings = Vec<(String, Value)>;

/// One training.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// What it changes, as `muon_lr=0.005,layers=4`: its folder.
    pub name: String,
    /// What that is.
    pub settings: Settings,
    /// The values by key, as the config writes them.
    pub shown: BTreeMap<String, String>,
}

/// A longer name is cut, and ends with a hash.
const LONGEST: usize = 100;
/// Draws for one more trial that may yield none but those there are.
const DRAWS: u64 = 100;

/// The trials of a sweep, whose values are called as they are `written`.
///
/// # Errors
/// Two that would be called the same.
pub fn trials(sweep: &Sweep, written: &Written) -> Result<Vec<Trial>> {
    let labels = labels(&sweep.keys());
    let named = |settings: Settings| {
        let shown =
            |(key, value): &(String, Value)| (key.clone(), written.of(key, value).unwrap_or_else(|| short(value)));
        let shown: BTreeMap<String, String> = settings.iter().map(shown).collect();
        Trial { name: name(&settings, &shown, &labels), settings, shown }
    };
    let trials = match &sweep.search {
        Search::Grid => grid(sweep).into_iter().map(named).collect(),
        Search::Random(random) => drawn(sweep, random, named),
    };
    let mut names = BTreeMap::new();
    for trial in &trials {
        if let Some(other) = names.insert(&trial.name, trial) {
            let shown = [other, trial].map(|trial| assignments(&trial.settings).join(" "));
            return Err(miette!("two trials would be called {}: {}", trial.name, shown.join(" and ")));
        }
    }
    Ok(trials)
}

/// Settings as `--set` takes them.
pub fn assignments(settings: &[(String, Value)]) -> Vec<String> {
    settings.iter().map(|(key, value)| format!("{key}={value}")).collect()
}

/// A value in few letters.
pub fn short(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Float(number) if *number != 0.0 && !(1e-3..1e7).contains(&number.abs()) => format!("{number:e}"),
        Value::Float(number) => number.to_string(),
        other => other.to_string(),
    }
}

/// All combinations, the last axis running fastest.
fn grid(sweep: &Sweep) -> Vec<Settings> {
    let mut combinations = vec![Vec::new()];
    for (key, axis) in &sweep.axes.0 {
        let Axis::List(values) = axis else { continue };
        let with = |before: &Settings| {
            let each = values.iter().map(|value| [before.clone(), Axis::settings(key, value)].concat());
            each.collect::<Vec<_>>()
        };
        combinations = combinations.iter().flat_map(with).collect();
    }
    combinations.into_iter().map(sorted).collect()
}

/// What chance gives, each trial once. Trial n is a function of the seed and n, unless an earlier one is the same.
fn drawn(sweep: &Sweep, random: &Random, named: impl Fn(Settings) -> Trial) -> Vec<Trial> {
    let mut trials: Vec<Trial> = Vec::new();
    for number in 0..random.trials as u64 {
        let mut draws = (0..DRAWS).map(|draw| {
            let mut rng = order::rng(random.seed, number, draw);
            let axes = sweep.axes.0.iter();
            named(sorted(axes.flat_map(|(key, axis)| draw_one(key, axis, &mut rng)).collect()))
        });
        match draws.find(|trial| trials.iter().all(|other| other.name != trial.name)) {
            Some(trial) => trials.push(trial),
            None => break,
        }
    }
    trials
}

fn draw_one(key: &str, axis: &Axis, rng: &mut StdRng) -> Settings {
    match axis {
        Axis::List(values) => Axis::settings(key, &values[rng.random_range(0..values.len())]),
        Axis::Range(range) => vec![(key.to_string(), draw_number(range, rng.random()))],
    }
}

/// The number at a share of the way through a range. Four digits of it are plenty for a setting.
fn draw_number(range: &Range, share: f64) -> Value {
    let (from, to) = range.ends().expect("a validated range has two ends");
    let between = |from: f64, to: f64| from + share * (to - from);
    if let (Some(from), Some(to)) = (range.from.as_integer(), range.to.as_integer()) {
        // Half a number more at each end, or the ends would be drawn half as often as the others.
        let (low, high) = (from as f64 - 0.5, to as f64 + 0.5);
        let number = match range.scale {
            Scale::Linear => between(low, high),
            Scale::Log => between(low.ln(), high.ln()).exp(),
        };
        return Value::Integer((number.round() as i64).clamp(from, to));
    }
    let number = match range.scale {
        Scale::Linear => between(from, to),
        Scale::Log => between(from.ln(), to.ln()).exp(),
    };
    let rounded: f64 = format!("{number:.3e}").parse().expect("a printed number");
    Value::Float(rounded.clamp(from, to))
}

fn sorted(mut settings: Settings) -> Settings {
    settings.sort_by(|(one, _), (other, _)| one.cmp(other));
    settings
}

/// The fewest last parts of each key that no other key ends with.
fn labels(keys: &[String]) -> BTreeMap<String, String> {
    let tail = |key: &str, parts: usize| {
        let all: Vec<&str> = key.split('.').collect();
        all[all.len().saturating_sub(parts)..].join(".")
    };
    let label = |key: &String| {
        let alone = |parts: &usize| keys.iter().filter(|other| tail(other, *parts) == tail(key, *parts)).count() == 1;
        let parts = (1..key.len()).find(alone).unwrap_or(key.len());
        (key.clone(), tail(key, parts))
    };
    keys.iter().map(label).collect()
}

/// `layers=4,muon_lr=0.005`, of characters that are safe in a file's name. Where that loses something, a hash tells
/// the values.
fn name(settings: &[(String, Value)], shown: &BTreeMap<String, String>, labels: &BTreeMap<String, String>) -> String {
    let plain = |text: &str, kept: &str| -> String {
        text.chars().map(|c| if c.is_ascii_alphanumeric() || kept.contains(c) { c } else { '_' }).collect()
    };
    let mut lost = false;
    let parts = shown.iter().map(|(key, shown)| {
        let safe = plain(shown, "._+-");
        lost |= *shown != safe;
        format!("{}={safe}", plain(&labels[key], "._-"))
    });
    let mut name = parts.collect::<Vec<_>>().join(",");
    if lost || name.len() > LONGEST {
        let hash = files::hash_bytes(assignments(settings).join("\n").as_bytes());
        name.truncate(LONGEST);
        name.push_str(&format!("-{}", &hash[..8]));
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Validate;

    fn sweep(search: &str, axes: &str) -> Sweep {
        let head = "run = \"s\"\nverb = \"pretrain\"\nconfig = \"base.toml\"\ngoal = { minimize = \"loss\" }\n";
        let sweep: Sweep = toml::from_str(&format!("{head}search = {search}\n[axes]\n{axes}")).unwrap();
        sweep.validate().unwrap();
        sweep
    }

    fn names(search: &str, axes: &str) -> Vec<String> {
        named(search, axes).unwrap().into_iter().map(|trial| trial.name).collect()
    }

    fn named(search: &str, axes: &str) -> Result<Vec<Trial>> {
        trials(&sweep(search, axes), &Written::of_text(&format!("[axes]\n{axes}")))
    }

    #[test]
    fn a_grid_has_all_combinations_under_names_that_tell_them() {
        let axes = "\"optimizer.muon_lr\" = [0.005, 1e-4]\nbackbone.layers = [4, 6]\n";
        let expected =
            ["layers=4,muon_lr=0.005", "layers=4,muon_lr=1e-4", "layers=6,muon_lr=0.005", "layers=6,muon_lr=1e-4"];
        assert_eq!(names("\"grid\"", axes), expected);
        // Whatever way the keys are written.
        let other = "optimizer = { muon_lr = [0.005, 1e-4] }\n\"backbone.layers\" = [4, 6]\n";
        assert_eq!(named("\"grid\"", axes).unwrap(), named("\"grid\"", other).unwrap());
    }

    #[test]
    fn values_are_called_as_they_are_written() {
        let axes = "\"optimizer.lr\" = [0.0006, 6e-3, 1.0, 2]\na = [{ b.c = 1_000, d = 1E-4 }, { b = { c = 0x10 } }]\n";
        let found = names("\"grid\"", axes);
        assert_eq!(&found[..2], ["c=1_000,d=1E-4,lr=0.0006", "c=1_000,d=1E-4,lr=6e-3"]);
        assert_eq!(&found[6..], ["c=0x10,lr=1.0", "c=0x10,lr=2"]);
        // What is drawn was written by nobody.
        let drawn = names("{ random = { trials = 1 } }", "lr = { from = 6e-4, to = 6.0001e-4 }\n");
        assert_eq!(drawn, ["lr=6e-4"]);
    }

    #[test]
    fn keys_of_a_table_are_set_together() {
        let axes = "shape = [{ backbone.d_model = 64, \"backbone.layers\" = 2 }, { backbone = { d_model = 32 } }]\n";
        let found = named("\"grid\"", axes).unwrap();
        let shown: Vec<(&str, Vec<String>)> =
            found.iter().map(|trial| (trial.name.as_str(), assignments(&trial.settings))).collect();
        let expected = [
            ("d_model=64,layers=2", vec!["backbone.d_model=64".to_string(), "backbone.layers=2".to_string()]),
            ("d_model=32", vec!["backbone.d_model=32".to_string()]),
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn names_are_safe_and_no_two_are_the_same() {
        let found = names("\"grid\"", "\"from.run\" = [\"a/b\", \"a_b\", \"../a b\"]\n");
        assert_eq!(found[1], "run=a_b");
        assert!(found[0].starts_with("run=a_b-") && found[2].starts_with("run=.._a_b-"), "{found:?}");
        // Keys that end alike are told apart.
        let found = names("\"grid\"", "a.lr = [1]\nb.lr = [2]\nlr = [3]\nc.x = [4]\n");
        assert_eq!(found, ["a.lr=1,b.lr=2,x=4,lr=3"]);
        let long = names("\"grid\"", &format!("a = [\"{}\", \"{}\"]", "x".repeat(300), "x".repeat(301)));
        assert!(long[0] != long[1] && long.iter().all(|name| name.len() < 120), "{long:?}");
        let same = named("\"grid\"", "\"a\" = [1, \"1\"]\n").unwrap_err().to_string();
        assert!(same.contains("called a=1") && same.contains("a=\"1\""), "{same}");
    }

    #[test]
    fn chance_is_a_function_of_the_seed_and_more_trials_begin_with_the_same() {
        let axes = "lr = { from = 1e-4, to = 1e-1, scale = \"log\" }\nlayers = { from = 1, to = 3 }\nmethod = [\"a\", \"b\"]\n";
        let draw =
            |trials: usize, seed: u64| names(&format!("{{ random = {{ trials = {trials}, seed = {seed} }} }}"), axes);
        let all = draw(400, 1);
        assert_eq!(draw(5, 1), all[..5]);
        assert_ne!(draw(5, 2), all[..5]);
        let trials = named("{ random = { trials = 400 } }", axes).unwrap();
        let value = |trial: &Trial, key: &str| trial.settings.iter().find(|(k, _)| k == key).unwrap().1.clone();
        let rates: Vec<f64> = trials.iter().map(|trial| value(trial, "lr").as_float().unwrap()).collect();
        assert!(rates.iter().all(|lr| (1e-4..=1e-1).contains(lr)));
        // A third of the decades each.
        let low = rates.iter().filter(|lr| **lr < 1e-3).count();
        assert!((100..170).contains(&low), "{low}");
        for layers in 1..=3 {
            let count = trials.iter().filter(|trial| value(trial, "layers") == Value::Integer(layers)).count();
            assert!((100..170).contains(&count), "{layers}: {count}");
        }
    }

    #[test]
    fn chance_ends_where_there_is_nothing_new() {
        let found = names("{ random = { trials = 50 } }", "a = [1, 2]\nb = [true, false]\n");
        assert_eq!(found.len(), 4, "{found:?}");
    }
}
