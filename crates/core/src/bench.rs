//! How fast a machine trains and infers: steps of training and of generation on random tokens.
//!
//! A step is what training does: forward, backward, clipping by the global norm, AdamW.

mod inference;
mod timing;

use std::time::Instant;

use burn::module::{Module, Param};
use burn::tensor::{Device, Distribution, Int, Tensor, TensorData, activation};
use cimiento_kernels::linear;
use rand::RngExt;
use rand::rngs::StdRng;
use serde::Serialize;

pub use inference::{Inference, infer};
use timing::median;

use crate::backbone::{Backbone, BackboneConfig};
use crate::device::Precision;
use crate::generate::{Control, GenerateConfig, generate};
use crate::init;
use crate::language::{LanguageBatch, language_loss};
use crate::layers::Linear;
use crate::objective::Model;
use crate::optimizer::{Method, Optimizer, OptimizerConfig};
use crate::params;
use crate::tokens::{Attend, Sequence, Tokens, indices};
use cimiento_data::order;
use cimiento_data::tokenizer::Special;

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
    /// What a step learns.
    pub lesson: Lesson,
    /// What its products are made with.
    pub precision: Precision,
}

/// What a step learns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Lesson {
    /// The next token, at this share of the positions: pretraining.
    Language(f64),
    /// Where a span begins and ends in a row that sees itself whole: fine-tuning, without the vocabulary.
    Span,
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
    /// The same of a plain product of two matrices of 1024 × 1024, in float32 whatever the precision of the steps.
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

/// A head that points at the two ends of a span.
#[derive(Module, Debug)]
struct Ends {
    weight: Linear,
    bias: Param<Tensor<1>>,
}

/// Rows of random tokens with what is to be learned of them.
pub struct Batch {
    language: LanguageBatch,
    /// Where spans begin and end, `[batch, 2, 1]`.
    ends: Tensor<3, Int>,
}

/// A backbone in training.
pub struct Training {
    work: Workload,
    /// Absent only while a step is taken.
    model: Option<Model<Ends>>,
    optimizer: Optimizer,
    rng: StdRng,
    device: Device,
}

impl Training {
    /// Fresh weights on a device without autodiff.
    pub fn new(work: &Workload, device: &Device) -> Self {
        let mut rng = order::rng(0, 0, 0);
        let device = device.clone().autodiff();
        let backbone = work.shape.init(&mut rng, &device);
        let weight = Linear::new(work.shape.d_model, 2, work.shape.init_std(), &mut rng, &device);
        let head = Ends { weight, bias: init::constant(2, 0.0, &device) };
        let config = OptimizerConfig { method: Method::AdamW, lr: 3e-4, clip_norm: 1.0, ..Default::default() };
        let optimizer = Optimizer::new(config);
        Self { work: work.clone(), model: Some(Model::of_text(backbone, head)), optimizer, rng, device }
    }

    /// Random rows.
    pub fn batch(&mut self) -> Batch {
        random_batch(&self.work, &mut self.rng, &self.device)
    }

    /// One step, and its mean loss.
    pub fn step(&mut self, batch: &Batch) -> f64 {
        let model = self.model.take().expect("a step puts it back");
        let _products = self.work.precision.begin();
        let (model, loss) = train_step(model, batch, self.work.lesson, &mut self.optimizer);
        self.model = Some(model);
        loss
    }
}

/// Measures `work` on a device without autodiff.
pub fn measure(work: &Workload, device: &Device) -> Measurement {
    let mut training = Training::new(work, device);
    let mut times = Vec::new();
    let mut loss = 0.0;
    for step in 0..work.steps + WARMUP {
        let batch = training.batch();
        let begun = Instant::now();
        loss = training.step(&batch);
        if step >= WARMUP {
            times.push(begun.elapsed().as_secs_f64());
        }
    }
    let Training { model, mut rng, .. } = training;
    let backbone = model.expect("a step puts it back").backbone.valid();
    let params = backbone.num_params();
    let d_model = work.shape.d_model;
    let seconds = median(times);
    let tokens = (work.batch * work.seq) as f64;
    // What the loss has no need of is not counted: the vocabulary of a span, the positions without a target.
    let vocabulary = (work.shape.vocab_size * d_model) as f64;
    let busy = match work.lesson {
        Lesson::Language(share) => params as f64 - vocabulary * (1.0 - share),
        Lesson::Span => params as f64 - vocabulary,
    };
    let model_gflops = 6.0 * busy * tokens / seconds / 1e9;
    let gemm_gflops = product_gflops(device);
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
fn train_step(model: Model<Ends>, batch: &Batch, lesson: Lesson, optimizer: &mut Optimizer) -> (Model<Ends>, f64) {
    let loss = match lesson {
        Lesson::Language(_) => {
            language_loss(&model.backbone, &batch.language, 0.0).div_scalar(batch.language.count as f64)
        }
        Lesson::Span => span_loss(&model, batch),
    };
    let value = f64::from(loss.clone().into_scalar::<f32>());
    let grads = params::gradients(&model, &mut loss.backward());
    let (_, scale) = optimizer.norm(&grads);
    (optimizer.step(model, grads, 1.0, scale), value)
}

/// Mean cross-entropy of the ends over the positions of each row.
fn span_loss(model: &Model<Ends>, batch: &Batch) -> Tensor<1> {
    let states = model.backbone.states(&batch.language.tokens);
    let logits = model.head.weight.forward(states) + model.head.bias.val().unsqueeze();
    activation::log_softmax(logits.swap_dims(1, 2), 2).gather(2, batch.ends.clone()).mean().neg()
}

/// Rows of random tokens.
fn random_batch(work: &Workload, rng: &mut StdRng, device: &Device) -> Batch {
    let (attend, share) = match work.lesson {
        Lesson::Language(share) => (Attend::Causal, share),
        Lesson::Span => (Attend::Both, 1.0),
    };
    let mut id = || rng.random_range(0..work.shape.vocab_size as u32);
    let rows: Vec<Sequence> =
        (0..work.batch).map(|_| Sequence::new((0..work.seq).map(|_| id()).collect(), attend)).collect();
    let size = work.batch * work.seq;
    let count = ((size as f64 * share) as usize).max(1);
    let targets: Vec<usize> = (0..count).map(|_| id() as usize).collect();
    let ends: Vec<i64> = (0..2 * work.batch).map(|_| rng.random_range(0..work.seq as i64)).collect();
    let borrowed: Vec<Vec<&Sequence>> = rows.iter().map(|row| vec![row]).collect();
    let language = LanguageBatch {
        tokens: Tokens::from_rows(&borrowed, SPECIAL.pad, work.seq, device),
        at: indices((0..count).map(|target| target * size / count), device),
        targets: indices(targets, device),
        count,
        size,
    };
    Batch { language, ends: Tensor::from_data(TensorData::new(ends, [work.batch, 2, 1]), device) }
}

fn forward_seconds(backbone: &Backbone, work: &Workload, rng: &mut StdRng, device: &Device) -> f64 {
    let batch = random_batch(work, rng, device);
    let run = || {
        let begun = Instant::now();
        // One number comes back, so that a device that works ahead has to finish.
        backbone.states(&batch.language.tokens).sum().into_scalar::<f32>();
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
        let written: usize =
            generate(backbone, &prompt, &config, &Control::plain(&SPECIAL), 0, |_, _| ()).iter().map(Vec::len).sum();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backbone::{Preset, ShapeConfig};

    #[test]
    fn a_measurement_hangs_together() {
        let shape = ShapeConfig { preset: Preset::Micro, context: 16, ..Default::default() };
        let work = Workload {
            shape: shape.resolve(300).unwrap(),
            batch: 2,
            seq: 8,
            steps: 2,
            lesson: Lesson::Language(1.0),
            precision: Precision::F32,
        };
        let found = measure(&work, &Device::flex());
        assert!((found.loss - 300f64.ln()).abs() < 1.0, "{found:?}");
        assert!((found.tokens_per_s * found.step_ms / 1e3 - 16.0).abs() < 1e-6, "{found:?}");
        assert!((found.utilisation * found.gemm_gflops - found.model_gflops).abs() < 1e-9, "{found:?}");
        assert!(found.forward_tokens_per_s > 0.0 && found.decode_tokens_per_s > 0.0, "{found:?}");
        let span = measure(&Workload { lesson: Lesson::Span, ..work }, &Device::flex());
        assert!((span.loss - 8f64.ln()).abs() < 1.0 && span.model_gflops < found.model_gflops * 10.0, "{span:?}");
    }

    #[test]
    fn inference_does_not_depend_on_the_company() {
        let shape = ShapeConfig { preset: Preset::Micro, context: 128, ..Default::default() };
        let backbone = shape.resolve(300).unwrap().init(&mut order::rng(1, 0, 0), &Device::flex());
        let found = infer(&backbone, &SPECIAL);
        assert_eq!((found.greedy.len(), found.greedy16.len()), (64, 64));
        // The first text is the beginning of the sentence: same ids, fewer of them.
        assert!(found.text_states[0] != found.sentence_state[0] && found.text_states[0].is_finite());
        assert!(found.sentence_ms > 0.0 && found.texts_per_s > 0.0);
    }
}
