//! What every objective and every head shares: one set of weights that makes states of tokens.
//!
//! A backbone is a [`Decoder`], which reads, writes, and does both in turn, or an [`Encoder`] of BERT's family, made
//! elsewhere, which only reads. Whoever holds one need not know which, unless the text is to be continued.

mod rope;
mod shape;
#[cfg(test)]
mod tests;

pub use rope::RopeScaling;
pub use shape::{BackboneConfig, Pooling, Preset, ShapeConfig, ShapeError};

use burn::module::Module;
use burn::tensor::{Device, Int, Tensor};
use cimiento_kernels::{Dropout, linear};
use rand::rngs::StdRng;

use crate::block::Linear;
use crate::decoder::Decoder;
use crate::encoder::Encoder;
use crate::generate::Cache;
use crate::lora::{self, LoraConfig};
use crate::tokens::Tokens;
use cimiento_data::order;

/// The stack of layers that every objective and every head shares.
#[derive(Module, Debug)]
pub enum Backbone {
    /// Reads and writes.
    Decoder(Decoder),
    /// Reads.
    Encoder(Encoder),
}

impl Backbone {
    /// The shape it was built with.
    pub fn config(&self) -> &BackboneConfig {
        match self {
            Self::Decoder(decoder) => &decoder.config,
            Self::Encoder(encoder) => &encoder.config,
        }
    }

    /// Drops this share of every sub-layer's output while training; evaluation is unaffected.
    pub fn with_dropout(mut self, share: f64) -> Self {
        self.dropout_mut().share = share;
        self
    }

    /// Which elements the next passes drop.
    pub fn seed_dropout(&mut self, seed: u64) {
        self.dropout_mut().seed = seed;
    }

    /// The same weights, where every token sees only what came before it. An encoder knows no such way and stays as it is.
    pub fn looking_back(mut self) -> Self {
        if let Self::Decoder(decoder) = &mut self {
            decoder.config.causal = true;
        }
        self
    }

    fn dropout_mut(&mut self) -> &mut Dropout {
        match self {
            Self::Decoder(decoder) => &mut decoder.dropout,
            Self::Encoder(encoder) => &mut encoder.dropout,
        }
    }

    /// Freezes every weight and gives the layers that `config` names factors to learn instead.
    ///
    /// # Errors
    /// A target that no layer is called.
    pub fn with_lora(self, config: &LoraConfig, rng: &mut StdRng, device: &Device) -> Result<Self, String> {
        let mut adapted = self.freeze();
        let mut names: Vec<&str> = adapted.linears_mut().into_iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        names.dedup();
        if let Some(unknown) = config.targets.iter().find(|target| !names.contains(&target.as_str())) {
            return Err(format!("lora.targets: no layer is called {unknown:?}; there are {}", names.join(", ")));
        }
        for (name, layer) in adapted.linears_mut() {
            if config.targets.iter().any(|target| target == name) {
                lora::attach(layer, config, rng, device);
            }
        }
        Ok(adapted)
    }

    /// Takes factors up into the weights they belong to; nothing changes without any.
    pub fn merged(mut self) -> Self {
        self.linears_mut().into_iter().for_each(|(_, layer)| lora::merge(layer));
        self
    }

    fn linears_mut(&mut self) -> Vec<(&'static str, &mut Linear)> {
        match self {
            Self::Decoder(decoder) => decoder.linears_mut().collect(),
            Self::Encoder(encoder) => encoder.linears_mut().collect(),
        }
    }

    /// Token ids `[batch, seq]` to embeddings `[batch, seq, d_model]`.
    pub fn embed(&self, ids: Tensor<2, Int>) -> Tensor<3> {
        match self {
            Self::Decoder(decoder) => decoder.embed(ids),
            Self::Encoder(encoder) => encoder.embed(ids),
        }
    }

    /// Embeddings `[batch, seq, d_model]` laid out as `tokens` says, to states `[batch, seq, d_model]`.
    pub fn forward(&self, embeddings: Tensor<3>, tokens: &Tokens) -> Tensor<3> {
        match self {
            Self::Decoder(decoder) => decoder.forward(embeddings, tokens),
            Self::Encoder(encoder) => encoder.forward(embeddings, tokens),
        }
    }

    /// As [`forward`](Self::forward) for tokens that continue those in `cache`, which takes them up.
    ///
    /// # Panics
    /// Panics if the backbone [cannot write](BackboneConfig::writes).
    pub fn forward_cached(&self, embeddings: Tensor<3>, tokens: &Tokens, cache: &mut Cache) -> Tensor<3> {
        self.decoder().forward_cached(embeddings, tokens, cache)
    }

    /// States of `tokens`, `[batch, seq, d_model]`.
    pub fn states(&self, tokens: &Tokens) -> Tensor<3> {
        self.forward(self.embed(tokens.ids.clone()), tokens)
    }

    /// States of `tokens` at flat positions `row * seq + column`: `[n, d_model]`.
    pub fn states_at(&self, tokens: &Tokens, at: Tensor<1, Int>) -> Tensor<2> {
        let [batch, seq] = tokens.dims();
        self.states(tokens).reshape([batch * seq, self.config().d_model]).select(0, at)
    }

    /// The output projection `[vocab_size, d_model]`: the embedding itself where they are tied.
    ///
    /// # Panics
    /// Panics if the backbone [cannot write](BackboneConfig::writes).
    pub fn output_weight(&self) -> Tensor<2> {
        self.decoder().output_weight()
    }

    /// States `[n, d_model]` to logits `[n, vocab_size]`.
    ///
    /// # Panics
    /// Panics if the backbone [cannot write](BackboneConfig::writes).
    pub fn logits(&self, states: Tensor<2>) -> Tensor<2> {
        linear(states, self.output_weight())
    }

    /// Where its weights live.
    pub fn device(&self) -> Device {
        self.devices().pop().expect("a backbone has weights")
    }

    fn decoder(&self) -> &Decoder {
        match self {
            Self::Decoder(decoder) => decoder,
            Self::Encoder(_) => panic!("an encoder does not write: callers check `writes` first"),
        }
    }
}

/// The same share of other elements, one choice a `place` in the model.
pub(crate) fn branch(dropout: Dropout, place: u64) -> Dropout {
    Dropout { seed: order::mix64(dropout.seed ^ place.wrapping_mul(0xd1b5_4a32_d192_ed03)), ..dropout }
}
