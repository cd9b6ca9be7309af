//! A checkpoint as a folder of `transformers`: it opens there in stock classes, without code of its own.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::class::{Class, Family};
use super::described::Own;
use super::error::InterchangeError;
use super::exported::Export;
use super::generation::Generation;
use super::json::pretty;
use super::{card, config, heads, sentence, templates, tokens};
use cimiento_core::checkpoint::{GENERATION, Manifest};
use cimiento_core::tensors::{self, Output, TensorFile};
use cimiento_data::files::{self, PendingDir};

/// Writes the folder, whole or not at all; one already there is replaced.
///
/// # Errors
/// [`InterchangeError`] if the class cannot express the model, or a file cannot be read or written.
pub fn export(folder: &Path, export: &Export) -> Result<(), InterchangeError> {
    let (checkpoint, class) = (export.checkpoint, &export.class);
    let manifest = checkpoint.manifest();
    expressible(manifest)?;
    let tokenizer = checkpoint.tokenizer()?;
    let special = tokenizer.special();
    let own =
        Own { kind: manifest.kind.clone(), causal: manifest.backbone.causal, special, task: manifest.task.clone() };
    let has_head = !matches!(class, Class::Base | Class::CausalLm);
    let mut config = config::write(&manifest.backbone, class, &special, export.dtype, &own);
    tokens::put_ids(&mut config, &tokenizer);
    if has_head {
        config["pad_token_id"] = json!(tokens::padding(&tokenizer));
    }

    let pending = PendingDir::new(folder)?;
    let put = |name: &str, text: &str| files::write_atomic(&pending.path().join(name), text.as_bytes());
    let put_json = |name: &str, value: &Value| put(name, &pretty(value));
    put_json("config.json", &config)?;
    let typed = manifest.backbone.encoder.as_ref().is_some_and(|encoder| encoder.types > 1);
    let pair = match class {
        Class::QuestionAnswering => Some(tokenizer.question_pair()),
        Class::SequenceClassification(_) => tokenizer.pair().cloned(),
        Class::Base | Class::CausalLm => None,
    };
    put("tokenizer.json", &tokenizer.to_json_with_template(pair.as_ref(), typed))?;
    let (settings, map) = tokens::settings(&tokenizer, manifest.backbone.context, typed, has_head);
    put_json("tokenizer_config.json", &settings)?;
    put_json("special_tokens_map.json", &map)?;
    if *class == Class::CausalLm {
        let kept = checkpoint.text(GENERATION)?;
        let kept = kept
            .map(|text| Generation::parse(&text))
            .transpose()
            .map_err(|why| InterchangeError::Format { path: checkpoint.folder().join(GENERATION), why })?;
        put_json(GENERATION, &kept.unwrap_or_default().with_ids(&tokens::generation_ids(&tokenizer)))?;
    }
    templates::write(pending.path(), &checkpoint.texts()?)?;
    sentence::write(pending.path(), checkpoint, export.dtype)?;
    put("README.md", &card::text(export, &config))?;
    let (backbone, head) = (checkpoint.backbone_tensors()?, checkpoint.head_tensors()?);
    write_tensors(pending.path(), outputs(&backbone, &head, export)?, export.shard_bytes)?;
    Ok(pending.commit()?)
}

/// Refuses what would be read as something else.
fn expressible(manifest: &Manifest) -> Result<(), InterchangeError> {
    if manifest.lora.is_some() {
        let why = "this checkpoint holds factors that are still being learned; export the run when it has finished";
        return Err(InterchangeError::Inexpressible(why.into()));
    }
    Ok(())
}

/// The tensors under the names that the class gives them.
fn outputs<'a>(
    backbone: &'a TensorFile,
    head: &'a TensorFile,
    export: &Export,
) -> Result<BTreeMap<String, Output<'a>>, InterchangeError> {
    let (class, shape) = (&export.class, &export.checkpoint.manifest().backbone);
    let has_head = !matches!(class, Class::Base | Class::CausalLm);
    // An encoder's names stand alone in `…Model`, and behind its family's in classes with a head.
    let prefix = match Family::of(shape) {
        Family::Bert if has_head => "bert.",
        Family::Roberta if has_head => "roberta.",
        _ => "",
    };
    let mut outputs = BTreeMap::new();
    for name in backbone.shapes().into_keys() {
        let there = match (class, name.strip_prefix("model.")) {
            // Only a class that writes has a projection to the vocabulary.
            _ if has_head && name.starts_with("lm_head.") => continue,
            (Class::QuestionAnswering, Some(rest)) => format!("transformer.{rest}"),
            (Class::Base, Some(rest)) => rest.to_string(),
            _ => format!("{prefix}{name}"),
        };
        outputs.insert(there, Output::copy(backbone, &name, Some(export.dtype))?);
    }
    let places = heads::places(shape, class, prefix);
    let class = Family::of(shape).class_name(class);
    for place in &places {
        if head.shape(place.ours).is_none() {
            let why = format!("{class} has a layer {} that this head lacks", place.theirs);
            return Err(InterchangeError::Inexpressible(why));
        }
        outputs.insert(place.theirs.clone(), Output::copy(head, place.ours, Some(export.dtype))?);
    }
    let placed = |name: &String| places.iter().any(|place| place.ours == name);
    if let Some(extra) = head.shapes().into_keys().find(|name| !placed(name)) {
        let why = format!("{class} has no place for the head's tensor {extra}: the answers would be others");
        return Err(InterchangeError::Inexpressible(why));
    }
    Ok(outputs)
}

/// Writes the tensors into one file, or into several with an index.
fn write_tensors(
    folder: &Path,
    tensors: BTreeMap<String, Output<'_>>,
    shard_bytes: usize,
) -> Result<(), InterchangeError> {
    let total: usize = tensors.values().map(Output::bytes).sum();
    let mut shards: Vec<BTreeMap<String, Output>> = vec![BTreeMap::new()];
    let mut used = 0;
    for (name, tensor) in tensors {
        if used > 0 && used + tensor.bytes() > shard_bytes {
            shards.push(BTreeMap::new());
            used = 0;
        }
        used += tensor.bytes();
        shards.last_mut().expect("at least one").insert(name, tensor);
    }
    if let [whole] = &shards[..] {
        tensors::write(&folder.join("model.safetensors"), whole)?;
        return Ok(());
    }
    let mut places = Map::new();
    for (number, shard) in (1..).zip(&shards) {
        let file = format!("model-{number:05}-of-{:05}.safetensors", shards.len());
        tensors::write(&folder.join(&file), shard)?;
        places.extend(shard.keys().map(|name| (name.clone(), json!(file))));
    }
    let index = json!({ "metadata": { "total_size": total }, "weight_map": places });
    Ok(files::write_atomic(&folder.join("model.safetensors.index.json"), pretty(&index).as_bytes())?)
}
