//! What Python's values can do and templates use, as far as the template library does not know it.

use minijinja::value::{Tuple, ValueKind};
use minijinja::{Error, ErrorKind, State, Value};

/// A method of a string, a list or an object.
pub(super) fn method(state: &mut State, value: &Value, name: &str, args: &[Value]) -> Result<Value, Error> {
    if let (Some(text), true) = (value.as_str(), value.kind() == ValueKind::String)
        && let Some(answer) = string_method(text, name, args)
    {
        return answer;
    }
    if let ("index", [wanted], ValueKind::Seq) = (name, args, value.kind()) {
        let at = value.try_iter()?.position(|item| item == *wanted);
        return at.map(Value::from).ok_or_else(|| wrong(&format!("{wanted} is not in the list")));
    }
    if let ("copy", [], ValueKind::Seq | ValueKind::Map) = (name, args, value.kind()) {
        return Ok(value.clone());
    }
    minijinja_contrib::pycompat::unknown_method_callback(state, value, name, args)
}

fn wrong(why: &str) -> Error {
    Error::new(ErrorKind::InvalidOperation, why.to_string())
}

/// A method of a string that the library lacks; none if `name` is not one of those.
fn string_method(text: &str, name: &str, args: &[Value]) -> Option<Result<Value, Error>> {
    let texts = || args.iter().map(|arg| arg.as_str()).collect::<Option<Vec<&str>>>();
    let width = || args.first().and_then(|width| usize::try_from(width.clone()).ok());
    let all = |holds: fn(char) -> bool| Ok(Value::from(!text.is_empty() && text.chars().all(holds)));
    let bad = || wrong(&format!("str.{name} with {args:?}"));
    Some(match (name, args.len()) {
        ("removeprefix", 1) => texts().ok_or_else(bad).map(|a| text.strip_prefix(a[0]).unwrap_or(text).into()),
        ("removesuffix", 1) => texts().ok_or_else(bad).map(|a| text.strip_suffix(a[0]).unwrap_or(text).into()),
        ("swapcase", 0) => Ok(text.chars().map(swapped).collect::<String>().into()),
        ("casefold", 0) => Ok(text.to_lowercase().replace('ß', "ss").into()),
        ("isdigit" | "isdecimal" | "isnumeric", 0) => all(char::is_numeric),
        ("partition", 1) => texts().ok_or_else(bad).map(|a| match text.split_once(a[0]) {
            Some((before, after)) => tuple(&[before, a[0], after]),
            None => tuple(&[text, "", ""]),
        }),
        ("rpartition", 1) => texts().ok_or_else(bad).map(|a| match text.rsplit_once(a[0]) {
            Some((before, after)) => tuple(&[before, a[0], after]),
            None => tuple(&["", "", text]),
        }),
        ("index" | "rindex", 1) => texts().ok_or_else(bad).and_then(|a| {
            let at = if name == "index" { text.find(a[0]) } else { text.rfind(a[0]) };
            at.map(|at| text[..at].chars().count().into()).ok_or_else(|| wrong("substring not found"))
        }),
        ("rsplit", 0..=2) => rsplit(text, args).ok_or_else(bad),
        ("zfill", 1) => width().ok_or_else(bad).map(|width| {
            let (sign, digits) = text.split_at(usize::from(text.starts_with(['+', '-'])));
            let missing = width.saturating_sub(text.chars().count());
            format!("{sign}{}{digits}", "0".repeat(missing)).into()
        }),
        ("ljust" | "rjust" | "center", 1 | 2) => {
            let fill = args.get(1).map_or(Some(" "), |fill| fill.as_str());
            let padded = width().zip(fill).map(|(width, fill)| padded(text, width, fill, name).into());
            padded.ok_or_else(bad)
        }
        _ => return None,
    })
}

/// A text with `fill` around it, so that it is `width` characters long, as the method `name` does it.
pub(super) fn padded(text: &str, width: usize, fill: &str, name: &str) -> String {
    let missing = width.saturating_sub(text.chars().count());
    let left = match name {
        "ljust" => 0,
        "rjust" => missing,
        // Python leaves the odd one on the left only where the width is odd.
        _ => missing / 2 + (missing & width & 1),
    };
    format!("{}{text}{}", fill.repeat(left), fill.repeat(missing - left))
}

fn swapped(c: char) -> String {
    if c.is_uppercase() { c.to_lowercase().collect() } else { c.to_uppercase().collect() }
}

fn tuple(parts: &[&str]) -> Value {
    Value::from_object(Tuple::new(parts.iter().map(|part| Value::from(*part)).collect()))
}

/// `str.rsplit(sep=None, maxsplit=-1)`.
fn rsplit(text: &str, args: &[Value]) -> Option<Value> {
    let most = match args.get(1) {
        Some(most) => usize::try_from(i64::try_from(most.clone()).ok()?).unwrap_or(usize::MAX),
        None => usize::MAX,
    };
    let mut parts: Vec<&str> = match args.first().filter(|sep| !sep.is_none()) {
        Some(sep) => text.rsplitn(most.saturating_add(1), sep.as_str().filter(|sep| !sep.is_empty())?).collect(),
        None => {
            let mut rest = text.trim_end();
            let mut parts = Vec::new();
            while !rest.is_empty() {
                let cut = rest.rfind(char::is_whitespace).filter(|_| parts.len() < most);
                let start = cut.map_or(0, |at| at + rest[at..].chars().next().map_or(1, char::len_utf8));
                parts.push(&rest[start..]);
                rest = cut.map_or("", |at| rest[..at].trim_end());
            }
            parts
        }
    };
    parts.reverse();
    Some(parts.into_iter().collect())
}

/// Python's `%`: what is left of a division, or a text put together from a pattern.
pub(super) fn modulo(state: &mut State, left: Value, right: Value) -> Result<Value, Error> {
    if left.as_str().is_some() {
        let arguments = match right.downcast_object_ref::<Tuple>() {
            Some(tuple) => tuple.clone().into_vec(),
            None => vec![right],
        };
        return state.apply_filter("format", &[vec![left], arguments].concat());
    }
    // What is true counts as 1.
    let number =
        |value: Value| if value.kind() == ValueKind::Bool { Value::from(i64::from(value.is_true())) } else { value };
    let (left, right) = (number(left), number(right));
    if let (true, true, Ok(a), Ok(b)) =
        (left.is_integer(), right.is_integer(), i128::try_from(left.clone()), i128::try_from(right.clone()))
    {
        let rest = a.checked_rem(b).ok_or_else(|| wrong("integer modulo by zero"))?;
        return Ok(Value::from(if rest != 0 && (rest < 0) != (b < 0) { rest + b } else { rest }));
    }
    match (f64::try_from(left.clone()), f64::try_from(right.clone())) {
        (Ok(a), Ok(b)) if b != 0.0 => Ok(Value::from(a - b * (a / b).floor())),
        _ => Err(wrong(&format!("{} % {} has no meaning", left.kind(), right.kind()))),
    }
}

/// Today's date and time as `format` says, such as `%d %b %Y`.
pub(super) fn strftime_now(format: String) -> Result<String, Error> {
    use chrono::format::{Item, StrftimeItems};
    let items: Vec<Item> = StrftimeItems::new(&format).collect();
    if items.contains(&Item::Error) {
        return Err(wrong(&format!("strftime_now: {format:?} is no format of a date")));
    }
    Ok(chrono::Local::now().format_with_items(items.into_iter()).to_string())
}

/// A message without the keys that hold none: a template handles a key that is not there.
pub(super) fn without_none(message: &Value) -> Value {
    if message.kind() != ValueKind::Map {
        return message.clone();
    }
    let keys = message.try_iter().into_iter().flatten();
    let entries = keys.filter_map(|key| Some((key.clone(), message.get_item(&key).ok().filter(|v| !v.is_none())?)));
    Value::from_pairs(entries)
}
