//! The shared stack of layers: one set of weights that reads, writes, and does both in turn.
//!
//! The block is exactly Qwen3's (pre-RMSNorm, rotary positions in the half-split layout, per-head RMSNorm on
//! queries and keys, grouped-query attention, SwiGLU, no biases, tied embeddings by default), so a checkpoint
//! opens in stock `transformers` and theirs open here.

use burn::module::{Module, Param};
use burn::tensor::{Device, Int, Tensor, assert_shape};
use cimiento_kernels::{Dropout, Mask, Rotary, embedding, linear};
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};

use crate::attention::Context;
use crate::block::{Block, Linear, RmsNorm};
use crate::generate::Cache;
use crate::init;
use crate::order;
use crate::tokens::Tokens;

/// A named size.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// d_model 64, 2 layers, 2 heads: for tests.
    Micro,
    /// d_model 128, 4 layers, 4 heads: minutes on a laptop.
    #[default]
    Nano,
    /// d_model 256, 4 layers, 4 heads.
    Tiny,
    /// d_model 384, 12 layers, 6 heads.
    Small,
    /// d_model 768, 12 layers, 12 heads.
    Base,
}

impl Preset {
    /// `(d_model, layers, heads)`.
    fn size(self) -> (usize, usize, usize) {
        match self {
            Preset::Micro => (64, 2, 2),
            Preset::Nano => (128, 4, 4),
            Preset::Tiny => (256, 4, 4),
            Preset::Small => (384, 12, 6),
            Preset::Base => (768, 12, 12),
        }
    }
}

/// The shape as written in a config file: a preset, and what departs from it.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct ShapeConfig {
    /// The size to start from.
    pub preset: Preset,
    /// Width of the residual stream.
    pub d_model: Option<usize>,
    /// Number of layers.
    pub layers: Option<usize>,
    /// Number of query heads.
    pub heads: Option<usize>,
    /// Number of key/value heads; as many as query heads unless given.
    pub kv_heads: Option<usize>,
    /// Width of one head; `d_model / heads` unless given.
    pub head_dim: Option<usize>,
    /// Inner width of the feed-forward; 8/3 of `d_model` rounded up to a multiple of 32 unless given.
    pub d_ff: Option<usize>,
    /// Longest sequence, in tokens.
    pub context: usize,
    /// Base of the rotary frequencies.
    pub rope_theta: f64,
    /// One matrix for the embedding and for the output projection.
    pub tie_embeddings: bool,
}

impl Default for ShapeConfig {
    fn default() -> Self {
        Self {
            preset: Preset::default(),
            d_model: None,
            layers: None,
            heads: None,
            kv_heads: None,
            head_dim: None,
            d_ff: None,
            context: 512,
            rope_theta: 10_000.0,
            tie_embeddings: true,
        }
    }
}

/// A shape that cannot be built.
#[derive(thiserror::Error, Debug, PartialEq)]
pub enum ShapeError {
    /// A size is zero.
    #[error("backbone.{key} is 0: give a positive number")]
    Zero {
        /// The key.
        key: &'static str,
    },
    /// Heads do not divide the width.
    #[error(
        "backbone.d_model = {d_model} is not a multiple of backbone.heads = {heads}: change one, or give backbone.head_dim"
    )]
    Heads {
        /// Width.
        d_model: usize,
        /// Query heads.
        heads: usize,
    },
    /// Query heads are not shared evenly.
    #[error("backbone.heads = {heads} is not a multiple of backbone.kv_heads = {kv_heads}")]
    KvHeads {
        /// Query heads.
        heads: usize,
        /// Key/value heads.
        kv_heads: usize,
    },
    /// Rotary pairs need an even width.
    #[error("backbone.head_dim = {head_dim} is odd: rotary positions turn pairs, so it must be even")]
    OddHead {
        /// Width of one head.
        head_dim: usize,
    },
    /// The rotary base must be above one.
    #[error("backbone.rope_theta = {0} must be a finite number above 1")]
    RopeTheta(f64),
}

impl ShapeConfig {
    /// Fills in what the preset leaves open.
    ///
    /// # Errors
    /// A [`ShapeError`] where the numbers do not fit together.
    pub fn resolve(&self, vocab_size: usize) -> Result<BackboneConfig, ShapeError> {
        let (d_model, layers, heads) = self.preset.size();
        let d_model = self.d_model.unwrap_or(d_model);
        let heads = self.heads.unwrap_or(heads);
        let kv_heads = self.kv_heads.unwrap_or(heads);
        let layers = self.layers.unwrap_or(layers);
        let sizes = [("d_model", d_model), ("heads", heads), ("kv_heads", kv_heads), ("layers", layers)];
        for (key, value) in sizes.into_iter().chain([("context", self.context)]) {
            if value == 0 {
                return Err(ShapeError::Zero { key });
            }
        }
        if self.head_dim.is_none() && !d_model.is_multiple_of(heads) {
            return Err(ShapeError::Heads { d_model, heads });
        }
        if !heads.is_multiple_of(kv_heads) {
            return Err(ShapeError::KvHeads { heads, kv_heads });
        }
        let head_dim = self.head_dim.unwrap_or(d_model / heads);
        let d_ff = self.d_ff.unwrap_or((8 * d_model).div_ceil(3).next_multiple_of(32));
        for (key, value) in [("head_dim", head_dim), ("d_ff", d_ff)] {
            if value == 0 {
                return Err(ShapeError::Zero { key });
            }
        }
        if !head_dim.is_multiple_of(2) {
            return Err(ShapeError::OddHead { head_dim });
        }
        if !(self.rope_theta.is_finite() && self.rope_theta > 1.0) {
            return Err(ShapeError::RopeTheta(self.rope_theta));
        }
        Ok(BackboneConfig {
            vocab_size,
            d_model,
            layers,
            heads,
            kv_heads,
            head_dim,
            d_ff,
            context: self.context,
            rope_theta: self.rope_theta,
            norm_epsilon: 1e-6,
            tie_embeddings: self.tie_embeddings,
        })
    }
}

/// Every number of a backbone's shape, as a checkpoint stores it.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct BackboneConfig {
    /// Rows of the embedding.
    pub vocab_size: usize,
    /// Width of the residual stream.
    pub d_model: usize,
    /// Number of layers.
    pub layers: usize,
    /// Query heads.
    pub heads: usize,
    /// Key/value heads.
    pub kv_heads: usize,
    /// Width of one head.
    pub head_dim: usize,
    /// Inner width of the feed-forward.
    pub d_ff: usize,
    /// Longest sequence, in tokens.
    pub context: usize,
    /// Base of the rotary frequencies.
    pub rope_theta: f64,
    /// What keeps the norms off zero.
    pub norm_epsilon: f64,
    /// One matrix for the embedding and the output projection.
    pub tie_embeddings: bool,
}

impl BackboneConfig {
    /// Standard deviation of fresh weights: `sqrt(2 / (5 d_model))` (Nguyen and Salazar 2019, "small init").
    pub fn init_std(&self) -> f64 {
        (2.0 / (5.0 * self.d_model as f64)).sqrt()
    }

    /// The same for projections back into the residual stream, shrunk by `1/sqrt(2 layers)` (Radford et al. 2019).
    pub fn residual_std(&self) -> f64 {
        self.init_std() / (2.0 * self.layers as f64).sqrt()
    }

    /// How far `tokens` are turned.
    pub(crate) fn rotary(&self, tokens: &Tokens) -> Rotary {
        Rotary::new(tokens.positions.clone(), self.head_dim, self.rope_theta)
    }

    /// Builds a backbone with fresh weights drawn from `rng`.
    pub fn init(&self, rng: &mut StdRng, device: &Device) -> Backbone {
        let std = self.init_std();
        let embed_tokens = Embedding { weight: init::normal(self.vocab_size, self.d_model, std, rng, device) };
        let layers = (0..self.layers).map(|_| Block::new(self, rng, device)).collect();
        let lm_head = (!self.tie_embeddings).then(|| Linear::new(self.d_model, self.vocab_size, std, rng, device));
        Backbone {
            embed_tokens,
            layers,
            norm: RmsNorm::new(self.d_model, self.norm_epsilon, device),
            lm_head,
            config: self.clone(),
            dropout: Dropout::NONE,
        }
    }
}

/// A row of weights for each token.
#[derive(Module, Debug)]
pub struct Embedding {
    /// `[vocab_size, d_model]`.
    pub weight: Param<Tensor<2>>,
}

/// The stack of layers that every objective and every head shares.
#[derive(Module, Debug)]
pub struct Backbone {
    embed_tokens: Embedding,
    layers: Vec<Block>,
    norm: RmsNorm,
    lm_head: Option<Linear>,
    #[module(skip)]
    config: BackboneConfig,
    #[module(skip)]
    dropout: Dropout,
}

impl Backbone {
    /// The shape it was built with.
    pub fn config(&self) -> &BackboneConfig {
        &self.config
    }

    /// Drops this share of every sub-layer's output while training; evaluation is unaffected.
    pub fn with_dropout(mut self, share: f64) -> Self {
        self.dropout.share = share;
        self
    }

    /// Which elements the next passes drop.
    pub fn seed_dropout(&mut self, seed: u64) {
        self.dropout.seed = seed;
    }

    /// Token ids `[batch, seq]` to embeddings `[batch, seq, d_model]`.
    pub fn embed(&self, ids: Tensor<2, Int>) -> Tensor<3> {
        embedding(self.embed_tokens.weight.val(), ids)
    }

    /// Embeddings `[batch, seq, d_model]` laid out as `tokens` says, to states `[batch, seq, d_model]`.
    pub fn forward(&self, embeddings: Tensor<3>, tokens: &Tokens) -> Tensor<3> {
        let [batch, seq] = tokens.dims();
        assert_shape!(embeddings, [batch, seq, self.config.d_model]);
        let training = embeddings.device().is_autodiff();
        let dropout = if training { self.dropout } else { Dropout::NONE };
        let mut context = Context {
            mask: Mask::new(tokens.segments.clone(), tokens.segments.clone(), tokens.visible.clone(), 0),
            rotary: self.config.rotary(tokens),
            dropout,
        };
        let mut states = embeddings;
        for (index, layer) in (0..).zip(&self.layers) {
            context.dropout = branch(dropout, index);
            states = layer.forward(states, &context, None);
        }
        self.norm.forward(states)
    }

    /// As [`forward`](Self::forward) for tokens that continue those in `cache`, which takes them up.
    pub fn forward_cached(&self, embeddings: Tensor<3>, tokens: &Tokens, cache: &mut Cache) -> Tensor<3> {
        let context = cache.context(tokens, self.config.rotary(tokens));
        let mut states = embeddings;
        for (layer, layer_cache) in self.layers.iter().zip(cache.layers_mut(self.config.layers)) {
            states = layer.forward(states, &context, Some(layer_cache));
        }
        self.norm.forward(states)
    }

    /// States of `tokens`, `[batch, seq, d_model]`.
    pub fn states(&self, tokens: &Tokens) -> Tensor<3> {
        self.forward(self.embed(tokens.ids.clone()), tokens)
    }

    /// States of `tokens` at flat positions `row * seq + column`: `[n, d_model]`.
    pub fn states_at(&self, tokens: &Tokens, at: Tensor<1, Int>) -> Tensor<2> {
        let [batch, seq] = tokens.dims();
        self.states(tokens).reshape([batch * seq, self.config.d_model]).select(0, at)
    }

    /// The output projection `[vocab_size, d_model]`: the embedding itself where they are tied.
    pub fn output_weight(&self) -> Tensor<2> {
        self.lm_head.as_ref().map_or_else(|| self.embed_tokens.weight.val(), |head| head.weight.val())
    }

    /// States `[n, d_model]` to logits `[n, vocab_size]`.
    pub fn logits(&self, states: Tensor<2>) -> Tensor<2> {
        linear(states, self.output_weight())
    }
}

/// The same share of other elements, one choice a `place` in the model.
pub(crate) fn branch(dropout: Dropout, place: u64) -> Dropout {
    Dropout { seed: order::mix64(dropout.seed ^ place.wrapping_mul(0xd1b5_4a32_d192_ed03)), ..dropout }
}

#[cfg(test)]
mod tests;
