//! One layer of the backbone: pre-norm attention and a SwiGLU feed-forward, each added to its input.
//!
//! Field names are those of the Qwen3 checkpoints of `transformers`, so that a parameter's path in the module is
//! its name in the file.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};
use cimiento_kernels::{Dropout, add_dropped, feed_forward, linear, rms_norm, swiglu};
use rand::rngs::StdRng;

use crate::attention::{Attention, Context};
use crate::backbone::{BackboneConfig, branch};
use crate::generate::LayerCache;
use crate::init::{self, Draw};
use crate::lora::Factors;

/// A weight `[d_out, d_in]`, by default without a bias.
#[derive(Module, Debug)]
pub struct Linear {
    /// `[d_out, d_in]`, the layout of the checkpoints.
    pub weight: Param<Tensor<2>>,
    /// `[d_out]`, where a layer has one.
    pub bias: Option<Param<Tensor<1>>>,
    /// What is learned in place of the weight, if it is.
    pub(crate) lora: Option<Factors>,
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

/// `down(silu(gate(x)) * up(x))` (Shazeer 2020).
#[derive(Module, Debug)]
pub struct FeedForward {
    gate_proj: Linear,
    up_proj: Linear,
    down_proj: Linear,
}

impl FeedForward {
    fn new(config: &BackboneConfig, draw: &mut Draw, device: &Device) -> Self {
        let (d, ff, std) = (config.d_model, config.d_ff, config.init_std());
        Self {
            gate_proj: Linear::of(draw.normal(ff, d, std, device)),
            up_proj: Linear::of(draw.normal(ff, d, std, device)),
            down_proj: Linear::of(draw.normal(d, ff, config.residual_std(), device)),
        }
    }

    /// `x` plus the layer's output for the normalised `x`.
    fn forward(&self, x: Tensor<3>, norm: &RmsNorm, dropout: Dropout) -> Tensor<3> {
        let layers = [&self.gate_proj, &self.up_proj, &self.down_proj];
        if layers.iter().any(|layer| layer.lora.is_some()) {
            let n = norm.forward(x.clone());
            let h = swiglu(self.gate_proj.forward(n.clone()), self.up_proj.forward(n));
            return add_dropped(x, self.down_proj.forward(h), dropout);
        }
        let weights = layers.map(|layer| layer.weight.val());
        feed_forward(x, norm.weight.val(), norm.epsilon, weights, dropout)
    }
}

/// One layer.
#[derive(Module, Debug)]
pub struct Block {
    input_layernorm: RmsNorm,
    self_attn: Attention,
    post_attention_layernorm: RmsNorm,
    mlp: FeedForward,
}

impl Block {
    pub(crate) fn new(config: &BackboneConfig, draw: &mut Draw, device: &Device) -> Self {
        Self {
            input_layernorm: RmsNorm::new(config.d_model, config.norm_epsilon, device),
            self_attn: Attention::new(config, draw, device),
            post_attention_layernorm: RmsNorm::new(config.d_model, config.norm_epsilon, device),
            mlp: FeedForward::new(config, draw, device),
        }
    }

    /// Its linear layers by the last part of their names.
    pub(crate) fn linears_mut(&mut self) -> [(&'static str, &mut Linear); 7] {
        let [q, k, v, o] = self.self_attn.linears_mut();
        let FeedForward { gate_proj, up_proj, down_proj } = &mut self.mlp;
        [q, k, v, o, ("gate_proj", gate_proj), ("up_proj", up_proj), ("down_proj", down_proj)]
    }

    /// `[batch, seq, d_model]` to `[batch, seq, d_model]`.
    pub(crate) fn forward(&self, x: Tensor<3>, context: &Context, cache: Option<&mut LayerCache>) -> Tensor<3> {
        let attended = self.self_attn.forward(self.input_layernorm.forward(x.clone()), context, cache);
        let x = add_dropped(x, attended, branch(context.dropout, 0));
        self.mlp.forward(x, &self.post_attention_layernorm, branch(context.dropout, 1))
    }
}
