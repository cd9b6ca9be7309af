//! Names of tensors as training scripts leave them, made those of `transformers`.

use super::error::InterchangeError;
use super::shards::Shards;
use cimiento_core::backbone::BackboneConfig;

/// What may stand before the names of a backbone's tensors, by the class that saved them.
const DECODERS: [&str; 3] = ["model.", "transformer.", ""];
const ENCODERS: [&str; 4] = ["bert.", "roberta.", "camembert.", ""];

/// Takes off what wrappers put before the names (`torch.compile`, `DistributedDataParallel`, PEFT, sentence-transformers),
/// and gives norms of old files their names of today. Adds what was done to `notes`; returns what then stands before the
/// names of the backbone's tensors.
///
/// # Errors
/// [`InterchangeError`] if two tensors would have one name.
pub(super) fn settle(
    shards: &mut Shards,
    backbone: &BackboneConfig,
    notes: &mut Vec<String>,
) -> Result<&'static str, InterchangeError> {
    let compiled = shards.rename(|name| name.contains("_orig_mod.").then(|| name.replace("_orig_mod.", "")))?;
    if compiled > 0 {
        notes.push(format!("`_orig_mod.` is taken out of the names of {compiled} tensors"));
    }
    let old = |name: &str| {
        let name = name
            .strip_suffix("LayerNorm.gamma")
            .map(|stem| format!("{stem}LayerNorm.weight"))
            .or_else(|| name.strip_suffix("LayerNorm.beta").map(|stem| format!("{stem}LayerNorm.bias")))?;
        Some(name)
    };
    if backbone.encoder.is_some() {
        shards.rename(old)?;
    }
    let (known, table): (&[&'static str], _) = match backbone.encoder {
        None => (&DECODERS, "embed_tokens.weight"),
        Some(_) => (&ENCODERS, "embeddings.word_embeddings.weight"),
    };
    // The wrapper is what stands before the longest prefix that is known.
    let before = shards.names().find_map(|name| name.strip_suffix(table).map(str::to_string));
    let Some(before) = before else { return Ok(known[0]) };
    let prefix = known.iter().find(|prefix| before.ends_with(**prefix)).copied().unwrap_or_default();
    let wrapper = &before[..before.len() - prefix.len()];
    if !wrapper.is_empty() {
        let count = shards.rename(|name| name.strip_prefix(wrapper).map(str::to_string))?;
        notes.push(format!("`{wrapper}` is taken off the names of {count} tensors"));
    }
    Ok(prefix)
}

/// What other classes add to a backbone: tables that are computed, poolers, heads.
pub(super) fn can_be_left_out(name: &str) -> bool {
    let ends = ["position_ids", "inv_freq", "lm_head.weight"];
    let begins = ["pooler.", "cls.", "lm_head.", "classifier.", "score.", "qa_outputs."];
    let bare = ENCODERS.iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name);
    ends.iter().any(|end| name.ends_with(end)) || begins.iter().any(|begin| bare.starts_with(begin))
}

/// What a tensor of this name says about files that are not a model by themselves.
pub(super) fn adapted(name: &str) -> bool {
    [".lora_A.", ".lora_B.", ".lora_embedding_", ".base_layer."].iter().any(|part| name.contains(part))
}
