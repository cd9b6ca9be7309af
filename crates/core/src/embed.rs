//! Texts as vectors whose directions tell how alike they are (Reimers and Gurevych 2019).

mod config;

use burn::tensor::TensorData;

use crate::backbone::Backbone;
use crate::tokens::{Attend, BUDGET, Sequence, Tokens, runs};
use cimiento_data::tokenizer::Tokenizer;

pub use config::{Activation, DenseConfig, EmbedConfig, PoolingMode, Step};

/// Makes vectors of texts.
pub struct Embedder<'a> {
    /// Makes the states.
    pub backbone: &'a Backbone,
    /// Cuts texts into tokens.
    pub tokenizer: &'a Tokenizer,
    /// What becomes of the states.
    pub config: &'a EmbedConfig,
    /// The weights of the [`Step::Dense`] steps of `config`, in their order.
    pub dense: &'a [Dense],
}

/// The weights of a linear layer.
pub struct Dense {
    /// `[outputs, inputs]`.
    pub weight: Vec<f32>,
    /// `[outputs]`.
    pub bias: Option<Vec<f32>>,
}

impl Dense {
    /// From tensors of these shapes.
    pub fn new(weight: &TensorData, bias: Option<&TensorData>) -> Self {
        let numbers = |data: &TensorData| data.iter::<f32>().collect();
        Self { weight: numbers(weight), bias: bias.map(numbers) }
    }
}

impl Embedder<'_> {
    /// A vector for each text, `prompt` set before it; and which of the texts had to be cut.
    pub fn embed(&self, texts: &[&str], prompt: &str) -> (Vec<Vec<f32>>, Vec<usize>) {
        let Self { backbone, tokenizer, config, .. } = *self;
        let limit = config.max_tokens.or(tokenizer.limit()).unwrap_or(usize::MAX).min(backbone.config().context);
        let room = limit.saturating_sub(tokenizer.overhead()).max(1);
        let texts: Vec<String> = texts.iter().map(|text| config.prepared(prompt, text)).collect();
        let skipped = if config.include_prompt || prompt.is_empty() {
            0
        } else {
            tokenizer.opened(tokenizer.encode(&config.prepared(prompt, ""))).len()
        };
        let mut cut = Vec::new();
        let mut sequences = Vec::with_capacity(texts.len());
        for (index, mut ids) in tokenizer.encode_batch(&texts).into_iter().enumerate() {
            if ids.len() > room {
                cut.push(index);
                ids.truncate(room);
            }
            sequences.push(Sequence::new([&tokenizer.opened(ids), tokenizer.closing()].concat(), Attend::Both));
        }
        let device = backbone.device();
        let lengths: Vec<usize> = sequences.iter().map(|sequence| sequence.ids.len()).collect();
        let mut embeddings = Vec::with_capacity(texts.len());
        for run in runs(&lengths, BUDGET) {
            let batch: Vec<&Sequence> = sequences[run].iter().collect();
            let (tokens, starts) = Tokens::pack(&batch, tokenizer.special().pad, &device);
            let states: Vec<f32> = backbone.states(&tokens).into_data().iter::<f32>().collect();
            let d = backbone.config().d_model;
            for (sequence, start) in batch.iter().zip(starts) {
                let states = &states[start * d..][..sequence.ids.len() * d];
                let pooled = config.pooling.iter().flat_map(|mode| mode.pool(states, d, skipped)).collect();
                embeddings.push(self.finished(pooled));
            }
        }
        (embeddings, cut)
    }

    /// What the steps after pooling make of a vector.
    fn finished(&self, mut vector: Vec<f32>) -> Vec<f32> {
        let mut dense = self.dense.iter();
        for step in &self.config.steps {
            vector = match step {
                Step::Normalize => unit(vector),
                Step::Dense(config) => {
                    let Dense { weight, bias } = dense.next().expect("weights for each dense step");
                    let product = |row: &[f32]| row.iter().zip(&vector).map(|(w, x)| f64::from(w * x)).sum::<f64>();
                    let rows = weight.chunks(config.inputs).enumerate();
                    let sum =
                        |(row, weights)| product(weights) + bias.as_ref().map_or(0.0, |bias| f64::from(bias[row]));
                    rows.map(sum).map(|value| config.activation.of(value) as f32).collect()
                }
            };
        }
        vector
    }
}

fn unit(vector: Vec<f32>) -> Vec<f32> {
    let length = vector.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>().sqrt().max(1e-12);
    vector.into_iter().map(|value| (f64::from(value) / length) as f32).collect()
}
