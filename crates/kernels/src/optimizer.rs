//! What an optimizer does to whole tensors: the global norm, the steps of AdamW and of Muon.
//!
//! Nothing here is differentiated: the tensors are outside autodiff.

use burn::tensor::Tensor;

use crate::plain;
use crate::steps::{AdamW, Muon};

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
