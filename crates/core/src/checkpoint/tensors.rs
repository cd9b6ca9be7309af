//! Named float tensors to and from safetensors bytes.

use std::borrow::Cow;
use std::collections::HashMap;

use burn::tensor::{DType, TensorData};
use half::{bf16, f16};
use safetensors::tensor::{Dtype, SafeTensors, View};

use crate::params::Weights;

/// Module paths to the names that `transformers` gives the same tensors: all but the output projection stand under
/// `model.`.
pub(super) fn to_file_names(weights: Weights) -> Weights {
    let rename = |name: String| if name.starts_with("lm_head.") { name } else { format!("model.{name}") };
    weights.into_iter().map(|(name, data)| (rename(name), data)).collect()
}

/// The inverse of [`to_file_names`].
pub(super) fn from_file_names(weights: Weights) -> Weights {
    let rename = |name: String| name.strip_prefix("model.").map(String::from).unwrap_or(name);
    weights.into_iter().map(|(name, data)| (rename(name), data)).collect()
}

/// One tensor as float32, little-endian.
struct Values {
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl View for &Values {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.bytes)
    }

    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}

/// A safetensors file, float32.
pub(super) fn to_bytes(weights: &Weights) -> Vec<u8> {
    let values: Vec<(&String, Values)> = weights
        .iter()
        .map(|(name, data)| {
            let bytes = data.iter::<f32>().flat_map(f32::to_le_bytes).collect();
            (name, Values { shape: data.shape().to_vec(), bytes })
        })
        .collect();
    let metadata = HashMap::from([("format".to_string(), "pt".to_string())]);
    safetensors::serialize(values.iter().map(|(name, values)| (name, values)), Some(metadata))
        .expect("sizes follow from the shapes")
}

/// Reads a safetensors file of float32, float16 or bfloat16 tensors as float32.
pub(super) fn from_bytes(bytes: &[u8]) -> Result<Weights, String> {
    let file = SafeTensors::deserialize(bytes).map_err(|e| format!("not a safetensors file ({e})"))?;
    let mut weights = Weights::new();
    for (name, view) in file.tensors() {
        let values: Vec<f32> = match view.dtype() {
            Dtype::F32 => view.data().as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect(),
            Dtype::F16 => view.data().as_chunks().0.iter().map(|b| f16::from_le_bytes(*b).to_f32()).collect(),
            Dtype::BF16 => view.data().as_chunks().0.iter().map(|b| bf16::from_le_bytes(*b).to_f32()).collect(),
            other => return Err(format!("tensor {name} is {other:?}; float32, float16 and bfloat16 are read")),
        };
        weights.insert(name, TensorData::new(values, view.shape().to_vec()).convert_dtype(DType::F32));
    }
    Ok(weights)
}

/// A hash over names, shapes and bits, in order of name.
pub(super) fn fingerprint<'a>(files: impl IntoIterator<Item = &'a Weights>) -> String {
    let mut hasher = blake3::Hasher::new();
    for weights in files {
        hasher.update(&(weights.len() as u64).to_le_bytes());
        for (name, data) in weights {
            hasher.update(&(name.len() as u64).to_le_bytes());
            hasher.update(name.as_bytes());
            for size in data.shape().iter() {
                hasher.update(&(*size as u64).to_le_bytes());
            }
            for value in data.iter::<f32>() {
                hasher.update(&value.to_le_bytes());
            }
        }
    }
    hasher.finalize().to_hex().to_string()
}
