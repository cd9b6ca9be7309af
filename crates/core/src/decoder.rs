//! The stack of layers that reads and writes.
//!
//! The block is exactly Qwen3's (pre-RMSNorm, rotary positions in the half-split layout, per-head RMSNorm on
//! queries and keys, grouped-query attention, SwiGLU, no biases, tied embeddings by default), so a checkpoint
//! opens in stock `transformers` and theirs open here. Llama's and Qwen2's blocks are the same without those norms, and
//! with biases on queries, keys and values.

use burn::module::Module;
use burn::tensor::{Device, Int, Tensor, assert_shape};
use cimiento_kernels::{Dropout, Mask, embedding};

use crate::backbone::shape::BackboneConfig;
use crate::block::Block;
use crate::context::{Context, branch};
use crate::generate::cache::Cache;
use crate::init::Draw;
use crate::layers::{Embedding, Linear, RmsNorm};
use crate::tokens::Tokens;

/// Embedding, layers, norm, and the output projection where it is not the embedding.
#[derive(Module, Debug)]
pub struct Decoder {
    embed_tokens: Embedding,
    layers: Vec<Block>,
    norm: RmsNorm,
    lm_head: Option<Linear>,
    /// Its sizes, and how it attends.
    #[module(skip)]
    pub config: BackboneConfig,
    #[module(skip)]
    pub(crate) dropout: Dropout,
}

impl Decoder {
    pub(crate) fn new(config: &BackboneConfig, draw: &mut Draw, device: &Device) -> Self {
        let (std, vocab, d) = (config.init_std(), config.vocab_size, config.d_model);
        let embed_tokens = Embedding { weight: draw.normal(vocab, d, std, device) };
        let layers = (0..config.layers).map(|_| Block::new(config, draw, device)).collect();
        let lm_head = (!config.tie_embeddings).then(|| Linear::of(draw.normal(vocab, d, std, device)));
        Self {
            embed_tokens,
            layers,
            norm: RmsNorm::new(d, config.norm_epsilon, device),
            lm_head,
            config: config.clone(),
            dropout: Dropout::NONE,
        }
    }

    /// The linear layers that may be adapted, by the last part of their names.
    pub(crate) fn linears_mut(&mut self) -> impl Iterator<Item = (&'static str, &mut Linear)> {
        self.layers.iter_mut().flat_map(Block::linears_mut)
    }

    /// Token ids `[batch, seq]` to embeddings `[batch, seq, d_model]`.
    pub(crate) fn embed(&self, ids: Tensor<2, Int>) -> Tensor<3> {
        embedding(self.embed_tokens.weight.val(), ids)
    }

    /// Embeddings `[batch, seq, d_model]` laid out as `tokens` says, to states `[batch, seq, d_model]`.
    pub(crate) fn forward(&self, embeddings: Tensor<3>, tokens: &Tokens) -> Tensor<3> {
        let [batch, seq] = tokens.dims();
        assert_shape!(embeddings, [batch, seq, self.config.d_model]);
        let training = embeddings.device().is_autodiff();
        let dropout = if training { self.dropout } else { Dropout::NONE };
        let visible = self.visible(tokens);
        let mut context = Context {
            mask: Mask::new(tokens.segments.clone(), tokens.segments.clone(), visible, 0),
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
    pub(crate) fn forward_cached(&self, embeddings: Tensor<3>, tokens: &Tokens, cache: &mut Cache) -> Tensor<3> {
        let context = cache.context(tokens, self.visible(tokens), self.config.rotary(tokens));
        let mut states = embeddings;
        for (layer, layer_cache) in self.layers.iter().zip(cache.layers_mut(self.config.layers)) {
            states = layer.forward(states, &context, Some(layer_cache));
        }
        self.norm.forward(states)
    }

    /// Which positions are seen from everywhere.
    fn visible(&self, tokens: &Tokens) -> Tensor<2, Int> {
        if self.config.causal { tokens.visible.zeros_like() } else { tokens.visible.clone() }
    }

    /// The output projection `[vocab_size, d_model]`.
    pub(crate) fn output_weight(&self) -> Tensor<2> {
        self.lm_head.as_ref().map_or_else(|| self.embed_tokens.weight.val(), |head| head.weight.val())
    }
}
