//! The keys about rotary positions: `rope_parameters` of today, `rope_scaling` and `rope_theta` of before.

use serde_json::{Map, Value, json};

use super::fields::Fields;
use crate::error::InterchangeError;
use cimiento_core::backbone::RopeScaling;

/// What is read of them.
pub(super) struct Rope {
    /// The base of the frequencies.
    pub theta: f64,
    /// How they are changed.
    pub scaling: Option<RopeScaling>,
}

/// Reads the keys; `context`: tokens of the model's context.
///
/// # Errors
/// [`InterchangeError`] naming the key that is wrong or not supported.
pub(super) fn read(fields: &Fields, context: usize) -> Result<Rope, InterchangeError> {
    fields.only("partial_rotary_factor", &json!(1.0), "heads that turn as a whole are")?;
    let (mut theta, mut scaling) = (None, None);
    for key in ["rope_parameters", "rope_scaling"] {
        let Some(value) = fields.get(key) else { continue };
        let Some(map) = value.as_object() else { return Err(fields.refuse(key, value, "an object is")) };
        let map = one_kind(fields, key, map)?;
        let own = One { fields, key, map };
        theta = theta.or(own.number("rope_theta")?);
        own.whole_heads()?;
        scaling = scaling.or(own.scaling(context)?);
    }
    let theta = theta.map_or_else(|| fields.float_or("rope_theta", 10_000.0), Ok)?;
    if theta > 1.0 && theta.is_finite() {
        return Ok(Rope { theta, scaling });
    }
    Err(fields.wrong(&format!("rope_theta is {theta}")))
}

/// The settings of full attention where they are given by kind of layer. Other kinds must have the same, or none.
fn one_kind<'a>(
    fields: &Fields,
    key: &str,
    map: &'a Map<String, Value>,
) -> Result<&'a Map<String, Value>, InterchangeError> {
    let kinds: Vec<&Value> =
        ["full_attention", "sliding_attention"].into_iter().filter_map(|kind| map.get(kind)).collect();
    match kinds.as_slice() {
        [] => Ok(map),
        [first, others @ ..] if map.contains_key("full_attention") && others.iter().all(|other| other == first) => {
            let wrong = || fields.refuse(key, first, "an object is");
            first.as_object().ok_or_else(wrong)
        }
        _ => Err(fields.refuse(key, &Value::from(map.clone()), "the same positions in all layers are")),
    }
}

/// The settings under one key.
struct One<'a> {
    fields: &'a Fields,
    key: &'a str,
    map: &'a Map<String, Value>,
}

impl One<'_> {
    /// A value that is there and not null.
    fn get(&self, name: &str) -> Option<&Value> {
        self.map.get(name).filter(|value| !value.is_null())
    }

    /// A number above 0.
    fn number(&self, name: &str) -> Result<Option<f64>, InterchangeError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        match value.as_f64().filter(|number| *number > 0.0 && number.is_finite()) {
            Some(number) => Ok(Some(number)),
            None => Err(self.fields.wrong(&format!("`{}.{name}` is {value}, and not a number above 0", self.key))),
        }
    }

    fn needed(&self, name: &str) -> Result<f64, InterchangeError> {
        let missing = || self.fields.wrong(&format!("`{}.{name}` is missing", self.key));
        self.number(name)?.ok_or_else(missing)
    }

    fn whole_heads(&self) -> Result<(), InterchangeError> {
        match self.get("partial_rotary_factor") {
            Some(share) if share.as_f64() != Some(1.0) => {
                let key = format!("{}.partial_rotary_factor", self.key);
                Err(self.fields.refuse(&key, share, "heads that turn as a whole are"))
            }
            _ => Ok(()),
        }
    }

    /// How frequencies are changed.
    fn scaling(&self, context: usize) -> Result<Option<RopeScaling>, InterchangeError> {
        let Some(kind) = self.get("rope_type").or_else(|| self.get("type")) else {
            return match self.get("factor") {
                None => Ok(None),
                Some(_) => {
                    let value = Value::from(self.map.clone());
                    Err(self.fields.refuse(self.key, &value, "a factor with its rope_type (linear, llama3, yarn) is"))
                }
            };
        };
        let original = || {
            let stated = self.number("original_max_position_embeddings")?;
            Ok::<usize, InterchangeError>(stated.map_or(context, |stated| stated as usize))
        };
        let scaling = match kind.as_str() {
            Some("default") => return Ok(None),
            Some("linear") => RopeScaling::Linear { factor: self.needed("factor")? },
            Some("llama3") => RopeScaling::Llama3 {
                factor: self.needed("factor")?,
                low_freq_factor: self.needed("low_freq_factor")?,
                high_freq_factor: self.needed("high_freq_factor")?,
                original_context: original()?,
            },
            Some("yarn") => {
                let original_context = original()?;
                let factor = self.number("factor")?.unwrap_or(context as f64 / original_context as f64);
                RopeScaling::Yarn {
                    factor,
                    original_context,
                    beta_fast: self.number("beta_fast")?.unwrap_or(32.0),
                    beta_slow: self.number("beta_slow")?.unwrap_or(1.0),
                    attention_factor: self.attention_factor(factor)?,
                    truncate: self.get("truncate").and_then(Value::as_bool).unwrap_or(true),
                }
            }
            _ => {
                let key = format!("{}.rope_type", self.key);
                return Err(self.fields.refuse(&key, kind, "default, linear, llama3 and yarn are"));
            }
        };
        scaling.check().map_err(|why| self.fields.wrong(&format!("`{}`: {why}", self.key)))?;
        // A factor of 1 changes nothing.
        Ok(Some(scaling).filter(|scaling| *scaling != RopeScaling::Linear { factor: 1.0 }))
    }

    /// The sharpening of attention that YaRN's authors propose, unless another one is given.
    fn attention_factor(&self, factor: f64) -> Result<f64, InterchangeError> {
        let of = |share: f64| if factor <= 1.0 { 1.0 } else { 0.1 * share * factor.ln() + 1.0 };
        if let Some(given) = self.number("attention_factor")? {
            return Ok(given);
        }
        Ok(match (self.number("mscale")?, self.number("mscale_all_dim")?) {
            (Some(share), Some(all)) => of(share) / of(all),
            _ => of(1.0),
        })
    }
}

/// The value of `rope_parameters`.
pub(super) fn write(theta: f64, scaling: Option<&RopeScaling>) -> Value {
    match scaling {
        None => json!({ "rope_type": "default", "rope_theta": theta }),
        Some(RopeScaling::Linear { factor }) => {
            json!({ "rope_type": "linear", "rope_theta": theta, "factor": factor })
        }
        Some(RopeScaling::Llama3 { factor, low_freq_factor, high_freq_factor, original_context }) => json!({
            "rope_type": "llama3",
            "rope_theta": theta,
            "factor": factor,
            "low_freq_factor": low_freq_factor,
            "high_freq_factor": high_freq_factor,
            "original_max_position_embeddings": original_context,
        }),
        Some(RopeScaling::Yarn { factor, original_context, beta_fast, beta_slow, attention_factor, truncate }) => {
            json!({
                "rope_type": "yarn",
                "rope_theta": theta,
                "factor": factor,
                "original_max_position_embeddings": original_context,
                "beta_fast": beta_fast,
                "beta_slow": beta_slow,
                "attention_factor": attention_factor,
                "truncate": truncate,
            })
        }
    }
}
