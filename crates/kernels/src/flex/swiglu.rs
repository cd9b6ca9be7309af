//! `silu(gate) · up` and its gradients, one pass each.

use burn::backend::TensorMetadata;

use super::pool::Buffer;
use super::rows::{for_blocks, for_blocks_of_two};
use super::wide::{sigmoid, wide};
use super::{FlexTensor, Operation, contiguous, floats};

/// Inputs: `gate` and `up`, of one shape.
#[derive(Clone, Debug)]
pub(crate) struct Swiglu;

impl Operation<2> for Swiglu {
    type Saved = [FlexTensor; 2];

    fn forward(&self, inputs: [FlexTensor; 2], _: [bool; 2]) -> (FlexTensor, Self::Saved) {
        let [gate, up] = inputs.map(contiguous);
        let shape = gate.shape();
        assert_eq!(shape, up.shape(), "swiglu: gate and up differ in shape");
        let mut y = Buffer::stale(shape.num_elements());
        {
            let (gate, up) = (floats(&gate), floats(&up));
            for_blocks(&mut y, 1, |from, y| {
                forward(y, &gate[from..][..y.len()], &up[from..][..y.len()]);
            });
        }
        (y.into_tensor(shape), [gate, up])
    }

    fn backward(&self, [gate, up]: Self::Saved, gradient: FlexTensor, _: [bool; 2]) -> [Option<FlexTensor>; 2] {
        let shape = gate.shape();
        let mut dgate = Buffer::stale(shape.num_elements());
        let mut dup = Buffer::stale(shape.num_elements());
        {
            let (gate, up, dy) = (floats(&gate), floats(&up), floats(&gradient));
            for_blocks_of_two(&mut dgate, 1, &mut dup, None, |from, dgate, dup| {
                let len = dgate.len();
                backward(dgate, dup, &gate[from..][..len], &up[from..][..len], &dy[from..][..len]);
            });
        }
        [Some(dgate.into_tensor(shape.clone())), Some(dup.into_tensor(shape))]
    }
}

wide! {
    pub(crate) fn forward(y: &mut [f32], gate: &[f32], up: &[f32]) {
        let len = y.len();
        let (gate, up) = (&gate[..len], &up[..len]);
        for i in 0..len {
            y[i] = gate[i] * sigmoid::<FUSED>(gate[i]) * up[i];
        }
    }
}

wide! {
    fn backward(dgate: &mut [f32], dup: &mut [f32], gate: &[f32], up: &[f32], dy: &[f32]) {
        let len = dgate.len();
        let (dup, gate, up, dy) = (&mut dup[..len], &gate[..len], &up[..len], &dy[..len]);
        for i in 0..len {
            let s = sigmoid::<FUSED>(gate[i]);
            dup[i] = dy[i] * gate[i] * s;
            // (x σ(x))' = σ(x) (1 + x (1 - σ(x)))
            dgate[i] = dy[i] * up[i] * s * (1.0 + gate[i] * (1.0 - s));
        }
    }
}
