//! What a corpus leaves out: documents that nearly repeat an earlier one, and those that share text with other data.
//!
//! All sources are read once before any is tokenised, in the order of the configuration. Of each document a signature
//! of 129 bytes is kept; comparing takes 16 more, so that a million documents need about 150 MB whatever their length,
//! besides about 32 bytes for each word of what is excluded.

use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::batches::in_batches;
use super::config::CorpusConfig;
use super::documents::Input;
use super::error::CorpusError;
use super::fingerprints::hash;
use crate::quality::minhash::{self, Signature};
use crate::quality::overlap::Overlap;
use crate::quality::strings::Strings;
use crate::quality::words::words;
use crate::records::{self, Source};

/// What becomes of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Kept,
    /// It nearly repeats an earlier one.
    Near,
    /// It shares text with what is excluded.
    Excluded,
}

/// What the verdicts on a source's documents depend on, beside the source itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FilterInputs {
    near_duplicates: f64,
    /// Hashes of the sources before this one: their documents are the earlier ones.
    earlier: Vec<String>,
    /// Hashes of what is excluded.
    exclude: Vec<String>,
}

/// What to leave out, found at the first question.
pub(super) struct Filter {
    near_duplicates: f64,
    sources: Vec<Input>,
    exclude: Vec<Source>,
    /// Hashes of the sources, as far as they were asked for, and of what is excluded.
    hashes: (Vec<String>, Option<Vec<String>>),
    verdicts: Option<Vec<Arc<[Verdict]>>>,
}

impl Filter {
    /// That of a configuration with its paths resolved against `base`; none if all is kept.
    pub fn new(config: &CorpusConfig, base: &Path) -> Option<Self> {
        (config.near_duplicates > 0.0 || !config.exclude.is_empty()).then(|| Self {
            near_duplicates: config.near_duplicates,
            sources: config.sources.iter().map(|source| source.input(base)).collect(),
            exclude: config.exclude.iter().map(|source| resolved(source, base)).collect(),
            hashes: Default::default(),
            verdicts: None,
        })
    }

    /// What the verdicts on source `index` depend on.
    pub fn inputs(&mut self, index: usize) -> Result<FilterInputs, CorpusError> {
        let needed = if self.near_duplicates > 0.0 { index } else { 0 };
        for source in &self.sources[self.hashes.0.len().min(needed)..needed] {
            self.hashes.0.push(source.hash()?);
        }
        let exclude = match self.hashes.1.take() {
            Some(hashes) => hashes,
            None => self.exclude.iter().map(hash).collect::<Result<_, _>>()?,
        };
        let exclude = self.hashes.1.insert(exclude).clone();
        let earlier = self.hashes.0[..needed].to_vec();
        Ok(FilterInputs { near_duplicates: self.near_duplicates, earlier, exclude })
    }

    /// The verdicts on the documents of source `index`, in their order. `report` is told how many were compared.
    pub fn verdicts(&mut self, index: usize, report: &mut dyn FnMut(u64)) -> Result<Arc<[Verdict]>, CorpusError> {
        let all = match self.verdicts.take() {
            Some(all) => all,
            None => self.judge(report)?,
        };
        Ok(self.verdicts.insert(all)[index].clone())
    }

    fn judge(&self, report: &mut dyn FnMut(u64)) -> Result<Vec<Arc<[Verdict]>>, CorpusError> {
        let mut excluded = Overlap::default();
        for source in &self.exclude {
            for located in records::read::<Strings>(source)? {
                located?.record.0.iter().for_each(|text| excluded.insert(&words(text)));
            }
        }
        let near = self.near_duplicates > 0.0;
        let (mut signatures, mut verdicts, mut counts) = (Vec::new(), Vec::new(), Vec::new());
        for source in &self.sources {
            let before = verdicts.len();
            in_batches(source, Arc::default(), |batch| {
                let judged = batch.par_iter().map(|document| {
                    let words = words(&document.text);
                    match excluded.touches(&words) {
                        true => (Verdict::Excluded, None),
                        false => (Verdict::Kept, Signature::of(&words, 0).filter(|_| near)),
                    }
                });
                for (verdict, signature) in judged.collect::<Vec<_>>() {
                    verdicts.push(verdict);
                    signatures.extend(near.then_some(signature));
                }
                report(verdicts.len() as u64);
                Ok(())
            })?;
            counts.push(verdicts.len() - before);
        }
        if near {
            for (verdict, earlier) in
                verdicts.iter_mut().zip(minhash::near_duplicates(&signatures, self.near_duplicates))
            {
                if earlier.is_some() {
                    *verdict = Verdict::Near;
                }
            }
        }
        let mut rest = verdicts.as_slice();
        let split = counts.into_iter().map(|count| rest.split_off(..count).unwrap_or_default().into());
        Ok(split.collect())
    }
}

/// A source whose path does not depend on the folder the program runs in.
pub(super) fn resolved(source: &Source, base: &Path) -> Source {
    Source { path: base.join(&source.path), ..source.clone() }
}

#[cfg(test)]
mod tests {
    use super::super::{Corpus, CorpusSource, LeftOut, Split, Stage, texts};
    use super::*;
    use crate::tokenizer::Tokenizer;
    use crate::unusable::OnBad;
    use std::collections::BTreeMap;
    use std::fs;

    /// Two sources and a set to keep out. Of the first source's documents the third nearly repeats the first, and the
    /// fourth is in the set; of the second's, the first nearly repeats one of the first source.
    struct Place {
        dir: tempfile::TempDir,
        config: CorpusConfig,
        tokenizer: Tokenizer,
    }

    /// Sixty words that no other number has.
    fn story(number: usize) -> String {
        (0..60).map(|word| format!("word{number}x{word}")).collect::<Vec<_>>().join(" ")
    }

    impl Place {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let write = |name: &str, field: &str, texts: &[String]| {
                let lines: String = texts.iter().map(|text| format!("{{\"{field}\": {text:?}}}\n")).collect();
                fs::write(dir.path().join(name), lines).unwrap();
            };
            let near = |number: usize| format!("{}, indeed.", story(number).to_uppercase());
            write("a.jsonl", "text", &[story(0), story(1), near(0), story(2), String::new()]);
            write("b.jsonl", "text", &[near(1), story(3)]);
            let part: String = story(2).split(' ').skip(20).take(13).collect::<Vec<_>>().join(" ");
            write("exam.jsonl", "question", &[format!("What is {part}?"), "word3x1 word3x2".into()]);
            let sources = vec![CorpusSource::new("a.jsonl"), CorpusSource::new("b.jsonl")];
            let config = CorpusConfig { sources, validation: 0.0, near_duplicates: 0.0, exclude: Vec::new() };
            Self { dir, config, tokenizer: Tokenizer::train([story(0)].into_iter(), 261).unwrap() }
        }

        fn prepare(&self) -> (Corpus, Vec<Stage>) {
            let (base, mut stages) = (self.dir.path(), Vec::new());
            let cache = base.join("cache");
            let mut note = |progress: super::super::Progress| stages.push(progress.stage);
            let corpus = Corpus::prepare(&self.config, base, &self.tokenizer, &cache, &mut note).unwrap();
            stages.retain(|stage| matches!(stage, Stage::Built | Stage::Reused));
            (corpus, stages)
        }

        fn left_out(&self) -> Vec<(u64, u64)> {
            let count = |left: LeftOut| (left.near_duplicates, left.excluded);
            self.prepare().0.statistics().iter().map(|source| count(source.left_out)).collect()
        }
    }

    #[test]
    fn near_duplicates_are_left_out_across_sources() {
        let mut place = Place::new();
        assert_eq!(place.left_out(), [(0, 0), (0, 0)]);
        place.config.near_duplicates = 0.8;
        assert_eq!(place.left_out(), [(1, 0), (1, 0)]);
        // The first of each pair is what stays.
        let first = place.prepare().0.windows(Split::Train, 40, false).at(0);
        assert_eq!(place.tokenizer.decode(&first.ids[1..20]), story(0)[..19]);
        place.config.sources.swap(0, 1);
        assert_eq!(place.left_out(), [(0, 0), (2, 0)]);
    }

    #[test]
    fn what_shares_text_with_excluded_sets_is_left_out() {
        let mut place = Place::new();
        place.config.exclude = vec![Source::new("exam.jsonl")];
        assert_eq!(place.left_out(), [(0, 1), (0, 0)]);
        place.config.near_duplicates = 0.8;
        assert_eq!(place.left_out(), [(1, 1), (1, 0)]);
        let kept: Vec<String> = texts(&place.config, place.dir.path(), u64::MAX).unwrap().map(Result::unwrap).collect();
        assert_eq!(kept, [story(0), story(1), story(3)], "the tokenizer learns from the same documents");
    }

    #[test]
    fn whatever_decides_is_part_of_the_key() {
        let mut place = Place::new();
        let stages = |place: &Place| place.prepare().1;
        assert_eq!(stages(&place), [Stage::Built, Stage::Built]);
        let plain = place.prepare().0.hash();
        place.config.near_duplicates = 0.8;
        assert_eq!(stages(&place), [Stage::Built, Stage::Built]);
        assert_eq!(stages(&place), [Stage::Reused, Stage::Reused]);
        assert_ne!(place.prepare().0.hash(), plain);
        place.config.near_duplicates = 0.9;
        assert_eq!(stages(&place), [Stage::Built, Stage::Built]);
        // What comes before the second source decides about it too; what comes after the first does not.
        fs::write(place.dir.path().join("b.jsonl"), format!("{{\"text\": {:?}}}\n", story(9))).unwrap();
        assert_eq!(stages(&place), [Stage::Reused, Stage::Built]);
        place.config.sources[0].limit = Some(1);
        assert_eq!(stages(&place), [Stage::Built, Stage::Built]);
        place.config.exclude = vec![Source::new("exam.jsonl")];
        assert_eq!(stages(&place), [Stage::Built, Stage::Built]);
        fs::write(place.dir.path().join("exam.jsonl"), "{\"question\": \"Another?\"}\n").unwrap();
        assert_eq!(stages(&place), [Stage::Built, Stage::Built]);
        let reread = BTreeMap::from([("Another?".into(), "Quite another?".into())]);
        place.config.exclude[0].values = BTreeMap::from([("question".into(), reread)]);
        assert_eq!(stages(&place), [Stage::Built, Stage::Built]);
        place.config.exclude.clear();
        place.config.sources[0].limit = None;
        for change in [
            |source: &mut CorpusSource| source.separator = Some("|".into()),
            |source: &mut CorpusSource| source.header = Some(true),
            |source: &mut CorpusSource| source.comment = Some("#".into()),
            |source: &mut CorpusSource| source.on_bad = OnBad::Skip,
        ] {
            let hash = |source: &CorpusSource| source.input(place.dir.path()).hash().unwrap();
            let mut changed = place.config.sources[0].clone();
            change(&mut changed);
            assert_ne!(hash(&changed), hash(&place.config.sources[0]), "earlier sources decide too");
        }
        place.config.near_duplicates = 0.0;
        assert_eq!(stages(&place), [Stage::Reused, Stage::Built]);
    }

    #[test]
    fn a_threshold_that_says_nothing_and_a_missing_set_are_refused() {
        let mut place = Place::new();
        place.config.near_duplicates = 0.3;
        let message = place.config.validate().unwrap_err().to_string();
        assert!(message.contains("`near_duplicates` is 0.3; it must be 0"), "{message}");
        place.config.near_duplicates = 0.0;
        place.config.exclude = vec![Source::new("none.jsonl")];
        let message = texts(&place.config, place.dir.path(), 9).err().unwrap().to_string();
        assert!(message.contains("none.jsonl: no such file"), "{message}");
    }
}
