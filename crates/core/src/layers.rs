//! The layers that stacks are built of: a linear layer, a norm, a table of embeddings.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};
use cimiento_kernels::{linear, rms_norm};
use rand::rngs::StdRng;

use crate::init;
use crate::lora::{Factors, LoraConfig};

/// A row of weights for each token.
#[derive(Module, Debug)]
pub struct Embedding {
    /// `[vocab_size, d_model]`.
    pub weight: Param<Tensor<2>>,
}

/// A weight `[d_out, d_in]`, by default without a bias.
#[derive(Module, Debug)]
pub struct Linear {
    /// `[d_out, d_in]`, the layout of the checkpoints.
    pub weight: Param<Tensor<2>>,
    /// `[d_out]`, where a layer has one.
    pub bias: Option<Param<Tensor<1>>>,
    /// What is learned in place of the weight, if it is.
    lora: Option<Factors>,
}

impl Linear {
    /// Normal weights with standard deviation `std`.
    pub fn new(d_in: usize, d_out: usize, std: f64, rng: &mut StdRng, device: &Device) -> Self {
        Self::of(init::normal(d_out, d_in, std, rng, device))
    }

    /// This weight.
    pub fn of(weight: Param<Tensor<2>>) -> Self {
        Self { weight, bias: None, lora: None }
    }

    /// With a bias of zeros.
    pub fn with_bias(mut self) -> Self {
        self.bias = Some(init::constant(self.weight.lazy_shape()[0], 0.0, &self.weight.lazy_device()));
        self
    }

    /// `[.., d_in]` to `[.., d_out]`.
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let y = self.project(x);
        match &self.bias {
            Some(bias) => y + bias.val().unsqueeze(),
            None => y,
        }
    }

    /// Gives the layer factors, which are learned in place of the weight.
    pub(crate) fn adapt(&mut self, config: &LoraConfig, rng: &mut StdRng, device: &Device) {
        let shape = self.weight.lazy_shape();
        self.lora = Some(Factors::new(config, [shape[0], shape[1]], rng, device));
    }

    /// Whether factors are learned in place of the weight.
    pub(crate) fn is_adapted(&self) -> bool {
        self.lora.is_some()
    }

    /// Takes the factors up into the weight.
    pub(crate) fn merge(&mut self) {
        if let Some(factors) = self.lora.take() {
            let change = factors.change();
            self.weight = self.weight.clone().map(|weight| (weight + change).detach());
        }
    }

    /// The same without the bias.
    pub(crate) fn project<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        match &self.lora {
            Some(factors) => linear(x.clone(), self.weight.val()) + factors.forward(x),
            None => linear(x, self.weight.val()),
        }
    }
}

/// Root-mean-square normalisation over the last axis (Zhang and Sennrich 2019).
#[derive(Module, Debug)]
pub struct RmsNorm {
    /// Gain, `[d]`.
    pub weight: Param<Tensor<1>>,
    epsilon: f64,
}

impl RmsNorm {
    /// Gain one.
    pub fn new(d: usize, epsilon: f64, device: &Device) -> Self {
        Self { weight: init::constant(d, 1.0, device), epsilon }
    }

    /// `[.., d]` to `[.., d]`.
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        rms_norm(x, self.weight.val(), self.epsilon)
    }

    /// The value under the root that keeps it off zero.
    pub fn epsilon(&self) -> f64 {
        self.epsilon
    }
}
