//! What an optimizer does to whole tensors: the global norm, the steps of AdamW and of Muon.
//!
//! Nothing here is differentiated: the tensors are outside autodiff.

use burn::tensor::Tensor;

use crate::plain;

/// The numbers of one step of AdamW (Loshchilov and Hutter 2019, algorithm 2).
#[derive(Clone, Copy, Debug)]
pub struct AdamW {
    /// Learning rate of this step.
    pub lr: f64,
    /// Decay of the running mean of gradients.
    pub beta1: f64,
    /// Decay of the running mean of their squares.
    pub beta2: f64,
    /// Added to the root of the second mean.
    pub epsilon: f64,
    /// Share of the weight that a step at rate 1 takes away.
    pub weight_decay: f64,
    /// Which step this is, from 1: the means are corrected for having begun at 0.
    pub step: u64,
    /// The gradient is multiplied by it first (clipping).
    pub gradient_scale: f64,
}

/// The weight and the two running means after a step; all `[n]`. On Flex each is changed in place if
/// nobody else holds it.
pub fn adamw(
    weight: Tensor<1>,
    gradient: Tensor<1>,
    first: Tensor<1>,
    second: Tensor<1>,
    step: &AdamW,
) -> [Tensor<1>; 3] {
    let n = weight.dims();
    assert!(
        n == gradient.dims() && n == first.dims() && n == second.dims(),
        "adamw: weight, gradient and means differ in size"
    );
    #[cfg(feature = "flex")]
    let [weight, gradient, first, second] =
        match crate::flex::bare([weight, gradient, first, second].map(Tensor::into_dispatch)) {
            Ok(inputs) => {
                let outputs = crate::flex::optimizer::adamw(inputs, step);
                return outputs.map(|output| Tensor::from_dispatch(crate::flex::dispatch(output)));
            }
            Err(inputs) => inputs.map(Tensor::from_dispatch),
        };
    plain::adamw(weight, gradient, first, second, step)
}

/// `sqrt(Σ x²)` over all elements of all tensors.
pub fn global_norm<'a>(tensors: impl IntoIterator<Item = &'a Tensor<1>>) -> f64 {
    let tensors: Vec<Tensor<1>> = tensors.into_iter().cloned().collect();
    #[cfg(feature = "flex")]
    {
        let bare = |tensor: &Tensor<1>| crate::flex::bare([tensor.clone().into_dispatch()]).ok();
        let bare: Option<Vec<_>> = tensors.iter().map(bare).collect();
        if let Some(bare) = bare {
            return crate::flex::optimizer::global_norm(bare.into_iter().flatten());
        }
    }
    plain::global_norm(tensors)
}

/// About the nearest matrix with orthonormal rows or columns, for Muon (Jordan et al. 2024): singular
/// values end near 1, between 0.7 and 1.2.
pub fn orthogonalise(matrix: Tensor<2>) -> Tensor<2> {
    #[cfg(feature = "flex")]
    let matrix = match crate::flex::bare([matrix.into_dispatch()]) {
        Ok([matrix]) => {
            return Tensor::from_dispatch(crate::flex::dispatch(crate::flex::muon::orthogonalise(matrix)));
        }
        Err([matrix]) => Tensor::from_dispatch(matrix),
    };
    plain::orthogonalise(matrix)
}

/// The numbers of one step of Muon (Jordan et al. 2024).
#[derive(Clone, Copy, Debug)]
pub struct Muon {
    /// Learning rate of this step.
    pub lr: f64,
    /// Decay of the running sum of gradients.
    pub momentum: f64,
    /// Share of the weight that a step at rate 1 takes away.
    pub weight_decay: f64,
    /// The gradient is multiplied by it first (clipping).
    pub gradient_scale: f64,
}

impl Muon {
    /// How far the weight moves along the direction: tall matrices move further.
    pub(crate) fn rate(&self, [rows, columns]: [usize; 2]) -> f64 {
        self.lr * (rows as f64 / columns as f64).max(1.0).sqrt()
    }
}

/// Weight and momentum after a step of each of the `matrices`, given as weight, gradient and momentum, `[n]`,
/// with the shape of the matrix that they are. On Flex the momentum is changed in place if nobody else holds it.
pub fn muon(matrices: Vec<([Tensor<1>; 3], [usize; 2])>, step: &Muon) -> Vec<[Tensor<1>; 2]> {
    for (tensors, [rows, columns]) in &matrices {
        assert!(tensors.iter().all(|tensor| tensor.dims() == [rows * columns]), "muon: a tensor of another size");
    }
    #[cfg(feature = "flex")]
    {
        let bare = |(tensors, shape): &([Tensor<1>; 3], _)| {
            crate::flex::bare(tensors.clone().map(Tensor::into_dispatch)).ok().map(|tensors| (tensors, *shape))
        };
        if let Some(bare) = matrices.iter().map(bare).collect() {
            drop(matrices);
            let moved = crate::flex::muon::muon(bare, step).into_iter();
            return moved.map(|pair| pair.map(|tensor| Tensor::from_dispatch(crate::flex::dispatch(tensor)))).collect();
        }
    }
    matrices.into_iter().map(|(tensors, shape)| plain::muon(tensors, shape, step)).collect()
}

/// The quintic polynomial of Muon's Newton–Schulz iteration: `a x + b x³ + c x⁵`, five times.
pub(crate) const POLYNOMIAL: [f64; 3] = [3.4445, -4.775, 2.0315];
/// How often it is applied.
pub(crate) const ITERATIONS: usize = 5;
/// Added to the norm that the matrix is divided by, so that zero stays zero.
pub(crate) const NORM_EPSILON: f64 = 1e-7;
