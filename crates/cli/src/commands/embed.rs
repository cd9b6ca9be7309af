//! `cimiento embed`: texts as vectors whose directions tell how alike they are.

use cimiento_core::embed::{EmbedConfig, Embedder, PoolingMode, Step};
use cimiento_data::records::Located;
use miette::{IntoDiagnostic, Result, miette};
use serde::Serialize;

use super::{dry, find, named_device, session};
use crate::args::{Embed, Global, Pooled};
use crate::input::{self, Asking, SpecialNames, Text};
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
/// As [`input::answer`], and settings that make no sense.
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
        input::check::<Text>(&arguments.input, Some("text"), &[])?;
        return dry("", &format!("would embed with {}", checkpoint.folder().display()));
    }
    let tokenizer = input::tokenizer(&checkpoint, &arguments.input)?;
    let backbone = checkpoint.backbone(&device).into_diagnostic()?;
    let mut embedding = Embedding {
        embedder: Embedder { backbone: &backbone, tokenizer: &tokenizer, config: &config, dense: &dense },
        prompt,
        limit: config.max_tokens.unwrap_or(usize::MAX).min(backbone.config().context),
        special: SpecialNames::default(),
        empty: 0,
        shortened: 0,
    };
    let ended = input::answer(&arguments.input, BATCH, &mut embedding)?;
    let Embedding { special, empty, shortened, limit, .. } = embedding;
    if empty > 0 {
        tracing::warn!("{empty} texts are empty: each has the vector of what surrounds a text");
    }
    special.tell(&arguments.input);
    if shortened > 1 {
        tracing::warn!("{shortened} texts were cut after {limit} tokens");
    }
    Ok(ended)
}

struct Embedding<'a> {
    embedder: Embedder<'a>,
    prompt: String,
    /// Tokens that are read of a text.
    limit: usize,
    special: SpecialNames,
    /// Texts that are empty.
    empty: usize,
    /// Texts that were cut.
    shortened: usize,
}

impl Asking for Embedding<'_> {
    type Record = Text;
    /// A text and its place.
    type Example = (String, String);
    type Answer = Line;
    const PLAIN: Option<&'static str> = Some("text");

    fn prepare(&mut self, located: Located<Text>) -> Result<Self::Example, String> {
        let text = located.record.text;
        self.empty += usize::from(text.is_empty());
        self.special.look(self.embedder.tokenizer, &text);
        Ok((text, format!("{}:{}", located.path.display(), located.line)))
    }

    fn answer(&mut self, examples: &[Self::Example]) -> Vec<Line> {
        let texts: Vec<&str> = examples.iter().map(|(text, _)| text.as_str()).collect();
        let (embeddings, cut) = self.embedder.embed(&texts, &self.prompt);
        for index in &cut {
            tracing::warn!("{}: the text is cut to fit the context ({} tokens)", examples[*index].1, self.limit);
        }
        self.shortened += cut.len();
        embeddings.into_iter().map(|embedding| Line { embedding }).collect()
    }
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
