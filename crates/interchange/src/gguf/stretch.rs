//! Positions that are stretched, as llama.cpp reads them: the keys of `rope.scaling`, and of Llama 3's way a tensor with
//! what each frequency is divided by.

use super::error::GgufError;
use super::value::Value;
use crate::class::Family;
use cimiento_core::backbone::{BackboneConfig, RopeScaling};

/// What llama.cpp takes where a file names none.
const BETAS: [f64; 2] = [32.0, 1.0];

/// The keys and values of a model, the family standing as `*`.
///
/// # Errors
/// A way that llama.cpp does not know, or not in this family.
pub(super) fn entries(family: Family, config: &BackboneConfig) -> Result<Vec<(&'static str, Value)>, GgufError> {
    let Some(scaling) = &config.rope_scaling else { return Ok(Vec::new()) };
    let refuse = |why| Err(GgufError::Stretched { how: scaling.name(), why });
    let kind = ("*.rope.scaling.type", Value::Text(scaling.name().into()));
    match *scaling {
        RopeScaling::Linear { factor } => Ok(vec![kind, ("*.rope.scaling.factor", Value::Number(factor))]),
        RopeScaling::Llama3 { .. } if family == Family::Llama => Ok(Vec::new()),
        RopeScaling::Llama3 { .. } => refuse("llama.cpp reads their tensor in models of Llama's family alone"),
        RopeScaling::Yarn { truncate: false, .. } => {
            refuse("llama.cpp rounds the two pairs between which they go over")
        }
        RopeScaling::Yarn { factor, original_context, beta_fast, beta_slow, attention_factor, .. } => {
            let mut entries = vec![
                kind,
                ("*.rope.scaling.factor", Value::Number(factor)),
                ("*.rope.scaling.original_context_length", Value::Count(original_context)),
            ];
            // llama.cpp sharpens attention as YaRN's authors propose, and multiplies by this.
            let usual = 0.1 * factor.ln() + 1.0;
            if (attention_factor / usual - 1.0).abs() > 1e-6 {
                entries.push(("*.rope.scaling.attn_factor", Value::Number(attention_factor / usual)));
            }
            if [beta_fast, beta_slow] != BETAS {
                entries.push(("*.rope.scaling.yarn_beta_fast", Value::Number(beta_fast)));
                entries.push(("*.rope.scaling.yarn_beta_slow", Value::Number(beta_slow)));
            }
            Ok(entries)
        }
    }
}

/// What the frequency of each pair is divided by, where Llama 3's way stretches them.
pub(super) fn divisors(config: &BackboneConfig) -> Option<Vec<f32>> {
    let scaling = config.rope_scaling.as_ref().filter(|scaling| matches!(scaling, RopeScaling::Llama3 { .. }))?;
    let (width, theta) = (config.head_dim, config.rope_theta);
    let (stretched, _) = scaling.frequencies(width, theta);
    let plain = (0..width / 2).map(|pair| theta.powf(-2.0 * pair as f64 / width as f64));
    Some(plain.zip(stretched).map(|(plain, stretched)| (plain / f64::from(stretched)) as f32).collect())
}
