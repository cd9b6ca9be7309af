//! Which documents are held out.

/// Which documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// Those to learn from.
    Train,
    /// Those held out.
    Validation,
}

/// Two numbers in `0..1` that depend on a document's text only: one decides whether it is held out, the other whether
/// it is in a sample. Equal texts are therefore always on the same side.
pub(super) fn draws(text: &str) -> (f64, f64) {
    let hash = blake3::hash(text.as_bytes());
    let part = |i: usize| {
        let bytes: [u8; 8] = std::array::from_fn(|k| hash.as_bytes()[i * 8 + k]);
        // The upper 53 bits are what an f64 holds exactly.
        (u64::from_le_bytes(bytes) >> 11) as f64 / (1u64 << 53) as f64
    };
    (part(0), part(1))
}
