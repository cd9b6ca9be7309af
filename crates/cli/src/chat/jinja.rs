//! Filters and tests of Jinja that the template library lacks, or has otherwise.

use minijinja::value::ValueKind;
use minijinja::{Environment, Value};

/// Puts them into an environment.
pub(super) fn add(environment: &mut Environment) {
    environment.add_test("iterable", |value: &Value| is_sequence(value) || value.is_undefined());
    environment.add_test("sequence", |value: &Value| is_sequence(value) || value.is_undefined());
    environment.add_test("callable", |value: &Value| matches!(value.kind(), ValueKind::Plain | ValueKind::Undefined));
    environment.add_filter("int", int);
    environment.add_filter("float", float);
    environment.add_filter("wordcount", |text: String| words(&text));
    environment.add_filter("center", center);
    environment.add_filter("truncate", truncate);
    for name in ["e", "escape", "forceescape"] {
        environment.add_filter(name, |text: String| escape(&text));
    }
}

/// Strings and objects are sequences too; what is none is not.
fn is_sequence(value: &Value) -> bool {
    matches!(value.kind(), ValueKind::String | ValueKind::Seq | ValueKind::Map | ValueKind::Iterable)
}

/// A whole number, or `default` (0) where the value is none.
fn int(value: &Value, default: Option<Value>, base: Option<u32>) -> Value {
    let text = value.as_str().map(str::trim);
    let whole = match text {
        Some(text) => i64::from_str_radix(text, base.unwrap_or(10)).ok(),
        None => i64::try_from(value.clone())
            .ok()
            .or(value.is_true().then_some(1).filter(|_| value.kind() == ValueKind::Bool)),
    };
    let cut = || number(value).filter(|number| number.is_finite()).map(|number| number.trunc() as i64);
    whole.or_else(cut).map(Value::from).or(default).unwrap_or(Value::from(0))
}

/// A number, or `default` (0.0) where the value is none.
fn float(value: &Value, default: Option<Value>) -> Value {
    number(value).map(Value::from).or(default).unwrap_or(Value::from(0.0))
}

fn number(value: &Value) -> Option<f64> {
    match value.kind() {
        ValueKind::String => value.as_str()?.trim().parse().ok(),
        ValueKind::Bool => Some(f64::from(u8::from(value.is_true()))),
        ValueKind::Number => f64::try_from(value.clone()).ok(),
        _ => None,
    }
}

/// Runs of letters, digits and underscores.
fn words(text: &str) -> usize {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty()).count()
}

fn center(text: String, width: Option<usize>) -> String {
    super::python::padded(&text, width.unwrap_or(80), " ", "center")
}

/// `truncate(length=255, killwords=False, end='...', leeway=5)`.
fn truncate(
    text: String,
    length: Option<usize>,
    kill_words: Option<bool>,
    end: Option<String>,
    leeway: Option<usize>,
) -> String {
    let (length, end) = (length.unwrap_or(255), end.unwrap_or("...".into()));
    if text.chars().count() <= length + leeway.unwrap_or(5) {
        return text;
    }
    let kept: String = text.chars().take(length.saturating_sub(end.chars().count())).collect();
    let kept = match kept.rsplit_once(' ') {
        Some((words, _)) if !kill_words.unwrap_or(false) => words,
        _ => &kept,
    };
    format!("{kept}{end}")
}

fn escape(text: &str) -> String {
    let signs = [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("'", "&#39;"), ("\"", "&#34;")];
    signs.iter().fold(text.to_string(), |text, (sign, name)| text.replace(sign, name))
}
