//! Loops that the compiler turns into vector instructions, and the few functions they need.

/// Defines a function whose body is compiled several times on x86-64, for more and less able processors,
/// and chosen when it is called. What it calls must be `#[inline(always)]` to be compiled with it. In the
/// body `FUSED` tells whether `a * b + c` is one instruction, for the functions below that want to know.
macro_rules! wide {
    ($(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $ty:ty),* $(,)?) $(-> $ret:ty)? $body:block) => {
        $(#[$meta])*
        #[allow(clippy::too_many_arguments)]
        $vis fn $name($($arg: $ty),*) $(-> $ret)? {
            #[inline(always)]
            #[allow(clippy::too_many_arguments)]
            fn body<const FUSED: bool>($($arg: $ty),*) $(-> $ret)? $body

            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,fma")]
                #[allow(clippy::too_many_arguments)]
                fn with_avx512($($arg: $ty),*) $(-> $ret)? {
                    body::<true>($($arg),*)
                }
                #[target_feature(enable = "avx2,fma")]
                #[allow(clippy::too_many_arguments)]
                fn with_avx2($($arg: $ty),*) $(-> $ret)? {
                    body::<true>($($arg),*)
                }
                use $crate::flex::wide::{Level, level};
                match level() {
                    // SAFETY: `level` found the instructions.
                    Level::Avx512 => return unsafe { with_avx512($($arg),*) },
                    // SAFETY: the same.
                    Level::Avx2 => return unsafe { with_avx2($($arg),*) },
                    Level::Baseline => {}
                }
            }
            body::<{ cfg!(any(target_arch = "aarch64", target_feature = "fma")) }>($($arg),*)
        }
    };
}
pub(crate) use wide;

/// What the processor can do.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub(crate) enum Level {
    Baseline,
    Avx2,
    Avx512,
}

/// The most that [`wide`] has a version for; Rust keeps the answers, so asking is cheap.
#[cfg(target_arch = "x86_64")]
pub(crate) fn level() -> Level {
    use std::is_x86_feature_detected as has;
    if !has!("avx2") || !has!("fma") {
        Level::Baseline
    } else if has!("avx512f") && has!("avx512vl") && has!("avx512bw") && has!("avx512dq") {
        Level::Avx512
    } else {
        Level::Avx2
    }
}

/// `a * b + c`, rounded once where that is one instruction.
#[inline(always)]
fn fused<const FUSED: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FUSED { a.mul_add(b, c) } else { a * b + c }
}

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
            let len = $first.len();
            let $first = $first.as_chunks::<LANES>();
            $(let $other = $other[..len].as_chunks::<LANES>();)*
            for i in 0..len / LANES {
                for lane in 0..LANES {
                    lanes[lane] += $first.0[i][lane] $(* $other.0[i][lane])*;
                }
            }
            let mut total = 0.0;
            for i in 0..len % LANES {
                total += $first.1[i] $(* $other.1[i])*;
            }
            fold(lanes, |a, b| a + b) + total
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

/// [`dot`] with fused additions where there are.
#[inline(always)]
pub(crate) fn fused_dot<const FUSED: bool>(a: &[f32], b: &[f32]) -> f32 {
    let b = &b[..a.len()];
    let mut lanes = [0.0f32; LANES];
    let (a, a_rest) = a.as_chunks::<LANES>();
    let (b, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            lanes[lane] = fused::<FUSED>(a[lane], b[lane], lanes[lane]);
        }
    }
    let mut total = 0.0;
    for (a, b) in a_rest.iter().zip(b_rest) {
        total += a * b;
    }
    lanes.iter().sum::<f32>() + total
}

/// The lanes joined pair by pair.
#[inline(always)]
fn fold(mut lanes: [f32; LANES], join: impl Fn(f32, f32) -> f32) -> f32 {
    let mut width = LANES / 2;
    while width > 0 {
        for lane in 0..width {
            lanes[lane] = join(lanes[lane], lanes[lane + width]);
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
    for (lane, &value) in rest.iter().enumerate() {
        lanes[lane] = if value > lanes[lane] { value } else { lanes[lane] };
    }
    fold(lanes, |a, b| if a > b { a } else { b })
}

/// `e^x` to within 2 units in the last place; 0 below -87.3, where the result would be subnormal.
///
/// `e^x = 2^n · e^r` with `|r| <= ln 2 / 2`, and the degree-6 polynomial of Cephes' `expf` for `e^r`.
#[inline(always)]
pub(crate) fn exp<const FUSED: bool>(x: f32) -> f32 {
    /// Adding and taking away 1.5 · 2²³ rounds to an integer, left in the low bits of the sum.
    const ROUND: f32 = 12_582_912.0;
    let clamped = if x > 88.0 { 88.0 } else { x };
    let shifted = fused::<FUSED>(clamped, std::f32::consts::LOG2_E, ROUND);
    let n = shifted - ROUND;
    let r = fused::<FUSED>(n, 2.121_944_4e-4, fused::<FUSED>(n, -0.693_359_4, clamped));
    let mut p = 1.987_569_1e-4;
    for coefficient in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
        p = fused::<FUSED>(p, r, coefficient);
    }
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(0x3f80_0000));
    let value = fused::<FUSED>(p, r * r, r + 1.0) * power;
    if x < -87.3 { 0.0 } else { value }
}

/// Turns each `x` into `e^(x - highest)`, and returns the sum of those.
#[inline(always)]
pub(crate) fn exp_and_sum<const FUSED: bool>(numbers: &mut [f32], highest: f32) -> f32 {
    let mut lanes = [0.0f32; LANES];
    let (chunks, rest) = numbers.as_chunks_mut::<LANES>();
    for chunk in chunks {
        for lane in 0..LANES {
            chunk[lane] = exp::<FUSED>(chunk[lane] - highest);
            lanes[lane] += chunk[lane];
        }
    }
    let mut total = 0.0;
    for number in rest {
        *number = exp::<FUSED>(*number - highest);
        total += *number;
    }
    fold(lanes, |a, b| a + b) + total
}

/// `1 / (1 + e^-x)`.
#[inline(always)]
pub(crate) fn sigmoid<const FUSED: bool>(x: f32) -> f32 {
    1.0 / (1.0 + exp::<FUSED>(-x))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_exp<const FUSED: bool>() {
        let mut worst = 0.0f64;
        for i in -870_000..=880_000 {
            let x = i as f32 * 1e-4;
            let expected = f64::from(x).exp();
            worst = worst.max((f64::from(exp::<FUSED>(x)) - expected).abs() / expected);
        }
        assert!(worst < 2.5e-7, "{worst}");
        assert_eq!(exp::<FUSED>(0.0), 1.0);
        assert_eq!(exp::<FUSED>(f32::NEG_INFINITY), 0.0);
        assert!(exp::<FUSED>(f32::NAN).is_nan());
        assert!(exp::<FUSED>(f32::INFINITY) > 1e38);
    }

    #[test]
    fn exp_agrees_with_the_library() {
        check_exp::<false>();
        check_exp::<true>();
    }

    #[test]
    fn sums_and_maxima_cover_every_element() {
        for len in [0, 1, 15, 16, 17, 64, 100, 130] {
            let a: Vec<f32> = (0..len).map(|i| (i * 37 % 101) as f32).collect();
            let expected: f32 = a.iter().sum();
            assert_eq!(sum(&a), expected);
            let squares: f32 = a.iter().map(|x| x * x).sum();
            assert_eq!(dot(&a, &a), squares);
            assert_eq!(fused_dot::<true>(&a, &a), squares);
            assert_eq!(dot3(&a, &a, &vec![1.0; len]), squares);
            assert_eq!(max(&a), a.iter().copied().fold(f32::NEG_INFINITY, f32::max));
        }
    }
}
