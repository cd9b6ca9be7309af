//! An encoder of BERT's family (Devlin et al. 2019): BERT, MiniLM, RoBERTa. It reads, and does not write.
//!
//! Learned positions, biases everywhere, normalisation after each sub-layer, GELU. Such models come from elsewhere:
//! nothing here pretrains one. Field names are those of `transformers`' checkpoints in Rust's spelling;
//! `file_name` gives their own.

use burn::module::{Module, Param};
use burn::tensor::module::layer_norm;
use burn::tensor::{Device, Int, Tensor, activation, assert_shape};
use cimiento_kernels::{Dropout, Mask, add_dropped, attention, embedding, gelu};

use crate::backbone::encoder_shape::{Activation, EncoderConfig};
use crate::backbone::shape::BackboneConfig;
use crate::context::branch;
use crate::init::{self, Draw};
use crate::layers::{Embedding, Linear};
use crate::tokens::Tokens;

/// Layer normalisation over the last axis (Ba et al. 2016).
#[derive(Module, Debug)]
struct LayerNorm {
    weight: Param<Tensor<1>>,
    bias: Param<Tensor<1>>,
    epsilon: f64,
}

impl LayerNorm {
    fn new(config: &BackboneConfig, device: &Device) -> Self {
        let constant = |value| init::constant(config.d_model, value, device);
        Self { weight: constant(1.0), bias: constant(0.0), epsilon: config.norm_epsilon }
    }

    /// `[.., d]` to `[.., d]`.
    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        layer_norm(x, self.weight.val(), Some(self.bias.val()), self.epsilon)
    }
}

/// What a token is, where it stands and which part it belongs to.
#[derive(Module, Debug)]
struct Embeddings {
    word_embeddings: Embedding,
    position_embeddings: Embedding,
    token_type_embeddings: Embedding,
    layer_norm: LayerNorm,
}

#[derive(Module, Debug)]
struct SelfAttention {
    query: Linear,
    key: Linear,
    value: Linear,
}

/// A projection that is added to what came before, and normalised.
#[derive(Module, Debug)]
struct Output {
    dense: Linear,
    layer_norm: LayerNorm,
}

#[derive(Module, Debug)]
struct Attention {
    self_attention: SelfAttention,
    output: Output,
}

#[derive(Module, Debug)]
struct Intermediate {
    dense: Linear,
}

#[derive(Module, Debug)]
struct Layer {
    attention: Attention,
    intermediate: Intermediate,
    output: Output,
    heads: usize,
    #[module(skip)]
    activation: Activation,
}

#[derive(Module, Debug)]
struct Layers {
    layer: Vec<Layer>,
}

/// Embeddings and layers.
#[derive(Module, Debug)]
pub struct Encoder {
    embeddings: Embeddings,
    encoder: Layers,
    #[module(skip)]
    pub(crate) config: BackboneConfig,
    #[module(skip)]
    first_position: usize,
    #[module(skip)]
    pub(crate) dropout: Dropout,
}

/// The name in a file of `transformers` of the parameter with this path.
pub(crate) fn file_name(path: &str) -> String {
    path.replace("self_attention", "self").replace("layer_norm", "LayerNorm")
}

impl Encoder {
    pub(crate) fn new(config: &BackboneConfig, encoder: &EncoderConfig, draw: &mut Draw, device: &Device) -> Self {
        let (d, std) = (config.d_model, config.init_std());
        let mut table = |rows: usize| Embedding { weight: draw.normal(rows, d, std, device) };
        let embeddings = Embeddings {
            word_embeddings: table(config.vocab_size),
            position_embeddings: table(config.context + encoder.first_position),
            token_type_embeddings: table(encoder.types),
            layer_norm: LayerNorm::new(config, device),
        };
        let layer = (0..config.layers).map(|_| Layer::new(config, encoder.activation, draw, device)).collect();
        Self {
            embeddings,
            encoder: Layers { layer },
            config: config.clone(),
            first_position: encoder.first_position,
            dropout: Dropout::NONE,
        }
    }

    /// The linear layers that may be adapted, by the last part of their names.
    pub(crate) fn linears_mut(&mut self) -> impl Iterator<Item = (&'static str, &mut Linear)> {
        self.encoder.layer.iter_mut().flat_map(Layer::linears_mut)
    }

    /// Token ids `[batch, seq]` to embeddings `[batch, seq, d_model]`, before positions.
    pub(crate) fn embed(&self, ids: Tensor<2, Int>) -> Tensor<3> {
        embedding(self.embeddings.word_embeddings.weight.val(), ids)
    }

    /// Embeddings `[batch, seq, d_model]` laid out as `tokens` says, to states `[batch, seq, d_model]`. Every token sees
    /// its whole sequence, whatever `tokens` says of that.
    pub(crate) fn forward(&self, embeddings: Tensor<3>, tokens: &Tokens) -> Tensor<3> {
        let [batch, seq] = tokens.dims();
        assert_shape!(embeddings, [batch, seq, self.config.d_model]);
        let dropout = if embeddings.device().is_autodiff() { self.dropout } else { Dropout::NONE };
        let Embeddings { position_embeddings, token_type_embeddings, layer_norm, .. } = &self.embeddings;
        let positions = tokens.positions.clone().add_scalar(self.first_position as i64);
        let sum = embeddings
            + embedding(position_embeddings.weight.val(), positions)
            + embedding(token_type_embeddings.weight.val(), self.types(tokens));
        let mut states = layer_norm.forward(sum);
        let visible = tokens.visible.ones_like();
        let mask = Mask::new(tokens.segments.clone(), tokens.segments.clone(), visible, 0);
        for (index, layer) in (0..).zip(&self.encoder.layer) {
            states = layer.forward(states, &mask, branch(dropout, index));
        }
        states
    }

    /// The part of each token `[batch, seq]`; 0 where the model does not tell parts apart.
    fn types(&self, tokens: &Tokens) -> Tensor<2, Int> {
        match &tokens.types {
            Some(types) if self.embeddings.token_type_embeddings.weight.dims()[0] > 1 => types.clone(),
            _ => tokens.ids.zeros_like(),
        }
    }
}

impl Layer {
    fn new(config: &BackboneConfig, activation: Activation, draw: &mut Draw, device: &Device) -> Self {
        let (d, ff, std) = (config.d_model, config.d_ff, config.init_std());
        let mut linear = |d_in: usize, d_out: usize| Linear::of(draw.normal(d_out, d_in, std, device)).with_bias();
        let self_attention = SelfAttention { query: linear(d, d), key: linear(d, d), value: linear(d, d) };
        let output = |dense| Output { dense, layer_norm: LayerNorm::new(config, device) };
        Self {
            attention: Attention { self_attention, output: output(linear(d, d)) },
            intermediate: Intermediate { dense: linear(d, ff) },
            output: output(linear(ff, d)),
            heads: config.heads,
            activation,
        }
    }

    fn linears_mut(&mut self) -> [(&'static str, &mut Linear); 6] {
        let SelfAttention { query, key, value } = &mut self.attention.self_attention;
        let denses = [&mut self.attention.output.dense, &mut self.intermediate.dense, &mut self.output.dense];
        let [attended, inner, outer] = denses.map(|dense| ("dense", dense));
        [("query", query), ("key", key), ("value", value), attended, inner, outer]
    }

    fn forward(&self, x: Tensor<3>, mask: &Mask, dropout: Dropout) -> Tensor<3> {
        let [batch, seq, d] = x.dims();
        let SelfAttention { query, key, value } = &self.attention.self_attention;
        let split = |linear: &Linear| linear.forward(x.clone()).reshape([batch, seq, self.heads, d / self.heads]);
        let attended = attention(split(query), split(key), split(value), mask).reshape([batch, seq, d]);
        let x = self.attention.output.forward(attended, x, branch(dropout, 0));
        let Linear { bias, .. } = &self.intermediate.dense;
        let bias = bias.as_ref().expect("an encoder's layers have biases").val();
        let inner = self.intermediate.dense.project(x.clone());
        let inner = match self.activation {
            Activation::Gelu => gelu(inner, bias),
            Activation::GeluTanh => activation::gelu_approximate(inner + bias.unsqueeze()),
            Activation::Relu => activation::relu(inner + bias.unsqueeze()),
        };
        self.output.forward(inner, x, branch(dropout, 1))
    }
}

impl Output {
    fn forward(&self, y: Tensor<3>, x: Tensor<3>, dropout: Dropout) -> Tensor<3> {
        self.layer_norm.forward(add_dropped(x, self.dense.forward(y), dropout))
    }
}
