//! Keys and values of what has been read, so that a new token costs one position and not the whole text.

use burn::tensor::{Int, Tensor};
use cimiento_kernels::{Dropout, Mask};

use crate::attention::Context;
use crate::tokens::Tokens;

/// Keys and values of one layer, `[batch, seq, kv_heads, head_dim]`.
#[derive(Clone, Debug, Default)]
pub struct LayerCache {
    entries: Option<(Tensor<4>, Tensor<4>)>,
}

impl LayerCache {
    /// Takes up the keys and values of new tokens and returns all of them.
    pub(crate) fn extend(&mut self, k: Tensor<4>, v: Tensor<4>) -> (Tensor<4>, Tensor<4>) {
        let entries = match self.entries.take() {
            Some((old_k, old_v)) => (Tensor::cat(vec![old_k, k], 1), Tensor::cat(vec![old_v, v], 1)),
            None => (k, v),
        };
        self.entries = Some(entries.clone());
        entries
    }
}

/// The cache of a whole backbone for a batch of rows.
#[derive(Clone, Debug, Default)]
pub struct Cache {
    layers: Vec<LayerCache>,
    /// Segments and visibility of all cached positions, `[batch, seq]`.
    planes: Option<(Tensor<2, Int>, Tensor<2, Int>)>,
}

impl Cache {
    /// Positions held.
    pub fn len(&self) -> usize {
        self.planes.as_ref().map_or(0, |(segments, _)| segments.dims()[1])
    }

    /// Whether nothing has been read yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Keeps the rows named, in that order (a row may be kept twice): how a beam moves.
    pub fn select_rows(&mut self, rows: Tensor<1, Int>) {
        for layer in &mut self.layers {
            layer.entries = layer.entries.take().map(|(k, v)| (k.select(0, rows.clone()), v.select(0, rows.clone())));
        }
        self.planes =
            self.planes.take().map(|(segments, visible)| (segments.select(0, rows.clone()), visible.select(0, rows)));
    }

    /// What the layers need to read `tokens` after what is cached; the planes of `tokens` are taken up.
    pub(crate) fn context(&mut self, tokens: &Tokens) -> Context {
        let offset = self.len();
        let (segments, visible) = match self.planes.take() {
            Some((segments, visible)) => (
                Tensor::cat(vec![segments, tokens.segments.clone()], 1),
                Tensor::cat(vec![visible, tokens.visible.clone()], 1),
            ),
            None => (tokens.segments.clone(), tokens.visible.clone()),
        };
        self.planes = Some((segments.clone(), visible.clone()));
        Context {
            mask: Mask { query_segments: tokens.segments.clone(), key_segments: segments, visible, offset },
            positions: tokens.positions.clone(),
            dropout: Dropout::NONE,
        }
    }

    pub(crate) fn layers_mut(&mut self, layers: usize) -> impl Iterator<Item = &mut LayerCache> {
        self.layers.resize(layers, LayerCache::default());
        self.layers.iter_mut()
    }
}
