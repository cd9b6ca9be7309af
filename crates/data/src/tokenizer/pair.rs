//! Two texts as one sequence: what stands before, between and behind them, as a tokenizer's own template says.

use tokenizers::{Encoding, PostProcessor, Token, Tokenizer as Inner};

use super::sound;

/// A token and the part it belongs to.
type Typed = (u32, u8);

/// What stands around two texts that are read as one, and the part that each token belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Before the first text, between the two, behind the second: tokens, each with its part.
    around: [Vec<Typed>; 3],
    /// The parts of the two texts.
    texts: [u8; 2],
}

impl Pair {
    /// Tokens before, between and behind; all up to the second text are of part 0, the rest of part 1.
    pub(super) fn new(before: &[u32], between: &[u32], behind: &[u32]) -> Self {
        let of = |ids: &[u32], part: u8| ids.iter().map(|&id| (id, part)).collect();
        Self { around: [of(before, 0), of(between, 0), of(behind, 1)], texts: [0, 1] }
    }

    /// What the post-processor of `inner` makes of two texts; `None` if it sets nothing between them, or parts them in a
    /// way that is not followed here.
    pub(super) fn of(inner: &Inner) -> Option<Self> {
        let processor = inner.get_post_processor()?;
        // Two texts of one token each that no vocabulary has.
        let [first, second] = [u32::MAX - 1, u32::MAX];
        let whole = sound::attempt(|| processor.process(single(first), Some(single(second)), true)).ok()?;
        let tokens: Vec<Typed> = whole
            .get_ids()
            .iter()
            .zip(whole.get_type_ids())
            .map(|(&id, &part)| (part < 2).then_some((id, part as u8)))
            .collect::<Option<_>>()?;
        let place = |marker: u32| tokens.iter().position(|(id, _)| *id == marker);
        let (a, b) = (place(first)?, place(second)?);
        let between = tokens.get(a + 1..b).filter(|between| !between.is_empty())?;
        let around = [&tokens[..a], between, &tokens[b + 1..]].map(<[_]>::to_vec);
        Some(Self { around, texts: [tokens[a].1, tokens[b].1] })
    }

    /// Whether something stands at both ends too, so that a text's absence has a place.
    pub(super) fn is_closed(&self) -> bool {
        self.around.iter().all(|part| !part.is_empty())
    }

    /// Tokens added to the two texts.
    pub fn overhead(&self) -> usize {
        self.around.iter().map(Vec::len).sum()
    }

    /// Where the second text begins, after a first one of `tokens` tokens.
    pub fn second(&self, tokens: usize) -> usize {
        self.around[0].len() + tokens + self.around[1].len()
    }

    /// The ids of both texts with what stands around them, and the part of each token: none where all are of part 0.
    pub fn join(&self, first: &[u32], second: &[u32]) -> (Vec<u32>, Vec<u8>) {
        let mut joined: Vec<Typed> = Vec::with_capacity(first.len() + second.len() + self.overhead());
        joined.extend(&self.around[0]);
        joined.extend(first.iter().map(|&id| (id, self.texts[0])));
        joined.extend(&self.around[1]);
        joined.extend(second.iter().map(|&id| (id, self.texts[1])));
        joined.extend(&self.around[2]);
        let (ids, types): (Vec<u32>, Vec<u8>) = joined.into_iter().unzip();
        let types = if types.iter().all(|&part| part == 0) { Vec::new() } else { types };
        (ids, types)
    }

    /// How many tokens of texts of `lengths` tokens fit into `limit`: the longer one is cut first, as by
    /// `truncation="longest_first"` of `transformers`.
    pub fn fit(&self, lengths: [usize; 2], limit: usize) -> [usize; 2] {
        let room = limit.saturating_sub(self.overhead());
        let [short, long] = [lengths[0].min(lengths[1]), lengths[0].max(lengths[1])];
        if short + long <= room {
            return lengths;
        }
        // The two may be equally long; half of the room is for each then.
        let (short, long) = if 2 * short <= room { (short, room - short) } else { (room / 2, room - room / 2) };
        if lengths[0] <= lengths[1] { [short, long] } else { [long, short] }
    }

    /// All tokens around the texts.
    pub fn ids(&self) -> impl Iterator<Item = u32> + '_ {
        self.around.iter().flatten().map(|(id, _)| *id)
    }

    /// Before, between, behind: tokens with their parts; and the parts of the texts.
    pub(super) fn parts(&self) -> (&[Vec<Typed>; 3], [u8; 2]) {
        (&self.around, self.texts)
    }
}

/// A text of one token.
fn single(id: u32) -> Encoding {
    Encoding::from_tokens(vec![Token::new(id, "a".into(), (0, 1))], 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_text_is_cut_first() {
        let pair = Pair::new(&[1], &[2, 2], &[3]);
        assert_eq!((pair.overhead(), pair.second(5)), (4, 8));
        // By `tokenizer(a, b, truncation=True, max_length=…)` of transformers, RoBERTa's.
        for (lengths, limit, kept) in [
            ([3, 4], 11, [3, 4]),
            ([3, 9], 14, [3, 7]),
            ([9, 3], 14, [7, 3]),
            ([9, 8], 14, [5, 5]),
            ([9, 8], 13, [5, 4]),
            ([8, 9], 13, [4, 5]),
            ([8, 8], 13, [4, 5]),
            ([2, 9], 4, [0, 0]),
        ] {
            assert_eq!(pair.fit(lengths, limit), kept, "{lengths:?} in {limit}");
        }
    }

    #[test]
    fn texts_are_joined_in_their_parts() {
        let pair = Pair::new(&[1], &[2, 2], &[3]);
        assert_eq!(pair.join(&[7, 8], &[9]), (vec![1, 7, 8, 2, 2, 9, 3], vec![0, 0, 0, 0, 0, 1, 1]));
        let flat =
            Pair { around: pair.around.map(|part| part.into_iter().map(|(id, _)| (id, 0)).collect()), texts: [0, 0] };
        assert_eq!(flat.join(&[7], &[9]), (vec![1, 7, 2, 2, 9, 3], Vec::new()));
    }
}
