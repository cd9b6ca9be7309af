//! How files are compressed.

use std::path::Path;

/// A few compressed bytes can stand for any number of bytes. Of those, no more than this is held at once: a line,
pub(super) const LONGEST_LINE: u64 = 32 << 20;
/// or a file that is held whole.
pub(super) const LONGEST_FILE: u64 = 256 << 20;

/// A way to compress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    None,
    Gzip,
    Zstd,
    Bzip2,
    Xz,
}

impl Compression {
    /// The compression that a file's name stands for, and the name without it, in lower case.
    pub fn of(path: &Path) -> (String, Self) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        match name.rsplit_once('.') {
            Some((stem, "gz" | "gzip")) => (stem.into(), Self::Gzip),
            Some((stem, "zst" | "zstd")) => (stem.into(), Self::Zstd),
            Some((stem, "bz2" | "bzip2")) => (stem.into(), Self::Bzip2),
            Some((stem, "xz")) => (stem.into(), Self::Xz),
            _ => (name, Self::None),
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::None => "plain",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
        }
    }
}
