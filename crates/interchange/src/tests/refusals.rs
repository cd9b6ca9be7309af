//! What is refused, and what the message names.

use super::*;

/// Copies a golden model, damages it, and expects it to be refused with these words.
pub(super) fn refused(name: &str, damage: impl FnOnce(&Path), words: &[&str]) {
    let dir = TempDir::new().unwrap();
    let folder = dir.path().join("model");
    fs::create_dir(&folder).unwrap();
    for entry in fs::read_dir(golden(name)).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            fs::copy(&path, folder.join(path.file_name().unwrap())).unwrap();
        }
    }
    damage(&folder);
    let target = dir.path().join("run");
    let import = Import { kind: PRETRAINING.into(), task: None, origin: "a test".into() };
    let failed = open(&folder, &Device::flex()).and_then(|opened| opened.save(&target, &import)).unwrap_err();
    let message = failed.to_string();
    assert!(words.iter().all(|word| message.contains(word)), "{words:?} are not in: {message}");
    assert!(!target.exists());
}

/// Changes keys of `config.json`.
pub(super) fn with(keys: &str) -> impl FnOnce(&Path) {
    move |folder| {
        let path = folder.join("config.json");
        let mut config: serde_json::Map<String, Value> = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let keys: serde_json::Map<String, Value> = serde_json::from_str(keys).unwrap();
        config.extend(keys);
        fs::write(&path, serde_json::to_vec(&config).unwrap()).unwrap();
    }
}

#[test]
fn settings_that_would_be_computed_wrongly_are_refused_by_name() {
    for (keys, words) in [
        (r#"{"model_type": "gpt_neox"}"#, &["config.json", "model_type", "gpt_neox", "qwen3"][..]),
        (r#"{"rope_parameters": {"rope_type": "dynamic", "factor": 4.0}}"#, &["rope_parameters.rope_type", "dynamic"]),
        (
            r#"{"rope_scaling": {"type": "longrope", "factor": 2.0}}"#,
            &["rope_scaling.rope_type", "longrope", "yarn are"],
        ),
        (r#"{"rope_scaling": {"type": "llama3", "factor": 2.0}}"#, &["`rope_scaling.low_freq_factor` is missing"]),
        (r#"{"rope_scaling": {"type": "linear", "factor": 0.5}}"#, &["rope_scaling", "cannot be stretched"]),
        (r#"{"rope_parameters": {"rope_type": "default", "partial_rotary_factor": 0.5}}"#, &["partial_rotary_factor"]),
        (r#"{"rope_scaling": {"factor": 2.0}}"#, &["rope_scaling", "factor"]),
        (r#"{"hidden_act": "gelu"}"#, &["hidden_act", "gelu", "silu, swish are"]),
        (r#"{"attention_bias": true}"#, &["attention_bias", "true"]),
        (
            r#"{"use_sliding_window": true, "sliding_window": 8, "max_window_layers": 1, "layer_types": null}"#,
            &["sliding_window", "is 8"],
        ),
        (r#"{"model_type": "mistral", "sliding_window": 8, "use_sliding_window": false}"#, &["sliding_window", "is 8"]),
        (r#"{"layer_types": ["full_attention", "sliding_attention"]}"#, &["layer_types", "sliding_attention"]),
        (r#"{"quantization_config": {"bits": 4}}"#, &["quantization_config", "bits"]),
        (r#"{"hidden_size": 0}"#, &["`hidden_size` is 0"]),
        (r#"{"hidden_size": "wide"}"#, &["`hidden_size` is \"wide\""]),
        (r#"{"num_attention_heads": null}"#, &["`num_attention_heads` is missing"]),
        (r#"{"num_key_value_heads": 3}"#, &["4 heads", "cannot share 3 keys"]),
        (r#"{"hidden_size": 64}"#, &["tensor model.", "has shape", "the model needs"]),
        (r#"{"num_hidden_layers": 3}"#, &["missing [model.layers.2."]),
        (r#"{"num_hidden_layers": 1}"#, &["left over [model.layers.1."]),
        (r#"{"vocab_size": 290}"#, &["297 tokens", "do not belong together"]),
        (r#"{"model_type": "llama"}"#, &["left over [model.layers.0.self_attn.k_norm.weight"]),
        (r#"{"cimiento": 3}"#, &["`cimiento` is not what this program writes"]),
    ] {
        refused("qwen3-gqa", with(keys), words);
    }
    refused(
        "bert",
        with(r#"{"position_embedding_type": "relative_key"}"#),
        &["position_embedding_type", "absolute is"],
    );
    refused("bert", with(r#"{"hidden_act": "tanh"}"#), &["hidden_act", "gelu, gelu_python", "relu are"]);
    refused("qwen3-classifier", with(r#"{"id2label": {"0": "a"}}"#), &["score.weight has shape [3, 16]"]);
}

#[test]
fn damaged_files_are_refused() {
    let weights = "model.safetensors";
    let cut = |folder: &Path| {
        let bytes = fs::read(folder.join(weights)).unwrap();
        fs::write(folder.join(weights), &bytes[..bytes.len() - 7]).unwrap();
    };
    refused("qwen3-gqa", cut, &[weights, "cut off or is damaged"]);
    let huge = |folder: &Path| fs::write(folder.join(weights), u64::MAX.to_le_bytes()).unwrap();
    refused("qwen3-gqa", huge, &[weights, "not a safetensors file"]);
    refused("qwen3-gqa", |folder| fs::write(folder.join(weights), b"").unwrap(), &[weights, "empty"]);
    let not_a_number = |folder: &Path| {
        let mut bytes = fs::read(folder.join(weights)).unwrap();
        let end = bytes.len();
        bytes[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
        fs::write(folder.join(weights), bytes).unwrap();
    };
    refused("qwen3-gqa", not_a_number, &["holds a value that is not finite"]);
    let pickled = |folder: &Path| fs::rename(folder.join(weights), folder.join("pytorch_model.bin")).unwrap();
    refused("qwen3-gqa", pickled, &["pytorch_model.bin", "save_pretrained"]);
    refused("qwen3-gqa", |folder| fs::remove_file(folder.join(weights)).unwrap(), &["model.safetensors.index.json"]);
    refused("qwen3-gqa", |folder| fs::write(folder.join("config.json"), "{").unwrap(), &["config.json", "not a JSON"]);
    refused("qwen3-gqa", |folder| fs::remove_file(folder.join("config.json")).unwrap(), &["config.json: no such"]);
    refused("qwen3-gqa", |folder| fs::remove_file(folder.join("tokenizer.json")).unwrap(), &["no tokenizer.json"]);
    refused("qwen3-gqa", |folder| fs::write(folder.join("tokenizer.json"), "[]").unwrap(), &["not a tokenizer.json"]);

    let index =
        |text: &'static str| move |folder: &Path| fs::write(folder.join("model.safetensors.index.json"), text).unwrap();
    refused("qwen3-untied", index("[]"), &["index.json", "not an index"]);
    refused("qwen3-untied", index(r#"{"weight_map": {"a": "../../etc/passwd"}}"#), &["no file of this folder"]);
    refused(
        "qwen3-untied",
        index(r#"{"weight_map": {"a": "model-00001-of-00002.safetensors"}}"#),
        &["tensor a is not in model-00001-of-00002.safetensors"],
    );
    let gone = |folder: &Path| fs::remove_file(folder.join("model-00002-of-00002.safetensors")).unwrap();
    refused("qwen3-untied", gone, &["model-00002-of-00002.safetensors: no such file"]);
}
