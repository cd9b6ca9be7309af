//! Tails of the distributions that tests of significance need.

/// `P(|T| ≥ |t|)` of Student's distribution: `I_x(ν/2, 1/2)` at `x = ν / (ν + t²)` (Abramowitz and Stegun, 26.7.1). With
/// infinite `freedom` it is the normal distribution's.
pub(super) fn student_two_sided(t: f64, freedom: f64) -> f64 {
    // Beyond this they agree to six digits, and differences of logarithms of Γ lose more than that.
    let freedom = freedom.min(1e6);
    if t == 0.0 { 1.0 } else { incomplete_beta(freedom / 2.0, 0.5, freedom / (freedom + t * t)) }
}

/// `P(X ≤ at)` of `X`, the number of heads in `n` throws of a fair coin.
pub(super) fn fair_coin(at: u64, n: u64) -> f64 {
    let (at, n) = (at.min(n), n as f64);
    let log_choose = libm::lgamma(n + 1.0) - libm::lgamma(at as f64 + 1.0) - libm::lgamma(n - at as f64 + 1.0);
    let mut term = (log_choose - n * std::f64::consts::LN_2).exp();
    let mut sum = 0.0;
    // Downwards from the largest term, each from the one above it.
    for heads in (0..=at).rev() {
        sum += term;
        if term < sum * f64::EPSILON {
            break;
        }
        term *= heads as f64 / (n - heads as f64 + 1.0);
    }
    sum.min(1.0)
}

/// The regularised incomplete beta function `I_x(a, b)`, by its continued fraction (Abramowitz and Stegun, 26.5.8),
/// evaluated from the front as Lentz (1976) does.
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return if x <= 0.0 { 0.0 } else { 1.0 };
    }
    // The fraction converges quickly below the mean, so the other tail is taken above it.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(b, a, 1.0 - x);
    }
    let log_front = libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b) + a * x.ln() + b * (-x).ln_1p();
    let tiny = f64::MIN_POSITIVE;
    let mut ratio = 1.0;
    let (mut above, mut below) = (1.0, 0.0);
    for step in 0..10_000 {
        let m = f64::from(step / 2);
        let coefficient = match step {
            0 => 1.0,
            _ if step % 2 == 0 => m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m)),
            _ => -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0)),
        };
        below = 1.0 + coefficient * below;
        below = 1.0 / if below == 0.0 { tiny } else { below };
        above = 1.0 + coefficient / above;
        above = if above == 0.0 { tiny } else { above };
        ratio *= above * below;
        if (above * below - 1.0).abs() < 1e-15 {
            break;
        }
    }
    // What was evaluated is 1 + 1 / (1 + …), as the first coefficient is 1.
    log_front.exp() / a * (ratio - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(got: f64, expected: f64) {
        assert!((got - expected).abs() <= 1e-9 * expected, "{got}, expected {expected}");
    }

    /// Expected values by SciPy 1.17: `2 * stats.t.sf(t, freedom)`.
    #[test]
    fn students_tails_are_scipys() {
        for (t, freedom, expected) in [
            (0.5, 1.0, 0.704_832_764_699_133_5),
            (2.0, 1.5, 0.224_188_330_356_051_12),
            (-3.1, 2.7, 0.061_281_770_530_354_274),
            (1.96, 30.0, 0.059_342_312_896_050_49),
            (12.706_205, 1.0, 0.049_999_998_966_089_03),
            (4.5, 120.5, 1.577_549_076_340_929_5e-5),
            (7.0, 3.0, 0.005_986_255_697_707_097),
        ] {
            check(student_two_sided(t, freedom), expected);
        }
        assert!((student_two_sided(1.959_963_985, f64::INFINITY) - 0.05).abs() < 1e-6);
        assert_eq!(student_two_sided(0.0, 3.0), 1.0);
    }

    /// Expected values by SciPy 1.17: `stats.binom.cdf(at, n, 0.5)`.
    #[test]
    fn tails_of_coins_are_scipys() {
        for (at, n, expected) in [
            (0, 1, 0.5),
            (2, 7, 0.226_562_5),
            (5, 10, 0.623_046_875),
            (3, 20, 0.001_288_414_001_464_843_8),
            (40, 100, 0.028_443_966_820_490_444),
            (480, 1000, 0.108_724_146_602_070_75),
            (4900, 10_000, 0.023_292_763_852_473_225),
            (0, 60, 8.673_617_379_884_035e-19),
        ] {
            check(fair_coin(at, n), expected);
        }
        assert!((fair_coin(249_100, 500_000) - 0.005_476_848_468_228_771).abs() < 1e-9);
        assert!((fair_coin(9, 9) - 1.0).abs() < 1e-12);
    }
}
