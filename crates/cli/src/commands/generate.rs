//! `cimiento generate`: a text continued, written as it comes.

use cimiento_core::checkpoint::Checkpoint;
use cimiento_core::generate::{BeamConfig, GenerateConfig, SampleConfig, Strategy, generate as write};
use cimiento_core::tokenizer::Tokenizer;
use cimiento_core::tokens::{Attend, Sequence};
use miette::{IntoDiagnostic, Result, miette};

use super::{dry, find, must_write, named_device, session};
use crate::args::{Generate, Global};
use crate::chat::{self, Message};
use crate::diagnostic;
use crate::input;
use crate::session::{Ended, Existing};

/// Writes what follows the prompt.
///
/// # Errors
/// If the run cannot be opened, the settings make no sense, or the prompt leaves no room.
pub fn generate(arguments: &Generate, global: &Global) -> Result<Ended> {
    let settings = settings(arguments, &global.set)?;
    let checkpoint = find(&session(global, Existing::Refuse), &arguments.run, None)?;
    must_write(&checkpoint)?;
    let device = named_device(global).open().into_diagnostic()?;
    if global.dry_run {
        let text = toml::to_string(&settings).into_diagnostic()?;
        return dry(&text, &format!("would write with {}", checkpoint.folder().display()));
    }
    let tokenizer = checkpoint.tokenizer().into_diagnostic()?;
    let special = tokenizer.special();
    let ids = match &arguments.chat {
        None => tokenizer.opened(tokenizer.encode(&arguments.prompt)),
        Some(said) => conversation(said, arguments.system.as_deref(), &checkpoint, &tokenizer)?,
    };
    let context = checkpoint.manifest().backbone.context;
    if ids.len() >= context {
        return Err(miette!(
            "the prompt has {} tokens, and the context of {context} leaves no room to go on",
            ids.len()
        ));
    }
    let backbone = checkpoint.backbone(&device).into_diagnostic()?;
    let mut stream = tokenizer.stream();
    let mut written = Ok(());
    let show = |text: Option<String>, written: &mut Result<()>| {
        if let (Some(text), Ok(())) = (text, &written) {
            *written = input::print(&text);
        }
    };
    let prompts = [Sequence::new(ids, Attend::Causal)];
    let seed = global.seed.unwrap_or(1);
    let texts = write(&backbone, &prompts, &settings, &special, seed, |_, id| show(stream.push(id), &mut written));
    // A beam knows its text only at the end.
    if matches!(settings.strategy, Strategy::Beam(_)) {
        texts.iter().flatten().for_each(|&id| show(stream.push(id), &mut written));
    }
    show(stream.finish(), &mut written);
    show(Some("\n".into()), &mut written);
    written.map(|()| Ended::Finished)
}

/// What was said, as the run's own template puts it.
fn conversation(said: &str, system: Option<&str>, checkpoint: &Checkpoint, tokenizer: &Tokenizer) -> Result<Vec<u32>> {
    let template = checkpoint.chat_template().into_diagnostic()?.ok_or_else(|| {
        miette!(
            help = "--prompt continues a text with any run",
            "{}: this run was not taught to be talked to: it has no chat template",
            checkpoint.folder().display()
        )
    })?;
    let system = system.map(|content| Message { role: "system", content });
    let messages: Vec<Message> = system.into_iter().chain([Message { role: "user", content: said }]).collect();
    let [bos, eos] =
        [tokenizer.special().bos, tokenizer.special().eos].map(|id| tokenizer.token(id).unwrap_or_default());
    Ok(tokenizer.encode_with_special(&chat::prompt(&template, &messages, &bos, &eos)?))
}

/// Sampling unless something else is asked for; `--set` speaks last.
fn settings(arguments: &Generate, sets: &[String]) -> Result<GenerateConfig> {
    let defaults = GenerateConfig::default();
    let strategy = match (arguments.beam, arguments.greedy) {
        (Some(width), _) => {
            let length_penalty = arguments.length_penalty.unwrap_or(BeamConfig::default().length_penalty);
            Strategy::Beam(BeamConfig { width, length_penalty })
        }
        (None, true) => Strategy::Greedy,
        (None, false) => {
            let SampleConfig { temperature, top_p } = SampleConfig::default();
            let temperature = arguments.temperature.unwrap_or(temperature);
            Strategy::Sample(SampleConfig { temperature, top_p: arguments.top_p.unwrap_or(top_p) })
        }
    };
    let settings = GenerateConfig {
        max_tokens: arguments.max_tokens.unwrap_or(defaults.max_tokens),
        no_repeat_ngram: arguments.no_repeat_ngram.unwrap_or(defaults.no_repeat_ngram),
        strategy,
        ..defaults
    };
    diagnostic::edit(&settings, sets, "settings of the generation", GenerateConfig::validate)
}
