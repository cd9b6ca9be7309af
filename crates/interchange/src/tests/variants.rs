//! Layouts and settings of known models: stretched positions, pooling, pairs, names of old files.

use burn::tensor::activation;

use super::*;
use cimiento_core::embed::{Dense, EmbedConfig, Embedder, PoolingMode, Step};
use cimiento_data::tokenizer::Tokenizer;

#[derive(Deserialize)]
struct Ropes {
    ids: Vec<u32>,
    ropes: Vec<Rope>,
}

#[derive(Deserialize)]
struct Rope {
    name: String,
    rope_parameters: Value,
    logits: Vec<f32>,
}

/// A copy of a golden model with its folders.
pub(super) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, target).unwrap();
        }
    }
}

/// Changes keys of a JSON file.
fn set(path: &Path, keys: Value) {
    let mut file: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    file.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
    fs::write(path, file.to_string()).unwrap();
}

#[test]
fn stretched_positions_are_those_of_transformers() {
    let dir = TempDir::new().unwrap();
    let expected: Ropes = expected("llama-ropes");
    for Rope { name, rope_parameters, logits } in expected.ropes {
        let folder = dir.path().join(&name);
        copy(&golden("llama-ropes"), &folder);
        set(&folder.join("config.json"), serde_json::json!({ "rope_parameters": rope_parameters }));
        let checkpoint = take_in(&folder, &dir.path().join("run"), false);
        let backbone = checkpoint.backbone(&Device::flex()).unwrap();
        let found = rows(backbone.logits(states(&backbone, &expected.ids, Attend::Causal)));
        assert_close(&name, &found[expected.ids.len() - 1], &logits);
        let gguf = gguf::export(&dir.path().join("x.gguf"), &checkpoint, "x", gguf::Precision::F16);
        let refused = gguf.err().map(|why| why.to_string());
        // llama.cpp rounds what this one does not.
        assert_eq!(refused.is_some(), name == "yarn-narrow", "{name}: {refused:?}");
        assert!(refused.is_none_or(|why| why.contains("--format transformers")));
        // Written as it was read, and in the words of before too.
        let out = dir.path().join("out");
        give_out(&checkpoint, Class::CausalLm, &out, usize::MAX).unwrap();
        let back = take_in(&out, &dir.path().join("back"), false);
        assert_eq!(back.manifest().backbone, checkpoint.manifest().backbone);
        let mut old = rope_parameters.clone();
        let theta = old.as_object_mut().unwrap().remove("rope_theta").unwrap();
        let keys = serde_json::json!({ "rope_parameters": null, "rope_scaling": old, "rope_theta": theta });
        set(&folder.join("config.json"), keys);
        let old = open(&folder, &Device::flex()).unwrap();
        assert_eq!(old.backbone(), &checkpoint.manifest().backbone, "{name}");
    }
}

#[derive(Deserialize)]
struct Vectors {
    texts: Vec<String>,
    default: Vec<Vec<f32>>,
    passage: Vec<Vec<f32>>,
    pooling: std::collections::BTreeMap<String, Vec<Vec<f32>>>,
}

/// What a checkpoint makes of texts.
fn vectors(checkpoint: &Checkpoint, texts: &[String], prompt: &str) -> (Vec<Vec<f32>>, Vec<usize>) {
    let (config, dense) = checkpoint.embedding().unwrap().expect("settings of sentence-transformers");
    vectors_with(checkpoint, &config, &dense, texts, prompt)
}

fn vectors_with(
    checkpoint: &Checkpoint,
    config: &EmbedConfig,
    dense: &[Dense],
    texts: &[String],
    prompt: &str,
) -> (Vec<Vec<f32>>, Vec<usize>) {
    let (backbone, tokenizer) = (checkpoint.backbone(&Device::flex()).unwrap(), checkpoint.tokenizer().unwrap());
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    Embedder { backbone: &backbone, tokenizer: &tokenizer, config, dense }.embed(&texts, prompt)
}

fn assert_all_close(what: &str, found: &[Vec<f32>], expected: &[Vec<f32>]) {
    assert_eq!(found.len(), expected.len());
    found.iter().zip(expected).for_each(|(found, expected)| assert_close(what, found, expected));
}

#[test]
fn vectors_are_those_of_sentence_transformers() {
    let dir = TempDir::new().unwrap();
    let expected: Vectors = expected("bert-sentence");
    let checkpoint = imported("bert-sentence", &dir);
    let (config, _) = checkpoint.embedding().unwrap().unwrap();
    let prompt = |config: &EmbedConfig, name: &str| config.prompts[name].clone();
    let default = prompt(&config, config.default_prompt.as_ref().unwrap());
    let (found, cut) = vectors(&checkpoint, &expected.texts, &default);
    assert_all_close("default", &found, &expected.default);
    assert_eq!(cut, [3], "the text longer than max_seq_length");
    assert_all_close(
        "passage",
        &vectors(&checkpoint, &expected.texts, &prompt(&config, "passage")).0,
        &expected.passage,
    );
    // What goes out is read as what came in.
    let out = dir.path().join("out");
    give_out(&checkpoint, Class::Base, &out, usize::MAX).unwrap();
    let back = take_in(&out, &dir.path().join("back"), false);
    assert_eq!(back.embedding().unwrap().unwrap().0, config);
    assert_all_close("back", &vectors(&back, &expected.texts, &default).0, &expected.default);
    let small = dir.path().join("small");
    checkpoint.copy(&small, Dtype::F32).unwrap();
    assert_eq!(Checkpoint::open(&small).unwrap().embedding().unwrap().unwrap().0, config);
}

#[test]
fn each_way_of_pooling_is_that_of_sentence_transformers() {
    let dir = TempDir::new().unwrap();
    let expected: Vectors = expected("bert-sentence");
    for (name, vectors_there) in &expected.pooling {
        // As the files of today say it, and as those of before.
        let flag = match name.as_str() {
            "mean_sqrt_len_tokens" => "pooling_mode_mean_sqrt_len_tokens".to_string(),
            "lasttoken" => "pooling_mode_lasttoken".to_string(),
            other => format!("pooling_mode_{other}_token{}", if other == "cls" { "" } else { "s" }),
        };
        for settings in [serde_json::json!({ "pooling_mode": name }), serde_json::json!({ flag.as_str(): true })] {
            let folder = dir.path().join("model");
            copy(&golden("bert-sentence"), &folder);
            fs::write(folder.join("1_Pooling/config.json"), settings.to_string()).unwrap();
            let checkpoint = take_in(&folder, &dir.path().join("run"), false);
            assert_all_close(name, &vectors(&checkpoint, &expected.texts, "").0, vectors_there);
        }
    }
}

#[test]
fn modules_that_cannot_be_followed_are_refused_by_name() {
    let dir = TempDir::new().unwrap();
    let check = |file: &str, text: &str, words: &[&str]| {
        let folder = dir.path().join("model");
        copy(&golden("bert-sentence"), &folder);
        fs::write(folder.join(file), text).unwrap();
        let message = open(&folder, &Device::flex()).map(drop).unwrap_err().to_string();
        assert!(words.iter().all(|word| message.contains(word)), "{words:?} are not in: {message}");
    };
    let modules = |kind: &str| {
        format!(
            r#"[{{"path": "", "type": "x.Transformer"}}, {{"path": "1_Pooling", "type": "sentence_transformers.models.{kind}"}}]"#
        )
    };
    check("modules.json", &modules("LSTM"), &["modules.json", "models.LSTM", "Pooling, Dense, Normalize"]);
    check("modules.json", r#"[{"path": "", "type": "a.WordEmbeddings"}]"#, &["a.WordEmbeddings", "Transformer are"]);
    check("modules.json", r#"[{"path": "../other", "type": "a.Transformer"}]"#, &["no folder below it"]);
    check("1_Pooling/config.json", r#"{"pooling_mode": "attention"}"#, &["pooling_mode", "attention", "lasttoken are"]);
    check("1_Pooling/config.json", r#"{"pooling_mode_spread": true}"#, &["pooling_mode_spread"]);
    check("2_Dense/config.json", r#"{"in_features": 31, "out_features": 8}"#, &["31 to 8 numbers follows on 32"]);
    let gelu = r#"{"in_features": 32, "out_features": 8, "activation_function": "torch.nn.modules.activation.GELU"}"#;
    check("2_Dense/config.json", gelu, &["activation_function", "GELU"]);
}

#[test]
fn a_folder_with_pooling_alone_is_followed_too() {
    let dir = TempDir::new().unwrap();
    let folder = dir.path().join("model");
    copy(&golden("bert-sentence"), &folder);
    fs::remove_file(folder.join("modules.json")).unwrap();
    let checkpoint = take_in(&folder, &dir.path().join("run"), false);
    let (config, _) = checkpoint.embedding().unwrap().unwrap();
    assert_eq!((config.pooling, config.steps), (vec![PoolingMode::First], vec![Step::Normalize]));
}

#[derive(Deserialize)]
struct Pairs {
    pairs: Vec<Pair>,
}

#[derive(Deserialize)]
struct Pair {
    texts: [String; 2],
    ids: Vec<u32>,
    #[serde(default)]
    types: Vec<u8>,
    logits: Option<Vec<f32>>,
    start_logits: Option<Vec<f32>>,
}

#[test]
fn two_texts_are_put_together_as_the_tokenizer_says() {
    let dir = TempDir::new().unwrap();
    for name in ["roberta-span", "bert-cross"] {
        let expected: Pairs = expected(name);
        let checkpoint = take_in(&golden(name), &dir.path().join(name), true);
        let (backbone, tokenizer) = (checkpoint.backbone(&Device::flex()).unwrap(), checkpoint.tokenizer().unwrap());
        let head = checkpoint.head_tensors().unwrap();
        let matrix = |name: &str| Tensor::<2>::from_data(head.read(name).unwrap(), &Device::flex()).transpose();
        let vector = |name: &str| Tensor::<1>::from_data(head.read(name).unwrap(), &Device::flex()).unsqueeze::<2>();
        for pair in expected.pairs {
            let [first, second] = [0, 1].map(|at| tokenizer.encode(&pair.texts[at]));
            let template = tokenizer.question_pair();
            assert_eq!(tokenizer.pair(), Some(&template));
            let (ids, types) = template.join(&first, &second);
            assert_eq!(ids, pair.ids, "{name}");
            assert_eq!(ids[template.second(first.len())..][..second.len()], second);
            let typed = if pair.types.contains(&1) { pair.types } else { Vec::new() };
            assert_eq!(types, typed, "{name}");
            let sequence = Sequence::new(ids.clone(), Attend::Both).with_types(types);
            let (tokens, _) = Tokens::pack(&[&sequence], 0, &Device::flex());
            let states = backbone.states(&tokens).reshape([ids.len(), backbone.config().d_model]);
            if let Some(logits) = pair.logits {
                let pooled = states.narrow(0, 0, 1).matmul(matrix("pooler.weight")) + vector("pooler.bias");
                let found = activation::tanh(pooled).matmul(matrix("score.weight")) + vector("score.bias");
                assert_close(name, &rows(found)[0], &logits);
            } else {
                let found = states.matmul(matrix("qa_outputs.weight")) + vector("qa_outputs.bias");
                assert_close(name, &rows(found.transpose())[0], &pair.start_logits.unwrap());
            }
        }
        // What goes out puts them together in the same way.
        let class = match name {
            "roberta-span" => Class::QuestionAnswering,
            _ => Class::SequenceClassification(classes::named(&["LABEL_0"])),
        };
        let out = dir.path().join("out");
        give_out(&checkpoint, class, &out, usize::MAX).unwrap();
        let json = fs::read_to_string(out.join("tokenizer.json")).unwrap();
        assert_eq!(json, tokenizer.to_json(), "{name}: the file as it was");
    }
    // One trained here has the token of that role between them; none closes a classifier's second text.
    let own = Tokenizer::train(["a b".to_string()].into_iter(), 300).unwrap();
    let special = own.special();
    assert_eq!(own.pair().unwrap().join(&[7], &[8]).0, [special.bos, 7, special.sep, 8]);
    assert_eq!(own.question_pair().join(&[7], &[8]).0, [special.bos, 7, special.sep, 8, special.eos]);
}

#[test]
fn norms_of_old_files_have_their_names_of_today() {
    let dir = TempDir::new().unwrap();
    let expected: Reads = expected("bert-old-names");
    let backbone = imported("bert-old-names", &dir).backbone(&Device::flex()).unwrap();
    for read in expected.inputs {
        let sequence = Sequence::new(read.ids.clone(), Attend::Both).with_types(read.token_type_ids);
        let (tokens, _) = Tokens::pack(&[&sequence], 0, &Device::flex());
        let found = rows(backbone.states(&tokens).reshape([read.ids.len(), backbone.config().d_model]));
        found.iter().zip(&read.states).for_each(|(found, expected)| assert_close("states", found, expected));
    }
}
