//! Initial weights, drawn on the host so that every device starts from the same bits.

use burn::module::{Param, ParamId};
use burn::tensor::{Device, Shape, Tensor, TensorData};
use rand::RngExt;
use rand::rngs::StdRng;

/// A matrix `[rows, columns]` of independent normal values with standard deviation `std`.
pub fn normal(rows: usize, columns: usize, std: f64, rng: &mut StdRng, device: &Device) -> Param<Tensor<2>> {
    let mut values = Vec::with_capacity(rows * columns + 1);
    while values.len() < rows * columns {
        let (a, b) = pair(rng);
        values.push((a * std) as f32);
        values.push((b * std) as f32);
    }
    values.truncate(rows * columns);
    Param::from_tensor(Tensor::from_data(TensorData::new(values, [rows, columns]), device))
}

/// Where initial weights come from.
pub(crate) enum Draw<'a> {
    /// By chance.
    Random(&'a mut StdRng),
    /// From a file, later: nothing is made until somebody looks, and then zeros.
    Blank,
}

impl Draw<'_> {
    /// As [`normal`].
    pub(crate) fn normal(&mut self, rows: usize, columns: usize, std: f64, device: &Device) -> Param<Tensor<2>> {
        match self {
            Self::Random(rng) => normal(rows, columns, std, rng, device),
            Self::Blank => {
                let zeros = move |device: &Device, learned| {
                    let zeros = Tensor::zeros([rows, columns], device);
                    if learned { zeros.require_grad() } else { zeros }
                };
                Param::uninitialized(ParamId::new(), zeros, device.clone(), true, Shape::new([rows, columns]))
            }
        }
    }
}

/// A vector of `value`.
pub fn constant(length: usize, value: f32, device: &Device) -> Param<Tensor<1>> {
    Param::from_tensor(Tensor::from_data(TensorData::new(vec![value; length], [length]), device))
}

/// Two independent standard normal values (Box and Muller 1958).
fn pair(rng: &mut StdRng) -> (f64, f64) {
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    let angle = std::f64::consts::TAU * rng.random::<f64>();
    (radius * angle.cos(), radius * angle.sin())
}
