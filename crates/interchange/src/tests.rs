//! Against what `transformers` computes: see `tests/interchange/make_golden.py`.

use std::fs;
use std::path::{Path, PathBuf};

use burn::tensor::{Device, Tensor};
use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;

mod classes;
mod decoding;
mod files;
mod refusals;
mod variants;

use super::*;
use cimiento_core::backbone::{Backbone, Pooling};
use cimiento_core::checkpoint::{CHAT_TEMPLATE, Checkpoint, PRETRAINING, TaskCard};
use cimiento_core::generate::{BeamConfig, Control, GenerateConfig, Strategy, generate};
use cimiento_core::tensors::Dtype;
use cimiento_core::tokens::{Attend, Sequence, Tokens};

fn golden(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/interchange").join(name)
}

fn expected<T: for<'a> Deserialize<'a>>(name: &str) -> T {
    serde_json::from_slice(&fs::read(golden(name).join("expected.json")).unwrap()).unwrap()
}

/// Takes a model in, as a backbone alone or with its head.
fn take_in(folder: &Path, target: &Path, with_head: bool) -> Checkpoint {
    let opened = open(folder, &Device::flex()).unwrap();
    let task = with_head.then_some(TaskCard { config: Value::Null, state: Value::Null });
    let import = Import { kind: PRETRAINING.into(), task, origin: "a test".into() };
    opened.save(target, &import).unwrap();
    Checkpoint::open(target).unwrap()
}

fn imported(name: &str, dir: &TempDir) -> Checkpoint {
    take_in(&golden(name), &dir.path().join(name), false)
}

/// States of `ids`, one row of numbers a token.
fn states(backbone: &Backbone, ids: &[u32], attend: Attend) -> Tensor<2> {
    let sequence = Sequence::new(ids.to_vec(), attend);
    let (tokens, _) = Tokens::pack(&[&sequence], 0, &Device::flex());
    backbone.states(&tokens).reshape([tokens.dims()[1], backbone.config().d_model]).narrow(0, 0, ids.len())
}

fn rows(tensor: Tensor<2>) -> Vec<Vec<f32>> {
    let width = tensor.dims()[1];
    tensor.into_data().iter::<f32>().collect::<Vec<_>>().chunks(width).map(<[f32]>::to_vec).collect()
}

fn assert_close(what: &str, found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-4 * expected.abs().max(1.0), "{what}: {found} instead of {expected}");
    }
}

#[derive(Deserialize)]
struct Writes {
    ids: Vec<Vec<u32>>,
    logits: Vec<Vec<Vec<f32>>>,
    prompt: Vec<u32>,
    greedy: Vec<u32>,
    #[serde(default)]
    bidirectional: Vec<Places>,
}

#[derive(Deserialize)]
struct Places {
    positions: Vec<usize>,
    logits: Vec<Vec<f32>>,
}

const DECODERS: [&str; 5] = ["qwen3-gqa", "qwen3-untied", "llama", "llama-untied", "qwen2"];

#[test]
fn logits_and_continuations_are_those_of_transformers() {
    let dir = TempDir::new().unwrap();
    for name in DECODERS {
        let expected: Writes = expected(name);
        let backbone = imported(name, &dir).backbone(&Device::flex()).unwrap();
        for (ids, logits) in expected.ids.iter().zip(&expected.logits) {
            let found = rows(backbone.logits(states(&backbone, ids, Attend::Causal)));
            found.iter().zip(logits).for_each(|(found, expected)| assert_close(name, found, expected));
        }
        let prompt = [Sequence::new(expected.prompt.clone(), Attend::Causal)];
        let config = GenerateConfig { max_tokens: 64, ..Default::default() };
        // Roles out of the way: any token may be written, as in the reference.
        let rare = backbone.config().vocab_size as u32 - 1;
        assert!(!expected.greedy.contains(&rare));
        let control = Control { pad: rare, ends: vec![rare], never: Vec::new(), tokenizer: None };
        let config = GenerateConfig { min_tokens: 64, ..config };
        let written = generate(&backbone, &prompt, &config, &control, 0, |_, _| {});
        assert_eq!(written[0], expected.greedy, "{name}");
        for (ids, places) in expected.ids.iter().zip(&expected.bidirectional) {
            let mut both = backbone.clone();
            let Backbone::Decoder(decoder) = &mut both else { panic!("a decoder") };
            decoder.config.causal = false;
            let found = rows(both.logits(states(&both, ids, Attend::Both)));
            for (&at, expected) in places.positions.iter().zip(&places.logits) {
                assert_close(name, &found[at], expected);
            }
        }
    }
}

#[test]
fn tokenizers_are_used_as_they_are() {
    let dir = TempDir::new().unwrap();
    for name in DECODERS.into_iter().chain(["bert", "roberta"]) {
        let expected: Value = expected(name);
        let tokenizer = imported(name, &dir).tokenizer().unwrap();
        let texts: Vec<String> = serde_json::from_value(expected["texts"].clone()).unwrap();
        let ids: Vec<Vec<u32>> = serde_json::from_value(expected["text_ids"].clone()).unwrap();
        let decoded: Vec<String> = serde_json::from_value(expected["text_decoded"].clone()).unwrap();
        for ((text, ids), decoded) in texts.iter().zip(&ids).zip(decoded) {
            let bare = tokenizer.encode(text);
            assert_eq!(tokenizer.encode_with_offsets(text).ids, bare, "{name} {text:?}");
            if !bare.is_empty() || tokenizer.overhead() > 0 {
                assert_eq!([&tokenizer.opened(bare), tokenizer.closing()].concat(), *ids, "{name} {text:?}");
            }
            assert_eq!(tokenizer.decode(ids), decoded, "{name}");
            let mut stream = tokenizer.stream();
            let mut streamed: String = ids.iter().filter_map(|&id| stream.push(id)).collect();
            streamed.extend(stream.finish());
            assert_eq!(streamed, decoded, "{name}");
        }
    }
}

#[test]
fn special_tokens_stand_for_themselves_where_that_is_wanted() {
    let dir = TempDir::new().unwrap();
    let tokenizer = imported("qwen3-gqa", &dir).tokenizer().unwrap();
    // By `apply_chat_template` of transformers.
    let expected = [
        295, 82, 88, 82, 83, 68, 76, 198, 65, 68, 259, 276, 68, 69, 296, 198, 295, 84, 82, 260, 198, 86, 71, 78, 267,
        284, 67, 258, 220, 76, 84, 75, 68, 30, 296, 198,
    ];
    let text = "<|im_start|>system\nbe brief<|im_end|>\n<|im_start|>user\nwho sold the mule?<|im_end|>\n";
    assert_eq!(tokenizer.encode_with_special(text), expected);
    assert!(!tokenizer.encode(text).contains(&295));
}

#[derive(Deserialize)]
struct Heads {
    ids: Vec<Vec<u32>>,
    class_logits: Option<Vec<Vec<f32>>>,
    start_logits: Option<Vec<Vec<f32>>>,
    end_logits: Option<Vec<Vec<f32>>>,
}

#[test]
fn heads_score_as_those_of_transformers() {
    let dir = TempDir::new().unwrap();
    for name in ["qwen3-classifier", "qwen3-classifier-both", "qwen3-span", "bert-classifier", "bert-span"] {
        let expected: Heads = expected(name);
        let checkpoint = take_in(&golden(name), &dir.path().join(name), true);
        let backbone = checkpoint.backbone(&Device::flex()).unwrap();
        let head = checkpoint.head_tensors().unwrap();
        let read = |name: &str| head.read(name).unwrap();
        for (index, ids) in expected.ids.iter().enumerate() {
            let states = states(&backbone, ids, Attend::Both);
            if let Some(logits) = &expected.class_logits {
                let matrix = |name: &str| Tensor::<2>::from_data(read(name), &Device::flex()).transpose();
                let vector = |name: &str| Tensor::<1>::from_data(read(name), &Device::flex()).unsqueeze::<2>();
                let first = backbone.config().pooling() == Pooling::First;
                let mut state = states.clone().narrow(0, if first { 0 } else { ids.len() - 1 }, 1);
                if first {
                    state = (state.matmul(matrix("pooler.weight")) + vector("pooler.bias")).tanh();
                }
                let mut found = state.matmul(matrix("score.weight"));
                if first {
                    found = found + vector("score.bias");
                }
                assert_close(name, &rows(found)[0], &logits[index]);
            }
            if let (Some(starts), Some(ends)) = (&expected.start_logits, &expected.end_logits) {
                let weight = Tensor::<2>::from_data(read("qa_outputs.weight"), &Device::flex());
                let bias = Tensor::<1>::from_data(read("qa_outputs.bias"), &Device::flex());
                let found = rows((states.matmul(weight.transpose()) + bias.unsqueeze()).transpose());
                assert_close(name, &found[0], &starts[index]);
                assert_close(name, &found[1], &ends[index]);
            }
        }
    }
}

#[derive(Deserialize)]
struct Reads {
    inputs: Vec<Read>,
}

#[derive(Deserialize)]
struct Read {
    ids: Vec<u32>,
    #[serde(default)]
    token_type_ids: Vec<u8>,
    states: Vec<Vec<f32>>,
}

#[test]
fn encoders_read_as_those_of_transformers() {
    let dir = TempDir::new().unwrap();
    for name in ["bert", "roberta"] {
        let expected: Reads = expected(name);
        let backbone = imported(name, &dir).backbone(&Device::flex()).unwrap();
        // In one row, where each must see itself alone.
        let sequences: Vec<Sequence> = expected
            .inputs
            .iter()
            .map(|read| Sequence::new(read.ids.clone(), Attend::Both).with_types(read.token_type_ids.clone()))
            .collect();
        let (tokens, starts) = Tokens::pack(&sequences.iter().collect::<Vec<_>>(), 0, &Device::flex());
        let [batch, seq] = tokens.dims();
        let found = rows(backbone.states(&tokens).reshape([batch * seq, backbone.config().d_model]));
        for (read, start) in expected.inputs.iter().zip(starts) {
            found[start..].iter().zip(&read.states).for_each(|(found, expected)| assert_close(name, found, expected));
        }
    }
}

/// Exports with everything at its plainest.
fn give_out(checkpoint: &Checkpoint, class: Class, folder: &Path, shard_bytes: usize) -> Result<(), InterchangeError> {
    let (name, notes) = ("a test".to_string(), vec!["a note".to_string()]);
    export(folder, &Export { checkpoint, class, dtype: Dtype::F32, shard_bytes, name, notes })
}

#[test]
fn what_goes_out_comes_back_bit_for_bit() {
    let dir = TempDir::new().unwrap();
    for (name, class) in [
        ("qwen3-gqa", Class::CausalLm),
        ("llama-untied", Class::CausalLm),
        ("qwen2", Class::CausalLm),
        ("qwen3-classifier-both", Class::SequenceClassification(classes::named(&["bad", "good", "so-so"]))),
        ("qwen3-span", Class::QuestionAnswering),
        ("bert", Class::Base),
        ("bert-span", Class::QuestionAnswering),
        ("bert-classifier", Class::SequenceClassification(classes::named(&["bad", "good", "so-so"]))),
        ("roberta", Class::Base),
    ] {
        let has_head = matches!(class, Class::SequenceClassification(_) | Class::QuestionAnswering);
        let first = take_in(&golden(name), &dir.path().join(name), has_head);
        for shard_bytes in [usize::MAX, 9000] {
            let (out, back) = (dir.path().join("out"), dir.path().join("back"));
            give_out(&first, class.clone(), &out, shard_bytes).unwrap();
            assert_eq!(out.join("model.safetensors.index.json").exists(), shard_bytes == 9000);
            let second = take_in(&out, &back, has_head);
            assert_eq!(second.fingerprint().unwrap(), first.fingerprint().unwrap(), "{name}");
            assert_eq!(second.manifest().backbone, first.manifest().backbone, "{name}");
            assert_eq!(second.tokenizer().unwrap().special(), first.tokenizer().unwrap().special(), "{name}");
            assert_eq!(second.text(CHAT_TEMPLATE).unwrap(), first.text(CHAT_TEMPLATE).unwrap(), "{name}");
            let texts = ["the mill", " É", ""];
            let ids = |checkpoint: &Checkpoint| texts.map(|text| checkpoint.tokenizer().unwrap().encode(text));
            assert_eq!(ids(&second), ids(&first));
        }
    }
}

#[test]
fn sixteen_bits_stay_as_they_came() {
    let dir = TempDir::new().unwrap();
    for (name, dtype) in [("qwen3-untied", Dtype::Bf16), ("llama", Dtype::F16)] {
        let tensors = imported(name, &dir).backbone_tensors().unwrap();
        assert!(tensors.shapes().keys().all(|name| tensors.dtype(name).unwrap() == dtype), "{name}");
    }
}

#[test]
fn a_model_that_a_class_cannot_express_is_not_given_out() {
    let dir = TempDir::new().unwrap();
    let bert = imported("bert", &dir);
    let classifier = Class::SequenceClassification(classes::named(&["a", "b"]));
    let message = give_out(&bert, classifier, &dir.path().join("out"), usize::MAX).unwrap_err().to_string();
    assert!(message.contains("BertForSequenceClassification has a layer bert.pooler.dense.weight"), "{message}");
    let span = take_in(&golden("qwen3-span"), &dir.path().join("span"), true);
    let message = give_out(&span, Class::CausalLm, &dir.path().join("out"), usize::MAX).unwrap_err().to_string();
    assert!(message.contains("qa_outputs") && !dir.path().join("out").exists(), "{message}");
}

#[test]
fn float_tensors_alone_are_read() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("x.safetensors");
    let header = br#"{"a":{"dtype":"I8","shape":[2],"data_offsets":[0,2]}}"#;
    fs::write(&path, [&(header.len() as u64).to_le_bytes(), &header[..], &[1, 2]].concat()).unwrap();
    let file = cimiento_core::tensors::TensorFile::open(&path).unwrap();
    let message = file.read("a").unwrap_err().to_string();
    assert!(message.contains("tensor a is I8; float32, float16 and bfloat16 are read"), "{message}");
}
