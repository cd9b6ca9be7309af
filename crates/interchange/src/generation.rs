//! `generation_config.json`: how `transformers` writes with a model unless told otherwise.

use std::path::Path;

use serde_json::{Map, Value};

use super::error::InterchangeError;
use super::json::{id_or_list, object};
use cimiento_core::generate::{BeamConfig, GenerateConfig, SampleConfig, Strategy};

/// The settings of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Generation {
    map: Map<String, Value>,
}

/// A file's settings in the terms of this program.
#[derive(Clone, Debug, PartialEq)]
pub struct Followed {
    /// The settings.
    pub config: GenerateConfig,
    /// What was taken from the file, as `key value`.
    pub taken: Vec<String>,
    /// What the file sets and this program does not do, as `key value`.
    pub passed_over: Vec<String>,
}

/// Keys that are no settings of writing, or are followed elsewhere.
const OTHER: [&str; 11] = [
    "eos_token_id",
    "bos_token_id",
    "pad_token_id",
    "decoder_start_token_id",
    "suppress_tokens",
    "transformers_version",
    "_from_model_config",
    "use_cache",
    "cache_implementation",
    "trust_remote_code",
    "chat_format",
];

impl Generation {
    /// Reads a file, which need not be there.
    pub(super) fn read(path: &Path) -> Result<Self, InterchangeError> {
        Ok(Self { map: object(path)? })
    }

    /// The settings in the text of a file.
    ///
    /// # Errors
    /// If it is no JSON object.
    pub fn parse(text: &str) -> Result<Self, String> {
        let map = serde_json::from_str(text).map_err(|e| format!("not a JSON object ({e})"))?;
        Ok(Self { map })
    }

    /// The text of the file, if it says anything.
    pub(super) fn text(&self) -> Option<String> {
        let text = || serde_json::to_string_pretty(&self.map).expect("plain data") + "\n";
        (!self.map.is_empty()).then(text)
    }

    /// The file for a model whose tokens are those of `ids`: the ids, if there was no file; otherwise the file, with all
    /// tokens that end a text.
    pub(super) fn with_ids(mut self, ids: &Value) -> Value {
        if self.map.is_empty() {
            return ids.clone();
        }
        let ends = Self { map: ids.as_object().cloned().unwrap_or_default() };
        let (here, all) = (self.ids("eos_token_id"), ends.ids("eos_token_id"));
        if all.iter().any(|end| !here.contains(end)) {
            self.map.insert("eos_token_id".into(), id_or_list(&all));
        }
        self.map.into()
    }

    /// Whether the file says how tokens are chosen: drawn, searched for, or the likeliest.
    pub fn chooses(&self) -> bool {
        ["do_sample", "num_beams"].iter().any(|key| self.map.get(*key).is_some_and(|value| !value.is_null()))
            || self.map.get("temperature").and_then(Value::as_f64) == Some(0.0)
    }

    /// A key that is one id or several.
    pub(super) fn ids(&self, key: &str) -> Vec<u32> {
        let value = self.map.get(key).unwrap_or(&Value::Null);
        let ids = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        ids.iter().filter_map(|id| u32::try_from(id.as_u64()?).ok()).collect()
    }

    /// Tokens that are never written.
    pub fn suppressed(&self) -> Vec<u32> {
        self.ids("suppress_tokens")
    }

    /// `config` with the settings that the file gives, for a prompt of `read` tokens. A file that does not say whether it
    /// draws (`do_sample`) or searches (`num_beams`) leaves the strategy as it is.
    pub fn follow(&self, config: GenerateConfig, read: usize) -> Followed {
        let mut taken = Vec::new();
        // What makes no sense is not taken, and named with what is passed over.
        let mut number = |key: &str, makes_sense: fn(f64) -> bool| {
            let value = self.map.get(key)?;
            let number = value.as_f64().filter(|number| number.is_finite() && makes_sense(*number))?;
            taken.push(format!("{key} {value}"));
            Some(number)
        };
        let any = |number: f64| number >= 0.0;
        let positive = |number: f64| number > 0.0;
        let count = |number: Option<f64>, or: usize| number.map_or(or, |number| number as usize);
        let (most, least) = (number("max_new_tokens", positive), number("min_new_tokens", any));
        // Limits of the whole text, the prompt included, stand behind those of what is written.
        let whole = |key: &str| {
            let length = self.map.get(key)?.as_u64().and_then(|length| usize::try_from(length).ok())?;
            length.checked_sub(read).filter(|left| *left > 0)
        };
        let (room, due) = (whole("max_length"), whole("min_length"));
        let mut config = GenerateConfig {
            max_tokens: count(most, room.unwrap_or(config.max_tokens)),
            min_tokens: count(least, config.min_tokens).max(due.unwrap_or(0)),
            no_repeat_ngram: count(number("no_repeat_ngram_size", any), config.no_repeat_ngram),
            repetition_penalty: number("repetition_penalty", positive).unwrap_or(config.repetition_penalty),
            ..config
        };
        config.min_tokens = config.min_tokens.min(config.max_tokens);
        let draws = self.map.get("do_sample").and_then(Value::as_bool);
        let beams = self.map.get("num_beams").and_then(Value::as_u64).filter(|&beams| beams > 1);
        config.strategy = match (draws, beams, config.strategy) {
            // At a temperature of 0 the likeliest is drawn.
            _ if self.map.get("temperature").and_then(Value::as_f64) == Some(0.0) => Strategy::Greedy,
            (Some(true), _, _) | (None, None, Strategy::Sample(_)) => {
                // What transformers has where a file that draws says nothing.
                let usual = SampleConfig { temperature: 1.0, top_k: 50, top_p: 1.0, min_p: 0.0 };
                let or = if draws == Some(true) { usual } else { SampleConfig::default() };
                Strategy::Sample(SampleConfig {
                    temperature: number("temperature", positive).unwrap_or(or.temperature),
                    top_k: count(number("top_k", any), or.top_k),
                    top_p: number("top_p", |number| number > 0.0 && number <= 1.0).unwrap_or(or.top_p),
                    min_p: number("min_p", |number| (0.0..=1.0).contains(&number)).unwrap_or(or.min_p),
                })
            }
            (_, Some(beams), _) => {
                number("num_beams", any);
                let length_penalty = number("length_penalty", |_| true).unwrap_or(BeamConfig::default().length_penalty);
                Strategy::Beam(BeamConfig { width: beams as usize, length_penalty })
            }
            (Some(false), None, _) => Strategy::Greedy,
            (None, None, strategy) => strategy,
        };
        for (key, counts) in [("max_length", room.is_some() && most.is_none()), ("min_length", due.is_some())] {
            taken.extend(self.map.get(key).filter(|_| counts).map(|value| format!("{key} {value}")));
        }
        if let Some(draws) = draws {
            taken.insert(0, format!("do_sample {draws}"));
        }
        if let Some(Value::Array(stops)) = self.map.get("stop_strings") {
            config.stop = stops
                .iter()
                .filter_map(|stop| stop.as_str().map(str::to_string))
                .filter(|stop| !stop.is_empty())
                .collect();
            taken.push(format!("stop_strings {}", Value::from(stops.clone())));
        }
        let known = |key: &str| taken.iter().any(|taken| taken.split(' ').next() == Some(key)) || OTHER.contains(&key);
        // Settings of drawing have no meaning where nothing is drawn, here as there, and those of beams without beams;
        // what is done faster with a second model is the same text.
        let draws = matches!(config.strategy, Strategy::Sample(_));
        let searches = matches!(config.strategy, Strategy::Beam(_));
        let idle = |key: &str| match key {
            "temperature" | "top_k" | "top_p" | "min_p" => !draws,
            "length_penalty" => true,
            "early_stopping" => !searches,
            // The prompt alone is longer, or the other limit counts.
            "min_length" => true,
            "max_length" => most.is_some(),
            key => key.contains("assistant"),
        };
        let rest = self.map.iter().filter(|(key, value)| !changes_nothing(value) && !known(key) && !idle(key));
        let passed_over = rest.map(|(key, value)| format!("{key} {value}")).collect();
        Followed { config, taken, passed_over }
    }
}

/// Whether a value is what leaves the matter alone, under most keys: none, false, 0, 1, an empty list.
fn changes_nothing(value: &Value) -> bool {
    let neutral = value.as_f64().is_some_and(|number| number == 0.0 || number == 1.0);
    neutral || matches!(value, Value::Null | Value::Bool(false)) || value.as_array().is_some_and(Vec::is_empty)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn follow(text: &str, config: GenerateConfig) -> Followed {
        Generation::parse(text).unwrap().follow(config, 8)
    }

    fn sampled() -> GenerateConfig {
        GenerateConfig { strategy: Strategy::Sample(SampleConfig::default()), ..Default::default() }
    }

    #[test]
    fn settings_of_the_file_stand_where_nothing_else_is_said() {
        let text = r#"{"do_sample": true, "temperature": 0.6, "top_k": 20, "top_p": 0.95, "repetition_penalty": 1.05,
            "eos_token_id": [5, 3], "max_new_tokens": 7, "penalty_alpha": 0.6, "transformers_version": "4.51.0"}"#;
        let followed = follow(text, GenerateConfig::default());
        let sample = SampleConfig { temperature: 0.6, top_k: 20, top_p: 0.95, min_p: 0.0 };
        let config = GenerateConfig {
            max_tokens: 7,
            repetition_penalty: 1.05,
            strategy: Strategy::Sample(sample),
            ..Default::default()
        };
        assert_eq!(followed.config, config);
        assert!(followed.taken.contains(&"top_k 20".to_string()) && followed.taken.len() == 6, "{:?}", followed.taken);
        assert_eq!(followed.passed_over, ["penalty_alpha 0.6"]);
    }

    #[test]
    fn a_file_that_only_has_ids_changes_nothing() {
        for config in [sampled(), GenerateConfig::default()] {
            let text = r#"{"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": null, "_from_model_config": true}"#;
            let followed = follow(text, config.clone());
            assert_eq!((followed.config, followed.taken.len(), followed.passed_over.len()), (config, 0, 0));
        }
    }

    #[test]
    fn limits_of_the_whole_text_count_the_prompt() {
        for (text, limits, taken, passed_over) in [
            (r#"{"max_length": 20, "min_length": 10}"#, (12, 2), &["max_length 20", "min_length 10"][..], &[][..]),
            (r#"{"max_length": 20, "max_new_tokens": 5}"#, (5, 0), &["max_new_tokens 5"], &[]),
            (r#"{"min_length": 3, "min_new_tokens": 4}"#, (64, 4), &["min_new_tokens 4"], &[]),
            // No room for a token: as if it were not there, and said.
            (r#"{"max_length": 8}"#, (64, 0), &[], &["max_length 8"]),
        ] {
            let Followed { config, taken: found, passed_over: rest } = follow(text, GenerateConfig::default());
            assert_eq!((config.max_tokens, config.min_tokens), limits, "{text}");
            assert_eq!((found, rest), (strings(taken), strings(passed_over)), "{text}");
        }
        let stops_early = r#"{"num_beams": 3, "early_stopping": true}"#;
        assert_eq!(follow(stops_early, sampled()).passed_over, ["early_stopping true"]);
    }

    fn strings(all: &[&str]) -> Vec<String> {
        all.iter().map(|one| one.to_string()).collect()
    }

    #[test]
    fn the_strategy_is_the_files_where_it_names_one() {
        assert_eq!(follow(r#"{"do_sample": false, "top_p": 0.5}"#, sampled()).config.strategy, Strategy::Greedy);
        let beam = Strategy::Beam(BeamConfig { width: 3, length_penalty: 0.5 });
        assert_eq!(follow(r#"{"num_beams": 3, "length_penalty": 0.5}"#, sampled()).config.strategy, beam);
        let all = SampleConfig { temperature: 1.0, top_k: 50, top_p: 1.0, min_p: 0.0 };
        let followed = follow(r#"{"do_sample": true, "stop_strings": ["\n"]}"#, GenerateConfig::default()).config;
        assert_eq!((followed.strategy, followed.stop), (Strategy::Sample(all), vec!["\n".to_string()]));
        let text = r#"{"do_sample": true, "temperature": 0.0, "top_p": 1.5, "max_new_tokens": -3}"#;
        let odd = follow(text, sampled());
        assert_eq!((odd.config.validate(), odd.taken.len()), (Ok(()), 1));
        assert_eq!((odd.passed_over, odd.config.strategy), (vec!["max_new_tokens -3".to_string()], Strategy::Greedy));
        assert_eq!(follow(r#"{"do_sample": true, "top_p": 1.5}"#, sampled()).passed_over, ["top_p 1.5"]);
        // Drawing with several beams is not done here; what is left alone is no news.
        let text = r#"{"do_sample": true, "num_beams": 4, "typical_p": 1.0, "diversity_penalty": 0.0,
            "num_assistant_tokens": 20, "length_penalty": 2.0, "bad_words_ids": []}"#;
        assert_eq!(follow(text, sampled()).passed_over, ["num_beams 4"]);
        let cooler = SampleConfig { temperature: 0.3, ..Default::default() };
        assert_eq!(follow(r#"{"temperature": 0.3}"#, sampled()).config.strategy, Strategy::Sample(cooler));
    }

    #[test]
    fn a_file_says_how_tokens_are_chosen_or_does_not() {
        let chooses = |text: &str| Generation::parse(text).unwrap().chooses();
        assert!(
            chooses(r#"{"do_sample": false}"#) && chooses(r#"{"num_beams": 4}"#) && chooses(r#"{"temperature": 0}"#)
        );
        assert!(!chooses(r#"{"eos_token_id": 2, "temperature": 0.6, "do_sample": null}"#));
    }

    #[test]
    fn several_ids_are_read_and_written_as_they_came() {
        let file = Generation::parse(r#"{"eos_token_id": [296, 294], "temperature": 0.6}"#).unwrap();
        assert_eq!((file.ids("eos_token_id"), file.suppressed()), (vec![296, 294], vec![]));
        let ids = serde_json::json!({ "eos_token_id": [296, 294], "pad_token_id": 4 });
        assert_eq!(file.clone().with_ids(&ids), serde_json::json!({ "eos_token_id": [296, 294], "temperature": 0.6 }));
        let more = serde_json::json!({ "eos_token_id": [296, 294, 2] });
        assert_eq!(file.with_ids(&more)["eos_token_id"], more["eos_token_id"]);
        assert_eq!(Generation::default().with_ids(&ids), ids);
    }
}
