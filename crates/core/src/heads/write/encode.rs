//! From a record's texts to tokens, with what limits cut counted.

use cimiento_data::content::Remark;
use cimiento_data::encode::{EncodeError, Encoded};
use cimiento_data::tokenizer::Tokenizer;

use super::example::Example;
use super::kind::Write;
use crate::tokens::{Attend, Sequence};

/// What the record's targets are called.
pub(super) fn target<W: Write>() -> &'static str {
    W::FIELDS[W::FIELDS.len() - 1].name
}

/// The targets that say something, without the white space around them.
pub(super) fn references<W: Write>(config: &W::Config, record: &W::Record) -> Vec<String> {
    let all = W::references(config, record);
    all.iter().map(|text| text.trim()).filter(|text| !text.is_empty()).map(str::to_owned).collect()
}

/// An example, and what is odd about it.
pub(super) fn encode<W: Write>(
    record: &W::Record,
    labelled: bool,
    config: &W::Config,
    tokenizer: &Tokenizer,
    context: usize,
) -> Result<Encoded<Example>, EncodeError> {
    let what = W::FIELDS[0].name;
    let source = W::source(config, record).trim().to_owned();
    if source.is_empty() {
        return Err(EncodeError::Empty { what });
    }
    let references = if labelled { references::<W>(config, record) } else { Vec::new() };
    if labelled && references.is_empty() {
        return Err(EncodeError::Unlabelled { what: target::<W>() });
    }
    let (special, settings) = (tokenizer.special(), W::settings(config));
    // Beside [bos], [sep] and [eos]. A short context is shared: half of it at least is for the source.
    let context_room = context.saturating_sub(3);
    let target_room = settings.max_target_tokens.min(context_room / 2);
    let source_room = match settings.max_source_tokens {
        0 => context_room - target_room,
        most => most.min(context_room - target_room),
    };
    let body = tokenizer.encode(&source);
    if target_room == 0 {
        return Err(EncodeError::TooLong { what, tokens: body.len(), room: 0 });
    }
    let kept = body.len().min(source_room);
    let mut truncated = kept < body.len();
    let ids = [&[special.bos], &body[..kept], &[special.sep]].concat();
    let encoded: Vec<Vec<u32>> = references.iter().map(|text| tokenizer.encode(text)).collect();
    let mut remarks = limited::<W>(&encoded, config, target_room, context.saturating_sub(ids.len()));
    if !references.is_empty() {
        remarks.extend(W::remarks(config, &references));
    }
    let targets = encoded.into_iter().map(|mut target| {
        if target.len() > target_room {
            // No [eos]: a text must not learn to stop in mid-sentence.
            target.truncate(target_room);
            truncated = true;
        } else {
            target.push(special.eos);
        }
        target
    });
    let targets = targets.collect();
    let attend = Attend::Prefix(ids.len());
    Ok(Encoded {
        example: Example { source, references, prompt: Sequence::new(ids, attend), targets },
        truncated,
        remarks,
    })
}

/// The limits that targets exceed. `kept` tokens of one are learned, and `room` tokens can be written.
fn limited<W: Write>(targets: &[Vec<u32>], config: &W::Config, kept: usize, room: usize) -> Vec<Remark> {
    let lengths = || targets.iter().map(Vec::len);
    let (Some(shortest), Some(longest)) = (lengths().min(), lengths().max()) else { return Vec::new() };
    let mut remarks = Vec::new();
    if longest > kept {
        remarks.push(W::LIMITS.cut.needing(longest));
    }
    if W::writes(config) {
        let most = W::settings(config).generation.max_tokens;
        if shortest > most {
            remarks.push(W::LIMITS.too_long.needing(shortest));
        } else if room < most {
            remarks.push(W::LIMITS.no_room.needing(most));
        }
    }
    remarks
}
