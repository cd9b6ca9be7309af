//! Which examples a step sees, as a function of (seed, step): no state, no shuffle buffer, nothing to save.
//!
//! Training can therefore stop anywhere and go on exactly where it was. An epoch is a keyed bijection of the indices,
//! computed one index at a time in constant memory.
//!
//! ```
//! use cimiento_data::order::batch_at;
//! let mut seen: Vec<usize> = (0..5).flat_map(|step| batch_at(7, step, 10, 2)).collect();
//! seen.sort();
//! assert_eq!(seen, (0..10).collect::<Vec<_>>());
//! ```

use rand::SeedableRng;
use rand::rngs::StdRng;

/// A bijection of the 64-bit integers whose output bits each depend on all input bits (the finaliser of SplitMix64:
/// Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
pub const fn mix64(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// The generator for one use (`stream`) at one step: masks, dropout and sampling take different streams.
pub fn rng(seed: u64, step: u64, stream: u64) -> StdRng {
    StdRng::seed_from_u64(key(&[seed, step, stream]))
}

/// One key out of several numbers, sensitive to their order.
fn key(parts: &[u64]) -> u64 {
    parts.iter().fold(0, |key, part| mix64(key ^ mix64(*part)))
}

/// A keyed bijection of `0..n` in constant memory.
///
/// A six-round Feistel network over the next even number of bits (at most `4n` values), walked until the value falls
/// below `n` (Black and Rogaway, "Ciphers with arbitrary finite domains", 2002): under four rounds of it on average.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permutation {
    n: usize,
    half: u32,
    seed: u64,
}

impl Permutation {
    const ROUNDS: u64 = 6;

    /// The permutation of `0..n` that belongs to `seed`.
    pub fn new(n: usize, seed: u64) -> Self {
        let bits = usize::BITS - n.saturating_sub(1).leading_zeros();
        Self { n, half: bits.div_ceil(2).max(1), seed: mix64(seed) }
    }

    /// The image of `i`, which must be below `n`.
    pub fn at(&self, i: usize) -> usize {
        assert!(i < self.n, "index {i} is outside a permutation of {} elements", self.n);
        let mask = (1u64 << self.half) - 1;
        let mut value = i as u64;
        loop {
            let (mut left, mut right) = (value >> self.half, value & mask);
            for round in 0..Self::ROUNDS {
                let next = left ^ (mix64(self.seed ^ mix64(right ^ (round << 32 << 24))) & mask);
                (left, right) = (right, next);
            }
            value = (left << self.half) | right;
            if (value as usize) < self.n {
                return value as usize;
            }
        }
    }
}

/// The example at a `position` of an endless series of epochs over `len` examples.
pub fn example_at(seed: u64, position: u64, len: usize) -> usize {
    assert!(len > 0, "there are no examples to order");
    let (epoch, offset) = (position / len as u64, position % len as u64);
    Permutation::new(len, key(&[seed, epoch])).at(offset as usize)
}

/// The examples of one step: `batch` indices below `len`. Each index comes once an epoch, in another order each epoch;
/// a batch may span two epochs.
pub fn batch_at(seed: u64, step: u64, len: usize, batch: usize) -> Vec<usize> {
    (0..batch as u64).map(|r| example_at(seed, step * batch as u64 + r, len)).collect()
}

/// Several sources mixed by weight.
///
/// An epoch of the mixture is as long as all sources together. Within it each source has a fixed number of places,
/// proportional to its weight, scattered at random; the places take that source's examples in the order of its own
/// epochs. So shares are exact over an epoch, and after whole epochs no example was seen twice more often than another
/// of its source.
#[derive(Clone, Debug, PartialEq)]
pub struct Mixture {
    sizes: Vec<usize>,
    /// `starts[s]..starts[s + 1]` are the slots of source `s` in an epoch.
    starts: Vec<usize>,
}

impl Mixture {
    /// A mixture of sources with `sizes` examples and the given positive weights. An empty source takes no part.
    ///
    /// # Panics
    /// If the lists differ in length, if no source has an example, or if a weight is not positive and finite.
    pub fn new(sizes: Vec<usize>, weights: &[f64]) -> Self {
        assert_eq!(sizes.len(), weights.len(), "a weight per source");
        assert!(weights.iter().all(|w| w.is_finite() && *w > 0.0), "weights are positive: {weights:?}");
        let total: usize = sizes.iter().sum();
        assert!(total > 0, "there are no examples to mix");
        let quotas = quotas(&sizes, weights, total);
        let mut starts = vec![0];
        for quota in quotas {
            starts.push(starts[starts.len() - 1] + quota);
        }
        Self { sizes, starts }
    }

    /// Examples in an epoch of the mixture.
    pub fn epoch_len(&self) -> usize {
        self.starts[self.sizes.len()]
    }

    /// How many of an epoch's examples come from `source`.
    pub fn quota(&self, source: usize) -> usize {
        self.starts[source + 1] - self.starts[source]
    }

    /// The source and the index in it of the example at `position` in the endless series.
    pub fn at(&self, seed: u64, position: u64) -> (usize, usize) {
        let len = self.epoch_len();
        let slot = example_at(key(&[seed, u64::MAX]), position, len);
        let source = self.starts.partition_point(|start| *start <= slot) - 1;
        let earlier = position / len as u64 * self.quota(source) as u64;
        let draw = earlier + (slot - self.starts[source]) as u64;
        (source, example_at(key(&[seed, source as u64]), draw, self.sizes[source]))
    }

    /// The examples of one step.
    pub fn batch_at(&self, seed: u64, step: u64, batch: usize) -> Vec<(usize, usize)> {
        (0..batch as u64).map(|r| self.at(seed, step * batch as u64 + r)).collect()
    }
}

/// Whole numbers that add up to `total`, proportional to the weights of the non-empty sources: rounded down, the rest
/// to the largest remainders. A source whose share rounds to nothing still gets one place, from the largest.
fn quotas(sizes: &[usize], weights: &[f64], total: usize) -> Vec<usize> {
    let weights: Vec<f64> = sizes.iter().zip(weights).map(|(n, w)| if *n > 0 { *w } else { 0.0 }).collect();
    let sum: f64 = weights.iter().sum();
    let exact: Vec<f64> = weights.iter().map(|w| w / sum * total as f64).collect();
    let mut quotas: Vec<usize> = exact.iter().map(|e| e.floor() as usize).collect();
    let mut order: Vec<usize> = (0..sizes.len()).filter(|s| sizes[*s] > 0).collect();
    order.sort_by(|a, b| exact[*b].fract().total_cmp(&exact[*a].fract()).then(a.cmp(b)));
    let missing = total.saturating_sub(quotas.iter().sum());
    for s in order.iter().cycle().take(missing) {
        quotas[*s] += 1;
    }
    for s in order {
        if quotas[s] == 0 {
            let largest = (0..quotas.len()).max_by_key(|i| quotas[*i]).unwrap_or(s);
            // With at least as many places as non-empty sources, the largest has two when another has none.
            quotas[largest] -= 1;
            quotas[s] += 1;
        }
    }
    quotas
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::RngExt;
    use std::collections::BTreeMap;

    fn sorted(mut v: Vec<usize>) -> Vec<usize> {
        v.sort_unstable();
        v
    }

    proptest! {
        #[test]
        fn a_permutation_is_a_bijection(n in 1usize..3000, seed: u64) {
            let p = Permutation::new(n, seed);
            prop_assert_eq!(sorted((0..n).map(|i| p.at(i)).collect()), (0..n).collect::<Vec<_>>());
        }

        #[test]
        fn each_example_once_an_epoch(len in 1usize..300, batch in 1usize..17, seed: u64, epoch in 0usize..3) {
            let steps = ((epoch + 1) * len).div_ceil(batch) as u64;
            let series: Vec<usize> = (0..steps).flat_map(|s| batch_at(seed, s, len, batch)).collect();
            prop_assert_eq!(sorted(series[epoch * len..(epoch + 1) * len].to_vec()), (0..len).collect::<Vec<_>>());
        }

        #[test]
        fn a_mixture_keeps_shares_and_visits_every_example(
            parts in prop::collection::vec((0usize..60, 0.05f64..5.0), 1..5), seed: u64,
        ) {
            let (sizes, weights): (Vec<usize>, Vec<f64>) = parts.into_iter().unzip();
            prop_assume!(sizes.iter().sum::<usize>() > 0);
            let mixture = Mixture::new(sizes.clone(), &weights);
            let epoch = mixture.epoch_len();
            prop_assert_eq!(epoch, sizes.iter().sum::<usize>());
            let epochs = 4;
            let mut draws: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
            for position in 0..epochs * epoch {
                let (s, i) = mixture.at(seed, position as u64);
                draws.entry(s).or_default().push(i);
            }
            for (s, size) in sizes.iter().enumerate() {
                let drawn = draws.remove(&s).unwrap_or_default();
                prop_assert_eq!(drawn.len(), epochs * mixture.quota(s));
                prop_assert_eq!(mixture.quota(s) > 0, *size > 0);
                // Balanced: no example is seen twice more often than another.
                let mut counts = vec![0usize; *size];
                drawn.iter().for_each(|i| counts[*i] += 1);
                let (low, high) = (counts.iter().min().copied(), counts.iter().max().copied());
                prop_assert!(high.unwrap_or(0) - low.unwrap_or(0) <= 1, "{:?}", counts);
            }
        }
    }

    #[test]
    fn orders_differ_between_epochs_and_seeds_and_look_random() {
        let n = 1000;
        let order = |seed, epoch: u64| -> Vec<usize> {
            (0..n as u64).map(|i| example_at(seed, epoch * n as u64 + i, n)).collect()
        };
        let a = order(1, 0);
        assert_ne!(a, order(1, 1));
        assert_ne!(a, order(2, 0));
        // A random permutation keeps about one point fixed, rises half of the time, and is uncorrelated with 0..n.
        assert!(a.iter().enumerate().filter(|(i, x)| i == *x).count() < 8);
        let rises = a.windows(2).filter(|w| w[0] < w[1]).count();
        assert!((430..570).contains(&rises), "{rises}");
        let mean = (n as f64 - 1.0) / 2.0;
        let covariance: f64 = a.iter().enumerate().map(|(i, x)| (i as f64 - mean) * (*x as f64 - mean)).sum();
        let variance: f64 = (0..n).map(|i| (i as f64 - mean).powi(2)).sum();
        assert!((covariance / variance).abs() < 0.12, "{}", covariance / variance);
    }

    #[test]
    fn shares_follow_the_weights_exactly() {
        let mixture = Mixture::new(vec![900, 100, 0], &[1.0, 3.0, 9.0]);
        assert_eq!((mixture.quota(0), mixture.quota(1), mixture.quota(2)), (250, 750, 0));
        let tiny = Mixture::new(vec![50, 50], &[1000.0, 1e-6]);
        assert_eq!((tiny.quota(0), tiny.quota(1)), (99, 1));
    }

    #[test]
    fn a_large_set_needs_no_memory_and_no_history() {
        let len = 3_000_000_000_000;
        let batch = batch_at(5, 1 << 40, len, 64);
        assert_eq!(batch, batch_at(5, 1 << 40, len, 64));
        assert!(batch.iter().all(|i| *i < len));
    }

    #[test]
    fn streams_of_random_numbers_are_independent_and_repeatable() {
        let draw = |seed, step, stream| rng(seed, step, stream).random::<u64>();
        assert_eq!(draw(1, 2, 3), draw(1, 2, 3));
        let all = [draw(1, 2, 3), draw(2, 1, 3), draw(1, 3, 2), draw(3, 2, 1), draw(0, 0, 0), draw(0, 0, 1)];
        assert_eq!(all.iter().collect::<std::collections::BTreeSet<_>>().len(), all.len());
    }
}
