//! A long text cut where no token can span the cut.
//!
//! The library holds dozens of bytes for each byte it encodes at once, so a book is encoded in pieces. The usual
//! byte-level patterns (GPT-2's, Llama's, Qwen's) never join a letter or digit to a space after it: cutting between
//! the two changes no token.

/// Pieces are cut at the first good place past this many bytes.
const SOFT: usize = 1 << 15;
/// Where a text has no good place for so long, any line end or, failing that, any character boundary will do. A token
/// may then be split in two, which is still lossless.
const HARD: usize = 1 << 18;

/// `text` in pieces which, put together, are `text`. An empty text has none.
pub(super) fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (piece, after) = rest.split_at(cut(rest));
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

fn cut(text: &str) -> usize {
    if text.len() <= SOFT {
        return text.len();
    }
    let soft = text.ceil_char_boundary(SOFT);
    let hard = text.floor_char_boundary(HARD.min(text.len()));
    let mut previous = ' ';
    let mut line_end = None;
    for (offset, c) in text[soft..hard].char_indices() {
        if c == ' ' && previous.is_alphanumeric() || c == '\n' && previous.is_ascii_alphanumeric() {
            return soft + offset;
        }
        if c == '\n' && !previous.is_whitespace() {
            line_end = line_end.or(Some(soft + offset));
        }
        previous = c;
    }
    if text.len() <= HARD { text.len() } else { line_end.unwrap_or(hard) }
}
