//! Whether a run would be gone on with, found out without training, tokenising or writing anything.

use cimiento_core::checkpoint::Checkpoint;
use cimiento_data::corpus::{self, Corpus, CorpusConfig};
use cimiento_data::tokenizer::Tokenizer;
use miette::{IntoDiagnostic, Result};

use super::from::Origin;
use super::lengthen;
use crate::config::Pretrain;
use crate::diagnostic::Loaded;
use crate::session::{Course, Existing, Session};

/// Says on stderr from where the run of `loaded` would go on, if it is to be resumed and there is one.
///
/// # Errors
/// As the training would refuse it.
pub fn check(loaded: &Loaded<Pretrain>, session: &Session) -> Result<()> {
    let config = &loaded.config;
    let folder = session.run(&config.run);
    if session.existing != Existing::Resume || session.is_blank(&folder) {
        return Ok(());
    }
    let (local, _) = super::settled(&config.corpus, session)?;
    let origin = Origin::of(loaded, session)?;
    let tokenizer = match origin.tokenizer()? {
        Some(tokenizer) => tokenizer,
        None => tokenizer(config, &local, session)?,
    };
    let hash = Corpus::inputs(&local, &session.folders.data, &tokenizer).into_diagnostic()?;
    let fingerprint = origin.start.as_ref().map(Checkpoint::fingerprint).transpose().into_diagnostic()?;
    let identity = |config: &Pretrain| super::identity(config, &tokenizer, &hash.0, fingerprint.as_deref());
    if let Some(longer) = lengthen::plan(loaded, session, &folder, &identity)? {
        longer.tell(&config.run);
        return Ok(());
    }
    let inputs = super::inputs(hash.1, &tokenizer, fingerprint.clone());
    session.check_resume(&folder, &Course::new(loaded, identity(config), inputs))
}

/// The tokenizer that the training would have. It is not trained where it is known: kept in the cache, or that of the run itself, made
/// as the config says now.
fn tokenizer(config: &Pretrain, local: &CorpusConfig, session: &Session) -> Result<Tokenizer> {
    if config.tokenizer.path.is_some() {
        return super::tokenizer(config, session);
    }
    let (size, sample) = (config.tokenizer.vocab_size, config.tokenizer.sample_mb as u64 * 1_000_000);
    let (data, cache) = (&session.folders.data, session.runs.join("cache"));
    if let Some(kept) = corpus::find_tokenizer(local, data, size, sample, &cache).into_diagnostic()? {
        return Ok(kept);
    }
    let folder = session.run(&config.run);
    let former = lengthen::former_config(&folder).map(|former| (former.tokenizer, former.corpus));
    // If its text is another now, that decides before the tokenizer does.
    if former == Some((config.tokenizer.clone(), config.corpus.clone()))
        && let Ok(run) = Checkpoint::open(&folder)
    {
        return run.tokenizer().into_diagnostic();
    }
    corpus::train_tokenizer(local, data, size, sample).into_diagnostic()
}
