//! `cimiento embed`: texts as vectors whose directions tell how alike they are.

use cimiento_core::embed::{EmbedConfig, Embedder, PoolingMode, Step};
use cimiento_core::records::Located;
use miette::{IntoDiagnostic, Result, miette};
use serde::Serialize;

use super::{dry, find, named_device, session};
use crate::args::{Embed, Global, Pooled};
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
    let (mut config, dense) = checkpoint.embedding().into_diagnostic()?.unwrap_or_default();
    if let Some(pooling) = arguments.pooling {
        let mode = PoolingMode::from(pooling);
        if config.pooling.len() != 1 && config.dense().next().is_some() {
            return Err(miette!(
                help = "leave --pooling out",
                "{}: its dense layer takes {} poolings set one after the other",
                checkpoint.folder().display(),
                config.pooling.len()
            ));
        }
        config.pooling = vec![mode];
    }
    if arguments.raw {
        config.steps.retain(|step| *step != Step::Normalize);
    }
    let prompt = prompt(arguments, &config)?;
    if config.pooling.contains(&PoolingMode::First) && checkpoint.manifest().backbone.causal {
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
    let embedder = Embedder { backbone: &backbone, tokenizer: &tokenizer, config: &config, dense: &dense };
    let limit = config.max_tokens.unwrap_or(usize::MAX).min(backbone.config().context);
    let mut shortened = 0;
    input::texts(&arguments.input, BATCH, |located| {
        let texts: Vec<&str> = located.iter().map(|located| located.record.text.as_str()).collect();
        empty += texts.iter().filter(|text| text.is_empty()).count();
        texts.iter().for_each(|text| special.look(&tokenizer, text));
        let (embeddings, cut) = embedder.embed(&texts, &prompt);
        for index in &cut {
            let Located { path, line, .. } = &located[*index];
            tracing::warn!("{}:{line}: the text is cut to fit the context ({limit} tokens)", path.display());
        }
        shortened += cut.len();
        let lines: Vec<Line> = embeddings.into_iter().map(|embedding| Line { embedding }).collect();
        input::print_lines(&lines)
    })?;
    if empty > 0 {
        tracing::warn!("{empty} texts are empty: each has the vector of what surrounds a text");
    }
    special.tell(&arguments.input);
    if shortened > 1 {
        tracing::warn!("{shortened} texts were cut after {limit} tokens");
    }
    Ok(Ended::Finished)
}

/// What stands before each text: what is typed, the prompt named, or the one that the model has by default.
fn prompt(arguments: &Embed, config: &EmbedConfig) -> Result<String> {
    if let Some(text) = &arguments.prompt {
        return Ok(text.clone());
    }
    let Some(name) = arguments.prompt_name.as_ref().or(config.default_prompt.as_ref()) else {
        return Ok(String::new());
    };
    config.prompts.get(name).cloned().ok_or_else(|| {
        let names: Vec<&str> = config.prompts.keys().map(String::as_str).collect();
        let known = if names.is_empty() { "it came without any".to_string() } else { names.join(", ") };
        miette!(help = "--prompt gives the text itself", "this model has no prompt {name:?}: {known}")
    })
}

impl From<Pooled> for PoolingMode {
    fn from(pooled: Pooled) -> Self {
        match pooled {
            Pooled::Mean => Self::Mean,
            Pooled::First => Self::First,
            Pooled::Last => Self::Last,
            Pooled::Max => Self::Max,
            Pooled::WeightedMean => Self::WeightedMean,
            Pooled::MeanSqrtLength => Self::MeanSqrtLength,
        }
    }
}
