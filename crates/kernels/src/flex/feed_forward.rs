//! A whole feed-forward layer, a block of rows at a time: what lies between its input and its output stays
//! in the second-level cache.
//!
//! The products of a block run on one thread; threads take pieces of the rows. Each piece sums its own
//! gradients of the weights, and the pieces are added in their order.

use burn::backend::TensorMetadata;

use super::dropout::{add, add_what_stays, drop_some};
use super::few_rows::{SOME, times_transpose};
use super::matrix::{Matrix, MatrixMut};
use super::pieces::{Pieces, rows_of};
use super::pool::Buffer;
use super::product::product;
use super::rms_norm::{backward_rows, forward_rows};
use super::wide::{sigmoid, wide};
use super::write::Write;
use super::{FlexTensor, Operation, contiguous, floats, swiglu};
use crate::Dropout;

/// Inputs: `x` `[.., d]`, `gamma` `[d]`, `gate` and `up` `[ff, d]`, `down` `[d, ff]`.
#[derive(Clone, Debug)]
pub(crate) struct FeedForward {
    pub(crate) epsilon: f64,
    /// Of the layer's output, before `x` is added.
    pub(crate) dropout: Dropout,
}

struct Sizes {
    rows: usize,
    d: usize,
    ff: usize,
}

impl Operation<5> for FeedForward {
    /// The inputs, and the two products before the gate, `[rows, ff]`.
    type Saved = ([FlexTensor; 5], [FlexTensor; 2]);

    fn forward(&self, inputs: [FlexTensor; 5], wanted: [bool; 5]) -> (FlexTensor, Self::Saved) {
        let inputs = inputs.map(contiguous);
        let Sizes { rows, d, ff } = sizes(&inputs);
        let learning = wanted.contains(&true);
        let kept = if learning { rows * ff } else { 0 };
        let mut y = Buffer::stale(rows * d);
        let [mut gates, mut ups] = [Buffer::stale(kept), Buffer::stale(kept)];
        {
            let [x, gamma, gate, up, down] = inputs.each_ref().map(floats);
            let outputs = [(&mut y[..], d), (&mut gates, ff), (&mut ups, ff)];
            Pieces::new(rows).run(outputs, |blocks, [y, gates, ups]| {
                let scratch_rows = blocks.most_rows();
                let mut n = Buffer::stale(scratch_rows * d);
                let mut h = Buffer::stale(scratch_rows * ff);
                let mut own = Buffer::stale(if learning { 0 } else { 2 * scratch_rows * ff });
                let (own_gates, own_ups) = own.split_at_mut(if learning { 0 } else { scratch_rows * ff });
                for block in blocks {
                    let rows = block.len();
                    let (n, h) = (&mut n[..rows * d], &mut h[..rows * ff]);
                    forward_rows(n, rows_of(x, &block.all, d), gamma, self.epsilon as f32);
                    let (gates, ups) = match learning {
                        true => (
                            &mut gates[block.own.start * ff..][..rows * ff],
                            &mut ups[block.own.start * ff..][..rows * ff],
                        ),
                        false => (&mut own_gates[..rows * ff], &mut own_ups[..rows * ff]),
                    };
                    times(gates, n, gate, [rows, ff, d]);
                    times(ups, n, up, [rows, ff, d]);
                    swiglu::forward(h, gates, ups);
                    let fed = n;
                    times(fed, h, down, [rows, d, ff]);
                    let (y, x) = (&mut y[block.own.start * d..][..rows * d], rows_of(x, &block.all, d));
                    match self.dropout.factors() {
                        Some(factors) => add_what_stays(y, x, fed, factors, block.all.start * d),
                        None => add(y, x, fed),
                    }
                }
            });
        }
        let y = y.into_tensor(inputs[0].shape());
        (y, (inputs, [gates.into_tensor([kept]), ups.into_tensor([kept])]))
    }

    fn backward(
        &self,
        (inputs, kept): Self::Saved,
        gradient: FlexTensor,
        wanted: [bool; 5],
    ) -> [Option<FlexTensor>; 5] {
        let Sizes { rows, d, ff } = sizes(&inputs);
        let pieces = Pieces::with_sums(rows);
        let mut dx = Buffer::stale(rows * d);
        let mut dgamma = pieces.sums(d);
        let [mut dgate, mut dup, mut ddown] = [(); 3].map(|()| pieces.sums(ff * d));
        {
            let [x, gamma, gate, up, down] = inputs.each_ref().map(floats);
            let [gates, ups] = kept.each_ref().map(floats);
            let dy = floats(&gradient);
            let outputs = [(&mut dx[..], d)];
            let sums = [&mut dgamma[..], &mut dgate, &mut dup, &mut ddown];
            pieces.run_with_sums(outputs, sums, |blocks, [dx], [dgamma, dgate, dup, ddown]| {
                let most = blocks.most_rows();
                let [mut n, mut dn] = [(); 2].map(|()| Buffer::stale(most * d));
                let [mut h, mut dg, mut du] = [(); 3].map(|()| Buffer::stale(most * ff));
                dgamma.fill(0.0);
                for block in blocks {
                    let rows = block.len();
                    let write = if block.own.start == 0 { Write::Replace } else { Write::Add };
                    let (n, dn) = (&mut n[..rows * d], &mut dn[..rows * d]);
                    let [h, dg, du] = [&mut h, &mut dg, &mut du].map(|buffer| &mut buffer[..rows * ff]);
                    let (x, dy) = (rows_of(x, &block.all, d), rows_of(dy, &block.all, d));
                    let gradient = match self.dropout.factors() {
                        Some(factors) => {
                            drop_some(dn, dy, factors, block.all.start * d);
                            Matrix::new(dn, rows, d)
                        }
                        None => Matrix::new(dy, rows, d),
                    };
                    let down = Matrix::new(down, d, ff);
                    product(MatrixMut::new(dg, rows, ff), gradient, down, 1.0, Write::Replace);
                    gate_backward(h, dg, du, rows_of(gates, &block.all, ff), rows_of(ups, &block.all, ff));
                    product(MatrixMut::new(ddown, d, ff), gradient.t(), Matrix::new(h, rows, ff), 1.0, write);
                    forward_rows(n, x, gamma, self.epsilon as f32);
                    let (dg, du) = (Matrix::new(dg, rows, ff), Matrix::new(du, rows, ff));
                    let n = Matrix::new(n, rows, d);
                    product(MatrixMut::new(dgate, ff, d), dg.t(), n, 1.0, write);
                    product(MatrixMut::new(dup, ff, d), du.t(), n, 1.0, write);
                    product(MatrixMut::new(dn, rows, d), dg, Matrix::new(gate, ff, d), 1.0, Write::Replace);
                    product(MatrixMut::new(dn, rows, d), du, Matrix::new(up, ff, d), 1.0, Write::Add);
                    let dx = &mut dx[block.own.start * d..][..rows * d];
                    backward_rows(dx, dgamma, x, dn, gamma, self.epsilon as f32);
                    add_to(dx, dy);
                }
            });
        }
        let weights = [dgate, dup, ddown].map(|sums| pieces.total(sums, ff * d));
        let [dgate, dup, ddown] = weights;
        let gradients = [dx, pieces.total(dgamma, d), dgate, dup, ddown];
        let mut shapes = inputs.iter().map(|input| input.shape());
        let mut wanted = wanted.into_iter();
        gradients.map(|gradient| {
            let shape = shapes.next()?;
            wanted.next()?.then(|| gradient.into_tensor(shape))
        })
    }
}

fn sizes([x, gamma, gate, up, down]: &[FlexTensor; 5]) -> Sizes {
    let (shape, d) = (x.shape(), gamma.shape()[0]);
    let ff = gate.shape()[0];
    assert!(
        shape[shape.num_dims() - 1] == d
            && gate.shape()[..] == [ff, d]
            && up.shape()[..] == [ff, d]
            && down.shape()[..] == [d, ff],
        "feed_forward: x {shape:?}, {d} gains, gate {:?}, up {:?}, down {:?}",
        gate.shape(),
        up.shape(),
        down.shape()
    );
    Sizes { rows: shape.num_elements() / d.max(1), d, ff }
}

/// `y = x · weightᵀ` on this thread, or with others if the rows are few.
fn times(y: &mut [f32], x: &[f32], weight: &[f32], [rows, d_out, d_in]: [usize; 3]) {
    if rows <= SOME {
        return times_transpose(y, x, weight, [rows, d_out, d_in]);
    }
    let weight = Matrix::new(weight, d_out, d_in);
    product(MatrixMut::new(y, rows, d_out), Matrix::new(x, rows, d_in), weight.t(), 1.0, Write::Replace);
}

wide! {
    fn add_to(sum: &mut [f32], x: &[f32]) {
        sum.iter_mut().zip(x).for_each(|(sum, x)| *sum += x);
    }
}

wide! {
    /// The gated product again in `h`, and the gradients of gate and up. `dgate` brings the gradient of `h`.
    fn gate_backward(h: &mut [f32], dgate: &mut [f32], dup: &mut [f32], gate: &[f32], up: &[f32]) {
        let len = h.len();
        let (dgate, dup, gate, up) = (&mut dgate[..len], &mut dup[..len], &gate[..len], &up[..len]);
        for i in 0..len {
            let s = sigmoid::<FUSED>(gate[i]);
            let silu = gate[i] * s;
            let dh = dgate[i];
            h[i] = silu * up[i];
            dup[i] = dh * silu;
            // (x σ(x))' = σ(x) (1 + x (1 - σ(x))) = σ(x) + xσ(x) (1 - σ(x))
            dgate[i] = dh * up[i] * (s + silu * (1.0 - s));
        }
    }
}
