//! From a config file and `--set` to a checked config, and from anything that went wrong to words and a caret.

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use cimiento_data::files::{self, FileError};
use cimiento_data::records::Format;
use cimiento_data::shell;
use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, IntoDiagnostic, LabeledSpan, MietteDiagnostic, NamedSource,
    Report, SourceCode,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use toml_edit::{Document, Item};

use crate::config::Validate;
use crate::{overrides, terminal, typed};

/// A config, and the text it was parsed from.
#[derive(Clone, Debug)]
pub struct Loaded<C> {
    /// Parsed and validated.
    pub config: C,
    /// The file's text with `--set` applied: what was parsed, and what a run keeps as its `config.toml`.
    pub text: String,
    /// The file.
    pub path: PathBuf,
}

/// Reads, edits, parses and validates a config file.
///
/// # Errors
/// With an excerpt, a caret, what was expected and the nearest valid name.
pub fn load<C: DeserializeOwned + Validate>(path: &Path, sets: &[String]) -> miette::Result<Loaded<C>> {
    parse(path, read(path)?, sets)
}

/// The same of a text that has been read.
///
/// # Errors
/// As [`load`].
pub fn parse<C: DeserializeOwned + Validate>(path: &Path, text: String, sets: &[String]) -> miette::Result<Loaded<C>> {
    let text = if sets.is_empty() {
        text
    } else {
        // Edits need a document that parses; one that does not is reported as any other.
        let document = text.parse().map_err(|_| syntax(path, &text))?;
        overrides::apply(document, sets)?.to_string()
    };
    let excerpt = Excerpt { path, text: &text, edited: !sets.is_empty() };
    let config: C = toml::from_str(&text).map_err(|e| excerpt.unparsed(&e))?;
    config.validate().map_err(|message| excerpt.invalid(&message))?;
    if let Ok(document) = Document::parse(text.as_str()) {
        RENAMED.iter().filter(|(old, _)| has_key(document.as_item(), old)).for_each(|(old, new)| {
            say_once(format!("{}: the key `{old}` is now called `{new}`; the old name will go", path.display()));
        });
    }
    Ok(Loaded { config, text, path: path.to_path_buf() })
}

/// Keys that have a better name by now. Both work.
const RENAMED: [(&str, &str); 1] = [("max_misaligned", "max_skipped")];

/// Whether a key of this name stands anywhere.
fn has_key(item: &Item, name: &str) -> bool {
    if let Some(table) = item.as_table_like() {
        return table.iter().any(|(key, item)| key == name || has_key(item, name));
    }
    match item {
        Item::ArrayOfTables(tables) => {
            tables.iter().any(|table| table.iter().any(|(k, v)| k == name || has_key(v, name)))
        }
        Item::Value(toml_edit::Value::Array(values)) => values.iter().any(|v| has_key(&Item::Value(v.clone()), name)),
        _ => false,
    }
}

/// Warns, but of the same thing only once: a config is read several times on its way.
pub fn say_once(message: String) {
    static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let mut said = SAID.lock().unwrap_or_else(PoisonError::into_inner);
    if !said.contains(&message) {
        tracing::warn!("{message}");
        said.insert(message);
    }
}

/// Settings that no file holds (of a task in a checkpoint, say), with `--set` applied and checked by `validate`.
///
/// # Errors
/// As [`load`]; `what` is what the excerpt is called.
pub fn edit<C: Serialize + DeserializeOwned>(
    settings: &C,
    sets: &[String],
    what: &str,
    validate: impl FnOnce(&C) -> Result<(), String>,
) -> miette::Result<C> {
    let document = toml::to_string(settings).into_diagnostic()?.parse().into_diagnostic()?;
    let text = overrides::apply(document, sets)?.to_string();
    let excerpt = Excerpt { path: Path::new(what), text: &text, edited: !sets.is_empty() };
    let settings: C = toml::from_str(&text).map_err(|e| excerpt.unparsed(&e))?;
    validate(&settings).map_err(|message| excerpt.invalid(&message))?;
    Ok(settings)
}

fn read(path: &Path) -> miette::Result<String> {
    if let Some(format) = Format::of(path).filter(|_| path.exists()) {
        return Err(data_instead(path, format));
    }
    let bytes = match files::read(path) {
        Err(FileError::Missing { .. }) => return Err(missing(path)),
        read => read.into_diagnostic()?,
    };
    String::from_utf8(bytes).map_err(|e| {
        let line = e.as_bytes()[..e.utf8_error().valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
        miette::miette!(help = "save the file as UTF-8", "{}:{line}: invalid UTF-8 in a config file", path.display())
    })
}

/// The error of data where a config belongs.
fn data_instead(path: &Path, format: Format) -> Report {
    let name = shell::quoted(&path.display().to_string());
    let help = match format {
        Format::Text => format!(
            "`cimiento pretrain --text {name}` learns from it, and `cimiento init {name}` writes a config that does"
        ),
        _ => format!(
            "`cimiento init {name}` writes a config, which `data check` and `finetune` take; `cimiento finetune --task TASK \
             --train {name}` learns from it at once, `cimiento evaluate RUN --data {name}` scores a run on it"
        ),
    };
    miette::miette!(help = help, "{}: this is a file of data, and a config (.toml) is asked for", path.display())
}

fn missing(path: &Path) -> Report {
    let wanted = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let beside = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let names: Vec<String> = beside
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.ends_with(".toml"))
        .collect();
    let help = match nearest(&wanted, names.iter().map(String::as_str)) {
        Some(name) => format!("did you mean {}?", folder.join(name).display()),
        None => "give the path of a .toml file; configs/ has some to start from".to_string(),
    };
    miette::miette!(help = help, "{}: no such config file", path.display())
}

fn syntax(path: &Path, text: &str) -> Report {
    let excerpt = Excerpt { path, text, edited: false };
    match toml::from_str::<toml::Table>(text) {
        Err(e) => excerpt.unparsed(&e),
        Ok(_) => excerpt.report(format!("{}: cannot be edited by --set", path.display()), None, "", None),
    }
}

/// What errors quote.
struct Excerpt<'a> {
    path: &'a Path,
    text: &'a str,
    edited: bool,
}

impl Excerpt<'_> {
    /// An error of the parser or of a type, with the nearest of the names that are possible there.
    fn unparsed(&self, error: &toml::de::Error) -> Report {
        let message = error.message().trim();
        let names = quoted(message);
        let unknown = message.starts_with("unknown ");
        let (label, help) = match names.split_first() {
            Some((_, [])) if unknown => ("not known here".to_string(), None),
            Some((found, valid)) if unknown => {
                let label = match nearest(found, valid.iter().copied()) {
                    Some(name) => format!("did you mean `{name}`?"),
                    None => "not known here".to_string(),
                };
                (label, Some(format!("possible here: {}", valid.join(", "))))
            }
            Some((field, _)) if message.starts_with("missing field") => {
                let help = format!("add a line `{field} = …`; configs/reference/ documents every key");
                ("missing here".to_string(), Some(help))
            }
            _ => match message.split_once("expected ") {
                Some((_, expected)) => (format!("expected {}", plain(expected)), None),
                None => ("here".to_string(), None),
            },
        };
        // The help lists what was expected.
        let message = if unknown { message.split(", expected").next().unwrap_or(message) } else { message };
        let message = message.replace("unknown field", "unknown key").replace("missing field", "missing key");
        self.report(message, error.span(), &label, help)
    }

    /// An error of `validate`, whose message names a key.
    fn invalid(&self, message: &str) -> Report {
        let span = Document::parse(self.text).ok().and_then(|document| locate(document.as_item(), message));
        self.report(message.to_string(), span, "this value", None)
    }

    fn report(&self, message: String, span: Option<Range<usize>>, label: &str, help: Option<String>) -> Report {
        let name = format!("{}{}", self.path.display(), if self.edited { " (with --set)" } else { "" });
        let mut diagnostic = MietteDiagnostic::new(format!("{}: {message}", self.path.display()));
        if let Some(span) = span.map(|span| self.first_line(span)) {
            diagnostic = diagnostic.with_label(LabeledSpan::new_with_span(Some(label.to_string()), span));
        }
        if let Some(help) = help {
            diagnostic = diagnostic.with_help(help);
        }
        Report::new(diagnostic).with_source_code(NamedSource::new(name, self.text.to_string()))
    }

    /// The part of a span on its first line: a whole table underlined would hide the point.
    fn first_line(&self, span: Range<usize>) -> Range<usize> {
        let start = span.start.min(self.text.len());
        let line = self.text[start..].find('\n').map_or(self.text.len(), |length| start + length);
        start..span.end.clamp(start, line)
    }
}

/// The names in backquotes of serde's messages.
fn quoted(message: &str) -> Vec<&str> {
    message.split('`').skip(1).step_by(2).collect()
}

/// Rust's names of types in words.
fn plain(expected: &str) -> String {
    let word = match expected.trim() {
        "usize" | "u64" | "u32" => "a whole number, 0 or above",
        "i64" => "a whole number",
        "f64" | "f32" => "a number",
        "a string" | "string" | "path string" => "a string in quotes",
        "a boolean" => "true or false",
        "a sequence" | "sequence" => "a list in square brackets",
        "a map" | "map" => "a table",
        other => other.strip_prefix("struct ").map_or(other, |_| "a table"),
    };
    word.to_string()
}

/// The candidate most like `name`, if it is like it at all.
pub fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let scored = candidates.map(|candidate| (strsim::jaro_winkler(name, candidate), candidate));
    scored.filter(|(likeness, _)| *likeness > 0.75).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, candidate)| candidate)
}

/// Where the first key that `message` names stands in the document.
fn locate(root: &Item, message: &str) -> Option<Range<usize>> {
    let words = message.split(|c: char| !(c.is_alphanumeric() || "_-.[]".contains(c)));
    words.filter_map(|word| overrides::steps(word.trim_end_matches('.'))).find_map(|steps| deepest(root, &steps))
}

/// The span of the deepest part of a path that is there. Of a table, one step may be several of the path: a key in
/// quotes has dots of its own.
fn deepest(root: &Item, steps: &[overrides::Step]) -> Option<Range<usize>> {
    let mut item = root;
    let mut found = None;
    let mut rest = steps;
    while let Some(step) = rest.first() {
        let next = match step {
            overrides::Step::Key(_) => {
                let table = item.as_table_like();
                let key = |taken: usize| Some((taken, table?.get_key_value(&overrides::path(&rest[..taken]))?));
                (1..=rest.len()).find_map(key).map(|(taken, (key, item))| (taken, key.span(), item))
            }
            overrides::Step::Index(index) => item.get(*index).map(|item| (1, item.span(), item)),
        };
        let Some((taken, span, next)) = next else { break };
        found = match (span, next.is_value().then(|| next.span()).flatten()) {
            (Some(key), Some(value)) => Some(key.start..value.end.max(key.end)),
            (key, value) => key.or(value),
        }
        .or(found);
        (item, rest) = (next, &rest[taken..]);
    }
    found
}

/// What a person reads on stderr: the message with its causes on one line, the excerpt, the help.
pub fn render(report: &Report) -> String {
    let theme = if terminal::coloured() { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme).without_cause_chain().with_wrap_lines(false);
    let message = typed::message(&causes(report));
    let mut text = String::new();
    match handler.render_report(&mut text, &Flat { message: message.clone(), report }) {
        Ok(()) => text,
        Err(_) => message,
    }
}

/// The message and its causes, without those that are quoted already.
fn causes(report: &Report) -> String {
    report.chain().map(ToString::to_string).fold(String::new(), |message, cause| match message.as_str() {
        "" => cause,
        _ if message.contains(&cause) => message,
        _ => format!("{message}: {cause}"),
    })
}

/// A report with another message.
#[derive(Debug)]
struct Flat<'a> {
    message: String,
    report: &'a Report,
}

impl fmt::Display for Flat<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Flat<'_> {}

impl Diagnostic for Flat<'_> {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.report.help().map(|help| Box::new(typed::message(&help.to_string())) as _)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.report.source_code()
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.report.labels()
    }
}

#[cfg(test)]
mod tests;
