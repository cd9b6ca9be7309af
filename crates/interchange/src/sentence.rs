//! The folders of sentence-transformers: how it makes one vector of a text, read and written.
//!
//! `modules.json` lists what a text passes through, each with a folder of its own: `Transformer`, `Pooling`, then `Dense`
//! and `Normalize` in any order.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::error::InterchangeError;
use super::json::pretty;
use cimiento_core::checkpoint::{Checkpoint, dense_name};
use cimiento_core::embed::{Activation, DenseConfig, EmbedConfig, PoolingMode, Step};
use cimiento_core::tensors::{Dtype, Output, TensorFile};
use cimiento_data::files;

const MODULES: &str = "modules.json";
pub(super) const PROMPTS: &str = "config_sentence_transformers.json";
/// Settings of the module `Transformer`; the first that is there counts.
const SETTINGS: [&str; 6] = [
    "sentence_bert_config.json",
    "sentence_roberta_config.json",
    "sentence_camembert_config.json",
    "sentence_xlm-roberta_config.json",
    "sentence_distilbert_config.json",
    "sentence_xlnet_config.json",
];

/// What a folder says of how texts become vectors.
pub(super) struct Sentence {
    /// The settings.
    pub config: EmbedConfig,
    /// The files of the dense layers.
    pub dense: Vec<TensorFile>,
}

#[derive(Deserialize)]
struct Module {
    #[serde(default)]
    path: String,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct Transformer {
    max_seq_length: Option<usize>,
    #[serde(default)]
    do_lower_case: bool,
}

#[derive(Deserialize)]
struct Prompts {
    #[serde(default)]
    prompts: BTreeMap<String, Option<String>>,
    default_prompt_name: Option<String>,
}

#[derive(Deserialize)]
struct DenseSettings {
    in_features: usize,
    out_features: usize,
    #[serde(default = "yes")]
    bias: bool,
    activation_function: Option<String>,
    #[serde(default)]
    use_residual: bool,
}

fn yes() -> bool {
    true
}

/// The names of the ways of pooling: today's, that of the flags that older files have, and ours. In the order in which
/// vectors are set one after the other.
const MODES: [(&str, &str, PoolingMode); 6] = [
    ("cls", "pooling_mode_cls_token", PoolingMode::First),
    ("max", "pooling_mode_max_tokens", PoolingMode::Max),
    ("mean", "pooling_mode_mean_tokens", PoolingMode::Mean),
    ("mean_sqrt_len_tokens", "pooling_mode_mean_sqrt_len_tokens", PoolingMode::MeanSqrtLength),
    ("weightedmean", "pooling_mode_weightedmean_tokens", PoolingMode::WeightedMean),
    ("lasttoken", "pooling_mode_lasttoken", PoolingMode::Last),
];

/// The names of activations in `torch.nn.modules`, without what stands before.
const ACTIVATIONS: [(&str, Activation); 4] = [
    ("linear.Identity", Activation::Identity),
    ("activation.Tanh", Activation::Tanh),
    ("activation.ReLU", Activation::Relu),
    ("activation.Sigmoid", Activation::Sigmoid),
];

/// The folder of the model itself: a subfolder where `modules.json` says so.
///
/// # Errors
/// [`InterchangeError`] if that file is not what it should be.
pub(super) fn transformer(folder: &Path) -> Result<PathBuf, InterchangeError> {
    let path = folder.join(MODULES);
    let Some(modules) = optional::<Vec<Module>>(&path)? else { return Ok(folder.to_path_buf()) };
    match modules.first() {
        Some(first) if last_part(&first.kind) == "Transformer" => inside(folder, &path, &first.path),
        _ => Err(unsupported(&path, modules.first().map_or("nothing", |module| &module.kind), "Transformer")),
    }
}

/// What `folder` says, if it is one of sentence-transformers; `d_model`: width of the states.
///
/// # Errors
/// [`InterchangeError`]: a file that is missing or damaged, or a module that cannot be followed, by its name.
pub(super) fn read(folder: &Path, d_model: usize) -> Result<Option<Sentence>, InterchangeError> {
    let path = folder.join(MODULES);
    let Some(modules) = optional::<Vec<Module>>(&path)? else { return lone_pooling(folder, d_model) };
    let mut config = EmbedConfig { pooling: Vec::new(), steps: Vec::new(), ..EmbedConfig::default() };
    let mut dense = Vec::new();
    for module in modules.iter().skip(1) {
        let own = inside(folder, &path, &module.path)?;
        match last_part(&module.kind) {
            "Pooling" if config.pooling.is_empty() && config.steps.is_empty() => {
                pooling(&own.join("config.json"), &mut config)?
            }
            "Normalize" => config.steps.push(Step::Normalize),
            // It does nothing once a model is trained.
            "Dropout" => {}
            "Dense" => {
                config.steps.push(Step::Dense(dense_layer(&own.join("config.json"))?));
                dense.push(TensorFile::open(&own.join("model.safetensors"))?);
            }
            _ => return Err(unsupported(&path, &module.kind, "Pooling, Dense, Normalize and Dropout")),
        }
    }
    finish(folder, d_model, config, dense).map(Some)
}

/// A folder with a way of pooling and no list of modules, as copies of some models are.
fn lone_pooling(folder: &Path, d_model: usize) -> Result<Option<Sentence>, InterchangeError> {
    let path = folder.join("1_Pooling/config.json");
    if !path.is_file() {
        return Ok(None);
    }
    let mut config = EmbedConfig { pooling: Vec::new(), ..EmbedConfig::default() };
    pooling(&path, &mut config)?;
    finish(folder, d_model, config, Vec::new()).map(Some)
}

/// Takes up the settings of text and prompts, and checks that layers follow on each other.
fn finish(
    folder: &Path,
    d_model: usize,
    mut config: EmbedConfig,
    dense: Vec<TensorFile>,
) -> Result<Sentence, InterchangeError> {
    let model = transformer(folder)?;
    let mut limit = None;
    for name in SETTINGS {
        if let Some(settings) = optional::<Transformer>(&model.join(name))? {
            limit = settings.max_seq_length;
            config.lowercase = settings.do_lower_case;
            break;
        }
    }
    if limit.is_none() {
        // Numbers without end stand for none.
        let settings: Option<Value> = optional(&model.join("tokenizer_config.json"))?;
        let stated = settings.as_ref().and_then(|settings| settings.get("model_max_length")?.as_u64());
        limit = stated.filter(|limit| *limit < 1 << 32).map(|limit| limit as usize);
    }
    config.max_tokens = limit;
    let path = folder.join(PROMPTS);
    if let Some(Prompts { prompts, default_prompt_name }) = optional(&path)? {
        config.prompts = prompts.into_iter().filter_map(|(name, text)| Some((name, text?))).collect();
        // Unnamed prompts are none.
        config.default_prompt = default_prompt_name;
    }
    config.check(d_model).map_err(|why| InterchangeError::Format { path: folder.join(MODULES), why })?;
    Ok(Sentence { config, dense })
}

/// `1_Pooling/config.json`.
fn pooling(path: &Path, config: &mut EmbedConfig) -> Result<(), InterchangeError> {
    let settings: Value = required(path)?;
    let flag = |key: &str| settings.get(key).and_then(Value::as_bool);
    config.include_prompt = flag("include_prompt").unwrap_or(true);
    let named = |name: &str| {
        let mode = MODES.iter().find(|(today, _, _)| *today == name).map(|(_, _, mode)| *mode);
        let known = MODES.map(|(today, _, _)| today).join(", ");
        mode.ok_or_else(|| refused(path, "pooling_mode", name, &format!("{known} are")))
    };
    config.pooling = match settings.get("pooling_mode") {
        Some(Value::String(name)) => vec![named(name)?],
        Some(Value::Array(names)) => {
            names.iter().map(|name| named(name.as_str().unwrap_or_default())).collect::<Result<_, _>>()?
        }
        _ => {
            let known = |key: &str| MODES.iter().any(|(_, flag, _)| *flag == key);
            let strange = settings.as_object().into_iter().flatten().map(|(key, _)| key.as_str());
            let strange = strange.filter(|key| key.starts_with("pooling_mode_") && !known(key));
            if let Some(key) = strange.into_iter().find(|key| flag(key) == Some(true)) {
                let known = MODES.map(|(_, flag, _)| flag).join(", ");
                return Err(refused(path, key, "true", &format!("{known} are")));
            }
            MODES.iter().filter(|(_, key, _)| flag(key) == Some(true)).map(|(_, _, mode)| *mode).collect()
        }
    };
    if config.pooling.is_empty() {
        // As sentence-transformers has it.
        config.pooling.push(PoolingMode::Mean);
    }
    Ok(())
}

/// `2_Dense/config.json`.
fn dense_layer(path: &Path) -> Result<DenseConfig, InterchangeError> {
    let settings: DenseSettings = required(path)?;
    if settings.use_residual {
        return Err(refused(path, "use_residual", "true", "layers without one are"));
    }
    let name = settings.activation_function.as_deref().unwrap_or("torch.nn.modules.activation.Tanh");
    let activation = ACTIVATIONS.iter().find(|(known, _)| name.ends_with(known)).map(|(_, activation)| *activation);
    let known = ACTIVATIONS.map(|(name, _)| last_part(name)).join(", ");
    let activation =
        activation.ok_or_else(|| refused(path, "activation_function", name, &format!("{known} of torch.nn are")))?;
    Ok(DenseConfig { inputs: settings.in_features, outputs: settings.out_features, bias: settings.bias, activation })
}

impl Sentence {
    /// The weights of its layers under the names that a checkpoint gives them.
    ///
    /// # Errors
    /// [`InterchangeError`] if one is missing or not of the shape that the settings say.
    pub fn outputs(&self) -> Result<BTreeMap<String, Output<'_>>, InterchangeError> {
        let mut outputs = BTreeMap::new();
        for (number, (layer, file)) in self.config.dense().zip(&self.dense).enumerate() {
            let parts = [("weight", vec![layer.outputs, layer.inputs]), ("bias", vec![layer.outputs])];
            for (part, shape) in parts.into_iter().take(1 + usize::from(layer.bias)) {
                let name = format!("linear.{part}");
                if file.shape(&name).is_some_and(|found| found != shape) {
                    let path = file.path().to_path_buf();
                    let why = format!("tensor {name} has not the shape {shape:?} of its config.json");
                    return Err(InterchangeError::Format { path, why });
                }
                outputs.insert(dense_name(number, part), Output::copy(file, &name, None)?);
            }
        }
        Ok(outputs)
    }

    /// What a user should know: how vectors are made, in one line.
    pub fn note(&self) -> String {
        let EmbedConfig { pooling, steps, max_tokens, prompts, default_prompt, .. } = &self.config;
        let name =
            |mode: &PoolingMode| MODES.iter().find(|(_, _, known)| known == mode).map_or("", |(name, _, _)| name);
        let mut parts = vec![format!("pooling {}", pooling.iter().map(name).collect::<Vec<_>>().join(" + "))];
        parts.extend(steps.iter().map(|step| match step {
            Step::Dense(dense) => format!("a dense layer to {} numbers", dense.outputs),
            Step::Normalize => "normalized".to_string(),
        }));
        parts.extend(max_tokens.map(|tokens| format!("texts cut at {tokens} tokens")));
        match default_prompt {
            Some(name) => parts.push(format!("the prompt {name:?} before each text")),
            None if prompts.is_empty() => {}
            None => {
                let names = prompts.keys().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ");
                parts.push(format!("no prompt unless --prompt-name gives one of {names}"));
            }
        }
        format!("`embed` follows sentence-transformers' files: {}", parts.join(", "))
    }
}

/// Writes the files of sentence-transformers for a checkpoint that holds such settings. Names in `folder` begin with the
/// number of the module.
///
/// # Errors
/// [`InterchangeError`] if something cannot be read or written.
pub(super) fn write(folder: &Path, checkpoint: &Checkpoint, dtype: Dtype) -> Result<(), InterchangeError> {
    let Some((config, _)) = checkpoint.embedding()? else { return Ok(()) };
    let tensors = checkpoint.embedding_tensors()?;
    let put = |name: &str, value: &Value| files::write_atomic(&folder.join(name), pretty(value).as_bytes());
    let mut modules = vec![("Transformer", String::new()), ("Pooling", "1_Pooling".to_string())];
    let mut pooling = json!({
        "word_embedding_dimension": checkpoint.manifest().backbone.d_model,
        "include_prompt": config.include_prompt,
    });
    for (_, key, mode) in MODES {
        pooling[key] = config.pooling.contains(&mode).into();
    }
    // The flags cannot tell an order of their own.
    let flagged: Vec<PoolingMode> =
        MODES.iter().map(|(_, _, mode)| *mode).filter(|mode| config.pooling.contains(mode)).collect();
    if flagged != config.pooling {
        let name = |mode: &PoolingMode| MODES.iter().find(|(_, _, known)| known == mode).map(|(name, _, _)| *name);
        pooling["pooling_mode"] = config.pooling.iter().filter_map(name).collect();
    }
    put("1_Pooling/config.json", &pooling)?;
    let mut layers = 0;
    for (number, step) in (2..).zip(&config.steps) {
        let Step::Dense(dense) = step else {
            modules.push(("Normalize", format!("{number}_Normalize")));
            continue;
        };
        let path = format!("{number}_Dense");
        let activation = ACTIVATIONS.iter().find(|(_, known)| *known == dense.activation).map_or("", |(name, _)| name);
        let settings = json!({
            "in_features": dense.inputs,
            "out_features": dense.outputs,
            "bias": dense.bias,
            "activation_function": format!("torch.nn.modules.{activation}"),
        });
        put(&format!("{path}/config.json"), &settings)?;
        let mut outputs = BTreeMap::new();
        for part in ["weight", "bias"].into_iter().take(1 + usize::from(dense.bias)) {
            let output = Output::copy(&tensors, &dense_name(layers, part), Some(dtype))?;
            outputs.insert(format!("linear.{part}"), output);
        }
        cimiento_core::tensors::write(&folder.join(&path).join("model.safetensors"), &outputs)?;
        modules.push(("Dense", path));
        layers += 1;
    }
    let list = modules.iter().enumerate().map(|(number, (kind, path))| {
        let kind = format!("sentence_transformers.models.{kind}");
        json!({ "idx": number, "name": number.to_string(), "path": path, "type": kind })
    });
    put(MODULES, &list.collect())?;
    let limit = config.max_tokens.unwrap_or(checkpoint.manifest().backbone.context);
    put(SETTINGS[0], &json!({ "max_seq_length": limit, "do_lower_case": config.lowercase }))?;
    let prompts = json!({ "prompts": config.prompts, "default_prompt_name": config.default_prompt });
    Ok(put(PROMPTS, &prompts)?)
}

/// A JSON file that need not be there.
pub(super) fn optional<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, InterchangeError> {
    if path.is_file() { required(path).map(Some) } else { Ok(None) }
}

fn required<T: DeserializeOwned>(path: &Path) -> Result<T, InterchangeError> {
    let wrong = |e| InterchangeError::Format { path: path.to_path_buf(), why: format!("not what it should be ({e})") };
    serde_json::from_slice(&files::read(path)?).map_err(wrong)
}

/// A folder below that of the model.
fn inside(folder: &Path, modules: &Path, path: &str) -> Result<PathBuf, InterchangeError> {
    let plain = |part| matches!(part, std::path::Component::Normal(_));
    if Path::new(path).components().all(plain) {
        return Ok(folder.join(path));
    }
    let why = format!("{path:?} is no folder below it");
    Err(InterchangeError::Format { path: modules.to_path_buf(), why })
}

pub(super) fn last_part(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

fn unsupported(path: &Path, kind: &str, known: &str) -> InterchangeError {
    let instead = format!("{known} are. Without modules.json the transformer is taken in alone");
    refused(path, "type", kind, &instead)
}

pub(super) fn refused(path: &Path, key: &str, value: &str, instead: &str) -> InterchangeError {
    let (path, key, value, instead) = (path.to_path_buf(), key.to_string(), value.to_string(), instead.to_string());
    InterchangeError::Unsupported { path, key, value, instead }
}
