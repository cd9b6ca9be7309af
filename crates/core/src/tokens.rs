//! Sequences on the host, packed into the rows a backbone reads.
//!
//! A [`Sequence`] is one text (or one piece of a document) with its way of attending; [`Tokens`] is a batch of
//! rows on a device, each row holding one or more sequences that cannot see each other.

use std::ops::Range;

use burn::tensor::{Device, Int, Tensor, TensorData};

/// How the positions of one sequence see each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attend {
    /// Every position sees every other: reading.
    Both,
    /// A position sees itself and what came before: writing.
    Causal,
    /// Every position sees the first `n` and what came before: reading a source of `n` tokens, writing a target.
    Prefix(usize),
}

impl Attend {
    /// How many leading positions of a sequence of `length` every position may see.
    fn visible(self, length: usize) -> usize {
        match self {
            Attend::Both => length,
            Attend::Causal => 0,
            Attend::Prefix(n) => n.min(length),
        }
    }
}

/// Token ids that attend to each other and to nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequence {
    /// Token ids.
    pub ids: Vec<u32>,
    /// How they see each other.
    pub attend: Attend,
    /// Of each token the part it belongs to, as encoders tell the two texts of a pair apart; empty where all are of part 0.
    pub types: Vec<u8>,
}

impl Sequence {
    /// A sequence of `ids` that attend as `attend` says.
    pub fn new(ids: Vec<u32>, attend: Attend) -> Self {
        Self { ids, attend, types: Vec::new() }
    }

    /// The same in parts, one for each token.
    pub fn with_types(mut self, types: Vec<u8>) -> Self {
        debug_assert!(types.is_empty() || types.len() == self.ids.len());
        self.types = types;
        self
    }
}

/// A batch of packed rows on a device, all `[batch, seq]`.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// Token ids.
    pub ids: Tensor<2, Int>,
    /// Which sequence of its row a position belongs to, from 1; 0 is padding.
    pub segments: Tensor<2, Int>,
    /// Position inside its sequence, from 0.
    pub positions: Tensor<2, Int>,
    /// 1 where the whole sequence may see the position, 0 where only later positions may.
    pub visible: Tensor<2, Int>,
    /// Part of its sequence a position belongs to; `None` where that is 0 everywhere.
    pub types: Option<Tensor<2, Int>>,
}

impl Tokens {
    /// Lays out rows, each a list of sequences set one after the other, padded on the right to `width` tokens.
    ///
    /// # Panics
    /// Panics if a row is longer than `width`.
    pub fn from_rows(rows: &[Vec<&Sequence>], pad: u32, width: usize, device: &Device) -> Self {
        let mut planes = Planes::new(rows.len(), width, pad);
        for (row, sequences) in rows.iter().enumerate() {
            let mut start = row * width;
            for (segment, sequence) in sequences.iter().enumerate() {
                planes.put(start, segment + 1, sequence);
                start += sequence.ids.len();
            }
        }
        planes.into_tokens(rows.len(), width, device)
    }

    /// One row a sequence, padded on the LEFT, so that all rows end together and can be continued.
    pub fn left_padded(sequences: &[&Sequence], pad: u32, device: &Device) -> Self {
        let width = sequences.iter().map(|s| s.ids.len()).max().unwrap_or(0).max(1);
        let mut planes = Planes::new(sequences.len(), width, pad);
        for (row, sequence) in sequences.iter().enumerate() {
            planes.put((row + 1) * width - sequence.ids.len(), 1, sequence);
        }
        planes.into_tokens(sequences.len(), width, device)
    }

    /// Packs sequences into rows, of the width that leaves the least padding.
    ///
    /// Returns the batch and, for each sequence in the order given, the flat index `row * seq + column` of its
    /// first token.
    pub fn pack(sequences: &[&Sequence], pad: u32, device: &Device) -> (Self, Vec<usize>) {
        let longest = sequences.iter().map(|sequence| sequence.ids.len()).max().unwrap_or(0);
        let widths = [2, 3, 4, 6].map(|halves| (longest * halves / 2).max(SHORT_ROW));
        let rows = widths.map(|width| first_fit(sequences, width));
        // Of equals the first, which has the shortest rows.
        let best = rows.into_iter().min_by_key(|rows| rows.len() * seq(rows)).expect("several widths");
        Self::from_packed(sequences, &best, pad, device)
    }

    /// The same, in rows of at most `width` tokens. A sequence longer than that gets a row of its own (and widens
    /// the batch).
    pub fn pack_to(sequences: &[&Sequence], width: usize, pad: u32, device: &Device) -> (Self, Vec<usize>) {
        Self::from_packed(sequences, &first_fit(sequences, width), pad, device)
    }

    fn from_packed(sequences: &[&Sequence], rows: &[PackedRow], pad: u32, device: &Device) -> (Self, Vec<usize>) {
        let seq = seq(rows);
        let mut starts = vec![0; sequences.len()];
        let mut laid = Vec::with_capacity(rows.len());
        for (row, PackedRow { members, .. }) in rows.iter().enumerate() {
            let mut column = 0;
            for &member in members {
                starts[member] = row * seq + column;
                column += sequences[member].ids.len();
            }
            laid.push(members.iter().map(|&m| sequences[m]).collect::<Vec<_>>());
        }
        (Self::from_rows(&laid, pad, seq, device), starts)
    }

    /// `[batch, seq]`.
    pub fn dims(&self) -> [usize; 2] {
        self.ids.dims()
    }
}

/// Sequences that share a row.
struct PackedRow {
    used: usize,
    members: Vec<usize>,
}

/// The width of a batch of rows.
fn seq(rows: &[PackedRow]) -> usize {
    rows.iter().map(|row| row.used).max().unwrap_or(0).max(1)
}

/// Puts each sequence in the first row that has room for it.
fn first_fit(sequences: &[&Sequence], width: usize) -> Vec<PackedRow> {
    let mut rows: Vec<PackedRow> = Vec::new();
    for (index, sequence) in sequences.iter().enumerate() {
        let need = sequence.ids.len();
        match rows.iter_mut().find(|row| row.used + need <= width) {
            Some(row) => {
                row.used += need;
                row.members.push(index);
            }
            None => rows.push(PackedRow { used: need, members: vec![index] }),
        }
    }
    rows
}

/// Tokens read in one forward pass when answering: bounds memory, whatever the number of examples.
pub const BUDGET: usize = 4096;

/// Short texts are packed into rows of at least this many tokens: they share a row, yet attention over it stays cheap.
const SHORT_ROW: usize = 128;

/// Cuts `0..lengths.len()` into runs whose lengths add up to at most `budget` (or hold one longer item): how a
/// long list is fed to a model in batches of bounded memory.
pub fn runs(lengths: &[usize], budget: usize) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    let mut used = 0;
    for (index, &length) in lengths.iter().enumerate() {
        match runs.last_mut() {
            Some(run) if used + length <= budget => {
                run.end = index + 1;
                used += length;
            }
            _ => {
                runs.push(index..index + 1);
                used = length;
            }
        }
    }
    runs
}

/// A vector of indices as a tensor on `device`.
pub fn indices(values: impl IntoIterator<Item = usize>, device: &Device) -> Tensor<1, Int> {
    let values: Vec<i64> = values.into_iter().map(|v| v as i64).collect();
    let n = values.len();
    Tensor::from_data(TensorData::new(values, [n]), device)
}

/// The planes of a batch while it is laid out on the host.
struct Planes {
    ids: Vec<i64>,
    segments: Vec<i64>,
    positions: Vec<i64>,
    visible: Vec<i64>,
    /// Empty until a sequence has parts.
    types: Vec<i64>,
}

impl Planes {
    fn new(rows: usize, width: usize, pad: u32) -> Self {
        let size = rows * width;
        Self {
            ids: vec![i64::from(pad); size],
            segments: vec![0; size],
            positions: vec![0; size],
            visible: vec![0; size],
            types: Vec::new(),
        }
    }

    fn put(&mut self, start: usize, segment: usize, sequence: &Sequence) {
        let visible = sequence.attend.visible(sequence.ids.len());
        for (offset, &id) in sequence.ids.iter().enumerate() {
            self.ids[start + offset] = i64::from(id);
            self.segments[start + offset] = segment as i64;
            self.positions[start + offset] = offset as i64;
            self.visible[start + offset] = i64::from(offset < visible);
        }
        if sequence.types.iter().any(|&part| part > 0) {
            self.types.resize(self.ids.len(), 0);
            let parts = sequence.types.iter().map(|&part| i64::from(part));
            self.types[start..].iter_mut().zip(parts).for_each(|(place, part)| *place = part);
        }
    }

    fn into_tokens(self, rows: usize, width: usize, device: &Device) -> Tokens {
        let plane = |values: Vec<i64>| Tensor::from_data(TensorData::new(values, [rows, width]), device);
        Tokens {
            ids: plane(self.ids),
            segments: plane(self.segments),
            positions: plane(self.positions),
            visible: plane(self.visible),
            types: (!self.types.is_empty()).then(|| plane(self.types)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn host(plane: Tensor<2, Int>) -> Vec<i64> {
        plane.into_data().iter::<i64>().collect()
    }

    #[test]
    fn packing_keeps_order_and_finds_every_sequence_again() {
        let device = Device::flex();
        let sequences: Vec<Sequence> = [3usize, 4, 2, 5]
            .iter()
            .enumerate()
            .map(|(i, &n)| Sequence::new(vec![10 + i as u32; n], Attend::Both))
            .collect();
        let borrowed: Vec<&Sequence> = sequences.iter().collect();
        let (tokens, starts) = Tokens::pack_to(&borrowed, 7, 0, &device);
        let ids = host(tokens.ids.clone());
        assert_eq!(tokens.dims(), [2, 7]);
        for (sequence, start) in sequences.iter().zip(starts) {
            let found: Vec<u32> = ids[start..start + sequence.ids.len()].iter().map(|&i| i as u32).collect();
            assert_eq!(found, sequence.ids);
        }
    }

    /// Sequences of lengths up to 12, every token of all of them another one.
    fn any_sequences() -> impl Strategy<Value = Vec<Sequence>> {
        let attend = prop_oneof![Just(Attend::Both), Just(Attend::Causal), (0usize..14).prop_map(Attend::Prefix)];
        prop::collection::vec((1usize..12, attend), 0..20).prop_map(|shapes| {
            let mut next = 1;
            let sequence = |(length, attend)| {
                let ids = (next..next + length as u32).collect();
                next += length as u32;
                Sequence::new(ids, attend)
            };
            shapes.into_iter().map(sequence).collect()
        })
    }

    proptest! {
        #[test]
        fn packing_loses_and_repeats_no_token(sequences in any_sequences(), width in 1usize..30) {
            let borrowed: Vec<&Sequence> = sequences.iter().collect();
            let device = Device::flex();
            for (tokens, starts) in [Tokens::pack(&borrowed, 0, &device), Tokens::pack_to(&borrowed, width, 0, &device)] {
                let seq = tokens.dims()[1];
                let (ids, segments, positions) = (host(tokens.ids), host(tokens.segments), host(tokens.positions));
                let mut found: Vec<i64> = ids.iter().copied().filter(|id| *id != 0).collect();
                found.sort_unstable();
                let all: i64 = sequences.iter().map(|sequence| sequence.ids.len() as i64).sum();
                prop_assert_eq!(found, (1..=all).collect::<Vec<_>>());
                prop_assert!(ids.iter().zip(&segments).all(|(id, segment)| (*id == 0) == (*segment == 0)));
                for (sequence, start) in sequences.iter().zip(starts) {
                    let place = start..start + sequence.ids.len();
                    prop_assert_eq!(place.start / seq, (place.end - 1) / seq, "one row");
                    prop_assert!(positions[place.clone()].iter().copied().eq(0..sequence.ids.len() as i64));
                    // A segment of its row that nobody else has.
                    let row = start / seq * seq..(start / seq + 1) * seq;
                    let mine = segments[start];
                    prop_assert_eq!(segments[row].iter().filter(|other| **other == mine).count(), sequence.ids.len());
                    prop_assert!(segments[place].iter().all(|segment| *segment == mine));
                }
            }
        }
    }

    #[test]
    fn the_width_is_the_one_that_pads_least() {
        let sequences: Vec<Sequence> =
            [200usize, 100, 190, 110, 150].iter().map(|&n| Sequence::new(vec![1; n], Attend::Both)).collect();
        let borrowed: Vec<&Sequence> = sequences.iter().collect();
        // Rows of 200 hold one text each, rows of 300 hold 300, 300 and 150, rows of 600 hold 600 and 150.
        let (tokens, starts) = Tokens::pack(&borrowed, 0, &Device::flex());
        assert_eq!(tokens.dims(), [3, 300]);
        assert_eq!(starts.len(), 5);
        assert_eq!(Tokens::pack(&[], 0, &Device::flex()).0.dims()[0], 0);
    }

    #[test]
    fn left_padding_ends_together_and_positions_start_at_the_text() {
        let device = Device::flex();
        let long = Sequence::new(vec![7, 8, 9], Attend::Causal);
        let short = Sequence::new(vec![5], Attend::Prefix(1));
        let tokens = Tokens::left_padded(&[&long, &short], 0, &device);
        assert!(tokens.types.is_none());
        assert_eq!(host(tokens.ids), [7, 8, 9, 0, 0, 5]);
        assert_eq!(host(tokens.segments), [1, 1, 1, 0, 0, 1]);
        assert_eq!(host(tokens.positions), [0, 1, 2, 0, 0, 0]);
        assert_eq!(host(tokens.visible), [0, 0, 0, 0, 0, 1]);
    }

    #[test]
    fn parts_stand_where_their_tokens_do() {
        let device = Device::flex();
        let plain = Sequence::new(vec![1, 2], Attend::Both);
        let parted = Sequence::new(vec![3, 4, 5], Attend::Both).with_types(vec![0, 1, 1]);
        let (tokens, starts) = Tokens::pack_to(&[&plain, &parted], 8, 0, &device);
        assert_eq!(starts, [0, 2]);
        assert_eq!(host(tokens.types.unwrap()), [0, 0, 0, 1, 1]);
    }
}
