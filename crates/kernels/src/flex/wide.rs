//! Loops that the compiler turns into vector instructions, and the few functions they need.

/// Defines a function whose body is compiled twice on x86-64: for every processor, and for those with
/// AVX2 and FMA, chosen when it is called. What it calls must be `#[inline(always)]` to be compiled with it.
macro_rules! wide {
    ($(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $ty:ty),* $(,)?) $(-> $ret:ty)? $body:block) => {
        $(#[$meta])*
        #[allow(clippy::too_many_arguments)]
        $vis fn $name($($arg: $ty),*) $(-> $ret)? {
            #[inline(always)]
            #[allow(clippy::too_many_arguments)]
            fn body($($arg: $ty),*) $(-> $ret)? $body

            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2,fma")]
                #[allow(clippy::too_many_arguments)]
                fn with_avx2($($arg: $ty),*) $(-> $ret)? {
                    body($($arg),*)
                }
                if std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma") {
                    // SAFETY: the processor has both.
                    return unsafe { with_avx2($($arg),*) };
                }
            }
            body($($arg),*)
        }
    };
}
pub(crate) use wide;

/// Partial sums kept side by side: two registers of AVX2, so that additions need not wait for each other.
const LANES: usize = 16;

/// Defines a sum of products over slices of one length, in an order that depends on the length only.
/// The slices are cut in arrays of known size, or the checks of each index would keep the loop narrow.
macro_rules! sum_of_products {
    ($(#[$meta:meta])* $name:ident, $first:ident $(, $other:ident)*) => {
        $(#[$meta])*
        #[inline(always)]
        pub(crate) fn $name($first: &[f32] $(, $other: &[f32])*) -> f32 {
            let mut lanes = [0.0f32; LANES];
            let (chunks, rest) = $first.as_chunks::<LANES>();
            $(let $other = $other[..$first.len()].as_chunks::<LANES>();)*
            for (i, $first) in chunks.iter().enumerate() {
                $(let $other = &$other.0[..chunks.len()][i];)*
                for lane in 0..LANES {
                    lanes[lane] += $first[lane] $(* $other[lane])*;
                }
            }
            let mut total = 0.0;
            for (i, $first) in rest.iter().enumerate() {
                total += $first $(* $other.1[i])*;
            }
            fold(lanes) + total
        }
    };
}

sum_of_products!(
    /// `Σ a[i]`.
    sum, a
);
sum_of_products!(
    /// `Σ a[i] · b[i]`.
    dot, a, b
);
sum_of_products!(
    /// `Σ a[i] · b[i] · c[i]`.
    dot3, a, b, c
);

/// The sum of the lanes, pair by pair.
#[inline(always)]
fn fold(mut lanes: [f32; LANES]) -> f32 {
    let mut width = LANES / 2;
    while width > 0 {
        for lane in 0..width {
            lanes[lane] += lanes[lane + width];
        }
        width /= 2;
    }
    lanes[0]
}

/// The largest element; negative infinity without any.
#[inline(always)]
pub(crate) fn max(a: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let (chunks, rest) = a.as_chunks::<LANES>();
    for chunk in chunks {
        for lane in 0..LANES {
            lanes[lane] = if chunk[lane] > lanes[lane] { chunk[lane] } else { lanes[lane] };
        }
    }
    let mut highest = f32::NEG_INFINITY;
    for &value in lanes.iter().chain(rest) {
        highest = if value > highest { value } else { highest };
    }
    highest
}

/// `e^x` to within 2 units in the last place; 0 below -87.3, where the result would be subnormal.
///
/// `e^x = 2^n · e^r` with `|r| <= ln 2 / 2`, and the degree-6 polynomial of Cephes' `expf` for `e^r`.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    /// Adding and taking away 1.5 · 2²³ rounds to an integer, left in the low bits of the sum.
    const ROUND: f32 = 12_582_912.0;
    let clamped = if x > 88.0 { 88.0 } else { x };
    let shifted = clamped * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = (clamped - n * 0.693_359_4) - n * -2.121_944_4e-4;
    let mut p = 1.987_569_1e-4;
    p = p * r + 1.398_199_9e-3;
    p = p * r + 8.333_452e-3;
    p = p * r + 4.166_579_6e-2;
    p = p * r + 1.666_666_5e-1;
    p = p * r + 0.5;
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(0x3f80_0000));
    let value = (p * (r * r) + r + 1.0) * power;
    if x < -87.3 { 0.0 } else { value }
}

/// `1 / (1 + e^-x)`.
#[inline(always)]
pub(crate) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_agrees_with_the_library() {
        let mut worst = 0.0f64;
        for i in -870_000..=880_000 {
            let x = i as f32 * 1e-4;
            let expected = f64::from(x).exp();
            worst = worst.max((f64::from(exp(x)) - expected).abs() / expected);
        }
        assert!(worst < 2.5e-7, "{worst}");
        assert_eq!(exp(0.0), 1.0);
        assert_eq!(exp(f32::NEG_INFINITY), 0.0);
        assert!(exp(f32::NAN).is_nan());
        assert!(exp(f32::INFINITY) > 1e38);
    }

    #[test]
    fn sums_and_maxima_cover_every_element() {
        for len in [0, 1, 15, 16, 17, 64, 100] {
            let a: Vec<f32> = (0..len).map(|i| (i * 37 % 101) as f32).collect();
            let expected: f32 = a.iter().sum();
            assert_eq!(sum(&a), expected);
            let squares: f32 = a.iter().map(|x| x * x).sum();
            assert_eq!(dot(&a, &a), squares);
            assert_eq!(dot3(&a, &a, &vec![1.0; len]), squares);
            assert_eq!(max(&a), a.iter().copied().fold(f32::NEG_INFINITY, f32::max));
        }
    }
}
