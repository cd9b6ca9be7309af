use std::collections::BTreeMap;
use std::fs;

use half::f16;
use proptest::prelude::*;
use tempfile::TempDir;

use super::tensors::{Storage, quantize};
use super::*;
use cimiento_core::backbone::{Preset, RopeScaling, ShapeConfig};
use cimiento_data::tokenizer::Tokenizer;

fn tokenizer() -> Tokenizer {
    Tokenizer::train(["the miller sold the mule".to_string()].into_iter(), 270).unwrap()
}

/// Grouped queries, and rows of 64 and 96 values.
fn config(tie_embeddings: bool) -> BackboneConfig {
    let shape = ShapeConfig {
        preset: Preset::Micro,
        heads: Some(4),
        kv_heads: Some(2),
        d_ff: Some(96),
        tie_embeddings,
        ..Default::default()
    };
    shape.resolve(tokenizer().vocab_size() + 2).unwrap()
}

/// Value `i` of the tensor called `name`: each tensor has other values, each of its rows as well.
fn value(name: &str, i: usize) -> f32 {
    let seed = name.bytes().fold(7u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into()));
    let hash = seed.wrapping_add(i as u32).wrapping_mul(2_654_435_761);
    (hash >> 8) as f32 / (1 << 24) as f32 - 0.5
}

fn shapes(family: Family, config: &BackboneConfig) -> BTreeMap<String, Vec<usize>> {
    let all = tensors::all(family, config, Precision::F16).into_iter().filter(|tensor| tensor.values.is_none());
    all.map(|tensor| (tensor.from, tensor.shape)).collect()
}

type Values = Box<dyn Fn(&str) -> Result<Vec<f32>, ReadError>>;

/// A model to be written.
struct Model {
    family: Family,
    config: BackboneConfig,
    tokenizer: Tokenizer,
    shapes: BTreeMap<String, Vec<usize>>,
    read: Values,
    opens_with_bos: Option<bool>,
}

impl Model {
    fn new(family: Family, config: BackboneConfig) -> Self {
        let (shapes, sizes) = (shapes(family, &config), shapes(family, &config));
        let read = move |name: &str| -> Result<Vec<f32>, ReadError> {
            Ok((0..sizes[name].iter().product()).map(|i| value(name, i)).collect())
        };
        Self { family, config, tokenizer: tokenizer(), shapes, read: Box::new(read), opens_with_bos: None }
    }

    fn write(&self, precision: Precision) -> Result<File, GgufError> {
        let source = Source {
            family: self.family,
            config: &self.config,
            tokenizer: &self.tokenizer,
            name: "village",
            shapes: &self.shapes,
            read: &self.read,
            chat_template: Some("{{ messages }}"),
            opens_with_bos: self.opens_with_bos,
        };
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("model.gguf");
        let result = write(&path, &source, precision);
        assert_eq!(path.exists(), result.is_ok());
        result.map(|()| File::read(fs::read(path).unwrap()))
    }
}

fn written(family: Family, config: &BackboneConfig, precision: Precision) -> File {
    Model::new(family, config.clone()).write(precision).unwrap()
}

/// A file as a reader that knows nothing of the writer sees it.
struct File {
    metadata: BTreeMap<String, serde_json::Value>,
    /// Shape (rows first), type and bytes.
    tensors: BTreeMap<String, (Vec<usize>, u32, Vec<u8>)>,
}

struct Reader(Vec<u8>, usize);

impl Reader {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        self.1 += N;
        self.0[self.1 - N..self.1].try_into().unwrap()
    }

    fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.take())
    }

    fn u64(&mut self) -> usize {
        u64::from_le_bytes(self.take()) as usize
    }

    fn text(&mut self) -> String {
        let length = self.u64();
        self.1 += length;
        String::from_utf8(self.0[self.1 - length..self.1].to_vec()).unwrap()
    }

    fn value(&mut self, kind: u32) -> serde_json::Value {
        match kind {
            4 => self.u32().into(),
            5 => i32::from_le_bytes(self.take()).into(),
            6 => f32::from_le_bytes(self.take()).into(),
            7 => (self.take::<1>()[0] == 1).into(),
            8 => self.text().into(),
            9 => {
                let (kind, length) = (self.u32(), self.u64());
                (0..length).map(|_| self.value(kind)).collect()
            }
            other => panic!("type {other}"),
        }
    }
}

impl File {
    fn read(bytes: Vec<u8>) -> Self {
        let total = bytes.len();
        let mut reader = Reader(bytes, 0);
        assert_eq!((&reader.take(), reader.u32()), (b"GGUF", 3));
        let (tensors, entries) = (reader.u64(), reader.u64());
        let mut entry = || {
            let key = reader.text();
            let kind = reader.u32();
            (key, reader.value(kind))
        };
        let metadata: BTreeMap<_, _> = (0..entries).map(|_| entry()).collect();
        assert_eq!(metadata.len(), entries, "a key comes twice");
        let infos: Vec<(String, Vec<usize>, u32, usize)> = (0..tensors)
            .map(|_| {
                let (name, dims) = (reader.text(), reader.u32());
                let mut shape: Vec<usize> = (0..dims).map(|_| reader.u64()).collect();
                shape.reverse();
                (name, shape, reader.u32(), reader.u64())
            })
            .collect();
        let start = reader.1.next_multiple_of(32);
        assert!(reader.0[reader.1..start].iter().all(|byte| *byte == 0));
        let mut end = start;
        let mut read = |(name, shape, kind, offset): (String, Vec<usize>, u32, usize)| {
            let values: usize = shape.iter().product();
            let length = match kind {
                0 => 4 * values,
                1 => 2 * values,
                8 => values / 32 * 34,
                other => panic!("{name} has type {other}"),
            };
            assert_eq!((offset % 32, start + offset), (0, end), "{name}");
            end = (start + offset + length).next_multiple_of(32);
            (name, (shape, kind, reader.0[start + offset..start + offset + length].to_vec()))
        };
        let tensors = infos.into_iter().map(&mut read).collect();
        assert_eq!(end, total);
        Self { metadata, tensors }
    }

    fn values(&self, name: &str) -> Vec<f32> {
        let (_, kind, bytes) = &self.tensors[name];
        match kind {
            0 => bytes.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect(),
            1 => bytes.as_chunks().0.iter().map(|b| f16::from_le_bytes(*b).to_f32()).collect(),
            _ => bytes.as_chunks().0.iter().flat_map(restore).collect(),
        }
    }
}

fn restore(block: &[u8; 34]) -> Vec<f32> {
    let scale = f16::from_le_bytes([block[0], block[1]]).to_f32();
    block[2..].iter().map(|byte| f32::from(*byte as i8) * scale).collect()
}

#[test]
fn a_file_says_what_the_model_is() {
    let config = config(true);
    let file = written(Family::Qwen3, &config, Precision::F16);
    let check = |key: &str, expected: serde_json::Value| assert_eq!(file.metadata[key], expected, "{key}");
    check("general.architecture", "qwen3".into());
    check("general.file_type", 1.into());
    check("qwen3.embedding_length", 64.into());
    check("qwen3.feed_forward_length", 96.into());
    check("qwen3.attention.head_count_kv", 2.into());
    check("qwen3.attention.key_length", 16.into());
    check("qwen3.attention.layer_norm_rms_epsilon", 1e-6f32.into());
    check("qwen3.rope.freq_base", 1e4f32.into());
    check("tokenizer.ggml.model", "gpt2".into());
    check("tokenizer.ggml.pre", "gpt-2".into());
    check("tokenizer.ggml.bos_token_id", 1.into());
    check("tokenizer.ggml.add_bos_token", true.into());
    check("tokenizer.ggml.add_eos_token", false.into());
    check("tokenizer.chat_template", "{{ messages }}".into());
    let (tokens, types) = (&file.metadata["tokenizer.ggml.tokens"], &file.metadata["tokenizer.ggml.token_type"]);
    let last = config.vocab_size - 1;
    assert_eq!(tokens.as_array().map(Vec::len), Some(config.vocab_size));
    assert_eq!((&tokens[0], &types[0]), (&"[pad]".into(), &3.into()));
    assert_eq!((&tokens[last - 2], &types[last - 2]), (&tokenizer().token(last as u32 - 2).into(), &1.into()));
    assert_eq!((&tokens[last], &types[last]), (&format!("[PAD{last}]").into(), &5.into()));
    assert_eq!(file.metadata["tokenizer.ggml.merges"][0], "h e");
    let said = Model { opens_with_bos: Some(false), ..Model::new(Family::Qwen3, config) };
    let said = said.write(Precision::F16).unwrap();
    assert_eq!(said.metadata["tokenizer.ggml.add_bos_token"], false);
}

#[test]
fn every_tensor_is_there_under_the_name_of_llama_cpp() {
    for (family, tied, own) in [
        (Family::Qwen3, true, vec!["attn_q_norm.weight", "attn_k_norm.weight"]),
        (Family::Qwen2, false, vec!["attn_q.bias", "attn_k.bias", "attn_v.bias"]),
        (Family::Llama, false, vec![]),
    ] {
        let config = config(tied);
        let file = written(family, &config, Precision::F16);
        let mut expected: Vec<String> = ["token_embd.weight", "output_norm.weight"].map(String::from).to_vec();
        if !tied {
            expected.push("output.weight".into());
        }
        let each =
            ["attn_norm", "attn_q", "attn_k", "attn_v", "attn_output", "ffn_norm", "ffn_gate", "ffn_up", "ffn_down"];
        for layer in 0..config.layers {
            expected.extend(each.map(|name| format!("blk.{layer}.{name}.weight")));
            expected.extend(own.iter().map(|name| format!("blk.{layer}.{name}")));
        }
        expected.sort();
        assert_eq!(file.tensors.keys().cloned().collect::<Vec<_>>(), expected);
        assert_eq!(file.tensors["blk.1.ffn_down.weight"].0, [64, 96]);
        let (norm, matrix) = (&file.tensors["blk.0.ffn_norm.weight"], &file.tensors["blk.0.attn_k.weight"]);
        assert_eq!((norm.1, matrix.1), (0, 1));
        let down = (0..64 * 96).map(|i| f16::from_f32(value("model.layers.1.mlp.down_proj.weight", i)).to_f32());
        assert!(file.values("blk.1.ffn_down.weight").into_iter().eq(down));
    }
}

#[test]
fn stretched_positions_are_said_as_llama_cpp_reads_them() {
    let stretched = |rope_scaling| BackboneConfig { rope_scaling: Some(rope_scaling), ..config(true) };
    let keys = |file: &File| -> BTreeMap<String, serde_json::Value> {
        let own = file
            .metadata
            .iter()
            .filter_map(|(key, value)| Some((key.strip_prefix("qwen3.rope.scaling.")?.to_string(), value.clone())));
        own.collect()
    };
    let found = |rope_scaling| keys(&written(Family::Qwen3, &stretched(rope_scaling), Precision::F16));
    let expected = |keys: serde_json::Value| serde_json::from_value::<BTreeMap<String, _>>(keys).unwrap();
    let linear = serde_json::json!({ "type": "linear", "factor": 4.0 });
    assert_eq!(found(RopeScaling::Linear { factor: 4.0 }), expected(linear));
    let yarn = |beta_fast, attention_factor, truncate| RopeScaling::Yarn {
        factor: 4.0,
        original_context: 64,
        beta_fast,
        beta_slow: 1.0,
        attention_factor,
        truncate,
    };
    let usual = serde_json::json!({ "type": "yarn", "factor": 4.0, "original_context_length": 64 });
    assert_eq!(found(yarn(32.0, 0.1 * 4f64.ln() + 1.0, true)), expected(usual));
    let odd = found(yarn(16.0, 1.5, true));
    assert_eq!((&odd["yarn_beta_fast"], &odd["yarn_beta_slow"]), (&16.0.into(), &1.0.into()));
    assert!((odd["attn_factor"].as_f64().unwrap() - 1.3173741).abs() < 1e-6, "{odd:?}");
    refused("rounds the two pairs", |model| model.config.rope_scaling = Some(yarn(32.0, 1.0, false)));
    let llama3 = RopeScaling::Llama3 { factor: 8.0, low_freq_factor: 1.0, high_freq_factor: 4.0, original_context: 64 };
    let file = written(Family::Llama, &stretched(llama3.clone()), Precision::Q8_0);
    assert!(!file.metadata.contains_key("llama.rope.scaling.type"));
    // By the formula of llama.cpp's own script (`LlamaModel.generate_extra_tensors`).
    let divisors = [1.0, 1.293976, 7.667385, 8.0, 8.0, 8.0, 8.0, 8.0];
    assert_eq!((&file.tensors["rope_freqs.weight"].0, file.tensors["rope_freqs.weight"].1), (&vec![8], 0));
    let found = file.values("rope_freqs.weight");
    assert!(found.iter().zip(divisors).all(|(a, b)| (a - b).abs() < 1e-4 * b), "{found:?}");
    refused("Llama's family alone", |model| model.config.rope_scaling = Some(llama3));
}

#[test]
fn only_llamas_queries_and_keys_change_places() {
    let config = config(true);
    let columns = config.d_model;
    for family in [Family::Llama, Family::Qwen2, Family::Qwen3] {
        let file = written(family, &config, Precision::F16);
        for (ours, theirs, heads) in [("q_proj", "attn_q", 4), ("k_proj", "attn_k", 2), ("v_proj", "attn_v", 2)] {
            let values = file.values(&format!("blk.0.{theirs}.weight"));
            let source = format!("model.layers.0.self_attn.{ours}.weight");
            // Dimension `half * 8 + pair` of a head becomes `2 * pair + half`.
            for (head, half, pair) in (0..heads * 16).map(|row| (row / 16, row / 8 % 2, row % 8)) {
                let turned = family == Family::Llama && theirs != "attn_v";
                let from = head * 16 + half * 8 + pair;
                let to = if turned { head * 16 + 2 * pair + half } else { from };
                for column in [0, columns - 1] {
                    let expected = f16::from_f32(value(&source, from * columns + column)).to_f32();
                    assert_eq!(values[to * columns + column], expected, "{family:?} {theirs} {from}");
                }
            }
        }
    }
}

#[test]
fn bytes_are_used_where_rows_are_made_of_whole_blocks() {
    let config = BackboneConfig { d_ff: 80, ..config(false) };
    let file = written(Family::Qwen3, &config, Precision::Q8_0);
    assert_eq!(file.metadata["general.file_type"], 7);
    let kinds = ["token_embd", "output", "blk.0.ffn_up", "blk.0.ffn_down", "output_norm"];
    assert_eq!(kinds.map(|name| file.tensors[&format!("{name}.weight")].1), [8, 8, 8, 1, 0]);
    for (i, found) in file.values("blk.0.ffn_up.weight").into_iter().enumerate() {
        let expected = value("model.layers.0.mlp.up_proj.weight", i);
        assert!((found - expected).abs() < 0.5 / 127.0 * 0.57, "{found} {expected}");
    }
}

proptest! {
    #[test]
    fn a_block_is_off_by_half_a_step_at_most(
        values in prop::array::uniform32(-1f32..1.0), exponent in -12i32..16,
    ) {
        let values = values.map(|value| value * 2f32.powi(exponent));
        let step = values.iter().fold(0f32, |most, value| most.max(value.abs())) / 127.0;
        // What rounding the scale to float16 adds: relative, or absolute among its smallest numbers.
        let rounding = 127.0 * (step * 2f32.powi(-11)).max(2f32.powi(-25));
        for (restored, value) in restore(&quantize(&values)).into_iter().zip(values) {
            prop_assert!((restored - value).abs() <= 0.5001 * step + rounding, "{restored} {value} {step}");
        }
    }
}

#[test]
fn a_block_of_zeros_stays_and_the_largest_value_is_kept() {
    assert_eq!(restore(&quantize(&[0.0; 32])), [0.0; 32]);
    let mut block = [1.0; 32];
    block[3] = -127.0;
    assert_eq!(restore(&quantize(&block)), block);
    assert_eq!(Storage::Q8_0.too_large(&[1e6]), None);
    assert_eq!(Storage::F16.too_large(&[1.0, 1e6]), Some(1e6));
}

/// That a model is refused with `part` in the message after `change`.
fn refused(part: &str, change: impl FnOnce(&mut Model)) {
    let mut model = Model::new(Family::Qwen3, config(true));
    change(&mut model);
    let message = model.write(Precision::F16).err().map(|e| e.to_string()).unwrap_or_default();
    assert!(message.contains(part), "{part}: {message}");
}

#[test]
fn what_llama_cpp_would_not_run_is_refused_with_the_reason() {
    refused("missing [model.layers.0.self_attn.k_proj.bias", |model| model.family = Family::Qwen2);
    refused("left over [lm_head.weight]", |model| {
        model.shapes.insert("lm_head.weight".into(), vec![272, 64]);
    });
    refused("model.norm.weight has shape [63]", |model| {
        model.shapes.insert("model.norm.weight".into(), vec![63]);
    });
    refused("has 3 values", |model| model.read = Box::new(|_| Ok(vec![0.0; 3])));
    refused("reading tensor model.embed_tokens.weight failed: gone", |model| {
        model.read = Box::new(|_| Err("gone".into()));
    });
    for (value, part) in [(f32::NAN, "not finite"), (1e5, "holds 100000, which float16")] {
        refused(part, |model| {
            let embedding = model.config.vocab_size * model.config.d_model;
            model.read = Box::new(move |_| Ok(vec![value; embedding]));
        });
    }
    refused("the embedding 200 rows", |model| {
        *model = Model::new(Family::Qwen3, BackboneConfig { vocab_size: 200, ..config(true) });
    });
    refused("4 x 32", |model| *model = Model::new(Family::Qwen2, BackboneConfig { head_dim: 32, ..config(true) }));
    for (from, to, part) in [
        ("add_prefix_space\":false", "add_prefix_space\":true", "pre_tokenizer is {\"add_prefix_space\":true"),
        ("ignore_merges\":false", "ignore_merges\":true", "has `ignore_merges` without"),
    ] {
        refused(part, |model| {
            model.tokenizer = Tokenizer::from_json(&tokenizer().to_json().replace(from, to), "x").unwrap();
        });
    }
}
