//! The head: scores of each word's tags, named as in transformers' `Qwen3ForTokenClassification`, and what can be added to them.

use burn::module::{Module, Param};
use burn::tensor::{Device, IndexingUpdateOp, Int, Tensor};
use rand::rngs::StdRng;

use crate::backbone::BackboneConfig;
use crate::init;
use crate::layers::Linear;

/// Standard deviation of a fresh head (Devlin et al. 2019).
const STD: f64 = 0.02;

/// How much a step of the optimizer counts in the tables. A feature is seen a few times only, where a weight of the network learns
/// at every step.
const REACH: f64 = 10.0;

/// Scores of tags.
#[derive(Module, Debug)]
pub struct TagHead {
    /// `score.weight` is `[tags, d_model]`, of the word's first token; with a bias.
    pub score: Linear,
    /// What is added to it, where there are features of words.
    pub wide: Option<Wide>,
    /// `[tags + 1, tags]`: of a tag after another, the last row of one that is first; where they are learned.
    pub transitions: Option<Param<Tensor<2>>>,
}

/// A wide part beside the deep one (Cheng et al. 2016), and a longer look at what the deep one knows.
#[derive(Module, Debug)]
pub struct Wide {
    /// `[buckets, tags]`: the scores that a feature adds.
    pub table: Param<Tensor<2>>,
    /// `[tags, d_model]`, of the token before the word, which has learned to predict it.
    pub before: Linear,
    /// `[tags, d_model]`, of the word's last token.
    pub last: Linear,
}

/// What the head reads.
pub(super) struct Views {
    /// States of each word's first token, of the one before it and of its last, each `[words, d_model]`; the first alone where
    /// there is no wide part.
    pub states: Vec<Tensor<2>>,
    /// Rows of the table, and the words they are of.
    pub features: [Tensor<1, Int>; 2],
    /// How much each of them counts.
    pub share: f64,
}

impl TagHead {
    /// A fresh head.
    pub fn new(
        backbone: &BackboneConfig,
        tags: usize,
        buckets: usize,
        transitions: bool,
        rng: &mut StdRng,
        device: &Device,
    ) -> Self {
        let d_model = backbone.d_model;
        let mut linear = || Linear::new(d_model, tags, STD, rng, device);
        let zeros = |rows: usize| init::normal(rows, tags, 0.0, &mut cimiento_data::order::rng(0, 0, 0), device);
        let score = linear().with_bias();
        let wide = (buckets > 0).then(|| Wide { table: zeros(buckets), before: linear(), last: linear() });
        Self { score, wide, transitions: transitions.then(|| zeros(tags + 1)) }
    }

    /// Scores of tags, `[words, tags]`.
    pub(super) fn forward(&self, views: Views) -> Tensor<2> {
        let Views { states, features: [rows, owners], share } = views;
        let mut states = states.into_iter();
        let mut next = || states.next().expect("a view for each layer");
        let scores = self.score.forward(next());
        let Some(wide) = &self.wide else { return scores };
        let scores = scores + wide.before.forward(next()) + wide.last.forward(next());
        let each = wide.table.val().select(0, rows).mul_scalar(REACH * share);
        scores.select_assign(0, owners, each, IndexingUpdateOp::Add)
    }

    /// Scores of a tag after another, `[tags + 1, tags]`, where they are learned.
    pub(super) fn steps(&self) -> Option<Tensor<2>> {
        self.transitions.as_ref().map(|transitions| transitions.val().mul_scalar(REACH))
    }
}
