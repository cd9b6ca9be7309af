//! A mask cut in tiles of queries, each with the range of keys that some query of the tile may see.

use std::ops::Range;

/// Queries in a tile. Fewer skip more of a causal mask, more make better products.
pub(crate) const TILE: usize = 64;

/// A mask in the memory of the processor.
#[derive(Debug)]
pub(crate) struct HostMask {
    /// Of each query, `[batch, q]`; 0 is padding.
    query_segments: Vec<i32>,
    /// Of each key, `[batch, k]`; a query of the same segment sees it if it is not later.
    key_segments: Vec<i32>,
    /// The same, but 0 for keys that only later queries see.
    visible_segments: Vec<i32>,
    offset: usize,
}

impl HostMask {
    pub(crate) fn new(query: Vec<i32>, key: Vec<i32>, visible: Vec<i32>, offset: usize) -> Self {
        let visible = visible.iter().zip(&key).map(|(&v, &segment)| if v == 0 { 0 } else { segment });
        Self { visible_segments: visible.collect(), query_segments: query, key_segments: key, offset }
    }
}

/// Some queries of one batch entry, and the range of keys outside which none of them sees any.
pub(crate) struct Tile<'a> {
    pub(crate) queries: Range<usize>,
    pub(crate) keys: Range<usize>,
    /// Of the queries of the tile.
    query_segments: &'a [i32],
    /// Of the keys of the range.
    key_segments: &'a [i32],
    visible_segments: &'a [i32],
    /// The only segment of the keys of the range, if they have but one.
    one_segment: Option<i32>,
    /// The only segment in `visible_segments`; 0 when later keys are never seen.
    one_visible: Option<i32>,
    offset: usize,
}

impl HostMask {
    /// The tiles of one entry of the batch, of `queries` queries and `keys` keys.
    pub(crate) fn tiles(&self, batch: usize, queries: usize, keys: usize) -> impl Iterator<Item = Tile<'_>> {
        let queries_of_batch = &self.query_segments[batch * queries..][..queries];
        let keys_of_batch = &self.key_segments[batch * keys..][..keys];
        let visible_of_batch = &self.visible_segments[batch * keys..][..keys];
        let offset = self.offset;
        (0..queries).step_by(TILE).map(move |from| {
            let queries = from..queries.min(from + TILE);
            let query_segments = &queries_of_batch[queries.clone()];
            // The last query of each run of one segment: what it does not see, none of the run does.
            let mut runs: Vec<(i32, usize)> = Vec::new();
            for (i, &segment) in queries.clone().zip(query_segments) {
                match runs.last_mut() {
                    Some(run) if run.0 == segment => run.1 = i,
                    _ if segment != 0 => runs.push((segment, i)),
                    _ => {}
                }
            }
            let seen = |&j: &usize| {
                runs.iter().any(|&(segment, last)| {
                    visible_of_batch[j] == segment || keys_of_batch[j] == segment && j <= last + offset
                })
            };
            let start = (0..keys).find(seen).unwrap_or(0);
            let end = (start..keys).rev().find(seen).map_or(start, |last| last + 1);
            let (key_segments, visible_segments) = (&keys_of_batch[start..end], &visible_of_batch[start..end]);
            Tile {
                query_segments,
                key_segments,
                visible_segments,
                one_segment: only(key_segments),
                one_visible: only(visible_segments),
                queries,
                keys: start..end,
                offset,
            }
        })
    }
}

/// The number that all are, if there is one.
fn only(numbers: &[i32]) -> Option<i32> {
    let (&first, rest) = numbers.split_first()?;
    rest.iter().all(|&number| number == first).then_some(first)
}

impl Tile<'_> {
    /// Sets the scores of the keys that query `i` of the tile does not see to negative infinity, and
    /// returns how many keys come before the last it may see; the scores after those are left alone.
    #[inline(always)]
    pub(crate) fn hide(&self, scores: &mut [f32], i: usize) -> usize {
        let segment = self.query_segments[i];
        if segment == 0 {
            return 0;
        }
        let last = self.queries.start + i + self.offset;
        let past = (last + 1).saturating_sub(self.keys.start).min(self.keys.len());
        let (before, after) = scores.split_at_mut(past);
        if self.one_segment != Some(segment) {
            hide_others(before, &self.key_segments[..past], segment);
        }
        if self.one_visible == Some(0) {
            return past;
        }
        if self.one_visible != Some(segment) {
            hide_others(after, &self.visible_segments[past..], segment);
        }
        self.keys.len()
    }
}

/// Sets the scores of keys of other segments to negative infinity.
#[inline(always)]
fn hide_others(scores: &mut [f32], keys: &[i32], segment: i32) {
    let hidden = f32::NEG_INFINITY.to_bits();
    for (score, &key) in scores.iter_mut().zip(keys) {
        // In bits, lest the compiler make it a masked store, slow on some processors.
        let keep = u32::from(key == segment).wrapping_neg();
        *score = f32::from_bits(score.to_bits() & keep | hidden & !keep);
    }
}
