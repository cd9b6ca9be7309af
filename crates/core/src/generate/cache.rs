//! Keys and values of what has been read, so that a new token costs one position and not the whole text.

use burn::tensor::{Int, Tensor};
use cimiento_kernels::{Dropout, Mask, Rotary};

use crate::context::Context;
use crate::tokens::Tokens;

/// Places that a cache has room for at first; it doubles when they are used up.
const ROOM: usize = 64;

/// Keys and values of one layer, `[batch, room, kv_heads, head_dim]`: what has been read, then zeros.
#[derive(Clone, Debug, Default)]
pub struct LayerCache {
    entries: Option<(Tensor<4>, Tensor<4>)>,
    len: usize,
}

impl LayerCache {
    /// Takes up the keys and values of new tokens and returns all of them, with the room behind them.
    pub(crate) fn extend(&mut self, k: Tensor<4>, v: Tensor<4>) -> (Tensor<4>, Tensor<4>) {
        let new = k.dims()[1];
        let (old_k, old_v) = self.entries.take().unzip();
        let entries = (put(old_k, k, self.len), put(old_v, v, self.len));
        self.len += new;
        self.entries = Some(entries.clone());
        entries
    }
}

/// `old` with `new` in the places from `len` on, in a tensor with room for it.
fn put(old: Option<Tensor<4>>, new: Tensor<4>, len: usize) -> Tensor<4> {
    let [batch, seq, heads, head_dim] = new.dims();
    let held = old.as_ref().map_or(0, |old| old.dims()[1]);
    let with_room = match old {
        Some(old) if len + seq <= held => old,
        old => {
            let more = Tensor::zeros([batch, room(held, len + seq) - held, heads, head_dim], &new.device());
            Tensor::cat(old.into_iter().chain([more]).collect(), 1)
        }
    };
    with_room.slice_assign([0..batch, len..len + seq, 0..heads, 0..head_dim], new)
}

/// The same for a plane of integers.
fn put_plane(old: Option<Tensor<2, Int>>, new: Tensor<2, Int>, len: usize) -> Tensor<2, Int> {
    let [batch, seq] = new.dims();
    let held = old.as_ref().map_or(0, |old| old.dims()[1]);
    let with_room = match old {
        Some(old) if len + seq <= held => old,
        old => {
            let more = Tensor::zeros([batch, room(held, len + seq) - held], &new.device());
            Tensor::cat(old.into_iter().chain([more]).collect(), 1)
        }
    };
    with_room.slice_assign([0..batch, len..len + seq], new)
}

/// Places for `wanted` tokens, where there are `held`.
fn room(held: usize, wanted: usize) -> usize {
    if wanted <= held { held } else { wanted.max(2 * held).next_multiple_of(ROOM) }
}

/// The cache of a whole backbone for a batch of rows.
#[derive(Clone, Debug, Default)]
pub struct Cache {
    layers: Vec<LayerCache>,
    /// Segments and visibility of all places, `[batch, room]`; the segment of an empty place is 0, so nobody sees it.
    planes: Option<(Tensor<2, Int>, Tensor<2, Int>)>,
}

impl Cache {
    /// Positions held.
    pub fn len(&self) -> usize {
        self.layers.first().map_or(0, |layer| layer.len)
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

    /// What the layers need to read `tokens`, of which some are `seen` from everywhere, after what is cached; the
    /// planes of `tokens` are taken up.
    pub(crate) fn context(&mut self, tokens: &Tokens, seen: Tensor<2, Int>, rotary: Rotary) -> Context {
        let offset = self.len();
        let (segments, visible) = self.planes.take().unzip();
        let segments = put_plane(segments, tokens.segments.clone(), offset);
        let visible = put_plane(visible, seen, offset);
        self.planes = Some((segments.clone(), visible.clone()));
        let mask = Mask::new(tokens.segments.clone(), segments, visible, offset);
        Context { mask, rotary, dropout: Dropout::NONE }
    }

    pub(crate) fn layers_mut(&mut self, layers: usize) -> impl Iterator<Item = &mut LayerCache> {
        self.layers.resize(layers, LayerCache::default());
        self.layers.iter_mut()
    }
}
