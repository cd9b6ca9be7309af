//! One layer of the backbone: pre-norm attention and a SwiGLU feed-forward, each added to its input.
//!
//! Field names are those of the Qwen3 checkpoints of `transformers`, so that a parameter's path in the module is
//! its name in the file.

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use cimiento_kernels::{Dropout, add_dropped, feed_forward, swiglu};

use crate::attention::Attention;
use crate::backbone::shape::BackboneConfig;
use crate::context::{Context, branch};
use crate::generate::cache::LayerCache;
use crate::init::Draw;
use crate::layers::{Linear, RmsNorm};

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
        if layers.iter().any(|layer| layer.is_adapted()) {
            let n = norm.forward(x.clone());
            let h = swiglu(self.gate_proj.forward(n.clone()), self.up_proj.forward(n));
            return add_dropped(x, self.down_proj.forward(h), dropout);
        }
        let weights = layers.map(|layer| layer.weight.val());
        feed_forward(x, norm.weight.val(), norm.epsilon(), weights, dropout)
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
