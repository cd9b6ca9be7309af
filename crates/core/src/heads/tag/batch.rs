//! Examples on a device, and the loss of a batch of them.

use burn::tensor::{Device, Int, Tensor, TensorData};
use cimiento_data::tokenizer::Tokenizer;
use rand::RngExt;
use rand::rngs::StdRng;

use super::chain::Chain;
use super::example::Example;
use super::head::{TagHead, Views};
use super::settings::Settings;
use crate::objective::Model;
use crate::tokens::{Sequence, Tokens, indices};

/// Packed texts on a device, and the tags of their words.
pub struct Batch {
    read: Read,
    /// The tags of each text's words.
    paths: Vec<Vec<usize>>,
    /// How many tokens, padding left out.
    pub(super) length: usize,
}

/// What is left out of a batch to learn from.
struct Noise<'a> {
    settings: &'a Settings,
    mask: Option<u32>,
    rng: &'a mut StdRng,
}

/// Texts as the head reads them.
pub(super) struct Read {
    tokens: Tokens,
    /// Flat positions of each word's first token, of the one before it and of its last.
    positions: Vec<Tensor<1, Int>>,
    features: [Tensor<1, Int>; 2],
    share: f64,
    /// How many words each text has.
    lengths: Vec<usize>,
}

impl Batch {
    /// Of the examples that have tags. Some words are hidden from the backbone, and some features left out, by chance.
    pub(super) fn new(
        examples: &[Example],
        settings: &Settings,
        tokenizer: &Tokenizer,
        rng: &mut StdRng,
        device: &Device,
    ) -> Self {
        let known: Vec<&Example> = examples.iter().filter(|example| example.gold.is_some()).collect();
        let special = tokenizer.special();
        let noise = Noise { settings, mask: special.hides().then_some(special.mask), rng };
        Self {
            read: Read::noisy(&known, special.pad, Some(noise), settings.buckets > 0, device),
            paths: known.iter().filter_map(|example| Some(example.gold.as_ref()?.path.clone())).collect(),
            length: known.iter().map(|example| example.tokens()).sum(),
        }
    }

    /// How many words.
    pub(super) fn words(&self) -> usize {
        self.read.lengths.iter().sum()
    }

    /// Summed over texts, the negative logarithm of the probability of their tags, `[1]`.
    ///
    /// The sums over paths are made on the host. What the device sees is a product with their gradient, whose derivative is that
    /// of the loss and whose value is put right.
    pub(super) fn loss(&self, model: &Model<TagHead>) -> Tensor<1> {
        let scores = self.read.scores(model);
        let [words, tags] = scores.dims();
        let steps = model.head.steps();
        let device = scores.device();
        let emissions = host(scores.clone());
        let learned = steps.clone().map(host);
        let chain = Chain::new(tags, learned.as_deref());
        let [mut by_score, mut by_step] = [vec![0.0; words * tags], vec![0.0; (tags + 1) * tags]];
        let (mut loss, mut start) = (0.0, 0);
        for path in &self.paths {
            let range = start * tags..(start + path.len()) * tags;
            let own = &emissions[range.clone()];
            let sums = chain.sums(own);
            loss += sums.total - chain.path(own, path);
            sums.expect(&mut by_score[range], &mut by_step);
            let mut before = tags;
            for (word, &tag) in path.iter().enumerate() {
                by_score[(start + word) * tags + tag] -= 1.0;
                by_step[before * tags + tag] -= 1.0;
                before = tag;
            }
            start += path.len();
        }
        let tensor = |values: Vec<f64>, shape: [usize; 2]| {
            let values: Vec<f32> = values.into_iter().map(|value| value as f32).collect();
            Tensor::<2>::from_data(TensorData::new(values, shape), &device)
        };
        let mut product = (scores * tensor(by_score, [words, tags])).sum();
        if let Some(steps) = steps {
            product = product + (steps * tensor(by_step, [tags + 1, tags])).sum();
        }
        let value = Tensor::<1>::from_data(TensorData::new(vec![loss as f32], [1]), &device);
        let zero = product.clone() - product.detach();
        zero + value
    }
}

impl Read {
    /// Everything there is to see.
    pub fn new(examples: &[&Example], pad: u32, wide: bool, device: &Device) -> Self {
        Self::noisy(examples, pad, None, wide, device)
    }

    fn noisy(examples: &[&Example], pad: u32, mut noise: Option<Noise>, wide: bool, device: &Device) -> Self {
        let mut windows: Vec<Sequence> = examples.iter().flat_map(|example| example.windows.iter().cloned()).collect();
        let mut before = 0;
        for example in examples {
            if let Some(noise) = &mut noise {
                noise.hide(example, &mut windows[before..]);
            }
            before += example.windows.len();
        }
        let borrowed: Vec<&Sequence> = windows.iter().collect();
        let (tokens, starts) = Tokens::pack(&borrowed, pad, device);
        let mut positions = [Vec::new(), Vec::new(), Vec::new()];
        let [mut rows, mut owners] = [Vec::new(), Vec::new()];
        let (mut before, mut word) = (0, 0);
        for example in examples {
            for (place, features) in example.places.iter().zip(&example.features) {
                let start = starts[before + place.window];
                let each = [place.first, place.first.saturating_sub(1), place.last];
                positions.iter_mut().zip(each).for_each(|(all, at)| all.push(start + at));
                for &row in features {
                    if noise.as_mut().is_none_or(|noise| noise.shows()) {
                        rows.push(row as usize);
                        owners.push(word);
                    }
                }
                word += 1;
            }
            before += example.windows.len();
        }
        let share = noise.map_or(1.0, |noise| 1.0 / (1.0 - noise.settings.feature_dropout));
        let views = if wide { 3 } else { 1 };
        Self {
            tokens,
            positions: positions.into_iter().take(views).map(|at| indices(at, device)).collect(),
            features: [rows, owners].map(|list| indices(list, device)),
            share,
            lengths: examples.iter().map(|example| example.words()).collect(),
        }
    }

    /// Scores of tags, `[words, tags]`.
    pub fn scores(&self, model: &Model<TagHead>) -> Tensor<2> {
        let states = model.backbone.states(&self.tokens);
        let [rows, width, d_model] = states.dims();
        let states = states.reshape([rows * width, d_model]);
        let at = |places: &Tensor<1, Int>| states.clone().select(0, places.clone());
        model.head.forward(Views {
            states: self.positions.iter().map(at).collect(),
            features: self.features.clone(),
            share: self.share,
        })
    }

    /// How many words each text has.
    pub fn lengths(&self) -> &[usize] {
        &self.lengths
    }
}

impl Noise<'_> {
    /// Hides some words of a text from the backbone, where they are read.
    fn hide(&mut self, example: &Example, windows: &mut [Sequence]) {
        let (Some(mask), share) = (self.mask, self.settings.word_dropout) else { return };
        if share == 0.0 {
            return;
        }
        for place in &example.places {
            if self.rng.random_bool(share) {
                windows[place.window].ids[place.first..=place.last].fill(mask);
            }
        }
    }

    /// Whether a feature is kept.
    fn shows(&mut self) -> bool {
        let share = self.settings.feature_dropout;
        share == 0.0 || !self.rng.random_bool(share)
    }
}

/// The values of a tensor.
pub(super) fn host(tensor: Tensor<2>) -> Vec<f64> {
    tensor.into_data().iter::<f64>().collect()
}
