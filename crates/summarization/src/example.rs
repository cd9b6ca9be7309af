//! Documents and summaries as tokens, and many of them as one batch.

use std::ops::Range;

use burn::tensor::{Device, Int, Tensor};
use cimiento_core::tokens::{Attend, BUDGET, Sequence, Tokens, indices};
use cimiento_data::content::Remark;
use cimiento_data::encode::{EncodeError, Encoded};
use cimiento_data::tokenizer::Tokenizer;
use rand::RngExt;
use rand::rngs::StdRng;

use crate::record::Record;
use crate::rouge::{self, Unseen};
use crate::task::Config;

/// A document ready to be continued with its summary.
#[derive(Clone, Debug)]
pub struct Example {
    /// The document as it was written.
    pub document: String,
    /// Its summaries as they were written, where they were asked for.
    pub references: Vec<String>,
    /// `[bos] document [sep]`, all of which sees itself.
    pub prompt: Sequence,
    /// For each summary its tokens and `[eos]`, the latter only where nothing was cut off.
    pub targets: Vec<Vec<u32>>,
}

/// A summary is cut to learn from, so nothing teaches its end.
const CUT: Remark = Remark {
    what: "have a summary of which only the beginning is learned",
    advice: "raise task.summarization.max_summary_tokens",
    tolerated: 0.01,
    needs: None,
};

/// No summary as long can be written.
const TOO_LONG: Remark = Remark {
    what: "have a summary longer than the longest that is written",
    advice: "raise task.summarization.generation.max_tokens",
    tolerated: 0.01,
    needs: None,
};

/// The context ends before the longest summary does.
const NO_ROOM: Remark = Remark {
    what: "leave a summary less room in the context than generation.max_tokens",
    advice: "lower task.summarization.generation.max_tokens, or raise max_summary_tokens, which keeps room for a summary",
    tolerated: 0.1,
    needs: None,
};

/// The scores are near 0 whatever is written.
const UNSEEN: Remark = Remark {
    what: "have a summary of which ROUGE sees hardly a word",
    advice: "its words are runs of the letters a to z and digits: set task.summarization.rouge_tokens = \"words\" (or \"characters\")",
    tolerated: 0.0,
    needs: None,
};

/// The scores compare pieces of words.
const PARTLY_SEEN: Remark = Remark {
    what: "have a summary in which ROUGE cuts more than a tenth of the words at letters that it does not know",
    advice: "its words are runs of the letters a to z and digits: set task.summarization.rouge_tokens = \"words\" for words of any script",
    tolerated: 0.1,
    needs: None,
};

/// An example, and what is odd about it.
pub(crate) fn example(
    record: &Record,
    labelled: bool,
    config: &Config,
    tokenizer: &Tokenizer,
    context: usize,
) -> Result<Encoded<Example>, EncodeError> {
    let document = record.document.trim();
    if document.is_empty() {
        return Err(EncodeError::Empty { what: "document" });
    }
    let references = if labelled { record.summaries() } else { Vec::new() };
    if labelled && references.is_empty() {
        return Err(EncodeError::Unlabelled { what: "summary" });
    }
    let special = tokenizer.special();
    // Beside [bos], [sep] and [eos]. A short context is shared: half of it at least is for the document.
    let context_room = context.saturating_sub(3);
    let summary_room = config.max_summary_tokens.min(context_room / 2);
    let document_room = match config.max_document_tokens {
        0 => context_room - summary_room,
        most => most.min(context_room - summary_room),
    };
    let body = tokenizer.encode(document);
    if summary_room == 0 {
        return Err(EncodeError::TooLong { what: "document", tokens: body.len(), room: 0 });
    }
    let kept = body.len().min(document_room);
    let mut truncated = kept < body.len();
    let mut ids = Vec::with_capacity(kept + 2);
    ids.push(special.bos);
    ids.extend_from_slice(&body[..kept]);
    ids.push(special.sep);
    let encoded: Vec<Vec<u32>> = references.iter().map(|summary| tokenizer.encode(summary)).collect();
    let remarks = remarks(&references, &encoded, config, summary_room, context.saturating_sub(ids.len()));
    let targets = encoded.into_iter().map(|mut target| {
        if target.len() > summary_room {
            // No [eos]: a text must not learn to stop in mid-sentence.
            target.truncate(summary_room);
            truncated = true;
        } else {
            target.push(special.eos);
        }
        target
    });
    let targets = targets.collect();
    let attend = Attend::Prefix(ids.len());
    let example = Example {
        document: document.to_owned(),
        references: references.into_iter().map(str::to_owned).collect(),
        prompt: Sequence::new(ids, attend),
        targets,
    };
    Ok(Encoded { example, truncated, remarks })
}

/// What is odd about the summaries of a record, given as texts and as tokens. `kept` tokens of one are learned, and
/// `room` tokens can be written.
fn remarks(summaries: &[&str], tokens: &[Vec<u32>], config: &Config, kept: usize, room: usize) -> Vec<Remark> {
    let lengths = || tokens.iter().map(Vec::len);
    let (Some(shortest), Some(longest)) = (lengths().min(), lengths().max()) else { return Vec::new() };
    let mut remarks = Vec::new();
    if longest > kept {
        remarks.push(CUT.needing(longest));
    }
    if config.quote == 0 {
        let most = config.generation.max_tokens;
        if shortest > most {
            remarks.push(TOO_LONG.needing(shortest));
        } else if room < most {
            remarks.push(NO_ROOM.needing(most));
        }
    }
    if config.rouge_tokens == rouge::Tokens::Official {
        match summaries.iter().map(|summary| rouge::unseen(summary)).min() {
            Some(Unseen::NearlyAll) => remarks.push(UNSEEN),
            Some(Unseen::Some) => remarks.push(PARTLY_SEEN),
            _ => {}
        }
    }
    remarks
}

/// Packed documents with one summary each, on a device.
pub struct Batch {
    pub(crate) tokens: Tokens,
    /// Flat positions whose outputs predict the targets: each the one before its target.
    pub(crate) at: Tensor<1, Int>,
    pub(crate) targets: Tensor<1, Int>,
    /// How many tokens, padding left out.
    pub(crate) length: usize,
}

impl Batch {
    /// Draws one summary of each example that has any.
    pub(crate) fn new(examples: &[Example], pad: u32, rng: &mut StdRng, device: &Device) -> Self {
        let drawn: Vec<(&Example, &[u32])> = examples
            .iter()
            .filter(|example| !example.targets.is_empty())
            .map(|example| (example, example.targets[rng.random_range(0..example.targets.len())].as_slice()))
            .collect();
        let sequences: Vec<Sequence> = drawn
            .iter()
            .map(|(example, target)| {
                // The last target is only ever predicted, never read.
                let read = &target[..target.len() - 1];
                Sequence::new([example.prompt.ids.as_slice(), read].concat(), example.prompt.attend)
            })
            .collect();
        let borrowed: Vec<&Sequence> = sequences.iter().collect();
        let (tokens, starts) = Tokens::pack(&borrowed, pad, device);
        let at = starts.iter().zip(&drawn).flat_map(|(start, (example, target))| {
            let first = start + example.prompt.ids.len() - 1;
            first..first + target.len()
        });
        let targets = drawn.iter().flat_map(|(_, target)| target.iter().map(|&id| id as usize));
        let length = sequences.iter().map(|sequence| sequence.ids.len()).sum();
        Self { at: indices(at, device), targets: indices(targets, device), tokens, length }
    }
}

/// Orders examples by length, so that little is padded, and cuts the order into runs of at most [`BUDGET`] tokens,
/// `written` for each text included.
pub(crate) fn runs(examples: &[Example], written: usize) -> (Vec<usize>, Vec<Range<usize>>) {
    let length = |index: usize| examples[index].prompt.ids.len() + written;
    let mut order: Vec<usize> = (0..examples.len()).collect();
    order.sort_by_key(|&index| length(index));
    let mut runs = Vec::new();
    let mut start = 0;
    for (at, &index) in order.iter().enumerate() {
        // The longest so far is the last: all rows of a run are padded to it.
        if at > start && (at + 1 - start) * length(index) > BUDGET {
            runs.push(start..at);
            start = at;
        }
    }
    if start < order.len() {
        runs.push(start..order.len());
    }
    (order, runs)
}
