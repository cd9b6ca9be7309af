//! Files and names of tensors as they come from training scripts and hubs.

use std::collections::BTreeMap;

use super::*;
use cimiento_core::tensors::{self, Output, TensorFile};

/// A copy of a golden model.
fn copy(name: &str, dir: &TempDir) -> PathBuf {
    let folder = dir.path().join("model");
    super::variants::copy(&golden(name), &folder);
    folder
}

/// Gives the tensors of a model other names, and leaves out those that have none.
fn rename(folder: &Path, to: impl Fn(&str) -> Option<String>) {
    let (path, old) = (folder.join("model.safetensors"), folder.join("old"));
    fs::rename(&path, &old).unwrap();
    let file = TensorFile::open(&old).unwrap();
    let outputs: BTreeMap<String, Output> = file
        .shapes()
        .into_keys()
        .filter_map(|name| Some((to(&name)?, Output::copy(&file, &name, None).unwrap())))
        .collect();
    tensors::write(&path, &outputs).unwrap();
    fs::remove_file(old).unwrap();
}

/// Changes keys of `config.json`.
fn set(folder: &Path, keys: &[(&str, Value)]) {
    let path = folder.join("config.json");
    let mut config: serde_json::Map<String, Value> = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    config.extend(keys.iter().map(|(key, value)| (key.to_string(), value.clone())));
    fs::write(&path, serde_json::to_vec(&config).unwrap()).unwrap();
}

fn why(path: &Path) -> String {
    open(path, &Device::flex()).map(drop).unwrap_err().to_string()
}

#[test]
fn what_wrappers_put_before_names_is_taken_off_and_said() {
    let dir = TempDir::new().unwrap();
    let expected = imported("qwen3-gqa", &dir).fingerprint().unwrap();
    for wrapper in ["_orig_mod.", "module.", "base_model.model.", "model."] {
        let folder = copy("qwen3-gqa", &dir);
        rename(&folder, |name| Some(format!("{wrapper}{name}")));
        let opened = open(&folder, &Device::flex()).unwrap();
        assert!(opened.notes().iter().any(|note| note.contains(&format!("`{wrapper}`"))), "{:?}", opened.notes());
        assert_eq!(take_in(&folder, &dir.path().join("run"), false).fingerprint().unwrap(), expected, "{wrapper}");
    }
    let folder = copy("bert", &dir);
    rename(&folder, |name| Some(format!("0.auto_model.{name}")));
    assert!(open(&folder, &Device::flex()).unwrap().notes()[0].contains("`0.auto_model.`"));
    // Half of a layer is an adapter's.
    let folder = copy("qwen3-gqa", &dir);
    rename(&folder, |name| Some(name.replace("q_proj.weight", "q_proj.lora_A.default.weight")));
    let message = why(&folder);
    assert!(message.contains("lora_A") && message.contains("merge_and_unload"), "{message}");
    // Both lists are in one message.
    let folder = copy("qwen3-gqa", &dir);
    rename(&folder, |name| Some(name.replace("up_proj", "w3")));
    let message = why(&folder);
    assert!(message.contains("missing [model.layers.0.mlp.up_proj.weight"), "{message}");
    assert!(message.contains("left over [model.layers.0.mlp.w3.weight"), "{message}");
}

#[test]
fn files_of_tensors_need_no_index() {
    let dir = TempDir::new().unwrap();
    let expected = imported("qwen3-untied", &dir).fingerprint().unwrap();
    let folder = copy("qwen3-untied", &dir);
    fs::remove_file(folder.join("model.safetensors.index.json")).unwrap();
    assert_eq!(take_in(&folder, &dir.path().join("run"), false).fingerprint().unwrap(), expected);
    fs::remove_file(folder.join("model-00001-of-00002.safetensors")).unwrap();
    assert!(why(&folder).contains("1 of 2 files of tensors are here"), "{}", why(&folder));
    let folder = copy("qwen3-gqa", &dir);
    fs::rename(folder.join("model.safetensors"), folder.join("model-00001-of-00001.safetensors")).unwrap();
    fs::remove_file(folder.join("model-00002-of-00002.safetensors")).unwrap();
    open(&folder, &Device::flex()).unwrap();
}

#[test]
fn a_head_of_its_own_is_kept_though_the_config_ties_it() {
    let dir = TempDir::new().unwrap();
    let expected = imported("llama-untied", &dir).fingerprint().unwrap();
    let folder = copy("llama-untied", &dir);
    set(&folder, &[("tie_word_embeddings", true.into())]);
    let opened = open(&folder, &Device::flex()).unwrap();
    assert!(!opened.backbone().tie_embeddings && opened.notes()[0].contains("both are kept"), "{:?}", opened.notes());
    assert_eq!(take_in(&folder, &dir.path().join("run"), false).fingerprint().unwrap(), expected);
}

#[test]
fn a_model_without_a_head_reads_and_does_not_write() {
    let dir = TempDir::new().unwrap();
    for (class, name) in
        [("LlamaForCausalLM", "llama-untied"), ("LlamaModel", "llama-untied"), ("Qwen3Model", "qwen3-gqa")]
    {
        let folder = copy(name, &dir);
        rename(&folder, |name| (name != "lm_head.weight").then(|| name.to_string()));
        set(&folder, &[("tie_word_embeddings", false.into()), ("architectures", vec![class].into())]);
        let opened = open(&folder, &Device::flex()).unwrap();
        assert_eq!(*opened.class(), Class::Base, "{class}");
        assert!(!opened.backbone().writes() && opened.notes()[0].contains("no lm_head.weight"), "{:?}", opened.notes());
        let first = take_in(&folder, &dir.path().join("first"), false);
        let out = dir.path().join("out");
        give_out(&first, Class::Base, &out, usize::MAX).unwrap();
        let config: Value = serde_json::from_slice(&fs::read(out.join("config.json")).unwrap()).unwrap();
        assert_eq!(config["tie_word_embeddings"], false);
        assert!(config["architectures"][0].as_str().unwrap().ends_with("Model"));
        let second = take_in(&out, &dir.path().join("second"), false);
        assert_eq!(second.fingerprint().unwrap(), first.fingerprint().unwrap());
        assert_eq!(second.manifest().backbone, first.manifest().backbone);
    }
}

#[test]
fn tokens_beyond_the_embedding_are_left_out_and_said() {
    let dir = TempDir::new().unwrap();
    let folder = copy("qwen3-gqa", &dir);
    let path = folder.join("tokenizer.json");
    let mut file: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let mut extra = file["added_tokens"][0].clone();
    (extra["id"], extra["content"]) = (301.into(), "[PAD]".into());
    file["added_tokens"].as_array_mut().unwrap().push(extra);
    fs::write(&path, file.to_string()).unwrap();
    let opened = open(&folder, &Device::flex()).unwrap();
    assert!(opened.notes()[0].contains("301 rows") && opened.notes()[0].contains("[PAD]"), "{:?}", opened.notes());
    let tokenizer = opened.tokenizer();
    assert!(tokenizer.vocab_size() <= 301);
    assert_eq!(tokenizer.decode(&tokenizer.encode("a [PAD] b")), "a [PAD] b");
}

#[test]
fn windows_that_are_off_do_not_matter() {
    let dir = TempDir::new().unwrap();
    let cases: [&[(&str, Value)]; 5] = [
        &[("sliding_window", 8.into()), ("use_sliding_window", Value::Null)],
        &[("sliding_window", 8.into()), ("use_sliding_window", false.into())],
        &[("sliding_window", 128.into()), ("use_sliding_window", true.into()), ("layer_types", Value::Null)],
        &[("sliding_window", 8.into()), ("use_sliding_window", true.into()), ("max_window_layers", 2.into())],
        &[("hidden_act", "swish".into())],
    ];
    for keys in cases {
        let folder = copy("qwen3-gqa", &dir);
        set(&folder, keys);
        open(&folder, &Device::flex()).unwrap();
    }
}

#[test]
fn a_path_that_is_no_model_is_named_for_what_it_is() {
    let dir = TempDir::new().unwrap();
    let folder = dir.path().join("thing");
    let make = |files: &[(&str, &str)]| {
        let _ = fs::remove_dir_all(&folder);
        for (name, text) in files {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    };
    let check = |files: &[(&str, &str)], path: &str, words: &[&str]| {
        make(files);
        let message = why(&folder.join(path));
        assert!(words.iter().all(|word| message.contains(word)), "{words:?} are not in: {message}");
    };
    let adapter = r#"{"base_model_name_or_path": "Qwen/Qwen3-0.6B"}"#;
    check(&[("adapter_config.json", adapter)], "", &["adapter of PEFT", "Qwen/Qwen3-0.6B", "merge_and_unload"]);
    let cache = [("refs/main", "abc\n"), ("snapshots/abc/config.json", "{}"), ("snapshots/abd/config.json", "{}")];
    check(&cache, "", &["hub's cache", "snapshots/abc", "import that folder"]);
    check(&[("model.gguf", "GGUF")], "", &["GGUF", "not read"]);
    check(&[("model.gguf", "GGUF")], "model.gguf", &["GGUF", "not read"]);
    check(&[("model.safetensors", "")], "model.safetensors", &["one file of a model", "give the folder"]);
    check(&[("config.json", "{}"), ("onnx/model.onnx", "x")], "", &["onnx/model.onnx", "graph of another program"]);
    check(&[("manifest.json", "{}")], "", &["checkpoint of this program"]);
    check(&[("config.json", "{}")], "elsewhere", &["elsewhere: no such file"]);
    // A whole model beside an adapter is taken, which is said.
    let folder = copy("qwen3-gqa", &dir);
    fs::write(folder.join("adapter_config.json"), adapter).unwrap();
    assert!(open(&folder, &Device::flex()).unwrap().notes()[0].contains("not applied"));
}

#[test]
fn a_pointer_of_git_lfs_is_called_so() {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345678\n";
    for file in ["model.safetensors", "tokenizer.json", "config.json"] {
        let dir = TempDir::new().unwrap();
        let folder = copy("qwen3-gqa", &dir);
        fs::write(folder.join(file), pointer).unwrap();
        let message = why(&folder);
        assert!(message.contains(file) && message.contains("git lfs pull"), "{message}");
    }
}
