//! `config.json`: the shape of a model in the words of `transformers`.

mod fields;
mod rope;

use std::path::Path;

use serde_json::{Map, Value, json};

use fields::Fields;

use super::class::{Class, Classes, Family};
use super::described::{Described, Own};
use super::error::InterchangeError;
use super::{scoring, source};
use cimiento_core::backbone::BackboneConfig;
use cimiento_core::backbone::{Activation, EncoderConfig};
use cimiento_core::tensors::Dtype;
use cimiento_data::files;
use cimiento_data::tokenizer::Special;

/// Reads the `config.json` in `folder`, where the transformer of the model in `root` is; adds to `notes`.
///
/// # Errors
/// [`InterchangeError`] naming the key that is missing, wrong or not supported.
pub(super) fn read(root: &Path, folder: &Path, notes: &mut Vec<String>) -> Result<Described, InterchangeError> {
    let path = &folder.join(source::CONFIG);
    let bytes = files::read(path)?;
    let format = |why: String| InterchangeError::Format { path: path.to_path_buf(), why };
    let map: Map<String, Value> =
        serde_json::from_slice(&bytes).map_err(|e| format(format!("not a JSON object ({e})")))?;
    let fields = Fields { path: path.to_path_buf(), map };
    let model_type = fields.text("model_type")?;
    let supported = "qwen3, qwen2, llama, mistral, bert, roberta, xlm-roberta and camembert are";
    let family = Family::of_model_type(&model_type)
        .ok_or_else(|| fields.refuse("model_type", &Value::from(model_type.as_str()), supported))?;
    if let Some(quantization) = fields.get("quantization_config") {
        return Err(fields.refuse("quantization_config", quantization, "weights of float32, float16 and bfloat16 are"));
    }
    let backbone = match family {
        Family::Bert | Family::Roberta => encoder(&fields, family)?,
        _ => decoder(&fields, family)?,
    };
    let named = fields.get("architectures").and_then(|names| names.get(0)).and_then(Value::as_str);
    let class_name = named.map_or_else(|| family.class_name(&Class::Base), str::to_string);
    let class = if class_name.ends_with("ForSequenceClassification") {
        let scoring = scoring::read(root, &fields.map)?;
        let classes = fields.classes(scoring)?;
        notes.extend(scoring::note(scoring, &classes));
        Class::SequenceClassification(classes)
    } else if class_name.ends_with("ForQuestionAnswering") {
        Class::QuestionAnswering
    } else if class_name.ends_with("ForCausalLM") && backbone.encoder.is_none() {
        Class::CausalLm
    } else {
        Class::Base
    };
    let ids = ["bos_token_id", "eos_token_id", "pad_token_id"].map(|key| fields.id(key));
    let ends = fields.ids("eos_token_id");
    let tokenizer_class = fields.get("tokenizer_class").and_then(Value::as_str).map(str::to_string);
    let own = fields.get("cimiento").cloned().map(serde_json::from_value).transpose();
    let own: Option<Own> = own.map_err(|e| format(format!("`cimiento` is not what this program writes ({e})")))?;
    let causal = own.as_ref().map_or(backbone.causal, |own| own.causal);
    Ok(Described {
        backbone: BackboneConfig { causal, ..backbone },
        class,
        class_name,
        ids,
        ends,
        model_type,
        tokenizer_class,
        own,
    })
}

fn decoder(fields: &Fields, family: Family) -> Result<BackboneConfig, InterchangeError> {
    fields.one_of("hidden_act", &[("silu", ()), ("swish", ())])?;
    if family != Family::Qwen2 {
        fields.only("attention_bias", &json!(false), "only Qwen2's biases on queries, keys and values are")?;
    }
    fields.only("mlp_bias", &json!(false), "feed-forward layers without biases are")?;
    let (heads, d_model) = (fields.number("num_attention_heads")?, fields.number("hidden_size")?);
    let (context, layers) = (fields.number("max_position_embeddings")?, fields.number("num_hidden_layers")?);
    full_attention(fields, family, context, layers)?;
    let rope = rope::read(fields, context)?;
    let backbone = BackboneConfig {
        vocab_size: fields.number("vocab_size")?,
        d_model,
        layers,
        heads,
        kv_heads: fields.number_or("num_key_value_heads", heads)?,
        head_dim: fields.number_or("head_dim", d_model / heads)?,
        d_ff: fields.number("intermediate_size")?,
        context,
        rope_theta: rope.theta,
        rope_scaling: rope.scaling,
        norm_epsilon: fields.float_or("rms_norm_eps", 1e-6)?,
        tie_embeddings: fields.flag_or("tie_word_embeddings", false)?,
        headless: false,
        qk_norm: family == Family::Qwen3,
        qkv_bias: family == Family::Qwen2,
        causal: fields.flag_or("is_causal", true)?,
        encoder: None,
    };
    if !backbone.heads.is_multiple_of(backbone.kv_heads) || !backbone.head_dim.is_multiple_of(2) {
        let BackboneConfig { heads, kv_heads, head_dim, .. } = backbone;
        let why = format!("{heads} heads of {head_dim} components cannot share {kv_heads} keys and turn in pairs");
        return Err(fields.wrong(&why));
    }
    Ok(backbone)
}

/// Refuses attention that sees only a window of what came before, where that is narrower than the context.
fn full_attention(fields: &Fields, family: Family, context: usize, layers: usize) -> Result<(), InterchangeError> {
    // Mistral's has a window unless its config says null, Qwen's needs a switch. Llama's knows none, and one that names one
    // is not continued as it is read in transformers.
    let window = match (fields.text("model_type")?.as_str(), family) {
        ("mistral", _) => fields.map.get("sliding_window").cloned().unwrap_or(json!(4096)),
        (_, Family::Qwen2 | Family::Qwen3) if fields.flag_or("use_sliding_window", false)? => {
            fields.map.get("sliding_window").cloned().unwrap_or(json!(4096))
        }
        (_, Family::Llama) => fields.get("sliding_window").cloned().unwrap_or_default(),
        _ => Value::Null,
    };
    let full = |kind: &Value| kind.as_str() == Some("full_attention");
    let kinds = fields.get("layer_types").filter(|_| family != Family::Llama);
    let full = kinds.map(|kinds| kinds.as_array().is_some_and(|kinds| kinds.iter().all(full)));
    if let (true, Some(false), Some(kinds)) = (window.is_null(), full, kinds) {
        return Err(fields.refuse("layer_types", kinds, "full_attention is, where there is no sliding_window"));
    }
    if window.is_null() || window.as_u64().is_some_and(|window| window >= context as u64) {
        return Ok(());
    }
    // Qwen's first layers see everything.
    let first = fields.get("max_window_layers").filter(|_| family != Family::Llama).and_then(Value::as_u64);
    if full.unwrap_or(first.is_some_and(|first| first >= layers as u64)) {
        return Ok(());
    }
    Err(fields.refuse("sliding_window", &window, "full attention (null, or no less than max_position_embeddings) is"))
}

/// What the inner numbers of an encoder's feed-forward layers may pass through.
const ACTIVATIONS: [(&str, Activation); 6] = [
    ("gelu", Activation::Gelu),
    ("gelu_python", Activation::Gelu),
    ("gelu_new", Activation::GeluTanh),
    ("gelu_pytorch_tanh", Activation::GeluTanh),
    ("gelu_fast", Activation::GeluTanh),
    ("relu", Activation::Relu),
];

fn encoder(fields: &Fields, family: Family) -> Result<BackboneConfig, InterchangeError> {
    let activation = fields.one_of("hidden_act", &ACTIVATIONS)?;
    fields.only("position_embedding_type", &json!("absolute"), "absolute is")?;
    fields.only("is_decoder", &json!(false), "encoders are")?;
    let (heads, d_model) = (fields.number("num_attention_heads")?, fields.number("hidden_size")?);
    if !d_model.is_multiple_of(heads) {
        return Err(fields.wrong(&format!("hidden_size {d_model} is not a multiple of num_attention_heads {heads}")));
    }
    // RoBERTa's positions begin after the padding token's row.
    let first_position = if family == Family::Roberta { fields.number_or("pad_token_id", 1)? + 1 } else { 0 };
    let positions = fields.number("max_position_embeddings")?;
    if positions <= first_position {
        return Err(fields.wrong(&format!("max_position_embeddings is {positions}: no room for a token")));
    }
    Ok(BackboneConfig {
        vocab_size: fields.number("vocab_size")?,
        d_model,
        layers: fields.number("num_hidden_layers")?,
        heads,
        kv_heads: heads,
        head_dim: d_model / heads,
        d_ff: fields.number("intermediate_size")?,
        context: positions - first_position,
        rope_theta: 10_000.0,
        rope_scaling: None,
        norm_epsilon: fields.float_or("layer_norm_eps", 1e-12)?,
        tie_embeddings: true,
        headless: false,
        qk_norm: false,
        qkv_bias: true,
        causal: false,
        encoder: Some(EncoderConfig {
            types: fields.number_or("type_vocab_size", 2)?,
            first_position,
            activation,
            separator: None,
        }),
    })
}

/// A `config.json` for a model stored as `dtype`.
pub(super) fn write(backbone: &BackboneConfig, class: &Class, special: &Special, dtype: Dtype, own: &Own) -> Value {
    let family = Family::of(backbone);
    let BackboneConfig { vocab_size, d_model, layers, heads, kv_heads, head_dim, d_ff, context, .. } = *backbone;
    let mut config = json!({
        "architectures": [family.class_name(class)],
        "model_type": family.model_type(),
        "dtype": match dtype { Dtype::F32 => "float32", Dtype::Bf16 => "bfloat16", Dtype::F16 => "float16" },
        "vocab_size": vocab_size,
        "hidden_size": d_model,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "intermediate_size": d_ff,
        "tie_word_embeddings": backbone.tie_embeddings && !backbone.headless,
        "bos_token_id": special.bos,
        "eos_token_id": special.eos,
        "pad_token_id": special.pad,
        "cimiento": own,
    });
    let more = match &backbone.encoder {
        Some(encoder) => json!({
            "hidden_act": ACTIVATIONS.iter().find(|(_, known)| *known == encoder.activation).map(|(name, _)| *name),
            "layer_norm_eps": backbone.norm_epsilon,
            "max_position_embeddings": context + encoder.first_position,
            "type_vocab_size": encoder.types,
        }),
        None => json!({
            "hidden_act": "silu",
            "num_key_value_heads": kv_heads,
            "head_dim": head_dim,
            "max_position_embeddings": context,
            "rms_norm_eps": backbone.norm_epsilon,
            "rope_parameters": rope::write(backbone.rope_theta, backbone.rope_scaling.as_ref()),
            // As releases before 5 read it.
            "rope_theta": backbone.rope_theta,
        }),
    };
    merge(&mut config, more);
    if *class != Class::CausalLm && backbone.encoder.is_none() && !backbone.causal {
        merge(&mut config, json!({ "is_causal": false }));
    }
    if let Class::SequenceClassification(classes @ Classes { labels, problem, sigmoid }) = class {
        merge(&mut config, scoring::key(classes).unwrap_or_default());
        merge(&mut config, json!({ "problem_type": problem }));
        if *sigmoid {
            merge(&mut config, json!({ "function_to_apply": "sigmoid" }));
        }
        let by_id: Map<String, Value> =
            labels.iter().enumerate().map(|(id, label)| (id.to_string(), json!(label))).collect();
        let by_label: Map<String, Value> =
            labels.iter().enumerate().map(|(id, label)| (label.clone(), json!(id))).collect();
        merge(&mut config, json!({ "id2label": by_id, "label2id": by_label }));
    }
    config
}

fn merge(config: &mut Value, more: Value) {
    if let (Value::Object(config), Value::Object(more)) = (config, more) {
        config.extend(more);
    }
}
