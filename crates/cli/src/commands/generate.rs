//! `cimiento generate`: a text continued, or a conversation answered, written as it comes.

use std::collections::{BTreeMap, BTreeSet};

use cimiento_core::checkpoint::{CHAT_TEMPLATE, CHAT_TEMPLATES, Checkpoint, GENERATION};
use cimiento_core::generate::{
    BeamConfig, Control, GenerateConfig, SampleConfig, Strategy, Until, Written, generate_scored,
};
use cimiento_core::tokens::{Attend, Sequence};
use cimiento_data::tokenizer::Tokenizer;
use cimiento_interchange::Generation;
use miette::{IntoDiagnostic, Result, WrapErr, miette};
use serde::Serialize;

use super::{dry, find, must_write, named_device, session};
use crate::args::{Generate, Global};
use crate::chat::{self, Conversation};
use crate::diagnostic;
use crate::input;
use crate::session::{Ended, Existing};

/// Writes what follows the prompt.
///
/// # Errors
/// If the run cannot be opened, the settings make no sense, or the prompt leaves no room.
pub fn generate(arguments: &Generate, global: &Global) -> Result<Ended> {
    let checkpoint = find(&session(global, Existing::Refuse), &arguments.run, None)?;
    must_write(&checkpoint)?;
    let kept = checkpoint.text(GENERATION).into_diagnostic()?;
    let kept = kept.as_deref().map(Generation::parse).transpose().map_err(|why| miette!("{GENERATION}: {why}"))?;
    let tokenizer = checkpoint.tokenizer().into_diagnostic()?;
    let ids = match conversation(arguments)? {
        None => prompt(arguments, global, &tokenizer),
        Some(said) => answer(&said, arguments, global, &checkpoint, &tokenizer)?,
    };
    let settings = settings(arguments, global, kept.as_ref(), ids.len())?;
    if arguments.logprobs.is_some() && matches!(settings.strategy, Strategy::Beam(_)) {
        return Err(miette!(help = "give --greedy or --temperature", "--logprobs is not there for a beam"));
    }
    let device = named_device(global).open().into_diagnostic()?;
    if global.dry_run {
        let text = toml::to_string(&settings).into_diagnostic()?;
        return dry(&text, &format!("would write with {}", checkpoint.folder().display()));
    }
    let context = checkpoint.manifest().backbone.context;
    if ids.len() >= context {
        return Err(miette!(
            "the prompt has {} tokens, and the context of {context} leaves no room to go on",
            ids.len()
        ));
    }
    let backbone = checkpoint.backbone(&device).into_diagnostic()?;
    let mut control = Control::of(&tokenizer);
    control.never.extend(kept.iter().flat_map(Generation::suppressed));
    let (mut stream, mut until) = (tokenizer.stream_after(&ids), Until::new(&settings.stop));
    let prompts = [Sequence::new(ids, Attend::Causal)];
    let (mut shown, mut tokens, mut printed) = (String::new(), Vec::new(), Ok(()));
    let mut show = |text: Option<String>, last: bool| {
        let mut text = text.map(|text| until.push(&text)).unwrap_or_default();
        if last {
            text.push_str(&until.finish());
        }
        if arguments.logprobs.is_some() {
            shown.push_str(&text);
        } else if printed.is_ok() && (last || !text.is_empty()) {
            printed = input::print(&if last { text + "\n" } else { text });
        }
    };
    let heard = |written: Written| {
        show(stream.push(written.id), false);
        tokens.extend(scored(&tokenizer, &written));
    };
    let seed = global.seed.unwrap_or(1);
    let texts = generate_scored(&backbone, &prompts, &settings, &control, seed, arguments.logprobs, heard);
    // A beam knows its text only at the end.
    if matches!(settings.strategy, Strategy::Beam(_)) {
        texts.iter().flatten().for_each(|&id| show(stream.push(id), false));
    }
    show(stream.finish(), true);
    printed?;
    if arguments.logprobs.is_some() {
        input::print_lines(&[Scored { text: shown, tokens }])?;
    }
    Ok(Ended::Finished)
}

/// A text and how likely its tokens were.
#[derive(Serialize)]
struct Scored {
    text: String,
    tokens: Vec<ScoredToken>,
}

#[derive(Serialize)]
struct ScoredToken {
    #[serde(flatten)]
    token: TokenScore,
    /// The likeliest tokens in its place.
    top: Vec<TokenScore>,
}

#[derive(Serialize)]
struct TokenScore {
    token: String,
    id: u32,
    log_probability: f64,
}

fn scored(tokenizer: &Tokenizer, written: &Written) -> Option<ScoredToken> {
    let (own, top) = written.log_probabilities.as_ref()?;
    let score = |id: u32, log_probability: f64| TokenScore {
        token: tokenizer.token(id).unwrap_or_default(),
        id,
        log_probability,
    };
    Some(ScoredToken {
        token: score(written.id, *own),
        top: top.iter().map(|&(id, log_probability)| score(id, log_probability)).collect(),
    })
}

/// The ids of the prompt.
fn prompt(arguments: &Generate, global: &Global, tokenizer: &Tokenizer) -> Vec<u32> {
    if arguments.parse_special {
        return tokenizer.opened(tokenizer.encode_with_special(&arguments.prompt));
    }
    let names = tokenizer.special_names_in(&arguments.prompt);
    if !names.is_empty() && !global.quiet {
        eprintln!(
            "note: the prompt holds names of special tokens ({}), which are read as plain text; --parse-special reads \
             them as tokens",
            names.join(", ")
        );
    }
    tokenizer.opened(tokenizer.encode(&arguments.prompt))
}

/// What is said, if a conversation is wanted.
fn conversation(arguments: &Generate) -> Result<Option<Conversation>> {
    let mut said = match (&arguments.chat, &arguments.messages) {
        (Some(said), _) => {
            let system = arguments.system.as_deref().map(|content| chat::message("system", content));
            let messages = system.into_iter().chain([chat::message("user", said)]).collect();
            Conversation { messages, tools: None }
        }
        (None, Some(path)) => chat::read(path)?,
        (None, None) => return Ok(None),
    };
    if let Some(path) = &arguments.tools {
        said.tools = Some(chat::read_tools(path)?);
    }
    Ok(Some(said))
}

/// The ids of a conversation, as the run's own template puts it.
fn answer(
    said: &Conversation,
    arguments: &Generate,
    global: &Global,
    checkpoint: &Checkpoint,
    tokenizer: &Tokenizer,
) -> Result<Vec<u32>> {
    let template = template(arguments.chat_template.as_deref(), said.tools.is_some(), checkpoint)?;
    if said.tools.is_some() && !template.contains("tools") && !global.quiet {
        eprintln!("note: the chat template does not mention tools, so that the model does not hear of them");
    }
    let names: BTreeSet<String> = said.texts().flat_map(|text| tokenizer.special_names_in(&text)).collect();
    if !names.is_empty() && !global.quiet {
        let names = names.into_iter().collect::<Vec<_>>().join(", ");
        eprintln!("note: what is said holds names of special tokens ({names}), which a template makes these tokens");
    }
    let named = tokenizer.named();
    let ids = |said: &Conversation| {
        chat::prompt(&template, said, &named).map(|rendered| tokenizer.encode_with_special(&rendered))
    };
    fitting(said, checkpoint.manifest().backbone.context, arguments.max_tokens, ids)
}

/// The ids of a conversation; of one that is longer than the context, those of its last turns.
fn fitting(
    said: &Conversation,
    context: usize,
    wanted: Option<usize>,
    ids: impl Fn(&Conversation) -> Result<Vec<u32>>,
) -> Result<Vec<u32>> {
    let whole = ids(said)?;
    if whole.len() < context {
        return Ok(whole);
    }
    // An answer wants room too.
    let room = wanted.unwrap_or(GenerateConfig::default().max_tokens).min(context / 2);
    let mut shorter = said.clone();
    while let Some(rest) = shorter.without_oldest_turn() {
        shorter = rest;
        let read = ids(&shorter)?;
        if read.len() + room <= context {
            tracing::warn!(
                "the conversation has {} tokens, and the context {context}: its {} oldest messages are left out",
                whole.len(),
                said.messages.len() - shorter.messages.len()
            );
            return Ok(read);
        }
    }
    Ok(whole)
}

/// The template that is wanted: by name, from a file, or the one that is meant for what is said.
fn template(wanted: Option<&str>, tools: bool, checkpoint: &Checkpoint) -> Result<String> {
    let mut templates: BTreeMap<String, String> = match checkpoint.text(CHAT_TEMPLATES).into_diagnostic()? {
        None => BTreeMap::new(),
        Some(text) => serde_json::from_str(&text).into_diagnostic().wrap_err(CHAT_TEMPLATES)?,
    };
    templates.extend(checkpoint.text(CHAT_TEMPLATE).into_diagnostic()?.map(|text| ("default".to_string(), text)));
    let names = templates.keys().cloned().collect::<Vec<_>>().join(", ");
    let folder = checkpoint.folder().display();
    if let Some(wanted) = wanted {
        if let Some(template) = templates.remove(wanted) {
            return Ok(template);
        }
        let missing = || match names.as_str() {
            "" => format!("--chat-template {wanted}: no such file, and {folder} has no templates with names"),
            names => format!("--chat-template {wanted}: no such file, and the templates of {folder} are {names}"),
        };
        return std::fs::read_to_string(wanted).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => miette!("{}", missing()),
            _ => miette!("--chat-template {wanted}: {e}"),
        });
    }
    if let Some(template) = templates.remove("tool_use").filter(|_| tools) {
        return Ok(template);
    }
    templates.remove("default").ok_or_else(|| match names.as_str() {
        "" => miette!(
            help = "--prompt continues a text with any run; --chat-template FILE brings a template",
            "{folder}: this run has no chat template: it was not taught to be talked to"
        ),
        names => miette!("{folder}: of the chat templates {names} none is the default; choose with --chat-template"),
    })
}

/// Sampling, or what the model came with, unless something else is wanted; `--set` speaks last. `read`: tokens of the prompt.
fn settings(arguments: &Generate, global: &Global, kept: Option<&Generation>, read: usize) -> Result<GenerateConfig> {
    let plain = GenerateConfig { strategy: Strategy::Sample(SampleConfig::default()), ..GenerateConfig::default() };
    let base = match kept.map(|kept| kept.follow(plain.clone(), read)) {
        None => plain,
        Some(followed) => {
            if !followed.taken.is_empty() && !global.quiet {
                eprintln!("{GENERATION} of this run: {}", followed.taken.join(", "));
            }
            let typed = arguments.greedy || arguments.beam.is_some();
            if !typed && !global.quiet && kept.is_some_and(|kept| !kept.chooses()) {
                eprintln!(
                    "{GENERATION} of this run does not say how tokens are chosen: they are drawn here, where transformers takes \
                     the likeliest (--greedy)"
                );
            }
            if !followed.passed_over.is_empty() {
                tracing::warn!("{GENERATION} of this run: not followed: {}", followed.passed_over.join(", "));
            }
            followed.config
        }
    };
    let Generate { temperature, top_k, top_p, min_p, .. } = *arguments;
    let draws = temperature.is_some() || top_k.is_some() || top_p.is_some() || min_p.is_some();
    let strategy = match (arguments.beam, &base.strategy) {
        (Some(width), _) => {
            let length_penalty = arguments.length_penalty.unwrap_or(BeamConfig::default().length_penalty);
            Strategy::Beam(BeamConfig { width, length_penalty })
        }
        _ if arguments.greedy || temperature == Some(0.0) => Strategy::Greedy,
        (None, strategy) if !draws => strategy.clone(),
        (None, strategy) => {
            let sample = match strategy {
                Strategy::Sample(sample) => sample.clone(),
                _ => SampleConfig::default(),
            };
            Strategy::Sample(SampleConfig {
                temperature: temperature.unwrap_or(sample.temperature),
                top_k: top_k.unwrap_or(sample.top_k),
                top_p: top_p.unwrap_or(sample.top_p),
                min_p: min_p.unwrap_or(sample.min_p),
            })
        }
    };
    let max_tokens = arguments.max_tokens.unwrap_or(base.max_tokens);
    let settings = GenerateConfig {
        max_tokens,
        min_tokens: base.min_tokens.min(max_tokens),
        no_repeat_ngram: arguments.no_repeat_ngram.unwrap_or(base.no_repeat_ngram),
        repetition_penalty: arguments.repetition_penalty.unwrap_or(base.repetition_penalty),
        stop: if arguments.stop.is_empty() { base.stop } else { arguments.stop.clone() },
        strategy,
    };
    diagnostic::edit(&settings, &global.set, "settings of the generation", GenerateConfig::validate)
}
