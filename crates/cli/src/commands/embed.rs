//! `cimiento embed`: texts as vectors whose directions tell how alike they are.

use cimiento_core::backbone::Pooling;
use cimiento_core::embed;
use cimiento_core::records::Located;
use miette::{IntoDiagnostic, Result, miette};
use serde::Serialize;

use super::{dry, find, named_device, session};
use crate::args::{Embed, Global};
use crate::input;
use crate::session::{Ended, Existing};

/// Texts read at once.
const BATCH: usize = 64;

#[derive(Serialize)]
struct Line {
    embedding: Vec<f32>,
}

/// Prints the vector of every text of the input.
///
/// # Errors
/// The first record that cannot be read, by line; what stands before it has been answered.
pub fn embed(arguments: &Embed, global: &Global) -> Result<Ended> {
    let checkpoint = find(&session(global, Existing::Refuse), &arguments.run, None)?;
    let pooling = arguments.pooling.into();
    if checkpoint.manifest().backbone.blind(pooling) {
        return Err(miette!(
            help = "use --pooling mean or --pooling last",
            "{}: this backbone only looks back, so that its first state is the same for every text",
            checkpoint.folder().display()
        ));
    }
    let device = named_device(global).open().into_diagnostic()?;
    if global.dry_run {
        return dry("", &format!("would embed with {}", checkpoint.folder().display()));
    }
    let tokenizer = input::tokenizer(&checkpoint, &arguments.input)?;
    let (mut special, mut empty) = (input::SpecialNames::default(), 0);
    let backbone = checkpoint.backbone(&device).into_diagnostic()?;
    input::texts(&arguments.input, BATCH, |located| {
        let texts: Vec<&str> = located.iter().map(|located| located.record.text.as_str()).collect();
        empty += texts.iter().filter(|text| text.is_empty()).count();
        texts.iter().for_each(|text| special.look(&tokenizer, text));
        let (embeddings, cut) = embed::embed(&backbone, &tokenizer, &texts, pooling, !arguments.raw);
        for index in cut {
            let Located { path, line, .. } = &located[index];
            tracing::warn!("{}:{line}: the text is cut to fit the context", path.display());
        }
        let lines: Vec<Line> = embeddings.into_iter().map(|embedding| Line { embedding }).collect();
        input::print_lines(&lines)
    })?;
    if empty > 0 {
        tracing::warn!("{empty} texts are empty: each has the vector of what surrounds a text");
    }
    special.tell(&arguments.input);
    Ok(Ended::Finished)
}

impl From<crate::args::Pooled> for Pooling {
    fn from(pooled: crate::args::Pooled) -> Self {
        match pooled {
            crate::args::Pooled::Mean => Self::Mean,
            crate::args::Pooled::First => Self::First,
            crate::args::Pooled::Last => Self::Last,
        }
    }
}
