//! Texts as tokens with their targets, and many of them as one batch.

use std::ops::Range;

use burn::tensor::{Device, IndexingUpdateOp, Tensor, TensorData};
use cimiento_core::backbone::{Backbone, Pooling};
use cimiento_core::tokens::{self, Attend, BUDGET, Sequence, Tokens, indices};
use cimiento_data::encode::EncodeError;
use cimiento_data::tokenizer::Tokenizer;

use crate::config::State;
use crate::loss::Targets;
use crate::record::Record;
use crate::target::Gold;

/// A text as tokens, and its target.
#[derive(Clone, Debug)]
pub struct Example {
    /// The text as it was written.
    pub text: String,
    /// `[bos] text`, with nothing behind it: the state of the last token is what pretraining used to go on from here. An
    /// encoder's is `[CLS] text [SEP]`.
    pub sequence: Sequence,
    /// Its target, where one was asked for.
    pub gold: Option<Gold>,
}

/// A record's text as tokens, at most `limit`, and whether it was cut. Two texts are put together as the tokenizer's own
/// template says, the longer one cut first.
pub(crate) fn sequence(record: &Record, tokenizer: &Tokenizer, limit: usize) -> Result<(Sequence, bool), EncodeError> {
    let text = tokenizer.classified(&record.text);
    if text.trim().is_empty() {
        return Err(EncodeError::Empty { what: "text" });
    }
    let mut body = tokenizer.encode(text);
    let Some(second) = record.text_pair.as_deref().map(|second| tokenizer.classified(second)) else {
        let room = limit.saturating_sub(tokenizer.overhead());
        if room == 0 {
            return Err(EncodeError::TooLong { what: "text", tokens: body.len(), room });
        }
        let truncated = room < body.len();
        body.truncate(room);
        let ids = [&tokenizer.opened(body), tokenizer.closing()].concat();
        return Ok((Sequence::new(ids, Attend::Both), truncated));
    };
    if second.trim().is_empty() {
        return Err(EncodeError::Empty { what: "text_pair" });
    }
    let pair = tokenizer.pair().ok_or(EncodeError::Pair)?;
    let second = tokenizer.encode(second);
    let kept = pair.fit([body.len(), second.len()], limit);
    if kept.contains(&0) {
        let room = limit.saturating_sub(pair.overhead());
        return Err(EncodeError::TooLong { what: "text_pair", tokens: second.len(), room });
    }
    let (ids, types) = pair.join(&body[..kept[0]], &second[..kept[1]]);
    Ok((Sequence::new(ids, Attend::Both).with_types(types), kept != [body.len(), second.len()]))
}

/// Packed texts on a device.
pub struct Batch {
    pub(crate) tokens: Tokens,
    /// Of each text that has a target.
    pub(crate) places: Places,
    /// Their targets.
    pub(crate) targets: Targets,
    /// How many tokens, padding left out.
    pub(crate) length: usize,
}

/// Where texts stand in their rows.
pub(crate) struct Places {
    /// How many tokens each has.
    lengths: Vec<usize>,
    /// Flat position `row * seq + column` of the first token of each.
    starts: Vec<usize>,
}

impl Places {
    /// The states that sum the texts up, `[texts, d_model]`; without a `pooling`, those that the backbone was made for.
    pub(crate) fn states(&self, backbone: &Backbone, tokens: &Tokens, pooling: Option<Pooling>) -> Tensor<2> {
        let device = backbone.device();
        let texts = self.starts.iter().zip(&self.lengths);
        match pooling.unwrap_or(backbone.config().pooling()) {
            Pooling::First => backbone.states_at(tokens, indices(self.starts.iter().copied(), &device)),
            Pooling::Last => {
                let last = texts.map(|(start, length)| start + length - 1);
                backbone.states_at(tokens, indices(last, &device))
            }
            Pooling::Mean => {
                let all = texts.flat_map(|(&start, &length)| start..start + length);
                let states = backbone.states_at(tokens, indices(all, &device));
                let owners = self.lengths.iter().enumerate().flat_map(|(text, &length)| vec![text; length]);
                let shares: Vec<f32> = self.lengths.iter().flat_map(|&n| vec![1.0 / n as f32; n]).collect();
                let [count, d_model] = states.dims();
                let shares = Tensor::<2>::from_data(TensorData::new(shares, [count, 1]), &device);
                let sums = Tensor::zeros([self.lengths.len(), d_model], &device);
                sums.select_assign(0, indices(owners, &device), states * shares, IndexingUpdateOp::Add)
            }
        }
    }
}

/// Lays texts out in rows.
pub(crate) fn pack<'a>(examples: impl Iterator<Item = &'a Example>, pad: u32, device: &Device) -> (Tokens, Places) {
    let sequences: Vec<&Sequence> = examples.map(|example| &example.sequence).collect();
    let (tokens, starts) = Tokens::pack(&sequences, pad, device);
    let lengths = sequences.iter().map(|sequence| sequence.ids.len()).collect();
    (tokens, Places { lengths, starts })
}

/// Lays out the texts that have a target, which is to be of the kind of `state`.
pub(crate) fn batch(examples: &[Example], state: &State, pad: u32, device: &Device) -> Batch {
    let known = || examples.iter().filter(|example| example.gold.is_some());
    let (tokens, places) = pack(known(), pad, device);
    let length = places.lengths.iter().sum();
    let golds: Vec<&Gold> = known().filter_map(|example| example.gold.as_ref()).collect();
    Batch { tokens, places, targets: Targets::new(&golds, state, device), length }
}

/// Consecutive examples that are answered together.
pub(crate) fn runs(examples: &[Example]) -> Vec<Range<usize>> {
    tokens::runs(&examples.iter().map(|example| example.sequence.ids.len()).collect::<Vec<_>>(), BUDGET)
}
