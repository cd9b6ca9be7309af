//! Muon on the matrices of the layers, AdamW on everything else, both clipped by one global norm.

mod depth;

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::Tensor;
use cimiento_kernels::{AdamW, Muon, adamw, global_norm, muon};
use serde::{Deserialize, Serialize};

use crate::params::{self, Grads, keep_path};
use depth::Depths;

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
    /// Each layer learns at this share of the rate of the one above it, the embedding at that of the first.
    #[serde(skip_serializing_if = "is_one")]
    pub layer_decay: f64,
}

/// Left out where it changes nothing, so that a run begun before there was such a key can go on.
fn is_one(number: &f64) -> bool {
    *number == 1.0
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
            layer_decay: 1.0,
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
        let decay = self.layer_decay;
        if !(decay > 0.0 && decay <= 1.0) {
            return Err(format!("optimizer.layer_decay = {decay} must lie in (0, 1]; 1 treats all layers alike"));
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
            return ((done + 1.0) / warmup).min(1.0);
        }
        let left = steps - done;
        if left < decay { self.floor + (1.0 - self.floor) * left / decay } else { 1.0 }.min(1.0)
    }
}

/// What the optimizer remembers of one parameter, flattened: AdamW's two running means, or Muon's momentum alone.
#[derive(Clone, Debug)]
struct Memory {
    first: Tensor<1>,
    second: Option<Tensor<1>>,
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

    /// The global norm of `grads`, and the scale that brings it to `clip_norm`.
    pub fn norm(&self, grads: &Grads) -> (f64, f64) {
        let norm = global_norm(grads.values());
        let clip = self.config.clip_norm;
        (norm, if clip > 0.0 && norm > clip { clip / norm } else { 1.0 })
    }

    /// Moves every parameter that has a gradient; `factor` is the schedule's share of the peak rates and `scale`
    /// multiplies the gradients (clipping).
    pub fn step<M: Module>(&mut self, module: M, grads: Grads, factor: f64, scale: f64) -> M {
        self.taken += 1;
        let depths = Depths::of(&module, self.config.layer_decay);
        let changes = self.muon(&module, grads, factor, scale, &depths);
        let mut mapper = Step { optimizer: self, changes, factor, scale, depths, path: Vec::new() };
        module.map(&mut mapper)
    }

    /// Replaces the gradients of the matrices that Muon moves by those matrices after the step: all that move at one
    /// rate at once, so that each can have a thread.
    fn muon<M: Module>(
        &mut self,
        module: &M,
        grads: Grads,
        factor: f64,
        scale: f64,
        depths: &Depths,
    ) -> BTreeMap<String, Change> {
        let mut chosen = Matrices { path: Vec::new(), grads, found: Vec::new() };
        if self.config.method == Method::Muon {
            module.visit(&mut chosen);
        }
        let Matrices { grads, found, .. } = chosen;
        let mut changes: BTreeMap<String, Change> =
            grads.into_iter().map(|(path, grad)| (path, Change::Gradient(grad))).collect();
        let mut left = found;
        while let Some((path, ..)) = left.first() {
            let share = depths.share(path);
            let (group, others) = left.into_iter().partition(|(path, ..)| depths.share(path) == share);
            left = others;
            let step = Muon {
                lr: self.config.muon_lr * factor * share,
                momentum: self.config.momentum,
                weight_decay: self.config.weight_decay,
                gradient_scale: scale,
            };
            changes.extend(self.move_together(group, &step));
        }
        changes
    }

    fn move_together(&mut self, group: Vec<Chosen>, step: &Muon) -> Vec<(String, Change)> {
        let (paths, matrices): (Vec<String>, Vec<_>) = group
            .into_iter()
            .map(|(path, [weight, grad], shape)| {
                let momentum = self.memory.remove(&path).map_or_else(|| grad.zeros_like(), |memory| memory.first);
                (path, ([weight, grad, momentum], shape))
            })
            .unzip();
        let moved = paths.into_iter().zip(muon(matrices, step));
        moved
            .map(|(path, [weight, momentum])| {
                self.memory.insert(path.clone(), Memory { first: momentum, second: None });
                (path, Change::Moved(weight))
            })
            .collect()
    }

    /// The memory as named tensors, for a checkpoint.
    pub fn export(&self) -> BTreeMap<String, Tensor<1>> {
        let mut tensors = BTreeMap::new();
        for (path, Memory { first, second }) in &self.memory {
            match second {
                Some(second) => {
                    tensors.insert(format!("{path}/first"), first.clone());
                    tensors.insert(format!("{path}/second"), second.clone());
                }
                None => {
                    tensors.insert(format!("{path}/momentum"), first.clone());
                }
            }
        }
        tensors
    }

    /// The optimizer as it was after `taken` steps, from what [`export`](Self::export) gave.
    ///
    /// # Errors
    /// The name of a tensor that does not belong.
    pub fn import(config: OptimizerConfig, taken: u64, tensors: BTreeMap<String, Tensor<1>>) -> Result<Self, String> {
        let mut memory = BTreeMap::new();
        let mut seconds = BTreeMap::new();
        for (name, tensor) in tensors {
            match name.rsplit_once('/') {
                Some((path, "first" | "momentum")) => {
                    memory.insert(path.to_string(), Memory { first: tensor, second: None });
                }
                Some((path, "second")) => {
                    seconds.insert(path.to_string(), tensor);
                }
                _ => return Err(name),
            }
        }
        for (path, second) in seconds {
            match memory.get_mut(&path) {
                Some(memory) => memory.second = Some(second),
                None => return Err(format!("{path}/second")),
            }
        }
        Ok(Self { config, memory, taken })
    }
}

/// What a step knows of a parameter.
enum Change {
    /// Its gradient, flattened.
    Gradient(Tensor<1>),
    /// Its new value, flattened.
    Moved(Tensor<1>),
}

/// A matrix that Muon moves: its path, itself and its gradient flattened, its shape.
type Chosen = (String, [Tensor<1>; 2], [usize; 2]);

/// Takes the matrices of the layers that have a gradient, with it, out of a module.
struct Matrices {
    path: Vec<String>,
    grads: Grads,
    found: Vec<Chosen>,
}

impl ModuleVisitor for Matrices {
    keep_path!();

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let path = params::join(&self.path);
        let [rows, columns] = match param.lazy_shape()[..] {
            // The factors of an adaptation are no directions in the space of activations.
            [rows, columns] if path.contains("layer") && !path.contains("lora_") => [rows, columns],
            _ => return,
        };
        if let Some(grad) = self.grads.remove(&path) {
            let weight = param.val().inner().reshape([rows * columns]);
            self.found.push((path, [weight, grad], [rows, columns]));
        }
    }
}

/// One step over all parameters of a module.
struct Step<'a> {
    optimizer: &'a mut Optimizer,
    changes: BTreeMap<String, Change>,
    factor: f64,
    scale: f64,
    depths: Depths,
    path: Vec<String>,
}

impl ModuleMapper for Step<'_> {
    keep_path!();

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let path = params::join(&self.path);
        let Some(change) = self.changes.remove(&path) else { return param };
        let (id, tensor, mapper) = param.consume();
        let shape = tensor.shape();
        let moved = match change {
            Change::Moved(weight) => weight,
            Change::Gradient(grad) => self.adamw(path, tensor.inner().reshape([shape.num_elements()]), grad, D),
        };
        let moved: Tensor<D> = moved.reshape(shape);
        Param::from_mapped_value(id, Tensor::from_inner(moved).require_grad(), mapper)
    }
}

impl Step<'_> {
    /// A parameter of `rank` axes after its step.
    fn adamw(&mut self, path: String, weight: Tensor<1>, grad: Tensor<1>, rank: usize) -> Tensor<1> {
        let config = &self.optimizer.config;
        let step = AdamW {
            lr: config.lr * self.factor * self.depths.share(&path),
            beta1: config.beta1,
            beta2: config.beta2,
            epsilon: config.epsilon,
            weight_decay: if rank == 2 { config.weight_decay } else { 0.0 },
            step: self.optimizer.taken,
            gradient_scale: self.scale,
        };
        let (first, second) = match self.optimizer.memory.remove(&path) {
            Some(Memory { first, second: Some(second) }) => (first, second),
            _ => (grad.zeros_like(), grad.zeros_like()),
        };
        let [weight, first, second] = adamw(weight, grad, first, second, &step);
        self.optimizer.memory.insert(path, Memory { first, second: Some(second) });
        weight
    }
}

#[cfg(test)]
mod tests;
