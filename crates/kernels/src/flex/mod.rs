//! The fast paths: float32 operations on Flex tensors with hand-written backward passes.
//!
//! An [`Operation`] computes on whole tensors; [`run`] finds the Flex tensors inside Burn's dispatch
//! tensors, and records the backward pass when a gradient will be asked for. Results depend on the
//! number of threads at most, never on their scheduling: work is cut at fixed places and partial sums
//! are added in a fixed order.

use std::fmt::Debug;

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{
    Autodiff, BackendTensor, DType, DispatchAutodiffContext, DispatchTensor, DispatchTensorKind, Flex, TensorMetadata,
};
use burn::tensor::{Int, Tensor};

pub(crate) mod attention;
pub(crate) mod awake;
#[cfg(target_arch = "x86_64")]
pub(crate) mod bfloat16;
pub(crate) mod dropout;
pub(crate) mod embedding;
pub(crate) mod feed_forward;
mod few_queries;
mod few_rows;
pub(crate) mod gelu;
mod heads;
pub(crate) mod linear;
pub(crate) mod linear_cross_entropy;
mod matrix;
pub(crate) mod muon;
pub(crate) mod norm_rotary;
pub(crate) mod optimizer;
mod pieces;
mod pool;
mod product;
pub(crate) mod rms_norm;
mod rows;
#[cfg(target_arch = "x86_64")]
mod sixteen_rows;
mod softmax;
pub(crate) mod swiglu;
pub(crate) mod tile;
mod wide;
mod write;

/// A tensor in the memory of the processor.
pub(crate) type FlexTensor = FloatTensor<Flex>;
type Tracked = FloatTensor<Autodiff<Flex>>;

/// One differentiable operation on `N` float32 tensors. What is not differentiated (ids, sizes,
/// constants) lives in `self`, which is cloned once for the backward pass.
pub(crate) trait Operation<const N: usize>: Clone + Debug + Send + 'static {
    /// What the backward pass needs from the forward pass.
    type Saved: Clone + Debug + Send + 'static;

    /// The output, and what the backward pass needs to give the gradients that are `wanted`.
    fn forward(&self, inputs: [FlexTensor; N], wanted: [bool; N]) -> (FlexTensor, Self::Saved);

    /// The gradients of the inputs that are `wanted`, from the gradient of the output.
    fn backward(&self, saved: Self::Saved, gradient: FlexTensor, wanted: [bool; N]) -> [Option<FlexTensor>; N];
}

/// Runs `operation` when every input is a float32 tensor on Flex, else hands the inputs back.
pub(crate) fn run<O: Operation<N>, const N: usize>(
    operation: O,
    inputs: [DispatchTensor; N],
) -> Result<DispatchTensor, [DispatchTensor; N]> {
    let Some(context) = common_context(&inputs) else {
        return Err(inputs);
    };
    awake::stay();
    let inputs = inputs.map(into_tracked);
    if context == DispatchAutodiffContext::Disabled {
        let inputs = inputs.map(|input| input.into_primitive());
        let (output, _) = operation.forward(inputs, [false; N]);
        return Ok(dispatch(output));
    }

    let wanted = inputs.each_ref().map(|input| input.is_tracked());
    let nodes = inputs.each_ref().map(|input| input.node());
    let inputs = inputs.map(|input| input.into_primitive());
    // The operations save little beside their inputs, so a checkpointing strategy would have nothing to
    // recompute: under every strategy they count as compute bound.
    let prepared = Recorded(operation.clone()).prepare::<NoCheckpointing>(nodes).compute_bound().stateful();
    let output = match prepared {
        OpsKind::Tracked(prepared) => {
            let (output, saved) = operation.forward(inputs, wanted);
            prepared.finish(saved, output)
        }
        OpsKind::UnTracked(prepared) => prepared.finish(operation.forward(inputs, wanted).0),
    };
    Ok(DispatchTensor {
        kind: DispatchTensorKind::Autodiff(Box::new(DispatchTensorKind::Flex(BackendTensor::Autodiff(output)))),
        autodiff: context,
    })
}

/// An [`Operation`] as a step of the autodiff graph.
#[derive(Debug)]
struct Recorded<O>(O);

impl<O: Operation<N>, const N: usize> Backward<Flex, N> for Recorded<O> {
    type State = O::Saved;

    fn backward(self, ops: Ops<O::Saved, N>, gradients: &mut Gradients, _: &mut Checkpointer) {
        awake::stay();
        let gradient = contiguous(gradients.consume::<Flex>(&ops.node));
        let wanted = ops.parents.each_ref().map(|parent| parent.is_some());
        let computed = self.0.backward(ops.state, gradient, wanted);
        for (parent, gradient) in ops.parents.into_iter().zip(computed) {
            if let (Some(parent), Some(gradient)) = (parent, gradient) {
                gradients.register::<Flex>(parent.id, gradient);
            }
        }
    }
}

/// The autodiff context of an operation on `inputs`; none if they are not all float32 on Flex, or if
/// they disagree on checkpointing (Burn's own operations then say so).
fn common_context(inputs: &[DispatchTensor]) -> Option<DispatchAutodiffContext> {
    let mut common = DispatchAutodiffContext::Disabled;
    for input in inputs {
        let float32 = match &input.kind {
            DispatchTensorKind::Flex(BackendTensor::Float(tensor)) => tensor.dtype() == DType::F32,
            DispatchTensorKind::Autodiff(inner) => match inner.as_ref() {
                DispatchTensorKind::Flex(BackendTensor::Autodiff(tensor)) => tensor.dtype() == DType::F32,
                _ => false,
            },
            _ => false,
        };
        let compatible = common == DispatchAutodiffContext::Disabled
            || input.autodiff == DispatchAutodiffContext::Disabled
            || common == input.autodiff;
        if !float32 || !compatible {
            return None;
        }
        if common == DispatchAutodiffContext::Disabled {
            common = input.autodiff;
        }
    }
    Some(common)
}

/// The autodiff tensor inside; a tensor outside autodiff becomes a constant.
fn into_tracked(input: DispatchTensor) -> Tracked {
    match input.kind {
        DispatchTensorKind::Flex(BackendTensor::Float(tensor)) => Tracked::new(tensor),
        DispatchTensorKind::Autodiff(inner) => match *inner {
            DispatchTensorKind::Flex(BackendTensor::Autodiff(tensor)) => tensor,
            _ => unreachable!("common_context admits tensors on Flex only"),
        },
        _ => unreachable!("common_context admits tensors on Flex only"),
    }
}

/// The float32 tensors on Flex, outside autodiff, inside `inputs`; else the inputs again.
pub(crate) fn bare<const N: usize>(inputs: [DispatchTensor; N]) -> Result<[FlexTensor; N], [DispatchTensor; N]> {
    match common_context(&inputs) {
        Some(DispatchAutodiffContext::Disabled) => {
            Ok(inputs.map(|input| contiguous(into_tracked(input).into_primitive())))
        }
        _ => Err(inputs),
    }
}

/// A tensor on Flex as Burn's dispatch sees it, outside autodiff.
pub(crate) fn dispatch(tensor: FlexTensor) -> DispatchTensor {
    DispatchTensor {
        kind: DispatchTensorKind::Flex(BackendTensor::Float(tensor)),
        autodiff: DispatchAutodiffContext::Disabled,
    }
}

/// The numbers of an integer tensor on Flex; none elsewhere, or if one does not fit.
pub(crate) fn integers<const D: usize>(tensor: &Tensor<D, Int>) -> Option<Vec<i32>> {
    let DispatchTensorKind::Flex(BackendTensor::Int(tensor)) = tensor.clone().into_dispatch().kind else {
        return None;
    };
    let tensor = tensor.to_contiguous();
    match tensor.dtype() {
        DType::I64 => tensor.as_slice::<i64>()?.iter().map(|&n| n.try_into().ok()).collect(),
        DType::I32 => tensor.as_slice::<i32>().map(<[i32]>::to_vec),
        _ => None,
    }
}

/// The tensor itself when its elements lie in order, else a copy whose elements do.
pub(crate) fn contiguous(tensor: FlexTensor) -> FlexTensor {
    if tensor.is_contiguous() { tensor } else { tensor.to_contiguous() }
}

/// The elements of a contiguous float32 tensor.
pub(crate) fn floats(tensor: &FlexTensor) -> &[f32] {
    tensor.as_slice().expect("a contiguous float32 tensor")
}
