//! Muon on the matrices of the layers, AdamW on everything else, both clipped by one global norm.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use crate::params::{Grads, Weights, keep_path};

/// Which rule moves the matrices of the layers.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// Momentum, orthogonalised (Jordan et al. 2024); embeddings, norms and heads still take AdamW.
    #[default]
    Muon,
    /// AdamW for all parameters (Loshchilov and Hutter 2019).
    AdamW,
}

/// How gradients become steps.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct OptimizerConfig {
    /// Rule for the matrices of the layers.
    pub method: Method,
    /// Peak learning rate of AdamW.
    pub lr: f64,
    /// Peak learning rate of Muon.
    pub muon_lr: f64,
    /// Decoupled weight decay, on matrices only.
    pub weight_decay: f64,
    /// AdamW's decay of the first moment.
    pub beta1: f64,
    /// AdamW's decay of the second moment.
    pub beta2: f64,
    /// AdamW's epsilon.
    pub epsilon: f64,
    /// Muon's momentum.
    pub momentum: f64,
    /// Gradients are scaled down to this global norm; 0 never clips.
    pub clip_norm: f64,
}

impl Default for OptimizerConfig {
    fn default() -> Self {
        Self {
            method: Method::default(),
            lr: 3e-3,
            muon_lr: 0.02,
            weight_decay: 0.1,
            beta1: 0.9,
            beta2: 0.95,
            epsilon: 1e-8,
            momentum: 0.95,
            clip_norm: 1.0,
        }
    }
}

impl OptimizerConfig {
    /// Checks every number.
    ///
    /// # Errors
    /// What is wrong, naming the key.
    pub fn validate(&self) -> Result<(), String> {
        for (key, value) in [("lr", self.lr), ("muon_lr", self.muon_lr), ("epsilon", self.epsilon)] {
            if !(value > 0.0 && value.is_finite()) {
                return Err(format!("optimizer.{key} = {value} must be above 0"));
            }
        }
        for (key, value) in [("beta1", self.beta1), ("beta2", self.beta2), ("momentum", self.momentum)] {
            if !(0.0..1.0).contains(&value) {
                return Err(format!("optimizer.{key} = {value} must lie in [0, 1)"));
            }
        }
        for (key, value) in [("weight_decay", self.weight_decay), ("clip_norm", self.clip_norm)] {
            if !(value >= 0.0 && value.is_finite()) {
                return Err(format!("optimizer.{key} = {value} must be 0 or above"));
            }
        }
        Ok(())
    }
}

/// The learning rate's course: up, level, down to zero.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct ScheduleConfig {
    /// Share of the steps in which the rate rises to its peak.
    pub warmup: f64,
    /// Share of the steps at the end in which it falls linearly.
    pub decay: f64,
    /// Where it ends, as a share of the peak.
    pub floor: f64,
}

impl Default for ScheduleConfig {
    fn default() -> Self {
        Self { warmup: 0.02, decay: 0.25, floor: 0.0 }
    }
}

impl ScheduleConfig {
    /// Checks every number.
    ///
    /// # Errors
    /// What is wrong, naming the key.
    pub fn validate(&self) -> Result<(), String> {
        for (key, value) in [("warmup", self.warmup), ("decay", self.decay), ("floor", self.floor)] {
            if !(0.0..=1.0).contains(&value) {
                return Err(format!("schedule.{key} = {value} must lie in [0, 1]"));
            }
        }
        if self.warmup + self.decay > 1.0 {
            return Err(format!(
                "schedule.warmup + schedule.decay = {} is above 1: the two overlap",
                self.warmup + self.decay
            ));
        }
        Ok(())
    }

    /// Share of the peak rate at `step` of `steps` (warmup–stable–decay, Hu et al. 2024).
    pub fn factor(&self, step: u64, steps: u64) -> f64 {
        let (done, steps) = (step as f64, steps as f64);
        let (warmup, decay) = (self.warmup * steps, self.decay * steps);
        if done < warmup {
            return (done + 1.0) / warmup.max(1.0);
        }
        let left = steps - done;
        if left < decay { self.floor + (1.0 - self.floor) * left / decay } else { 1.0 }.min(1.0)
    }
}

/// What the optimizer remembers of one parameter, flattened.
#[derive(Clone, Debug)]
enum Memory {
    Adam { first: Tensor<1>, second: Tensor<1> },
    Muon { momentum: Tensor<1> },
}

/// The optimizer with its memory of every parameter, by path.
#[derive(Clone, Debug)]
pub struct Optimizer {
    config: OptimizerConfig,
    memory: BTreeMap<String, Memory>,
    /// Steps taken, for AdamW's bias correction.
    taken: u64,
}

impl Optimizer {
    /// One that remembers nothing.
    pub fn new(config: OptimizerConfig) -> Self {
        Self { config, memory: BTreeMap::new(), taken: 0 }
    }

    /// The global norm of `grads` on the host, and the scale that brings it to `clip_norm`.
    pub fn norm(&self, grads: &Grads) -> (f64, f64) {
        let squares: Vec<Tensor<1>> = grads.values().map(|grad| grad.clone().square().sum()).collect();
        if squares.is_empty() {
            return (0.0, 1.0);
        }
        let norm = f64::from(Tensor::cat(squares, 0).sum().sqrt().into_scalar::<f32>());
        let clip = self.config.clip_norm;
        (norm, if clip > 0.0 && norm > clip { clip / norm } else { 1.0 })
    }

    /// Moves every parameter that has a gradient; `factor` is the schedule's share of the peak rates and `scale`
    /// multiplies the gradients (clipping).
    pub fn step<M: Module>(&mut self, module: M, grads: Grads, factor: f64, scale: f64) -> M {
        self.taken += 1;
        let mut mapper = Step { optimizer: self, grads, factor, scale, path: Vec::new() };
        module.map(&mut mapper)
    }

    /// The memory as named tensors, for a checkpoint.
    pub fn export(&self) -> Weights {
        let mut weights = Weights::new();
        for (path, memory) in &self.memory {
            match memory {
                Memory::Adam { first, second } => {
                    weights.insert(format!("{path}/first"), first.to_data());
                    weights.insert(format!("{path}/second"), second.to_data());
                }
                Memory::Muon { momentum } => {
                    weights.insert(format!("{path}/momentum"), momentum.to_data());
                }
            }
        }
        weights
    }

    /// The optimizer as it was after `taken` steps, from what [`export`](Self::export) gave.
    ///
    /// # Errors
    /// The name of a tensor that does not belong.
    pub fn import(config: OptimizerConfig, taken: u64, weights: Weights, device: &Device) -> Result<Self, String> {
        let device = device.clone().without_autodiff();
        let mut memory = BTreeMap::new();
        let mut seconds = BTreeMap::new();
        let tensor = |data: TensorData| Tensor::<1>::from_data(data, &device);
        for (name, data) in weights {
            match name.rsplit_once('/') {
                Some((path, "first")) => {
                    let first = tensor(data);
                    let second = first.zeros_like();
                    memory.insert(path.to_string(), Memory::Adam { first, second });
                }
                Some((path, "second")) => {
                    seconds.insert(path.to_string(), tensor(data));
                }
                Some((path, "momentum")) => {
                    memory.insert(path.to_string(), Memory::Muon { momentum: tensor(data) });
                }
                _ => return Err(name),
            }
        }
        for (path, found) in seconds {
            match memory.get_mut(&path) {
                Some(Memory::Adam { second, .. }) => *second = found,
                _ => return Err(format!("{path}/second")),
            }
        }
        Ok(Self { config, memory, taken })
    }
}

/// One step over all parameters of a module.
struct Step<'a> {
    optimizer: &'a mut Optimizer,
    grads: Grads,
    factor: f64,
    scale: f64,
    path: Vec<String>,
}

impl ModuleMapper for Step<'_> {
    keep_path!();

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let path = self.path.join(".");
        let Some(grad) = self.grads.remove(&path) else { return param };
        let (id, tensor, mapper) = param.consume();
        let shape = tensor.shape();
        let size = shape.num_elements();
        let inner = tensor.inner();
        let grad = grad.mul_scalar(self.scale);
        let config = self.optimizer.config.clone();
        let matrix = D == 2 && path.contains("layers.");
        let moved: Tensor<D> = if matrix && config.method == Method::Muon {
            let weight: Tensor<2> = inner.reshape([shape[0], shape[1]]);
            let momentum = self.optimizer.memory.remove(&path);
            let (weight, momentum) = muon(weight, grad, momentum, self.factor, &config);
            self.optimizer.memory.insert(path, Memory::Muon { momentum });
            weight.reshape(shape)
        } else {
            let decay = if D == 2 { config.weight_decay } else { 0.0 };
            let memory = self.optimizer.memory.remove(&path);
            let taken = self.optimizer.taken;
            let (weight, memory) = adamw(inner.reshape([size]), grad, memory, self.factor, decay, taken, &config);
            self.optimizer.memory.insert(path, memory);
            weight.reshape(shape)
        };
        Param::from_mapped_value(id, Tensor::from_inner(moved).require_grad(), mapper)
    }
}

/// AdamW (Loshchilov and Hutter 2019, algorithm 2).
fn adamw(
    weight: Tensor<1>,
    grad: Tensor<1>,
    memory: Option<Memory>,
    factor: f64,
    decay: f64,
    taken: u64,
    config: &OptimizerConfig,
) -> (Tensor<1>, Memory) {
    let (beta1, beta2) = (config.beta1, config.beta2);
    let fresh = grad.clone().mul_scalar(1.0 - beta1);
    let fresh_square = grad.square().mul_scalar(1.0 - beta2);
    let (first, second) = match memory {
        Some(Memory::Adam { first, second }) => {
            (first.mul_scalar(beta1) + fresh, second.mul_scalar(beta2) + fresh_square)
        }
        _ => (fresh, fresh_square),
    };
    let correct = |beta: f64| 1.0 - beta.powf(taken as f64);
    let lr = config.lr * factor;
    let root = second.clone().div_scalar(correct(beta2)).sqrt().add_scalar(config.epsilon);
    let update = first.clone().mul_scalar(lr / correct(beta1)).div(root);
    let weight = weight.mul_scalar(1.0 - lr * decay) - update;
    (weight, Memory::Adam { first, second })
}

/// Muon with Nesterov momentum; the rate grows with `sqrt(rows / columns)` of tall matrices (Jordan et al. 2024).
fn muon(
    weight: Tensor<2>,
    grad: Tensor<1>,
    memory: Option<Memory>,
    factor: f64,
    config: &OptimizerConfig,
) -> (Tensor<2>, Tensor<1>) {
    let [rows, columns] = weight.dims();
    let momentum = match memory {
        Some(Memory::Muon { momentum }) => momentum.mul_scalar(config.momentum) + grad.clone(),
        _ => grad.clone(),
    };
    let ahead = grad + momentum.clone().mul_scalar(config.momentum);
    let direction = orthogonalise(ahead.reshape([rows, columns]));
    let lr = config.muon_lr * factor;
    let shape_factor = (rows as f64 / columns as f64).max(1.0).sqrt();
    let weight = weight.mul_scalar(1.0 - lr * config.weight_decay) - direction.mul_scalar(lr * shape_factor);
    (weight, momentum)
}

/// Five quintic Newton–Schulz steps towards the nearest orthogonal matrix; singular values end in about
/// [0.7, 1.2], which is all Muon needs (Jordan et al. 2024).
fn orthogonalise(matrix: Tensor<2>) -> Tensor<2> {
    const A: f64 = 3.4445;
    const B: f64 = -4.775;
    const C: f64 = 2.0315;
    let [rows, columns] = matrix.dims();
    let tall = rows > columns;
    let x = if tall { matrix.transpose() } else { matrix };
    let norm = x.clone().square().sum().sqrt().add_scalar(1e-7);
    let mut x = x / norm.unsqueeze::<2>();
    for _ in 0..5 {
        let gram = x.clone().matmul(x.clone().transpose());
        let poly = gram.clone().mul_scalar(B) + gram.clone().matmul(gram).mul_scalar(C);
        x = x.clone().mul_scalar(A) + poly.matmul(x);
    }
    if tall { x.transpose() } else { x }
}

#[cfg(test)]
mod tests;
