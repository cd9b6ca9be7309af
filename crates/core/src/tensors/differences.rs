//! What two files of tensors do not have in common.

use std::collections::{BTreeMap, BTreeSet};

use super::file::{TensorFile, TensorsError};

/// How a tensor of one file differs from that of the same name in another.
#[derive(Clone, Debug, PartialEq)]
pub enum Difference {
    /// It is in one of them only.
    Alone,
    /// Their shapes.
    Shapes([Vec<usize>; 2]),
    /// The largest difference of two numbers at one place.
    Values(f64),
}

/// The tensors in which two files differ, by name.
///
/// # Errors
/// [`TensorsError`] if one cannot be read.
pub fn differences(a: &TensorFile, b: &TensorFile) -> Result<BTreeMap<String, Difference>, TensorsError> {
    let mut found = BTreeMap::new();
    let names: BTreeSet<&String> = a.names().chain(b.names()).collect();
    for name in names {
        let difference = match (a.shape(name), b.shape(name)) {
            (Some(one), Some(other)) if one == other => {
                let (one, other) = (a.read(name)?, b.read(name)?);
                let pairs = one.iter::<f32>().zip(other.iter::<f32>());
                let apart = pairs.filter(|(x, y)| x.to_bits() != y.to_bits());
                let largest = apart.map(|(x, y)| (f64::from(x) - f64::from(y)).abs()).reduce(f64::max);
                largest.map(Difference::Values)
            }
            (Some(one), Some(other)) => Some(Difference::Shapes([one.to_vec(), other.to_vec()])),
            _ => Some(Difference::Alone),
        };
        found.extend(difference.map(|difference| (name.clone(), difference)));
    }
    Ok(found)
}
