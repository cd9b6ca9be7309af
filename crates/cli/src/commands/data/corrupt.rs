//! `cimiento data corrupt`: sentences with errors and without, for practice in correcting them.

use std::collections::BinaryHeap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use cimiento_data::corpus::{self, CorpusConfig};
use cimiento_data::corrupt::{Language, Rates, corrupt, usable};
use cimiento_data::{files, order};
use miette::{IntoDiagnostic, Result, miette};
use rand::RngExt;
use serde::Serialize;
use serde_json::json;

use crate::args::{Corrupt, Global};
use crate::commands::oneline::here;
use crate::commands::{dry, preflight, session};
use crate::session::{Ended, Existing};

/// A line of the file.
#[derive(Serialize)]
struct Pair<'a> {
    source: String,
    corrections: [&'a str; 1],
}

/// A sentence, ordered by what is drawn for it, and where it stands.
type Drawn = (u64, u64, u64, String);

/// Writes the pairs.
///
/// # Errors
/// If there is no such text, no sentence in it, or a file in the way; nothing is written then.
pub fn write(arguments: &Corrupt, global: &Global) -> Result<Ended> {
    let out = &arguments.out;
    if out.exists() && !arguments.overwrite {
        return Err(miette!(help = "give another name, or --overwrite", "{} is there already", out.display()));
    }
    let (session, corpus) = (session(global, Existing::Refuse), sources(&arguments.files, &arguments.text)?);
    if global.dry_run {
        preflight::corpus(&corpus, &session)?;
        return dry("", &format!("would write at most {} pairs to {}", arguments.pairs, out.display()));
    }
    let seed = global.seed.unwrap_or(1);
    let corpus = session.corpus(&corpus)?;
    let drawn = draw(&corpus, &session.folders.data, arguments.pairs, seed)?;
    if drawn.is_empty() {
        let names: Vec<String> = arguments.files.iter().map(|path| path.display().to_string()).collect();
        return Err(miette!(
            help = "a sentence has three words or more, 20 to 299 bytes, mostly letters, and a mark at its end",
            "{}: no sentence that errors could be put into",
            names.join(", ")
        ));
    }
    let mut rates = Rates::default();
    for (kind, share) in &arguments.rate {
        for (_, rate) in rates.named().into_iter().filter(|(name, _)| name == kind) {
            *rate = *share;
        }
    }
    let (lines, right) = pairs(&drawn, &rates, arguments.language, (seed, arguments.right))?;
    files::write_atomic(out, lines.as_bytes()).into_diagnostic()?;
    let (count, shown) = (drawn.len(), out.display());
    eprintln!("{shown}: {count} pairs, of which {right} have nothing to correct");
    if count < arguments.pairs {
        eprintln!("the texts have no more sentences: {} pairs were wanted", arguments.pairs);
    }
    Ok(Ended::Finished)
}

fn sources(files: &[PathBuf], column: &str) -> Result<CorpusConfig> {
    let source = |path: &PathBuf| Ok(json!({ "path": here(path)?, "text": column }));
    let sources = files.iter().map(source).collect::<Result<Vec<_>>>()?;
    serde_json::from_value(json!({ "sources": sources, "validation": 0.0 })).into_diagnostic()
}

/// As many sentences as are wanted, each as likely as any other, in the order of the texts.
fn draw(corpus: &CorpusConfig, base: &Path, wanted: usize, seed: u64) -> Result<Vec<Drawn>> {
    let mut heap: BinaryHeap<Drawn> = BinaryHeap::new();
    for (text, at) in corpus::texts(corpus, base, u64::MAX).into_diagnostic()?.zip(0..) {
        for (sentence, number) in usable(&text.into_diagnostic()?).zip(0..) {
            let key = order::mix64(seed ^ order::mix64(at ^ order::mix64(number)));
            if heap.len() < wanted || heap.peek().is_some_and(|last| key < last.0) {
                heap.push((key, at, number, sentence));
            }
            if heap.len() > wanted {
                heap.pop();
            }
        }
    }
    let mut drawn = heap.into_vec();
    drawn.sort_by_key(|&(_, at, number, _)| (at, number));
    Ok(drawn)
}

/// The lines, and how many of them have nothing to correct.
fn pairs(drawn: &[Drawn], rates: &Rates, language: Language, (seed, right): (u64, f64)) -> Result<(String, usize)> {
    let (mut lines, mut same) = (String::new(), 0);
    for (_, at, number, sentence) in drawn {
        let mut rng = order::rng(seed, *at, *number);
        let source = match rng.random_bool(right) {
            true => sentence.clone(),
            false => corrupt(sentence, rates, language, &mut rng),
        };
        same += usize::from(source == *sentence);
        let pair = Pair { source, corrections: [sentence] };
        writeln!(lines, "{}", serde_json::to_string(&pair).into_diagnostic()?).into_diagnostic()?;
    }
    Ok((lines, same))
}
