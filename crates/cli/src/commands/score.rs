//! `cimiento score`: how likely texts are, as a whole and token by token.

use cimiento_core::backbone::Backbone;
use cimiento_core::language::{self, Scoring, TextScore, TokenScore};
use cimiento_core::records::Located;
use cimiento_core::tokenizer::Tokenizer;
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
/// As [`input::answer`]. Empty texts have an error in the
/// place of their scores, and are counted at the end.
pub fn score(arguments: &Score, global: &Global) -> Result<Ended> {
    let checkpoint = find(&session(global, Existing::Refuse), &arguments.run, None)?;
    must_write(&checkpoint)?;
    let device = named_device(global).open().into_diagnostic()?;
    let (how, name) = if arguments.masked { (Scoring::Masked, "masked") } else { (Scoring::Causal, "causal") };
    if global.dry_run {
        input::check::<Text>(&arguments.input, Some("text"))?;
        return dry("", &format!("would score ({name}) with {}", checkpoint.folder().display()));
    }
    let tokenizer = input::tokenizer(&checkpoint, &arguments.input)?;
    if arguments.masked && !tokenizer.special().hides() {
        return Err(miette!("{}: the tokenizer has no token to hide others with", checkpoint.folder().display()));
    }
    let backbone = checkpoint.backbone(&device).into_diagnostic()?;
    let (special, empty, all) = (SpecialNames::default(), 0, 0);
    let mut scores =
        Scores { backbone: &backbone, tokenizer: &tokenizer, how, tokens: arguments.tokens, special, empty, all };
    let ended = input::answer(&arguments.input, BATCH, &mut scores)?;
    scores.special.tell(&arguments.input);
    if scores.empty > 0 {
        return Err(miette!("{} of {} texts are empty and have no score", scores.empty, scores.all));
    }
    Ok(ended)
}

struct Scores<'a> {
    backbone: &'a Backbone,
    tokenizer: &'a Tokenizer,
    how: Scoring,
    tokens: bool,
    special: SpecialNames,
    /// Texts that are empty,
    empty: usize,
    /// of so many.
    all: usize,
}

impl Asking for Scores<'_> {
    type Record = Text;
    type Example = String;
    type Answer = Line;
    const PLAIN: Option<&'static str> = Some("text");

    fn prepare(&mut self, located: Located<Text>) -> Result<String, String> {
        let text = located.record.text;
        self.all += 1;
        self.empty += usize::from(text.is_empty());
        self.special.look(self.tokenizer, &text);
        Ok(text)
    }

    fn answer(&mut self, examples: &[String]) -> Vec<Line> {
        let full: Vec<&str> = examples.iter().map(String::as_str).filter(|text| !text.is_empty()).collect();
        let mut scored = language::score(self.backbone, self.tokenizer, &full, self.how).into_iter().peekable();
        let lines = examples.iter().map(|text| match scored.next_if(|_| !text.is_empty()) {
            Some(text) => Line::Scored(line(text, self.tokens)),
            None => Line::Unscored { error: "the text is empty" },
        });
        lines.collect()
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
