//! Dropout whose zeros are a function of a seed and the place of the element: nothing is kept for the backward
//! pass, and every backend drops the same (those without a fast path take the factors from the host).

use burn::tensor::{Tensor, TensorData};

/// Which elements a training pass drops (Srivastava et al. 2014). What stays is scaled up, so that the mean does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dropout {
    /// Share of the elements that become zero, in `[0, 1)`.
    pub share: f64,
    /// Decides which; well mixed, for neighbouring seeds drop neighbouring elements.
    pub seed: u64,
}

impl Dropout {
    /// Drops nothing.
    pub const NONE: Self = Self { share: 0.0, seed: 0 };

    /// What the elements are multiplied with, by their place; none if all stay.
    pub(crate) fn factors(self) -> Option<Factors> {
        (self.share > 0.0).then(|| Factors {
            threshold: (self.share * 2f64.powi(32)) as u32,
            scale: (1.0 / (1.0 - self.share)) as f32,
            low: self.seed as u32,
            high: (self.seed >> 32) as u32,
        })
    }

    /// What it leaves of `y`.
    pub(crate) fn of<const D: usize>(self, y: Tensor<D>) -> Tensor<D> {
        let Some(factors) = self.factors() else { return y };
        let numbers: Vec<f32> = (0..y.shape().num_elements()).map(|i| factors.at(i as u32)).collect();
        let mask = Tensor::from_data(TensorData::new(numbers, y.shape()), &y.device());
        y * mask
    }
}

/// [`Dropout`] ready for a loop.
#[derive(Clone, Copy)]
pub(crate) struct Factors {
    threshold: u32,
    scale: f32,
    low: u32,
    high: u32,
}

impl Factors {
    /// Zero or the scale: an integer hash of 32 bits (Wellons, "lowbias32") that takes the seed in twice.
    #[inline(always)]
    pub(crate) fn at(self, place: u32) -> f32 {
        let mut x = place.wrapping_add(self.low);
        x = (x ^ x >> 16).wrapping_mul(0x7feb_352d);
        x = (x ^ x >> 15 ^ self.high).wrapping_mul(0x846c_a68b);
        x ^= x >> 16;
        if x < self.threshold { 0.0 } else { self.scale }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_is_dropped_evenly_and_independently() {
        for (share, seed) in
            [(0.1, 0x3c6e_f372_fe94_f82b), (0.5, 0xbf58_476d_1ce4_e5b9), (0.9, 0x94d0_49bb_1331_11ebu64)]
        {
            let of = |seed| {
                let factors = Dropout { share, seed }.factors().unwrap();
                (0..100_000).map(|i| factors.at(i) == 0.0).collect::<Vec<_>>()
            };
            let (here, there) = (of(seed), of(seed.rotate_left(29)));
            let rate = |dropped: &[bool]| dropped.iter().filter(|&&d| d).count() as f64 / dropped.len() as f64;
            for dropped in [&here, &there] {
                assert!((rate(dropped) - share).abs() < 0.006);
                dropped.chunks(10_000).for_each(|part| assert!((rate(part) - share).abs() < 0.02));
            }
            // Neighbours, and the same place under two seeds, agree as often as chance has it.
            let chance = share * share + (1.0 - share) * (1.0 - share);
            let agreement = |a: &[bool], b: &[bool]| {
                a.iter().zip(b).filter(|(a, b)| a == b).count() as f64 / a.len().min(b.len()) as f64
            };
            assert!((agreement(&here, &there) - chance).abs() < 0.01);
            assert!((agreement(&here, &here[1..]) - chance).abs() < 0.01);
        }
    }
}
