//! Per-head normalisation and rotary positions in one pass over each head.

use std::sync::Arc;

use burn::backend::TensorMetadata;

use super::pool::Buffer;
use super::rms_norm::{backward_row, inverse_rms};
use super::rows::{blocks, for_blocks, for_blocks_of_two, sum_of_rows};
use super::wide::wide;
use super::{FlexTensor, Operation, contiguous, floats};

/// Inputs: `x` `[batch, seq, heads, head_dim]` and `gamma` `[head_dim]`.
#[derive(Clone, Debug)]
pub(crate) struct NormRotary {
    pub(crate) epsilon: f32,
    pub(crate) angles: Arc<Angles>,
}

/// Cosines and sines of every angle that the tokens turn by.
#[derive(Debug)]
pub(crate) struct Angles {
    /// For each row of the table `head_dim / 2` cosines, then as many sines.
    table: Vec<f32>,
    /// The row of each token.
    rows: Vec<u32>,
}

impl Angles {
    /// `positions`: of each token of the batch; `frequencies`: of each pair; `scale`: of the cosines and sines.
    pub(crate) fn new(positions: &[i32], frequencies: &[f32], scale: f32) -> Self {
        let last = positions.iter().copied().max().unwrap_or(0);
        let negative = positions.iter().any(|&position| position < 0);
        // A row for each position up to the last, unless a row for each token is shorter.
        let (distinct, rows): (Vec<i32>, Vec<u32>) = if negative || last as usize >= positions.len() {
            (positions.to_vec(), (0..positions.len() as u32).collect())
        } else {
            ((0..=last).collect(), positions.iter().map(|&position| position as u32).collect())
        };
        let mut table = Vec::with_capacity(distinct.len() * 2 * frequencies.len());
        for position in distinct {
            let angle = |frequency: &f32| position as f32 * frequency;
            table.extend(frequencies.iter().map(|frequency| angle(frequency).cos() * scale));
            table.extend(frequencies.iter().map(|frequency| angle(frequency).sin() * scale));
        }
        Self { table, rows }
    }
}

impl NormRotary {
    fn turn<'a>(&'a self, gamma: &'a [f32], width: usize) -> Turn<'a> {
        Turn { gamma, epsilon: self.epsilon, table: &self.angles.table, width }
    }
}

impl Operation<2> for NormRotary {
    type Saved = [FlexTensor; 2];

    fn forward(&self, inputs: [FlexTensor; 2], _: [bool; 2]) -> (FlexTensor, Self::Saved) {
        let [x, gamma] = inputs.map(contiguous);
        let shape = x.shape();
        let width = shape[2] * shape[3];
        let mut y = Buffer::stale(shape.num_elements());
        {
            let (x, turn) = (floats(&x), self.turn(floats(&gamma), width));
            for_blocks(&mut y, width, |token, y| {
                forward_tokens(y, &x[token * width..][..y.len()], &turn, &self.angles.rows[token..]);
            });
        }
        (y.into_tensor(shape), [x, gamma])
    }

    fn backward(&self, [x, gamma]: Self::Saved, gradient: FlexTensor, _: [bool; 2]) -> [Option<FlexTensor>; 2] {
        let (shape, d) = (x.shape(), gamma.shape()[0]);
        let width = shape[2] * shape[3];
        let tokens = shape[0] * shape[1];
        let mut dx = Buffer::stale(shape.num_elements());
        let mut partials = Buffer::stale(blocks(tokens, width) * d);
        {
            let (x, dy, turn) = (floats(&x), floats(&gradient), self.turn(floats(&gamma), width));
            for_blocks_of_two(&mut dx, width, &mut partials, Some(d), |token, dx, dgamma| {
                let (x, dy) = (&x[token * width..][..dx.len()], &dy[token * width..][..dx.len()]);
                dgamma.fill(0.0);
                backward_tokens(dx, dgamma, &mut vec![0.0; d], x, dy, &turn, &self.angles.rows[token..]);
            });
        }
        let mut dgamma = Buffer::stale(d);
        sum_of_rows(&partials, &mut dgamma);
        [Some(dx.into_tensor(shape)), Some(dgamma.into_tensor([d]))]
    }
}

/// The turn without the norm. Input: `x` `[batch, seq, heads, head_dim]`.
#[derive(Clone, Debug)]
pub(crate) struct Turned {
    pub(crate) angles: Arc<Angles>,
    pub(crate) head_dim: usize,
}

impl Turned {
    /// `x` turned, or turned back.
    fn turn(&self, x: FlexTensor, back: bool) -> FlexTensor {
        let x = contiguous(x);
        let shape = x.shape();
        let width = shape[2] * shape[3];
        let mut y = Buffer::stale(shape.num_elements());
        {
            let (x, table) = (floats(&x), &self.angles.table);
            for_blocks(&mut y, width, |token, y| {
                let x = &x[token * width..][..y.len()];
                turn_tokens(y, x, table, &self.angles.rows[token..], [width, self.head_dim], back);
            });
        }
        y.into_tensor(shape)
    }
}

impl Operation<1> for Turned {
    type Saved = ();

    fn forward(&self, [x]: [FlexTensor; 1], _: [bool; 1]) -> (FlexTensor, ()) {
        (self.turn(x, false), ())
    }

    fn backward(&self, (): (), gradient: FlexTensor, _: [bool; 1]) -> [Option<FlexTensor>; 1] {
        [Some(self.turn(gradient, true))]
    }
}

wide! {
    fn turn_tokens(y: &mut [f32], x: &[f32], table: &[f32], rows: &[u32], sizes: [usize; 2], back: bool) {
        let [width, d] = sizes;
        let half = d / 2;
        let sign = if back { -1.0 } else { 1.0 };
        for ((y, x), &row) in y.chunks_exact_mut(width).zip(x.chunks_exact(width)).zip(rows) {
            let (cos, sin) = table[row as usize * d..][..d].split_at(half);
            for (y, x) in y.chunks_exact_mut(d).zip(x.chunks_exact(d)) {
                let (x_low, x_high) = x.split_at(half);
                let (y_low, y_high) = y.split_at_mut(half);
                for i in 0..half {
                    let sin = sign * sin[i];
                    y_low[i] = x_low[i] * cos[i] - x_high[i] * sin;
                    y_high[i] = x_high[i] * cos[i] + x_low[i] * sin;
                }
            }
        }
    }
}

/// What the heads of an operation share.
struct Turn<'a> {
    gamma: &'a [f32],
    epsilon: f32,
    table: &'a [f32],
    /// Floats a token.
    width: usize,
}

wide! {
    /// `rows`: the row of the table of each token.
    fn forward_tokens(y: &mut [f32], x: &[f32], turn: &Turn, rows: &[u32]) {
        // A width that the compiler knows keeps a head in registers.
        match turn.gamma.len() {
            32 => forward_heads(y, x, turn, rows, 32),
            64 => forward_heads(y, x, turn, rows, 64),
            d => forward_heads(y, x, turn, rows, d),
        }
    }
}

#[inline(always)]
fn forward_heads(y: &mut [f32], x: &[f32], turn: &Turn, rows: &[u32], d: usize) {
    let half = d / 2;
    let (gamma_low, gamma_high) = turn.gamma[..d].split_at(half);
    let tokens = y.chunks_exact_mut(turn.width).zip(x.chunks_exact(turn.width));
    for ((y, x), &row) in tokens.zip(rows) {
        let (cos, sin) = turn.table[row as usize * d..][..d].split_at(half);
        for (y, x) in y.chunks_exact_mut(d).zip(x.chunks_exact(d)) {
            let r = inverse_rms(x, turn.epsilon);
            let (x_low, x_high) = x.split_at(half);
            let (y_low, y_high) = y.split_at_mut(half);
            for i in 0..half {
                let low = x_low[i] * r * gamma_low[i];
                let high = x_high[i] * r * gamma_high[i];
                y_low[i] = low * cos[i] - high * sin[i];
                y_high[i] = high * cos[i] + low * sin[i];
            }
        }
    }
}

wide! {
    /// `turned`: room for one head.
    fn backward_tokens(
        dx: &mut [f32],
        dgamma: &mut [f32],
        turned: &mut [f32],
        x: &[f32],
        dy: &[f32],
        turn: &Turn,
        rows: &[u32],
    ) {
        match turn.gamma.len() {
            32 => backward_heads(dx, dgamma, turned, x, dy, turn, rows, 32),
            64 => backward_heads(dx, dgamma, turned, x, dy, turn, rows, 64),
            d => backward_heads(dx, dgamma, turned, x, dy, turn, rows, d),
        }
    }
}

#[inline(always)]
#[allow(clippy::too_many_arguments)]
fn backward_heads(
    dx: &mut [f32],
    dgamma: &mut [f32],
    turned: &mut [f32],
    x: &[f32],
    dy: &[f32],
    turn: &Turn,
    rows: &[u32],
    d: usize,
) {
    let half = d / 2;
    let (gamma, dgamma, turned) = (&turn.gamma[..d], &mut dgamma[..d], &mut turned[..d]);
    let width = turn.width;
    let tokens = dx.chunks_exact_mut(width).zip(x.chunks_exact(width)).zip(dy.chunks_exact(width));
    for (((dx, x), dy), &row) in tokens.zip(rows) {
        let (cos, sin) = turn.table[row as usize * d..][..d].split_at(half);
        let heads = dx.chunks_exact_mut(d).zip(x.chunks_exact(d)).zip(dy.chunks_exact(d));
        for ((dx, x), dy) in heads {
            // The gradient before the turn is the gradient turned back.
            let (dy_low, dy_high) = dy.split_at(half);
            let (low, high) = turned.split_at_mut(half);
            for i in 0..half {
                low[i] = dy_low[i] * cos[i] + dy_high[i] * sin[i];
                high[i] = dy_high[i] * cos[i] - dy_low[i] * sin[i];
            }
            backward_row(dx, dgamma, x, turned, gamma, turn.epsilon);
        }
    }
}
