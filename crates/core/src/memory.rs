//! How much memory a training takes, told before it begins.

use serde::Serialize;

use crate::backbone::BackboneConfig;
use crate::optimizer::{Method, OptimizerConfig};

/// What a training is made of, as far as memory goes.
#[derive(Clone, Debug)]
pub struct Training<'a> {
    /// The shape.
    pub backbone: &'a BackboneConfig,
    /// The rule of a step.
    pub optimizer: &'a OptimizerConfig,
    /// Parameters that are learned; the others are only read.
    pub learned: usize,
    /// Whether weights are averaged.
    pub average: bool,
    /// Tokens of one forward and backward pass, padding included.
    pub tokens: usize,
}

/// Bytes by what they are for.
#[derive(Serialize, Clone, Debug, PartialEq)]
pub struct Demand {
    /// The weights.
    pub weights: u64,
    /// Gradients, the optimizer's memory, the running average.
    pub training: u64,
    /// What the backward pass needs of the forward pass, and the largest of what lives only for a moment.
    pub activations: u64,
}

impl Demand {
    /// All of it, with the program itself.
    pub fn total(&self) -> u64 {
        self.weights + self.training + self.activations + PROGRAM
    }
}

/// The program, its tokenizer and its data, roughly.
const PROGRAM: u64 = 64 << 20;

/// What a training takes on the processor, within a third or so.
pub fn demand(training: &Training) -> Demand {
    let shape = training.backbone;
    let bytes = |numbers: usize| 4 * numbers as u64;
    let matrices = shape.layers * layer_parameters(shape);
    // Muon remembers one number a weight, AdamW two.
    let by_muon = if training.optimizer.method == Method::Muon { matrices.min(training.learned) } else { 0 };
    let remembered = 2 * training.learned - by_muon;
    let average = if training.average { training.learned } else { 0 };
    let (d, ff) = (shape.d_model, shape.d_ff);
    let (queries, keys) = (shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim);
    // Of each layer: its input, the same normalised twice over, queries and keys before and after the turn, values, what
    // attention found, and the two halves of the gate.
    let kept = 3 * d + 3 * queries + 3 * keys + 2 * ff;
    let passing = 4 * d.max(queries) + 2 * ff;
    Demand {
        weights: bytes(parameters(shape)),
        training: bytes(training.learned + remembered + average),
        activations: bytes(training.tokens * (shape.layers * kept + passing)),
    }
}

/// Weights of a backbone.
pub fn parameters(shape: &BackboneConfig) -> usize {
    let tables = if shape.tie_embeddings { 1 } else { 2 };
    tables * shape.vocab_size * shape.d_model + shape.layers * layer_parameters(shape)
}

/// Weights of the matrices of one layer; vectors are too few to count.
fn layer_parameters(shape: &BackboneConfig) -> usize {
    let &BackboneConfig { d_model, d_ff, heads, kv_heads, head_dim, .. } = shape;
    let feed_forward = if shape.encoder.is_some() { 2 } else { 3 };
    d_model * (2 * heads + 2 * kv_heads) * head_dim + feed_forward * d_model * d_ff
}

/// Memory that programs may still take on this machine, in bytes, where the system tells.
pub fn available() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? << 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backbone::{Preset, ShapeConfig};

    #[test]
    fn more_of_anything_takes_more() {
        let shape = ShapeConfig { preset: Preset::Small, ..Default::default() }.resolve(4096).unwrap();
        let parameters = parameters(&shape);
        let (adamw, muon) = (Method::AdamW, Method::Muon);
        let check = |method, learned, average, tokens| {
            let optimizer = OptimizerConfig { method, ..Default::default() };
            demand(&Training { backbone: &shape, optimizer: &optimizer, learned, average, tokens }).total()
        };
        let base = check(muon, parameters, false, 1024);
        assert!(check(adamw, parameters, false, 1024) > base);
        assert!(check(muon, parameters, true, 1024) > base);
        assert!(check(muon, parameters, false, 2048) > base);
        assert!(check(muon, parameters / 100, false, 1024) < base);
        // d_model 384, 12 layers: 21M in the layers, 1.6M in the embedding.
        assert!((22_000_000..24_000_000).contains(&parameters), "{parameters}");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_machine_has_some_memory() {
        assert!(available().unwrap() > 1 << 20);
    }
}
