//! A corpus as it would be trained on, looked over before it is.

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::config::CorpusConfig;
use super::documents::Document;
use super::error::CorpusError;
use super::filter::{Filter, Verdict};
use super::left_out::LeftOut;
use super::marks::Marks;
use super::split::draws;
use crate::quality::Tally;
use crate::quality::leak::Leaks;
use crate::quality::overlap::Overlap;
use crate::quality::profile::{Entry, Lengths, Pair, Profile};
use crate::quality::words::words;
use crate::records::{self, Located, RecordError, Source};

/// Text examined at once, in bytes.
const BATCH: usize = 8 << 20;

/// What one source came to.
#[derive(Clone, Debug)]
pub struct SourceExamined {
    /// Its path, as configured.
    pub path: PathBuf,
    /// Documents to learn from.
    pub train: usize,
    /// Documents held out.
    pub held_out: usize,
    /// How long they are, in words.
    pub lengths: Lengths,
    /// Without text, with where.
    pub empty: Tally,
    /// Not readable, with why.
    pub unreadable: Tally,
    /// Left out, as configured.
    pub left_out: LeftOut,
    /// Marks between documents that are taken for text.
    pub marks: Marks,
}

/// What a corpus came to.
#[derive(Clone, Debug)]
pub struct CorpusExamined {
    /// Each source.
    pub sources: Vec<SourceExamined>,
    /// The documents of all sources.
    pub profile: Profile,
    /// Held-out documents that are known from training, by their numbers in the profile.
    pub leaks: Leaks,
}

/// Looks over the documents that `config` names and does not leave out, and streams those to learn from past `judged`.
///
/// # Errors
/// When there is no such file, or no plan of what to leave out can be made.
pub fn examine(config: &CorpusConfig, base: &Path, judged: &mut Overlap) -> Result<CorpusExamined, CorpusError> {
    config.validate()?;
    let mut filter = Filter::new(config, base);
    let mut held_out = Overlap::default();
    let mut exams: Vec<(u32, Vec<u64>)> = Vec::new();
    let sources: Vec<Source> = config.sources.iter().map(|source| source.records(base)).collect();
    // What is held out must be known before training documents are looked through for it.
    if config.validation > 0.0 {
        for source in &sources {
            for located in records::read::<Document>(source)?.flatten() {
                if draws(&located.record.text).0 < config.validation {
                    held_out.insert(&words(&located.record.text));
                }
            }
        }
    }
    let (mut profile, mut training, mut examined) = (Profile::default(), Vec::new(), Vec::new());
    for (index, source) in sources.iter().enumerate() {
        let verdicts = match &mut filter {
            Some(filter) => filter.verdicts(index, &mut |_| {})?,
            None => Default::default(),
        };
        let mut found = SourceExamined {
            path: config.sources[index].path.clone(),
            train: 0,
            held_out: 0,
            lengths: Lengths::default(),
            empty: Tally::default(),
            unreadable: Tally::default(),
            left_out: LeftOut::default(),
            marks: Marks::default(),
        };
        let mut lengths = Vec::new();
        let mut documents = records::read::<Document>(source)?.peekable();
        // Verdicts are on those that can be read.
        let mut verdicts = verdicts.iter();
        while documents.peek().is_some() {
            let (mut batch, mut bytes): (Vec<Located<Document>>, _) = (Vec::new(), 0);
            while bytes < BATCH
                && let Some(located) = documents.next()
            {
                bytes += located.as_ref().map_or(1, |located| located.record.text.len() + 1);
                let verdict = if located.is_ok() { verdicts.next() } else { None };
                match (located, verdict) {
                    (Err(error @ RecordError::Encoding { .. }), _) => return Err(error.into()),
                    (Err(error), _) => found.unreadable.add(|| error.to_string()),
                    (Ok(_), Some(Verdict::Near)) => found.left_out.near_duplicates += 1,
                    (Ok(_), Some(Verdict::Excluded)) => found.left_out.excluded += 1,
                    (Ok(located), _) if located.record.is_empty() => {
                        found.left_out.empty += 1;
                        found.empty.add(|| format!("{}:{}", located.path.display(), located.line));
                    }
                    (Ok(located), _) => batch.push(located),
                }
            }
            let look = |located: &Located<Document>| {
                let (entry, marks) = (Entry::of(&located.record.text), Marks::of(&located.record.text));
                if draws(&located.record.text).0 < config.validation {
                    return (entry, marks, None);
                }
                let shared = [judged.found(&entry.words), held_out.found(&entry.words)];
                (entry, marks, Some(shared))
            };
            let looked: Vec<_> = batch.par_iter().map(look).collect();
            for (located, (entry, marks, shared)) in batch.iter().zip(looked) {
                found.marks.add(marks);
                let number = profile.len() as u32;
                lengths.push(entry.words.len() as u32);
                profile.push(&located.path, located.line, entry.words.len(), &entry);
                training.push(shared.is_some());
                match shared {
                    Some([of_judged, of_held_out]) => {
                        found.train += 1;
                        judged.mark(&of_judged, number);
                        held_out.mark(&of_held_out, number);
                    }
                    None => {
                        found.held_out += 1;
                        exams.push((number, entry.words));
                    }
                }
            }
        }
        found.lengths = Lengths::of(&lengths);
        examined.push(found);
    }
    let leaks = leaks(&profile, &training, &exams, &held_out);
    Ok(CorpusExamined { sources: examined, profile, leaks })
}

/// What the held-out documents have in common with those to learn from.
fn leaks(profile: &Profile, training: &[bool], exams: &[(u32, Vec<u64>)], held_out: &Overlap) -> Leaks {
    // Texts that are the same to the letter are on the same side; those that differ in case or punctuation may not be.
    let same = profile.known_among(|text| !training[text as usize], |text| training[text as usize]);
    let shared: Vec<_> = exams.iter().map(|(_, words)| held_out.shared(words)).collect();
    let numbered = |pairs: Vec<Pair>| pairs.into_iter().map(|(exam, by)| (exams[exam as usize].0, by)).collect();
    let among_exams = |(text, by): Pair| Some((exams.binary_search_by_key(&text, |exam| exam.0).ok()? as u32, by));
    let Leaks { same, most, some } = Leaks::sorted(same.into_iter().filter_map(among_exams).collect(), &shared);
    Leaks { same: numbered(same), most: numbered(most), some: numbered(some) }
}
