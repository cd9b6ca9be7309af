//! A sequence and what is to be predicted in it: parts that are read, and parts that are written.

use crate::tokens::{Attend, Sequence};

/// A run of tokens of a sequence.
#[derive(Clone, Copy, Debug)]
pub enum Part<'a> {
    /// It is given.
    Read(&'a [u32]),
    /// Each of its tokens is predicted from what stands before it.
    Written(&'a [u32]),
}

/// A sequence with the tokens that are to be predicted.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    /// What the backbone reads.
    pub sequence: Sequence,
    /// Places in the sequence, never 0, and the token that should stand at each: the output before it predicts it. The
    /// last place may be the one after the end.
    pub wanted: Vec<(usize, u32)>,
}

impl Layout {
    /// Sets parts one after the other. The last token is only read where it is not written, since nothing follows it.
    ///
    /// # Panics
    /// Panics if the first token is to be written: nothing predicts it.
    pub fn of(parts: &[Part], attend: Attend) -> Self {
        let (mut ids, mut wanted) = (Vec::new(), Vec::new());
        for part in parts {
            let (Part::Read(tokens) | Part::Written(tokens)) = part;
            if let Part::Written(tokens) = part {
                assert!(!ids.is_empty() || tokens.is_empty(), "nothing predicts the first token");
                wanted.extend((ids.len()..).zip(tokens.iter().copied()));
            }
            ids.extend_from_slice(tokens);
        }
        if wanted.last().is_some_and(|(place, _)| place + 1 == ids.len()) {
            ids.pop();
        }
        Self { sequence: Sequence::new(ids, attend), wanted }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(parts: &[Part], ids: &[u32], wanted: &[(usize, u32)]) {
        let layout = Layout::of(parts, Attend::Causal);
        assert_eq!((layout.sequence.ids.as_slice(), layout.wanted.as_slice()), (ids, wanted), "{parts:?}");
    }

    #[test]
    fn written_parts_are_predicted_and_a_last_token_is_not_read() {
        use Part::{Read, Written};
        check(&[Read(&[1, 2]), Written(&[3, 4])], &[1, 2, 3], &[(2, 3), (3, 4)]);
        check(&[Read(&[1]), Written(&[2]), Read(&[3]), Written(&[4])], &[1, 2, 3], &[(1, 2), (3, 4)]);
        check(&[Read(&[1]), Written(&[2]), Read(&[3])], &[1, 2, 3], &[(1, 2)]);
        check(&[Read(&[1, 2]), Written(&[])], &[1, 2], &[]);
        check(&[], &[], &[]);
    }
}
