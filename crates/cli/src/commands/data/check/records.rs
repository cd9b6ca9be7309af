//! The records of one task: what to learn from, and what to be judged by.

use cimiento_core::checkpoint::Checkpoint;
use cimiento_core::objective::Task;
use cimiento_data::quality::collection::Collection;
use cimiento_data::quality::examine::{self, Examined, Read, Said};
use cimiento_data::quality::hold_out::hold_out;
use cimiento_data::quality::leak::{self, Leaks};
use cimiento_data::quality::{Tally, Warning};
use cimiento_data::records::Source;
use cimiento_data::tokenizer::Tokenizer;
use cimiento_data::unusable::Tolerance;
use miette::{IntoDiagnostic, Result};

use super::of_bad;
use super::plan::{Exam, Group};
use super::report::{Grade, Report, Rows, Set, pairs, percent};
use crate::session::Session;
use crate::tasks::ForTask;

/// Share of the training records that may repeat others without a warning.
const REPEATED: f64 = 0.01;
/// Share of the texts that may be cut without a warning.
const CUT: f64 = 0.1;
/// Without a backbone, texts are encoded as if this were its context: never cut.
const ENDLESS: usize = 1 << 20;

/// What to do about texts that have little in common.
pub const PHRASES: &str = "a phrase in common harms little: look at the places whether it is more";

/// A set by name, with its sources as the config has them and its texts.
pub struct Named {
    /// What it is called.
    pub name: String,
    /// Where it is.
    pub sources: Vec<Source>,
    /// What it says.
    pub texts: Collection,
}

/// The sets of a group.
pub struct Checked {
    /// What is learned from.
    pub train: Option<Named>,
    /// What is judged by.
    pub exams: Vec<Named>,
}

/// A group to be checked.
pub struct Work<'a> {
    /// Its sets.
    pub group: &'a Group,
    /// Where things are.
    pub session: &'a Session,
    /// What to add to.
    pub report: &'a mut Report,
}

/// How records are encoded.
struct How<T: Task> {
    settings: T::Config,
    task: Option<T>,
    tokenizer: Option<Tokenizer>,
    why: String,
    context: usize,
}

impl<T: Task> How<T> {
    /// What the task says of a record, encoded as training would where that can be known.
    fn says(&self) -> impl Fn(&T::Record) -> Said + Sync {
        |record| Said {
            content: T::content(record),
            classes: T::class_names(&self.settings, record),
            encoded: self
                .task
                .as_ref()
                .map(|task| task.encode(record, true).map(|encoded| (encoded.truncated, encoded.remarks))),
        }
    }
}

impl ForTask for Work<'_> {
    type Output = Result<Checked>;

    fn run<T: Task>(self) -> Result<Checked> {
        let Work { group, session, report } = self;
        let mut train = read::<T>(&group.train, session)?;
        let settings: T::Config = serde_json::from_value(group.task.settings()).into_diagnostic()?;
        let held_out = held_out::<T>(&settings, group, &mut train);
        let train_name = format!("{} train", group.name);
        let how = how::<T>(group, &train, &train_name, session, report)?;
        let learned = (!group.train.is_empty()).then(|| {
            let found = examine::examine(&train.records, how.tokenizer.as_ref(), how.says());
            set(&train_name, "training", &train, &found, &how, report);
            common(&train_name, &train, &found, group.tolerance, &how, report);
            repeats(&train_name, &found, true, report);
            balance(&train_name, &found, report);
            found
        });
        drop(train);
        let mut exams: Vec<Named> = Vec::new();
        let named = group.exams.iter().map(|exam| read::<T>(&exam.sources, session).map(|read| (exam, read)));
        let sets = held_out.iter().map(|(exam, read)| Ok((exam, read.clone()))).chain(named);
        for set_of_exam in sets {
            let (exam, read) = set_of_exam?;
            let found = examine::examine(&read.records, how.tokenizer.as_ref(), how.says());
            set(&exam.name, if exam.validation { "validation" } else { "test" }, &read, &found, &how, report);
            common(&exam.name, &read, &found, exam.tolerance, &how, report);
            repeats(&exam.name, &found, false, report);
            if let Some(learned) = &learned {
                unknown_classes(&exam.name, &found, learned, &train_name, report);
                let leaks = leak::leaks(&found.collection, &learned.collection);
                self::leaks(&exam.name, &found.collection, &train_name, &learned.collection, &leaks, report);
            }
            let texts = found.collection;
            for other in &exams {
                let leaks = leak::leaks(&texts, &other.texts);
                self::leaks(&exam.name, &texts, &other.name, &other.texts, &leaks, report);
            }
            exams.push(Named { name: exam.name.clone(), sources: exam.sources.clone(), texts });
        }
        let named = |found: Examined| Named { name: train_name, sources: group.train.clone(), texts: found.collection };
        Ok(Checked { train: learned.map(named), exams })
    }
}

/// Splits off what training will hold out of its records for validation.
fn held_out<T: Task>(
    settings: &T::Config,
    group: &Group,
    train: &mut Read<T::Record>,
) -> Option<(Exam, Read<T::Record>)> {
    let data = group.held_out.as_ref()?;
    let number = data.number_held_out(train.records.len());
    let [rest, held] = hold_out(std::mem::take(&mut train.records), number, |record| {
        (T::content(record), T::class_names(settings, record))
    });
    train.records = rest;
    let exam = Exam {
        name: format!("{} validation", group.name),
        validation: true,
        sources: Vec::new(),
        tolerance: group.tolerance,
    };
    let sources = vec![("held out of the training records".into(), held.len())];
    let none = Tally::default;
    Some((exam, Read { records: held, unreadable: none(), passed_over: none(), sources }))
}

fn read<T: Task>(sources: &[Source], session: &Session) -> Result<Read<T::Record>> {
    let local = sources.iter().map(|source| session.source(source)).collect::<Result<Vec<_>>>()?;
    let mut found = examine::read(&local).into_diagnostic()?;
    // As they are called in the config.
    for ((path, _), source) in found.sources.iter_mut().zip(sources) {
        path.clone_from(&source.path);
    }
    Ok(found)
}

/// The task as training would have it: with the tokenizer and context of its backbone if that exists, else with bytes for
/// tokens and all the room there is.
fn how<T: Task>(
    group: &Group,
    train: &Read<T::Record>,
    name: &str,
    session: &Session,
    report: &mut Report,
) -> Result<How<T>> {
    let checkpoint = session.checkpoint(&group.run).ok();
    let settings: T::Config = serde_json::from_value(group.task.settings()).into_diagnostic()?;
    let records: Vec<T::Record> = train.records.iter().map(|located| located.record.clone()).collect();
    let state = if group.train.is_empty() {
        let trained = checkpoint.as_ref().filter(|checkpoint| checkpoint.manifest().kind == T::NAME);
        trained.and_then(|checkpoint| checkpoint.task::<T>().ok()).map(|(_, state)| state)
    } else {
        let why = |why| {
            let advice = "training would stop here: look whether `fields` names the right columns";
            report.say(Grade::Warning, name, format!("{why}"), advice, Vec::new());
        };
        let state = T::survey(&settings, &records).map_err(why).ok();
        for Warning { what, advice } in T::warnings(&settings, &records) {
            report.say(Grade::Warning, name, what, &advice, Vec::new());
        }
        state
    };
    let tokenizer = checkpoint.as_ref().map(Checkpoint::tokenizer).transpose().into_diagnostic()?;
    let context = checkpoint.as_ref().map_or(ENDLESS, |checkpoint| checkpoint.manifest().backbone.context);
    let encoder = match &tokenizer {
        Some(tokenizer) => tokenizer.clone(),
        None => Tokenizer::train([" ".to_string()].into_iter(), 261).into_diagnostic()?,
    };
    let why = match &tokenizer {
        Some(_) => String::new(),
        None => format!("there is no run {} yet to take a tokenizer from", group.run),
    };
    let task = state.map(|state| T::new(settings.clone(), state, encoder, context));
    Ok(How { settings, task, tokenizer, why, context })
}

fn set<T: Task>(
    name: &str,
    purpose: &'static str,
    read: &Read<T::Record>,
    found: &Examined,
    how: &How<T>,
    report: &mut Report,
) {
    let sources = read.sources.iter().map(|(path, rows)| Rows { path: path.display().to_string(), rows: *rows });
    report.sets.push(Set {
        name: name.into(),
        purpose,
        sources: sources.collect(),
        rows: rows(read),
        unit: if how.tokenizer.is_some() { "tokens" } else { "words" },
        why: how.why.clone(),
        lengths: found.collection.profile.lengths(),
        held_out: None,
        cut: how.tokenizer.as_ref().map(|_| found.cut.count),
        classes: found.classes.clone(),
    });
}

fn rows<R>(read: &Read<R>) -> usize {
    read.sources.iter().map(|(_, rows)| rows).sum()
}

/// What is to be said of any set.
fn common<T: Task>(
    name: &str,
    read: &Read<T::Record>,
    found: &Examined,
    tolerance: Tolerance,
    how: &How<T>,
    report: &mut Report,
) {
    let rows = rows(read);
    if rows > 0 && read.unreadable.count + found.empty.count + found.unusable.count + found.misaligned.count >= rows {
        report.useless.push(name.into());
    }
    if read.passed_over.count > 0 {
        let message = format!("{} rows beside these have nothing in them", read.passed_over.count);
        let advice = "they are no records and are passed over: see whether something is missing there";
        report.say(Grade::Warning, name, message, advice, read.passed_over.first.clone());
    }
    let mut say =
        |tally, tolerated, what: &str, advice: &str| report.count(name, (tally, rows), tolerated, what, advice);
    let (bad, advice) = of_bad("training", tolerance);
    say(&read.unreadable, bad, "cannot be read", &advice);
    say(&found.empty, bad, "are empty", &advice);
    say(&found.unusable, bad, "cannot be used", &advice);
    say(
        &found.misaligned,
        tolerance.max_skipped,
        "have an answer that does not occur in the passage",
        "they are left out, up to the share `max_skipped`: mend the answers, or raise it",
    );
    if how.tokenizer.is_some() {
        let advice = format!(
            "what is cut off is never seen: shorten the texts, raise the task's max_…_tokens, or pretrain with a larger backbone.context than {}",
            how.context
        );
        say(&found.cut, CUT, "would be cut to fit", &advice);
    }
    for (remark, tally) in &found.remarks {
        say(tally, remark.tolerated, remark.what, &remark.remedy());
    }
}

/// Records that repeat others.
fn repeats(name: &str, found: &Examined, train: bool, report: &mut Report) {
    let profile = &found.collection.profile;
    let (advice, tolerated) = match train {
        true => ("what is there twice counts twice: take the copies out", REPEATED),
        false => ("each counts in the score: take the copies out", 1.0),
    };
    let same = pairs(&profile.repeats(), profile, "repeats", profile);
    report.count(name, (&same, profile.len()), tolerated, "repeat another, but for case and punctuation", advice);
    let near = pairs(&profile.near_repeats(), profile, "nearly repeats", profile);
    report.count(name, (&near, profile.len()), tolerated, "nearly repeat another", advice);
    report.count(
        name,
        (&found.contradictions, profile.len()),
        REPEATED,
        "repeat another and are of another class",
        "one of the two is wrong, or the text does not decide: correct them or take them out",
    );
}

/// Classes that are hardly there.
fn balance(name: &str, found: &Examined, report: &mut Report) {
    let largest = found.classes.values().copied().max().unwrap_or(0);
    let all: usize = found.classes.values().sum();
    for (class, count) in found.classes.iter().filter(|(_, count)| **count * 20 < largest) {
        let message =
            format!("class {class:?} has {count} records ({}), the largest has {largest}", percent(*count, all));
        let advice = "find more of them, or read macro_f1 rather than accuracy";
        report.say(Grade::Warning, name, message, advice, Vec::new());
    }
}

fn unknown_classes(name: &str, found: &Examined, learned: &Examined, train: &str, report: &mut Report) {
    for (class, count) in found.classes.iter().filter(|(class, _)| !learned.classes.contains_key(*class)) {
        let message = format!("class {class:?} ({count} records) does not occur in {train}");
        let advice = "training stops at a class that it was not built for: give examples of it to data.train, or take it out here";
        report.say(Grade::Warning, name, message, advice, Vec::new());
    }
}

/// What a set to be judged by has in common with another.
pub fn leaks(
    exam: &str,
    texts: &Collection,
    known: &str,
    known_texts: &Collection,
    leaks: &Leaks,
    report: &mut Report,
) {
    let (texts, others) = (&texts.profile, &known_texts.profile);
    let advice = format!("a score on {exam} says less than it seems: take these out of one of the two");
    let same = pairs(&leaks.same, texts, "is", others);
    let rows = texts.len();
    report.count(exam, (&same, rows), 0.0, &format!("are in {known} too, but for case and punctuation"), &advice);
    let most = pairs(&leaks.most, texts, "is mostly known from", others);
    let what = format!("share half or more of their runs of 13 words with {known}");
    report.count(exam, (&most, rows), 0.0, &what, &advice);
    let some = pairs(&leaks.some, texts, "has a run in common with", others);
    report.count(exam, (&some, rows), 1.0, &format!("share fewer, but some, runs of 13 words with {known}"), PHRASES);
}
