//! The same tiny pretraining on every backend that is compiled in: losses agree with those of the processor.
//!
//! `cargo test -p cimiento-core --test backends --features flex,wgpu,ndarray` compares them; with `flex` alone the
//! run is compared with itself on another thread of execution, which still catches a step that is not repeatable.

use burn::tensor::Device;
use cimiento_core::backbone::{Preset, ShapeConfig};
use cimiento_core::checkpoint::{Card, PRETRAINING};
use cimiento_core::device::{DeviceName, Precision};
use cimiento_core::feed::ExampleFeed;
use cimiento_core::masked::{MixConfig, Pretraining};
use cimiento_core::metrics::Scores;
use cimiento_core::objective::{Model, NoHead};
use cimiento_core::observer::{Observer, StepReport};
use cimiento_core::optimizer::{OptimizerConfig, ScheduleConfig};
use cimiento_core::trainer::{TrainConfig, Trainer};
use cimiento_data::corpus::Window;
use cimiento_data::order;
use cimiento_data::tokenizer::Tokenizer;

const LINES: [&str; 4] =
    ["the miller sold the mule", "the baker baked bread", "rain fell on the mill", "a hen laid an egg"];

#[derive(Default)]
struct Losses(Vec<f64>);

impl Observer for Losses {
    fn step(&mut self, report: &StepReport) {
        self.0.push(report.loss);
    }
}

/// The losses of six steps, with grouped-query heads, packed rows and all three kinds of rows.
fn losses(device: Device, precision: Precision) -> Vec<f64> {
    let tokenizer = Tokenizer::train(LINES.iter().map(|line| line.to_string()), 300).unwrap();
    let special = tokenizer.special();
    let shape = ShapeConfig { preset: Preset::Micro, kv_heads: Some(1), ..Default::default() };
    let shape = shape.resolve(tokenizer.vocab_size()).unwrap();
    let row = |pair: &[&str]| {
        let mut row = Window { ids: Vec::new(), segments: Vec::new() };
        for (segment, line) in (1..).zip(pair) {
            row.ids.push(special.bos);
            row.ids.extend(tokenizer.encode(line));
            row.ids.push(special.eos);
            row.segments.resize(row.ids.len(), segment);
        }
        row.ids.resize(48, special.pad);
        row.segments.resize(48, 0);
        row
    };
    let rows: Vec<Window> = [[0, 1], [2, 3], [1, 2], [3, 0]].iter().map(|&[a, b]| row(&[LINES[a], LINES[b]])).collect();
    let objective =
        Pretraining::new(MixConfig { masked: 1.0, causal: 1.0, prefix: 1.0, ..Default::default() }, &tokenizer);
    let folder = tempfile::tempdir().unwrap();
    let config = TrainConfig { steps: 6, save_every: 0, validate_every: 0, precision, ..Default::default() };
    let device = device.autodiff();
    let model = Model::of_text(shape.init(&mut order::rng(1, 0, 0), &device), NoHead::default());
    let trainer = Trainer {
        objective: &objective,
        feed: &ExampleFeed { examples: rows, batch: 4, micro_batch: 2, seed: 1 },
        folder: folder.path(),
        card: Card {
            kind: PRETRAINING.into(),
            identity: "x".into(),
            backbone: shape.clone(),
            task: None,
            lora: None,
            origin: None,
            data: None,
            texts: Default::default(),
        },
        vocabulary: &tokenizer.clone().into(),
        config: &config,
        optimizer: &OptimizerConfig::default(),
        schedule: &ScheduleConfig::default(),
        judge: &|_| Scores::default(),
        criterion: "none".into(),
        lengthens: false,
        fit: &|_| None,
    };
    let mut losses = Losses::default();
    trainer.train(model, false, &mut losses).unwrap();
    losses.0
}

#[test]
fn every_backend_takes_the_same_steps() {
    let expected = losses(DeviceName::Cpu.open().unwrap(), Precision::F32);
    assert!(expected[5] < expected[0], "{expected:?}");
    for device in [DeviceName::Cpu, DeviceName::Ndarray, DeviceName::Wgpu(None), DeviceName::Cuda(0)] {
        // Only what is compiled in: the others are refused by name, which has a test of its own.
        let Ok(opened) = device.open() else { continue };
        let found = losses(opened, Precision::F32);
        for (step, (a, b)) in expected.iter().zip(&found).enumerate() {
            assert!((a - b).abs() < 2e-3 * a, "{device}, step {}: {b}, on the processor {a}", step + 1);
        }
        println!("{device}: {found:.4?}");
    }

    // Here and not in a test beside this one: while a step rounds, those of other threads do too.
    let rounded = || losses(DeviceName::Cpu.open().unwrap(), Precision::Bf16);
    let found = rounded();
    assert!(found == rounded(), "rounded steps are repeatable");
    for (step, (a, b)) in expected.iter().zip(&found).enumerate() {
        assert!(a != b && (a - b).abs() < 2e-2 * a, "bf16, step {}: {b}, in float32 {a}", step + 1);
    }
    println!("bf16: {found:.4?}");
    for device in [DeviceName::Ndarray, DeviceName::Wgpu(None), DeviceName::Cuda(0)] {
        let refusal = Precision::Bf16.validate(device).unwrap_err();
        assert!(refusal.contains("train.precision") && refusal.contains(&device.to_string()), "{refusal}");
    }
}
