//! JSON as Python's `json.dumps` writes it, which is what templates were tried with.

use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Error, ErrorKind, Value};

/// How a value is written.
struct Style {
    ascii: bool,
    sorted: bool,
    /// Characters that a level is indented by; none: all in one line.
    indent: Option<usize>,
    between: String,
    after_key: String,
}

/// The filter `tojson(ensure_ascii=False, indent=None, separators=None, sort_keys=False)` of `transformers`: nothing is
/// escaped for HTML.
pub(super) fn filter(value: &Value, first: Option<bool>, options: Kwargs) -> Result<Value, Error> {
    let ascii: Option<bool> = options.get("ensure_ascii")?;
    let indent: Option<usize> = options.get("indent")?;
    let separators: Option<Vec<String>> = options.get("separators")?;
    let sorted: Option<bool> = options.get("sort_keys")?;
    options.assert_all_used()?;
    let (between, after_key) = match separators.as_deref() {
        Some([between, after_key]) => (between.clone(), after_key.clone()),
        Some(_) => return Err(wrong("`separators` are two strings")),
        None => (if indent.is_some() { "," } else { ", " }.to_string(), ": ".to_string()),
    };
    let (ascii, sorted) = (ascii.or(first).unwrap_or(false), sorted.unwrap_or(false));
    let style = Style { ascii, sorted, indent, between, after_key };
    let mut text = String::new();
    put(value, &style, 0, &mut text)?;
    Ok(Value::from(text))
}

fn wrong(why: &str) -> Error {
    Error::new(ErrorKind::InvalidOperation, format!("tojson: {why}"))
}

fn put(value: &Value, style: &Style, level: usize, out: &mut String) -> Result<(), Error> {
    match value.kind() {
        ValueKind::None => out.push_str("null"),
        ValueKind::Bool => out.push_str(if value.is_true() { "true" } else { "false" }),
        ValueKind::Number => out.push_str(&number(value)),
        ValueKind::String => quote(value.as_str().unwrap_or_default(), style.ascii, out),
        ValueKind::Map => {
            let mut keys: Vec<Value> = value.try_iter()?.collect();
            if style.sorted {
                keys.sort();
            }
            list(out, "{}", keys, style, level, |key, out| {
                match key.kind() {
                    ValueKind::String => quote(key.as_str().unwrap_or_default(), style.ascii, out),
                    ValueKind::None => out.push_str("\"null\""),
                    ValueKind::Bool => out.push_str(if key.is_true() { "\"true\"" } else { "\"false\"" }),
                    _ => quote(&number(key), style.ascii, out),
                }
                out.push_str(&style.after_key);
                put(&value.get_item(key)?, style, level + 1, out)
            })?;
        }
        ValueKind::Seq | ValueKind::Iterable => {
            let items = value.try_iter()?.collect();
            list(out, "[]", items, style, level, |item, out| put(item, style, level + 1, out))?;
        }
        kind => return Err(wrong(&format!("a value that is {kind} has no form in JSON"))),
    }
    Ok(())
}

/// Items between brackets, each on a line of its own where lines are indented.
fn list(
    out: &mut String,
    brackets: &str,
    items: Vec<Value>,
    style: &Style,
    level: usize,
    mut put_item: impl FnMut(&Value, &mut String) -> Result<(), Error>,
) -> Result<(), Error> {
    let line = |out: &mut String, level: usize| {
        if let Some(indent) = style.indent {
            out.push('\n');
            out.push_str(&" ".repeat(indent * level));
        }
    };
    out.push_str(&brackets[..1]);
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push_str(&style.between);
        }
        line(out, level + 1);
        put_item(item, out)?;
    }
    if !items.is_empty() {
        line(out, level);
    }
    out.push_str(&brackets[1..]);
    Ok(())
}

/// A number as Python writes it: floats always show that they are some.
fn number(value: &Value) -> String {
    if value.is_integer() {
        return value.to_string();
    }
    let Ok(number) = f64::try_from(value.clone()) else { return value.to_string() };
    if !number.is_finite() {
        return if number.is_nan() {
            "NaN"
        } else if number > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        }
        .into();
    }
    let text = format!("{number:?}");
    match text.split_once('e') {
        None => text,
        Some((digits, exponent)) => {
            let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
            format!("{}e{sign}{exponent:0>2}", digits.strip_suffix(".0").unwrap_or(digits))
        }
    }
}

fn quote(text: &str, ascii: bool, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if c < ' ' || ascii && c > '~' => {
                c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}
