//! `cimiento embed`: texts as vectors whose directions tell how alike they are.

use cimiento_core::embed::{self, Pooling};
use miette::{IntoDiagnostic, Result, miette};
use serde::{Deserialize, Serialize};

use super::{dry, find, named_device, session};
use crate::args::{Embed, Global};
use crate::input;
use crate::session::{Ended, Existing};

/// Texts read at once.
const BATCH: usize = 64;

#[derive(Deserialize)]
struct Text {
    text: String,
}

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
    let device = named_device(global).open().into_diagnostic()?;
    if global.dry_run {
        return dry("", &format!("would embed with {}", checkpoint.folder().display()));
    }
    let tokenizer = checkpoint.tokenizer().into_diagnostic()?;
    let backbone = checkpoint.backbone(&device).into_diagnostic()?;
    let pooling = arguments.pooling.into();
    input::in_batches(input::records::<Text>(arguments.input.as_deref())?, BATCH, |batch| {
        let empty = batch.iter().position(|located| located.record.text.trim().is_empty());
        let whole = &batch[..empty.unwrap_or(batch.len())];
        let texts: Vec<&str> = whole.iter().map(|located| located.record.text.as_str()).collect();
        let (embeddings, cut) = embed::embed(&backbone, &tokenizer, &texts, pooling, !arguments.raw);
        for index in cut {
            let located = &whole[index];
            tracing::warn!("{}:{}: the text is cut to fit the context", located.path.display(), located.line);
        }
        let lines: Vec<Line> = embeddings.into_iter().map(|embedding| Line { embedding }).collect();
        input::print_lines(&lines)?;
        match empty.map(|at| &batch[at]) {
            Some(located) => Err(miette!("{}:{}: the text is empty", located.path.display(), located.line)),
            None => Ok(()),
        }
    })?;
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
