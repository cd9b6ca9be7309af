//! Answers to stdout or into a file, a line each, in one of several formats.

use std::fmt;
use std::io::{self, Write};
use std::path::PathBuf;

use cimiento_data::files;
use cimiento_data::records::{self, Format, Kept};
use miette::{IntoDiagnostic, Result, miette};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::args::{Input, OnBad, OutputFormat};
use crate::columns::ID;

/// What stands in one line.
pub enum Line {
    /// The columns kept of a record, and its answer as a JSON object.
    Answer(Kept, String),
    /// Nothing: the record was a blank line.
    Blank,
    /// The columns kept of a record, why it has no answer, and its line.
    Bad(Kept, String, usize),
}

/// Where answers go, and how they are written.
pub struct Answers {
    format: OutputFormat,
    /// The file that holds all of them once they are finished; stdout if absent.
    file: Option<PathBuf>,
    /// What goes into a file of lines.
    text: String,
    /// What goes into a table, whose header only all rows together tell.
    rows: Vec<Cells>,
    /// The names that answers and errors have had, but for an id that was always the record's.
    taken: Vec<String>,
}

/// The cells of a line: what is kept of a record, and what is said about it.
struct Cells {
    kept: Kept,
    said: Vec<(String, Value)>,
    /// Whether there is no answer.
    bad: bool,
}

/// What stands between the texts of a list in one cell of a table.
const BETWEEN: &str = "|";

impl Answers {
    /// Where `input` says.
    ///
    /// # Errors
    /// A format that the file's name does not tell, or that stdout cannot take; a file that is there already.
    pub fn new(input: &Input) -> Result<Self> {
        let (file, given) = (input.output.clone(), input.format);
        let format = match (&file, given) {
            (None, Some(OutputFormat::Parquet)) => {
                return Err(miette!(help = "add --output FILE.parquet", "Parquet is written into a file only"));
            }
            (Some(path), _) if records::compressed(path) => {
                return Err(miette!(
                    help = "leave the ending of the compression away, and compress the file afterwards",
                    "--output {}: answers are not compressed as they are written",
                    path.display()
                ));
            }
            (_, Some(format)) => format,
            (None, None) => OutputFormat::Jsonl,
            (Some(path), None) => match Format::of(path) {
                Some(Format::Jsonl) => OutputFormat::Jsonl,
                Some(Format::Csv) => OutputFormat::Csv,
                Some(Format::Text) => OutputFormat::Lines,
                Some(Format::Parquet) => OutputFormat::Parquet,
                _ => {
                    return Err(miette!(
                        help = "end it in .jsonl, .csv, .txt or .parquet, or add --format",
                        "--output {}: the ending does not tell how answers are to be written",
                        path.display()
                    ));
                }
            },
        };
        if format == OutputFormat::Lines && !input.keep.is_empty() {
            return Err(miette!(
                help = "take --format jsonl or csv (of --output FILE: .jsonl, .csv or .parquet), or leave --keep out",
                "--keep: a line holds the text of an answer and nothing else, so that no column can be kept beside it"
            ));
        }
        if let Some(path) = file.as_ref().filter(|path| path.exists() && !input.overwrite) {
            return Err(miette!(help = "--overwrite replaces it", "{} is already there", path.display()));
        }
        let reserved: &[&str] = if input.on_bad == OnBad::Skip { &["error", "line"] } else { &[] };
        let taken = reserved.iter().map(|name| (*name).to_owned()).collect();
        Ok(Self { format, file, text: String::new(), rows: Vec::new(), taken })
    }

    /// The same, where answers say what the records' own `names` say.
    pub fn beside(mut self, names: impl Iterator<Item = &'static str>) -> Self {
        self.taken.extend(names.map(str::to_owned));
        self
    }

    /// Takes some lines. Those that need no header go to stdout at once.
    ///
    /// # Errors
    /// [`ReaderGone`], or what the system says.
    pub fn write(&mut self, lines: &[Line]) -> Result<()> {
        // A line without an answer is named as those that have one are.
        for line in lines {
            if let Line::Answer(kept, answer) = line {
                let said =
                    fields(answer).into_iter().flat_map(|field| [vec![field.clone()], flat(vec![field])].concat());
                for (name, value) in said {
                    if !self.taken.contains(&name) && !kept.iter().any(|of| same(of, (&name, &value))) {
                        self.taken.push(name);
                    }
                }
            }
        }
        let text: String = match self.format {
            OutputFormat::Jsonl => lines.iter().map(|line| json(line, &self.taken)).collect(),
            OutputFormat::Lines => lines.iter().map(brief).collect(),
            OutputFormat::Csv | OutputFormat::Parquet => {
                self.rows.extend(lines.iter().map(cells));
                return Ok(());
            }
        };
        match &self.file {
            Some(_) => self.text.push_str(&text),
            None => print(&text)?,
        }
        Ok(())
    }

    /// Writes what is left: the file, whole or not at all, or a table to stdout.
    ///
    /// # Errors
    /// What the system says.
    pub fn finish(self) -> Result<()> {
        match (&self.file, self.format) {
            (Some(path), OutputFormat::Parquet) => {
                let (columns, rows) = self.table_rows();
                records::write_parquet(path, &columns, &rows).into_diagnostic()
            }
            (Some(path), OutputFormat::Csv) => files::write_atomic(path, self.table().as_bytes()).into_diagnostic(),
            (Some(path), _) => files::write_atomic(path, self.text.as_bytes()).into_diagnostic(),
            (None, _) => self.stop(),
        }
    }

    /// Prints what there is of a table; a file is not written.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn stop(&self) -> Result<()> {
        match self.format {
            OutputFormat::Csv if self.file.is_none() && !self.rows.is_empty() => print(&self.table()),
            _ => Ok(()),
        }
    }

    /// The columns, what is kept first and what is wrong last, and all rows with the names of theirs.
    fn table_rows(&self) -> (Vec<String>, Vec<Vec<(String, Value)>>) {
        let mut parts: [Vec<String>; 3] = Default::default();
        let mut rows = Vec::new();
        for Cells { kept, said, bad } in &self.rows {
            let kept = renamed(kept, &self.taken);
            let said = said.iter().filter(|(name, _)| kept.iter().all(|(known, _)| known != name));
            let said: Vec<(String, Value)> = said.cloned().collect();
            for (part, cells) in [(0, &kept), (if *bad { 2 } else { 1 }, &said)] {
                for (name, _) in cells.iter().filter(|(name, _)| !parts[part].contains(name)).collect::<Vec<_>>() {
                    parts[part].push(name.clone());
                }
            }
            rows.push([kept, said].concat());
        }
        let mut columns: Vec<String> = Vec::new();
        parts.into_iter().flatten().for_each(|name| {
            if !columns.contains(&name) {
                columns.push(name);
            }
        });
        (columns, rows)
    }

    /// All rows as CSV.
    fn table(&self) -> String {
        let (columns, rows) = self.table_rows();
        let mut text = csv(columns.iter().map(|name| name.as_str().into()));
        for row in &rows {
            let value = |name: &String| row.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
            text.push_str(&csv(columns.iter().map(|name| value(name).unwrap_or_default())));
        }
        text
    }
}

/// Whether a record and its answer have the same id, be it text or a number.
fn same((kept, value): &(String, Value), (name, said): (&str, &Value)) -> bool {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    kept == ID && name == ID && text(value) == text(said)
}

/// A line of CSV (RFC 4180).
fn csv(cells: impl Iterator<Item = Value>) -> String {
    let cell = |value: Value| {
        let text = match value {
            Value::Null => String::new(),
            Value::String(text) => text,
            other => other.to_string(),
        };
        let quoted = text.contains(['"', ',', '\n', '\r']) || text.trim() != text;
        if quoted { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
    };
    let cells: Vec<String> = cells.map(cell).collect();
    // A blank line would be no row to those who read it.
    if cells.len() == 1 && cells[0].is_empty() { "\"\"\n".into() } else { cells.join(",") + "\n" }
}

/// The columns kept beside answers, under another name where answers have one of that name.
fn renamed(kept: &Kept, taken: &[String]) -> Vec<(String, Value)> {
    let name = |name: &String| {
        let mut name = if taken.contains(name) { format!("input.{name}") } else { return name.clone() };
        // A column of the input may be called so already.
        while kept.iter().any(|(other, _)| *other == name) {
            name.insert_str(0, "input.");
        }
        name
    };
    kept.iter().map(|(known, value)| (name(known), value.clone())).collect()
}

fn json(line: &Line, taken: &[String]) -> String {
    let object = |kept: &Kept, rest: &str| {
        let mut text = String::from("{");
        let said = fields(rest);
        for (name, value) in renamed(kept, taken) {
            if said.iter().any(|(known, _)| *known == name) {
                // The answer says the same.
                continue;
            }
            text.push_str(&format!("{}:{value},", Value::from(name)));
        }
        text + rest.strip_prefix('{').unwrap_or(rest) + "\n"
    };
    match line {
        Line::Blank => "null\n".into(),
        Line::Answer(kept, answer) => object(kept, answer),
        Line::Bad(kept, why, line) => {
            object(kept, &format!("{{\"error\":{},\"line\":{line}}}", Value::from(why.as_str())))
        }
    }
}

/// The cells of a line, in which the tables of an answer become columns `table.key`.
fn cells(line: &Line) -> Cells {
    let (kept, said) = match line {
        Line::Blank => (Kept::new(), Vec::new()),
        Line::Answer(kept, answer) => {
            (kept.clone(), flat(fields(answer)).into_iter().map(|(name, value)| (name, joined(value))).collect())
        }
        Line::Bad(kept, why, line) => {
            (kept.clone(), vec![("error".to_owned(), why.as_str().into()), ("line".to_owned(), (*line).into())])
        }
    };
    Cells { kept, said, bad: matches!(line, Line::Bad(..)) }
}

/// A list of texts as one: `a|b`. One of which a text has that sign in it stays a list, as does any other.
fn joined(value: Value) -> Value {
    let texts: Option<Vec<&str>> = value.as_array().and_then(|list| list.iter().map(Value::as_str).collect());
    match texts {
        Some(texts) if texts.iter().all(|text| !text.contains(BETWEEN)) => texts.join(BETWEEN).into(),
        _ => value,
    }
}

fn flat(fields: Vec<(String, Value)>) -> Vec<(String, Value)> {
    let mut row = Vec::new();
    for (name, value) in fields {
        match value {
            Value::Object(inner) => {
                row.extend(flat(inner.into_iter().map(|(k, v)| (format!("{name}.{k}"), v)).collect()))
            }
            value => row.push((name, value)),
        }
    }
    row
}

/// The text of an answer alone: its first text but its record's id, or list of texts (with their types, if they have some), or number.
fn brief(line: &Line) -> String {
    let mut said = match line {
        Line::Answer(_, answer) => fields(answer),
        Line::Blank | Line::Bad(..) => Vec::new(),
    };
    said.retain(|(name, _)| name != "id");
    let text = said.iter().find_map(|(_, value)| value.as_str().map(str::to_owned));
    let list = || {
        let texts = |value: &Value| {
            let texts: Option<Vec<String>> = value.as_array()?.iter().map(part).collect();
            Some(texts?.join(", "))
        };
        said.iter().find_map(|(_, value)| texts(value))
    };
    let number = || said.iter().find(|(_, value)| value.is_number()).map(|(_, value)| value.to_string());
    let text = text.or_else(list).or_else(number).unwrap_or_default();
    text.split(['\n', '\r']).map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ") + "\n"
}

/// One of a list: a text, or an object's text with its type.
fn part(value: &Value) -> Option<String> {
    let text = value.as_str().or_else(|| value.get("text")?.as_str())?;
    let kind = value.get("type").and_then(Value::as_str);
    Some(kind.map_or_else(|| text.to_owned(), |kind| format!("{text} ({kind})")))
}

/// The fields of a JSON object, in the order in which they are written.
fn fields(text: &str) -> Vec<(String, Value)> {
    struct Fields(Vec<(String, Value)>);
    struct Any;
    impl<'de> Visitor<'de> for Any {
        type Value = Fields;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
            let mut found = Vec::new();
            while let Some(entry) = map.next_entry()? {
                found.push(entry);
            }
            Ok(Fields(found))
        }
    }
    impl<'de> Deserialize<'de> for Fields {
        fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
            input.deserialize_map(Any)
        }
    }
    serde_json::from_str::<Fields>(text).map(|Fields(fields)| fields).unwrap_or_default()
}

/// Prints one JSON value a line, at once.
///
/// # Errors
/// As [`print`].
pub fn print_lines<T: Serialize>(values: &[T]) -> Result<()> {
    let mut text = String::new();
    for value in values {
        text.push_str(&serde_json::to_string(value).into_diagnostic()?);
        text.push('\n');
    }
    print(&text)
}

/// Nobody reads our stdout any more (`cimiento … | head`): a reason to stop, and no error.
#[derive(thiserror::Error, miette::Diagnostic, Debug)]
#[error("nobody reads the results any more")]
pub struct ReaderGone;

/// Prints to stdout, at once.
///
/// # Errors
/// [`ReaderGone`], or what the system says.
pub fn print(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Err(ReaderGone.into()),
        printed => printed.into_diagnostic(),
    }
}
