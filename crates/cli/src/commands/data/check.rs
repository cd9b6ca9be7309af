//! `cimiento data check`: what there is to say of data before anything is learned from them.

mod plan;
mod records;
mod report;

use cimiento_data::corpus::examine::{self, CorpusExamined, SourceExamined};
use cimiento_data::corpus::{CorpusConfig, CorpusSource};
use cimiento_data::quality::Tally;
use cimiento_data::quality::leak::{self, Leaks};
use cimiento_data::quality::overlap::Overlap;
use cimiento_data::quality::strings;
use cimiento_data::records::Source;
use cimiento_data::unusable::{OnBad, Tolerance};
use miette::{IntoDiagnostic, Result, miette};

use self::plan::Plan;
use self::records::{Checked, Named, PHRASES, Work};
use self::report::{Grade, Report, Rows, Set, pairs};
use crate::args::{Check, Global};
use crate::commands::{dry, pretrain, session};
use crate::input;
use crate::session::{Ended, Existing, Session};
use crate::tasks::for_task;

/// Share of the documents of a corpus that may repeat others without a warning.
const REPEATED: f64 = 0.01;

/// Looks over everything that a config names, and prints what was found.
///
/// # Errors
/// A config that cannot be read, a file that is not there, and, with `--strict`, a warning.
pub fn check(arguments: &Check, global: &Global) -> Result<Ended> {
    let session = session(global, Existing::Refuse);
    let plan = Plan::new(&arguments.config, &global.set, &arguments.against, &session)?;
    if global.dry_run {
        return dry(&names(&plan), "would look these over");
    }
    let mut report = Report { config: arguments.config.display().to_string(), ..Report::default() };
    for (name, runs) in &plan.skipped {
        let message = format!("not looked over: there is no run {runs} that tells its task");
        report.say(Grade::Note, name, message, "check the pipeline that trains it, or train it first", Vec::new());
    }
    let (mut trained, mut judged) = (Vec::new(), Vec::new());
    for group in &plan.groups {
        let work = Work { group, session: &session, report: &mut report };
        let Checked { train, exams } = for_task(group.task.name(), work).expect("a config's task is in the list")?;
        trained.extend(train);
        judged.extend(exams);
    }
    for (name, sources, tolerance) in &plan.texts {
        judged.push(texts((name, sources), *tolerance, &session, &mut report)?);
    }
    for (name, sources) in &plan.against {
        let exam = texts((name, sources), Tolerance::default(), &session, &mut report)?;
        for train in &trained {
            let leaks = leak::leaks(&exam.texts, &train.texts);
            records::leaks(name, &exam.texts, &train.name, &train.texts, &leaks, &mut report);
        }
        judged.push(exam);
    }
    for (name, config) in &plan.corpora {
        corpus(name, config, &judged, &session, &mut report)?;
    }
    report.finish();
    let page = match arguments.json {
        true => serde_json::to_string_pretty(&report).into_diagnostic()? + "\n",
        false => report.page(),
    };
    input::print(&page)?;
    if !report.useless.is_empty() {
        return Err(miette!(
            help = "what is wrong with each stands above; `fields` says which columns are meant",
            "{}: nothing can be used of: {}",
            report.config,
            report.useless.join(", ")
        ));
    }
    if arguments.strict && report.warnings > 0 {
        return Err(miette!("{}: {} warnings (--strict)", report.config, report.warnings));
    }
    Ok(Ended::Finished)
}

/// What would be looked over.
fn names(plan: &Plan) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut add = |name: &str, sources: &[Source]| {
        let paths: Vec<String> = sources.iter().map(|source| source.path.display().to_string()).collect();
        lines.push(format!("{name}: {}\n", paths.join(", ")));
    };
    for (name, config) in &plan.corpora {
        config.sources.iter().for_each(|source| add(name, &[Source::new(&source.path)]));
    }
    for group in &plan.groups {
        if !group.train.is_empty() {
            add(&format!("{} train", group.name), &group.train);
        }
        group.exams.iter().for_each(|exam| add(&exam.name, &exam.sources));
    }
    plan.texts.iter().for_each(|(name, sources, _)| add(name, sources));
    plan.against.iter().for_each(|(name, sources)| add(name, sources));
    lines.concat()
}

/// Texts of any kind that backbones are judged by.
fn texts(
    (name, sources): (&str, &[Source]),
    tolerance: Tolerance,
    session: &Session,
    report: &mut Report,
) -> Result<Named> {
    let local = sources.iter().map(|source| session.source(source)).collect::<Result<Vec<_>>>()?;
    let (texts, unreadable, each) = strings::collect(&local).into_diagnostic()?;
    let rows = each.iter().sum();
    let each = sources.iter().zip(each).map(|(source, rows)| Rows { path: source.path.display().to_string(), rows });
    report.sets.push(Set {
        name: name.into(),
        purpose: "test",
        sources: each.collect(),
        rows,
        unit: "words",
        lengths: texts.profile.lengths(),
        ..Set::default()
    });
    let (tolerated, advice) = of_bad("evaluation", tolerance);
    report.count(name, (&unreadable, rows), tolerated, "cannot be read", &advice);
    if rows > 0 && unreadable.count == rows {
        report.useless.push(name.into());
    }
    Ok(Named { name: name.into(), sources: sources.to_vec(), texts })
}

/// Text to pretrain on, and what it has in common with the sets that judge.
fn corpus(name: &str, config: &CorpusConfig, judged: &[Named], session: &Session, report: &mut Report) -> Result<()> {
    let mut overlap = Overlap::default();
    judged.iter().for_each(|exam| exam.texts.insert_into(&mut overlap));
    let (local, settled) = pretrain::settled(config, session)?;
    let found = examine::examine(&local, &session.folders.data, &mut overlap).into_diagnostic()?;
    for (source, configured) in found.sources.iter().zip(&config.sources) {
        self::source(name, configured, source, report);
    }
    let CorpusExamined { profile, leaks, .. } = &found;
    let documents = profile.len();
    let advice = "set corpus.near_duplicates = 0.8";
    let same = pairs(&profile.repeats(), profile, "repeats", profile);
    let what = "documents repeat another, but for case and punctuation";
    report.count(name, (&same, documents), REPEATED, what, advice);
    let near = pairs(&profile.near_repeats(), profile, "nearly repeats", profile);
    report.count(name, (&near, documents), REPEATED, "documents nearly repeat another", advice);

    let held_out: usize = found.sources.iter().map(|source| source.held_out).sum();
    if found.sources.iter().all(|source| source.train + source.held_out == 0) {
        report.useless.push(name.into());
    } else if let Some(message) = settled {
        report.say(Grade::Warning, name, message, "raise corpus.validation, or give more documents", Vec::new());
    } else if held_out == 0 && local.validation > 0.0 {
        let message = format!("all documents in the held-out share of {} are left out", local.validation);
        let advice = "there would be no validation: raise corpus.validation";
        report.say(Grade::Warning, name, message, advice, Vec::new());
    }
    let advice = "the held-out loss is better than it should be: set corpus.near_duplicates = 0.8";
    let mut say = |pairs, tolerated, what, advice| report.count(name, (pairs, held_out), tolerated, what, advice);
    let same = pairs(&leaks.same, profile, "is", profile);
    say(&same, 0.0, "held-out documents are among those to learn from, but for case and punctuation", advice);
    let most = pairs(&leaks.most, profile, "is mostly known from", profile);
    say(&most, 0.0, "held-out documents share half or more of their runs of 13 words with those to learn from", advice);
    let some = pairs(&leaks.some, profile, "has a run in common with", profile);
    say(&some, 1.0, "held-out documents share fewer, but some, runs of 13 words with those to learn from", PHRASES);

    for exam in judged {
        let texts = &exam.texts.profile;
        let shared = exam.texts.shared(&overlap);
        let Leaks { same, most, some } = Leaks::sorted(texts.known_to(profile), &shared);
        let paths: Vec<String> =
            exam.sources.iter().map(|s| format!("{{ path = {:?} }}", s.path.display().to_string())).collect();
        let advice = format!("keep it out of pretraining: corpus.exclude = [{}]", paths.join(", "));
        let mut say = |pairs: &Tally, tolerated, what: &str, advice: &str| {
            report.count(&exam.name, (pairs, texts.len()), tolerated, &format!("{what} {name}"), advice);
        };
        say(&pairs(&same, texts, "is", profile), 0.0, "are documents of the corpus of", &advice);
        let most = pairs(&most, texts, "is mostly known from", profile);
        say(&most, 0.0, "share half or more of their runs of 13 words with the corpus of", &advice);
        let some = pairs(&some, texts, "has a run in common with", profile);
        say(&some, 1.0, "share fewer, but some, runs of 13 words with the corpus of", PHRASES);
    }
    Ok(())
}

/// One source of a corpus.
fn source(name: &str, configured: &CorpusSource, found: &SourceExamined, report: &mut Report) {
    let path = configured.path.display().to_string();
    let left_out = found.left_out.near_duplicates + found.left_out.excluded;
    let rows = found.train + found.held_out + found.empty.count + found.unreadable.count + left_out as usize;
    report.sets.push(Set {
        name: name.into(),
        purpose: "corpus",
        sources: vec![Rows { path: path.clone(), rows }],
        rows,
        unit: "words",
        lengths: found.lengths,
        held_out: Some(found.held_out),
        ..Set::default()
    });
    let name = format!("{name}, {path}");
    let (tolerated, advice) = of_bad("pretraining", configured.tolerance());
    report.count(&name, (&found.unreadable, rows), tolerated, "documents cannot be read", &advice);
    report.count(&name, (&found.empty, rows), 0.05, "documents are empty", "they are left out");
    if let Some((summary, most)) = found.marks.summary() {
        let advice =
            format!("in plain text, `separator = {most:?}` makes it what separates documents; elsewhere take it out");
        report.say(Grade::Note, &name, format!("{summary} and is learned as text"), &advice, Vec::new());
    }
    for (count, key) in [(found.left_out.near_duplicates, "near_duplicates"), (found.left_out.excluded, "exclude")] {
        if count > 0 {
            let message = format!("{count} of {rows} documents will be left out");
            report.say(Grade::Note, &name, message, &format!("as corpus.{key} says"), Vec::new());
        }
    }
}

/// The share of bad records that is no reason to worry, and what becomes of them, in `what`.
fn of_bad(what: &str, tolerance: Tolerance) -> (f64, String) {
    match tolerance.on_bad {
        OnBad::Error => (0.0, format!("{what} stops here: mend them, take them out, or set on_bad = \"skip\"")),
        OnBad::Skip => {
            (tolerance.max_skipped, "they are left out, all together up to the share `max_skipped`".to_owned())
        }
    }
}
