//! The values of a file's keys.

/// Tensors begin at multiples of this many bytes.
pub(super) const ALIGNMENT: usize = 32;

/// A value and its type.
pub(super) enum Value {
    Flag(bool),
    Count(usize),
    Number(f64),
    Text(String),
    Texts(Vec<String>),
    Integers(Vec<i32>),
}
