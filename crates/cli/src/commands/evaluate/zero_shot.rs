//! Backbones as they were pretrained: on texts, on last words, on minimal pairs.

use std::collections::BTreeMap;

use cimiento_core::backbone::Backbone;
use cimiento_core::checkpoint::{Checkpoint, PRETRAINING};
use cimiento_core::language::{self, Ending, MinimalPair, Scoring};
use cimiento_core::metrics::{Score, Scores};
use cimiento_data::records::{self, Located, Source};
use cimiento_data::tokenizer::Tokenizer;
use cimiento_data::unusable::{LeftOut, OnBad, Tolerance, Unusable};
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
        read::<Text, Text>(&entry.data, entry.tolerance(), session, Ok)?;
    }
    for entry in endings {
        entry.runs.iter().try_for_each(|variant| each_checkpoint(variant, session, |_| Ok(())))?;
        read(&entry.data, entry.tolerance(), session, ending)?;
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
        read::<MinimalPair, MinimalPair>(&entry.data, entry.tolerance(), session, Ok)?;
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
    let TextEvaluation { dataset, split, data, untokenise, runs, .. } = entry;
    let records: Vec<Text> = read(data, entry.tolerance(), session, Ok)?.told(dataset, split);
    let texts: Vec<&str> = records.iter().map(|record| record.text.as_str()).collect();
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
    let EndingEvaluation { dataset, split, data, runs, .. } = entry;
    let endings = read(data, entry.tolerance(), session, ending)?.told(dataset, split);
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
    let PairEvaluation { dataset, split, data, limit_per_phenomenon: limit, scoring, runs, .. } = entry;
    let mut pairs: Vec<MinimalPair> = read(data, entry.tolerance(), session, Ok)?.told(dataset, split);
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

fn ending(text: Text) -> Result<Ending, String> {
    Ending::of(&text.text).ok_or_else(|| "a text of less than two words has no last word to tell".to_owned())
}

/// The records of a set, and those that cannot be used.
struct Usable<T> {
    records: Vec<T>,
    left_out: LeftOut,
}

impl<T> Usable<T> {
    /// The records; warns of the others.
    fn told(self, dataset: &str, split: &str) -> Vec<T> {
        let LeftOut { count, first } = &self.left_out;
        if *count > 0 {
            let (rows, places) = (self.records.len() + count, first.iter().map(ToString::to_string));
            let places = places.collect::<Vec<_>>().join("; ");
            eprintln!(
                "warning: {dataset} {split}: {count} of {rows} records cannot be used and are left out: {places}"
            );
        }
        self.records
    }
}

/// All records, made what is asked for; plain text as it stands, so that every byte of it is counted.
fn read<R: DeserializeOwned, T>(
    sources: &[Source],
    tolerance: Tolerance,
    session: &Session,
    make: impl Fn(R) -> Result<T, String>,
) -> Result<Usable<T>> {
    let mut found = Usable { records: Vec::new(), left_out: LeftOut::default() };
    for source in sources {
        let source = session.source(source)?;
        let before = found.records.len() + found.left_out.count;
        for located in records::read::<R>(&source).into_diagnostic()?.verbatim() {
            match located {
                Ok(Located { record, path, line, .. }) => match make(record) {
                    Ok(record) => found.records.push(record),
                    Err(why) => found.left_out.add(Unusable { place: format!("{}:{line}", path.display()), why }),
                },
                Err(error) if error.record().is_some() => found.left_out.extend(LeftOut::of(&error)),
                Err(error) => return Err(error).into_diagnostic(),
            }
        }
        if found.records.len() + found.left_out.count == before {
            return Err(miette!("{}: no records", source.path.display()));
        }
    }
    let rows = found.records.len() + found.left_out.count;
    match tolerance.on_bad {
        OnBad::Error => found.left_out.clone().none(rows).into_diagnostic()?,
        OnBad::Skip => found.left_out.at_most(tolerance.max_skipped, rows).into_diagnostic()?,
    }
    if found.records.is_empty() {
        return Err(miette!("{}: no record of {rows} can be used", sources[0].path.display()));
    }
    Ok(found)
}
