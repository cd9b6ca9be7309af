//! What a product leaves in its output.

/// What happens to the elements that were in the output.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Write {
    Replace,
    Add,
}

/// Which elements of the output somebody will read.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Triangle {
    Both,
    /// Those of a column up to their row. Others may be written too.
    Lower,
}
