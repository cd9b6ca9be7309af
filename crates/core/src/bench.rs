//! How fast a machine trains and infers: steps of pretraining and of generation on random tokens.
//!
//! A step is what pretraining does: forward, backward, clipping by the global norm, AdamW. Every token is a target.

use std::time::Instant;

use burn::module::Module;
use burn::tensor::{Device, Distribution, Tensor};
use cimiento_kernels::linear;
use rand::RngExt;
use rand::rngs::StdRng;
use serde::Serialize;

use crate::backbone::{Backbone, BackboneConfig};
use crate::generate::{GenerateConfig, generate};
use crate::masked::{LanguageBatch, language_loss};
use crate::optimizer::{Method, Optimizer, OptimizerConfig};
use crate::order;
use crate::params;
use crate::tokenizer::Special;
use crate::tokens::{Attend, Sequence, Tokens, indices};

/// Side of the square product that a machine is judged by.
const SIDE: usize = 1024;

/// Steps before the clock counts.
const WARMUP: usize = 3;

/// Products of it that are timed together.
const PRODUCTS: usize = 20;

/// Special tokens of a vocabulary that nobody has trained.
const SPECIAL: Special = Special { pad: 0, bos: 1, eos: 2, mask: 3, sep: 4 };

/// What is measured.
#[derive(Clone, Debug)]
pub struct Workload {
    /// The backbone.
    pub shape: BackboneConfig,
    /// Rows a step.
    pub batch: usize,
    /// Tokens a row.
    pub seq: usize,
    /// Steps that are timed, after a few that are not.
    pub steps: usize,
}

/// What came out. Times are medians; an operation is a multiplication or an addition.
#[derive(Serialize, Clone, Debug)]
pub struct Measurement {
    /// Weights, a tied embedding counted once.
    pub params: usize,
    /// Of the last step, in nats a token: a number to compare, not to admire.
    pub loss: f64,
    /// Milliseconds of a training step.
    pub step_ms: f64,
    /// Tokens a second in training.
    pub tokens_per_s: f64,
    /// Thousand million operations a second of the model in training: 6 a weight and token (Kaplan et al. 2020).
    pub model_gflops: f64,
    /// The same of a plain product of two float32 matrices of 1024 × 1024.
    pub gemm_gflops: f64,
    /// The former over the latter.
    pub utilisation: f64,
    /// Tokens a second read without gradients, a batch at a time.
    pub forward_tokens_per_s: f64,
    /// Tokens a second written one after the other, one text at a time.
    pub decode_tokens_per_s: f64,
    /// The most memory the process has held, in MiB, where the system tells.
    pub peak_rss_mib: Option<u64>,
}

/// Measures `work` on a device without autodiff.
pub fn measure(work: &Workload, device: &Device) -> Measurement {
    let mut rng = order::rng(0, 0, 0);
    let training = device.clone().autodiff();
    let mut backbone = work.shape.init(&mut rng, &training);
    let params = params::flat(&backbone).values().map(|weight| weight.dims()[0]).sum();
    let config = OptimizerConfig { method: Method::AdamW, lr: 3e-4, clip_norm: 1.0, ..Default::default() };
    let mut optimizer = Optimizer::new(config);
    let mut times = Vec::new();
    let mut loss = 0.0;
    for step in 0..work.steps + WARMUP {
        let batch = random_batch(work, &mut rng, &training);
        let begun = Instant::now();
        (backbone, loss) = train_step(backbone, &batch, &mut optimizer);
        if step >= WARMUP {
            times.push(begun.elapsed().as_secs_f64());
        }
    }
    let seconds = median(times);
    let tokens = (work.batch * work.seq) as f64;
    let model_gflops = 6.0 * params as f64 * tokens / seconds / 1e9;
    let gemm_gflops = product_gflops(device);
    let backbone = backbone.valid();
    Measurement {
        params,
        loss,
        step_ms: seconds * 1e3,
        tokens_per_s: tokens / seconds,
        model_gflops,
        gemm_gflops,
        utilisation: model_gflops / gemm_gflops,
        forward_tokens_per_s: tokens / forward_seconds(&backbone, work, &mut rng, device),
        decode_tokens_per_s: decode_rate(&backbone, work),
        peak_rss_mib: peak_rss_mib(),
    }
}

/// One step of training, and its mean loss.
fn train_step(backbone: Backbone, batch: &LanguageBatch, optimizer: &mut Optimizer) -> (Backbone, f64) {
    let loss = language_loss(&backbone, batch, 0.0).div_scalar(batch.count as f64);
    let value = f64::from(loss.clone().into_scalar::<f32>());
    let grads = params::gradients(&backbone, &mut loss.backward());
    let (_, scale) = optimizer.norm(&grads);
    (optimizer.step(backbone, grads, 1.0, scale), value)
}

/// Rows of random tokens, each token to be predicted from those before it.
fn random_batch(work: &Workload, rng: &mut StdRng, device: &Device) -> LanguageBatch {
    let mut id = || rng.random_range(0..work.shape.vocab_size as u32);
    let rows: Vec<Sequence> =
        (0..work.batch).map(|_| Sequence::new((0..work.seq).map(|_| id()).collect(), Attend::Causal)).collect();
    let count = work.batch * work.seq;
    let targets: Vec<usize> = (0..count).map(|_| id() as usize).collect();
    let borrowed: Vec<Vec<&Sequence>> = rows.iter().map(|row| vec![row]).collect();
    LanguageBatch {
        tokens: Tokens::from_rows(&borrowed, SPECIAL.pad, work.seq, device),
        at: indices(0..count, device),
        targets: indices(targets, device),
        count,
        size: count,
    }
}

fn forward_seconds(backbone: &Backbone, work: &Workload, rng: &mut StdRng, device: &Device) -> f64 {
    let batch = random_batch(work, rng, device);
    let run = || {
        let begun = Instant::now();
        // One number comes back, so that a device that works ahead has to finish.
        backbone.states(&batch.tokens).sum().into_scalar::<f32>();
        begun.elapsed().as_secs_f64()
    };
    run();
    median((0..work.steps.max(3)).map(|_| run()).collect())
}

fn decode_rate(backbone: &Backbone, work: &Workload) -> f64 {
    let count = (work.shape.context - 1).min(64);
    let config = GenerateConfig { max_tokens: count, min_tokens: count, ..Default::default() };
    let prompt = [Sequence::new(vec![SPECIAL.bos], Attend::Causal)];
    let run = || {
        let begun = Instant::now();
        let written: usize = generate(backbone, &prompt, &config, &SPECIAL, 0, |_, _| ()).iter().map(Vec::len).sum();
        written as f64 / begun.elapsed().as_secs_f64()
    };
    run();
    median((0..5).map(|_| run()).collect())
}

/// Thousand million operations a second of a plain product.
fn product_gflops(device: &Device) -> f64 {
    let random = || Tensor::<2>::random([SIDE, SIDE], Distribution::Normal(0.0, 1.0), device);
    let (x, weight) = (random(), random());
    let run = |times: usize| {
        let begun = Instant::now();
        for _ in 1..times {
            linear(x.clone(), weight.clone());
        }
        linear(x.clone(), weight.clone()).slice([0..1, 0..1]).into_scalar::<f32>();
        begun.elapsed().as_secs_f64()
    };
    run(WARMUP);
    (2 * PRODUCTS * SIDE.pow(3)) as f64 / run(PRODUCTS) / 1e9
}

/// The high-water mark of resident memory, from Linux's `/proc`.
fn peak_rss_mib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kib| kib / 1024)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backbone::{Preset, ShapeConfig};

    #[test]
    fn a_measurement_hangs_together() {
        let shape = ShapeConfig { preset: Preset::Micro, context: 16, ..Default::default() };
        let work = Workload { shape: shape.resolve(300).unwrap(), batch: 2, seq: 8, steps: 2 };
        let found = measure(&work, &Device::flex());
        assert!((found.loss - 300f64.ln()).abs() < 1.0, "{found:?}");
        assert!((found.tokens_per_s * found.step_ms / 1e3 - 16.0).abs() < 1e-6, "{found:?}");
        assert!((found.utilisation * found.gemm_gflops - found.model_gflops).abs() < 1e-9, "{found:?}");
        assert!(found.forward_tokens_per_s > 0.0 && found.decode_tokens_per_s > 0.0, "{found:?}");
    }
}
