//! Tensors: their names, their order of rows and how their values are stored.

use std::io::{self, Write};

use half::f16;

use super::source::Precision;
use super::stretch;
use crate::class::Family;
use cimiento_core::backbone::BackboneConfig;

/// Values in a block of [`Storage::Q8_0`].
const BLOCK: usize = 32;

/// How the values of one tensor are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Storage {
    F32,
    F16,
    Q8_0,
}

impl Storage {
    /// ggml's number for it.
    pub fn code(self) -> u32 {
        match self {
            Storage::F32 => 0,
            Storage::F16 => 1,
            Storage::Q8_0 => 8,
        }
    }

    fn bytes(self, values: usize) -> usize {
        match self {
            Storage::F32 => 4 * values,
            Storage::F16 => 2 * values,
            Storage::Q8_0 => values / BLOCK * (2 + BLOCK),
        }
    }

    /// A value that it cannot hold.
    pub fn too_large(self, values: &[f32]) -> Option<f32> {
        let scale = match self {
            Storage::F32 => return None,
            Storage::F16 => 1.0,
            Storage::Q8_0 => 127.0,
        };
        values.iter().copied().find(|value| f16::from_f32(value / scale).is_infinite())
    }

    /// Writes one row.
    fn put(self, row: &[f32], writer: &mut dyn Write) -> io::Result<()> {
        match self {
            Storage::F32 => row.iter().try_for_each(|value| writer.write_all(&value.to_le_bytes())),
            Storage::F16 => row.iter().try_for_each(|value| writer.write_all(&f16::from_f32(*value).to_le_bytes())),
            Storage::Q8_0 => row.as_chunks().0.iter().try_for_each(|block| writer.write_all(&quantize(block))),
        }
    }
}

/// A block's scale and bytes. The bytes are rounded with the scale as it is before it becomes float16, as ggml does.
pub(super) fn quantize(block: &[f32; BLOCK]) -> [u8; 2 + BLOCK] {
    let scale = block.iter().fold(0.0, |most: f32, value| most.max(value.abs())) / 127.0;
    let inverse = if scale == 0.0 { 0.0 } else { 1.0 / scale };
    let mut out = [0; 2 + BLOCK];
    out[..2].copy_from_slice(&f16::from_f32(scale).to_le_bytes());
    for (byte, value) in out[2..].iter_mut().zip(block) {
        *byte = (value * inverse).round() as i8 as u8;
    }
    out
}

/// A tensor of the file.
pub(super) struct Tensor {
    /// Its name in `transformers`; none where it is made of settings.
    pub from: String,
    /// Its values, where it is made of settings.
    pub values: Option<Vec<f32>>,
    /// Its name in llama.cpp.
    pub name: String,
    /// `[rows, columns]` or `[columns]`.
    pub shape: Vec<usize>,
    pub storage: Storage,
    /// The width of a head whose rows change places; see [`Tensor::row`].
    head_dim: Option<usize>,
}

impl Tensor {
    /// Its length in the file.
    pub fn bytes(&self) -> usize {
        self.storage.bytes(self.shape.iter().product())
    }

    /// Writes `values`, as many as its shape says.
    pub fn put(&self, values: &[f32], writer: &mut dyn Write) -> io::Result<()> {
        let Some(&columns) = self.shape.last().filter(|columns| **columns > 0) else { return Ok(()) };
        (0..values.len() / columns).try_for_each(|row| {
            let start = self.row(row) * columns;
            self.storage.put(&values[start..start + columns], writer)
        })
    }

    /// The row of `transformers`' tensor that is written as `row`. Rotary positions turn the dimensions `i` and
    /// `i + head_dim / 2` of a head together, but in llama.cpp's Llama `2i` and `2i + 1`.
    pub fn row(&self, row: usize) -> usize {
        match self.head_dim {
            None => row,
            Some(width) => {
                let (head, place) = (row / width, row % width);
                head * width + place % 2 * (width / 2) + place / 2
            }
        }
    }
}

/// All tensors of a model.
pub(super) fn all(family: Family, config: &BackboneConfig, precision: Precision) -> Vec<Tensor> {
    let &BackboneConfig { vocab_size, d_model, layers, heads, kv_heads, head_dim, d_ff, .. } = config;
    let (queries, keys) = (heads * head_dim, kv_heads * head_dim);
    let tensor = |from: String, name: String, shape: &[usize], turned: bool| {
        let storage = match (shape, precision) {
            ([_, columns], Precision::Q8_0) if columns.is_multiple_of(BLOCK) => Storage::Q8_0,
            ([_, _], _) => Storage::F16,
            _ => Storage::F32,
        };
        let head_dim = (turned && family == Family::Llama).then_some(head_dim);
        Tensor { from, values: None, name, shape: shape.to_vec(), storage, head_dim }
    };
    let whole = |from: &str, name: &str, shape: &[usize]| tensor(from.into(), name.into(), shape, false);
    let mut all = vec![
        whole("model.embed_tokens.weight", "token_embd.weight", &[vocab_size, d_model]),
        whole("model.norm.weight", "output_norm.weight", &[d_model]),
    ];
    if !config.tie_embeddings {
        all.push(whole("lm_head.weight", "output.weight", &[vocab_size, d_model]));
    }
    if let Some(divisors) = stretch::divisors(config) {
        let mut stretched = whole("", "rope_freqs.weight", &[divisors.len()]);
        stretched.values = Some(divisors);
        all.push(stretched);
    }
    for layer in 0..layers {
        let mut add = |from: &str, name: &str, shape: &[usize], turned: bool| {
            all.push(tensor(format!("model.layers.{layer}.{from}"), format!("blk.{layer}.{name}"), shape, turned));
        };
        add("input_layernorm.weight", "attn_norm.weight", &[d_model], false);
        add("self_attn.q_proj.weight", "attn_q.weight", &[queries, d_model], true);
        add("self_attn.k_proj.weight", "attn_k.weight", &[keys, d_model], true);
        add("self_attn.v_proj.weight", "attn_v.weight", &[keys, d_model], false);
        add("self_attn.o_proj.weight", "attn_output.weight", &[d_model, queries], false);
        match family {
            Family::Qwen3 => {
                add("self_attn.q_norm.weight", "attn_q_norm.weight", &[head_dim], false);
                add("self_attn.k_norm.weight", "attn_k_norm.weight", &[head_dim], false);
            }
            Family::Qwen2 => {
                add("self_attn.q_proj.bias", "attn_q.bias", &[queries], false);
                add("self_attn.k_proj.bias", "attn_k.bias", &[keys], false);
                add("self_attn.v_proj.bias", "attn_v.bias", &[keys], false);
            }
            Family::Llama | Family::Bert | Family::Roberta => {}
        }
        add("post_attention_layernorm.weight", "ffn_norm.weight", &[d_model], false);
        add("mlp.gate_proj.weight", "ffn_gate.weight", &[d_ff, d_model], false);
        add("mlp.up_proj.weight", "ffn_up.weight", &[d_ff, d_model], false);
        add("mlp.down_proj.weight", "ffn_down.weight", &[d_model, d_ff], false);
    }
    all
}
