//! Backbones as they were pretrained: on texts, on last words, on minimal pairs.

use std::collections::BTreeMap;

use cimiento_core::backbone::Backbone;
use cimiento_core::checkpoint::{Checkpoint, PRETRAINING};
use cimiento_core::language::{self, Ending, MinimalPair, Scoring};
use cimiento_core::metrics::{Score, Scores};
use cimiento_core::records::{self, Located, Source};
use cimiento_core::tokenizer::Tokenizer;
use miette::{IntoDiagnostic, Result, miette};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{averaged, called};
use crate::commands::must_write;
use crate::config::{EndingEvaluation, Evaluate, PairEvaluation, TextEvaluation, Variant};
use crate::report::{Compute, Trained};
use crate::results::{self, Row};
use crate::session::Session;

#[derive(Deserialize, Clone)]
struct Text {
    text: String,
}

/// Whether every backbone can be asked and every record be read.
pub fn check(config: &Evaluate, session: &Session) -> Result<()> {
    let Evaluate { texts, endings, pairs, .. } = config;
    for entry in texts {
        entry.runs.iter().try_for_each(|variant| each_checkpoint(variant, session, |_| Ok(())))?;
        read::<Text>(&entry.data, session)?;
    }
    for entry in endings {
        entry.runs.iter().try_for_each(|variant| each_checkpoint(variant, session, |_| Ok(())))?;
        read_endings(&entry.data, session)?;
    }
    for entry in pairs {
        let hides = |checkpoint: &Checkpoint| {
            let tokenizer = checkpoint.tokenizer().into_diagnostic()?;
            if entry.scoring.contains(&Scoring::Masked) && !tokenizer.special().hides() {
                return Err(miette!(
                    help = "set scoring = [\"causal\"]",
                    "{}: the tokenizer has no token to hide others with",
                    checkpoint.folder().display()
                ));
            }
            Ok(())
        };
        entry.runs.iter().try_for_each(|variant| each_checkpoint(variant, session, hides))?;
        read::<MinimalPair>(&entry.data, session)?;
    }
    Ok(())
}

/// Opens every run of a variant, if it can write.
fn each_checkpoint(variant: &Variant, session: &Session, of: impl Fn(&Checkpoint) -> Result<()>) -> Result<()> {
    variant.names().try_for_each(|run| {
        let checkpoint = session.checkpoint(run)?;
        must_write(&checkpoint)?;
        of(&checkpoint)
    })
}

/// Perplexities and bits per byte of texts, and the latter beside what pretraining took where that is known.
pub fn texts(
    entry: &TextEvaluation,
    config: &Evaluate,
    session: &Session,
    rows: &mut Vec<Row>,
) -> Result<Option<Compute>> {
    let TextEvaluation { dataset, split, data, untokenise, runs } = entry;
    let records: Vec<Located<Text>> = read(data, session)?;
    let texts: Vec<&str> = records.iter().map(|located| located.record.text.as_str()).collect();
    let mut backbones = Vec::new();
    for variant in runs {
        let each = each_run(variant, config, session, |name, backbone, tokenizer| {
            eprintln!("{dataset} {split} {name}: {} texts", texts.len());
            Ok(language::evaluate_texts(backbone, tokenizer, &texts, *untokenise))
        })?;
        let scores = averaged(variant, &each)?;
        let bits = scores.get("bits_per_byte").map(|score| score.value);
        backbones.extend(operations(variant, session)?.zip(bits).map(|(operations, bits_per_byte)| Trained {
            variant: variant.variant.clone(),
            operations,
            bits_per_byte,
        }));
        rows.extend(results::rows("language", dataset, split, &variant.variant, &scores));
    }
    Ok((!backbones.is_empty()).then(|| Compute { title: format!("{dataset} {split}"), backbones }))
}

/// Floating-point operations of the pretraining of a variant's first run; none where it had another before it.
fn operations(variant: &Variant, session: &Session) -> Result<Option<f64>> {
    let Some(first) = variant.names().next() else { return Ok(None) };
    let checkpoint = session.checkpoint(first)?;
    let manifest = checkpoint.manifest();
    let whole = manifest.kind == PRETRAINING && manifest.origin.is_none() && manifest.progress.tokens > 0;
    Ok(whole.then_some(6.0 * manifest.parameters as f64 * manifest.progress.tokens as f64))
}

/// How well the last words of texts are told.
pub fn endings(entry: &EndingEvaluation, config: &Evaluate, session: &Session, rows: &mut Vec<Row>) -> Result<()> {
    let EndingEvaluation { dataset, split, data, runs } = entry;
    let endings = read_endings(data, session)?;
    let mut add =
        |variant: &str, scores: &Scores| rows.extend(results::rows("last-word", dataset, split, variant, scores));
    add("baseline:frequent-name", &language::frequent_names(&endings));
    for variant in runs {
        let each = each_run(variant, config, session, |name, backbone, tokenizer| {
            eprintln!("{dataset} {split} {name}: {} last words", endings.len());
            Ok(language::last_words(backbone, tokenizer, &endings))
        })?;
        add(&variant.variant, &averaged(variant, &each)?);
    }
    Ok(())
}

/// How often the acceptable sentence of a pair is the likelier: over all, and by what the pairs say they belong to.
pub fn pairs(entry: &PairEvaluation, config: &Evaluate, session: &Session, rows: &mut Vec<Row>) -> Result<()> {
    let PairEvaluation { dataset, split, data, limit_per_phenomenon: limit, scoring, runs } = entry;
    let mut pairs: Vec<MinimalPair> = read(data, session)?.into_iter().map(|located| located.record).collect();
    if *limit > 0 {
        let mut taken = BTreeMap::<String, usize>::new();
        pairs.retain(|pair| {
            let taken = taken.entry(pair.uid.clone()).or_default();
            *taken += 1;
            *taken <= *limit
        });
    }
    let mut add = |part: &str, variant: &str, scores: &Scores| {
        let dataset = if part.is_empty() { dataset.clone() } else { format!("{dataset}/{part}") };
        rows.extend(results::rows("minimal-pairs", &dataset, split, variant, scores));
    };
    let chance = Score { value: 0.5, low: 0.5, high: 0.5, n: pairs.len(), ..Score::default() };
    add("", "baseline:chance", &Scores(vec![Score { metric: "accuracy".into(), ..chance }]));
    for variant in runs {
        for &how in scoring {
            let way = match how {
                Scoring::Causal => "causal",
                Scoring::Masked => "masked",
            };
            let each = each_run(variant, config, session, |name, backbone, tokenizer| {
                eprintln!("{dataset} {split} {name} ({way}): {} pairs", pairs.len());
                Ok(language::minimal_pairs(backbone, tokenizer, &pairs, how))
            })?;
            // Of every run the same parts, as they are those of the pairs.
            for (index, (part, _)) in each[0].iter().enumerate() {
                let scores: Vec<Scores> = each.iter().map(|parts| parts[index].1.clone()).collect();
                add(part, &format!("{} ({way})", variant.variant), &averaged(variant, &scores)?);
            }
        }
    }
    Ok(())
}

/// Opens every run of a variant and asks it.
fn each_run<T>(
    variant: &Variant,
    config: &Evaluate,
    session: &Session,
    mut of: impl FnMut(&str, &Backbone, &Tokenizer) -> Result<T>,
) -> Result<Vec<T>> {
    let device = config.device.open().into_diagnostic()?;
    let mut each = Vec::new();
    for run in variant.names() {
        let checkpoint = session.checkpoint(run)?;
        let tokenizer = checkpoint.tokenizer().into_diagnostic()?;
        let backbone = checkpoint.backbone(&device).into_diagnostic()?;
        each.push(of(&called(variant, run), &backbone, &tokenizer)?);
    }
    Ok(each)
}

fn read_endings(sources: &[Source], session: &Session) -> Result<Vec<Ending>> {
    let ending = |located: Located<Text>| {
        let Located { record, path, line, .. } = located;
        Ending::of(&record.text)
            .ok_or_else(|| miette!("{}:{line}: a text of less than two words has no last word to tell", path.display()))
    };
    read(sources, session)?.into_iter().map(ending).collect()
}

/// All records; plain text as it stands, so that every byte of it is counted.
fn read<R: DeserializeOwned>(sources: &[Source], session: &Session) -> Result<Vec<Located<R>>> {
    let mut all = Vec::new();
    for source in sources {
        let source = session.source(source)?;
        let before = all.len();
        for located in records::read::<R>(&source).into_diagnostic()?.verbatim() {
            all.push(located.into_diagnostic()?);
        }
        if all.len() == before {
            return Err(miette!("{}: no records", source.path.display()));
        }
    }
    Ok(all)
}
