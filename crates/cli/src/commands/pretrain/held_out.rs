//! What a pretraining validates on, where its documents are few.

use std::path::Path;

use cimiento_core::trainer::Keep;
use cimiento_data::corpus::{self, CorpusConfig, HeldOut};
use cimiento_data::records::Source;
use miette::{IntoDiagnostic, Result, miette};

use crate::config::Pretrain;
use crate::diagnostic::say_once;
use crate::session::Session;

/// The corpus as it is trained on, its sources here: what is held out is what there is to hold out. What differs from the
/// config is said, and returned.
///
/// # Errors
/// When a source cannot be read.
pub fn settled(config: &CorpusConfig, session: &Session) -> Result<(CorpusConfig, Option<String>)> {
    let mut local = session.corpus(config)?;
    let asked = config.validation;
    let (share, message) = match corpus::held_out(&local, &session.folders.data).into_diagnostic()? {
        HeldOut::AsAsked => return Ok((local, None)),
        HeldOut::Raised { share, documents } => (
            share,
            format!(
                "none of {documents} documents falls into the held-out share of {asked}: it is raised to {share}, which holds \
                 one out (`--set corpus.validation=0` holds out none)"
            ),
        ),
        HeldOut::Nothing { documents } => (
            0.0,
            format!(
                "{} too few to hold one out for validation (corpus.validation = {asked}): all are learned from, and the loss on \
                 other text is not measured. To have it measured give more documents, such as the paragraphs of plain text: \
                 `separator = \"\\n\\n\"`",
                if documents == 1 { "1 document is".to_owned() } else { format!("{documents} documents are") }
            ),
        ),
    };
    local.validation = share;
    say_once(crate::typed::message(&message));
    Ok((local, Some(message)))
}

/// Whether a choice of weights by validation has something to compare, as far as the sources are here.
///
/// # Errors
/// That it has not, or a source that cannot be read.
pub fn check(config: &Pretrain, session: &Session) -> Result<()> {
    let sources: Vec<Source> = config.corpus.sources.iter().map(|source| source.records(Path::new(""))).collect();
    if config.corpus.validation == 0.0 || !session.is_here(sources.iter())? {
        return Ok(());
    }
    if settled(&config.corpus, session)?.0.validation == 0.0 { compares_nothing(config) } else { Ok(()) }
}

/// Refuses to choose weights by a validation that there is not.
///
/// # Errors
/// If the config says that they are chosen so.
pub fn compares_nothing(config: &Pretrain) -> Result<()> {
    let chosen = [("keep = \"best\"", config.train.keep == Keep::Best), ("patience", config.train.patience > 0)];
    match chosen.iter().find(|(_, asked)| *asked) {
        None => Ok(()),
        Some((key, _)) => Err(miette!(
            help = format!(
                "remove train.{}, give more documents, or raise corpus.validation",
                key.split(' ').next().unwrap_or(key)
            ),
            "train.{key} compares validations, and no document is held out for them"
        )),
    }
}
