//! `cimiento score`: how likely texts are, as a whole and token by token.

use cimiento_core::language::{self, Scoring, TextScore, TokenScore};
use miette::{IntoDiagnostic, Result, miette};
use serde::Serialize;

use super::{dry, find, must_write, named_device, session};
use crate::args::{Global, Score};
use crate::input;
use crate::session::{Ended, Existing};

/// Texts scored at once.
const BATCH: usize = 64;

/// One line of output.
#[derive(Serialize)]
#[serde(untagged)]
enum Line {
    Scored(Scored),
    /// There is nothing to score.
    Unscored {
        error: &'static str,
    },
}

#[derive(Serialize)]
struct Scored {
    log_probability: f64,
    perplexity: f64,
    bits_per_byte: f64,
    /// Tokens predicted, the end of the text included.
    token_count: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    tokens: Option<Vec<TokenScore>>,
}

/// Scores every text of the input.
///
/// # Errors
/// The first record that cannot be read, by line; what stands before it has been scored. Empty texts have an error in the
/// place of their scores, and are counted at the end.
pub fn score(arguments: &Score, global: &Global) -> Result<Ended> {
    let checkpoint = find(&session(global, Existing::Refuse), &arguments.run, None)?;
    must_write(&checkpoint)?;
    let device = named_device(global).open().into_diagnostic()?;
    let (how, name) = if arguments.masked { (Scoring::Masked, "masked") } else { (Scoring::Causal, "causal") };
    if global.dry_run {
        return dry("", &format!("would score ({name}) with {}", checkpoint.folder().display()));
    }
    let tokenizer = input::tokenizer(&checkpoint, &arguments.input)?;
    let (mut special, mut empty, mut all) = (input::SpecialNames::default(), 0, 0);
    if arguments.masked && !tokenizer.special().hides() {
        return Err(miette!("{}: the tokenizer has no token to hide others with", checkpoint.folder().display()));
    }
    let backbone = checkpoint.backbone(&device).into_diagnostic()?;
    input::texts(&arguments.input, BATCH, |located| {
        let texts: Vec<&str> = located.iter().map(|located| located.record.text.as_str()).collect();
        texts.iter().for_each(|text| special.look(&tokenizer, text));
        let full: Vec<&str> = texts.iter().copied().filter(|text| !text.is_empty()).collect();
        all += texts.len();
        empty += texts.len() - full.len();
        let mut scored = language::score(&backbone, &tokenizer, &full, how).into_iter().peekable();
        let lines = texts.iter().map(|text| match scored.next_if(|_| !text.is_empty()) {
            Some(text) => Line::Scored(line(text, arguments.tokens)),
            None => Line::Unscored { error: "the text is empty" },
        });
        input::print_lines(&lines.collect::<Vec<_>>())
    })?;
    special.tell(&arguments.input);
    if empty > 0 {
        return Err(miette!("{empty} of {all} texts are empty and have no score"));
    }
    Ok(Ended::Finished)
}

fn line(text: TextScore, with_tokens: bool) -> Scored {
    Scored {
        log_probability: text.log_probability,
        perplexity: text.perplexity,
        bits_per_byte: text.bits_per_byte,
        token_count: text.tokens.len(),
        tokens: with_tokens.then_some(text.tokens),
    }
}
