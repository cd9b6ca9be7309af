//! Grouped-query attention with rotary positions and per-head normalised queries and keys.

use burn::module::Module;
use burn::tensor::{Device, Int, Tensor, assert_shape};
use cimiento_kernels::{Mask, attention, norm_rotary};
use rand::rngs::StdRng;

use crate::backbone::BackboneConfig;
use crate::block::{Linear, RmsNorm};
use crate::generate::LayerCache;

/// What all layers of one forward pass share.
pub(crate) struct Context {
    /// Which keys a query may see.
    pub mask: Mask,
    /// `[batch, seq]`, the place of each new token in its sequence.
    pub positions: Tensor<2, Int>,
}

/// Queries, keys, values and output without biases; RMS norm on each head's query and key before the rotation.
#[derive(Module, Debug)]
pub struct Attention {
    q_proj: Linear,
    k_proj: Linear,
    v_proj: Linear,
    o_proj: Linear,
    q_norm: RmsNorm,
    k_norm: RmsNorm,
    heads: usize,
    kv_heads: usize,
    head_dim: usize,
    rope_theta: f64,
}

impl Attention {
    pub(crate) fn new(config: &BackboneConfig, rng: &mut StdRng, device: &Device) -> Self {
        let BackboneConfig { d_model, heads, kv_heads, head_dim, norm_epsilon, rope_theta, .. } = *config;
        let std = config.init_std();
        Self {
            q_proj: Linear::new(d_model, heads * head_dim, std, rng, device),
            k_proj: Linear::new(d_model, kv_heads * head_dim, std, rng, device),
            v_proj: Linear::new(d_model, kv_heads * head_dim, std, rng, device),
            o_proj: Linear::new(heads * head_dim, d_model, config.residual_std(), rng, device),
            q_norm: RmsNorm::new(head_dim, norm_epsilon, device),
            k_norm: RmsNorm::new(head_dim, norm_epsilon, device),
            heads,
            kv_heads,
            head_dim,
            rope_theta,
        }
    }

    /// `[batch, seq, d_model]` to `[batch, seq, d_model]`; with a cache, `seq` counts only the new tokens.
    pub(crate) fn forward(&self, x: Tensor<3>, context: &Context, cache: Option<&mut LayerCache>) -> Tensor<3> {
        let [batch, seq, d_model] = x.dims();
        assert_shape!(context.positions, [batch, seq]);
        let split = |y: Tensor<3>, heads: usize| y.reshape([batch, seq, heads, self.head_dim]);
        let rotate = |y: Tensor<4>, norm: &RmsNorm| {
            norm_rotary(y, norm.weight.val(), norm.epsilon(), context.positions.clone(), self.rope_theta)
        };
        let q = rotate(split(self.q_proj.forward(x.clone()), self.heads), &self.q_norm);
        let k = rotate(split(self.k_proj.forward(x.clone()), self.kv_heads), &self.k_norm);
        let v = split(self.v_proj.forward(x), self.kv_heads);
        let (k, v) = match cache {
            Some(cache) => cache.extend(k, v),
            None => (k, v),
        };
        let y = attention(q, k, v, &context.mask).reshape([batch, seq, self.heads * self.head_dim]);
        let y = self.o_proj.forward(y);
        assert_shape!(y, [batch, seq, d_model]);
        y
    }
}
