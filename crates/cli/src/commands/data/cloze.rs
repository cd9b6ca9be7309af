//! `cimiento data cloze`: questions for the question answerer to practise on, made of a corpus.

use std::path::Path;

use cimiento_data::corpus;
use cimiento_data::files;
use cimiento_data::order;
use cimiento_data::records::Source;
use miette::{IntoDiagnostic, Result, miette};

use crate::config::Cloze;
use crate::diagnostic::Loaded;
use crate::session::{Course, Ended, Inputs, Session};
use crate::tasks::cloze::{cloze, paragraphs};

/// The file in its folder: JSONL with the fields of SQuAD.
const FILE: &str = "cloze.jsonl";

/// Bytes of a document for each passage that is asked about.
const BYTES_A_PASSAGE: u64 = 4000;
/// Questions that a passage gives at least, mostly; what is sampled is spread evenly over the corpus.
const A_PASSAGE: u64 = 2;

/// Writes as many questions as are asked for, or as the corpus gives.
///
/// # Errors
/// If the corpus cannot be read or the file cannot be written; nothing is left of it then.
pub fn write(loaded: &Loaded<Cloze>, session: &Session) -> Result<Ended> {
    let (config, session) = (&loaded.config, &session.of_config(&loaded.path));
    let folder = session.run(&config.run);
    let identity = identity(config, session)?;
    session.without_weights(&config.run)?;
    let _writer = session.writer(&folder)?;
    if session.begin(&folder, &Course::new(loaded, identity.clone(), Inputs::new()))?.is_none() {
        eprintln!("{}: already finished", config.run);
        return Ok(Ended::Finished);
    }
    let wanted = config.questions;
    let corpus = session.corpus(&config.corpus)?;
    let sample = (wanted as u64).saturating_mul(BYTES_A_PASSAGE / A_PASSAGE);
    let texts = corpus::texts(&corpus, &session.folders.data, sample).into_diagnostic()?;
    let (mut lines, mut written) = (String::new(), 0);
    'all: for (number, text) in (0..).zip(texts) {
        let text = text.into_diagnostic()?;
        let paragraphs = paragraphs(&text);
        for passage in 0..(text.len() as u64).div_ceil(BYTES_A_PASSAGE) {
            for question in cloze(&paragraphs, &mut order::rng(config.seed, number, passage)) {
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
        return Err(miette!("{}: the corpus has no paragraph of two sentences to ask about", config.run));
    }
    let path = folder.join(FILE);
    files::write_atomic(&path, lines.as_bytes()).into_diagnostic()?;
    session.finish(&folder, &identity)?;
    eprintln!("{}: {written} questions in {}", config.run, path.display());
    Ok(Ended::Finished)
}

/// A hash of everything that decides what is asked.
fn identity(config: &Cloze, session: &Session) -> Result<String> {
    let corpus = session.corpus(&config.corpus)?;
    let sources = corpus.sources.iter().map(|source| source.records(Path::new(""))).chain(corpus.exclude.clone());
    let sources: Vec<Source> = sources.collect();
    let decisive = (config.seed, config.questions, &config.corpus, session.sources_hash(&sources)?);
    Ok(files::hash_bytes(serde_json::to_string(&decisive).into_diagnostic()?.as_bytes()))
}
