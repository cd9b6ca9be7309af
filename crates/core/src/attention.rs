//! Grouped-query attention with rotary positions and per-head normalised queries and keys.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, assert_shape};
use cimiento_kernels::{attention, norm_rotary, rotary};
use rand::rngs::StdRng;

use crate::backbone::shape::BackboneConfig;
use crate::context::Context;
use crate::generate::cache::LayerCache;
use crate::init::{self, Draw};
use crate::layers::{Linear, RmsNorm};

/// Queries, keys, values and output; RMS norm on each head's query and key before the rotation. Llama's kind has no such
/// norms, Qwen2's has biases on queries, keys and values too.
#[derive(Module, Debug)]
pub struct Attention {
    q_proj: Linear,
    k_proj: Linear,
    v_proj: Linear,
    o_proj: Linear,
    q_norm: Option<RmsNorm>,
    k_norm: Option<RmsNorm>,
    heads: usize,
    kv_heads: usize,
    head_dim: usize,
}

impl Attention {
    /// Fresh weights with a bent: see [`fresh`].
    pub(crate) fn new(config: &BackboneConfig, draw: &mut Draw, device: &Device) -> Self {
        let BackboneConfig { heads, kv_heads, head_dim, norm_epsilon, qk_norm, qkv_bias, .. } = *config;
        let [q_proj, k_proj, v_proj, o_proj] = match draw {
            Draw::Random(rng) => fresh(config, rng, device),
            Draw::Blank => blank(config, device),
        };
        let biased = |linear: Linear| if qkv_bias { linear.with_bias() } else { linear };
        let norm = || qk_norm.then(|| RmsNorm::new(head_dim, norm_epsilon, device));
        Self {
            q_proj: biased(q_proj),
            k_proj: biased(k_proj),
            v_proj: biased(v_proj),
            o_proj,
            q_norm: norm(),
            k_norm: norm(),
            heads,
            kv_heads,
            head_dim,
        }
    }

    /// Its linear layers by the last part of their names.
    pub(crate) fn linears_mut(&mut self) -> [(&'static str, &mut Linear); 4] {
        let Self { q_proj, k_proj, v_proj, o_proj, .. } = self;
        [("q_proj", q_proj), ("k_proj", k_proj), ("v_proj", v_proj), ("o_proj", o_proj)]
    }

    /// `[batch, seq, d_model]` to `[batch, seq, d_model]`; with a cache, `seq` counts only the new tokens.
    pub(crate) fn forward(&self, x: Tensor<3>, context: &Context, cache: Option<&mut LayerCache>) -> Tensor<3> {
        let [batch, seq, d_model] = x.dims();
        let split = |y: Tensor<3>, heads: usize| y.reshape([batch, seq, heads, self.head_dim]);
        let rotate = |y: Tensor<4>, norm: &Option<RmsNorm>| match norm {
            Some(norm) => norm_rotary(y, norm.weight.val(), norm.epsilon(), &context.rotary),
            None => rotary(y, &context.rotary),
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

/// How alike fresh queries and keys are: the correlation of their weights.
const LIKENESS: f64 = 0.7;

/// Fresh projections to queries, keys and values and back: tokens look at tokens like themselves and pass on what they
/// find unchanged, which is most of what copying takes ("mimetic" initialisation, Trockman and Kolter 2023).
///
/// A key's weights are like its query's, and the output projection is the transpose of the values' plus noise. With
/// fully random weights a small model learns to copy only after millions of tokens.
fn fresh(config: &BackboneConfig, rng: &mut StdRng, device: &Device) -> [Linear; 4] {
    let BackboneConfig { d_model, heads, kv_heads, head_dim, .. } = *config;
    let std = config.init_std();
    let mut draw = |rows: usize, columns: usize, std: f64| init::normal(rows, columns, std, rng, device).val();
    let q = draw(heads * head_dim, d_model, std);
    let own_k = draw(kv_heads * head_dim, d_model, std);
    let v = draw(kv_heads * head_dim, d_model, std);
    let noise = draw(d_model, heads * head_dim, config.residual_std());
    // Heads that share a key take after the first of them.
    let group = heads / kv_heads;
    let leaders = q.clone().reshape([kv_heads, group, head_dim, d_model]).narrow(1, 0, 1);
    let k = leaders.reshape([kv_heads * head_dim, d_model]).mul_scalar(LIKENESS)
        + own_k.mul_scalar((1.0 - LIKENESS * LIKENESS).sqrt());
    // Deeper models pass on less a layer; four layers pass on all.
    let share = (4.0 / config.layers as f64).sqrt().min(1.0);
    let back = v.clone().reshape([kv_heads, 1, head_dim, d_model]).repeat_dim(1, group);
    let o = back.reshape([heads * head_dim, d_model]).transpose().mul_scalar(share / group as f64) + noise;
    [q, k, v, o].map(|weight| Linear::of(Param::from_tensor(weight.detach())))
}

/// Projections whose weights come from a file later.
fn blank(config: &BackboneConfig, device: &Device) -> [Linear; 4] {
    let BackboneConfig { d_model, heads, kv_heads, head_dim, .. } = *config;
    let (own, shared) = (heads * head_dim, kv_heads * head_dim);
    [[own, d_model], [shared, d_model], [shared, d_model], [d_model, own]]
        .map(|[d_out, d_in]| Linear::of(Draw::Blank.normal(d_out, d_in, 0.0, device)))
}
