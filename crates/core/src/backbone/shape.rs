//! The shape of a backbone: as a user writes it, and with every number filled in.

use cimiento_kernels::Rotary;
use serde::{Deserialize, Serialize};

use super::encoder_shape::EncoderConfig;
use super::rope::RopeScaling;
use crate::lora::LoraConfig;
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
            rope_scaling: None,
            norm_epsilon: 1e-6,
            tie_embeddings: self.tie_embeddings,
            headless: false,
            qk_norm: true,
            qkv_bias: false,
            causal: false,
            encoder: None,
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
    /// How those frequencies are changed, in models stretched to longer texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rope_scaling: Option<RopeScaling>,
    /// What keeps the norms off zero.
    pub norm_epsilon: f64,
    /// One matrix for the embedding and the output projection.
    pub tie_embeddings: bool,
    /// Whether nothing projects states to the vocabulary, as in decoders that came without a language-model head:
    /// `tie_embeddings` then only says that there is no matrix of its own.
    #[serde(default, skip_serializing_if = "is_no")]
    pub headless: bool,
    /// Whether queries and keys are normalised, as Qwen3's are and Llama's are not.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub qk_norm: bool,
    /// Whether queries, keys and values have biases, as Qwen2's do.
    #[serde(default, skip_serializing_if = "is_no")]
    pub qkv_bias: bool,
    /// Whether a position sees only what came before whatever is asked, as in models that have only ever written.
    #[serde(default, skip_serializing_if = "is_no")]
    pub causal: bool,
    /// What is different in an encoder of BERT's family; absent for the decoders that the rest describes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoder: Option<EncoderConfig>,
}

fn yes() -> bool {
    true
}

fn is_yes(value: &bool) -> bool {
    *value
}

fn is_no(value: &bool) -> bool {
    !*value
}

/// How the states of a text's tokens become one vector.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "lowercase")]
pub enum Pooling {
    /// Their mean.
    #[default]
    Mean,
    /// The first.
    First,
    /// The last.
    Last,
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

    /// Whether it can continue a text, and tell how likely one is.
    pub fn writes(&self) -> bool {
        self.encoder.is_none() && !self.headless
    }

    /// Where what a text is about stands: at its last token, or at an encoder's first.
    pub fn pooling(&self) -> Pooling {
        if self.encoder.is_some() { Pooling::First } else { Pooling::Last }
    }

    /// Whether a vector pooled so would tell nothing of the text: the first token of one who only looks back sees itself.
    pub fn blind(&self, pooling: Pooling) -> bool {
        pooling == Pooling::First && self.causal
    }

    /// Refuses sizes that do not fit together, or that are far beyond the `stored` numbers: before anything as large as a
    /// damaged file says is made.
    ///
    /// # Errors
    /// What is wrong.
    pub fn check(&self, lora: Option<&LoraConfig>, stored: usize) -> Result<(), String> {
        let Self { vocab_size, d_model, layers, heads, kv_heads, head_dim, d_ff, context, .. } = *self;
        let encoder = self.encoder.as_ref();
        let [types, first] = encoder.map_or([1, 0], |encoder| [encoder.types, encoder.first_position]);
        let sizes = [
            vocab_size,
            d_model,
            layers,
            heads,
            kv_heads,
            head_dim,
            d_ff,
            context,
            types,
            first + usize::from(first < 1),
        ];
        if let Some(size) = sizes.into_iter().find(|size| !(1..=1 << 32).contains(size)) {
            return Err(format!("one of the backbone's sizes is {size}"));
        }
        let whole = if encoder.is_some() { d_model.is_multiple_of(heads) } else { head_dim.is_multiple_of(2) };
        if !whole || !heads.is_multiple_of(kv_heads) {
            return Err(format!("{heads} heads of {head_dim} components with {kv_heads} keys do not make a backbone"));
        }
        let above = |value: f64, least: f64| value > least && value.is_finite();
        if !above(self.norm_epsilon, 0.0) || !above(self.rope_theta, 1.0) {
            let Self { norm_epsilon, rope_theta, .. } = self;
            return Err(format!("norm_epsilon {norm_epsilon} or rope_theta {rope_theta} is no number that will do"));
        }
        self.rope_scaling.as_ref().map_or(Ok(()), RopeScaling::check)?;
        // A shape that is merely another one is better refused by the names of tensors.
        let needed = self.least_numbers(lora);
        if needed > 16.0 * stored as f64 + 65536.0 {
            return Err(format!("a backbone of this shape has {needed} numbers at least, the files hold {stored}"));
        }
        Ok(())
    }

    /// How many numbers its matrices hold, and the factors beside them; a float, because damaged sizes overflow.
    fn least_numbers(&self, lora: Option<&LoraConfig>) -> f64 {
        let Self { vocab_size, d_model, layers, heads, kv_heads, head_dim, d_ff, context, .. } = *self;
        let [vocab, d, layers, ff] = [vocab_size, d_model, layers, d_ff].map(|size| size as f64);
        let [own, shared] = [heads, kv_heads].map(|heads| heads as f64 * head_dim as f64);
        // The linear layers of a block by the last part of their names: inputs and outputs.
        let (tables, linears) = match &self.encoder {
            Some(encoder) => {
                let rows = vocab + context as f64 + encoder.first_position as f64 + encoder.types as f64;
                let dense = [("dense", d, d), ("dense", d, ff), ("dense", ff, d)];
                (rows * d, [[("query", d, d), ("key", d, d), ("value", d, d)], dense].concat())
            }
            None => {
                let attention = [("q_proj", d, own), ("k_proj", d, shared), ("v_proj", d, shared), ("o_proj", own, d)];
                let feed_forward = [("gate_proj", d, ff), ("up_proj", d, ff), ("down_proj", ff, d)];
                (vocab * d, [&attention[..], &feed_forward[..]].concat())
            }
        };
        let adapted = |name: &str| lora.is_some_and(|lora| lora.targets.iter().any(|target| target == name));
        let rank = lora.map_or(0.0, |lora| lora.rank as f64);
        let block: f64 = linears
            .into_iter()
            .map(|(name, inputs, outputs)| {
                inputs * outputs + if adapted(name) { rank * (inputs + outputs) } else { 0.0 }
            })
            .sum();
        tables + layers * block
    }

    /// How far `tokens` are turned.
    pub(crate) fn rotary(&self, tokens: &Tokens) -> Rotary {
        let positions = tokens.positions.clone();
        match &self.rope_scaling {
            None => Rotary::new(positions, self.head_dim, self.rope_theta),
            Some(scaling) => {
                let (frequencies, scale) = scaling.frequencies(self.head_dim, self.rope_theta);
                Rotary::with_frequencies(positions, frequencies.into(), scale)
            }
        }
    }
}
