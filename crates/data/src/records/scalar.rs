//! One spelling for each value that files write in several ways.

/// The one spelling of a number or a truth value; any other text as it is, without white space around it.
///
/// `1`, `1.0`, `+1` and `1e0` are `"1"`, `-0.50` is `"-0.5"`, `True` and `TRUE` are `"true"`. Every digit is kept, however
/// many there are. A number that begins with a zero (`007`) is a code, and stays as it is, and so does one whose digits
/// would fill more than a line.
///
/// ```
/// use cimiento_data::records::canonical;
/// assert_eq!(["1", "1.0", " 1e0 ", "True", "007"].map(canonical), ["1", "1", "1", "true", "007"]);
/// ```
pub fn canonical(text: &str) -> String {
    let text = text.trim();
    let truth = ["true", "false"].into_iter().find(|word| text.eq_ignore_ascii_case(word));
    truth.map(str::to_owned).or_else(|| decimal(text)).unwrap_or_else(|| text.to_owned())
}

/// The most places that an exponent may move the point.
const PLACES: i32 = 100;

/// A decimal number without exponent, without zeros behind its last digit, and without a sign if it is zero.
fn decimal(text: &str) -> Option<String> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (unsigned, 0),
    };
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{part}");
    let code = whole.len() > 1 && whole.starts_with('0');
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) || code || exponent.abs() > PLACES {
        return None;
    }
    let point = whole.len() as i32 + exponent;
    let (whole, part) = if point <= 0 {
        ("0".to_owned(), "0".repeat(-point as usize) + &digits)
    } else if point as usize >= digits.len() {
        (digits.clone() + &"0".repeat(point as usize - digits.len()), String::new())
    } else {
        (digits[..point as usize].to_owned(), digits[point as usize..].to_owned())
    };
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        whole => whole,
    };
    let part = part.trim_end_matches('0');
    let sign = if negative && (whole != "0" || !part.is_empty()) { "-" } else { "" };
    let point = if part.is_empty() { "" } else { "." };
    Some(format!("{sign}{whole}{point}{part}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_and_truth_values_go_by_value() {
        for (one, spellings) in [
            ("1", &["1", "1.0", "1.", "+1", "1e0", "10e-1", "0.1E1", " 1.00\t"][..]),
            ("0", &["0", "0.0", "-0", "-0.00", "0e5", ".0"]),
            ("-2.5", &["-2.5", "-2.50", "-25e-1"]),
            ("0.001", &["1e-3", ".001", "0.0010"]),
            ("1200", &["1.2e3", "1200.0"]),
            ("true", &["true", "True", "TRUE"]),
            ("false", &["false", "False"]),
        ] {
            for spelling in spellings {
                assert_eq!(canonical(spelling), one, "{spelling}");
            }
        }
    }

    #[test]
    fn whatever_else_stands_there_stays() {
        for text in [
            "", "good", "007", "00.1", "-01", "1,0", "1 star", "nan", "inf", "e1", "1e", ".", "-", "1e999", "１",
            "0x1", "1_000",
        ] {
            assert_eq!(canonical(text), text);
        }
        // More digits than any type of number holds.
        let long = "12345678901234567890123456789.000000000000000000000000000001";
        assert_eq!(canonical(long), long);
    }

    proptest! {
        #[test]
        fn a_value_stays_what_it_is(number in any::<f64>().prop_filter("finite", |n| n.is_finite()), text in "\\PC*") {
            if number.abs() < 1e90 && (number == 0.0 || number.abs() > 1e-90) {
                prop_assert_eq!(canonical(&format!("{number:e}")).parse::<f64>().unwrap(), number);
            }
            let once = canonical(&text);
            prop_assert_eq!(canonical(&once), once);
        }
    }
}
