//! The sizes of tiles and blocks.

/// Lines of a tile.
pub(super) const LINES: usize = 16;
/// Numbers of the depth in a tile.
pub(super) const DEPTH: usize = 32;
/// Rows, and columns, of a block of four tiles of sums.
pub(super) const BLOCK: usize = 2 * LINES;
/// Bytes of a line.
pub(super) const LINE: usize = 64;
/// Numbers in a tile of bfloat16.
pub(super) const TILE: usize = LINES * DEPTH;
