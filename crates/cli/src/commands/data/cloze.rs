//! `cimiento data cloze`: questions for the question answerer to practise on, made of a corpus.

use std::fs;

use cimiento_core::corpus;
use cimiento_core::files;
use cimiento_core::order;
use cimiento_qa::cloze::cloze;
use miette::{IntoDiagnostic, Result, miette};

use crate::args::{Cloze, Global};
use crate::commands::{dry, session};
use crate::config::Pretrain;
use crate::diagnostic::{self, Loaded};
use crate::session::{Ended, Existing};

/// Bytes of a document for each passage that is asked about.
const BYTES_A_PASSAGE: u64 = 4000;
/// Questions that a passage gives; some come to nothing.
const A_PASSAGE: u64 = 2;

/// Writes as many questions as are asked for, or as the corpus gives.
///
/// # Errors
/// If the corpus cannot be read or the file cannot be written; nothing is left of it then.
pub fn write(arguments: &Cloze, global: &Global) -> Result<Ended> {
    let loaded: Loaded<Pretrain> = diagnostic::load(&arguments.config, &global.set)?;
    let out = &arguments.out;
    if global.dry_run {
        return dry("", &format!("would write {} questions to {}", arguments.questions, out.display()));
    }
    if out.exists() && !arguments.overwrite {
        return Err(miette!(help = "--overwrite replaces it", "{} is already there", out.display()));
    }
    if let Some(folder) = out.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).into_diagnostic()?;
    }
    let session = session(global, Existing::Refuse);
    let wanted = arguments.questions;
    let corpus = session.corpus(&loaded.config.corpus)?;
    let texts = corpus::texts(&corpus, &session.data, wanted as u64 * BYTES_A_PASSAGE / A_PASSAGE).into_diagnostic()?;
    let seed = global.seed.unwrap_or(loaded.config.train.seed);
    let (mut lines, mut written) = (String::new(), 0);
    'all: for (number, text) in (0..).zip(texts) {
        let text = text.into_diagnostic()?;
        for passage in 0..(text.len() as u64).div_ceil(BYTES_A_PASSAGE) {
            for question in cloze(&text, &mut order::rng(seed, number, passage)) {
                if written == wanted {
                    break 'all;
                }
                lines.push_str(&serde_json::to_string(&question).into_diagnostic()?);
                lines.push('\n');
                written += 1;
            }
        }
    }
    if written == 0 {
        return Err(miette!("the corpus has no paragraph of two sentences to ask about"));
    }
    files::write_atomic(out, lines.as_bytes()).into_diagnostic()?;
    eprintln!("{}: {written} questions", out.display());
    Ok(Ended::Finished)
}
