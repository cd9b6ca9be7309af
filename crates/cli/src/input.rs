//! Records from a file or from stdin, each with its answer in its place.

use std::collections::BTreeSet;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use cimiento_core::checkpoint::Checkpoint;
use cimiento_data::fields::Field;
use cimiento_data::quality::usual;
use cimiento_data::records::{self, Format, Kept, Layout, Located, RecordError, Records, Source, Stream};
use cimiento_data::tokenizer::Tokenizer;
use miette::{IntoDiagnostic, MietteDiagnostic, Report, Result, miette};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::answers::{Answers, Line};
use crate::args::{Input, OnBad};
use crate::columns::{self, Keep, begun, completed};
use crate::session::Ended;
use crate::typed::{self, Typed};

pub use crate::answers::{ReaderGone, print, print_lines};

/// Bad records that an error lists.
const LISTED: usize = 5;

/// What is asked about each record of an input.
pub trait Asking {
    /// A record.
    type Record: DeserializeOwned;
    /// What is made of it before it is answered.
    type Example;
    /// What is said about it.
    type Answer: Serialize;
    /// The field that a line of plain text is, if one field says enough.
    const PLAIN: Option<&'static str>;
    /// The fields that columns of other usual names may be.
    const FIELDS: &'static [Field] = &[];

    /// Makes ready to answer a record.
    ///
    /// # Errors
    /// Why it cannot be answered.
    fn prepare(&mut self, record: Located<Self::Record>) -> Result<Self::Example, String>;

    /// An answer each, in order.
    fn answer(&mut self, examples: &[Self::Example]) -> Vec<Self::Answer>;
}

/// What becomes of one record or line.
pub enum Slot<T> {
    /// What is made of a record, and the columns kept of it.
    Good(T, Kept),
    /// A blank line.
    Blank,
    /// A record that cannot be used.
    Bad(Bad),
}

/// A record that cannot be used.
pub struct Bad {
    /// Its file and line.
    place: String,
    line: usize,
    why: String,
    kept: Kept,
}

/// How many lines an input has, and of which kind.
#[derive(Default)]
pub struct Counts {
    /// All of them.
    pub read: usize,
    /// Blank ones.
    pub blank: usize,
    /// Records that could not be used and were skipped.
    pub skipped: usize,
}

/// Answers every record of the input in groups of `size`, in order.
///
/// # Errors
/// Records that cannot be read or used, the first several at once, unless they are to be skipped; what stands before them
/// has been answered.
pub fn answer<A: Asking>(input: &Input, size: usize, asking: &mut A) -> Result<Ended> {
    // What a record's own target is called, alone or of several.
    let targets = A::FIELDS.iter().filter(|field| field.target).flat_map(|field| {
        let same = |name: &&str| name.trim_end_matches('s') == field.name.trim_end_matches('s');
        field.also.iter().copied().chain([field.name]).filter(same)
    });
    let mut answers = Answers::new(input)?.beside(targets);
    let done = answer_into(input, size, asking, |slots| {
        let lines: Result<Vec<Line>> = slots.into_iter().map(line).collect();
        answers.write(&lines?)
    });
    let Counts { read, blank, skipped } = match done {
        Ok(counts) => counts,
        Err(report) => {
            answers.stop()?;
            return Err(report);
        }
    };
    answers.finish()?;
    if blank > 0 {
        tracing::warn!("{blank} blank lines: each has an empty answer in its place");
    }
    if skipped > 0 {
        tracing::warn!("{skipped} of {read} records could not be used: each has its error in its place");
        return Ok(Ended::Partly);
    }
    Ok(Ended::Finished)
}

/// The same, each group being taken by `take`, all its lines in their order.
///
/// # Errors
/// As [`answer`], and those of `take`.
pub fn answer_into<A: Asking>(
    input: &Input,
    size: usize,
    asking: &mut A,
    mut take: impl FnMut(Vec<Slot<A::Answer>>) -> Result<()>,
) -> Result<Counts> {
    let mut keep = Keep::new(&input.keep)?;
    let mut records = records::<A::Record>(input, &keep, A::PLAIN, A::FIELDS)?;
    let (mut counts, mut checked) = (Counts::default(), false);
    loop {
        let (mut slots, mut bad, mut ended) = (Vec::with_capacity(size), Vec::new(), None);
        while slots.len() < size && ended.is_none() {
            match records.next() {
                None => ended = Some(Ok(())),
                Some(Ok(located)) => {
                    if !std::mem::replace(&mut checked, true) {
                        keep.settle(&located, records.columns())?;
                    }
                    slots.push(slot(asking, located, &keep));
                }
                Some(Err(error)) => match unusable(error, keep.of(records.kept_of_unread())) {
                    Ok(slot) => slots.push(slot),
                    Err(error) => ended = Some(Err(explained(error))),
                },
            }
        }
        counts.read += slots.len();
        if input.on_bad == OnBad::Error
            && let Some(first) = slots.iter().position(|slot| matches!(slot, Slot::Bad(_)))
        {
            bad = slots.split_off(first);
        }
        counts.blank += slots.iter().filter(|slot| matches!(slot, Slot::Blank)).count();
        counts.skipped += slots.iter().filter(|slot| matches!(slot, Slot::Bad(_))).count();
        take(answered(slots, asking))?;
        if !bad.is_empty() {
            // A stream may go on for ever; of a file, all that is wrong is said at once.
            let more = records.map_while(|record| match record {
                Ok(located) => Some(slot(asking, located, &keep)),
                Err(error) => unusable(error, Kept::new()).ok(),
            });
            let most = if input.file().is_some() { usize::MAX } else { 0 };
            return Err(refused(bad.into_iter().chain(more.take(most)), input, A::PLAIN.is_some()));
        }
        match ended {
            None => {}
            Some(Ok(())) => return Ok(counts),
            Some(Err(report)) => return Err(report),
        }
    }
}

/// Whether the answers have a place to go to, and, of a file, whether its first record can be read. Stdin is left alone.
///
/// # Errors
/// Why not.
pub fn check<R: DeserializeOwned>(input: &Input, plain: Option<&str>, fields: &[Field]) -> Result<()> {
    Answers::new(input)?;
    let mut keep = Keep::new(&input.keep)?;
    if input.file().is_none() {
        return Ok(());
    }
    let mut records = records::<R>(input, &keep, plain, fields)?;
    match records.next() {
        Some(Err(error)) if input.on_bad == OnBad::Error || error.record().is_none() => Err(explained(error)),
        Some(Ok(first)) => keep.settle(&first, records.columns()),
        _ => Ok(()),
    }
}

fn slot<A: Asking>(asking: &mut A, mut located: Located<A::Record>, keep: &Keep) -> Slot<A::Example> {
    let (path, line) = (located.path.clone(), located.line);
    let kept = keep.of(std::mem::take(&mut located.kept));
    match asking.prepare(located) {
        Ok(example) => Slot::Good(example, kept),
        Err(why) => Slot::Bad(Bad { place: format!("{}:{line}", path.display()), line, why, kept }),
    }
}

/// The slot of a record that cannot be read, of which some columns may be kept.
///
/// # Errors
/// What is not about one record.
fn unusable<E>(error: RecordError, kept: Kept) -> Result<Slot<E>, RecordError> {
    if matches!(error, RecordError::Blank { .. }) {
        return Ok(Slot::Blank);
    }
    let Some(place) = error.record() else { return Err(error) };
    let (line, place, why) = (place.number, place.to_string(), error.to_string());
    let why = typed::message(why.strip_prefix(&format!("{place}: ")).unwrap_or(&why));
    Ok(Slot::Bad(Bad { place, line, why, kept }))
}

/// Answers what can be answered; the rest stays in its place.
fn answered<A: Asking>(slots: Vec<Slot<A::Example>>, asking: &mut A) -> Vec<Slot<A::Answer>> {
    let mut examples = Vec::with_capacity(slots.len());
    let rest: Vec<Slot<()>> = slots
        .into_iter()
        .map(|slot| match slot {
            Slot::Good(example, kept) => {
                examples.push(example);
                Slot::Good((), kept)
            }
            Slot::Blank => Slot::Blank,
            Slot::Bad(bad) => Slot::Bad(bad),
        })
        .collect();
    let mut said = if examples.is_empty() { Vec::new() } else { asking.answer(&examples) }.into_iter();
    let answered = rest.into_iter().map(|slot| match slot {
        Slot::Good((), kept) => Slot::Good(said.next().expect("an answer each"), kept),
        Slot::Blank => Slot::Blank,
        Slot::Bad(bad) => Slot::Bad(bad),
    });
    answered.collect()
}

/// A line as it is written.
///
/// # Errors
/// An answer that JSON cannot hold.
pub fn line<T: Serialize>(slot: Slot<T>) -> Result<Line> {
    Ok(match slot {
        Slot::Good(answer, kept) => Line::Answer(kept, serde_json::to_string(&answer).into_diagnostic()?),
        Slot::Blank => Line::Blank,
        Slot::Bad(bad) => Line::Bad(bad.kept, bad.why, bad.line),
    })
}

/// That some records cannot be used: the first several with their places. `plain` says whether a line of text can be one.
fn refused<E>(slots: impl Iterator<Item = Slot<E>>, input: &Input, plain: bool) -> Report {
    let bad: Vec<Bad> = slots.filter_map(|slot| if let Slot::Bad(bad) = slot { Some(bad) } else { None }).collect();
    let list: Vec<String> = bad.iter().take(LISTED).map(|bad| format!("{}: {}", bad.place, bad.why)).collect();
    let mut help = "--on-bad skip puts an error in their place and goes on".to_owned();
    if plain && input.file().is_none() && input.input_format.is_none() && bad[0].why.starts_with("invalid JSON") {
        help.push_str(
            "; a first line that begins with { is taken for JSON: --input-format lines takes each line as a text",
        );
    }
    if bad.iter().any(|bad| bad.why.starts_with("no field")) {
        help = format!("--field FIELD=COLUMN says which column it is; {help}");
    }
    let message = match bad.len() {
        1 => list[0].clone(),
        count => {
            let more = if count > LISTED { format!("\n  … and {} more", count - LISTED) } else { String::new() };
            format!("{count} records cannot be used:\n  {}{more}", list.join("\n  "))
        }
    };
    miette!(help = help, "{message}")
}

/// An error about the input as a whole, with the option that helps.
fn explained(error: RecordError) -> Report {
    let help = match &error {
        RecordError::Layout { .. } => {
            "--input-format says how it is laid out (lines, jsonl, json, csv, tsv), --field text=COLUMN names a column"
        }
        RecordError::Piped { .. } => "give the file with --input FILE, or decompress it on the way (zcat FILE | …)",
        _ => return Report::msg(typed::message(&error.to_string())),
    };
    Report::new(MietteDiagnostic::new(error.to_string()).with_help(help))
}

/// The records of a file, whose name or first line tells the format, or of stdin, whose first line does. Columns with other
/// usual names of `fields` are taken for these.
fn records<R: DeserializeOwned>(
    input: &Input,
    keep: &Keep,
    plain: Option<&str>,
    fields: &[Field],
) -> Result<Records<R>> {
    typed::instead_of_a_config(Typed::Input);
    let path = input.file().map_or(Path::new("stdin"), |path| path);
    let separator = input.separator.clone();
    let mut source = Source { fields: input.fields(), separator, ..Source::new(path) };
    let layout = input.input_format;
    let stream = match (input.file(), layout) {
        (None, _) => Some(Box::new(io::stdin()) as Box<dyn Read + Send>),
        (Some(path), Some(Layout::Lines)) => Some(Box::new(records::open(path).into_diagnostic()?) as _),
        (Some(path), None) if path.is_file() && Format::of(path).is_none() => {
            Some(Box::new(records::open(path).into_diagnostic()?) as _)
        }
        (Some(path), format) => {
            if let Some(Layout::Like(format)) = format {
                source.format = Some(format);
            }
            warn_of_lines(path, source.format);
            None
        }
    };
    let (targets, asked): (Vec<Field>, Vec<Field>) = fields.iter().copied().partition(|field| field.target);
    let records = match stream {
        Some(stream) if layout != Some(Layout::Lines) && !asked.is_empty() => {
            let (columns, stream) = begun(stream, fields, &source.fields).into_diagnostic()?;
            columns::without_targets(&mut source.fields, &targets, &columns);
            source.fields = completed(&asked, &columns, &source.fields)?;
            Stream { source, layout, plain, fields }.read(stream)
        }
        Some(stream) => Stream { source, layout, plain, fields }.read(stream),
        None => {
            let columns = usual::names(&source);
            columns::without_targets(&mut source.fields, &targets, &columns);
            source.fields = completed(&asked, &columns, &source.fields)?;
            records::read(&source)
        }
    };
    Ok(records.map_err(explained)?.keeping(keep.candidates()))
}

/// Warns of a text file of several lines, which is one text (or, of a long one, some) and may be meant as many.
fn warn_of_lines(path: &Path, format: Option<Format>) {
    if path.is_dir() || format.or_else(|| Format::of(path)) != Some(Format::Text) {
        return;
    }
    let Ok(file) = records::open(path) else { return };
    let lines = BufReader::new(file).lines().map_while(Result::ok).filter(|line| !line.trim().is_empty()).count();
    if lines > 1 {
        tracing::warn!("{}: its {lines} lines are one text; --input-format lines answers each line", path.display());
    }
}

/// A record with a text and nothing else of interest.
#[derive(Deserialize)]
pub struct Text {
    /// The text.
    pub text: String,
}

/// The tokenizer of a checkpoint, which reads names of special tokens as the command line wants it.
///
/// # Errors
/// If it cannot be read.
pub fn tokenizer(checkpoint: &Checkpoint, input: &Input) -> Result<Tokenizer> {
    let tokenizer = checkpoint.tokenizer().into_diagnostic()?;
    Ok(if input.parse_special { tokenizer.parsing_special() } else { tokenizer })
}

/// Texts in which names of special tokens stand for themselves.
#[derive(Default)]
pub struct SpecialNames {
    texts: usize,
    names: BTreeSet<String>,
}

impl SpecialNames {
    /// Looks for such names in a text.
    pub fn look(&mut self, tokenizer: &Tokenizer, text: &str) {
        let found = tokenizer.special_names_in(text);
        self.texts += usize::from(!found.is_empty());
        self.names.extend(found);
    }

    /// Says in how many texts there were any, and what can be done.
    pub fn tell(&self, input: &Input) {
        if self.texts > 0 && !input.parse_special {
            let names = self.names.iter().cloned().collect::<Vec<_>>().join(", ");
            tracing::warn!(
                "{} texts hold names of special tokens ({names}), which were read as plain text; --parse-special reads \
                 them as tokens",
                self.texts
            );
        }
    }
}
