//! The backbone itself, whichever family it is of.

use burn::module::Module;
use burn::tensor::{Device, Int, Tensor};
use cimiento_kernels::{Dropout, linear};
use rand::rngs::StdRng;

use super::shape::BackboneConfig;
use crate::decoder::Decoder;
use crate::encoder::{self, Encoder};
use crate::generate::cache::Cache;
use crate::init::Draw;
use crate::layers::Linear;
use crate::lora::LoraConfig;
use crate::tokens::Tokens;

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
                layer.adapt(config, rng, device);
            }
        }
        Ok(adapted)
    }

    /// Takes factors up into the weights they belong to; nothing changes without any.
    pub fn merged(mut self) -> Self {
        self.linears_mut().into_iter().for_each(|(_, layer)| layer.merge());
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

impl BackboneConfig {
    /// The name that `transformers` gives the parameter with this path.
    pub fn file_name(&self, path: &str) -> String {
        match &self.encoder {
            Some(_) => encoder::file_name(path),
            None if path.starts_with("lm_head.") => path.to_string(),
            None => format!("model.{path}"),
        }
    }

    /// Builds a backbone with fresh weights drawn from `rng`.
    pub fn init(&self, rng: &mut StdRng, device: &Device) -> Backbone {
        self.build(&mut Draw::Random(rng), device)
    }

    /// Builds a backbone without weights, to be filled from a file.
    pub fn blank(&self, device: &Device) -> Backbone {
        self.build(&mut Draw::Blank, device)
    }

    fn build(&self, draw: &mut Draw, device: &Device) -> Backbone {
        match &self.encoder {
            None => Backbone::Decoder(Decoder::new(self, draw, device)),
            Some(encoder) => Backbone::Encoder(Encoder::new(self, encoder, draw, device)),
        }
    }
}
