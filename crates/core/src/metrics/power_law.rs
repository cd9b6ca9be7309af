//! How a score moves with what was spent on it.

/// `y = factor · x^exponent`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PowerLaw {
    /// `y` at `x = 1`.
    pub factor: f64,
    /// By how much `ln y` changes with `ln x`: below 0 where more gives less.
    pub exponent: f64,
}

impl PowerLaw {
    /// The law that is nearest to `points` by least squares on the logarithms of both (Kaplan et al. 2020, *Scaling Laws
    /// for Neural Language Models*, without the loss that nothing takes away: a few points cannot tell it). `None` where
    /// there are not three points with different `x`, or a number is not positive.
    pub fn fit(points: &[(f64, f64)]) -> Option<Self> {
        let usable = |value: f64| value.is_finite() && value > 0.0;
        if !points.iter().all(|&(x, y)| usable(x) && usable(y)) {
            return None;
        }
        let mut places: Vec<f64> = points.iter().map(|point| point.0).collect();
        places.sort_by(f64::total_cmp);
        places.dedup();
        if places.len() < 3 {
            return None;
        }
        let logs: Vec<(f64, f64)> = points.iter().map(|&(x, y)| (x.ln(), y.ln())).collect();
        let n = logs.len() as f64;
        let (x, y) = logs.iter().fold((0.0, 0.0), |(x, y), log| (x + log.0 / n, y + log.1 / n));
        let spread: f64 = logs.iter().map(|log| (log.0 - x).powi(2)).sum();
        let together: f64 = logs.iter().map(|log| (log.0 - x) * (log.1 - y)).sum();
        let exponent = together / spread;
        Some(Self { factor: (y - exponent * x).exp(), exponent })
    }

    /// `y` at `x`.
    pub fn at(&self, x: f64) -> f64 {
        self.factor * x.powf(self.exponent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_law_is_found_again() {
        let law = PowerLaw { factor: 5.0, exponent: -0.08 };
        let points: Vec<(f64, f64)> = [1e13, 4e14, 9e14, 2e15].iter().map(|&x| (x, law.at(x))).collect();
        let found = PowerLaw::fit(&points).unwrap();
        assert!((found.exponent - law.exponent).abs() < 1e-12 && (found.factor / law.factor - 1.0).abs() < 1e-9);
        // Ten times as much multiplies by the same share anywhere.
        assert!((found.at(1e16) / found.at(1e15) - 10f64.powf(-0.08)).abs() < 1e-9);
    }

    #[test]
    fn points_around_a_law_pull_both_ways() {
        let above_and_below = [(1.0, 2.0 * 1.1), (10.0, 2.0 / 1.21), (100.0, 2.0 * 1.1)];
        let found = PowerLaw::fit(&above_and_below).unwrap();
        assert!(found.exponent.abs() < 1e-12 && (found.factor - 2.0).abs() < 1e-9, "{found:?}");
    }

    #[test]
    fn what_cannot_be_told_is_not() {
        assert_eq!(PowerLaw::fit(&[(1.0, 2.0), (2.0, 1.9)]), None);
        assert_eq!(PowerLaw::fit(&[(1.0, 2.0), (1.0, 2.1), (2.0, 1.9)]), None);
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(PowerLaw::fit(&[(1.0, 2.0), (2.0, 1.9), (3.0, bad)]), None);
            assert_eq!(PowerLaw::fit(&[(1.0, 2.0), (2.0, 1.9), (bad, 1.8)]), None);
        }
    }
}
