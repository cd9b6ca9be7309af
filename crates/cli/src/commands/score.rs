//! `cimiento score`: how likely texts are, as a whole and token by token.

use cimiento_core::backbone::Backbone;
use cimiento_core::language::{self, Scoring, TextScore, TokenScore};
use cimiento_data::records::Located;
use cimiento_data::tokenizer::Tokenizer;
use miette::{IntoDiagnostic, Result, miette};
use serde::Serialize;

use super::{dry, find, must_write, named_device, session};
use crate::args::{Global, Score};
use crate::input::{self, Asking, SpecialNames, Text};
use crate::session::{Ended, Existing};

/// Texts scored at once.
const BATCH: usize = 64;

/// One line of output.
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
/// As [`input::answer`]; a text that is empty has no score.
pub fn score(arguments: &Score, global: &Global) -> Result<Ended> {
    let checkpoint = find(&session(global, Existing::Refuse), &arguments.run, None)?;
    must_write(&checkpoint)?;
    let device = named_device(global).open().into_diagnostic()?;
    let (how, name) = if arguments.masked { (Scoring::Masked, "masked") } else { (Scoring::Causal, "causal") };
    if global.dry_run {
        input::check::<Text>(&arguments.input, Some("text"), &[])?;
        return dry("", &format!("would score ({name}) with {}", checkpoint.folder().display()));
    }
    let tokenizer = input::tokenizer(&checkpoint, &arguments.input)?;
    if arguments.masked && !tokenizer.special().hides() {
        return Err(miette!("{}: the tokenizer has no token to hide others with", checkpoint.folder().display()));
    }
    let backbone = checkpoint.backbone(&device).into_diagnostic()?;
    let special = SpecialNames::default();
    let mut scores = Scores { backbone: &backbone, tokenizer: &tokenizer, how, tokens: arguments.tokens, special };
    let ended = input::answer(&arguments.input, BATCH, &mut scores)?;
    scores.special.tell(&arguments.input);
    Ok(ended)
}

struct Scores<'a> {
    backbone: &'a Backbone,
    tokenizer: &'a Tokenizer,
    how: Scoring,
    tokens: bool,
    special: SpecialNames,
}

impl Asking for Scores<'_> {
    type Record = Text;
    type Example = String;
    type Answer = Scored;
    const PLAIN: Option<&'static str> = Some("text");

    fn prepare(&mut self, located: Located<Text>) -> Result<String, String> {
        let text = located.record.text;
        if text.is_empty() {
            return Err("the text is empty".into());
        }
        self.special.look(self.tokenizer, &text);
        Ok(text)
    }

    fn answer(&mut self, examples: &[String]) -> Vec<Scored> {
        let texts: Vec<&str> = examples.iter().map(String::as_str).collect();
        let scored = language::score(self.backbone, self.tokenizer, &texts, self.how);
        scored.into_iter().map(|text| line(text, self.tokens)).collect()
    }
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
