//! Muon: momentum, made orthogonal, taken from the weight; every matrix on a thread of its own.

use burn::backend::TensorMetadata;
use rayon::prelude::*;

use super::matrix::{Matrix, MatrixMut};
use super::optimizer::{square_of, whole};
use super::pool::Buffer;
use super::product::{product, product_in_parallel, symmetric_product};
use super::wide::wide;
use super::write::Write;
use super::{FlexTensor, floats};
use crate::steps::{ITERATIONS, Muon, NORM_EPSILON, POLYNOMIAL};

/// Elements of a partial sum of squares.
const BLOCK: usize = 1 << 14;

/// Who makes the products of one matrix; the bits are the same.
#[derive(Clone, Copy)]
enum Threads {
    One,
    All,
}

impl Threads {
    fn product(self, output: MatrixMut, left: Matrix, right: Matrix) {
        match self {
            Threads::One => product(output, left, right, 1.0, Write::Replace),
            Threads::All => product_in_parallel(output, left, right, Write::Replace),
        }
    }

    fn symmetric(self, output: MatrixMut, left: Matrix, right: Matrix) {
        match self {
            Threads::One => symmetric_product(output, left, right),
            Threads::All => product_in_parallel(output, left, right, Write::Replace),
        }
    }
}

/// Weight, gradient and momentum, each contiguous, and the shape of the matrix they are; see [`crate::muon`].
pub(crate) fn muon(matrices: Vec<([FlexTensor; 3], [usize; 2])>, step: &Muon) -> Vec<[FlexTensor; 2]> {
    // Enough matrices keep the threads busy without cutting any.
    let enough = matrices.len() >= 2 * rayon::current_num_threads();
    let threads = if enough { Threads::One } else { Threads::All };
    let one = |(tensors, shape)| muon_of_one(tensors, shape, step, threads);
    matrices.into_par_iter().with_max_len(1).map(one).collect()
}

fn muon_of_one(
    [weight, gradient, momentum]: [FlexTensor; 3],
    shape: [usize; 2],
    step: &Muon,
    threads: Threads,
) -> [FlexTensor; 2] {
    let mut momentum = whole(momentum);
    let mut x = Buffer::stale(shape[0] * shape[1]);
    let (decay, scale) = (step.momentum as f32, step.gradient_scale as f32);
    look_ahead(&mut x, momentum.storage_mut(), floats(&gradient), decay, scale);
    let mut x = nearest_orthogonal(x, shape, threads);
    let keep = 1.0 - step.lr * step.weight_decay;
    descend(&mut x, floats(&weight), keep as f32, step.rate(shape) as f32);
    [x.into_tensor(weight.shape()), momentum]
}

/// See [`crate::orthogonalise`].
pub(crate) fn orthogonalise(matrix: FlexTensor) -> FlexTensor {
    let shape = matrix.shape();
    let mut x = Buffer::stale(shape.num_elements());
    x.copy_from_slice(floats(&matrix));
    nearest_orthogonal(x, [shape[0], shape[1]], Threads::All).into_tensor(shape)
}

/// The products work on the smaller side: a tall matrix through its transpose, which only the strides know of.
fn nearest_orthogonal(mut x: Buffer, [rows, columns]: [usize; 2], threads: Threads) -> Buffer {
    let small = rows.min(columns);
    let tall = rows > columns;
    let [a, b, c] = POLYNOMIAL.map(|number| number as f32);

    let norm = x.chunks(BLOCK).map(|block| f64::from(square_of(block))).sum::<f64>().sqrt() + NORM_EPSILON;
    multiply_by(&mut x, (1.0 / norm) as f32);
    let mut gram = Buffer::stale(small * small);
    let mut polynomial = Buffer::stale(small * small);
    let mut next = Buffer::stale(rows * columns);
    for _ in 0..ITERATIONS {
        let seen = Matrix::new(&x, rows, columns);
        let wide = if tall { seen.t() } else { seen };
        threads.symmetric(MatrixMut::new(&mut gram, small, small), wide, wide.t());
        let square = Matrix::new(&gram, small, small);
        threads.symmetric(MatrixMut::new(&mut polynomial, small, small), square, square);
        // a + b g + c g², so that one more product ends the iteration.
        combine(&mut polynomial, &gram, b, c);
        polynomial.iter_mut().step_by(small + 1).for_each(|diagonal| *diagonal += a);
        // The polynomial is symmetric: it multiplies a tall matrix from the right.
        let p = Matrix::new(&polynomial, small, small);
        let (left, right) = if tall { (seen, p) } else { (p, seen) };
        threads.product(MatrixMut::new(&mut next, rows, columns), left, right);
        std::mem::swap(&mut x, &mut next);
    }
    x
}

wide! {
    /// The momentum of Nesterov: takes up the gradient, and is seen a step ahead in `ahead`.
    fn look_ahead(ahead: &mut [f32], momentum: &mut [f32], gradient: &[f32], decay: f32, scale: f32) {
        let n = ahead.len();
        let (momentum, gradient) = (&mut momentum[..n], &gradient[..n]);
        for i in 0..n {
            let g = gradient[i] * scale;
            momentum[i] = momentum[i] * decay + g;
            ahead[i] = g + momentum[i] * decay;
        }
    }
}

wide! {
    fn multiply_by(x: &mut [f32], factor: f32) {
        x.iter_mut().for_each(|x| *x *= factor);
    }
}

wide! {
    /// `square = b · gram + c · square`.
    fn combine(square: &mut [f32], gram: &[f32], b: f32, c: f32) {
        square.iter_mut().zip(gram).for_each(|(square, gram)| *square = b * gram + c * *square);
    }
}

wide! {
    /// `direction` becomes the weight after the step.
    fn descend(direction: &mut [f32], weight: &[f32], keep: f32, rate: f32) {
        direction.iter_mut().zip(weight).for_each(|(x, weight)| *x = keep * weight - rate * *x);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_multiplies_does_not_show() {
        for shape in [[128, 352], [352, 128], [100, 100]] {
            let matrix = || {
                let mut x = Buffer::stale(shape[0] * shape[1]);
                x.iter_mut().enumerate().for_each(|(i, x)| *x = (i * 7919 % 2003) as f32 / 1001.5 - 1.0);
                x
            };
            let [one, all] = [Threads::One, Threads::All].map(|threads| nearest_orthogonal(matrix(), shape, threads));
            assert!(one.iter().zip(all.iter()).all(|(one, all)| one.to_bits() == all.to_bits()), "{shape:?}");
        }
    }
}
