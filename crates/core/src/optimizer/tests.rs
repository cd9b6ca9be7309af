use burn::tensor::Device;
use cimiento_kernels::orthogonalise;

use super::*;

#[test]
fn the_schedule_rises_stays_and_falls() {
    let schedule = ScheduleConfig { warmup: 0.1, decay: 0.2, floor: 0.1 };
    let factor = |step| schedule.factor(step, 100);
    assert_eq!(factor(0), 0.1);
    assert_eq!(factor(9), 1.0);
    assert_eq!(factor(79), 1.0);
    assert!((factor(90) - 0.55).abs() < 1e-9);
    assert!((factor(99) - 0.145).abs() < 1e-9);
    for step in 81..99 {
        assert!(factor(step) > factor(step + 1));
    }
    // A warmup of 1.2 steps does not overshoot in its second.
    let short = ScheduleConfig { warmup: 0.02, decay: 0.0, floor: 0.0 };
    assert_eq!([0, 1, 2].map(|step| short.factor(step, 60)), [1.0 / 1.2, 1.0, 1.0]);
}

#[test]
fn adamw_takes_the_steps_worked_out_by_hand() {
    // Two steps on w = 1 with gradients 0.5 and 0.25, lr 0.1, decay 0.1, betas 0.9 and 0.99.
    let device = Device::flex();
    let tensor = |value: f32| Tensor::<1>::from_floats([value], &device);
    let step =
        |step| AdamW { lr: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 0.0, weight_decay: 0.1, step, gradient_scale: 1.0 };
    let [weight, first, second] = adamw(tensor(1.0), tensor(0.5), tensor(0.0), tensor(0.0), &step(1));
    // The first step is the sign of the gradient times the rate: 1·(1 − 0.01) − 0.1.
    assert!((weight.clone().into_scalar::<f32>() - 0.89).abs() < 1e-6);
    let [weight, ..] = adamw(weight, tensor(0.25), first, second, &step(2));
    let first: f64 = (0.9 * 0.05 + 0.1 * 0.25) / (1.0 - 0.81);
    let second: f64 = (0.99 * 0.0025 + 0.01 * 0.0625) / (1.0 - 0.9801);
    let expected = 0.89 * 0.99 - 0.1 * first / second.sqrt();
    assert!((f64::from(weight.into_scalar::<f32>()) - expected).abs() < 1e-5);
}

#[test]
fn orthogonalised_matrices_have_singular_values_near_one() {
    let device = Device::flex();
    for [rows, columns] in [[16, 16], [8, 32], [32, 8]] {
        let matrix = crate::init::normal(rows, columns, 1.0, &mut cimiento_data::order::rng(1, 0, 0), &device).val();
        let x = orthogonalise(matrix);
        assert_eq!(x.dims(), [rows, columns]);
        let gram = if rows > columns { x.clone().transpose().matmul(x) } else { x.clone().matmul(x.transpose()) };
        // The squared singular values sum to the trace.
        let n = rows.min(columns);
        let trace: f32 = gram.into_data().iter::<f32>().step_by(n + 1).sum();
        let mean = trace / n as f32;
        assert!((0.6..1.3).contains(&mean), "{rows}×{columns}: mean squared singular value {mean}");
    }
}

#[test]
fn the_global_norm_is_over_all_parameters() {
    let device = Device::flex();
    let mut grads = Grads::new();
    grads.insert("a".into(), Tensor::from_floats([3.0, 0.0], &device));
    grads.insert("b".into(), Tensor::from_floats([4.0], &device));
    let optimizer = Optimizer::new(OptimizerConfig { clip_norm: 1.0, ..Default::default() });
    let (norm, scale) = optimizer.norm(&grads);
    assert!((norm - 5.0).abs() < 1e-6 && (scale - 0.2).abs() < 1e-6);
    let unclipped = Optimizer::new(OptimizerConfig { clip_norm: 0.0, ..Default::default() });
    assert_eq!(unclipped.norm(&grads).1, 1.0);
}

#[test]
fn memory_survives_export_and_import() {
    let device = Device::flex();
    let mut weights = BTreeMap::new();
    for name in ["x/first", "x/second", "y/momentum"] {
        weights.insert(name.to_string(), Tensor::<1>::from_floats([1.0, 2.0], &device));
    }
    let optimizer = Optimizer::import(OptimizerConfig::default(), 3, weights.clone()).unwrap();
    let data = |all: &BTreeMap<String, Tensor<1>>| -> Vec<_> {
        all.iter().map(|(name, values)| (name.clone(), values.to_data())).collect()
    };
    assert_eq!(data(&optimizer.export()), data(&weights));
    weights.insert("z/second".into(), Tensor::from_floats([1.0], &device));
    assert_eq!(Optimizer::import(OptimizerConfig::default(), 3, weights).unwrap_err(), "z/second");
}

#[test]
fn wrong_numbers_name_their_key() {
    let check = |config: OptimizerConfig, key: &str| assert!(config.validate().unwrap_err().contains(key));
    check(OptimizerConfig { lr: 0.0, ..Default::default() }, "optimizer.lr");
    check(OptimizerConfig { beta2: 1.0, ..Default::default() }, "optimizer.beta2");
    check(OptimizerConfig { layer_decay: 0.0, ..Default::default() }, "optimizer.layer_decay");
    check(OptimizerConfig { clip_norm: f64::NAN, ..Default::default() }, "optimizer.clip_norm");
    let overlap = ScheduleConfig { warmup: 0.6, decay: 0.6, floor: 0.0 };
    assert!(overlap.validate().unwrap_err().contains("overlap"));
}

/// A module with two layers, all ones; each matrix is pulled by the same gradient.
#[derive(Module, Debug)]
struct Stack {
    embed_tokens: Param<Tensor<2>>,
    layers: Vec<Param<Tensor<2>>>,
    head: Param<Tensor<2>>,
}

#[test]
fn lower_layers_move_less() {
    let device = Device::flex();
    let ones = || crate::init::normal(4, 4, 1.0, &mut cimiento_data::order::rng(1, 0, 0), &device);
    for method in [Method::AdamW, Method::Muon] {
        let stack = Stack { embed_tokens: ones(), layers: vec![ones(), ones()], head: ones() };
        let before = params::weights(&stack);
        let grads = before.keys().map(|path| (path.clone(), Tensor::ones([16], &device))).collect();
        let config = OptimizerConfig { method, layer_decay: 0.5, weight_decay: 0.0, ..Default::default() };
        let after = params::weights(&Optimizer::new(config).step(stack, grads, 1.0, 1.0));
        let moved = |path: &str| {
            let pairs = before[path].iter::<f32>().zip(after[path].iter::<f32>());
            pairs.map(|(before, after)| (before - after).abs()).sum::<f32>()
        };
        let near = |a: f32, b: f32| assert!((a / b - 1.0).abs() < 0.01, "{method:?}: {a} {b}");
        near(moved("layers.1"), 2.0 * moved("layers.0"));
        near(moved("head"), 8.0 * moved("embed_tokens"));
    }
}
