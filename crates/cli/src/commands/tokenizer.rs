//! `cimiento tokenizer`: the tokenizer of a pretraining config, as a file.

use std::path::Path;

use miette::{IntoDiagnostic, Result, miette};

use super::{dry, preflight, pretrain, session};
use crate::args::Global;
use crate::config::Pretrain;
use crate::diagnostic::{self, Loaded};
use crate::session::{Ended, Existing};

/// Trains it and writes it to `out`.
///
/// # Errors
/// If `out` is there already, or the corpus cannot be read.
pub fn tokenizer(global: &Global, config: &Path, out: &Path, overwrite: bool) -> Result<Ended> {
    let sets: Vec<String> = global.set.iter().cloned().chain(global.shared_sets()).collect();
    let loaded: Loaded<Pretrain> = diagnostic::load(config, &sets)?;
    if let Some(from) = &loaded.config.from {
        return Err(miette!(
            help = "the file tokenizer.json of its checkpoint is that tokenizer",
            "{}: it goes on from {}, with its tokenizer: there is none to train",
            config.display(),
            from.run
        ));
    }
    if out.exists() && !overwrite {
        return Err(miette!(help = "--overwrite replaces it", "{} is there already", out.display()));
    }
    let session = session(global, Existing::Refuse).of_config(config);
    if global.dry_run {
        preflight::corpus(&loaded.config.corpus, &session)?;
        return dry(&loaded.text, &format!("would write {}", out.display()));
    }
    let tokenizer = pretrain::tokenizer(&loaded.config, &session)?;
    tokenizer.save(out).into_diagnostic()?;
    eprintln!("{}: {} tokens, hash {}", out.display(), tokenizer.vocab_size(), tokenizer.hash());
    Ok(Ended::Finished)
}
